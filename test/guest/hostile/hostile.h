/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_HOSTILE_H
#define GUEST_HOSTILE_H

#include "io.h"

/* Parameter 0. */
enum scenario {
    TOUCH,              /* 0: memory, ports and IPIs; no reset */
    RESET_8042,         /* 1: 8042 command FEh */
    RESET_PORT92,       /* 2: bit 0 of port 92h */
    RESET_CF9_HARD,     /* 3: 02h, 06h */
    RESET_CF9_SOFT,     /* 4: 00h, 04h */
    RESET_TRIPLE,       /* 5: an empty IDT */
    RESET_INIT,         /* 6: INIT to itself */
    HALT,               /* 7: HLT with IF=0, ended by an NMI alone */
    HALT_FOR_EVER,      /* 8: the same without the NMI: the machine stays up and silent */
    RESET_CR3_HOLE,     /* 9: page tables where nothing is */
    RESET_IDT_HOLE,     /* 10: an IDT where nothing is */
    RESET_REAL_TRIPLE,  /* 11: a triple fault in real mode */
    SCENARIOS
};

/* touch.c */
void touch_memory(void);
/* A page of address space that neither memory nor a device answers. */
u64 find_hole(void);

/* ports.c */
void odd_ports(void);

/* reset.c: does not return but for HALT; true if this boot follows a reset of ours. */
bool after_reset(void);
void do_scenario(enum scenario s);

u32 random32(void);

#endif
