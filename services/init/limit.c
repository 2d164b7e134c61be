/* SPDX-License-Identifier: BSD-2-Clause */
#include "limit.h"

static uint32_t failures_since(const struct limit_history *h, uint64_t start)
{
    uint32_t n = 0;

    while (n < h->count && h->at[(h->next + LIMIT_MAX - 1 - n) % LIMIT_MAX] >= start) {
        n++;
    }
    return n;
}

static uint64_t delay_ms(uint32_t backoff_ms, uint32_t before)
{
    uint64_t delay = backoff_ms;

    for (uint32_t i = 0; i < before && delay < LIMIT_DELAY_MS; i++) {
        delay *= 2;
    }
    return delay < LIMIT_DELAY_MS ? delay : LIMIT_DELAY_MS;
}

bool limit_failure(struct limit_history *h, const struct limit_rule *rule, uint64_t now, uint64_t tsc_hz,
                   uint64_t *when)
{
    uint64_t window = rule->window_s * tsc_hz;
    uint32_t before = failures_since(h, now > window ? now - window : 0);

    if (before >= rule->limit) {
        return false;
    }
    h->at[h->next] = now;
    h->next = (h->next + 1) % LIMIT_MAX;
    h->count += h->count < LIMIT_MAX;
    *when = now + delay_ms(rule->backoff_ms, before) * (tsc_hz / 1000);
    return true;
}
