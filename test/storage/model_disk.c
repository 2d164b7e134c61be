/* SPDX-License-Identifier: BSD-2-Clause */
/* The model's disks: what a command does to their sectors and to memory. */
#include "model.h"
#include <string.h>

static bool move(struct model_transfer *t, uint8_t *data, uint32_t bytes, bool to_memory)
{
    while (bytes) {
        uint64_t at;
        uint32_t n;

        if (!t->left)
            return false;
        n = (t->prd->dbc & PRD_BYTES) + 1 - t->offset;
        n = n < bytes ? n : bytes;
        at = ((uint64_t)t->prd->dbau << 32 | t->prd->dba) + t->offset;
        if (to_memory)
            memcpy(model_bus(at, n), data, n);
        else
            memcpy(data, model_bus(at, n), n);
        data += n;
        bytes -= n;
        t->moved += n;
        t->offset += n;
        if (t->offset == (t->prd->dbc & PRD_BYTES) + 1) {
            t->prd++;
            t->left--;
            t->offset = 0;
        }
    }
    return true;
}

static void put_text(uint8_t *data, unsigned word, unsigned words, const char *text)
{
    for (unsigned i = 0; i < 2 * words; i++)
        data[2 * word + (i ^ 1)] = *text ? (uint8_t)*text++ : ' ';
}

static bool identify(unsigned n, struct model_transfer *t)
{
    uint8_t data[SECTOR] = { 0 };

    put_text(data, 10, 10, n ? "SERIAL1" : "SERIAL0");
    put_text(data, 27, 20, "MODEL DISK");
    data[2 * 48] = 1;        /* TRUSTED COMPUTING */
    data[2 * 59 + 1] = 0xf0; /* SANITIZE and its ways */
    data[2 * 69 + 1] = 0x40; /* DRAT */
    data[2 * 69] = 0x20;     /* RZAT */
    data[2 * 77] = 0x60;     /* NCQ's NON-DATA, SEND and RECEIVE */
    data[2 * 83 + 1] = 0x04;
    memcpy(data + 200, &(uint32_t){ MODEL_SECTORS }, 4);
    data[2 * 106 + 1] = model.port[n].large ? 0x50 : 0;
    data[2 * 206] = 0x3d; /* SCT, WRITE SAME among it */
    data[SECTOR - 2] = 0xa5;
    for (unsigned i = 0; i < SECTOR - 1; i++)
        data[SECTOR - 1] = (uint8_t)(data[SECTOR - 1] - data[i]);
    return move(t, data, SECTOR, true);
}

/* true: done; else the error register. */
static bool media(unsigned n, const struct command *c, struct model_transfer *t, uint32_t *error, uint64_t *at)
{
    struct model_port *p = &model.port[n];

    if (c->sectors > p->longest)
        p->longest = c->sectors;
    for (uint32_t i = 0; i < c->sectors; i++) {
        uint8_t *sector = model.disk[n] + (c->lba + i) * SECTOR;

        *at = c->lba + i;
        if (c->lba + i >= MODEL_SECTORS) {
            *error = 0x10; /* IDNF */
            return false;
        }
        if (c->lba + i == p->fail_lba) {
            *error = 0x40; /* UNC */
            return false;
        }
        if (!move(t, sector, SECTOR, c->class == COMMAND_READ)) {
            *error = 0x04;
            return false;
        }
    }
    return true;
}

bool model_is_command(const uint8_t *fis)
{
    return fis[H2D_TYPE] == FIS_H2D_TYPE && fis[H2D_FLAGS] & H2D_C;
}

bool model_do_command(unsigned n, const uint8_t *fis, uint32_t flags, struct model_transfer *t, uint32_t *error, uint64_t *at)
{
    struct command c = command_parse(fis, flags);

    *error = 0x04; /* ABRT */
    *at = 0;
    if (!model_is_command(fis))
        return true;
    if (c.class == COMMAND_READ || c.class == COMMAND_WRITE) {
        bool bounced = t->left && t->prd->dba >= MODEL_DMA && t->prd->dba - MODEL_DMA < sizeof(struct dma);

        if (bounced && (c.class == COMMAND_WRITE) != !!(flags & HEADER_W))
            model_die("a bounced command whose header says another direction", fis[H2D_COMMAND]);
        return media(n, &c, t, error, at);
    }
    switch (fis[H2D_COMMAND]) {
    case ATA_IDENTIFY:
        return identify(n, t);
    case 0xe7:
    case 0xea:
        model.port[n].flushes++;
        return true;
    case MODEL_VENDOR:
        model.port[n].vendor++;
        return true;
    case ATA_DSM:
    case ATA_CHECK_POWER_MODE:
    case 0xef:
    case 0x42:
        return true;
    default:
        model.port[n].aborted++;
        return false;
    }
}
