/* SPDX-License-Identifier: BSD-2-Clause */
#include "section.h"

static const char *current;
static u64 digest, observations;

void section(const char *name)
{
    if (current)
        rt_printf("digest %s %016lx %lu\n", current, digest, observations);
    current = name;
    digest = RT_DIGEST_START;
    observations = 0;
}

void record(const char *what, u64 key, u64 a, u64 b)
{
    u64 values[3] = { key, a, b };

    digest = rt_digest(digest, values, sizeof(values));
    observations++;
    if (rt_param[0] == 1)
        rt_printf("raw %s %s %lx: %lx %lx\n", current, what, key, a, b);
}
