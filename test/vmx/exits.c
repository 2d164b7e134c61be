/* SPDX-License-Identifier: BSD-2-Clause */
/* doc/exits.md's table, row by row, against both vendors' decoding. The table's file is the argument. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "vm/exit.h"
#include "vm/paging.h"
#include "vm/svm/svm.h"
#include "vm/vmx/vmx.h"

void svm_exit(struct vcpu *v);
void vmx_exit(struct vcpu *v);

enum { EVENT, REASON, QUALIFIED, INFORMATION, EXITCODE, INFO1, CODE, ADDRESS, WEIR, COLUMNS };

static struct vmcb vmcb;
static struct vmx vmx;
static struct vcpu v;
static char text[128];
static u8 code_bytes[16];
static unsigned code_count;
static bool explained;
static bool in_table[2][0x100]; /* VT-x's reasons, AMD-V's codes */

/* The exit in the words of the table's last column. */
static void describe(const struct exit_info *e)
{
    static const char *const names[] = {
#define X(name, text) text,
        WEIR_EXITS(X)
#undef X
    };
    const struct io_exit *io = &e->io;
    size_t at;

    if (e->reason == WEIR_EXIT_IO) {
        snprintf(text, sizeof(text), "io %s %x size %u", io->in ? "in" : "out", io->port, io->size);
        at = strlen(text);
        if (io->string)
            snprintf(text + at, sizeof(text) - at, " string%s address %u segment %u", io->rep ? " rep" : "",
                     io->address_size, io->segment);
    } else if (e->reason == WEIR_EXIT_NESTED) {
        snprintf(text, sizeof(text), "nested %s %lx%s%s", e->error & PF_W ? "write" : e->error & PF_I ? "fetch" : "read",
                 e->gpa, e->error & PF_P ? " present" : "", e->error & BIT(33) ? " walking" : "");
    } else if (e->reason == WEIR_EXIT_PAGE_FAULT) {
        snprintf(text, sizeof(text), "page-fault %s%s%s%s %lx",
                 e->error & PF_W ? "write" : e->error & PF_I ? "fetch" : "read", e->error & PF_P ? " present" : "",
                 e->error & PF_U ? " user" : "", e->error & PF_RSVD ? " reserved" : "", e->gpa);
    } else if (e->reason == WEIR_EXIT_INVLPG && e->cr.length) {
        snprintf(text, sizeof(text), "invlpg %lx", e->gpa);
    } else {
        snprintf(text, sizeof(text), "%s", names[e->reason]);
    }
}

static void describe_cr(unsigned op, unsigned number, unsigned gpr)
{
    if (op == CR_CLTS || op == CR_LMSW)
        snprintf(text, sizeof(text), "cr %s", op == CR_CLTS ? "clts" : "lmsw");
    else
        snprintf(text, sizeof(text), "cr %s %u gpr %u", op == CR_TO ? "to" : "from", number, gpr);
}

void vcpu_handle_exit(struct cpu *cpu, struct vcpu *exited)
{
    (void)cpu;
    describe(&exited->exit);
}

void vmx_real_exception(struct vcpu *exited, u32 event)
{
    (void)exited;
    snprintf(text, sizeof(text), "exception %u", event & 0xff);
}

unsigned guest_fetch(struct cpu *cpu, const struct guest_view *g, u8 code[16])
{
    (void)cpu;
    (void)g;
    memcpy(code, code_bytes, sizeof(code_bytes));
    return code_count;
}

void vmx_explain(struct vcpu *failed, u32 reason)
{
    CHECK((u64)failed, (u64)&v);
    CHECK(reason, 0x80000021);
    explained = true;
}

static void read_code(char *column)
{
    char *rest = NULL;

    code_count = 0;
    memset(code_bytes, 0x90, sizeof(code_bytes));
    if (*column == '-')
        return;
    for (char *word = strtok_r(column, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        code_bytes[code_count++] = (u8)strtoul(word, NULL, 16);
}

static u64 hex(const char *column)
{
    return *column == '-' ? 0 : strtoull(column, NULL, 16);
}

/* What a CPU is asked to tell depends on the mode. */
static void choose_mode(char *column[])
{
    bool shadow = strstr(column[WEIR], "page-fault") || strstr(column[WEIR], "invlpg");

    paging_mode = shadow ? PAGING_SHADOW_CACHED : PAGING_NESTED;
}

static void start_vmx(void)
{
    memset(host_vmcs, 0, sizeof(host_vmcs));
    memset(&v, 0, sizeof(v));
    vcpu_ops = &vmx_ops;
    vmx_features = (struct vmx_features){.string_info = true};
    v.vmx = &vmx;
    v.cpu = this_cpu();
}

static void on_vmx(char *column[])
{
    char *rest;
    u64 reason = strtoull(column[REASON], &rest, 10);
    bool failed = strstr(rest, "failed");

    start_vmx();
    in_table[0][reason & 0xff] = true;
    host_vmcs[EXIT_REASON] = reason | (failed ? BIT(31) : 0);
    host_vmcs[QUALIFICATION] = hex(column[QUALIFIED]);
    host_vmcs[EXIT_INSTRUCTION] = hex(column[INFORMATION]);
    if (reason == 0) {
        host_vmcs[EXIT_EVENT] = strtoull(column[INFORMATION], &rest, 16);
        host_vmcs[EXIT_EVENT_ERROR] = strtoull(rest, NULL, 16);
    }
    host_vmcs[EXIT_LENGTH] = code_count;
    host_vmcs[GUEST_PHYSICAL] = hex(column[ADDRESS]);
    explained = false;
    vmx_exit(&v);
    CHECK(explained, failed);
    if (reason == 28)
        describe_cr(v.exit.cr.op, v.exit.cr.number, v.exit.cr.gpr);
    CHECK(strcmp(text, column[WEIR]), 0);
    if (reason != 48)
        CHECK(v.exit.length, code_count);
}

static void start_svm(void)
{
    memset(&vmcb, 0, sizeof(vmcb));
    memset(&v, 0, sizeof(v));
    vcpu_ops = &svm_ops;
    svm_features = (struct svm_features){.npt = true, .next_rip = true, .decode_assist = true};
    v.vmcb = &vmcb;
    v.cpu = this_cpu();
}

static void on_svm(char *column[])
{
    u64 code = hex(column[EXITCODE]);
    bool control = code < 0x20 || code == 0x65, address = code == 0x400 || code == 0x4e;
    struct cr_insn insn;

    start_svm();
    in_table[1][code & 0xff] = true;
    vmcb.exitcode = code;
    vmcb.exitinfo1 = hex(column[INFO1]);
    vmcb.exitinfo2 = address ? hex(column[ADDRESS]) : code_count;
    vmcb.next_rip = code_count;
    svm_exit(&v);
    if (control && v.exit.cr.length) {
        describe_cr(v.exit.cr.op, v.exit.cr.number, v.exit.cr.gpr);
    } else if (control) { /* only the code tells which and how */
        if (!decode_cr(code_bytes, code_count, CODE_64, &insn)) { /* the emulator's */
            CHECK(strstr(column[EVENT], "LMSW") != NULL, true);
            return;
        }
        describe_cr(insn.op, insn.number, insn.gpr);
    }
    CHECK(strcmp(text, column[WEIR]), 0);
    if (!address)
        CHECK(v.exit.length, code_count);
}

/* The last exit is known to the decoder: the table has to have it. */
static void find(const char *whose, const bool *table, unsigned code)
{
    check_case = whose;
    if (v.exit.reason != WEIR_EXIT_UNKNOWN && !table[code])
        CHECK(code, ~0u);
}

static void find_missing(void)
{
    paging_mode = PAGING_NESTED;
    for (unsigned code = 0; code < 0x100; code++) {
        start_svm();
        vmcb.exitcode = code;
        svm_exit(&v);
        find("exit codes of AMD-V that the table has not", in_table[1], code);
        if (code == 41 || code == 49) /* a panic */
            continue;
        start_vmx();
        host_vmcs[EXIT_REASON] = code;
        vmx_exit(&v);
        find("exit reasons of VT-x that the table has not", in_table[0], code);
    }
}

/* The cells of a table's line without the blanks around them; false: it has not COLUMNS. */
static bool split(char *line, char *column[])
{
    unsigned n = 0;

    for (char *at = line + 1, *bar; (bar = strchr(at, '|')) && n < COLUMNS; at = bar + 1) {
        char *end = bar;
        while (*at == ' ')
            at++;
        while (end > at && end[-1] == ' ')
            end--;
        *end = 0;
        column[n++] = at;
    }
    return n == COLUMNS;
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    char line[512], *column[COLUMNS];
    unsigned rows = 0;

    if (!f) {
        printf("usage: %s exits.md\n", argv[0]);
        return 2;
    }
    host_start();
    while (fgets(line, sizeof(line), f)) {
        if (line[0] != '|' || !split(line, column) || !strcmp(column[EVENT], "event") || column[EVENT][0] == '-')
            continue;
        rows++;
        check_case = column[EVENT];
        read_code(column[CODE]);
        choose_mode(column);
        if (column[REASON][0] != '-')
            on_vmx(column);
        if (column[EXITCODE][0] != '-')
            on_svm(column);
    }
    fclose(f);
    check_case = "rows of the table";
    CHECK(rows >= 55, true);
    find_missing();
    return check_end();
}
