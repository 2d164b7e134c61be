/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-mode storm: while INT 13h reads the disk, IRQ 0 comes at 1 kHz (counted, then passed on
 * to the BIOS), IRQ 8 at 1,024 Hz, and each tick puts a byte into the keyboard's output buffer,
 * whose IRQ 1 puts up to four more. Between reads: CPUID and IN from E4h and E5h. The data read
 * must have the sums that they had before the storm.
 */
#define BUFFER_SEGMENT 0x6000
#define CHUNKS 8
#define SECTORS 16

    .section .text16, "awx"
    .code16

/* Reads chunk si (0..7) into the buffer; the sum of its words in eax, CF if the BIOS failed. */
read_chunk:
    movw %si, %ax
    imulw $SECTORS, %ax, %ax
    movw %ax, storm_dap + 8
    pushw %si
    movw $storm_dap, %si
    movb rt_boot_drive, %dl
    movb $0x42, %ah
    int $0x13
    popw %si
    jc 2f
    pushw %ds
    pushw $BUFFER_SEGMENT
    popw %ds
    xorw %bx, %bx
    xorl %eax, %eax
    movw $(SECTORS * 128), %cx
1:  addl (%bx), %eax
    roll $1, %eax
    addw $4, %bx
    loop 1b
    popw %ds
    clc
2:  retw

/* fn16: the sums before the storm. */
    .globl storm_prepare16
storm_prepare16:
    pushl %ebp
    sti
    xorw %si, %si
3:  callw read_chunk
    jc 4f
    movw %si, %di
    shlw $2, %di
    movl %eax, storm_sums(%di)
    incw %si
    cmpw $CHUNKS, %si
    jb 3b
    popl %ebp
    retl
4:  incl storm_errors
    popl %ebp
    retl

/*
 * fn16: the storm itself; the PIT, the RTC and the masks have been set up. Lasts storm_pm PM ticks.
 */
    .globl storm_run16
storm_run16:
    pushl %ebp
    pushl 8 * 4
    pushl 9 * 4
    pushl 0x70 * 4
    movl 8 * 4, %eax
    movl %eax, old_tick
    movl $on_tick16, 8 * 4
    movl $on_key16, 9 * 4
    movl $on_rtc16, 0x70 * 4
    movw pm_port, %dx
    inl %dx, %eax
    movl %eax, storm_start
    xorw %si, %si
    sti
5:  callw read_chunk
    jc 6f
    incl storm_reads
    movw %si, %di
    shlw $2, %di
    cmpl %eax, storm_sums(%di)
    je 7f
    incl storm_wrong
    jmp 7f
6:  incl storm_errors
7:  incw %si
    andw $(CHUNKS - 1), %si
    movw $1000, %bp
8:  inb $0xe4, %al
    inb $0xe5, %al
    xorl %eax, %eax
    cpuid
    decw %bp
    jnz 8b
    movw pm_port, %dx
    inl %dx, %eax
    subl storm_start, %eax
    andl $0xffffff, %eax
    cmpl storm_pm, %eax
    jb 5b
    /* No new keys, then time for the last one. */
    movb $1, storm_over
    inl %dx, %eax
    movl %eax, %ecx
9:  inl %dx, %eax
    subl %ecx, %eax
    andl $0xffffff, %eax
    cmpl $35795, %eax               /* 10 ms */
    jb 9b
    inl %dx, %eax
    subl storm_start, %eax
    andl $0xffffff, %eax
    movl %eax, storm_elapsed
    cli
    popl 0x70 * 4
    popl 9 * 4
    popl 8 * 4
    popl %ebp
    retl

send_key16:
    cmpb $0, storm_over
    jne 2f
    inb $0x64, %al
    testb $3, %al
    jnz 2f
    movb $0xd2, %al
    outb %al, $0x64
1:  inb $0x64, %al
    testb $2, %al
    jnz 1b
    movb storm_keys_sent, %al
    andb $0x7f, %al
    outb %al, $0x60
    incl storm_keys_sent
2:  retw

check_tsc16:
    rdtsc
    subl storm_tsc, %eax
    sbbl storm_tsc + 4, %edx
    jnc 3f
    incl storm_tsc_back
3:  addl %eax, storm_tsc
    adcl %edx, storm_tsc + 4
    retw

on_tick16:
    pushw %ds
    pushal
    pushw $0
    popw %ds
    incl storm_ticks
    callw check_tsc16
    movb $4, storm_burst
    callw send_key16
    popal
    popw %ds
    ljmpw *%cs:old_tick

on_key16:
    pushw %ds
    pushal
    pushw $0
    popw %ds
    inb $0x60, %al
    movb storm_keys, %ah
    andb $0x7f, %ah
    cmpb %al, %ah
    je 4f
    incl storm_keys_wrong
4:  incl storm_keys
    callw check_tsc16
    cmpb $0, storm_burst
    je 5f
    decb storm_burst
    callw send_key16
5:  movb $0x20, %al
    outb %al, $0x20
    popal
    popw %ds
    iretw

on_rtc16:
    pushw %ds
    pushal
    pushw $0
    popw %ds
    incl storm_rtc
    movb $0x0c, %al
    outb %al, $0x70
    inb $0x71, %al
    movb $0x20, %al
    outb %al, $0xa0
    outb %al, $0x20
    popal
    popw %ds
    iretw

    .balign 4
storm_dap:  .byte 16, 0
            .word SECTORS, 0, BUFFER_SEGMENT
            .quad 0
storm_sums: .zero CHUNKS * 4
old_tick:   .long 0
storm_start: .long 0
storm_tsc:  .quad 0
    .globl pm_port, storm_ticks, storm_rtc, storm_keys, storm_keys_sent, storm_keys_wrong
    .globl storm_reads, storm_wrong, storm_errors, storm_tsc_back, storm_elapsed, storm_pm
storm_ticks: .long 0
storm_rtc:  .long 0
storm_keys: .long 0
storm_keys_sent: .long 0
storm_keys_wrong: .long 0
storm_reads: .long 0
storm_wrong: .long 0
storm_errors: .long 0
storm_tsc_back: .long 0
storm_elapsed: .long 0
storm_pm:   .long 0
pm_port:    .long 0
storm_burst: .byte 0
storm_over: .byte 0

    .section .note.GNU-stack, "", @progbits
