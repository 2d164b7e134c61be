/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The multiboot2 header and the way from GRUB's 32-bit protected mode (Multiboot2 Specification 2.0, 3.3) to boot_main
 * in 64-bit mode at the kernel's own virtual addresses.
 */
#include "x86/layout.h"

#define PHYS(sym) ((sym) - KERNEL_VBASE + KERNEL_LOAD)
#define MB2_MAGIC 0xe85250d6

    .section .multiboot, "a"
    .balign 8
header:
    .long MB2_MAGIC, 0, header_end - header, -(MB2_MAGIC + 0 + (header_end - header))
    .word 6, 0          /* module alignment: whole pages */
    .long 8
    .word 0, 0
    .long 8
header_end:

    .section .text.boot, "ax"
    .code32
    .global boot_entry
boot_entry:
    cli
    cld
    movl $PHYS(boot_stack_top), %esp
    movl %eax, %esi     /* kept for boot_main: magic */
    movl %ebx, %edi     /* and the information structure */

    /* Long mode, or there is nothing we could do. */
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb no_long_mode
    movl $0x80000001, %eax
    cpuid
    testl $(1 << 29), %edx
    jz no_long_mode

    /* Identity map of the first 4 GiB, and the image at KERNEL_VBASE, in 2 MiB pages. */
    movl $PHYS(boot_pd), %ebx
    xorl %ecx, %ecx
1:  movl %ecx, %eax
    shll $21, %eax
    orl $0x83, %eax
    movl %eax, (%ebx, %ecx, 8)
    movl $0, 4(%ebx, %ecx, 8)
    incl %ecx
    cmpl $2048, %ecx
    jb 1b
    movl $PHYS(boot_pdpt), %edx
    xorl %ecx, %ecx
2:  leal 3(%ebx), %eax
    movl %eax, (%edx, %ecx, 8)
    addl $4096, %ebx
    incl %ecx
    cmpl $4, %ecx
    jb 2b
    movl $PHYS(boot_pd_high), %ebx
    movl $(KERNEL_LOAD | 0x83), %eax
    xorl %ecx, %ecx
3:  movl %eax, (%ebx, %ecx, 8)
    addl $0x200000, %eax
    incl %ecx
    cmpl $(REGION_BYTES >> 21), %ecx
    jb 3b
    movl $(PHYS(boot_pd_high) + 3), PHYS(boot_pdpt_high) + 510 * 8
    movl $(PHYS(boot_pdpt) + 3), PHYS(boot_pml4)
    movl $(PHYS(boot_pdpt_high) + 3), PHYS(boot_pml4) + 511 * 8

    movl %cr4, %eax
    orl $(1 << 5), %eax             /* PAE */
    movl %eax, %cr4
    movl $PHYS(boot_pml4), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $((1 << 8) | (1 << 11)), %eax /* LME, NXE */
    wrmsr
    movl %cr0, %eax
    orl $0x80010001, %eax           /* PG, WP, PE */
    andl $~0x6000000c, %eax         /* caches on, no TS, no EM */
    movl %eax, %cr0
    lgdt PHYS(boot_gdt_pointer)
    ljmpl $8, $PHYS(boot_64)

no_long_mode:
    movl $PHYS(no_long_mode_text), %esi
    movl $0xb8000, %edi
    movb $0x0f, %ah
4:  lodsb
    testb %al, %al
    jz 5f
    stosw
    jmp 4b
5:  hlt
    jmp 5b

    .code64
boot_64:
    movabsq $boot_high, %rax
    jmp *%rax
boot_high:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %eax, %fs
    movl %eax, %gs
    movq $(boot_cpu_block + CPU_STACK_TOP), %rsp
    movl %edi, %eax
    movl %esi, %edi     /* magic */
    movl %eax, %esi     /* information structure, physical */
    xorl %ebp, %ebp
    call boot_main
    ud2

/*
 * void boot_move(void *to, const void *from, u64 bytes, u64 cr3)
 * Copies the whole image, this stack included, and continues on the copy: nothing may be written in between.
 */
    .global boot_move
boot_move:
    movq %rcx, %rax
    movq %rdx, %rcx
    shrq $3, %rcx
    rep movsq
    movq %rax, %cr3
    ret

    .section .rodata
no_long_mode_text:
    .asciz "weir: this CPU has no 64-bit mode"
    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff
boot_gdt_pointer:
    .word 15
    .long PHYS(boot_gdt)

    .section .bss
    .balign 4096
boot_pml4:      .skip 4096
boot_pdpt:      .skip 4096
boot_pdpt_high: .skip 4096
boot_pd_high:   .skip 4096
boot_pd:        .skip 4 * 4096
    .skip 256
boot_stack_top:
