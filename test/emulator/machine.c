/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include <string.h>

uint16_t out_port;
uint32_t out_value;
unsigned out_count;

uint32_t port_value(uint16_t port, unsigned size)
{
    uint32_t value = port * 0x9e3779b1u ^ 0x5a5a1234;

    return size == 4 ? value : value & ((1u << (8 * size)) - 1);
}

static enum outcome broken(struct machine *m, const char *complaint)
{
    m->complaint = complaint;
    return MACHINE_BROKEN;
}

static bool valid_size(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8 || size == 16;
}

static void do_port(struct machine *m, struct weir_emu_access *a)
{
    bool chunk = a->flags & WEIR_EMU_F_CHUNK;

    for (unsigned i = 0; i < a->count; i++) {
        uint32_t value = port_value(a->addr, a->size);
        void *place = chunk ? (void *)(m->e->chunk + i * a->size) : (void *)a->data;

        if (a->kind == WEIR_EMU_IN) {
            memcpy(place, &value, a->size);
        } else {
            out_port = a->addr;
            out_value = 0;
            memcpy(&out_value, place, a->size);
            out_count++;
        }
    }
}

static const char *do_memory(struct machine *m, struct weir_emu_access *a, unsigned bytes)
{
    uint8_t *place = m->memory + (a->addr - m->origin);
    void *data = a->flags & WEIR_EMU_F_CHUNK ? (void *)m->e->chunk : (void *)a->data;

    if (a->kind == WEIR_EMU_READ) {
        memcpy(data, place, bytes);
    } else if (a->kind == WEIR_EMU_WRITE) {
        if (a->flags & WEIR_EMU_F_LOCKED) {
            const struct weir_emu_access *read = &m->e->log[a->pair];

            if (a->pair >= m->e->log_count || read->kind != WEIR_EMU_READ ||
                read->addr != a->addr || read->size != a->size)
                return "a locked write without its read";
            if (memcmp(read->data, place, bytes) != 0)
                return "a locked write after another write";
        }
        memcpy(place, data, bytes);
        m->written[m->writes].addr = a->addr - m->origin;
        m->written[m->writes++].bytes = bytes;
    }
    return NULL;
}

/* NULL if done; otherwise m->complaint, or a page fault. */
static enum outcome perform(struct machine *m, struct weir_emu_access *a)
{
    unsigned bytes = a->size * a->count;
    bool port = a->kind == WEIR_EMU_IN || a->kind == WEIR_EMU_OUT;
    const char *complaint;

    if (a->kind < WEIR_EMU_READ || a->kind > WEIR_EMU_OUT || !valid_size(a->size) ||
        a->count == 0 || a->cpl > 3)
        return broken(m, "malformed access");
    if (a->flags & WEIR_EMU_F_CHUNK ? bytes > WEIR_EMU_CHUNK : a->count != 1)
        return broken(m, "count");
    if (port) {
        if (a->size > 4 || a->addr > 0xffff)
            return broken(m, "malformed port access");
        do_port(m, a);
        return MACHINE_DONE;
    }
    if ((a->flags & WEIR_EMU_F_CHUNK) && (a->addr & 4095) + bytes > 4096)
        return broken(m, "a chunk across a page");
    if (a->addr - m->origin > MACHINE_BYTES - bytes)
        return MACHINE_PAGE_FAULT;
    complaint = do_memory(m, a, bytes);
    return complaint != NULL ? broken(m, complaint) : MACHINE_DONE;
}

enum outcome machine_run(struct machine *m)
{
    struct weir_emulation *e = m->e;
    struct weir_emu_state before = e->state;

    e->log_count = 0;
    m->writes = 0;
    out_count = 0;
    for (;;) {
        enum outcome outcome;

        weir_emulate(e);
        if (e->status != WEIR_EMU_DONE && memcmp(&e->state, &before, sizeof(before)) != 0)
            return broken(m, "the state changed before the end");
        switch (e->status) {
        case WEIR_EMU_DONE: return MACHINE_DONE;
        case WEIR_EMU_EXCEPTION: return MACHINE_EXCEPTION;
        case WEIR_EMU_SOFT_INT: return MACHINE_SOFT_INT;
        case WEIR_EMU_FETCH: return MACHINE_FETCH;
        case WEIR_EMU_UNSUPPORTED: return MACHINE_UNSUPPORTED;
        case WEIR_EMU_ACCESS: break;
        default: return broken(m, "status");
        }
        if (e->log_count >= WEIR_EMU_LOG)
            return broken(m, "more accesses than the log holds");
        outcome = perform(m, &e->log[e->log_count]);
        if (outcome != MACHINE_DONE)
            return outcome;
        e->log_count++;
    }
}

void machine_reset(struct weir_emulation *e, unsigned bits, uint64_t rip)
{
    /* Data: present, S, writable, accessed, 4 GiB; code: readable; 16, 32 or 64 bits. */
    const uint16_t db = bits == 16 ? 0 : 0xc00, data = 0x93 | db;
    const uint16_t code = bits == 64 ? 0xa9b : 0x9b | db;

    memset(e, 0, sizeof(*e));
    e->state.rip = rip;
    e->state.rflags = 2;
    e->state.cr0 = bits == 16 ? 0 : 0x11;
    e->state.cr4 = bits == 64 ? 0x20 : 0;
    e->state.efer = bits == 64 ? 0x500 : 0;
    for (unsigned i = WEIR_EMU_ES; i <= WEIR_EMU_GS; i++)
        e->state.segment[i] = (struct weir_emu_segment){ .attributes = data, .limit = ~0u };
    e->state.segment[WEIR_EMU_CS].attributes = code;
    e->state.segment[WEIR_EMU_GDTR].limit = 0xfff;
    e->state.segment[WEIR_EMU_GDTR].base = 0x1000;
    e->state.segment[WEIR_EMU_IDTR].limit = 0x3ff;
}
