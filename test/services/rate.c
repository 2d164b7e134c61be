/* SPDX-License-Identifier: BSD-2-Clause */
/* watch's limit of log lines. */
#include "check.h"
#include "rate.h"

#define SECOND 1000u

static void a_flood_is_counted_not_shown(void)
{
    struct rate r = { 0 };
    uint32_t hidden, shown = 0;
    uint64_t now = 5 * SECOND;

    for (unsigned i = 0; i < 500; i++) {
        shown += rate_allows(&r, 3, now + i, SECOND, &hidden);
        CHECK(hidden, 0);
    }
    CHECK(shown, 3);
    CHECK(rate_allows(&r, 3, now + SECOND - 1, SECOND, &hidden), 0);
    CHECK(rate_allows(&r, 3, now + SECOND, SECOND, &hidden), 1); /* the next second: its own lines, and the number */
    CHECK(hidden, 498);
    CHECK(rate_allows(&r, 3, now + SECOND + 1, SECOND, &hidden), 1);
    CHECK(hidden, 0);
    CHECK(rate_allows(&r, 3, now + 100 * SECOND, SECOND, &hidden), 1);
    CHECK(hidden, 0);
}

static void no_limit_shows_all(void)
{
    struct rate r = { 0 };
    uint32_t hidden;

    for (unsigned i = 0; i < 5000; i++) {
        CHECK(rate_allows(&r, 0, i, SECOND, &hidden), 1);
        CHECK(hidden, 0);
    }
}

static void the_count_does_not_wrap(void)
{
    struct rate r = { .until = 10, .shown = 1, .hidden = UINT32_MAX - 1 };
    uint32_t hidden;

    CHECK(rate_allows(&r, 1, 1, SECOND, &hidden), 0);
    CHECK(rate_allows(&r, 1, 2, SECOND, &hidden), 0);
    CHECK(rate_allows(&r, 1, 10, SECOND, &hidden), 1);
    CHECK(hidden, UINT32_MAX);
}

int main(void)
{
    a_flood_is_counted_not_shown();
    no_limit_shows_all();
    the_count_does_not_wrap();
    return check_end();
}
