/* SPDX-License-Identifier: BSD-2-Clause */
/* When a failed service is started again, and when no more. Pure; times are TSC values of one CPU. */
#ifndef INIT_LIMIT_H
#define INIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_MAX 1000u       /* failures that can be remembered: the policy's highest restart_limit */
#define LIMIT_DELAY_MS 60000u /* no wait is longer */

struct limit_rule {
    uint32_t limit;      /* restarts, 0 to LIMIT_MAX ... */
    uint32_t window_s;   /* ... within this time */
    uint32_t backoff_ms; /* before the first restart of a window, doubled with each */
};

struct limit_history {
    uint32_t next, count; /* the ring's next entry, how many are in use */
    uint64_t at[LIMIT_MAX];
};

/*
 * Notes a failure at `now`. true: start it again, at *when at the earliest (TSC). false: it has used up its restarts.
 */
bool limit_failure(struct limit_history *h, const struct limit_rule *rule, uint64_t now, uint64_t tsc_hz,
                   uint64_t *when);

#endif
