/* SPDX-License-Identifier: BSD-2-Clause */
#include "driver.h"
#include <string.h>

void driver_start(unsigned port)
{
    reg_write(port, PX_CMD, 0);
    reg_write(port, PX_CLB, LIST(port));
    reg_write(port, PX_CLBU, 0);
    reg_write(port, PX_FB, FISES(port));
    reg_write(port, PX_FBU, 0);
    reg_write(port, PX_IS, UINT32_MAX);
    reg_write(port, PX_CMD, CMD_FRE | CMD_ST);
}

static void put_fis(uint8_t *fis, unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors)
{
    memset(fis, 0, 64);
    fis[H2D_TYPE] = FIS_H2D_TYPE;
    fis[H2D_FLAGS] = H2D_C;
    fis[H2D_COMMAND] = command;
    fis[H2D_DEVICE] = DEVICE_LBA;
    if (command == ATA_READ_FPDMA || command == ATA_WRITE_FPDMA)
        fis[H2D_COUNT] = (uint8_t)(slot << 3);
    if (sectors)
        command_place(fis,
                      command == ATA_READ_FPDMA || command == ATA_WRITE_FPDMA ? ADDRESS_NCQ
                      : command >= 0xc8 || command < 0x24                    ? ADDRESS_28
                                                                             : ADDRESS_48,
                      lba, sectors);
}

void driver_put(unsigned port, unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors, uint64_t address,
                uint32_t bytes, uint32_t piece)
{
    struct ahci_header *h = (struct ahci_header *)(model.memory + LIST(port)) + slot;
    uint8_t *table = model.memory + TABLE(port, slot);
    struct ahci_prd *prd = (struct ahci_prd *)(table + TABLE_PRDT);
    struct command c;
    uint32_t n = 0;

    put_fis(table, slot, command, lba, sectors);
    c = command_parse(table, 0);
    while (bytes) {
        uint32_t now = bytes < piece || n == PRDS_MAX - 1 ? bytes : piece;

        prd[n++] = (struct ahci_prd){ (uint32_t)address, (uint32_t)(address >> 32), 0, now - 1 };
        address += now;
        bytes -= now;
    }
    *h = (struct ahci_header){ .flags = FIS_H2D_DWORDS | n << 16 | (c.class == COMMAND_WRITE ? HEADER_W : 0),
                               .ctba = TABLE(port, slot) };
}

uint32_t driver_run(unsigned port, uint32_t slots, bool queued)
{
    uint32_t seen = 0;

    if (queued)
        reg_write(port, PX_SACT, slots);
    reg_write(port, PX_CI, slots);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t is;

        if (!model.automatic)
            (void)model_step(port, 0);
        is = reg_read(port, PX_IS);
        if (is)
            reg_write(port, PX_IS, is & ~IS_STOPS);
        seen |= is;
        if (is & IS_STOPS)
            return seen;
        if (!((reg_read(port, PX_CI) | reg_read(port, PX_SACT)) & slots)) {
            is = reg_read(port, PX_IS); /* it may have ended in between */
            reg_write(port, PX_IS, is);
            return seen | is;
        }
    }
    return 0;
}
