/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of an IDE controller for the storage library, in the machine of test/storage/model.h: two channels, the drives
 * of ATA/ATAPI-6, a bus master. It does what its registers say, and ends the test where a table of the bus master names
 * memory that is neither the guest's nor storage's.
 */
#ifndef TEST_IDE_CHANNEL_MODEL_H
#define TEST_IDE_CHANNEL_MODEL_H

#include "ide/ide.h"

#define IDE_MODEL_SECTORS 6000u
#define IDE_MODEL_MULTIPLE 16u
#define IDE_MODEL_BM 0xc000u

struct model_drive {
    bool there, atapi;
    uint8_t *disk;
    uint64_t fail_lba; /* can't be read or written; UINT64_MAX: none */
    uint32_t heads, sectors, multiple;
    bool locked, secret; /* end the test where it is written at all; where MODEL_PLAIN is written to it */
};

/* A sector with so many of these in a row has not been encrypted. */
#define MODEL_PLAIN 0xa5u
#define MODEL_PLAIN_BYTES 16u

struct model_channel {
    struct model_drive drive[2];
    uint8_t fifo[2][8], device, control; /* [1]: what was there before */
    uint8_t status, error, code;
    bool interrupt, dma, write;
    uint64_t lba;
    uint32_t left;       /* sectors of the command */
    uint32_t words, at;  /* in `buffer` */
    uint8_t buffer[IDE_MODEL_MULTIPLE * 512];
    uint8_t bm_command, bm_status;
    uint32_t bm_table;
    uint32_t commands, aborted, interrupts, resets;
    uint8_t log[64]; /* command codes */
};

extern struct model_channel model_channel[IDE_CHANNELS];
/* DMA is done by ide_model_step() and not at once. */
extern bool ide_model_waits;
/*
 * At this access to the hardware (a register, a word), or store of which ide_model_tick() is told, the instance dies
 * instead: ide_model_died() is called and does not return. 0: never.
 */
extern uint32_t ide_model_dies_after;
extern void (*ide_model_died)(void);
void ide_model_tick(void);

/* Drives 0 and 1 are ATA, 2 is ATAPI, 3 is not there. Needs model_begin(). */
void ide_model_begin(void);
void ide_model_end(void);
/* A bus master whose turn it is does its work. false: none has any. */
bool ide_model_step(unsigned channel);

#endif
