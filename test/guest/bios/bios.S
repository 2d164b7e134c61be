/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot sector that does an IN in the BIOS phase (real mode, the BIOS's interrupt handlers at work), prints what it gave
 * and then whether the BIOS's clock and disk still work. Parameter 0 (offset 400): the low byte of the port, 50xxh.
 * Parameter 1: not 0: it loops with interrupts off behind the IN.
 */
#define COM1 0x3f8
#define TICKS 0x46c /* 40:6Ch, counted by the BIOS at IRQ 0 */

    .code16
    .text
    .globl _start
_start:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    movb %dl, drive
    sti
    movw $0x5000, %dx
    movb parameters, %dl
    inb %dx, %al
    movb %al, %bl
    movw $text_in, %si
    call print
    movb %bl, %al
    shrb $4, %al
    call digit
    movb %bl, %al
    andb $15, %al
    call digit
    movw $text_line, %si
    call print

    cmpb $0, parameters + 1
    je 1f
    cli
2:  jmp 2b

1:  movw TICKS, %bx
1:  hlt
    movw TICKS, %ax
    subw %bx, %ax
    cmpw $3, %ax
    jb 1b
    movw $text_clock, %si
    call print

    movw $0x0201, %ax /* INT 13h, function 02h: one sector */
    movw $sector, %bx
    movw $1, %cx
    movb $0, %dh
    movb drive, %dl
    int $0x13
    jc 2f
    cmpw $0xaa55, sector + 510
    jne 2f
    movw $text_disk, %si
    call print
2:  movw $text_end, %si
    call print
3:  hlt /* the clock wakes it; what came on COM1 goes back */
    movw $COM1 + 5, %dx
    inb %dx, %al
    testb $1, %al /* DR */
    jz 3b
    movw $COM1, %dx
    inb %dx, %al
    call put
    jmp 3b

/* AL below 16 as a digit; clobbers AX, DX, SI */
digit:
    addb $'0', %al
    cmpb $'9', %al
    jbe put
    addb $'a' - '9' - 1, %al
put:
    movb %al, %ah
    movw $COM1 + 5, %dx
1:  inb %dx, %al
    testb $0x20, %al /* THRE */
    jz 1b
    movb %ah, %al
    movw $COM1, %dx
    outb %al, %dx
    ret

print:
    cld
1:  lodsb
    testb %al, %al
    jz 2f
    call put
    jmp 1b
2:  ret

drive: .byte 0
text_in: .asciz "in "
text_line: .asciz "\r\n"
text_clock: .asciz "clock\r\n"
text_disk: .asciz "disk\r\n"
text_end: .asciz "end\r\n"

    .org 400
parameters:
    .fill 16
    .org 510
    .word 0xaa55
    .equ sector, 0x8000
