/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mediation of AHCI controllers. The guest's accesses to a controller's registers come in (registers.c); what the
 * controller gets is our own command lists, tables and FIS areas, filled from copies of the guest's that were checked
 * (issue.c); when the guest looks, what has finished is made visible to it: data, then FIS and byte count, then status
 * (complete.c). The same sources are the service and, on a model of a controller, the host tests.
 *
 * What the guest and the controller are in the middle of stands in `struct saved_port`, in memory that init owns, so
 * that another instance can go on with it (adopt.c). Everything else can be made again. An instance can be ended
 * between any two of its instructions: whatever has to be true together becomes true by one store.
 */
#ifndef STORAGE_H
#define STORAGE_H

#include "ahci.h"
#include "command.h"
#include "disk.h"
#include "ide/saved.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vmm/status.h>
#include <weir/policy.h>
#include <weir/service.h>

struct crypt_key;
struct crypt_keys;

#define HBAS 4u           /* controllers */
#define PORTS 12u         /* of all of them that are mediated; a guest does not see what is more */
#define DIRECT_PRDS 248u  /* so a command table is one page */
#define BOUNCED_PRDS 256u /* a sector is at most so many pieces of 2 bytes */
#define POOL_PAGES 2048u  /* 8 MiB */
#define PART_PAGES 256u   /* a disk command for bounced data has at most 1 MiB */
#define NO_POOL 0xffffffffu

/* ---- memory that init owns and that outlives an instance: the journal (journal.c) ---- */

enum slot_state {
    SLOT_FREE = 0,
    SLOT_PENDING,   /* the guest has issued it; waits for room in the pool, for its turn, or to be rung again */
    SLOT_ISSUED,    /* the controller has (a part of) it, or is about to. Written before its doorbell rings */
    SLOT_CANCELLED, /* the guest has cancelled it while the controller may still run it */
};

/* What the guest wants. Does not change once it was accepted. */
struct slot_command {
    uint8_t class, addressing, write, ncq; /* enum command_class, command_addressing */
    uint32_t flags;                        /* DW0 of the guest's command header */
    uint32_t prds;                         /* PRDTL of the guest's */
    uint32_t order;                        /* of the port's commands, ascending */
    uint64_t table;                        /* the guest's command table */
    uint64_t lba;
    uint32_t sectors, unused;
    uint8_t fis[64];
    uint8_t acmd[16];
};
_Static_assert(sizeof(struct slot_command) == 120, "crosses instances");

/* How far it is. */
struct slot_step {
    uint32_t serial;              /* counts the slot's steps, see `rung` */
    uint8_t way, last, unused[2]; /* enum way; last: no part follows the one that is issued */
    uint32_t done, part;          /* sectors reported by the disk so far; in the part that is issued */
    uint32_t prd, prd_offset;     /* where in the guest's PRDT the part begins */
    uint32_t next_prd, next_offset; /* and the one after it */
    uint32_t pieces, bytes;       /* of guest memory in the part that is issued */
    uint32_t pool, pool_pages;    /* NO_POOL: none */
    uint32_t prdbc;               /* of the parts before */
    uint32_t unused2;
};
_Static_assert(sizeof(struct slot_step) == 56, "crosses instances");

struct saved_step {
    struct slot_step step;
    uint64_t sum;
};

struct saved_slot {
    struct slot_command command;
    uint64_t command_sum;
    struct saved_step step[2]; /* one is in force; the other is where the next is written */
    uint32_t now;             /* which, and the slot's state: journal.c. What it says is true from the one store on */
    uint32_t rung;            /* the serial of the step whose doorbell has rung */
};

/* What of our own we are in the middle of at a port. */
enum asking {
    ASKING_IDENTITY = 1,
    ASKING_RESET,
};

struct saved_port {
    uint32_t owner;           /* which port of which controller this is: port_owner(); 0: nobody's */
    uint32_t taken;           /* clb and fb are the guest's: the firmware's were read */
    uint64_t clb, fb;         /* as the guest wrote them */
    uint32_t armed;           /* bits of PxSACT whose command has not come yet */
    uint32_t is;              /* bits of PxIS that were taken out of hardware and which the guest has not seen yet */
    uint32_t hidden;          /* bits of PxIS that are being taken out */
    uint32_t owed;            /* a command ended, and the guest has not cleared PxIS since */
    uint32_t running;         /* the guest has set PxCMD.ST */
    uint32_t stopped;         /* the controller found an error and waits for ST to be cleared */
    uint32_t bus_error;       /* ... which is to look like one of the host's bus */
    uint32_t cancelling;      /* the guest clears ST: every command is to be cancelled */
    uint32_t asking;          /* enum asking; before it PxCMD, PxIE and PxIS were: */
    uint32_t asking_cmd, asking_ie, asking_is;
    uint32_t lost;            /* what was saved of the port made no sense: everything fails until ST is cleared */
    uint32_t shut;            /* the guest finds nothing here, whatever the rules say: a wrong key, for one */
    uint32_t first_cmd, first_ie; /* the firmware's */
    uint32_t ie, sctl, ci;    /* of a port that the guest finds empty */
    struct disk_identity id;
    uint64_t id_sum;
    struct saved_slot slot[SLOTS];
};

#define SAVED_MAGIC 0x3265676172497457ull

struct saved {
    struct weir_storage_counts counts;
    uint64_t magic;
    uint32_t settled; /* the number of the instance that last knew of every doorbell whether it had rung */
    uint32_t unused;
    struct {
        uint64_t base;      /* 0: not taken over yet */
        uint64_t resetting; /* the guest resets the controller */
    } hba[HBAS];
    struct saved_port port[PORTS];
    struct piece pieces[PORTS][SLOTS][BOUNCED_PRDS];
    struct ide_saved ide;
};

/* What the controllers read and write by DMA. */
struct dma_port {
    struct ahci_header list[SLOTS];
    uint8_t fis[FIS_AREA_BYTES];
    uint8_t unused[0x300];
    uint8_t own[SECTOR]; /* IDENTIFY data of our own commands; where aborted reads would go */
    uint8_t unused2[0x600];
    struct {
        uint8_t fis[64];
        uint8_t acmd[64];
        struct ahci_prd prdt[DIRECT_PRDS];
    } table[SLOTS];
};
_Static_assert(sizeof(struct dma_port) == 33 * 4096, "command tables are pages");
_Static_assert(offsetof(struct dma_port, fis) == 0x400 && offsetof(struct dma_port, own) == 0x800, "AHCI 1.3.1, 3.3.3");

struct dma {
    uint8_t pool[POOL_PAGES][4096];
    struct dma_port port[PORTS];
    struct ide_dma ide;
};

/* ---- an instance's own ---- */

struct hba;

/* A command of the guest's, as this instance knows it. */
struct slot {
    struct slot_command command;
    struct slot_step step;
    struct saved_slot *saved; /* its journal */
} __attribute__((aligned(256))); /* found with a shift */

struct port {
    struct hba *hba;
    unsigned number;      /* on its controller */
    struct saved_port *s;
    struct dma_port *dma;
    struct piece (*pieces)[BOUNCED_PRDS];
    uint32_t at;          /* of its registers */
    uint8_t *list, *fis;  /* the guest's, where they can be reached; NULL: they are not in RAM */
    struct disk disk;
    uint32_t pending, issued, cancelled; /* slots by state */
    uint32_t queued;      /* of the pending and issued ones: NCQ */
    uint32_t parted;      /* of the issued ones: more parts are to come */
    uint32_t order;
    uint32_t unknown, doubt; /* adopt.c: issued slots whose doorbell may have rung; ... which only a reset can tell */
    bool damaged;            /* what is saved of it makes no sense */
    struct slot slot[SLOTS];
};

static inline bool is_denied(const struct port *p)
{
    return p->disk.deny || p->s->shut;
}

struct hba {
    uint64_t base;                 /* physical, 0: none */
    volatile uint8_t *registers;   /* hardware.c */
    unsigned index;
    uint32_t cap;
    uint32_t implemented;
    struct port *port[32];
};

/* Where an instance was ended, as its hw_ring() sees it. */
enum stood {
    STOOD_UNKNOWN = 0,
    STOOD_ELSEWHERE, /* before or after it */
    STOOD_BETWEEN,   /* PxSACT was written, PxCI not */
    STOOD_BEHIND,    /* both, *rung not */
};

struct storage {
    const struct policy_tables *tables;
    const struct crypt_keys *keys;
    struct saved *saved;
    struct dma *dma;
    uint64_t dma_phys;
    struct hba hba[HBAS];
    struct port port[PORTS];
    unsigned ports;
    bool ide;     /* an IDE controller is there */
    enum stood stood;
    bool starved; /* some port's command waits for room in the pool */
    char reason[300]; /* why storage_start() failed */
};

extern struct storage storage;

static inline uint64_t dma_address(const void *p)
{
    return storage.dma_phys + (uint64_t)((const uint8_t *)p - (const uint8_t *)storage.dma);
}

/* ---- hardware.c, or the tests' model ---- */
uint32_t hw_read(const struct hba *h, unsigned reg);
void hw_write(const struct hba *h, unsigned reg, uint32_t value);
void hw_pause(unsigned us);
/* Makes the controller's registers reachable at `base`. false: they can't be. */
must_check bool hw_open(struct hba *h, uint64_t base);
/* Rings a slot's doorbell, PxSACT's first if it is queued, and then stores serial to *rung. */
void hw_ring(const struct port *p, uint32_t bit, bool queued, uint32_t *rung, uint32_t serial);
/* The guest's next access, if it reads that register of the port's, soon, gives value. */
void hw_ahead(const struct port *p, unsigned reg, uint32_t value);
/* Where was the n-th instance before this one ended (from 1)? */
enum stood hw_stood(unsigned before);
__attribute__((format(printf, 1, 2))) void hw_log(const char *format, ...);

static inline uint32_t px_read(const struct port *p, unsigned reg)
{
    return hw_read(p->hba, p->at + reg);
}

static inline void px_write(const struct port *p, unsigned reg, uint32_t value)
{
    hw_write(p->hba, p->at + reg, value);
}

/* ---- memory.c: the guest's RAM ---- */
/* The map of what a controller may reach. view: where address 0 of it is seen. */
void memory_begin(const struct weir_e820 *map, size_t n, uint8_t *view);
/* All of [address, address + bytes) in RAM of the guest's: where it is seen, else NULL. bytes > 0. */
uint8_t *memory_at(uint64_t address, uint64_t bytes);
/* The ranges themselves, ascending; false: there is no i-th. */
bool memory_range(unsigned i, uint64_t *first, uint64_t *bytes);
void memory_copy(void *to, const void *from, size_t bytes);

/* ---- pool.c ---- */
/* A run of at least 1 and at most `want` pages; NO_POOL: there is none. */
uint32_t pool_take(uint32_t want, uint32_t *got);
void pool_give(uint32_t first, uint32_t pages);
bool pool_claim(uint32_t first, uint32_t pages); /* for a run that an earlier instance took */
uint32_t pool_free_pages(void);
void pool_begin(void); /* all of it is free */

/* ---- journal.c: a slot's steps, each of which becomes true by one store ---- */
/* The slot's command and its first step: PENDING. */
void journal_accept(struct port *p, unsigned n);
/* The slot's step is in force from now on. */
void journal_step(struct port *p, unsigned n, enum slot_state state);
void journal_free(struct port *p, unsigned n);
/* What an earlier instance left, into p->slot[n]. false: it is damaged. */
must_check bool journal_load(struct port *p, unsigned n, enum slot_state *state, bool *rung);
/* Who the disk is has changed. */
void journal_identity(struct port *p);
must_check bool journal_identity_is_sound(const struct port *p);

/* ---- prdt.c ---- */
enum prdt_result {
    PRDT_OK = 0,
    PRDT_BUS_ERROR,
    PRDT_SHORT, /* for the sectors of the command; controllers differ in what they make of that, and QEMU's ends QEMU */
};
/* Copies and checks the guest's PRDT into the controller's. */
must_check enum prdt_result prdt_direct(const struct slot_command *c, struct ahci_prd *out);
/* Pieces of guest memory for up to `bytes` bytes, from step.prd on; sets pieces, bytes, next_prd, next_offset. */
must_check enum prdt_result prdt_gather(struct slot *slot, struct piece *out, uint32_t bytes);

/* ---- transfer.c: between pool and pieces of guest memory ---- */
/* Of an encrypted disk. Ends the instance if the keys were wiped. */
const struct crypt_key *transfer_key(const struct disk *d);
/* Sectors from lba on, encrypted or decrypted where the disk's rule says so; the pieces from `offset` on have to hold
 * them. */
void transfer_encrypt(const struct disk *d, uint64_t lba, uint32_t sectors, uint8_t *to, const struct piece *pieces,
                      uint32_t n, uint32_t offset);
void transfer_decrypt(const struct disk *d, uint64_t lba, uint32_t sectors, const uint8_t *from,
                      const struct piece *pieces, uint32_t n, uint32_t offset);
/* One sector between buffers of ours; in: decrypted. They do not overlap. */
void transfer_sector(const struct disk *d, uint64_t lba, uint8_t *to, const uint8_t *from, bool in);
/* Bytes as they are, at most as many as the pieces have. */
void transfer_bytes(const uint8_t *from, uint32_t bytes, const struct piece *pieces, uint32_t n);

/* ---- identify.c ---- */
/* Asks the port's disk who it is and finds its rules. The port runs, and no command is outstanding. */
void identify_disk(struct port *p);
/* Notes down what the port was like before. */
void identify_begin(struct port *p, enum asking what);

/* ---- issue.c ---- */
/* The guest has set these bits in PxCI, which were clear. */
void issue_new(struct port *p, uint32_t slots);
/* Whatever waits and can go, in the order in which it came. */
void issue_pending(struct port *p);
/* The same on all ports, after room has come free. */
void issue_everywhere(void);
/* For an instance that has found the slot in the journal. */
void issue_give_room(struct port *p, unsigned n);

/* ---- complete.c ---- */
/* Makes visible what has finished. is: PxIS as it was read before; returned without the bits that tell only of parts. */
uint32_t complete_sync(struct port *p, uint32_t is);
/* The guest has cancelled everything (ST cleared, HBA reset). */
void complete_cancel(struct port *p); /* s->cancelling is set */
/* Gives back what cancelled commands held, once the controller has let go of it. */
void complete_drain(struct port *p);

/* ---- port.c ---- */
uint32_t port_read(struct port *p, unsigned reg);
void port_write(struct port *p, unsigned reg, uint32_t value);
/* Tells the controller where our list and FIS area are, where PxCMD allows it. */
void port_program(struct port *p);
void port_find_memory(struct port *p);
must_check bool port_stop(struct port *p);
void port_start(struct port *p);

/* ---- denied.c ---- */
uint32_t denied_read(struct port *p, unsigned reg);
void denied_write(struct port *p, unsigned reg, uint32_t value);

/* Commands that the guest waits for at a port that is not its own any more: they fail. */
void denied_abort(struct port *p, uint32_t slots);

/* ---- foreign.c ---- */
/* true: somebody else drives the port; it is shut, and the guest's commands have failed. */
must_check bool foreign_before_issue(struct port *p);
must_check bool foreign_before_end(struct port *p);
/* Stops a port that is shut, and gives back what its commands held. */
void foreign_release(struct port *p);

/* ---- registers.c ---- */
/* One access of 1 to 8 bytes at an offset of the controller's registers. */
uint64_t registers_read(struct hba *h, uint64_t offset, unsigned size);
void registers_write(struct hba *h, uint64_t offset, unsigned size, uint64_t value);
void registers_reset(struct hba *h);

/* ---- start.c, adopt.c ---- */
/*
 * `storage` has everything but controllers; bases: of their registers, 0: none. Takes the controllers over from the
 * firmware, or, instance > 0, from an earlier one. false: storage.reason says why the guest must not run.
 */
must_check bool storage_start(const uint64_t bases[HBAS], unsigned instance);
/* The controller's registers are at `base` from now on; one that is new is taken over. */
must_check bool storage_open(struct hba *h, uint64_t base);
/* What the port was in the middle of; nothing is written to the controller. */
void adopt_load(struct port *p);
/* Goes on with it. */
void adopt_go_on(struct port *p);
/* A port whose record is gone. */
void adopt_lose(struct port *p);

#endif
