/* SPDX-License-Identifier: BSD-2-Clause */
/* What an ATA command in a command FIS is about. Pure. */
#ifndef STORAGE_COMMAND_H
#define STORAGE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

enum command_class {
    COMMAND_UNKNOWN = 0, /* may do anything */
    COMMAND_NO_DATA,     /* touches no media data (or only verifies it), or is a control FIS */
    COMMAND_READ,        /* media, `sectors` from `lba` on */
    COMMAND_WRITE,
    COMMAND_IDENTIFY,    /* 512 bytes about the device itself, to be looked at */
    COMMAND_OTHER_DATA,  /* data that is not the media's: logs, SMART */
    COMMAND_TRIM,        /* DATA SET MANAGEMENT */
    COMMAND_CHANGES,     /* no data, but changes or locks up the media */
    COMMAND_PACKET,      /* ATAPI */
};

enum command_addressing {
    ADDRESS_NONE = 0,
    ADDRESS_28,
    ADDRESS_48,
    ADDRESS_NCQ, /* count in the features register, tag in the count register */
};

struct command {
    uint8_t class;      /* enum command_class */
    uint8_t addressing; /* enum command_addressing */
    uint64_t lba;
    uint32_t sectors; /* 1 to 65,536 */
};

/* Classifies the FIS (20 bytes, a private copy); header: DW0 of its command header. */
struct command command_parse(const uint8_t *fis, uint32_t header);

/* Puts another place into the FIS of a media command; what else it says stays. sectors: 1 to what `addressing` holds. */
void command_place(uint8_t *fis, enum command_addressing addressing, uint64_t lba, uint32_t sectors);

#endif
