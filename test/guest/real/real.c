/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real mode in the ways that a hypervisor without unrestricted guest has to imitate. What each section sees is digested;
 * the digests must be as on the bare machine (README.md).
 */
#include "rt.h"
#include "section.h"
#include "real.h"

void real_unreal(void);
void real_limits(void);
void real_string(void);
void real_flags(void);
void real_ints(void);
void real_trips(void);
void real_privileged(void);
void real_steps(void);
void real_interrupts(void);
void real_v86(void);
extern volatile u16 real_count, real_abandoned;
extern volatile u32 real_seen[OBSERVATIONS];

const char guest_name[] = "real";

static void record_seen(const char *name)
{
    rt_check(real_count > 3, "%s: only %u observations", name, real_count);
    rt_check(real_count < OBSERVATIONS, "%s: too many observations", name);
    for (unsigned i = 0; i < real_count; i++)
        record("seen", i, real_seen[i], 0);
    rt_check(!real_abandoned, "%s: exception %x:%x ended it", name, real_seen[real_count - 2] >> 16,
             real_seen[real_count - 2] & 0xffff);
    real_abandoned = 0;
    real_count = 0;
}

static void run(const char *name, void (*fn16)(void))
{
    section(name);
    rt_real(fn16);
    record_seen(name);
}

void guest_main(void)
{
    static const struct {
        const char *name;
        void (*fn16)(void);
    } sections[] = {
        { "real.flags", real_flags }, { "real.ints", real_ints }, { "real.string", real_string },
        { "real.limits", real_limits }, { "real.unreal", real_unreal }, { "real.trips", real_trips },
        { "real.privileged", real_privileged }, { "real.steps", real_steps },
        { "real.interrupts", real_interrupts },
    };
    struct v86_stats stats;

    for (unsigned i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (!rt_param[1] || rt_param[1] == i + 1)
            run(sections[i].name, sections[i].fn16);
    if (rt_param[2] == 1) {
        section(NULL);
        rt_end(rt_failures);
    }
    section("real.v86-monitor");
    stats = rt_v86(real_v86);
    record("monitor", stats.fault, stats.ints, stats.ports);
    rt_check(stats.fault == RT_NO_FAULT, "the task ended by exception %u", stats.fault);
    record_seen("real.v86-monitor");
    section(NULL);
    rt_end(rt_failures);
}
