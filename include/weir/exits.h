/* SPDX-License-Identifier: BSD-2-Clause */
/* Why the guest left guest mode, the same for both vendors; also the index of the exit counters. */
#ifndef WEIR_EXITS_H
#define WEIR_EXITS_H

#define WEIR_EXITS(X)                                                                                       \
    X(IO, "io") X(CPUID, "cpuid") X(RDMSR, "rdmsr") X(WRMSR, "wrmsr") X(NESTED, "nested-fault")               \
    X(FORBIDDEN, "virtualization-instruction") X(VMMCALL, "vmmcall") X(INVD, "invd") X(INTR, "interrupt")     \
    X(NMI, "nmi") X(IRET, "iret") X(WINDOW, "interrupt-window") X(HLT, "hlt") X(MWAIT, "mwait")               \
    X(INIT, "init") X(SHUTDOWN, "triple-fault") X(INVALID, "invalid-state") X(XSETBV, "xsetbv")           \
    X(UNKNOWN, "unknown") X(CR, "control-register") X(EXCEPTION, "exception") X(INVLPG, "invlpg")            \
    X(PAGE_FAULT, "page-fault") X(TASK_SWITCH, "task-switch")

enum weir_exit {
#define X(name, text) WEIR_EXIT_##name,
    WEIR_EXITS(X)
#undef X
    WEIR_EXIT_REASONS
};

/* What trace(COUNTERS) gives, and the benchmark reads: 64-bit words in this order. */
enum weir_counter {
    WEIR_COUNT_ENTRIES = 0, /* VMRUN or VM entry */
    WEIR_COUNT_EXITS,     /* one per enum weir_exit from here on */
};

#endif
