/* SPDX-License-Identifier: BSD-2-Clause */
/* vmm_format() against the C library's vsnprintf(). */
#include <stdarg.h>
#include <vmm/log.h>
#include "check.h"

static void compare(size_t bytes, const char *format, ...)
{
    char ours[512], theirs[512];
    va_list args;
    size_t n;
    int expected;

    memset(ours, '~', sizeof(ours));
    memset(theirs, '~', sizeof(theirs));
    va_start(args, format);
    n = vmm_format(ours, bytes, format, args);
    va_end(args);
    va_start(args, format);
    expected = vsnprintf(theirs, bytes, format, args);
    va_end(args);
    if (n != (size_t)expected || memcmp(ours, theirs, sizeof(ours)) != 0) {
        fprintf(stderr, "format '%s' into %zu bytes: expected %d '%.80s', got %zu '%.80s'\n",
                format, bytes, expected, theirs, n, ours);
        exit(1);
    }
}

/* "%" with random flags, width, precision and length in front of one of `kinds`. */
static void random_format(char *out, uint64_t *state, const char *kinds, const char *length)
{
    uint64_t r = next_random(state);

    out += sprintf(out, "<%%%s%s", r & 1 ? "-" : "", r & 2 ? "0" : "");
    if (r & 4) {
        out += sprintf(out, "%u", (unsigned)(r >> 8 & 127));
    }
    if (r & 8) {
        out += sprintf(out, ".%u", (unsigned)(r >> 16 & 127));
    }
    sprintf(out, "%s%c>", length, kinds[(r >> 24) % strlen(kinds)]);
}

static void random_numbers_match(void)
{
    static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z", "j", "t" };
    uint64_t state = 1;

    for (unsigned i = 0; i < 400000; i++) {
        const char *length = lengths[i % 8];
        uint64_t value = next_random(&state) >> (next_random(&state) & 63);
        size_t room = i % 5 ? sizeof(uint64_t) * 60 : next_random(&state) % 20;
        char format[64];
        random_format(format, &state, "diuxX", length);
        if (i % 8 < 3) {
            compare(room, format, (unsigned)value);
        } else {
            compare(room, format, value);
        }
    }
}

static void strings_match(void)
{
    uint64_t state = 2;

    for (unsigned i = 0; i < 100000; i++) {
        char format[64];
        random_format(format, &state, "s", "");
        /* A 0 flag on %s is undefined in C; ours ignores it. */
        if (!strchr(format, '0') || strpbrk(format, "123456789.")) {
            char *zero = strstr(format, "%0");
            if (!zero && !strstr(format, "-0")) {
                compare(400, format, "the text");
            }
        }
    }
    compare(400, "%.3s|%s|%10.2s|%-10s|", "unterminated", "", "abc", "left");
}

static void others_match(void)
{
    compare(400, "%c%c %% %p", 'a', 'b', (void *)0x1234abcd);
    compare(400, "%#x %#X %#llx %#X %#20.10x", 255u, 0u, 0xdeadbeefull, 0xabcu, 0xdefu);
    compare(400, "%0300d|%-200x|%.99u", -1, 2u, 3u);
    compare(400, "%*d|%-*d|%.*s", 6, 42, 6, -42, 2, "abc");
    compare(400, "%lld %lld %llu", (long long)INT64_MIN, (long long)INT64_MAX,
            (unsigned long long)UINT64_MAX);
    compare(1, "%s", "nothing fits");
    compare(0, "%s", "not even the end");
    compare(400, "no conversion");
    compare(400, "");
}

static size_t format(char *out, size_t bytes, const char *format, ...)
{
    va_list args;
    size_t n;

    va_start(args, format);
    n = vmm_format(out, bytes, format, args);
    va_end(args);
    return n;
}

/* What C leaves undefined must still not run wild: the formats come from services' authors. */
static void unknown_conversions_end_the_output(void)
{
    static const char *const broken[] = { "ab%",  "ab%0", "ab%q%s",
                                          "ab%.", "ab%l", "ab%9999999999999999999999$" };
    char out[32];

    for (unsigned i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        CHECK_EQ(2, format(out, sizeof(out), broken[i]));
        CHECK_TEXT("ab", out);
    }
    CHECK_EQ(8, format(out, sizeof(out), "%s", NULL) + 2);
    CHECK_TEXT("(null)", out);
}

int main(void)
{
    random_numbers_match();
    strings_match();
    others_match();
    unknown_conversions_end_the_output();
    return 0;
}
