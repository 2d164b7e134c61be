/* SPDX-License-Identifier: BSD-2-Clause */
/* What callbacks get, what their answers mean, and what becomes of those that fail. */
#include <stdlib.h>
#include <time.h>

#include "expect.h"
#include "policy.h"

static _Alignas(16) uint8_t memory[POLICY_MEMORY];
static struct policy_tables tables;
static struct policy_error error;
static struct policy *p;
static char said[8192];
static unsigned lines;

static void sink(void *context, const char *line)
{
    EXPECT(context == &lines);
    EXPECT(strlen(line) < 1024 && !strchr(line, '\n'));
    lines++;
    if (strlen(said) + strlen(line) + 2 < sizeof(said))
        strcat(strcat(said, line), "\n");
}

static void quiet(void)
{
    said[0] = 0;
    lines = 0;
}

static void load(const char *text)
{
    quiet();
    p = policy_create(memory, sizeof(memory), sink, &lines);
    if (policy_load(p, "dir/test.lua", text, strlen(text), &tables, &error) != WEIR_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
}

static struct policy_result call(enum policy_kind kind, uint32_t id, uint64_t address,
                                 unsigned size, unsigned flags, uint64_t value)
{
    struct policy_event event = {
        .address = address, .value = value, .rip = 0xfff0, .size = size, .flags = flags};
    struct policy_result result = {.action = 99, .failed = 99};

    policy_call(p, kind, id, &event, &result);
    return result;
}

#define WRITE (POLICY_E_WRITE | POLICY_E_VALUE)

static void expect_result(struct policy_result r, unsigned action, uint64_t value, unsigned failed,
                          int line)
{
    if (r.action == action && r.value == value && r.failed == failed)
        return;
    fprintf(stderr,
            "callbacks_test.c:%d: got action %u value %llXh failed %u, expected %u %llXh %u\n%s",
            line, r.action, (unsigned long long)r.value, r.failed, action,
            (unsigned long long)value, failed, said);
    expect_failed++;
}

#define RESULT(r, action, value, failed) expect_result(r, action, value, failed, __LINE__)

static void answers(void)
{
    load("on.io(0x60, function(e) return pass end)\n"
         "on.io(0x61, function(e) return deny end)\n"
         "on.io(0x62, function(e) end)\n"
         "on.io(0x63, function(e) return 0xAB end)\n"
         "on.io(0x64, function(e) if e.write then return e.value ~ 0xFF end return 255.0 end)\n"
         "on.mmio({address = 0x1000, size = 8}, function(e) return -1 end)\n"
         "on.msr(0x1A0, function(e) return e.msr + e.value end)\n");
    EXPECT_NUMBER(tables.callbacks, 7);
    RESULT(call(POLICY_KIND_IO, 0, 0x60, 1, 0, 0), POLICY_PASS, 0, 0);
    RESULT(call(POLICY_KIND_IO, 1, 0x61, 1, 0, 0), POLICY_DENY, 0, 0);
    RESULT(call(POLICY_KIND_IO, 2, 0x62, 1, WRITE, 5), POLICY_PASS, 0, 0);
    RESULT(call(POLICY_KIND_IO, 3, 0x63, 1, 0, 0), POLICY_VALUE, 0xab, 0);
    RESULT(call(POLICY_KIND_IO, 4, 0x64, 1, WRITE, 0x0f), POLICY_VALUE, 0xf0, 0);
    RESULT(call(POLICY_KIND_IO, 4, 0x64, 1, 0, 0), POLICY_VALUE, 0xff, 0);
    RESULT(call(POLICY_KIND_MMIO, 5, 0x1000, 8, 0, 0), POLICY_VALUE, UINT64_MAX, 0);
    RESULT(call(POLICY_KIND_MSR, 6, 0x1a0, 8, POLICY_E_VALUE, 2), POLICY_VALUE, 0x1a2, 0);
    EXPECT_NUMBER(lines, 0);
}

/* Whatever a policy prints arrives as one printable line. */
static void prints(void)
{
    load("print('a\\27[31mb\\nc\\0d\\127e', 1, nil) print()\n"
         "print(('x'):rep(1500)) print(('y'):rep(3000), ('z'):rep(1000))\n");
    EXPECT_NUMBER(lines, 4);
    EXPECT(strncmp(said, "a?[31mb?c?d?e 1 nil\n\nxxxxxxxx", 29) == 0);
    EXPECT_NUMBER(strlen(said), 20 + 1 + 1024 + 1024);
    /* A line counts 100 steps: a callback cannot flood the log. */
    load("on.io(0x60, function(e) while true do print(1) end end)\n");
    RESULT(call(POLICY_KIND_IO, 0, 0x60, 1, 0, 0), POLICY_DENY, 0, 1);
    EXPECT(lines > 100 && lines <= 501);
}

static void events(void)
{
    load("local function show(e)\n"
         "    print(e.port, e.address, e.msr, e.size, e.write, e.value, e.rip)\n"
         "end\n"
         "on.io(0x60, show) on.mmio({address = 0, size = 8}, show) on.msr(0x1A0, show)\n");
    call(POLICY_KIND_IO, 0, 0x60, 2, 0, 7);
    call(POLICY_KIND_IO, 0, 0x60, 4, POLICY_E_VALUE, 7);
    call(POLICY_KIND_MMIO, 1, 4, 1, WRITE, 255);
    call(POLICY_KIND_MSR, 2, 0x1a0, 8, WRITE, UINT64_MAX);
    EXPECT(strcmp(said, "96 nil nil 2 false nil 65520\n"
                        "96 nil nil 4 false 7 65520\n"
                        "nil 4 nil 1 true 255 65520\n"
                        "nil nil 416 8 true -1 65520\n") == 0);
}

/*
 * One failing callback with on_error left alone and one with pass. The reason's line is `in` lines
 * into the callback: 0, the line of its on.io, where the error has no place in Lua code.
 */
#define BODY 1
#define RULE 0
static void fails(const char *body, const char *reason, unsigned in)
{
    char text[1024], first[32], second[32];
    struct timespec from, to;

    snprintf(text, sizeof(text),
             "local n = 0 local keep = {}\n"
             "on.io(0x60, function(e)\n%s\nend)\n"
             "on.io({ports = 0x61, on_error = pass}, function(e)\n%s\nend)\n"
             "on.io(0x62, function(e) n = n + 1 return n end)\n",
             body, body);
    load(text);
    snprintf(first, sizeof(first), "dir/test.lua:%u: ", 2 + in);
    snprintf(second, sizeof(second), "dir/test.lua:%u: ", 5 + in);
    clock_gettime(CLOCK_MONOTONIC, &from);
    RESULT(call(POLICY_KIND_IO, 0, 0x60, 1, WRITE, 1), POLICY_DENY, 0, 1);
    EXPECT_TEXT(said, reason);
    EXPECT_TEXT(said, first);
    RESULT(call(POLICY_KIND_IO, 1, 0x61, 1, 0, 0), POLICY_PASS, 0, 1);
    EXPECT_TEXT(said, second);
    /* The others go on, and keep their state. */
    for (unsigned i = 1; i < 100; i++) {
        RESULT(call(POLICY_KIND_IO, 2, 0x62, 1, 0, 0), POLICY_VALUE, i, 0);
        RESULT(call(POLICY_KIND_IO, 0, 0x60, 1, 0, 0), POLICY_DENY, 0, 1);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    EXPECT(to.tv_sec - from.tv_sec < 20);
    /* 100 failures of the first: lines for the 1st, 2nd, 4th ... 64th; one of the second. */
    EXPECT_NUMBER(lines, 8);
}

static void failures(void)
{
    fails("local x = nil; return x.y", "attempt to index a nil value", BODY);
    fails("return true", "the callback's answer is true; wanted are pass, deny", RULE);
    fails("return 1.5", "the callback's answer is 1.5", RULE);
    fails("return '1'", "the callback's answer is 1;", RULE);
    fails("return 256", "the callback's answer, 256, does not fit into 1 bytes", RULE);
    fails("return -1", "the callback's answer, -1, does not fit", RULE);
    fails("error({})", "the error is a table", BODY);
    fails("while true do end", "the callback runs too long (limit: 50,000 steps)", BODY);
    fails("while true do pcall(function() while true do end end) end", "runs too long", BODY);
    fails("pcall(function() while true do end end) return pass", "runs too long", BODY);
    fails("local t = {} for i = 1, 1e9 do t[i] = i end", "out of memory: one table", RULE);
    fails("local s = 'x' for i = 1, 1e9 do s = s .. s end", "a string is too long", RULE);
    fails("pcall(function() local s = 'x' for i = 1, 1e9 do s = s .. s end end)",
          "a string is too long", RULE);
    fails("local function f() return 1, f(), f() end f()", "runs too long", BODY);
    fails("io.deny{ports = 1}", "rules are made once", BODY);
    fails("on.io(0x70, function() end)", "rules are made once", BODY);
    fails("pcall(console, {}) return pass", "rules are made once", BODY);
    fails("undefined = undefined + 1", "the name 'undefined' is not known", BODY);
}

/* A callback that keeps what it can until the heap is full: it fails from then on, the others do
 * not. */
static void full_heap(void)
{
    unsigned failed = 0;

    load("local keep, n = {}, 0\n"
         "on.io(0x60, function(e) keep[#keep + 1] = ('x'):rep(900) .. #keep end)\n"
         "on.io(0x61, function(e) n = n + 1 return n & 0xFF end)\n");
    for (unsigned i = 0; i < 5000; i++)
        failed += call(POLICY_KIND_IO, 0, 0x60, 1, 0, 0).failed;
    EXPECT(failed > 0 && failed < 5000);
    EXPECT_TEXT(said, "dir/test.lua:2: out of memory");
    /* Which needs memory itself, and finds some: a failed call's own garbage. */
    quiet();
    load("local keep, n, stop = {}, 0\n"
         "on.io(0x60, function(e)\n"
         "    local mine = {}\n"
         "    for i = 1, 300 do mine[i] = ('y'):rep(100) .. i end\n"
         "    n = n + 1\n"
         "    return n & 0xFF\n"
         "end)\n");
    for (unsigned i = 1; i < 5000; i++)
        RESULT(call(POLICY_KIND_IO, 0, 0x60, 1, 0, 0), POLICY_VALUE, i & 0xff, 0);
}

static void wrong_calls(void)
{
    load("on.io(0x60, function(e) return pass end) on.msr(0x1A0, function() return pass end)\n");
    RESULT(call(POLICY_KIND_MSR, 0, 0x60, 8, 0, 0), POLICY_DENY, 0, 1);
    RESULT(call(POLICY_KIND_IO, 2, 0x60, 1, 0, 0), POLICY_DENY, 0, 1);
    RESULT(call(POLICY_KIND_IO, UINT32_MAX, 0x60, 1, 0, 0), POLICY_DENY, 0, 1);
    RESULT(call((enum policy_kind)77, 0, 0x60, 1, 0, 0), POLICY_DENY, 0, 1);
    RESULT(call(POLICY_KIND_IO, 0, 0x60, 3, 0, 0), POLICY_DENY, 0, 1);
    RESULT(call(POLICY_KIND_IO, 0, 0x60, 0, 0, 0), POLICY_DENY, 0, 1);
    RESULT(call(POLICY_KIND_IO, 0, 0x60, 1, 0, 0), POLICY_PASS, 0, 0);
}

static void loading(void)
{
    struct policy_tables before;
    char name[600];

    load("io.deny{ports = 0x60}");
    EXPECT(strcmp(tables.name, "test.lua") == 0);
    before = tables;
    EXPECT(policy_load(p, "x", "", 0, &tables, &error) == WEIR_E_STATE);
    p = policy_create(memory, sizeof(memory), NULL, NULL);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    EXPECT(policy_load(p, name, "x", 1, &tables, &error) == WEIR_E_ARG);
    EXPECT_TEXT(error.text, "nnn:1: syntax error near <eof>");
    EXPECT(memcmp(&before, &tables, sizeof(before)) == 0); /* never half-applied */
    struct policy_result dead = call(POLICY_KIND_IO, 0, 0x60, 1, 0, 0);

    RESULT(dead, POLICY_DENY, 0, 1);
    EXPECT(policy_load(p, "x", "", 0, &tables, &error) == WEIR_E_STATE);
    EXPECT(policy_create(memory, POLICY_MEMORY_MIN - 1, NULL, NULL) == NULL);
    EXPECT(policy_create(memory + 8, POLICY_MEMORY - 16, NULL, NULL) == NULL);
    p = policy_create(memory, POLICY_MEMORY_MIN, NULL, NULL);
    EXPECT(policy_load(p, "a b\n/c d", "", 0, &tables, &error) == WEIR_OK);
    EXPECT(strcmp(tables.name, "c_d") == 0);
}

int main(void)
{
    answers();
    prints();
    events();
    failures();
    full_heap();
    wrong_calls();
    loading();
    return expect_failures();
}
