/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mediation of an IDE controller: two channels with two drives each, at the ports where they always were. What the
 * guest writes to a channel's registers goes on to the drive and is kept here; its commands are looked at when it writes
 * the command register (command.c). The data of encrypted disks pass through buffers of ours, sector by sector where
 * the guest moves them by INSW and OUTSW (pio.c), and in parts where the bus master does it (engine.c). Interrupts go
 * straight to the guest, which learns from registers what they mean; and all registers come by here (channel.c).
 *
 * One channel does one command at a time. Where it is with it stands in struct ide_saved, which outlives an instance.
 */
#ifndef STORAGE_IDE_H
#define STORAGE_IDE_H

#include "../storage.h"
#include "registers.h"
#include <weir/message.h>

/* ---- an instance's own ---- */

struct ide_drive {
    struct ide_saved_drive *s;
    struct disk disk;
};

struct ide_channel {
    unsigned number;
    struct ide_saved_channel *s;
    struct ide_drive drive[IDE_CHANNEL_DRIVES];
    uint8_t *bounce;
    struct ide_prd *table;
};

extern struct ide_channel ide_channel[IDE_CHANNELS];

/* What stands before it is stored before what stands behind it: an instance can be ended in between. */
static inline void ide_in_order(void)
{
    __asm__ volatile("" : : : "memory");
}

/* ---- hardware.c, or the tests' model ---- */
uint8_t ide_in(const struct ide_channel *c, unsigned reg);
void ide_out(const struct ide_channel *c, unsigned reg, uint8_t value);
void ide_in_words(const struct ide_channel *c, void *to, unsigned words);
void ide_out_words(const struct ide_channel *c, const void *from, unsigned words);
/* The bus master's, in BAR 4; those of a channel begin at 0. */
uint8_t bm_in(const struct ide_channel *c, unsigned reg);
void bm_out(const struct ide_channel *c, unsigned reg, uint8_t value);
void bm_out_table(const struct ide_channel *c, uint32_t address);
/* The bus master's ports are at `base` from now on. false: they can't be had. */
must_check bool bm_open(uint16_t base);

/* ---- access.c ---- */
/* An access of the guest to ports; msg->aux: where the bus master's begin, 0: it is one to a channel's own. */
enum weir_verdict ide_access(struct weir_msg *msg, uint8_t *transfer);

/* ---- channel.c: the guest's accesses ---- */
/*
 * A register of the command block but the data register, or IDE_CONTROL. request: the access's number, so that one that
 * comes again after a restart is done once.
 */
uint8_t ide_read(struct ide_channel *c, unsigned reg);
void ide_write(struct ide_channel *c, uint32_t request, unsigned reg, uint8_t value);
/* The drive that the guest has selected. */
struct ide_drive *ide_selected(struct ide_channel *c);
/* That of the command that runs, or ran last. */
struct ide_drive *ide_working(struct ide_channel *c);
/* The guest finds no drive there. */
bool ide_is_empty(const struct ide_drive *d);

/* ---- command.c ---- */
void ide_command(struct ide_channel *c, uint8_t code);
/* Gives the drive the media command that runs, for these sectors of it. */
void ide_issue_media(struct ide_channel *c, uint32_t first, uint32_t sectors);
/* Gives the drive a command; its registers, and which drive, are in `task`. */
void ide_issue(struct ide_channel *c, ide_task task, uint8_t code);

/* ---- pio.c: the data register ---- */
/* false: the data that this request is to move are not ours. */
bool ide_has_data(const struct ide_channel *c, uint32_t request);
/*
 * Moves at least 1 byte and at most `bytes` from the drive to the guest, or to the drive, and returns how many; what is
 * more comes again in another request. request: its number, so that one that comes twice is done once.
 */
uint32_t ide_data_read(struct ide_channel *c, uint32_t request, uint8_t *to, uint32_t bytes);
uint32_t ide_data_write(struct ide_channel *c, uint32_t request, const uint8_t *from, uint32_t bytes);
/* Sectors of a DRQ block of the command that runs. */
uint32_t ide_block_sectors(struct ide_channel *c);
/* The sector that has been read, or written, counts from now on. */
void ide_count(struct ide_channel *c);
/* A sector is in the buffer of which the guest has not had everything. */
bool ide_is_reading(const struct ide_channel *c);

/* ---- busmaster.c ---- */
/* One byte of the channel's eight. */
uint8_t bm_read(struct ide_channel *c, unsigned reg);
void bm_write(struct ide_channel *c, unsigned reg, uint8_t value);

/* ---- engine.c: bounced and direct DMA ---- */
/* Starts the bus master where the guest has started it and a command is there that uses it. */
void engine_go(struct ide_channel *c);
void engine_stop(struct ide_channel *c);
/* What a look at the drive shows. */
enum engine_state {
    ENGINE_OFF = 0, /* no bounced DMA is under way */
    ENGINE_BUSY,
    ENGINE_NEXT,    /* a part has ended and the next one was begun */
    ENGINE_ENDED,   /* the command has ended, and its data are where they belong */
};
enum engine_state engine_sync(struct ide_channel *c);
/* The part at `now`, which the drive has, goes on with the bus master. */
void engine_part(struct ide_channel *c);
/*
 * In stage IDE_ISSUING: the part at `next` takes the place of the one that has ended. An instance that was ended in it
 * leaves it to be done from the beginning, unless the drive has its command.
 */
void engine_next(struct ide_channel *c);
/* Sectors of the part at `now`. */
uint32_t engine_part_sectors(const struct ide_channel *c);

/* ---- prd.c ---- */
/* Copies the guest's table for the controller. false: it names something else than the guest's RAM. */
must_check bool prd_copy(struct ide_channel *c);
/* Makes a list of pieces of it. */
must_check bool prd_list(struct ide_channel *c);
/* A table for `bytes` bytes of bounce memory. bytes > 0. */
void prd_bounce(struct ide_channel *c, uint32_t bytes);

/* ---- start.c ---- */
/* Takes the end of the pool for the channels. First of all, where there is an IDE controller. */
void ide_begin(void);
/* The guest does not run, or waits. Asks the drives who they are, or goes on where the last instance stopped. */
void ide_start(void);
/* Waits until these bits of the status have this value, at most `ms` milliseconds. Takes no interrupt. */
must_check bool ide_wait(const struct ide_channel *c, uint8_t bits, uint8_t value, unsigned ms);
/* A drive is what the rule means. */
bool ide_is_met(const struct policy_storage *e);

/* ---- adopt.c ---- */
bool ide_is_sound(const struct ide_saved *s);
void ide_adopt(struct ide_channel *c);

#endif
