/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mediation of AHCI controllers. The guest's accesses to a controller's registers come in (registers.c); what the
 * controller gets is our own command lists, tables and FIS areas, filled from copies of the guest's that were checked
 * (issue.c); when the guest looks, what has finished is made visible to it: data, then FIS and byte count, then status
 * (complete.c). The same sources are the service and, on a model of a controller, the host tests.
 *
 * What the guest and the controller are in the middle of stands in `struct saved_port`, in memory that init owns, so
 * that another instance can go on with it (adopt.c). Everything else can be made again.
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

struct crypt_key;

#define HBAS 4u           /* controllers */
#define PORTS 12u         /* of all of them that are mediated; a guest does not see what is more */
#define DIRECT_PRDS 248u  /* so a command table is one page */
#define BOUNCED_PRDS 256u /* a sector is at most so many pieces of 2 bytes */
#define POOL_PAGES 2048u  /* 8 MiB */
#define PART_PAGES 256u   /* a disk command for bounced data has at most 1 MiB */
#define NO_POOL 0xffffffffu

/* ---- memory that init owns and that outlives an instance ---- */

enum slot_state {
    SLOT_FREE = 0,
    SLOT_PENDING, /* the guest has issued it; waits for room in the pool or for the end of a split command */
    SLOT_ISSUED,  /* the controller has (a part of) it. Written before its doorbell rings */
};

struct saved_slot {
    uint8_t state, way, class, addressing; /* enum slot_state, way, command_class, command_addressing */
    uint8_t write, ncq, last, unused; /* last: no part follows the one that is issued */
    uint32_t flags;                   /* DW0 of the guest's command header */
    uint32_t prds;                    /* PRDTL of the guest's */
    uint32_t order;                   /* of the port's commands, ascending */
    uint64_t table;                   /* the guest's command table */
    uint64_t lba;
    uint32_t sectors, done, part; /* of the command; reported so far; in the part that is issued */
    uint32_t prd, prd_offset;     /* where in the guest's PRDT the next part begins */
    uint32_t next_prd, next_offset; /* and the one after it */
    uint32_t pieces, bytes;       /* of guest memory in the part that is issued */
    uint32_t pool, pool_pages;    /* NO_POOL: none */
    uint32_t prdbc;               /* of the parts before */
    uint8_t fis[64];
    uint8_t acmd[16];
};
_Static_assert(sizeof(struct saved_slot) == 168, "crosses instances");

struct saved_port {
    uint64_t clb, fb;         /* as the guest wrote them */
    uint32_t ci, sact;        /* as the guest sees them */
    uint32_t issued, pending; /* slots by state */
    uint32_t queued;          /* of the issued ones: NCQ */
    uint32_t parted;          /* ... those that have more parts to come */
    uint32_t draining;        /* slots whose command the guest has cancelled while the controller may still run it */
    uint32_t is;              /* bits of PxIS that were taken out of hardware and which the guest has not seen yet */
    uint32_t owed;            /* a command ended, and the guest has not cleared PxIS since */
    uint32_t order;
    uint32_t running;   /* the guest has set PxCMD.ST */
    uint32_t stopped;   /* the controller found an error and waits for ST to be cleared */
    uint32_t bus_error; /* ... which is to look like one of the host's bus */
    uint32_t ie, sctl;  /* of a port that the guest finds empty */
    struct disk_identity id;
    struct saved_slot slot[SLOTS];
};

#define SAVED_MAGIC 0x3165676172497457ull

struct saved {
    uint64_t magic;
    struct {
        uint64_t base; /* 0: not taken over yet */
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

struct port {
    struct hba *hba;
    unsigned number;      /* on its controller */
    struct saved_port *s;
    struct dma_port *dma;
    struct piece (*pieces)[BOUNCED_PRDS];
    uint32_t at;          /* of its registers */
    uint8_t *list, *fis;  /* the guest's, where they can be reached; NULL: they are not in RAM */
    struct disk disk;
};

struct hba {
    uint64_t base;                 /* physical, 0: none */
    volatile uint8_t *registers;   /* hardware.c */
    unsigned index;
    uint32_t cap;
    uint32_t implemented;
    struct port *port[32];
};

struct storage {
    const struct policy_tables *tables;
    const struct crypt_key *keys;
    unsigned nkeys;
    struct saved *saved;
    struct dma *dma;
    uint64_t dma_phys;
    struct hba hba[HBAS];
    struct port port[PORTS];
    unsigned ports;
    bool ide;     /* an IDE controller is there */
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

/* ---- prdt.c ---- */
enum prdt_result { PRDT_OK = 0, PRDT_BUS_ERROR };
/* Copies and checks the guest's PRDT into the controller's. */
must_check enum prdt_result prdt_direct(const struct saved_slot *slot, struct ahci_prd *out);
/* Pieces of guest memory for up to `bytes` bytes, from slot->prd on; sets pieces, bytes, next_prd, next_offset. */
must_check enum prdt_result prdt_gather(struct saved_slot *slot, struct piece *out, uint32_t bytes);

/* ---- transfer.c: between pool and pieces of guest memory ---- */
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

/* ---- issue.c ---- */
/* The guest has set these bits in PxCI, which were clear. */
void issue_new(struct port *p, uint32_t slots);
/* Whatever waits and can go, in the order in which it came. */
void issue_pending(struct port *p);
/* The same on all ports, after room has come free. */
void issue_everywhere(void);
/* Slots whose command goes on with its next part, or whose part has to be done again. They are in no state's mask. */
void issue_again(struct port *p, uint32_t slots);

/* ---- complete.c ---- */
/* Makes visible what has finished. *is: PxIS as it was read before; bits that tell only of parts are taken out. */
void complete_sync(struct port *p, uint32_t *is);
/* The guest has cancelled everything (ST cleared, HBA reset). */
void complete_cancel(struct port *p);
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

/* ---- registers.c ---- */
/* One access of 1 to 8 bytes at an offset of the controller's registers. */
uint64_t registers_read(struct hba *h, uint64_t offset, unsigned size);
void registers_write(struct hba *h, uint64_t offset, unsigned size, uint64_t value);

/* ---- start.c, adopt.c ---- */
/*
 * `storage` has everything but controllers; bases: of their registers, 0: none. Takes the controllers over from the
 * firmware, or from an earlier instance. false: storage.reason says why the guest must not run.
 */
must_check bool storage_start(const uint64_t bases[HBAS], bool restarted);
/* The controller's registers are at `base` from now on; one that is new is taken over. */
must_check bool storage_open(struct hba *h, uint64_t base);
void adopt_port(struct port *p);
bool adopt_is_sound(const struct saved *s);

#endif
