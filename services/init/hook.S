/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hook block's code; it runs at offset 0 of its segment, in real mode or virtual-8086 mode of the guest's. At its start
 * is struct weir_hook_block, which hook.c and the kernel fill in.
 */
#include <weir/hook.h>

#define OFF(label) ((label) - hook_block)
#define SMAP 0x534d4150

    .macro at_most limit, register
    cmpw %cs:OFF(\limit), \register
    jbe 1f
    movw %cs:OFF(\limit), \register
1:
    .endm

    /* Returns from the interrupt with that instruction done to CF in the caller's flags. */
    .macro return_with instruction, value
    pushw %bp
    movw %sp, %bp
    \instruction \value, 6(%bp)
    popw %bp
    iretw
    .endm

    .section .note.GNU-stack, "", @progbits
    .section .rodata
    .balign 16
    .global hook_block
    .code16
hook_block:
old13:      .word 0, 0
old15:      .word 0, 0
drive:      .byte 0
partition:  .byte 0
swap:       .byte 0
            .byte 0
limit_88:   .word 0         /* KiB above 1 MiB */
limit_16m:  .word 0         /* KiB from 1 to 16 MiB */
limit_64k:  .word 0         /* 64 KiB blocks above 16 MiB */
map_count:  .word 0
map:        .skip 100 * 20

    .org hook_block + WEIR_HOOK_ENTRY
    /* Starts the guest: loads the boot sector to 0:7C00h as the BIOS would and jumps there with DL = drive. */
    xorw %ax, %ax
    movw %ax, %ss
    movw $0x7c00, %sp
    movw %ax, %ds
    movw %ax, %es
    sti
    cld
    movw $3, %bp            /* tries: the first command after a reset may fail */
1:  xorb %ah, %ah
    movb %cs:OFF(drive), %dl
    int $0x13
    movw $0x0201, %ax
    movw $0x0001, %cx
    xorb %dh, %dh
    movb %cs:OFF(drive), %dl
    movw $0x7c00, %bx
    int $0x13
    jnc 2f
    decw %bp
    jnz 1b
    jmp failed
2:  cmpw $0xaa55, 0x7dfe
    jne no_signature
    movzbw %cs:OFF(partition), %ax
    testw %ax, %ax
    jz start
    /* A partition: its sector by INT 13h extensions, the MBR moved to 0:0600h first so that SI can point to the entry. */
    movw $0x7c00, %si
    movw $0x0600, %di
    movw $256, %cx
    rep movsw
    decw %ax
    shlw $4, %ax
    addw $(0x0600 + 446), %ax
    movw %ax, %si
    pushl $0
    pushl 8(%si)            /* LBA */
    pushl $0x00007c00       /* buffer 0:7C00h */
    pushl $0x00010010       /* one sector, packet of 16 bytes */
    pushw %si
    leaw 2(%esp), %si
    movb $0x42, %ah
    movb %cs:OFF(drive), %dl
    int $0x13
    popw %si
    jc failed
    addw $16, %sp
    cmpw $0xaa55, 0x7dfe
    jne no_signature
start:
    movb %cs:OFF(drive), %dl
    ljmp $0, $0x7c00
no_signature:
    movb $0xff, %ah
    jmp failed

    /* INT 13h with two drive numbers exchanged. Installed only where swap is not 0. */
int13:
    cmpb $0x80, %dl
    je 4f
    cmpb %cs:OFF(swap), %dl
    je 5f
    ljmpw *%cs:OFF(old13)
4:  pushw %dx
    movb %cs:OFF(swap), %dl
    jmp 6f
5:  pushw %dx
    movb $0x80, %dl
6:  cmpb $0x08, %ah         /* this one returns the number of drives in DL */
    je 7f
    pushfw
    lcallw *%cs:OFF(old13)
    pushw %bp
    movw %sp, %bp
    movb 2(%bp), %dl        /* the caller's DL; DH is a result */
    popw %bp
    leaw 2(%esp), %sp
    lretw $2
7:  pushfw
    lcallw *%cs:OFF(old13)
    leaw 2(%esp), %sp
    lretw $2

int15:
    cmpw $0xe820, %ax
    je e820
    cmpw $0xe801, %ax
    je e801
    cmpb $0x88, %ah
    je extended
    ljmpw *%cs:OFF(old15)

    /* ACPI 6.5, 15.1: EBX = continuation, ES:DI = buffer, ECX = its size, EDX = 'SMAP'. */
e820:
    cmpl $SMAP, %edx
    jne refuse
    cmpl $20, %ecx
    jb refuse
    cmpw %cs:OFF(map_count), %bx
    jae refuse
    pushw %si
    pushw %di
    pushw %ds
    pushw %cs
    popw %ds
    cld
    imulw $20, %bx, %si
    addw $OFF(map), %si
    movw $10, %cx
    rep movsw
    popw %ds
    popw %di
    popw %si
    movzwl %bx, %ebx
    incw %bx
    cmpw %cs:OFF(map_count), %bx
    jb 8f
    xorl %ebx, %ebx
8:  movl $SMAP, %eax
    movl $20, %ecx
    jmp good

    /* The BIOS's answers, cut where Weir's memory begins. */
extended:
    pushfw
    lcallw *%cs:OFF(old15)
    jc bad
    at_most limit_88, %ax
    jmp good
e801:
    pushfw
    lcallw *%cs:OFF(old15)
    jc bad
    at_most limit_16m, %ax
    at_most limit_16m, %cx
    at_most limit_64k, %bx
    at_most limit_64k, %dx
good:
    return_with andb, $0xfe
refuse:
    movb $0x86, %ah         /* function not supported */
bad:
    return_with orb, $1

    .org hook_block + WEIR_HOOK_FAILED
failed:
    vmmcall                     /* or VMCALL; only here is it not #UD: the kernel compares RIP */
3:  hlt
    jmp 3b
    /*
     * The INT 15h vector points here: a fixed offset, by which a boot medium of Weir's sees that it already runs under
     * Weir and goes on to the next disk (doc/boot.md, tools/launcher/bootimage.py).
     */
    .org hook_block + WEIR_HOOK_INT15
    jmp int15
    .org hook_block + WEIR_HOOK_INT13
    jmp int13
    .org hook_block + 0x1000
