/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's driver for IDE: accesses to ports, through the library's messages. */
#ifndef TEST_IDE_GUEST_H
#define TEST_IDE_GUEST_H

#include "channel_model.h"
#include "model.h"

#define TABLE_AT 0x110000u
#define DATA 0xa00000u
#define DISK (model_channel[0].drive[0].disk)

/* A machine with a rule for drive 0 (action 0: none). false: storage does not start on it. */
bool guest_begin(uint8_t action, uint64_t first, uint64_t last);
void fill(uint8_t *p, size_t n, unsigned seed);
/* Whether drive 0 has these sectors encrypted. */
bool is_encrypted(uint64_t lba, uint32_t sectors, const uint8_t *plain);

uint8_t port_in(uint32_t port);
void port_out(uint32_t port, uint8_t value);
/* Any access; bm: where the bus master's ports begin, 0 for others. */
uint32_t any_port(uint32_t port, unsigned size, bool write, uint32_t value, uint64_t bm);
/* REP INSW or OUTSW on the data register of a channel, in chunks of at most `chunk` bytes. */
void data_in(unsigned channel, void *to, uint32_t bytes, uint32_t chunk);
void data_out(unsigned channel, const void *from, uint32_t bytes, uint32_t chunk);
/* An access to a bus master's register, of 1 or 4 bytes. */
uint32_t bm_get(unsigned channel, unsigned reg, unsigned size);
void bm_set(unsigned channel, unsigned reg, unsigned size, uint32_t value);

/* Writes a command's registers and its code. drive: 0 to 3. */
void command(unsigned drive, uint8_t code, uint64_t lba, uint32_t sectors);
uint8_t status_of(unsigned drive);
/* A whole command by PIO; false: the drive says ERR. */
bool pio(unsigned drive, uint8_t code, uint64_t lba, uint32_t sectors, void *data, uint32_t chunk);
/* Puts a table of pieces of `piece` bytes for guest memory at `address`. */
void put_table(unsigned drive, uint32_t address, uint32_t bytes, uint32_t piece);
/* A whole command by DMA, its table is there; the status at its end. */
uint8_t dma(unsigned drive, uint8_t code, uint64_t lba, uint32_t sectors);

/* After every access a new instance takes the place of the one that did it, and gets the access again. */
extern bool guest_restarts;
/* After a death by ide_model_dies_after: that again for the instance that follows, once. */
extern uint32_t guest_dies_again;
/* dma() starts the bus master before it gives the command. */
extern bool guest_starts_first;

#endif
