/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest of a mediated disk gets, and what the disk gets. */
#include "cases.h"
#include <stdlib.h>
#include <string.h>

static void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(seed + i * 31 + (i >> 9) * 17);
}

/* Does the disk hold what the guest has at `memory`, encrypted? */
static bool is_encrypted(uint64_t lba, uint32_t sectors, const uint8_t *memory)
{
    for (uint32_t i = 0; i < sectors; i++) {
        uint8_t sector[SECTOR];

        memcpy(sector, model.disk[0] + (lba + i) * SECTOR, SECTOR);
        model_cipher(lba + i, sector);
        if (memcmp(sector, memory + (size_t)i * SECTOR, SECTOR) != 0)
            return false;
    }
    return true;
}

static void write_and_read_back(uint8_t write, uint8_t read, uint32_t sectors, uint32_t piece)
{
    bool queued = write == ATA_WRITE_FPDMA;
    uint32_t bytes = sectors * SECTOR, done = queued ? IS_SDBS : IS_DHRS;
    uint8_t *data = model.memory + EVEN, *copy = malloc(bytes);

    fill(data, bytes, sectors + piece);
    memcpy(copy, data, bytes);
    driver_put(0, 3, write, 100, sectors, EVEN, bytes, piece);
    EXPECT("PxIS of the write", driver_run(0, 1u << 3, queued) & ~IS_DPS, done);
    EXPECT("the disk has ciphertext", is_encrypted(100, sectors, copy), true);
    memset(data, 0xaa, bytes);
    driver_put(0, 3, read, 100, sectors, EVEN, bytes, piece);
    EXPECT("PxIS of the read", driver_run(0, 1u << 3, queued) & ~IS_DPS, done);
    EXPECT("the guest has plaintext", memcmp(data, copy, bytes), 0);
    EXPECT("PRDBC", ((struct ahci_header *)(model.memory + LIST(0)))[3].prdbc, bytes);
    EXPECT("the pool is free again", pool_free_pages(), POOL_PAGES);
    free(copy);
}

static void every_size_and_piece(void)
{
    static const struct {
        uint32_t sectors, piece;
    } sizes[] = { { 1, 512 }, { 8, 4096 }, { 8, 2 * 3 }, { 1, 2 }, { 33, 510 }, { 256, 4096 }, { 2048, 65536 },
                  { 2049, 65536 }, { 4096, 4096 }, { 5000, 0x10002 }, { 3000, 1538 }, { 40000, PRD_MAX_BYTES } };

    for (unsigned way = 0; way < 2; way++) {
        begin(POLICY_ENCRYPT);
        model.automatic = way;
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            write_and_read_back(0x35, 0x25, sizes[i].sectors, sizes[i].piece);
            write_and_read_back(ATA_WRITE_FPDMA, ATA_READ_FPDMA, sizes[i].sectors, sizes[i].piece);
            if (sizes[i].sectors <= 256)
                write_and_read_back(0xca, 0xc8, sizes[i].sectors, sizes[i].piece);
        }
        EXPECT("no command of more than a part", model.port[0].longest, PART_PAGES * 8);
        model_end();
    }
}

static void the_largest_command(void)
{
    uint32_t bytes = 65536u * SECTOR;

    begin(POLICY_ENCRYPT);
    fill(model.memory + 0x300000, bytes, 5);
    driver_put(0, 0, 0x35, 4000, 65536, 0x300000, bytes, PRD_MAX_BYTES);
    EXPECT("PxIS", driver_run(0, 1, false), IS_DHRS);
    EXPECT("the disk has ciphertext", is_encrypted(4000, 65536, model.memory + 0x300000), true);
    EXPECT("in parts of 1 MiB", model.port[0].commands, 32 + 1 /* IDENTIFY */);
    model_end();
}

static void thirty_two_at_once_in_any_order(void)
{
    begin(POLICY_ENCRYPT);
    model.automatic = false;
    for (unsigned n = 0; n < SLOTS; n++) {
        fill(model.memory + EVEN + n * 0x80000, 0x80000, n);
        driver_put(0, n, ATA_WRITE_FPDMA, n * 1024, 1024, EVEN + n * 0x80000, 0x80000, 4096);
    }
    reg_write(0, PX_SACT, UINT32_MAX);
    reg_write(0, PX_CI, UINT32_MAX);
    for (unsigned i = 0; reg_read(0, PX_SACT); i++) {
        model_step(0, i * 7);
        reg_write(0, PX_IS, reg_read(0, PX_IS));
        if (i > 10000) {
            EXPECT("it ends", i, 0);
            break;
        }
    }
    for (unsigned n = 0; n < SLOTS; n++)
        EXPECT("ciphertext", is_encrypted(n * 1024, 1024, model.memory + EVEN + n * 0x80000), true);
    EXPECT("the pool is free again", pool_free_pages(), POOL_PAGES);
    model_end();
}

static void a_flush_does_not_overtake_a_split_write(void)
{
    begin(POLICY_ENCRYPT);
    driver_put(0, 0, 0x35, 0, 4096, EVEN, 4096 * SECTOR, 65536);
    driver_put(0, 1, 0xea, 0, 0, 0, 0, 1);
    model.port[0].logged = 0;
    EXPECT("PxIS", driver_run(0, 3, false), IS_DHRS);
    EXPECT("first part", model.port[0].log[0], 0x35);
    EXPECT("second part", model.port[0].log[1], 0x35);
    EXPECT("then the flush", model.port[0].log[2], 0xea);
    model_end();
}

/* The model ends the test where it has both kinds at once. */
static void queued_commands_and_others_take_turns(void)
{
    static const uint8_t order[] = { ATA_READ_FPDMA, ATA_READ_FPDMA, 0x25, ATA_READ_FPDMA };

    begin(POLICY_READ_ONLY);
    model.automatic = false;
    model.port[0].logged = 0;
    for (unsigned n = 0; n < 4; n++) {
        driver_put(0, n, order[n], n * 8, 8, EVEN + n * 4096, 4096, 4096);
        if (order[n] == ATA_READ_FPDMA)
            reg_write(0, PX_SACT, 1u << n);
        reg_write(0, PX_CI, 1u << n);
    }
    for (unsigned i = 0; i < 20 && reg_read(0, PX_CI) | reg_read(0, PX_SACT); i++)
        (void)model_step(0, 0);
    EXPECT("all have ended", reg_read(0, PX_CI) | reg_read(0, PX_SACT), 0);
    EXPECT("none twice", model.port[0].logged, 4);
    for (unsigned n = 0; n < 4; n++)
        EXPECT("in their order", model.port[0].log[n], order[n]);
    model_end();
}

static void a_disk_without_rules_is_read_and_written(void)
{
    static const uint32_t pieces[] = { 2, 510, 4096, 65536 };
    uint8_t *data;

    begin(0);
    data = model.memory + EVEN;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t sectors = pieces[i] == 2 ? 1 : 200;

        fill(data, sectors * SECTOR, i);
        driver_put(0, 3, 0x35, 100, sectors, EVEN, sectors * SECTOR, pieces[i]);
        EXPECT("PxIS of the write", driver_run(0, 1u << 3, false), IS_DHRS);
        EXPECT("the direction", storage.dma->port[0].list[3].flags & HEADER_W, HEADER_W);
        EXPECT("the disk has it", memcmp(model.disk[0] + 100 * SECTOR, data, sectors * SECTOR), 0);
        memset(data, 0, sectors * SECTOR);
        driver_put(0, 3, ATA_READ_FPDMA, 100, sectors, EVEN, sectors * SECTOR, pieces[i]);
        EXPECT("PxIS of the read", driver_run(0, 1u << 3, true), IS_SDBS);
        EXPECT("the guest has it", memcmp(model.disk[0] + 100 * SECTOR, data, sectors * SECTOR), 0);
    }
    model_end();
}

/* A write of PxSACT comes with the next access; after PxIS is cleared the next read of PxSACT is answered ahead. */
static void what_is_said_ahead_is_true(void)
{
    const unsigned sact = HBA_PORTS + PX_SACT;

    begin(POLICY_ENCRYPT);
    model.automatic = false;
    for (unsigned n = 1; n < 4; n++)
        driver_put(0, n, ATA_READ_FPDMA, 100 * n, 1, EVEN + n * SECTOR, SECTOR, SECTOR);
    reg_write(0, PX_SACT, 0xe);
    EXPECT("the write is posted", model.posted, sact);
    reg_write(0, PX_CI, 0xe);
    EXPECT("three commands are at the disk", model.port[0].sact, 0xe);
    EXPECT("one ends", model_step(0, 0), true);
    EXPECT("and interrupts", reg_read(0, PX_IS), IS_SDBS);
    EXPECT("another one ends before PxIS is cleared", model_step(0, 0), true);
    reg_write(0, PX_IS, IS_SDBS);
    EXPECT("PxSACT is said ahead", model.ahead, sact);
    EXPECT("the last one ends", model_step(0, 0), true);
    EXPECT("PxSACT as it was", reg_read(0, PX_SACT), 8);
    EXPECT("what ended since interrupts again", reg_read(0, PX_IS), IS_SDBS);
    EXPECT("PxSACT is asked for", reg_read(0, PX_SACT), 0);
    reg_write(0, PX_IS, IS_SDBS);
    reg_write(0, PX_SACT, 0x10);
    EXPECT("PxSACT as it was written, not as it was said before", reg_read(0, PX_SACT), 0x10);
    model_end();
}

static void a_split_commands_parts_do_not_show(void)
{
    begin(POLICY_ENCRYPT);
    model.automatic = false;
    driver_put(0, 0, 0x25, 0, 4096, EVEN, 4096 * SECTOR, 65536);
    memset(model.memory + FISES(0), 0, 256);
    reg_write(0, PX_CI, 1);
    EXPECT("one part is done", model_step(0, 0), true);
    EXPECT("PxIS", reg_read(0, PX_IS), 0);
    EXPECT("PxCI", reg_read(0, PX_CI), 1);
    EXPECT("no FIS", model.memory[FISES(0) + FIS_D2H], 0);
    EXPECT("the other part is done", model_step(0, 0), true);
    EXPECT("PxIS", reg_read(0, PX_IS), IS_DHRS);
    EXPECT("FIS", model.memory[FISES(0) + FIS_D2H], FIS_D2H_TYPE);
    EXPECT("PxCI", reg_read(0, PX_CI), 0);
    model_end();
}

static void ranges_are_where_the_policy_says(void)
{
    model_begin();
    rule(POLICY_ENCRYPT, 64, 127);
    EXPECT("starts", model_start(0), true);
    driver_start(0);
    fill(model.memory + EVEN, 256 * SECTOR, 9);
    driver_put(0, 0, 0x35, 0, 256, EVEN, 256 * SECTOR, 1000);
    EXPECT("PxIS", driver_run(0, 1, false), IS_DHRS);
    EXPECT("plain before", memcmp(model.disk[0], model.memory + EVEN, 64 * SECTOR), 0);
    EXPECT("plain after", memcmp(model.disk[0] + 128 * SECTOR, model.memory + EVEN + 128 * SECTOR, 128 * SECTOR), 0);
    for (unsigned i = 0; i < 64; i++)
        model_cipher(i, model.disk[0] + (64 + i) * SECTOR);
    EXPECT("the tweak counts from the range's start", memcmp(model.disk[0], model.memory + EVEN, 256 * SECTOR), 0);
    model_end();
}

static void errors_tell_their_own_sector(void)
{
    begin(POLICY_ENCRYPT);
    model.port[0].fail_lba = 3000;
    driver_put(0, 0, 0x25, 100, 4096, EVEN, 4096 * SECTOR, 65536);
    EXPECT("PxIS", driver_run(0, 1, false), IS_TFES);
    EXPECT("PxTFD: UNC", reg_read(0, PX_TFD), 0x4051);
    EXPECT("LBA in the FIS", model.memory[FISES(0) + FIS_D2H + 4] | model.memory[FISES(0) + FIS_D2H + 5] << 8, 3000);
    EXPECT("PxCI still has it", reg_read(0, PX_CI), 1);
    driver_start(0);
    EXPECT("the pool is free again", pool_free_pages(), POOL_PAGES);
    model.port[0].fail_lba = UINT64_MAX;
    write_and_read_back(0x35, 0x25, 8, 4096);
    model_end();
}

static void a_prd_outside_ram_is_a_bus_error(void)
{
    static const uint64_t bad[] = { 0x9f000, 0xa0000, 0x3ffff000, 0x40000000, 0xfebf0000, MODEL_RAM_END - 2,
                                    0xffffffffffff0000 };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (unsigned action = 0; action < 2; action++) {
            begin(action ? POLICY_ENCRYPT : 0);
            driver_put(0, 0, 0x25, 0, 8, bad[i], 4096, 4096);
            EXPECT("PxIS", driver_run(0, 1, false) & IS_STOPS, IS_HBFS);
            driver_start(0);
            driver_put(0, 0, 0x25, 0, 8, EVEN, 4096, 4096);
            EXPECT("PxIS", driver_run(0, 1, false), IS_DHRS);
            model_end();
        }
    }
}

static void a_prdt_that_is_too_short_is_aborted(void)
{
    static const uint32_t bytes[] = { 0, 512, 4094, 0x20000 };

    for (unsigned i = 0; i < 2 * sizeof(bytes) / sizeof(bytes[0]); i++) {
        begin(i % 2 ? POLICY_ENCRYPT : 0);
        model.port[0].commands = 0;
        driver_put(0, 0, 0x25, 0, bytes[i / 2] < 4096 ? 8 : 257, EVEN, bytes[i / 2], 4096);
        EXPECT("PxIS", driver_run(0, 1, false) & (IS_TFES | IS_HBFS), IS_TFES);
        EXPECT("nothing was read", model.port[0].longest, 0);
        model_end();
    }
    begin(0);
    driver_put(0, 0, ATA_DSM, 0, 0, EVEN, 0, 512);
    EXPECT("PxIS of a TRIM of nothing", driver_run(0, 1, false) & (IS_TFES | IS_HBFS), IS_TFES);
    model_end();
}

/* Drivers may look at PxIS, and clear it, after they have stopped the port. */
static void an_error_seen_late_does_not_stop_the_port(void)
{
    begin(POLICY_ENCRYPT);
    model.port[0].fail_lba = 3;
    driver_put(0, 0, 0x25, 0, 8, EVEN, 4096, 4096);
    reg_write(0, PX_CI, 1);
    reg_write(0, PX_CMD, CMD_FRE);
    EXPECT("PxIS", reg_read(0, PX_IS), IS_TFES);
    model.port[0].fail_lba = UINT64_MAX;
    driver_start(0);
    EXPECT("PxIS of the next", driver_run(0, 1, false), IS_DHRS);
    model_end();
}

static void read_only_disks_are_read(void)
{
    static const uint8_t writes[] = { 0x30, 0x34, 0x35, 0x39, 0x3d, 0xc5, 0xca, 0xce, 0x06, 0x3f, 0x45, 0xb4, 0xf4, 0xf9 };

    begin(POLICY_READ_ONLY);
    fill(model.disk[0], 8 * SECTOR, 1);
    driver_put(0, 0, 0x25, 0, 8, EVEN, 4096, 4096);
    EXPECT("PxIS of a read", driver_run(0, 1, false), IS_DHRS);
    EXPECT("as it is", memcmp(model.memory + EVEN, model.disk[0], 4096), 0);
    memset(model.memory + EVEN, 0, 4096);
    for (unsigned i = 0; i < sizeof(writes); i++) {
        driver_put(0, 0, writes[i], 0, 8, EVEN, 4096, 4096);
        EXPECT("PxIS of a write", driver_run(0, 1, false) & IS_TFES, IS_TFES);
        EXPECT("PxTFD: ABRT", reg_read(0, PX_TFD) >> 8 & 0xff, 4);
        driver_start(0);
    }
    driver_put(0, 5, ATA_WRITE_FPDMA, 0, 8, EVEN, 4096, 4096);
    EXPECT("PxIS of an NCQ write", driver_run(0, 1u << 5, true) & IS_TFES, IS_TFES);
    EXPECT("nothing was written", model.disk[0][5] == (uint8_t)(1 + 5 * 31), true);
    model_end();
}

static void a_denied_disk_is_not_there(void)
{
    begin(POLICY_DENY);
    EXPECT("PxSSTS", reg_read(0, PX_SSTS), 0);
    EXPECT("PxSIG", reg_read(0, PX_SIG), 0xffffffff);
    EXPECT("PxTFD", reg_read(0, PX_TFD), 0x7f);
    driver_put(0, 0, 0x25, 0, 8, EVEN, 4096, 4096);
    model.port[0].commands = 0;
    EXPECT("PxIS of what firmware may still send", driver_run(0, 1, false) & IS_TFES, IS_TFES);
    EXPECT("the disk got nothing", model.port[0].commands, 0);
    EXPECT("the other port is there", reg_read(1, PX_SSTS), 0x113);
    model_end();
}

enum harm {
    HARM_LIST,    /* another command list, before the guest's next command */
    HARM_FIS,     /* another FIS area, before our command's end is looked at */
    HARM_STOP,    /* stopped under our command, which then looks as if it had ended */
    HARMS
};

/* What firmware in SMM may do to port 0, on which slot 3 was issued if `harm` says so. */
static void interfere(enum harm harm)
{
    struct model_port *p = &model.port[0];

    if (harm == HARM_LIST) {
        p->clb = 0x300000;
    } else if (harm == HARM_FIS) {
        (void)model_step(0, 0);
        p->fb = dma_address(storage.dma->port[1].fis); /* the model accepts no memory but storage's */
    } else {
        p->cmd &= ~(CMD_ST | CMD_CR);
        p->ci = p->sact = 0;
    }
}

static void somebody_else_drives_the_port(enum harm harm, bool queued)
{
    bool early = harm == HARM_LIST;
    struct model_port *p = &model.port[0];

    begin(POLICY_ENCRYPT);
    model.automatic = false;
    fill(model.memory + EVEN, 4096, 9);
    driver_put(0, 3, queued ? ATA_READ_FPDMA : 0x25, 100, 8, EVEN, 4096, 4096);
    p->commands = 0;
    if (early)
        interfere(harm);
    if (queued)
        reg_write(0, PX_SACT, 1u << 3);
    reg_write(0, PX_CI, 1u << 3);
    if (!early)
        interfere(harm);
    EXPECT("the command has not ended", reg_read(0, PX_CI), 1u << 3);
    EXPECT("it has failed", reg_read(0, PX_IS) & IS_TFES, IS_TFES);
    EXPECT("the guest's memory is as it was", model.memory[EVEN + 5], (uint8_t)(9 + 5 * 31));
    EXPECT("the disk got as much as before", p->commands, harm == HARM_FIS);
    EXPECT("the port is empty", reg_read(0, PX_SSTS), 0);
    EXPECT("it is stopped", p->cmd & CMD_ST, 0);
    EXPECT("the pool is free again", pool_free_pages(), POOL_PAGES);
    model.automatic = true;
    driver_start(1);
    driver_put(1, 0, 0x25, 0, 8, EVEN, 4096, 4096);
    EXPECT("the other port works", driver_run(1, 1, false), IS_DHRS);
    model_instance();
    EXPECT("another instance starts", model_start(1), true);
    EXPECT("and leaves the port empty", reg_read(0, PX_SSTS), 0);
    model_end();
}

int main(void)
{
    every_size_and_piece();
    the_largest_command();
    thirty_two_at_once_in_any_order();
    a_flush_does_not_overtake_a_split_write();
    queued_commands_and_others_take_turns();
    a_disk_without_rules_is_read_and_written();
    what_is_said_ahead_is_true();
    a_split_commands_parts_do_not_show();
    ranges_are_where_the_policy_says();
    errors_tell_their_own_sector();
    a_prd_outside_ram_is_a_bus_error();
    a_prdt_that_is_too_short_is_aborted();
    an_error_seen_late_does_not_stop_the_port();
    read_only_disks_are_read();
    a_denied_disk_is_not_there();
    for (unsigned i = 0; i < 2 * HARMS; i++)
        somebody_else_drives_the_port(i / 2, i % 2);
    printf("%u failures\n", failures);
    return failures != 0;
}
