/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many lines a rule may log in a second. A guest decides how often a logged port is accessed, so without a limit it
 * would decide what the log holds, and every access would pay for a line. Pure; tested on the host.
 */
#ifndef WATCH_RATE_H
#define WATCH_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate { /* of one rule; zero at first */
    uint64_t until; /* TSC at which the running second is over */
    uint32_t shown, hidden;
};

/*
 * May this access be logged? limit: lines a second, 0: all. *hidden gets how many were not shown in the second that
 * ended, and is 0 in all other calls: with the first access after it that number can be told. `second` is in TSC ticks.
 */
static inline bool rate_allows(struct rate *r, uint32_t limit, uint64_t now, uint64_t second, uint32_t *hidden)
{
    *hidden = 0;
    if (now >= r->until) {
        *hidden = r->hidden;
        r->until = now + second;
        r->shown = r->hidden = 0;
    }
    if (!limit || r->shown < limit) {
        r->shown += limit != 0;
        return true;
    }
    r->hidden += r->hidden != UINT32_MAX;
    return false;
}

#endif
