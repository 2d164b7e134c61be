/* SPDX-License-Identifier: BSD-2-Clause */
/* From the ports of a message to a channel's registers. */
#include "ide.h"

/* false: no port of a channel's. */
static bool find(uint32_t port, struct ide_channel **c, unsigned *reg)
{
    for (unsigned n = 0; n < IDE_CHANNELS; n++) {
        uint32_t base = n ? IDE_SECONDARY : IDE_PRIMARY;

        *c = &ide_channel[n];
        *reg = port == base + IDE_CONTROL_OFFSET ? IDE_CONTROL : port - base;
        if (*reg < IDE_REGISTERS && (*reg != IDE_CONTROL || port != base + IDE_CONTROL))
            return true;
    }
    return false;
}

/* ---- the data register ---- */

static enum weir_verdict data(struct ide_channel *c, struct weir_msg *msg, uint8_t *at)
{
    uint32_t elements = msg->flags & WEIR_F_REP ? msg->count : 1, bytes = elements * msg->size, n;

    if (ide_is_empty(ide_selected(c)))
        return WEIR_V_DENY;
    if (!ide_has_data(c, msg->seq))
        return c->s->phase == IDE_DIRECT ? WEIR_V_PASS : WEIR_V_DENY;
    if (msg->flags & WEIR_F_WRITE)
        n = ide_data_write(c, msg->seq, at, bytes);
    else
        n = ide_data_read(c, msg->seq, at, bytes);
    if (n < msg->size) /* out of turn, or of a size that leaves an odd rest */
        return WEIR_V_DENY;
    msg->count = n / msg->size;
    return WEIR_V_DONE;
}

/* ---- the others, byte by byte ---- */

static uint8_t read_byte(uint32_t port, uint64_t bm_base)
{
    struct ide_channel *c;
    unsigned reg;

    if (bm_base)
        return bm_read(&ide_channel[(port - bm_base) / BM_BYTES], (port - bm_base) % BM_BYTES);
    return find(port, &c, &reg) && reg != IDE_DATA ? ide_read(c, reg) : 0xff;
}

static void write_byte(uint32_t port, uint64_t bm_base, uint32_t request, uint8_t value)
{
    struct ide_channel *c;
    unsigned reg;

    if (bm_base)
        bm_write(&ide_channel[(port - bm_base) / BM_BYTES], (port - bm_base) % BM_BYTES, value);
    else if (find(port, &c, &reg) && reg != IDE_DATA)
        ide_write(c, request, reg, value);
}

/* String I/O goes element by element: each may change what the next one finds. */
static enum weir_verdict registers(struct weir_msg *msg, uint64_t bm_base, uint8_t *at)
{
    for (unsigned i = 0; i < msg->size; i++) {
        uint32_t port = (uint32_t)msg->addr + i;

        if (bm_base && port - bm_base >= IDE_CHANNELS * BM_BYTES)
            at[i] = 0xff;
        else if (msg->flags & WEIR_F_WRITE)
            write_byte(port, bm_base, msg->seq, at[i]);
        else
            at[i] = read_byte(port, bm_base);
    }
    msg->count = 1;
    return WEIR_V_DONE;
}

enum weir_verdict ide_access(struct weir_msg *msg, uint8_t *transfer)
{
    uint8_t *at = msg->flags & WEIR_F_REP ? transfer : (uint8_t *)&msg->data;
    uint64_t bm_base = msg->aux;
    struct ide_channel *c;
    unsigned reg;

    if ((msg->size != 1 && msg->size != 2 && msg->size != 4) || msg->addr > 0xffff ||
        (msg->flags & WEIR_F_REP && (uint64_t)msg->count * msg->size > WEIR_TRANSFER_BYTES))
        return WEIR_V_DENY;
    if (bm_base) {
        if (msg->addr < bm_base)
            return WEIR_V_DENY;
        if (storage.saved->ide.bm_base != bm_base) {
            if (bm_base > 0xffff || !bm_open((uint16_t)bm_base))
                return WEIR_V_DENY;
            storage.saved->ide.bm_base = (uint32_t)bm_base;
        }
    } else if (find((uint32_t)msg->addr, &c, &reg) && reg == IDE_DATA) {
        return data(c, msg, at);
    }
    return registers(msg, bm_base, at);
}
