/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service says ahead (struct weir_ahead): which accesses of the guest's cost it no message, and what comes with the next. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "mm/window.h"
#include "obj/device.h"
#include "obj/sched.h"
#include "obj/thread.h"
#include "vm/exit.h"
#include "vm/hook.h"
#include "vm/npt.h"
#include "vm/shadow.h"
#include "vm/vcpu_ops.h"

#define BASE 0xfebf0000ull
#define COOKIE (BASE | 3)
#define SACT 0x134u
#define NOW 1000u
#define READ 0x8b /* MOV EAX,[RBX] */
#define WRITE 0x89

static u64 message_page[PAGE_SIZE / 8];
static struct weir_msg *const msg = (struct weir_msg *)message_page;
static struct weir_ahead *const ahead = (struct weir_ahead *)((char *)message_page + WEIR_AHEAD_OFFSET);
static struct thread worker = {.msg = (struct weir_msg *)message_page};
static struct port port;
static struct binding binding = {.mode = WEIR_BIND_FORWARD, .type = DEVICE_ADDRESSES, .first = BASE, .last = BASE + 0xfff,
                                 .port = &port, .cookie = COOKIE};
static struct cpu cpu;
static struct vcpu v;
static u8 code[16];
static jmp_buf parked;

struct binding **io_table[65536 / IO_PER_PAGE];
struct binding *binding_found[DEVICE_TYPES] = {[DEVICE_ADDRESSES] = &binding};
u64 binding_changes = 1;
u64 region_base = 0x7c000000;
enum paging paging_mode;
bool a20_closed;

u64 hook_page(void)
{
    return 0x9f000;
}

u64 host_rdtsc(void)
{
    return NOW;
}

/* Sends the request, as the port does; nobody has answered yet. */
void vcpu_park(struct cpu *c, struct vcpu *of, struct port *p)
{
    of->client.port = p;
    vcpu_fill_message(of, &worker);
    longjmp(parked, 1);
}

static unsigned fetched(struct vcpu *of, const u8 **bytes)
{
    *bytes = code;
    return INSN_MAX;
}

static void guest_view(const struct vcpu *of, struct guest_view *g)
{
    *g = (struct guest_view){.mode = CODE_64};
}

static const struct vcpu_ops ops = {.fetched = fetched, .guest_view = guest_view};
const struct vcpu_ops *vcpu_ops = &ops;

void vcpu_end_step(struct vcpu *of)
{
}

/* What no such access needs. */
#define UNUSED_PART(declaration) \
    declaration                  \
    {                            \
        abort();                 \
    }
UNUSED_PART(struct binding *binding_search(u8 type, u64 addr, u64 size))
UNUSED_PART(void vcpu_raise(struct vcpu *of, u8 vector, int64_t error))
UNUSED_PART(void emulate_start(struct cpu *c, struct vcpu *of))
UNUSED_PART(void emulate_access_done(struct cpu *c, struct vcpu *of))
UNUSED_PART(void string_finish(struct cpu *c, struct vcpu *of))
UNUSED_PART(void msr_finish(struct cpu *c, struct vcpu *of, u8 verdict, u64 data))
UNUSED_PART(bool msr_do(struct cpu *c, struct vcpu *of))
UNUSED_PART(void io_do(struct vcpu *of))
UNUSED_PART(bool npt_fill(u64 gpa))
UNUSED_PART(unsigned guest_fetch(struct cpu *c, const struct guest_view *g, u8 to[16]))
UNUSED_PART(void code_cache_fill(struct cpu *c, struct code_cache *cache, const struct guest_view *g, u64 cr3))
UNUSED_PART(void shadow_written_frame(u64 gpa, unsigned bytes))
UNUSED_PART(void host_write_cr3(u64 cr3))
UNUSED_PART(void log_line(const char *format, ...))
UNUSED_PART(void *window_load(struct cpu *c, u64 pa))

/* The guest's MOV. true: a message went out, and its reply is still to come. */
static bool access(u8 opcode, u64 gpa, u32 value)
{
    memset(code, 0x90, sizeof(code));
    code[0] = opcode;
    code[1] = 0x03;
    v.rip = 0x1000 + (opcode == WRITE ? 16 : 0);
    v.regs[RAX] = value;
    v.exit.gpa = gpa;
    v.exit.error = opcode == WRITE ? PF_W : 0;
    if (setjmp(parked))
        return true;
    exit_nested(&cpu, &v);
    return false;
}

static void answer(void)
{
    msg->kind = WEIR_V_DONE;
    vcpu_reply(&v, &worker);
}

static bool asks(u8 opcode, u64 gpa, u32 value)
{
    bool asked = access(opcode, gpa, value);

    if (asked)
        answer();
    return asked;
}

static void say(u64 until)
{
    *ahead = (struct weir_ahead){.until = until, .addr = BASE + SACT, .cookie = COOKIE, .data = 0x1234,
                                 .post_mask = 0x7f, .post_addr = SACT & 0x7f};
}

static void reads(void)
{
    check_case = "a read";
    memset(ahead, 0, sizeof(*ahead));
    CHECK(asks(READ, BASE + SACT, 0), true);
    say(NOW + 1);
    CHECK(asks(READ, BASE + SACT + 4, 0), true);
    CHECK(asks(READ, BASE + SACT, 0), false);
    CHECK(v.regs[RAX], 0x1234);
    CHECK(v.rip, 0x1002);
    CHECK(asks(READ, BASE + SACT, 0), true); /* once */
    say(NOW); /* it counted until now */
    CHECK(asks(READ, BASE + SACT, 0), true);
    say(NOW + 1);
    binding.cookie = COOKIE + 1;
    CHECK(asks(READ, BASE + SACT, 0), true);
    binding.cookie = COOKIE;
    port.cpu[0].idle = NULL; /* the service is at work, or there is none */
    CHECK(asks(READ, BASE + SACT, 0), true);
    port.cpu[0].idle = &worker;
    CHECK(asks(READ, BASE + SACT, 0), false);
}

static void posted_comes(u32 value)
{
    CHECK(msg->flags & WEIR_F_POSTED, WEIR_F_POSTED);
    CHECK(msg[1].kind, WEIR_MSG_MMIO);
    CHECK(msg[1].size, 4);
    CHECK(msg[1].flags, WEIR_F_WRITE);
    CHECK(msg[1].addr, BASE + SACT);
    CHECK(msg[1].data, value);
    CHECK(msg[1].aux, COOKIE);
}

static void writes(void)
{
    check_case = "a write";
    memset(ahead, 0, sizeof(*ahead));
    CHECK(asks(WRITE, BASE + SACT, 1), true);
    CHECK(msg->flags & WEIR_F_POSTED, 0);
    say(NOW + 1);
    CHECK(asks(WRITE, BASE + SACT + 4, 1), true);
    CHECK(asks(WRITE, BASE + SACT, 0x55), false);
    CHECK(v.rip, 0x1012);
    CHECK(access(READ, BASE + SACT, 0), true); /* what is said of it is from before the write */
    posted_comes(0x55);
    vcpu_fill_message(&v, &worker); /* to the next instance */
    posted_comes(0x55);
    answer();
    CHECK(asks(WRITE, BASE + SACT + 4, 1), true);
    CHECK(msg->flags & WEIR_F_POSTED, 0); /* once */
    CHECK(asks(WRITE, BASE + SACT, 0x66), false);
    CHECK(access(WRITE, BASE + SACT, 0x77), true); /* a second one is a message */
    posted_comes(0x66);
    CHECK(msg->data, 0x77);
    answer();
    CHECK(asks(WRITE, BASE + SACT, 0x88), false);
    v.client.port = (struct port *)1; /* another service's message */
    v.request.kind = WEIR_MSG_NONE;
    vcpu_fill_message(&v, &worker);
    CHECK(msg->flags & WEIR_F_POSTED, 0);
    answer();
    CHECK(access(READ, BASE, 0), true);
    posted_comes(0x88);
    answer();
}

int main(void)
{
    port.cpu[0].idle = &worker;
    v.cpu = &cpu;
    reads();
    writes();
    return check_end();
}
