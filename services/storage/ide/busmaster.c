/* SPDX-License-Identifier: BSD-2-Clause */
/* The bus master's registers as the guest sees them (Bus Master IDE 1.0, chapter 2). */
#include "ide.h"

static uint8_t read_status(struct ide_channel *c)
{
    const struct ide_saved_channel *s = c->s;
    enum engine_state state = engine_sync(c);
    uint8_t bm = bm_in(c, BM_STATUS);

    if (state == ENGINE_BUSY || state == ENGINE_NEXT)
        return (bm & BM_CAPABLE) | BM_ACTIVE;
    if (s->bm_command & BM_START && !s->engine && !s->bm_error && s->phase != IDE_NOTHING)
        bm |= BM_ACTIVE; /* it waits for a command */
    return bm | s->bm_error;
}

static void write_command(struct ide_channel *c, uint8_t value)
{
    struct ide_saved_channel *s = c->s;

    (void)engine_sync(c);
    s->bm_command = value & (BM_START | BM_TO_MEMORY);
    if (value & BM_START) {
        engine_go(c);
        return;
    }
    if (s->phase == IDE_DMA && s->engine)
        s->phase = IDE_STOPPED;
    s->engine = 1; /* the direction goes on to the controller, whoever started it */
    engine_stop(c);
}

static void write_status(struct ide_channel *c, uint8_t value)
{
    enum engine_state state = engine_sync(c);

    if (state == ENGINE_BUSY || state == ENGINE_NEXT)
        value &= BM_CAPABLE;
    if (value & BM_ERROR)
        c->s->bm_error = 0;
    bm_out(c, BM_STATUS, value);
}

uint8_t bm_read(struct ide_channel *c, unsigned reg)
{
    if (reg == BM_COMMAND)
        return c->s->bm_command;
    if (reg == BM_STATUS)
        return read_status(c);
    if (reg >= BM_TABLE)
        return (uint8_t)(c->s->bm_table >> 8 * (reg - BM_TABLE));
    return bm_in(c, reg);
}

void bm_write(struct ide_channel *c, unsigned reg, uint8_t value)
{
    uint32_t *table = &c->s->bm_table;

    if (reg == BM_COMMAND)
        write_command(c, value);
    else if (reg == BM_STATUS)
        write_status(c, value);
    else if (reg >= BM_TABLE)
        *table = (*table & ~(0xffu << 8 * (reg - BM_TABLE))) | (uint32_t)value << 8 * (reg - BM_TABLE);
}
