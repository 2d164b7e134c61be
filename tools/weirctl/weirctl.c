/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weirctl: an administrator's hand on Weir, from within its guest. It talks to the control service by the two ports that
 * the policy names (include/weir/control.h). The guest's own operating system decides who may: ioperm() wants
 * CAP_SYS_RAWIO, and the CPU checks IOPL and the TSS's bitmap before Weir sees the access (AMD APM vol. 2, 15.10.1).
 */
#include "linux.h"
#include <stdbool.h>
#include <weir/control.h>

#define DEFAULT_PORT 0x5658u /* "XV" */
#define HEADER 5u
#define POLL_NS 2000000l
#define POLLS 5000u
#define TRIES 10u
#define ANSWER (512u << 10) /* control has room for 256 KiB */
#define LINE 200u

static const char usage[] = "usage: weirctl [--json] [--port PORT] status | ps | restart NAME | log [NAME] | stat |\n"
                            "               policy show | policy reload FILE\n"
                            "PORT is the first of the policy's control{ports = ...}; 5658h unless given.\n";

static uint16_t port = DEFAULT_PORT;
static bool json, restarts_control;
static char request[LINE];
static size_t request_bytes;
static char text[CONTROL_TEXT];
static size_t text_bytes;

_Noreturn void start(long *stack);

static _Noreturn void leave(int status)
{
    for (;;) {
        linux_call(LINUX_EXIT, status, 0, 0);
    }
}

static size_t length(const char *s)
{
    size_t n = 0;

    while (s[n]) {
        n++;
    }
    return n;
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++, b++;
    }
    return *a == *b;
}

static void write_all(int fd, const char *s, size_t n)
{
    while (n) {
        long done = linux_call(LINUX_WRITE, fd, (long)s, (long)n);

        if (done <= 0) {
            leave(1);
        }
        s += done;
        n -= (size_t)done;
    }
}

static _Noreturn void fail(int status, const char *what)
{
    write_all(2, "weirctl: ", 9);
    write_all(2, what, length(what));
    write_all(2, "\n", 1);
    leave(status);
}

static _Noreturn void wrong_usage(void)
{
    write_all(2, usage, sizeof(usage) - 1);
    leave(2);
}

/* ---- the request ---- */

static void add(const char *word)
{
    size_t n = length(word);

    if (n + request_bytes + 2 > sizeof(request)) {
        fail(2, "the command is too long");
    }
    for (size_t i = 0; i < n; i++) {
        request[request_bytes++] = word[i] > ' ' && word[i] <= '~' ? word[i] : '_';
    }
    request[request_bytes++] = ' ';
}

static void read_policy(const char *path)
{
    long fd = linux_call(LINUX_OPEN, (long)path, O_RDONLY, 0), n;

    if (fd < 0) {
        fail(2, "the policy's file can't be opened");
    }
    while ((n = linux_call(LINUX_READ, fd, (long)(text + text_bytes), (long)(sizeof(text) - text_bytes))) > 0) {
        text_bytes += (size_t)n;
    }
    if (n < 0) {
        fail(2, "the policy's file can't be read");
    }
    if (text_bytes == sizeof(text)) {
        fail(1, "the policy is larger than 256 KiB");
    }
}

static const char *file_name(const char *path)
{
    const char *name = path;

    for (; *path; path++) {
        if (*path == '/' && path[1]) {
            name = path + 1;
        }
    }
    return name;
}

static uint16_t read_port(const char *s)
{
    uint32_t value = 0;
    bool hexadecimal = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');

    for (s += hexadecimal ? 2 : 0; *s && value <= 0xffff; s++) {
        uint32_t digit = *s >= '0' && *s <= '9'   ? (uint32_t)(*s - '0')
                         : *s >= 'a' && *s <= 'f' ? (uint32_t)(*s - 'a') + 10
                         : *s >= 'A' && *s <= 'F' ? (uint32_t)(*s - 'A') + 10
                                                  : 16;

        if ((*s == 'h' || *s == 'H') && !s[1]) {
            break;
        }
        if (digit == 16) {
            wrong_usage();
        }
        value = value * 16 + digit;
    }
    if (value < 0x100 || value > 0xfffe) {
        wrong_usage();
    }
    return (uint16_t)value;
}

/* Returns whether the command may be given again without another effect. */
static bool make_request(char **words)
{
    static const char *const plain[] = { "status", "ps", "stat" };
    bool harmless = true;

    add(json ? "json" : "text");
    if (!words[0]) {
        wrong_usage();
    }
    for (unsigned i = 0; i < 3; i++) {
        if (same(words[0], plain[i]) && !words[1]) {
            add(words[0]);
            return true;
        }
    }
    if (same(words[0], "log") && (!words[1] || !words[2])) {
        add("log");
        if (words[1]) {
            add(words[1]);
        }
    } else if (same(words[0], "restart") && words[1] && !words[2]) {
        add("restart");
        add(words[1]);
        restarts_control = same(words[1], "control");
        harmless = false;
    } else if (same(words[0], "policy") && words[1] && same(words[1], "show") && !words[2]) {
        add("show");
    } else if (same(words[0], "policy") && words[1] && same(words[1], "reload") && words[2] && !words[3]) {
        add("reload");
        add(file_name(words[2]));
        read_policy(words[2]);
        harmless = false;
    } else {
        wrong_usage();
    }
    return harmless;
}

/* ---- the ports ---- */

static void open_ports(void)
{
    long lock;
    uint8_t state;

    if (linux_call(LINUX_IOPERM, port, 2, 1) < 0) {
        fail(2, "no right to use I/O ports (CAP_SYS_RAWIO)");
    }
    /* Two at once would mix their requests. Where there is no such folder, the administrator takes care. */
    lock = linux_call(LINUX_OPEN, (long)"/run/weirctl.lock", O_RDWR_CREAT, 0600);
    if (lock >= 0) {
        linux_call(LINUX_FLOCK, lock, LOCK_EX, 0);
    }
    out8(port + 1u, CONTROL_BEGIN);
    state = in8(port + 1u);
    if (state < CONTROL_IDLE || state > CONTROL_TOO_LONG) {
        fail(2, "nobody answers: this is not Weir, or its policy has no control{ports = ...} here");
    }
}

/* false: the instance that took the beginning is gone, and nothing was done. */
static bool send(void)
{
    uint8_t state;

    out8(port + 1u, CONTROL_BEGIN);
    out_bytes(port, request, request_bytes);
    out_bytes(port, "\n", 1);
    out_bytes(port, text, text_bytes);
    state = in8(port + 1u);
    if (state == CONTROL_TOO_LONG) {
        fail(1, "the request is too long");
    }
    if (state == CONTROL_TAKING) {
        out8(port + 1u, CONTROL_RUN);
    }
    return state == CONTROL_TAKING;
}

static uint8_t wait_for_answer(void)
{
    static const long pause[2] = { 0, POLL_NS };
    uint8_t state = in8(port + 1u);

    for (unsigned i = 0; state == CONTROL_BUSY && i < POLLS; i++) {
        linux_call(LINUX_NANOSLEEP, (long)pause, 0, 0);
        state = in8(port + 1u);
    }
    return state;
}

/* Prints the answer and ends, or returns if it went with the instance that had it. */
static void print_answer(void)
{
    static uint8_t answer[ANSWER];
    uint8_t header[HEADER];
    uint32_t n;

    in_bytes(port, header, sizeof(header));
    n = (uint32_t)header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16 | (uint32_t)header[3] << 24;
    if (n > sizeof(answer) || header[4] > 1) {
        return;
    }
    in_bytes(port, answer, n);
    if (in8(port + 1u) != CONTROL_READY) { /* a new instance has no answer, and gives FFh */
        return;
    }
    write_all(header[4] ? 2 : 1, (char *)answer, n);
    leave(header[4] != 0);
}

/* The answer to this went with the instance that was asked. */
static _Noreturn void print_restarted(void)
{
    static const char plain[] = "control: started anew\n", object[] = "{\"result\":\"started anew\"}\n";

    if (json) {
        write_all(1, object, sizeof(object) - 1);
    } else {
        write_all(1, plain, sizeof(plain) - 1);
    }
    leave(0);
}

_Noreturn void start(long *stack)
{
    char **words = (char **)stack + 2; /* argv[1]; Linux ends the list with NULL */
    bool harmless;

    for (; words[0] && words[0][0] == '-'; words++) {
        if (same(words[0], "--json")) {
            json = true;
        } else if (same(words[0], "--port") && words[1]) {
            port = read_port(*++words);
        } else {
            wrong_usage();
        }
    }
    harmless = make_request(words);
    open_ports();
    for (unsigned i = 0; i < TRIES; i++) {
        uint8_t state;

        if (!send()) {
            continue;
        }
        state = wait_for_answer();
        if (state == CONTROL_BUSY) {
            fail(1, "no answer within ten seconds");
        }
        if (state == CONTROL_READY) {
            print_answer();
        }
        if (restarts_control) {
            print_restarted();
        }
        if (!harmless) {
            fail(1, "control was started anew meanwhile; weirctl ps shows what became of it");
        }
    }
    fail(1, "control is started anew again and again");
}

__asm__(".globl _start\n_start: xorl %ebp, %ebp\n movq %rsp, %rdi\n andq $-16, %rsp\n call start\n");
