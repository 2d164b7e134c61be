/* SPDX-License-Identifier: BSD-2-Clause */
/* Many logs into one. */
#include "check.h"
#include "merge.h"
#include <stdlib.h>

struct output {
    char text[1u << 16];
    size_t n;
    enum policy_level last;
};

static void sink(void *context, const char *line, size_t bytes, enum policy_level level)
{
    struct output *o = context;

    CHECK(bytes > 0 && line[bytes - 1] == '\n', 1);
    CHECK(o->n + bytes < sizeof(o->text), 1);
    memcpy(o->text + o->n, line, bytes);
    o->n += bytes;
    o->text[o->n] = '\0';
    o->last = level;
}

static struct output *out;

static void start(void)
{
    memset(out, 0, sizeof(*out));
}

static void feed(struct merge_source *s, const char *text)
{
    merge_feed(s, text, strlen(text), sink, out);
}

static void lines_come_out_whole_and_named(void)
{
    struct merge_source kernel, watch, policy;

    start();
    merge_begin(&kernel, "");
    merge_begin(&watch, "watch");
    merge_begin(&policy, "policy");
    feed(&watch, "io write");
    feed(&kernel, "weir 0.1 svm npt\n");
    feed(&policy, "one\ntwo\nthr");
    feed(&watch, " 0x60\n\n");
    feed(&policy, "ee\n");
    CHECK_TEXT(out->text, "weir 0.1 svm npt\npolicy: one\npolicy: two\nwatch: io write 0x60\nwatch: \npolicy: three\n");
}

static void a_service_cannot_write_as_another(void)
{
    struct merge_source evil;

    start();
    merge_begin(&evil, "evil");
    feed(&evil, "a\rweir: refused: b\n\x1b[2Jc\td\x80\xff\n");
    merge_feed(&evil, "nul\0in it\n", 10, sink, out);
    CHECK_TEXT(out->text, "evil: aweir: refused: b\nevil: ?[2Jc d??\nevil: nul?in it\n");
}

static void a_long_line_comes_in_pieces(void)
{
    struct merge_source s;
    char text[MERGE_LINE * 2 + 6];

    start();
    merge_begin(&s, "a name that is far too long for it");
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\n';
    merge_feed(&s, text, sizeof(text), sink, out);
    CHECK(out->n, 3 * (MERGE_NAME - 1 + 3) + sizeof(text) - 1);
    CHECK_TEXT(out->text + out->n - 8, ": xxxxx\n");
}

static void a_loss_is_told(void)
{
    struct merge_source s;

    start();
    merge_begin(&s, "watch");
    feed(&s, "half a li");
    merge_lost(&s, 0, sink, out);
    merge_lost(&s, UINT64_MAX, sink, out);
    feed(&s, "on\n");
    CHECK_TEXT(out->text, "watch: half a li\nwatch: warning: 0 bytes of the log were lost here\n"
                          "watch: warning: 18446744073709551615 bytes of the log were lost here\nwatch: on\n");
}

static void the_first_word_says_how_grave_it_is(void)
{
    static const struct {
        const char *name, *line;
        enum policy_level level;
    } cases[] = {
        { "watch", "error: x\n", POLICY_ERROR }, { "watch", "warning: x\n", POLICY_WARN },
        { "watch", "debug: x\n", POLICY_DEBUG }, { "watch", "x error: \n", POLICY_INFO },
        { "watch", "\n", POLICY_INFO },          { "", "debug: \n", POLICY_ERROR },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct merge_source s;

        start();
        merge_begin(&s, cases[i].name);
        feed(&s, cases[i].line);
        CHECK(out->last, cases[i].level);
    }
}

int main(void)
{
    out = calloc(1, sizeof(*out));
    lines_come_out_whole_and_named();
    a_service_cannot_write_as_another();
    a_long_line_comes_in_pieces();
    a_loss_is_told();
    the_first_word_says_how_grave_it_is();
    free(out);
    return check_end();
}
