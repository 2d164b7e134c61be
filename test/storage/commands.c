/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of each of the 256 command codes on an encrypted, a read-only and a denied disk, and on one without rules:
 * judged by what reaches the disk. The lists below are the decision; whatever is in none of them may change or show the
 * media behind the cipher's back, and is to arrive as a NOP, which disks abort.
 */
#include "driver.h"
#include "expect.h"
#include <string.h>

#define DATA 0xa00000u
#define LBA 100u
#define SECTORS 4u
#define NOTHING 0x100u /* what no code is */

/* Changes nothing on the media, and shows nothing of it. */
static const uint8_t harmless[] = {
    0x10, 0x27, 0x2f, 0x40, 0x41, 0x42, 0x47, 0x70, 0x90, 0x91, 0xc6, 0xe0, 0xe1, 0xe2, 0xe3, 0xe5, 0xe6, 0xe7, 0xea, 0xef,
    0xf5, 0xf8,
};
static const uint8_t identifies[] = { 0xa1, 0xec };
static const uint8_t reads_28[] = { 0x20, 0x21, 0xc4, 0xc8, 0xc9 }, reads_48[] = { 0x24, 0x25, 0x29 };
static const uint8_t writes_28[] = { 0x30, 0x31, 0xc5, 0xca, 0xcb }, writes_48[] = { 0x34, 0x35, 0x39, 0x3d, 0xce };

#define IN(list, code) (memchr(list, code, sizeof(list)) != NULL)

static bool reads(unsigned code)
{
    return IN(reads_28, code) || IN(reads_48, code);
}

static bool writes(unsigned code)
{
    return IN(writes_28, code) || IN(writes_48, code);
}

static void begin(uint8_t action, uint8_t trim)
{
    struct policy_tables *t = &model.tables;

    model_begin();
    if (action) {
        t->storage[t->nstorage++] = (struct policy_storage){ .line = 1, .action = action, .fields = POLICY_BY_PORT,
                                                             .nranges = 1, .trim = trim };
        t->ranges[t->nranges++] = (struct policy_storage_range){ .last = UINT64_MAX };
        t->nkeys = 1;
    }
    EXPECT("starts", model_start(0), true);
}

/* A command with room for its data, in slot 3; what its FIS is to be like otherwise is written over it. */
static uint8_t *put(unsigned code)
{
    driver_start(0);
    driver_put(0, 3, (uint8_t)code, LBA, SECTORS, DATA, SECTORS * SECTOR, SECTORS * SECTOR);
    if (!IN(writes_28, code) && !IN(reads_28, code))
        model.memory[TABLE(0, 3) + H2D_COUNT] = SECTORS;
    memset(model.memory + DATA, 0x11, SECTORS * SECTOR);
    model.port[0].logged = 0;
    return model.memory + TABLE(0, 3);
}

/* The code of what the disk got in its place; NOTHING: nothing. */
static unsigned arrives(bool queued)
{
    (void)driver_run(0, 1u << 3, queued);
    EXPECT("commands that the disk got", model.port[0].logged <= 1, true);
    return model.port[0].logged ? model.port[0].log[0] : NOTHING;
}

static unsigned wanted(uint8_t action, uint8_t trim, unsigned code)
{
    if (action == POLICY_DENY)
        return NOTHING;
    if (code >= ATA_READ_FPDMA && code <= 0x65) /* PxSACT does not say so */
        return ATA_NOP;
    if (!action || IN(harmless, code) || IN(identifies, code) || reads(code))
        return code;
    if (writes(code))
        return action == POLICY_READ_ONLY ? ATA_NOP : code;
    if (code == ATA_DSM && action == POLICY_ENCRYPT)
        return trim == POLICY_TRIM_PASS ? code : ATA_CHECK_POWER_MODE;
    return ATA_NOP;
}

static void check_media(uint8_t action, unsigned code)
{
    uint8_t sector[SECTOR];

    memcpy(sector, model.disk[0] + (LBA + SECTORS - 1) * SECTOR, SECTOR);
    if (action == POLICY_ENCRYPT)
        model_cipher(LBA + SECTORS - 1, sector);
    if (writes(code) && action != POLICY_READ_ONLY)
        EXPECT("what was written", sector[5], 0x11);
    else
        EXPECT("the media", sector[5], 0x77);
    if (reads(code))
        EXPECT("what was read", model.memory[DATA + (SECTORS - 1) * SECTOR + 5], 0x77);
}

static void every_code(uint8_t action, uint8_t trim)
{
    begin(action, trim);
    for (unsigned code = 0; code < 256; code++) {
        unsigned got;

        if (code == 0xa0 || code == 0xb0)
            continue;
        memset(model.disk[0] + LBA * SECTOR, 0x77, SECTORS * SECTOR);
        for (unsigned i = 0; i < SECTORS && action == POLICY_ENCRYPT; i++)
            model_cipher(LBA + i, model.disk[0] + (LBA + i) * SECTOR);
        (void)put(code);
        got = arrives(false);
        if (got != wanted(action, trim, code))
            printf("code 0x%02x, action %u\n", code, action);
        EXPECT("what arrives", got, wanted(action, trim, code));
        if (action != POLICY_DENY)
            check_media(action, code);
    }
    model_end();
}

/* READ and WRITE FPDMA QUEUED may pass; NON-DATA, SEND (TRIM) and RECEIVE are aborted, as a read beyond the disk. */
static void queued_codes(uint8_t action)
{
    begin(action, POLICY_TRIM_PASS);
    for (unsigned code = ATA_READ_FPDMA; code <= 0x65; code++) {
        uint8_t *fis = put(code);
        uint64_t lba;

        if (code > ATA_WRITE_FPDMA)
            fis[H2D_FEATURES] = SECTORS;
        fis[H2D_COUNT] = 3 << 3;
        fis[H2D_DEVICE] = 0x80; /* FUA, and no LBA bit: there is no other form */
        EXPECT("what arrives", arrives(true), code == ATA_WRITE_FPDMA && action == POLICY_ENCRYPT ? code : ATA_READ_FPDMA);
        fis = storage.dma->port[0].table[3].fis;
        lba = fis[H2D_LBA0] | (uint64_t)fis[H2D_LBA5] << 40;
        if (code == ATA_READ_FPDMA || (code == ATA_WRITE_FPDMA && action == POLICY_ENCRYPT)) {
            EXPECT("its sector", lba, LBA);
            EXPECT("FUA, and of a bounced one the LBA bit", fis[H2D_DEVICE], action == POLICY_ENCRYPT ? 0xc0 : 0x80);
        } else {
            EXPECT("beyond the disk", lba, 0xff00000000ffull);
        }
    }
    (void)put(0x25);
    EXPECT("a command that PxSACT calls queued, and is not", arrives(true), ATA_READ_FPDMA);
    EXPECT("fails", reg_read(0, PX_IS) & IS_TFES, IS_TFES);
    model_end();
}

/* Cylinder, head and sector: the disk would take another sector than the one that the tweak is made of. */
static void without_the_lba_bit(uint8_t action)
{
    begin(action, POLICY_TRIM_DROP);
    for (unsigned code = 0; code < 256; code++) {
        if (!reads(code) && !writes(code))
            continue;
        put(code)[H2D_DEVICE] = 0xa0;
        EXPECT("CHS is aborted", arrives(false), ATA_NOP);
    }
    model_end();
}

struct special {
    const char *what;
    uint8_t code, features, lba0, arrives;
};

static void specials(uint8_t action)
{
    static const struct special special[] = {
        { "SMART READ DATA", 0xb0, 0xd0, 0, 0xb0 },
        { "SMART READ THRESHOLDS", 0xb0, 0xd1, 0, 0xb0 },
        { "SMART AUTOSAVE", 0xb0, 0xd2, 0, 0xb0 },
        { "SMART EXECUTE OFF-LINE IMMEDIATE", 0xb0, 0xd4, 0, 0xb0 },
        { "SMART READ LOG of errors", 0xb0, 0xd5, 1, 0xb0 },
        { "SMART READ LOG of SCT's status", 0xb0, 0xd5, 0xe0, 0xb0 },
        { "SMART READ LOG of SCT's data", 0xb0, 0xd5, 0xe1, ATA_NOP },
        { "SMART WRITE LOG, an SCT command", 0xb0, 0xd6, 0xe0, ATA_NOP },
        { "SMART WRITE LOG, the host's own", 0xb0, 0xd6, 0x80, ATA_NOP },
        { "SMART WRITE ATTRIBUTE THRESHOLDS", 0xb0, 0xd7, 0, ATA_NOP },
        { "SMART ENABLE", 0xb0, 0xd8, 0, 0xb0 },
        { "SMART RETURN STATUS", 0xb0, 0xda, 0, 0xb0 },
        { "SMART, a vendor's", 0xb0, 0xe0, 0, ATA_NOP },
        { "READ LOG EXT, queued commands' errors", 0x2f, 0, 0x10, 0x2f },
        { "READ LOG EXT, SCT's data", 0x2f, 0, 0xe1, ATA_NOP },
        { "READ LOG DMA EXT, SCT's data", 0x47, 0, 0xe1, ATA_NOP },
        { "SET FEATURES, transfer mode", ATA_SET_FEATURES, 0x03, 0, ATA_SET_FEATURES },
        { "SET FEATURES, write cache off", ATA_SET_FEATURES, 0x82, 0, ATA_SET_FEATURES },
        { "SET FEATURES, another sector 0", ATA_SET_FEATURES, 0x09, 0, ATA_NOP },
        { "PACKET without A", 0xa0, 0, 0, ATA_NOP },
    };

    begin(action, POLICY_TRIM_DROP);
    for (unsigned i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        const struct special *s = &special[i];
        uint8_t *fis = put(s->code);

        fis[H2D_FEATURES] = s->features;
        fis[H2D_LBA0] = s->lba0;
        EXPECT(s->what, arrives(false), s->arrives);
    }
    (void)put(0xa0);
    ((struct ahci_header *)(model.memory + LIST(0)) + 3)->flags |= HEADER_A;
    EXPECT("PACKET", arrives(false), ATA_NOP);
    put(0x25)[H2D_TYPE] = 0x46;
    EXPECT("a FIS of data", arrives(false), ATA_NOP);
    model_end();
}

/* Where sector and count stand, byte by byte (ACS-3; SATA 3.x, 10.5.5). Its own addressing's places only. */
static void places(void)
{
    static const struct {
        uint8_t addressing, fis[20];
        uint64_t lba;
        uint32_t sectors;
    } place[] = {
        { ADDRESS_28, { 0x27, 0x80, 0xc8, 0, 0xbc, 0x9a, 0x78, 0x46, 0, 0, 0, 0, 0xfe, 0 }, 0x6789abc, 0xfe },
        { ADDRESS_28, { 0x27, 0x80, 0xc8, 0, 0xbc, 0x9a, 0x78, 0x46, 0, 0, 0, 0, 0, 0 }, 0x6789abc, 256 },
        { ADDRESS_48, { 0x27, 0x80, 0x25, 0, 0xbc, 0x9a, 0x78, 0x40, 0x56, 0x34, 0x12, 0, 0xcd, 0xab }, 0x123456789abc,
          0xabcd },
        { ADDRESS_48, { 0x27, 0x80, 0x25, 0, 1, 0, 0, 0x40, 0, 0, 0x80, 0, 0, 0 }, 0x800000000001, 65536 },
        { ADDRESS_NCQ, { 0x27, 0x80, 0x60, 0xcd, 0xbc, 0x9a, 0x78, 0x40, 0x56, 0x34, 0x12, 0xab, 3 << 3 },
          0x123456789abc, 0xabcd },
        { ADDRESS_NCQ, { 0x27, 0x80, 0x60, 0, 1, 0, 0, 0x40, 0, 0, 0x80, 0, 3 << 3 }, 0x800000000001, 65536 },
    };

    for (unsigned i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
        uint8_t fis[20];
        struct command c = command_parse(place[i].fis, FIS_H2D_DWORDS);

        EXPECT("addressing", c.addressing, place[i].addressing);
        EXPECT("sector", c.lba, place[i].lba);
        EXPECT("count", c.sectors, place[i].sectors);
        memcpy(fis, place[i].fis, sizeof(fis));
        command_place(fis, c.addressing, 0, 1);
        command_place(fis, c.addressing, c.lba, c.sectors);
        EXPECT("the FIS again", memcmp(fis, place[i].fis, sizeof(fis)), 0);
    }
}

int main(void)
{
    static const uint8_t ruled[] = { POLICY_ENCRYPT, POLICY_READ_ONLY };

    places();
    every_code(0, 0);
    every_code(POLICY_DENY, 0);
    every_code(POLICY_ENCRYPT, POLICY_TRIM_PASS);
    for (unsigned i = 0; i < sizeof(ruled); i++) {
        every_code(ruled[i], POLICY_TRIM_DROP);
        queued_codes(ruled[i]);
        without_the_lba_bit(ruled[i]);
        specials(ruled[i]);
    }
    printf("%u failures\n", failures);
    return failures != 0;
}
