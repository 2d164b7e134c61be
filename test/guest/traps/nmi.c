/* SPDX-License-Identifier: BSD-2-Clause */
/* NMIs that the CPU sends itself: what blocks them, what lets the next one come, and what the handler may do meanwhile. */
#include "traps.h"

static unsigned depth, came, to_send;
static enum { PLAIN, EXITS, FAULTS, USER } way;

static void fault(struct trap *t)
{
    note(t->vector, depth, 0);
    t->rip += 2; /* UD2 */
}

static void nmi(struct trap *t)
{
    (void)t;
    came++;
    depth++;
    note(2, depth, came);
    while (to_send) {
        to_send--;
        send_nmi();
        note(0x100, depth, came);
    }
    if (way == EXITS) {
        cpuid(0, 0);
        in8(0xe4);
        rdmsr(0xc0000080);
        write_cr3(read_cr3());
        write_cr0(read_cr0());
        note(0x101, depth, came);
    } else if (way == FAULTS && came == 1) { /* its IRET unblocks NMIs */
        asm volatile("ud2");
        note(0x102, depth, came);
        for (unsigned i = 0; i < 2000; i++)
            pause();
        note(0x103, depth, came);
    }
    note(0x104, depth, came);
    depth--;
}

static void run(const char *name, unsigned nested)
{
    depth = came = 0;
    to_send = nested;
    send_nmi();
    for (unsigned i = 0; i < 2000; i++)
        pause();
    note(0x105, depth, came);
    flush_log(name, nested);
}

void section_nmi(void)
{
    section("nmi");
    lapic_start();
    rt_set_handler(2, nmi);
    rt_set_handler(6, fault);
    for (unsigned nested = 0; nested < 4; nested++) {
        way = PLAIN;
        run("plain", nested);
        way = EXITS;
        run("exits", nested);
        way = FAULTS;
        run("faults", nested);
    }
    rt_set_handler(2, NULL);
    rt_set_handler(6, NULL);
    lapic_end();
}
