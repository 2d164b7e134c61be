/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for the storage library: guest memory with holes, one AHCI controller with two ports, a disk on each. The
 * controller does what its command lists say and ends the test where they name memory that is neither the guest's RAM
 * nor storage's DMA memory. The cipher is a stand-in that any mix-up of sector, key or direction breaks.
 */
#ifndef TEST_STORAGE_MODEL_H
#define TEST_STORAGE_MODEL_H

#include "storage.h"

#define MODEL_BASE 0xfebf0000ull
#define MODEL_PORTS 2u
#define MODEL_DMA 0x40000000ull
#define MODEL_RAM_FIRST 0x100000u /* usable RAM of the guest: first to end, then firmware's; nothing else */
#define MODEL_RAM_END 0x2800000u
#define MODEL_MEMORY 0x2a00000u
#define MODEL_SECTORS 70000u
#define MODEL_STOOD 3u
#define MODEL_VENDOR 0x80u /* a command that nobody understands, and which may not be done twice */

struct model_port {
    uint64_t clb, fb;
    uint32_t is, ie, cmd, tfd, serr, sctl, sact, ci, accepted; /* accepted: queued commands that have left ci */
    uint64_t fail_lba; /* a sector that cannot be read or written; UINT64_MAX: none */
    uint32_t commands, aborted, flushes, vendor, resets, longest; /* longest: most sectors in a command */
    uint8_t log[64];    /* command codes, in the order in which they were done */
    uint32_t logged;
    bool large;         /* IDENTIFY says 4 KiB sectors */
};

struct model {
    uint8_t *memory;
    uint8_t *disk[MODEL_PORTS];
    struct model_port port[MODEL_PORTS];
    uint32_t is, ghc;
    bool automatic; /* every command is done at once */
    bool accepts;   /* NCQ commands leave PxCI before they are done */
    enum stood stood[MODEL_STOOD]; /* of this instance, and of those before */
    uint32_t ahead, ahead_value;   /* offsets of registers; 0: none. What the service said ahead ... */
    uint32_t posted, posted_value; /* ... and the write that comes with the next access */
    void (*tick)(void);             /* called before each access to a register */
    struct policy_tables tables;
};

extern struct model model;

/* A machine as firmware leaves it, storage not started. */
void model_begin(void);
void model_end(void);
/* Off and on again: memory and disks keep what they hold. */
void model_again(void);
/* storage_start() on it, as the n-th instance (from 0). */
bool model_start(unsigned instance);
/* Another instance's memory: nothing but what outlives one is left. Its model_start() is still to come. */
void model_instance(void);
/* Does the n-th of the commands that wait on a port; false: there are not so many. */
bool model_step(unsigned port, unsigned n);
/* An access of the guest's, done as the kernel does it with what the service says ahead (include/weir/message.h). */
uint32_t model_access(bool write, uint32_t offset, uint32_t value);
/* What an address is to a controller. Anything but RAM of the guest's and storage's own ends the test. */
uint8_t *model_bus(uint64_t address, uint64_t bytes);
/* What the stand-in cipher makes of a sector, in place. */
void model_cipher(uint64_t sector, uint8_t *data);


/* ---- between model.c and model_disk.c ---- */

/* A PRDT from prd on, left entries of it; moved: bytes so far. */
struct model_transfer {
    const struct ahci_prd *prd;
    uint32_t left, offset, moved;
};

/* Any other FIS is sent, and the disk does nothing that ends in one of its own. */
bool model_is_command(const uint8_t *fis);
/* Does a command of port n's. false: *error is the error register's value, and *at the sector, where there is one. */
bool model_do_command(unsigned n, const uint8_t *fis, uint32_t flags, struct model_transfer *t, uint32_t *error, uint64_t *at);
_Noreturn void model_die(const char *why, uint64_t value);

#endif
