/* SPDX-License-Identifier: BSD-2-Clause */
/* init's small decisions: which drive, which options, when a service starts again, how a failure reads. */
#include "check.h"
#include "guest_boot.h"
#include "limit.h"
#include "options.h"
#include "report.h"
#include <stdlib.h>

static void the_guest_sees_its_disk_under_the_number_it_was_promised(void)
{
    static const struct {
        uint8_t disk, drive, usb, ok, start, swap;
    } cases[] = {
        { 0, 0x80, 0, 1, 0x80, 0 },       /* Weir on a CD: the guest's disk is the first */
        { 0, 0x80, 1, 1, 0x80, 0x81 },    /* Weir on a stick, which is 80h: exchange the two */
        { 0x81, 0x80, 0, 1, 0x80, 0x81 },
        { 0x80, 0x81, 0, 1, 0x81, 0x81 }, /* the other way round */
        { 0x81, 0x81, 1, 1, 0x81, 0 },
        { 0x82, 0x81, 0, 0, 0, 0 },       /* the hook block exchanges with 80h only */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy_boot boot = { .disk = cases[i].disk, .drive = cases[i].drive, .partition = 3 };
        struct guest_boot out = { 0 };
        const char *reason = NULL;
        enum weir_status status = guest_boot_make(&boot, cases[i].usb, &out, &reason);

        CHECK(status == WEIR_OK, cases[i].ok);
        CHECK(reason != NULL, !cases[i].ok);
        CHECK(out.drive, cases[i].start);
        CHECK(out.swap, cases[i].swap);
        CHECK(out.partition, cases[i].ok ? 3 : 0);
    }
    for (unsigned ah = 0; ah < 256; ah++) {
        CHECK(strlen(guest_boot_failure((uint8_t)ah)) > 10, 1);
    }
    CHECK_TEXT(guest_boot_failure(0xff),
               "no boot signature (55AAh) on the guest's disk: it is not bootable, or encrypted and no rule decrypts it");
}

static void the_hook_block_tells_of_the_memory_that_the_guest_has(void)
{
    static const struct {
        uint64_t end;
        uint16_t limit_88, limit_16m, limit_64k;
    } cases[] = {
        { 0x00100000, 0, 0, 0 },
        { 0x00800000, 7 << 10, 7 << 10, 0 },
        { 0x01000000, 15 << 10, 15 << 10, 0 },
        { 0x04000000, 63 << 10, 15 << 10, 0x300 },
        { 0x7e000000, 0xffff, 15 << 10, 0x7d00 },
        { 0x140000000, 0xffff, 15 << 10, 0xff00 }, /* what lies above 4 GiB is not told of */
    };
    static const struct guest_boot boot = { 0x80, 2, 0x81 };
    struct weir_hook_block *block = malloc(WEIR_PAGE);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_e820 map[] = {
            { 0, 0x9f000, 1, 1 },
            { 0x9f000, 0x61000, 2, 1 },
            { 0x100000, (cases[i].end - 0x100000) / 2, 1, 1 }, /* in two entries, as firmware may say it */
            { 0x100000 + (cases[i].end - 0x100000) / 2, (cases[i].end - 0x100000) / 2, 1, 1 },
            { cases[i].end, 0x2000000, 2, 1 },
            { cases[i].end + 0x2000000, 0x100000, 1, 1 },
        };

        guest_boot_block(&boot, map, 6, block);
        CHECK(block->drive, 0x80);
        CHECK(block->partition, 2);
        CHECK(block->swap, 0x81);
        CHECK(block->limit_88, cases[i].limit_88);
        CHECK(block->limit_16m, cases[i].limit_16m);
        CHECK(block->limit_64k, cases[i].limit_64k);
        CHECK(block->map_count, 6);
        for (unsigned e = 0; e < 6; e++) {
            CHECK(memcmp(block->map[e], &map[e], sizeof(block->map[e])), 0);
        }
    }
    free(block);
}

static void options_are_words(void)
{
    struct options o;
    char bad[32], *open_ended = malloc(8);

    CHECK(options_parse("", 1, &o, bad), WEIR_OK);
    CHECK(o.log, OPTIONS_LOG_POLICY);
    CHECK(o.usb, 0);
    CHECK(options_parse("  quiet log=none  boot=usb xlog=com7 ", 64, &o, bad), WEIR_OK);
    CHECK(o.log, OPTIONS_LOG_NONE);
    CHECK(o.usb, 1);
    CHECK(options_parse(memcpy(open_ended, "log=com2", 8), 8, &o, bad), WEIR_OK); /* the sanitizer watches the end */
    CHECK(o.log, OPTIONS_LOG_COM2);
    free(open_ended);
    CHECK(options_parse("boot=usb log=com22", 19, &o, bad), WEIR_E_ARG);
    CHECK_TEXT(bad, "log=com22");
    CHECK(options_parse("boot=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 52, &o, bad), WEIR_E_ARG);
    CHECK(strlen(bad), 31);
}

#define HZ 1000000000ull

static void a_service_is_started_again_until_its_limit(void)
{
    struct limit_history *h = calloc(1, sizeof(*h));
    struct limit_rule rule = { .limit = 3, .window_s = 10, .backoff_ms = 10 };
    uint64_t when = 0, now = 100 * HZ;

    CHECK(limit_failure(h, &rule, now, HZ, &when), 1);
    CHECK(when, now + HZ / 100);
    CHECK(limit_failure(h, &rule, now + 1 * HZ, HZ, &when), 1);
    CHECK(when, now + 1 * HZ + 2 * HZ / 100); /* doubled */
    CHECK(limit_failure(h, &rule, now + 2 * HZ, HZ, &when), 1);
    CHECK(when, now + 2 * HZ + 4 * HZ / 100);
    CHECK(limit_failure(h, &rule, now + 3 * HZ, HZ, &when), 0);
    /* The first falls out of the window: one more is allowed. */
    CHECK(limit_failure(h, &rule, now + 10 * HZ + 1, HZ, &when), 1);
    CHECK(limit_failure(h, &rule, now + 10 * HZ + 2, HZ, &when), 0);
    /* A quiet time later everything is as at first. */
    CHECK(limit_failure(h, &rule, now + 100 * HZ, HZ, &when), 1);
    CHECK(when, now + 100 * HZ + HZ / 100);
    free(h);
}

static void limits_at_their_ends(void)
{
    struct limit_history *h = calloc(1, sizeof(*h));
    struct limit_rule none = { .limit = 0, .window_s = 1, .backoff_ms = 0 };
    struct limit_rule most = { .limit = LIMIT_MAX, .window_s = 3600, .backoff_ms = 60000 };
    uint64_t when = 0;

    CHECK(limit_failure(h, &none, 5, HZ, &when), 0); /* also early, where the window began before time did */
    for (unsigned i = 0; i < LIMIT_MAX; i++) {
        CHECK(limit_failure(h, &most, HZ + i, HZ, &when), 1);
        CHECK(when, HZ + i + 60 * HZ); /* no wait is longer than a minute */
    }
    CHECK(limit_failure(h, &most, 2 * HZ, HZ, &when), 0);
    free(h);
}

static void a_failure_reads_well(void)
{
    struct weir_failure f = { .kind = WEIR_FAIL_EXCEPTION, .vector = 14, .error_code = 7,
                              .address = 0xffff800000001000, .rip = 0x401234, .stack = { 0x402000, 0x403000 } };
    char out[240], small[20];

    report_failure(&f, out, sizeof(out));
    CHECK_TEXT(out, "page fault at 0xffff800000001000 (write), rip 0x401234, called from 0x402000 0x403000");
    f.error_code = 0x15;
    f.stack[0] = 0;
    report_failure(&f, out, sizeof(out));
    CHECK_TEXT(out, "page fault at 0xffff800000001000 (execute), rip 0x401234");
    f.vector = 13;
    f.error_code = 0;
    report_failure(&f, out, sizeof(out));
    CHECK_TEXT(out, "general protection fault (error code 0x0), rip 0x401234");
    f.vector = 0xffffffff;
    report_failure(&f, out, sizeof(out));
    CHECK_TEXT(out, "exception 4294967295 (error code 0x0), rip 0x401234");
    report_failure(&f, small, sizeof(small));
    CHECK_TEXT(small, "exception 429496729");
    f.kind = WEIR_FAIL_DEADLINE;
    report_failure(&f, out, sizeof(out));
    CHECK_TEXT(out, "missed its deadline, rip 0x401234");
    f.kind = WEIR_FAIL_EXIT;
    f.address = 127;
    report_failure(&f, out, sizeof(out));
    CHECK_TEXT(out, "exit with code 127, rip 0x401234");
    f.kind = 77;
    report_failure(&f, out, sizeof(out));
    CHECK_TEXT(out, "stopped for an unknown reason (77), rip 0x401234");
}

int main(void)
{
    the_guest_sees_its_disk_under_the_number_it_was_promised();
    the_hook_block_tells_of_the_memory_that_the_guest_has();
    options_are_words();
    a_service_is_started_again_until_its_limit();
    limits_at_their_ends();
    a_failure_reads_well();
    return check_end();
}
