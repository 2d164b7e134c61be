/* SPDX-License-Identifier: BSD-2-Clause */
/* IDE's part of what outlives an instance, and of what controllers reach by DMA. */
#ifndef STORAGE_IDE_SAVED_H
#define STORAGE_IDE_SAVED_H

#include "../disk.h"
#include "registers.h"

#define IDE_CHANNELS 2u
#define IDE_CHANNEL_DRIVES 2u
#define IDE_PRDS 512u                  /* so a table is one page, which no table may cross */
/*
 * Of the pool, for a channel: the most that a disk command moves. It is en- or decrypted within one access of the guest's,
 * so it bounds what that access takes: without AES instructions about 2 million instructions.
 */
#define IDE_BOUNCE_BYTES (32 * 1024u)
#define IDE_BLOCK_SECTORS 16u          /* of a DRQ block that can be given to the drive again */

enum ide_phase {
    IDE_IDLE = 0, /* no command since the reset */
    IDE_DIRECT,  /* the drive and the guest do it between them */
    IDE_NOTHING, /* the same, but the guest's bus master has no part in it: another command went out in its place */
    IDE_PIO_IN,  /* sectors go through the buffer */
    IDE_PIO_OUT,
    IDE_DMA,     /* through bounce memory */
    IDE_STOPPED, /* was IDE_DMA when the guest stopped the bus master, or a reset goes on: only its end ends this */
    IDE_PHASES
};

/* Hardware is in the middle of something that can't be told from outside. */
enum ide_stage {
    IDE_STEADY = 0,
    IDE_MOVING,  /* words of a sector are on their way */
    IDE_MOVED,   /* all of them; the sector is not counted yet */
    IDE_ISSUING, /* a part's command and PRDs */
    IDE_STAGES
};

struct ide_saved_drive {
    struct disk_identity id;
    uint32_t heads, sectors; /* of the translation in force (ATA/ATAPI-5, 8.16) */
    uint32_t multiple;       /* sectors in a block of READ and WRITE MULTIPLE, 0: none set */
    uint32_t multiple_most;
};

/* The registers of a command: what was written to them last, and before that. 48-bit commands have both. */
typedef uint8_t ide_task[2][IDE_COMMAND];

/* How far a command with bounced DMA is: sectors done, and where in guest memory the next one goes. */
struct ide_progress {
    uint32_t done, piece, offset;
};

struct ide_saved_channel {
    ide_task task;      /* as the guest wrote it */
    ide_task command;   /* as it was when the command that runs came */
    uint8_t control;
    uint8_t phase, stage;
    uint8_t class, addressing, code, write; /* of the command */
    uint8_t bm_command, bm_error; /* as the guest wrote it; an error of ours */
    uint8_t engine;     /* the controller's bus master was started */
    uint8_t status;     /* the drive's, when the sector in the buffer was read */
    uint8_t unused[5];
    uint32_t bm_table;  /* as the guest wrote it */
    uint32_t sectors;   /* of the command */
    uint64_t lba;
    uint32_t have, of;  /* PIO: sectors moved from or to the drive; `have` when the one that moves began */
    uint32_t position;  /* PIO: bytes moved from or to the guest */
    uint32_t request, before; /* the last request that changed anything; position before it */
    uint32_t pieces;    /* DMA: of guest memory */
    struct ide_progress now, next; /* DMA: next counts from IDE_ISSUING on */
    uint8_t block[IDE_BLOCK_SECTORS][SECTOR]; /* as they are on the disk: those of the DRQ block up to now */
    uint8_t sector[SECTOR];                   /* as the guest has it */
    struct piece list[IDE_PRDS];
};

struct ide_saved {
    uint32_t bm_base; /* 0: not known yet */
    uint32_t taken;   /* not the first start */
    struct ide_saved_drive drive[IDE_CHANNELS * IDE_CHANNEL_DRIVES];
    struct ide_saved_channel channel[IDE_CHANNELS];
};

struct ide_dma {
    struct ide_prd table[IDE_CHANNELS][IDE_PRDS];
};
_Static_assert(sizeof(struct ide_dma) == IDE_CHANNELS * 4096u, "whole pages");

#endif
