/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that a hypervisor intercepts or must refuse: which exception, where, and what they
 * change.
 */
#include "digest.h"

struct insn {
    const char *name;
    u8 bytes, code[8];
};

/* With EFER.SVME and CR4.VMXE clear: #UD each. rax points to scratch memory. */
static const struct insn virtualization[] = {
    { "vmrun", 3, { 0x0f, 0x01, 0xd8 } },
    { "vmmcall", 3, { 0x0f, 0x01, 0xd9 } },
    { "vmload", 3, { 0x0f, 0x01, 0xda } },
    { "vmsave", 3, { 0x0f, 0x01, 0xdb } },
    { "stgi", 3, { 0x0f, 0x01, 0xdc } },
    { "clgi", 3, { 0x0f, 0x01, 0xdd } },
    { "skinit", 3, { 0x0f, 0x01, 0xde } },
    { "invlpga", 3, { 0x0f, 0x01, 0xdf } },
    { "vmcall", 3, { 0x0f, 0x01, 0xc1 } },
    { "vmlaunch", 3, { 0x0f, 0x01, 0xc2 } },
    { "vmresume", 3, { 0x0f, 0x01, 0xc3 } },
    { "vmxoff", 3, { 0x0f, 0x01, 0xc4 } },
    { "vmxon", 4, { 0xf3, 0x0f, 0xc7, 0x30 } },
    { "vmptrld", 3, { 0x0f, 0xc7, 0x30 } },
    { "vmclear", 4, { 0x66, 0x0f, 0xc7, 0x30 } },
    { "vmread", 3, { 0x0f, 0x78, 0xc8 } },
    { "vmwrite", 3, { 0x0f, 0x79, 0xc8 } },
    { "getsec", 2, { 0x0f, 0x37 } },
    { "rsm", 2, { 0x0f, 0xaa } },
};

/* Others that have an intercept; results in registers are recorded too. */
static const struct insn ordinary[] = {
    { "invd", 2, { 0x0f, 0x08 } },
    { "wbinvd", 2, { 0x0f, 0x09 } },
    { "rdpmc", 2, { 0x0f, 0x33 } },
    { "clts", 2, { 0x0f, 0x06 } },
    { "smsw eax", 3, { 0x0f, 0x01, 0xe0 } },
    { "lmsw bx", 3, { 0x0f, 0x01, 0xf3 } },
    { "invlpg [rax]", 3, { 0x0f, 0x01, 0x38 } },
    { "sldt ebx", 3, { 0x0f, 0x00, 0xc3 } },
    { "str ebx", 3, { 0x0f, 0x00, 0xcb } },
    { "mov rbx,cr0", 3, { 0x0f, 0x20, 0xc3 } },
    { "mov rbx,cr4", 3, { 0x0f, 0x20, 0xe3 } },
    { "mov rbx,cr8", 4, { 0x44, 0x0f, 0x20, 0xc3 } },
    { "mov rbx,cr1", 3, { 0x0f, 0x20, 0xcb } },
    { "mov rbx,cr5", 3, { 0x0f, 0x20, 0xeb } },
    { "mov rbx,cr9", 4, { 0x44, 0x0f, 0x20, 0xcb } },
    { "mov cr7,rbx", 3, { 0x0f, 0x22, 0xfb } },
    { "pushfq; pop rbx", 2, { 0x9c, 0x5b } },
    { "int3", 1, { 0xcc } },
    { "icebp", 1, { 0xf1 } },
    { "int 6", 2, { 0xcd, 0x06 } },
    { "into (not in 64-bit mode)", 1, { 0xce } },
    { "ud2", 2, { 0x0f, 0x0b } },
    { "monitor", 3, { 0x0f, 0x01, 0xc8 } },
    { "in al,E4h", 2, { 0xe4, 0xe4 } },
    { "in ax,E4h", 3, { 0x66, 0xe5, 0xe4 } },
    { "in eax,E4h", 2, { 0xe5, 0xe4 } },
    { "out E4h,al", 2, { 0xe6, 0xe4 } },
    { "pause", 2, { 0xf3, 0x90 } },
    { "rdfsbase rbx", 5, { 0xf3, 0x48, 0x0f, 0xae, 0xc3 } },
    { "swapgs; swapgs", 6, { 0x0f, 0x01, 0xf8, 0x0f, 0x01, 0xf8 } },
};

static struct rt_regs start_registers(void)
{
    return (struct rt_regs){ .rax = SCRATCH + 0x1000, .rbx = 0x31, .rcx = 0, .rdx = 0x2fd,
                             .rsi = SCRATCH + 0x2000, .rdi = SCRATCH + 0x3000, .rflags = 2 };
}

static void run_table(const struct insn *table, unsigned n, bool user)
{
    for (unsigned i = 0; i < n; i++) {
        struct rt_regs r = start_registers();
        u64 origin = run_bytes(table[i].code, table[i].bytes, &r, user);

        record_fault(table[i].name, i, origin);
        record_regs(table[i].name, i, &r, 0x8d5);
    }
}

static void try_cr(const char *what, u64 value, void (*write)(u64), u64 (*read)(void))
{
    u64 old = read();

    write(value);
    record(what, value, rt_fault.vector, read());
    write(old);
}

static void guarded_cr0(u64 value)
{
    asm volatile(GUARDED("movq %0, %%cr0") : : "r"(value) : "memory");
}

static void guarded_cr3(u64 value)
{
    asm volatile(GUARDED("movq %0, %%cr3") : : "r"(value) : "memory");
}

static void guarded_cr4(u64 value)
{
    asm volatile(GUARDED("movq %0, %%cr4") : : "r"(value) : "memory");
}

static void guarded_cr8(u64 value)
{
    asm volatile(GUARDED("movq %0, %%cr8") : : "r"(value) : "memory");
}

static void control_registers(void)
{
    static const u8 cr0_bits[] = { 1, 2, 3, 4, 5, 16, 18, 30 };
    static const u8 cr4_bits[] = { 0, 1, 2, 3, 6, 7, 8, 9, 10 };

    section("cr");
    for (unsigned i = 0; i < COUNT(cr0_bits); i++)
        try_cr("cr0", read_cr0() ^ 1ull << cr0_bits[i], guarded_cr0, read_cr0);
    /* NW alone is #GP on every CPU, but not on QEMU. */
    try_cr("cr0", read_cr0() ^ 3ull << 29, guarded_cr0, read_cr0);
    for (unsigned i = 0; i < COUNT(cr4_bits); i++)
        try_cr("cr4", read_cr4() ^ 1ull << cr4_bits[i], guarded_cr4, read_cr4);
    try_cr("cr3", read_cr3() | 0x18, guarded_cr3, read_cr3);
    for (u64 tpr = 0; tpr < 16; tpr++)
        try_cr("cr8", tpr, guarded_cr8, read_cr8);
    asm volatile("movq %0, %%cr2" : : "r"(0x123456789abcull));
    record("cr2", 0, read_cr2(), 0);
}

static void expect_gp(const char *what, u64 value, void (*write)(u64), u64 (*read)(void))
{
    u64 old = read();

    write(value);
    rt_check(rt_fault.vector == 13 && rt_fault.error == 0 && read() == old,
             "%s=%lx gives vector %lx and reads %lx", what, value, rt_fault.vector, read());
}

/*
 * Reserved bits (and CR4.VMXE, where the CPU has no VMX to offer) raise #GP(0) and change nothing.
 * Bare QEMU 7.2 leaves a guest that does not exist on them, so this runs only when asked for.
 */
static void reserved_bits(void)
{
    u64 cr3 = read_cr3(), cr4 = read_cr4();

    for (unsigned bit = 24; bit < 64; bit++)
        expect_gp("cr4", cr4 | 1ull << bit, guarded_cr4, read_cr4);
    expect_gp("cr4.vmxe", cr4 | 1ull << 13, guarded_cr4, read_cr4);
    expect_gp("cr4.smxe", cr4 | 1ull << 14, guarded_cr4, read_cr4);
    for (unsigned bit = 52; bit < 63; bit++)
        expect_gp("cr3", cr3 | 1ull << bit, guarded_cr3, read_cr3);
    rt_printf("reserved bits checked\n");
}

/*
 * The hypervisor's own UART, which the bare machine may have: FFh to a guest, and writes vanish.
 * Nothing reaches beyond 2FFh: QEMU 7.2 dies of that (an assertion in its 16550).
 */
static void com2(void)
{
    section("com2.ports");
    for (u16 port = 0x2f8; port <= 0x2ff; port++) {
        record("in8", port, in8(port), 0);
        out8(port, 0xff);
        out8(port, 0x3a);
        record("in8", port, in8(port), port < 0x2ff ? in16(port) : 0);
        record("in32", port, port < 0x2fd ? in32(port) : 0, in32((u16)(port - 3)));
        rt_check(rt_param[3] != 1 || in8(port) == 0xff, "port %x is not FFh but %x", port,
                 in8(port));
    }
}

void section_insn(void)
{
    section("insn.virtualization");
    run_table(virtualization, COUNT(virtualization), false);
    for (unsigned i = 0; i < COUNT(virtualization); i++) {
        struct rt_regs r = start_registers();

        run_bytes(virtualization[i].code, virtualization[i].bytes, &r, false);
        rt_check(rt_fault.vector == 6, "%s gives vector %lx, not #UD", virtualization[i].name,
                 rt_fault.vector);
    }
    /* With the hypervisor's EFER.SVME set a CPU checks CPL before the intercept: #GP, not #UD. */
    section("svm.ring3");
    run_table(virtualization, COUNT(virtualization), true);
    section("insn.ordinary");
    run_table(ordinary, COUNT(ordinary), false);
    section("insn.ordinary.ring3");
    run_table(ordinary, COUNT(ordinary), true);
    control_registers();
    com2();
    if (rt_param[1] == 1)
        reserved_bits();
}
