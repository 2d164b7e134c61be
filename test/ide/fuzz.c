/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile guest: any access to the ports of IDE in any order, tables of its own making that change at any time, a bus
 * master that works when it likes, instances of storage that come and go. The model ends the test where the controller
 * is told to use memory that is not the guest's, where a read-only disk is written, and where what the guest writes
 * (MODEL_PLAIN everywhere) stands on an encrypted one.
 */
#include "guest.h"
#include "input.h"
#include <stdlib.h>
#include <string.h>

static uint32_t address(struct input *in)
{
    static const uint32_t places[] = { 0x0, 0x9eff0, 0xa0000, 0xbfff0, 0xffff0, 0x110000, 0x1fffe, 0x200000, 0x20fff0,
                                       MODEL_RAM_END - 0x200, MODEL_RAM_END, 0x40000000, 0xfebf0000, 0xfffff000 };
    uint32_t which = take(in, 1);

    if (which < sizeof(places) / sizeof(places[0]))
        return places[which] + (take(in, 1) << 1);
    return MODEL_RAM_FIRST + take(in, 3) % (MODEL_RAM_END - MODEL_RAM_FIRST);
}

static void table(struct input *in)
{
    struct ide_prd *prd = (struct ide_prd *)(model.memory + TABLE_AT);
    unsigned n = take(in, 1) % 24, first = take(in, 1) % 24;

    for (unsigned i = 0; i < n; i++)
        prd[first + i] = (struct ide_prd){ address(in), take(in, 1) & 1 ? (uint16_t)take(in, 2) : 4096,
                                           i + 1 == n ? IDE_PRD_LAST : 0 };
}

static void whole_command(struct input *in, unsigned drive)
{
    static const uint8_t codes[] = { 0x25, 0x35, 0x24, 0x34, 0xc8, 0xca, 0x20, 0x30, 0xec, 0xea, 0x06, 0xef, 0xb0, 0x29,
                                     0x39, 0xc4, 0xc5, 0xc6, 0x91, 0xa1, 0xa0, 0x90 };
    uint8_t code = (uint8_t)take(in, 1);

    command(drive, code < 0xe0 ? codes[code % sizeof(codes)] : (uint8_t)take(in, 1), take(in, 2), take(in, 2) % 5000);
}

static void data(struct input *in, unsigned channel)
{
    static uint8_t buffer[8192];
    uint32_t bytes = take(in, 2) % 4097 & ~1u, chunk = 2 + (take(in, 2) % 4096 & ~1u);

    if (take(in, 1) & 1) {
        memset(buffer, MODEL_PLAIN, sizeof(buffer));
        data_out(channel, buffer, bytes, chunk);
    } else {
        data_in(channel, buffer, bytes, chunk);
    }
}

static void any_access(struct input *in)
{
    static const uint16_t base[] = { 0x1f0, 0x170, 0x3f6, 0x376, IDE_MODEL_BM };
    unsigned which = take(in, 1) % 5;

    any_port((uint32_t)(base[which] + take(in, 1) % 18), 1u << take(in, 1) % 3, take(in, 1) & 1, take(in, 4),
             which == 4 ? IDE_MODEL_BM : 0);
}

static void one(struct input *in)
{
    unsigned what = take(in, 1), drive = what >> 6, channel = drive / 2;
    uint32_t port = channel ? IDE_SECONDARY : IDE_PRIMARY;

    switch (what & 15) {
    case 0 ... 2:
        whole_command(in, drive);
        break;
    case 3 ... 4:
        data(in, channel);
        break;
    case 5:
        table(in);
        break;
    case 6:
        bm_set(channel, BM_TABLE, 4, TABLE_AT + (take(in, 1) & 0x3c));
        break;
    case 7 ... 8:
        bm_set(channel, BM_COMMAND, 1, take(in, 1) & 9);
        break;
    case 9:
        (void)bm_get(channel, BM_STATUS, 1);
        break;
    case 10:
        (void)ide_model_step(channel);
        break;
    case 11:
        ide_model_waits = take(in, 1) & 1;
        break;
    case 12:
        (void)port_in(port + IDE_STATUS);
        break;
    case 13:
        if (take(in, 1) < 64)
            guest_restarts = !guest_restarts;
        else if (take(in, 1) < 64)
            ide_model_dies_after = take(in, 2) % 1000;
        break;
    case 14:
        port_out(port + IDE_CONTROL_OFFSET, (uint8_t)take(in, 1) & 0x86);
        break;
    default:
        any_access(in);
    }
}

static void rules(uint8_t what)
{
    struct policy_tables *t = &model.tables;

    for (unsigned n = 0; n < 4; n++, what >>= 2) {
        struct model_drive *d = &model_channel[n / 2].drive[n & 1];

        d->locked = (what & 3) > 1 && !d->atapi;
        d->secret = (what & 3) == 1 && !d->atapi;
        if (what & 3)
            t->storage[t->nstorage++] = (struct policy_storage){
                .action = (what & 3) == 1 ? POLICY_ENCRYPT : (what & 3) == 2 ? POLICY_READ_ONLY : POLICY_DENY,
                .fields = POLICY_BY_PORT, .port = (uint8_t)n, .nranges = (what & 3) == 1 ? 2 : 0 };
    }
    t->ranges[0] = (struct policy_storage_range){ .first = 0, .last = 3000 };
    t->ranges[1] = (struct policy_storage_range){ .first = 3001, .last = UINT64_MAX };
    t->nranges = 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint64_t none[HBAS];
    struct input in = { bytes, size };

    if (!model.memory) {
        model_begin();
        memset(model.memory + MODEL_RAM_FIRST, MODEL_PLAIN, MODEL_RAM_END - MODEL_RAM_FIRST);
    }
    model_again();
    ide_model_begin();
    guest_restarts = false;
    memset(model.memory + TABLE_AT, MODEL_PLAIN, 4096);
    rules((uint8_t)take(&in, 1));
    storage.ide = true;
    if (storage_start(none, 0))
        while (in.left)
            one(&in);
    return 0;
}
