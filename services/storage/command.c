/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"
#include "ahci.h"

/* What is in no line is COMMAND_UNKNOWN: a command that is not known to leave the media alone may not pass. */
static const struct {
    uint8_t class, addressing;
} commands[256] = {
    [0x10] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* RECALIBRATE (ATA-3) */
    [0x20 ... 0x21] = { COMMAND_READ, ADDRESS_28 }, /* READ SECTORS, the same without retries (ATA-4) */
    [0x24 ... 0x25] = { COMMAND_READ, ADDRESS_48 }, /* READ SECTORS EXT, READ DMA EXT */
    [0x27] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* READ NATIVE MAX ADDRESS EXT */
    [0x29] = { COMMAND_READ, ADDRESS_48 }, /* READ MULTIPLE EXT */
    [0x2f] = { COMMAND_OTHER_DATA, ADDRESS_NONE }, /* READ LOG EXT */
    [0x30 ... 0x31] = { COMMAND_WRITE, ADDRESS_28 }, /* WRITE SECTORS, the same without retries */
    [0x34 ... 0x35] = { COMMAND_WRITE, ADDRESS_48 }, /* WRITE SECTORS EXT, WRITE DMA EXT */
    [0x37] = { COMMAND_CHANGES, ADDRESS_NONE }, /* SET MAX ADDRESS EXT */
    [0x39] = { COMMAND_WRITE, ADDRESS_48 }, /* WRITE MULTIPLE EXT */
    [0x3d] = { COMMAND_WRITE, ADDRESS_48 }, /* WRITE DMA FUA EXT */
    [0x40 ... 0x41] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* READ VERIFY SECTORS, the same without retries */
    [0x42] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* READ VERIFY SECTORS EXT */
    [0x47] = { COMMAND_OTHER_DATA, ADDRESS_NONE }, /* READ LOG DMA EXT */
    [0x60] = { COMMAND_READ, ADDRESS_NCQ }, /* READ FPDMA QUEUED */
    [0x61] = { COMMAND_WRITE, ADDRESS_NCQ }, /* WRITE FPDMA QUEUED */
    [0x70] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* SEEK */
    [0x90 ... 0x91] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* EXECUTE DEVICE DIAGNOSTIC, INITIALIZE DEVICE PARAMETERS */
    [0xc4] = { COMMAND_READ, ADDRESS_28 }, /* READ MULTIPLE */
    [0xc5] = { COMMAND_WRITE, ADDRESS_28 }, /* WRITE MULTIPLE */
    [0xc6] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* SET MULTIPLE MODE */
    [0xc8 ... 0xc9] = { COMMAND_READ, ADDRESS_28 }, /* READ DMA, the same without retries */
    [0xca ... 0xcb] = { COMMAND_WRITE, ADDRESS_28 }, /* WRITE DMA, the same without retries */
    [0xce] = { COMMAND_WRITE, ADDRESS_48 }, /* WRITE MULTIPLE FUA EXT */
    [0xe0 ... 0xe3] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* STANDBY and IDLE, IMMEDIATE or not */
    [0xe5 ... 0xe7] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* CHECK POWER MODE, SLEEP, FLUSH CACHE */
    [0xea] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* FLUSH CACHE EXT */
    [ATA_SET_FEATURES] = { COMMAND_NO_DATA, ADDRESS_NONE },
    [0xf5] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* SECURITY FREEZE LOCK */
    [0xf8] = { COMMAND_NO_DATA, ADDRESS_NONE }, /* READ NATIVE MAX ADDRESS */
    [0xf9] = { COMMAND_CHANGES, ADDRESS_NONE }, /* SET MAX ADDRESS */
    [ATA_DSM] = { COMMAND_TRIM, ADDRESS_NONE },
    [0xa0] = { COMMAND_PACKET, ADDRESS_NONE },
    [ATA_IDENTIFY] = { COMMAND_IDENTIFY, ADDRESS_NONE },
    [ATA_IDENTIFY_PACKET] = { COMMAND_IDENTIFY, ADDRESS_NONE },
};

#define ATA_SMART 0xb0u
#define FEATURE_OFFSET_BOOT 0x09u /* SET FEATURES: sector 0 is in the reserved area from then on (ATA/ATAPI-6, 8.46) */
#define SMART_LOG_READ 0xd5u
#define SMART_LOG_WRITE 0xd6u
#define LOG_SCT_STATUS 0xe0u /* a command to it can be WRITE SAME (ACS-3, 8.3) */
#define LOG_SCT_DATA 0xe1u

/* SMART READ DATA, READ THRESHOLDS and READ LOG have data; WRITE LOG carries SCT's commands; the rest has none. */
static enum command_class smart(const uint8_t *fis)
{
    switch (fis[H2D_FEATURES]) {
    case 0xd0:
    case 0xd1:
        return COMMAND_OTHER_DATA;
    case SMART_LOG_READ:
        return fis[H2D_LBA0] == LOG_SCT_DATA ? COMMAND_UNKNOWN : COMMAND_OTHER_DATA;
    case 0xd2: /* ENABLE/DISABLE ATTRIBUTE AUTOSAVE */
    case 0xd3:
    case 0xd4: /* EXECUTE OFF-LINE IMMEDIATE */
    case 0xd8:
    case 0xd9:
    case 0xda: /* RETURN STATUS */
    case 0xdb:
        return COMMAND_NO_DATA;
    default:
        return COMMAND_UNKNOWN;
    }
}

static uint64_t lba_of(const uint8_t *fis, unsigned addressing)
{
    uint64_t low = fis[H2D_LBA0] | (uint32_t)fis[H2D_LBA1] << 8 | (uint32_t)fis[H2D_LBA2] << 16;

    if (addressing == ADDRESS_28)
        return low | (uint32_t)(fis[H2D_DEVICE] & 0xf) << 24;
    return low | (uint64_t)fis[H2D_LBA3] << 24 | (uint64_t)fis[H2D_LBA4] << 32 | (uint64_t)fis[H2D_LBA5] << 40;
}

static uint32_t count_of(const uint8_t *fis, unsigned addressing)
{
    uint32_t n;

    switch (addressing) {
    case ADDRESS_28:
        n = fis[H2D_COUNT];
        return n ? n : 256;
    case ADDRESS_48:
        n = fis[H2D_COUNT] | (uint32_t)fis[H2D_COUNT_EXT] << 8;
        return n ? n : 65536;
    default:
        n = fis[H2D_FEATURES] | (uint32_t)fis[H2D_FEATURES_EXT] << 8;
        return n ? n : 65536;
    }
}

struct command command_parse(const uint8_t *fis, uint32_t header)
{
    struct command c = { .class = COMMAND_UNKNOWN };

    if (fis[H2D_TYPE] != FIS_H2D_TYPE)
        return c;
    if (!(fis[H2D_FLAGS] & H2D_C)) { /* the device control register: soft reset, interrupt enable */
        c.class = COMMAND_NO_DATA;
        return c;
    }
    if (header & HEADER_A) {
        c.class = fis[H2D_COMMAND] == 0xa0 ? COMMAND_PACKET : COMMAND_UNKNOWN;
        return c;
    }
    if (fis[H2D_COMMAND] == ATA_SMART) {
        c.class = (uint8_t)smart(fis);
        return c;
    }
    c.class = commands[fis[H2D_COMMAND]].class;
    c.addressing = commands[fis[H2D_COMMAND]].addressing;
    if ((fis[H2D_COMMAND] == 0x2f || fis[H2D_COMMAND] == 0x47) && fis[H2D_LBA0] == LOG_SCT_DATA)
        c.class = COMMAND_UNKNOWN;
    if (fis[H2D_COMMAND] == ATA_SET_FEATURES && fis[H2D_FEATURES] == FEATURE_OFFSET_BOOT)
        c.class = COMMAND_CHANGES;
    if (!c.addressing)
        return c;
    /*
     * Cylinder, head and sector are obsolete since ATA/ATAPI-6, and 48-bit commands never had them: disks abort those
     * without the LBA bit, QEMU takes them for another sector than the LBA's. Queued ones have no other form.
     */
    if (c.addressing != ADDRESS_NCQ && !(fis[H2D_DEVICE] & DEVICE_LBA)) {
        c.class = COMMAND_UNKNOWN;
        return c;
    }
    c.lba = lba_of(fis, c.addressing);
    c.sectors = count_of(fis, c.addressing);
    return c;
}

void command_place(uint8_t *fis, enum command_addressing addressing, uint64_t lba, uint32_t sectors)
{
    fis[H2D_LBA0] = (uint8_t)lba;
    fis[H2D_LBA1] = (uint8_t)(lba >> 8);
    fis[H2D_LBA2] = (uint8_t)(lba >> 16);
    fis[H2D_DEVICE] |= DEVICE_LBA;
    if (addressing == ADDRESS_28) {
        fis[H2D_DEVICE] = (uint8_t)((fis[H2D_DEVICE] & 0xf0) | (lba >> 24 & 0xf));
        fis[H2D_COUNT] = (uint8_t)sectors;
        return;
    }
    fis[H2D_LBA3] = (uint8_t)(lba >> 24);
    fis[H2D_LBA4] = (uint8_t)(lba >> 32);
    fis[H2D_LBA5] = (uint8_t)(lba >> 40);
    if (addressing == ADDRESS_48) {
        fis[H2D_COUNT] = (uint8_t)sectors;
        fis[H2D_COUNT_EXT] = (uint8_t)(sectors >> 8);
    } else {
        fis[H2D_FEATURES] = (uint8_t)sectors;
        fis[H2D_FEATURES_EXT] = (uint8_t)(sectors >> 8);
    }
}
