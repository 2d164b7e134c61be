/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest of a mediated IDE disk gets, and what the disk gets. */
#include "expect.h"
#include "guest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(uint8_t action, uint64_t first, uint64_t last)
{
    EXPECT("starts", guest_begin(action, first, last), true);
}

static void end(void)
{
    guest_restarts = false;
}

static void drives_say_who_they_are(void)
{
    begin(POLICY_READ_ONLY, 0, UINT64_MAX);
    EXPECT("drive 0", strcmp(ide_channel[0].drive[0].s->id.serial, "IDE0"), 0);
    EXPECT("its sectors", ide_channel[0].drive[0].s->id.sectors, IDE_MODEL_SECTORS);
    EXPECT("drive 1", strcmp(ide_channel[0].drive[1].s->id.serial, "IDE1"), 0);
    EXPECT("drive 2 is a CD", ide_channel[1].drive[0].s->id.atapi, 1);
    EXPECT("with a serial number", strcmp(ide_channel[1].drive[0].s->id.serial, "IDE2"), 0);
    EXPECT("drive 3 is not there", ide_channel[1].drive[1].s->id.known, DISK_NONE);
    EXPECT("nobody was interrupted", model_channel[0].interrupts + model_channel[1].interrupts, 0);
    end();
}

static void pio_both_ways(uint8_t write, uint8_t read, uint32_t sectors, uint32_t chunk)
{
    uint32_t bytes = sectors * SECTOR;
    uint8_t *data = malloc(bytes), *back = malloc(bytes);

    fill(data, bytes, sectors + chunk);
    EXPECT("the write", pio(0, write, 100, sectors, data, chunk), true);
    EXPECT("the disk has ciphertext", is_encrypted(100, sectors, data), true);
    memset(back, 0xaa, bytes);
    EXPECT("the read", pio(0, read, 100, sectors, back, chunk), true);
    EXPECT("the guest has plaintext", memcmp(data, back, bytes), 0);
    free(data);
    free(back);
}

static void every_pio(void)
{
    static const struct {
        uint32_t sectors, chunk;
    } sizes[] = { { 1, 512 }, { 1, 2 }, { 3, 6 }, { 8, 4096 }, { 33, 510 }, { 256, 4096 }, { 16, 1000 } };

    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    command(0, IDE_SET_MULTIPLE, 0, 16);
    (void)status_of(0);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        pio_both_ways(0x30, 0x20, sizes[i].sectors, sizes[i].chunk);
        pio_both_ways(0x34, 0x24, sizes[i].sectors, sizes[i].chunk);
        pio_both_ways(0xc5, 0xc4, sizes[i].sectors, sizes[i].chunk);
        pio_both_ways(0x39, 0x29, sizes[i].sectors, sizes[i].chunk);
    }
    pio_both_ways(0x34, 0x24, 1000, 512);
    end();
}

static void dma_both_ways(uint8_t write, uint8_t read, uint32_t sectors, uint32_t piece)
{
    uint32_t bytes = sectors * SECTOR;
    uint8_t *data = model.memory + DATA, *copy = malloc(bytes);

    fill(data, bytes, sectors + piece);
    memcpy(copy, data, bytes);
    put_table(0, DATA, bytes, piece);
    EXPECT("the write", dma(0, write, 100, sectors), STATUS_DRDY);
    EXPECT("the disk has ciphertext", is_encrypted(100, sectors, copy), true);
    memset(data, 0xaa, bytes);
    EXPECT("the read", dma(0, read, 100, sectors), STATUS_DRDY);
    EXPECT("the guest has plaintext", memcmp(data, copy, bytes), 0);
    free(copy);
}

static void every_dma(void)
{
    static const struct {
        uint32_t sectors, piece;
    } sizes[] = { { 1, 512 }, { 1, 2 }, { 8, 4096 }, { 8, 300 }, { 33, 510 }, { 64, 65536 }, { 65, 4096 },
                  { 256, 4096 }, { 2049, 65536 }, { 4097, 40000 } };

    for (unsigned waits = 0; waits < 2; waits++) {
        begin(POLICY_ENCRYPT, 0, UINT64_MAX);
        ide_model_waits = waits;
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            dma_both_ways(0x35, 0x25, sizes[i].sectors, sizes[i].piece);
            if (sizes[i].sectors <= 256)
                dma_both_ways(0xca, 0xc8, sizes[i].sectors, sizes[i].piece);
        }
        end();
    }
}

static void parts_do_not_show(void)
{
    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    ide_model_waits = true;
    put_table(0, DATA, 100 * SECTOR, 65536); /* 64 sectors and 36 */
    bm_set(0, BM_COMMAND, 1, BM_TO_MEMORY);
    command(0, 0x25, 0, 100);
    bm_set(0, BM_COMMAND, 1, BM_TO_MEMORY | BM_START);
    EXPECT("a part is done", ide_model_step(0), true);
    EXPECT("the bus master's status", bm_get(0, BM_STATUS, 1), BM_ACTIVE);
    EXPECT("the drive's", port_in(IDE_PRIMARY + IDE_CONTROL_OFFSET), STATUS_BSY);
    EXPECT("the other part is done", ide_model_step(0), true);
    EXPECT("the bus master's status", bm_get(0, BM_STATUS, 1), BM_INTERRUPT);
    EXPECT("the drive's", status_of(0), STATUS_DRDY);
    end();
}

static void a_bus_master_started_first_waits(void)
{
    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    fill(model.memory + DATA, 8 * SECTOR, 3);
    put_table(0, DATA, 8 * SECTOR, 4096);
    bm_set(0, BM_COMMAND, 1, BM_START);
    EXPECT("it waits", bm_get(0, BM_STATUS, 1), BM_ACTIVE);
    EXPECT("the controller's does not run", model_channel[0].bm_command & BM_START, 0);
    command(0, 0xca, 40, 8);
    EXPECT("the drive has it", status_of(0), STATUS_DRDY);
    EXPECT("the disk has ciphertext", is_encrypted(40, 8, model.memory + DATA), true);
    end();
}

static void a_busy_drive_stays_selected(void)
{
    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    ide_model_waits = true;
    put_table(0, DATA, 8 * SECTOR, 4096);
    command(0, 0xca, 40, 8);
    bm_set(0, BM_COMMAND, 1, BM_START);
    port_out(IDE_PRIMARY + IDE_DEVICE, 0xf0);
    port_out(IDE_PRIMARY + IDE_COMMAND, 0xca);
    EXPECT("commands", model_channel[0].commands, 3); /* who they are: 2; the write */
    EXPECT("selected", model_channel[0].device & DEVICE_DEV, 0);
    bm_set(0, BM_COMMAND, 1, 0);
    bm_set(0, BM_COMMAND, 1, BM_START);
    EXPECT("a bus master that was stopped stays so", model_channel[0].bm_command & BM_START, 0);
    port_out(IDE_PRIMARY + IDE_CONTROL_OFFSET, CONTROL_SRST);
    port_out(IDE_PRIMARY + IDE_CONTROL_OFFSET, 0);
    EXPECT("after a reset", status_of(0), STATUS_DRDY);
    dma_both_ways(0xca, 0xc8, 8, 4096);
    end();
}

static void small_disks_are_read_by_cylinder(void)
{
    uint8_t sector[SECTOR], plain[SECTOR];

    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    fill(plain, SECTOR, 77);
    memcpy(DISK + (16 * 63 + 63 + 4) * SECTOR, plain, SECTOR);
    model_cipher(16 * 63 + 63 + 4, DISK + (16 * 63 + 63 + 4) * SECTOR);
    port_out(IDE_PRIMARY + IDE_DEVICE, 0xa1);
    port_out(IDE_PRIMARY + IDE_COUNT, 1);
    port_out(IDE_PRIMARY + IDE_LBA_LOW, 5);
    port_out(IDE_PRIMARY + IDE_LBA_MID, 1);
    port_out(IDE_PRIMARY + IDE_LBA_HIGH, 0);
    port_out(IDE_PRIMARY + IDE_COMMAND, 0x20);
    EXPECT("status", status_of(0), STATUS_DRDY | STATUS_DRQ);
    data_in(0, sector, SECTOR, SECTOR);
    EXPECT("the sector", memcmp(sector, plain, SECTOR), 0);
    EXPECT("sector", port_in(IDE_PRIMARY + IDE_LBA_LOW), 5); /* the model leaves the command's own place */
    EXPECT("cylinder", port_in(IDE_PRIMARY + IDE_LBA_MID) | port_in(IDE_PRIMARY + IDE_LBA_HIGH) << 8, 1);
    EXPECT("head", port_in(IDE_PRIMARY + IDE_DEVICE), 0xa1);
    port_out(IDE_PRIMARY + IDE_COMMAND, 0x24); /* 48-bit commands have no such form */
    EXPECT("status", status_of(0), STATUS_DRDY | STATUS_ERR);
    end();
}

static void ranges_are_where_the_policy_says(void)
{
    uint8_t data[256 * SECTOR];

    begin(POLICY_ENCRYPT, 64, 127);
    fill(data, sizeof(data), 9);
    memcpy(model.memory + DATA, data, sizeof(data));
    for (unsigned way = 0; way < 2; way++) {
        memset(DISK, 0, sizeof(data));
        if (way)
            EXPECT("PIO", pio(0, 0x30, 0, 256, data, 512), true);
        put_table(0, DATA, sizeof(data), 1000);
        if (!way)
            EXPECT("DMA", dma(0, 0xca, 0, 256), STATUS_DRDY);
        EXPECT("plain before", memcmp(DISK, data, 64 * SECTOR), 0);
        EXPECT("plain after", memcmp(DISK + 128 * SECTOR, data + 128 * SECTOR, 128 * SECTOR), 0);
        for (unsigned i = 0; i < 64; i++)
            model_cipher(i, DISK + (64 + i) * SECTOR);
        EXPECT("the tweak counts from the range's start", memcmp(DISK, data, sizeof(data)), 0);
    }
    end();
}

static void errors_come_through(void)
{
    uint8_t data[8 * SECTOR];

    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    model_channel[0].drive[0].fail_lba = 3;
    EXPECT("PIO fails", pio(0, 0x20, 0, 8, data, 512), false);
    EXPECT("UNC", port_in(IDE_PRIMARY + IDE_ERROR), 0x40);
    EXPECT("a sector beyond 2^24", pio(0, 0x24, 0x1000064, 8, data, 512), false);
    EXPECT("IDNF", port_in(IDE_PRIMARY + IDE_ERROR), 0x10);
    put_table(0, DATA, 8 * SECTOR, 4096);
    EXPECT("DMA fails", dma(0, 0xc8, 0, 8), STATUS_DRDY | STATUS_ERR);
    EXPECT("UNC", port_in(IDE_PRIMARY + IDE_ERROR), 0x40);
    model_channel[0].drive[0].fail_lba = UINT64_MAX;
    dma_both_ways(0xca, 0xc8, 8, 4096);
    end();
}

static void a_region_outside_ram_is_an_error(void)
{
    static const uint32_t bad[] = { 0x9f000, 0xa0000, 0x3ffff000, 0x40000000, 0xfebf0000, MODEL_RAM_END - 2, 0xfffff000 };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (unsigned action = 0; action < 2; action++) {
            begin(action ? POLICY_ENCRYPT : 0, 0, UINT64_MAX);
            put_table(0, bad[i], 4096, 4096);
            (void)dma(0, 0x25, 0, 8);
            EXPECT("the bus master's status", bm_get(0, BM_STATUS, 1) & (BM_ERROR | BM_ACTIVE), BM_ERROR);
            EXPECT("the controller's does not run", model_channel[0].bm_command & BM_START, 0);
            end();
        }
}

static void a_region_may_cross_64k(void)
{
    struct ide_prd *prd = (struct ide_prd *)(model.memory + TABLE_AT);

    begin(0, 0, UINT64_MAX);
    prd = (struct ide_prd *)(model.memory + TABLE_AT);
    fill(DISK, 128 * SECTOR, 4);
    bm_set(0, BM_TABLE, 4, TABLE_AT);
    *prd = (struct ide_prd){ DATA + 0x8000, 0, IDE_PRD_LAST };
    EXPECT("the read", dma(0, 0xc8, 0, 128), STATUS_DRDY);
    EXPECT("data", memcmp(model.memory + DATA + 0x8000, DISK, 128 * SECTOR), 0);
    end();
}

static void read_only_disks_are_read(void)
{
    static const uint8_t writes[] = { 0x30, 0x34, 0x35, 0x39, 0x3d, 0xc5, 0xca, 0xce, 0x06, 0x3f, 0x45, 0xb4,
                                      0xf4, 0xf9, 0x31, 0xcc, 0x61, 0x38, 0xcd, 0x32 };
    uint8_t data[8 * SECTOR], before;

    begin(POLICY_READ_ONLY, 0, UINT64_MAX);
    fill(DISK, 8 * SECTOR, 1);
    before = DISK[5];
    put_table(0, DATA, 8 * SECTOR, 4096);
    EXPECT("DMA reads", dma(0, 0x25, 0, 8), STATUS_DRDY);
    EXPECT("as it is", memcmp(model.memory + DATA, DISK, 8 * SECTOR), 0);
    EXPECT("PIO reads", pio(0, 0x20, 0, 8, data, 512), true);
    EXPECT("as it is", memcmp(data, DISK, 8 * SECTOR), 0);
    memset(model.memory + DATA, 0xcc, 8 * SECTOR);
    for (unsigned i = 0; i < sizeof(writes); i++) {
        EXPECT("a write fails", dma(0, writes[i], 0, 8), STATUS_DRDY | STATUS_ERR);
        EXPECT("ABRT", port_in(IDE_PRIMARY + IDE_ERROR), 4);
    }
    EXPECT("nothing was written", DISK[5], before);
    EXPECT("drive 1 has no rule", dma(1, 0xca, 0, 8), STATUS_DRDY);
    EXPECT("and is written", model_channel[0].drive[1].disk[5], 0xcc);
    end();
}

static void identify(unsigned drive, uint8_t code, uint8_t data[SECTOR])
{
    command(drive, code, 0, 0);
    EXPECT("status", status_of(drive), STATUS_DRDY | STATUS_DRQ);
    data_in(drive / 2, data, SECTOR, 512);
}

static void packets_pass_on_the_second_channel(void)
{
    uint8_t data[SECTOR];
    uint32_t n;

    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    identify(2, ATA_IDENTIFY_PACKET, data);
    EXPECT("its serial number", memcmp(data + 20, "DI2E", 4), 0);
    n = model_channel[1].commands;
    command(2, 0xa0, 0, 0);
    EXPECT("PACKET", model_channel[1].log[n], 0xa0);
    EXPECT("once", model_channel[1].commands, n + 1);
    end();
}

static void a_denied_disk_is_not_there(void)
{
    uint32_t commands;

    begin(POLICY_DENY, 0, UINT64_MAX);
    commands = model_channel[0].commands;
    command(0, 0xec, 0, 1);
    EXPECT("status", status_of(0), 0);
    port_out(IDE_PRIMARY + IDE_COUNT, 0x55);
    EXPECT("no register", port_in(IDE_PRIMARY + IDE_COUNT), 0);
    EXPECT("the disk got nothing", model_channel[0].commands, commands);
    command(1, 0xe7, 0, 1);
    EXPECT("drive 1 is there", status_of(1), STATUS_DRDY);
    end();
}

static void identify_tells_no_zeroes_after_trim(void)
{
    uint8_t data[SECTOR];
    uint32_t n;

    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    identify(0, ATA_IDENTIFY, data);
    EXPECT("DRAT", data[2 * 69 + 1] & 0x40, 0);
    EXPECT("the rest is there", memcmp(data + 54, "OMED LIDKS", 10), 0);
    n = model_channel[0].commands;
    put_table(0, DATA, 512, 512);
    EXPECT("TRIM", dma(0, ATA_DSM, 0, 1), STATUS_DRDY);
    EXPECT("is dropped", model_channel[0].log[n], ATA_CHECK_POWER_MODE);
    end();
}

static void every_access_may_come_twice(void)
{
    begin(POLICY_ENCRYPT, 0, UINT64_MAX);
    command(0, IDE_SET_MULTIPLE, 0, 16);
    (void)status_of(0);
    for (unsigned waits = 0; waits < 2; waits++) {
        guest_restarts = true;
        ide_model_waits = waits;
        pio_both_ways(0x30, 0x20, 5, 512);
        pio_both_ways(0x34, 0x24, 3, 100);
        pio_both_ways(0x39, 0x29, 33, 4096);
        dma_both_ways(0x35, 0x25, 8, 4096);
        dma_both_ways(0xca, 0xc8, 255, 300 * 2);
        dma_both_ways(0x35, 0x25, 5000, 65536);
        guest_restarts = false;
    }
    EXPECT("without a reset", model_channel[0].resets, 0);
    end();
}

int main(void)
{
    drives_say_who_they_are();
    every_pio();
    every_dma();
    parts_do_not_show();
    a_bus_master_started_first_waits();
    a_busy_drive_stays_selected();
    small_disks_are_read_by_cylinder();
    ranges_are_where_the_policy_says();
    errors_come_through();
    a_region_outside_ram_is_an_error();
    a_region_may_cross_64k();
    read_only_disks_are_read();
    packets_pass_on_the_second_channel();
    a_denied_disk_is_not_there();
    identify_tells_no_zeroes_after_trim();
    every_access_may_come_twice();
    ide_model_end();
    model_end();
    printf("%u failures\n", failures);
    return failures != 0;
}
