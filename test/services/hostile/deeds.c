/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory, ports and instructions that a service has no right to. test/services/boot.py knows this order: a deed's
 * number is its place in the table.
 */
#include "deeds.h"
#include <vmm/exit.h>
#include <vmm/io.h>
#include <vmm/start.h>
#include <weir/policy.h>

#define GUEST_MEMORY 0x100000ull
#define OTHER_SERVICE 0x40800000ull /* between this service's regions and its heap: something of another's, or nothing */
#define KERNEL_HALF 0xffff800000000000ull
#define KERNEL_TOP 0xffffffff80000000ull
#define NOT_CANONICAL 0x0000900000000000ull
#define KEYBOARD 0x60u
#define IMR 0x21u
#define EFER 0xc0000080u

static void read_at(uint64_t address)
{
    (void)*(volatile uint64_t *)address;
}

static void write_at(uint64_t address)
{
    *(volatile uint64_t *)address = 0x5a5a5a5a5a5a5a5aull;
}

static void read_kernel(void) { read_at(KERNEL_TOP); }
static void write_kernel(void) { write_at(KERNEL_TOP); }
static void read_kernel_half(void) { read_at(KERNEL_HALF); }
static void read_guest(void) { read_at(GUEST_MEMORY); }
static void write_guest(void) { write_at(GUEST_MEMORY); }
static void read_other(void) { read_at(OTHER_SERVICE); }
static void read_null(void) { read_at(0); }
static void read_not_canonical(void) { read_at(NOT_CANONICAL); }
static void write_tables(void) { write_at(vmm_region("tables")->va); }
static void write_start_block(void) { write_at(WEIR_START_VA); }
static void write_own_code(void) { write_at((uint64_t)(uintptr_t)write_own_code & ~7ull); }

static void run_at(uint64_t address)
{
    __asm__ volatile("jmp *%0" : : "r"(address) : "memory");
}

static void run_data(void)
{
    static uint8_t code[16] = { 0xc3 };
    run_at((uint64_t)(uintptr_t)code);
}

static void run_kernel(void) { run_at(KERNEL_TOP); }

/* Ends on the stack's guard page. */
static void overflow_stack(void)
{
    __asm__ volatile("1: push %%rax; jmp 1b" : : : "memory");
}

static void in_port(void) { (void)vmm_in8(KEYBOARD); }
static void out_port(void) { vmm_out8(IMR, 0xff); }

static void in_string(void)
{
    static uint8_t data[4];
    void *to = data;
    __asm__ volatile("mov $4, %%ecx; rep insb" : "+D"(to) : "d"(KEYBOARD) : "rcx", "memory");
}

#define INSTRUCTION(name, code) \
    static void name(void) { __asm__ volatile(code : : : "rax", "rcx", "rdx", "memory"); }

INSTRUCTION(hlt, "hlt")
INSTRUCTION(cli, "cli")
INSTRUCTION(invd, "invd")
INSTRUCTION(wbinvd, "wbinvd")
INSTRUCTION(read_cr3, "mov %%cr3, %%rax")
INSTRUCTION(write_cr3, "xor %%eax, %%eax; mov %%rax, %%cr3")
INSTRUCTION(write_cr0, "xor %%eax, %%eax; mov %%rax, %%cr0")
INSTRUCTION(write_cr8, "xor %%eax, %%eax; mov %%rax, %%cr8")
INSTRUCTION(write_dr7, "xor %%eax, %%eax; mov %%rax, %%dr7")
INSTRUCTION(lidt, "lidt -16(%%rsp)")
INSTRUCTION(ltr, "mov $0x28, %%eax; ltr %%ax")
INSTRUCTION(invlpg, "invlpg (%%rsp)")
INSTRUCTION(clts, "clts")
INSTRUCTION(swapgs, "swapgs")
INSTRUCTION(sysret, "sysretq")
INSTRUCTION(sysenter, "sysenter")
INSTRUCTION(vmrun, "xor %%eax, %%eax; .byte 0x0f, 0x01, 0xd8")
INSTRUCTION(vmmcall, ".byte 0x0f, 0x01, 0xd9")
INSTRUCTION(vmload, "xor %%eax, %%eax; .byte 0x0f, 0x01, 0xda")
INSTRUCTION(clgi, ".byte 0x0f, 0x01, 0xdd")
INSTRUCTION(int_80, "int $0x80")
INSTRUCTION(int_2, "int $2")
INSTRUCTION(int_8, "int $8")
INSTRUCTION(int_fe, "int $0xfe")
INSTRUCTION(ud2, "ud2")
INSTRUCTION(breakpoint, "int3")
INSTRUCTION(single_step, "pushfq; orl $0x100, (%%rsp); popfq; nop; nop")
INSTRUCTION(divide, "xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx")
INSTRUCTION(popf_iopl, "pushfq; orl $0x3000, (%%rsp); popfq; in $0x60, %%al")
INSTRUCTION(load_kernel_ss, "mov $0x10, %%eax; mov %%eax, %%ss")
INSTRUCTION(iret_to_kernel, "push $0x10; push %%rsp; pushfq; push $0x8; lea 1f(%%rip), %%rax; push %%rax; iretq; 1:")
INSTRUCTION(far_return_to_kernel, "push $0x8; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: hlt")
INSTRUCTION(for_ever, "1: jmp 1b")
INSTRUCTION(pause_for_ever, "1: pause; jmp 1b")

static void wrmsr_efer(void)
{
    __asm__ volatile("wrmsr" : : "c"(EFER), "a"(0), "d"(0));
}

static void rdmsr_efer(void)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(EFER));
}

/* The kernel must not push anything on a stack that the service chose. */
static void call_with_kernel_stack(void)
{
    __asm__ volatile("mov %0, %%rsp; mov $11, %%eax; mov $4, %%edi; syscall; push %%rax"
                     : : "r"(KERNEL_TOP) : "rax", "rcx", "rdx", "rdi", "r11", "memory");
}

/* The kernel must not run with the flags that the service had: DF would turn its copies round, AC open SMAP. */
static void call_with_odd_flags(void)
{
    __asm__ volatile("pushfq; orl $0x40400, (%%rsp); popfq; mov $99, %%eax; syscall; cld; pushfq; andl $~0x40000, (%%rsp); popfq"
                     : : : "rax", "rcx", "rdx", "r11", "memory");
}

static void end(void) { vmm_exit(42); }

const struct deed deeds[] = {
    { "read kernel memory", read_kernel },
    { "write kernel memory", write_kernel },
    { "read the kernel's half", read_kernel_half },
    { "read guest memory", read_guest },
    { "write guest memory", write_guest },
    { "read another service's memory", read_other },
    { "read address 0", read_null },
    { "read a non-canonical address", read_not_canonical },
    { "write the policy's tables", write_tables },
    { "write the start block", write_start_block },
    { "write its own code", write_own_code },
    { "run data", run_data },
    { "run kernel memory", run_kernel },
    { "overflow the stack", overflow_stack },
    { "IN", in_port },
    { "OUT", out_port },
    { "INS", in_string },
    { "HLT", hlt },
    { "CLI", cli },
    { "INVD", invd },
    { "WBINVD", wbinvd },
    { "MOV from CR3", read_cr3 },
    { "MOV to CR3", write_cr3 },
    { "MOV to CR0", write_cr0 },
    { "MOV to CR8", write_cr8 },
    { "MOV to DR7", write_dr7 },
    { "LIDT", lidt },
    { "LTR", ltr },
    { "INVLPG", invlpg },
    { "CLTS", clts },
    { "SWAPGS", swapgs },
    { "SYSRET", sysret },
    { "SYSENTER", sysenter },
    { "VMRUN", vmrun },
    { "VMMCALL", vmmcall },
    { "VMLOAD", vmload },
    { "CLGI", clgi },
    { "INT 80h", int_80 },
    { "INT 2", int_2 },
    { "INT 8", int_8 },
    { "INT FEh", int_fe },
    { "UD2", ud2 },
    { "INT3", breakpoint },
    { "single step", single_step },
    { "divide by 0", divide },
    { "IN with IOPL 3", popf_iopl },
    { "load a kernel SS", load_kernel_ss },
    { "IRET to ring 0", iret_to_kernel },
    { "far return to ring 0", far_return_to_kernel },
    { "WRMSR", wrmsr_efer },
    { "RDMSR", rdmsr_efer },
    { "system call with the kernel's stack", call_with_kernel_stack },
    { "exit", end },
    { "loop for ever", for_ever },
    { "PAUSE for ever", pause_for_ever },
    /* From here on the service survives. */
    { "system call with AC and DF set", call_with_odd_flags },
    { "random system calls on nothing", deed_random_calls },
    { "every call on every slot", deed_use_every_slot },
    { "call with too large a payload", deed_call_with_too_large_a_payload },
    /* This one may end either way. */
    { "random system calls on anything", deed_random_calls_any },
};
const unsigned ndeeds = sizeof(deeds) / sizeof(deeds[0]);
