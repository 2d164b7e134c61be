/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual-8086 task under a small 32-bit monitor, the way EMM386 runs DOS: IOPL 0, CR4.VME off,
 * no I/O bitmap. So CLI, STI, PUSHF, POPF, INT, IRET and every port access of the task raise #GP;
 * the monitor does them on its behalf and counts the interrupts and the ports (AMD APM vol. 2,
 * 12.2.4; vol. 1, 4.5). External interrupts stay off: the task's IF is virtual.
 */
#include "layout.h"

#define EFLAGS_VM 0x20000
#define EFLAGS_IF 0x200
#define POPF_MASK 0x4dd5        /* CF PF AF ZF SF TF DF OF NT */
#define EXIT_INT  0xfe

/* Frame of an exception from the task, behind PUSHA: APM vol. 2, 12.2.4. */
#define F_EAX   28
#define F_EDX   20
#define F_ERROR 36
#define F_EIP   40
#define F_CS    44
#define F_FLAGS 48
#define F_ESP   52
#define F_SS    56

    .section .text16, "awx"
    .code32

/*
 * fn32 for rt_prot32(): runs rt_v86_target as a virtual-8086 task until its INT EXIT_INT or a
 * fault.
 */
    .globl rt_v86_enter
rt_v86_enter:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, v86_monitor_esp
    movl %esp, v86_tss + 4          /* esp0 */
    movl $SEL_DATA, v86_tss + 8     /* ss0 */
    movl $v86_tss, %eax
    movw %ax, rt_gdt + SEL_TSS32 + 2
    shrl $16, %eax
    movb %al, rt_gdt + SEL_TSS32 + 4
    movb $0x89, rt_gdt + SEL_TSS32 + 5
    movb $0, rt_gdt + SEL_TSS32 + 6
    movb %ah, rt_gdt + SEL_TSS32 + 7
    movw $103, rt_gdt + SEL_TSS32
    movl $SEL_TSS32, %eax
    ltr %ax
    lidt v86_idtr
    xorl %eax, %eax
    movl %eax, rt_v86_stats + 0
    movl %eax, rt_v86_stats + 4
    movl $RT_NO_FAULT, rt_v86_stats + 12
    movl %eax, v86_if
    movl %cr4, %eax
    andl $~3, %eax                  /* VME and PVI off */
    movl %eax, %cr4
    pushl $0                        /* gs fs ds es ss */
    pushl $0
    pushl $0
    pushl $0
    pushl $0
    pushl $RT_REAL_STACK
    pushl $(EFLAGS_VM | 2)
    pushl $0
    pushl $v86_start
    iretl

v86_leave:
    movl v86_monitor_esp, %esp
    movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

    .code16
v86_start:
    calll *rt_v86_target
    int $EXIT_INT

    .code32
    .balign 16
v86_stubs:
    .set vector, 0
    .rept 32
    .balign 16
    .if (vector >= 32) || !((ERROR_CODE_VECTORS >> (vector & 31)) & 1)
    pushl $0
    .endif
    pushl $vector
    jmp v86_exception
    .set vector, vector + 1
    .endr

v86_exception:
    pushal
    movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    cld
    movl %esp, %ebp
    cmpl $13, 32(%ebp)
    jne v86_fault
    movzwl F_CS(%ebp), %esi
    shll $4, %esi
    movzwl F_EIP(%ebp), %eax
    addl %eax, %esi                 /* esi: linear address of the instruction */
    movl %esi, %edi                 /* edi: its start */
    movb $0, v86_wide
1:  lodsb
    cmpb $0x66, %al
    jne 2f
    movb $1, v86_wide
    jmp 1b
2:  cmpb $0xfa, %al
    je v86_cli
    cmpb $0xfb, %al
    je v86_sti
    cmpb $0x9c, %al
    je v86_pushf
    cmpb $0x9d, %al
    je v86_popf
    cmpb $0xcd, %al
    je v86_int
    cmpb $0xcf, %al
    je v86_iret
    cmpb $0xf4, %al
    je v86_next
    cmpb $0xe4, %al
    jb v86_fault
    cmpb $0xe8, %al
    jb v86_port_imm
    cmpb $0xec, %al
    jb v86_fault
    cmpb $0xf0, %al
    jb v86_port_dx

/* An exception the monitor does not know: recorded, the task ends. */
v86_fault:
    movl 32(%ebp), %eax
    movl %eax, rt_v86_stats + 12
    movl F_EIP(%ebp), %eax
    movl %eax, rt_v86_stats + 16
    jmp v86_leave

v86_cli:
    movl $0, v86_if
    jmp v86_next
v86_sti:
    movl $EFLAGS_IF, v86_if
v86_next:
    subl %edi, %esi
    addw %si, F_EIP(%ebp)
    popal
    addl $8, %esp
    iretl

/* The task's flags as it may see them, in eax. */
v86_flags:
    movl F_FLAGS(%ebp), %eax
    andl $~(EFLAGS_VM | EFLAGS_IF), %eax
    orl v86_if, %eax
    ret
/* Takes eax for the task's flags; VM stays, IF and IOPL are virtual. */
v86_set_flags:
    movl %eax, %ecx
    andl $EFLAGS_IF, %ecx
    movl %ecx, v86_if
    andl $POPF_MASK, %eax
    orl $(EFLAGS_VM | 2), %eax
    movl %eax, F_FLAGS(%ebp)
    ret
/* Pushes ax on (or pops it from) the task's stack, or eax where v86_wide is set. */
v86_push:
    cmpb $0, v86_wide
    jne 3f
    subw $2, F_ESP(%ebp)
    call v86_stack
    movw %ax, (%edx)
    ret
3:  subw $4, F_ESP(%ebp)
    call v86_stack
    movl %eax, (%edx)
    ret
v86_pop:
    call v86_stack
    cmpb $0, v86_wide
    jne 4f
    movzwl (%edx), %eax
    addw $2, F_ESP(%ebp)
    ret
4:  movl (%edx), %eax
    addw $4, F_ESP(%ebp)
    ret
v86_stack:
    movzwl F_SS(%ebp), %edx
    shll $4, %edx
    movzwl F_ESP(%ebp), %ecx
    addl %ecx, %edx
    ret

v86_pushf:
    call v86_flags
    call v86_push
    jmp v86_next
v86_popf:
    call v86_pop
    call v86_set_flags
    jmp v86_next
v86_iret:
    call v86_pop
    movzwl %ax, %eax
    movl %eax, F_EIP(%ebp)
    call v86_pop
    movzwl %ax, %eax
    movl %eax, F_CS(%ebp)
    call v86_pop
    call v86_set_flags
    movl %edi, %esi                 /* EIP is set: add nothing */
    jmp v86_next

/* INT n is reflected through the IVT, as real mode does it. */
v86_int:
    movzbl (%esi), %ebx
    cmpb $EXIT_INT, %bl
    je v86_leave
    incl rt_v86_stats + 0
    movb $0, v86_wide
    call v86_flags
    call v86_push
    movl F_CS(%ebp), %eax
    call v86_push
    movl %esi, %eax
    incl %eax
    subl %edi, %eax
    addl F_EIP(%ebp), %eax
    call v86_push
    movl $0, v86_if
    andl $~0x100, F_FLAGS(%ebp)
    movzwl (,%ebx,4), %eax
    movl %eax, F_EIP(%ebp)
    movzwl 2(,%ebx,4), %eax
    movl %eax, F_CS(%ebp)
    movl %edi, %esi
    jmp v86_next

/* Port accesses: bit 0 of the opcode is the size, bit 1 the direction, bit 3 the form. */
v86_port_imm:
    movzbl (%esi), %edx
    incl %esi
    jmp 5f
v86_port_dx:
    movzwl F_EDX(%ebp), %edx
5:  incl rt_v86_stats + 4
    movl %edx, rt_v86_stats + 8
    movb %al, %bl
    movl F_EAX(%ebp), %eax
    testb $2, %bl
    jnz 8f
    testb $1, %bl
    jnz 6f
    inb %dx, %al
    jmp 9f
6:  cmpb $0, v86_wide
    jne 7f
    inw %dx, %ax
    jmp 9f
7:  inl %dx, %eax
9:  movl %eax, F_EAX(%ebp)
    jmp v86_next
8:  testb $1, %bl
    jnz 6f
    outb %al, %dx
    jmp v86_next
6:  cmpb $0, v86_wide
    jne 7f
    outw %ax, %dx
    jmp v86_next
7:  outl %eax, %dx
    jmp v86_next

    .balign 8
v86_idt:
    .set i, 0
    .rept 32
    .word v86_stubs + i * 16, SEL_CODE32, 0x8e00, 0
    .set i, i + 1
    .endr
v86_idtr:   .word 32 * 8 - 1
            .long v86_idt
    .balign 8
v86_tss:    .zero 102
            .word 104               /* I/O map base beyond the limit: every port is refused */
    .globl rt_v86_stats, rt_v86_target
rt_v86_stats:   .zero 20
rt_v86_target:  .long 0
v86_monitor_esp: .long 0
v86_if:     .long 0
v86_wide:   .byte 0

    .section .note.GNU-stack, "", @progbits
