/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: whatever the state, the bytes and the results of accesses are, the emulator ends,
 * keeps to its contract and never touches what is not its own. The input is control bytes, code,
 * then the state and what reads give.
 */
#include <stdlib.h>
#include <string.h>
#include <weir/emulate.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t left;

static void require(int ok)
{
    if (!ok)
        abort();
}

static void take(void *to, size_t bytes)
{
    size_t n = bytes < left ? bytes : left;

    memset(to, 0, bytes);
    memcpy(to, input, n);
    input += n;
    left -= n;
}

/* Segments that are mostly usable, or else nothing gets past the first check. */
static void make_state(struct weir_emulation *e, uint8_t control)
{
    struct weir_emu_state *s = &e->state;

    take(s, control & 1 ? sizeof(*s) : sizeof(s->gpr));
    if (control & 1)
        return;
    s->rip = 0x1000;
    s->cr0 = control & 6 ? 1 : 0;
    s->efer = (control & 6) == 6 ? 0x500 : 0;
    s->cr4 = control & 8 ? 0x821 : 0x20;
    s->cpl = control & 16 ? 3 : 0;
    s->rflags = (control & 32 ? 0x20000 : 0) | (control & 64 ? 0x3000 : 0);
    for (unsigned i = 0; i < WEIR_EMU_SEGMENTS; i++)
        s->segment[i] = (struct weir_emu_segment){ .limit = 0xffffffff, .attributes = 0xc93 };
    s->segment[WEIR_EMU_CS].attributes = (control & 6) == 6 ? 0xa9b : control & 4 ? 0xc9b : 0x9b;
    s->segment[WEIR_EMU_TR].attributes = 0x8b;
}

static void check_access(const struct weir_emulation *e)
{
    const struct weir_emu_access *a = &e->log[e->log_count];

    require(a->kind >= WEIR_EMU_READ && a->kind <= WEIR_EMU_OUT);
    require(a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8 || a->size == 16);
    require(a->count >= 1 && a->size * a->count <= WEIR_EMU_CHUNK && a->cpl <= 3);
    require(a->count == 1 || (a->flags & WEIR_EMU_F_CHUNK));
    require(a->kind < WEIR_EMU_IN || (a->addr <= 0xffff && a->size <= 4));
    if (a->kind == WEIR_EMU_WRITE && (a->flags & WEIR_EMU_F_LOCKED))
        require(a->pair < e->log_count && e->log[a->pair].addr == a->addr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_emulation *e = calloc(1, sizeof(*e));
    struct weir_emu_state before;
    uint8_t control[3];

    require(e != NULL);
    input = data;
    left = size;
    take(control, sizeof(control));
    take(e->code, 15);
    e->code_length = control[1] & 31; /* also more than there can be */
    e->request = control[1] >> 5 == 7;
    e->vector = control[2];
    e->max_chunk = control[2] & 1 ? 4096 : 1;
    make_state(e, control[0]);
    before = e->state;
    for (unsigned calls = 0;; calls++) {
        require(calls <= WEIR_EMU_LOG);
        weir_emulate(e);
        require(e->length <= WEIR_EMU_CODE);
        require(e->status >= WEIR_EMU_ACCESS && e->status <= WEIR_EMU_UNSUPPORTED);
        if (e->status != WEIR_EMU_DONE)
            require(memcmp(&before, &e->state, sizeof(before)) == 0);
        if (e->status != WEIR_EMU_ACCESS)
            break;
        require(e->log_count < WEIR_EMU_LOG);
        check_access(e);
        if (e->log[e->log_count].kind == WEIR_EMU_READ || e->log[e->log_count].kind == WEIR_EMU_IN)
            take(e->log[e->log_count].data, 16);
        e->log_count++;
    }
    free(e);
    return 0;
}
