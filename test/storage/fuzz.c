/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile guest: registers, command lists, FISes and PRDTs of its own making, changed at any time, with a controller
 * that finishes commands in any order. The model ends the test where the controller is told to use memory that is not
 * the guest's; ASan where storage itself does.
 */
#include "driver.h"
#include "input.h"
#include <stdlib.h>
#include <string.h>

/* Addresses that matter: around the ends of RAM, the lists themselves, and anything. */
static uint64_t address(struct input *in)
{
    static const uint32_t places[] = { 0x0, 0x9eff0, 0xa0000, 0xbfff0, 0xffff0, 0x110000, 0x140000, 0x200000,
                                       MODEL_RAM_END - 0x200, MODEL_RAM_END, 0x40000000, 0xfebf0000, 0xfffff000 };
    uint32_t which = take(in, 1);

    if (which < sizeof(places) / sizeof(places[0]))
        return places[which] + (take(in, 1) << 1);
    if (which < 0x20)
        return (uint64_t)take(in, 4) << 32 | take(in, 4);
    return MODEL_RAM_FIRST + take(in, 3) % (MODEL_RAM_END - MODEL_RAM_FIRST);
}

static void command(struct input *in, unsigned port)
{
    static const uint8_t codes[] = { 0x25, 0x35, 0x60, 0x61, 0xc8, 0xca, 0x20, 0x30, 0xec, 0xea, 0x06, 0xef, 0xb0, 0x2f };
    unsigned slot = take(in, 1) % SLOTS, prds = take(in, 1) % 40, code = take(in, 1);
    struct ahci_header *h = (struct ahci_header *)(model.memory + LIST(port)) + slot;
    uint8_t *table = model.memory + TABLE(port, slot);
    struct ahci_prd *prd = (struct ahci_prd *)(table + TABLE_PRDT);

    driver_put(port, slot, code < 0xe0 ? codes[code % sizeof(codes)] : (uint8_t)take(in, 1), take(in, 2),
               take(in, 2) % 5000, 0xa00000, 0, 1);
    for (unsigned i = 0; i < prds; i++) {
        uint64_t at = address(in);

        prd[i] = (struct ahci_prd){ (uint32_t)at, (uint32_t)(at >> 32), 0, take(in, 1) & 1 ? take(in, 3) : 4095 };
    }
    h->flags = FIS_H2D_DWORDS | prds << 16 | (take(in, 1) & 0x60);
    if (take(in, 1) < 16)
        h->flags = take(in, 4);
    if (take(in, 1) < 8)
        h->ctba = (uint32_t)address(in);
}

static void register_access(struct input *in)
{
    uint32_t offset = take(in, 2) % 0x1200;

    if (take(in, 1) & 1)
        registers_write(&storage.hba[0], offset, 1u << take(in, 1) % 4, (uint64_t)take(in, 4) << 32 | take(in, 4));
    else
        (void)registers_read(&storage.hba[0], offset, 1u << take(in, 1) % 4);
}

static void scribble(struct input *in, unsigned port)
{
    uint32_t at = take(in, 2);

    at = take(in, 1) & 1 ? LIST(port) + at % 1024 : TABLE(port, take(in, 1) % SLOTS) + at % 0x4000;
    model.memory[at] = (uint8_t)take(in, 1);
}

static void one(struct input *in)
{
    unsigned what = take(in, 1), port = what >> 7;

    switch (what & 15) {
    case 0 ... 3:
        command(in, port);
        break;
    case 4:
        reg_write(port, PX_SACT, take(in, 4));
        break;
    case 5 ... 6:
        reg_write(port, PX_CI, take(in, 4));
        break;
    case 7:
        (void)model_step(port, take(in, 1));
        break;
    case 8:
        reg_write(port, PX_IS, reg_read(port, PX_IS));
        break;
    case 9:
        (void)reg_read(port, PX_CI);
        break;
    case 10:
        (void)reg_read(port, PX_SACT);
        break;
    case 11:
        driver_start(port);
        break;
    case 12:
        scribble(in, port);
        break;
    case 13:
        model.automatic = take(in, 1) & 1;
        break;
    case 14:
        reg_write(port, take(in, 1) & 1 ? PX_CLB : PX_FB, (uint32_t)address(in));
        break;
    default:
        register_access(in);
    }
}

static void rules(uint8_t what)
{
    struct policy_tables *t = &model.tables;

    for (unsigned port = 0; port < MODEL_PORTS; port++, what >>= 2)
        if (what & 3)
            t->storage[t->nstorage++] = (struct policy_storage){
                .action = (what & 3) == 1 ? POLICY_ENCRYPT : (what & 3) == 2 ? POLICY_READ_ONLY : POLICY_DENY,
                .fields = POLICY_BY_PORT, .port = (uint8_t)port, .nranges = (what & 3) == 1 ? 2 : 0, .trim = what >> 2 & 1 };
    t->ranges[0] = (struct policy_storage_range){ .first = 3, .last = 40 };
    t->ranges[1] = (struct policy_storage_range){ .first = 41, .last = 3000 };
    t->nranges = 2;
}

/* All that was cancelled has to give back what it held. */
static void check_end(void)
{
    model.automatic = true;
    for (unsigned i = 0; i < MODEL_PORTS; i++) {
        reg_write(i, PX_CMD, 0);
        (void)reg_read(i, PX_CMD);
    }
    if (pool_free_pages() != POOL_PAGES)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size };

    if (!model.memory)
        model_begin();
    model_again();
    memset(model.memory + LIST(0), 0, 0x2000);
    rules((uint8_t)take(&in, 1));
    if (model_start(0)) {
        driver_start(0);
        driver_start(1);
        while (in.left)
            one(&in);
        check_end();
    }
    return 0;
}
