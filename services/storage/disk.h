/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk, whatever controller it is on: who it is by IDENTIFY (ATA8-ACS, 7.16), and what the policy says of it. AHCI's
 * ports and IDE's drives have one each.
 */
#ifndef STORAGE_DISK_H
#define STORAGE_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <vmm/status.h>
#include <weir/policy.h>

#define SECTOR 512u

/* A piece of guest memory. */
struct piece {
    uint64_t address;
    uint32_t bytes, unused;
};

enum disk_known {
    DISK_UNKNOWN = 0, /* not asked yet, or another may have been plugged in */
    DISK_NONE,        /* asked, and got no answer: no media command passes */
    DISK_KNOWN,
};

/* Outlives an instance. */
struct disk_identity {
    uint32_t known; /* enum disk_known */
    uint16_t atapi;
    uint16_t large; /* sectors of more than 512 bytes */
    uint64_t sectors;
    char model[44], serial[24];
};
_Static_assert(sizeof(struct disk_identity) == 88, "crosses instances");

struct disk {
    struct disk_identity *id;
    struct policy_storage_disk rule;
    unsigned number; /* what the policy calls its port */
    bool ruled;      /* encrypted, read-only or not known: only commands that are understood pass */
    bool deny;       /* the guest finds nothing there */
};

/* What becomes of a command. */
enum way {
    WAY_DIRECT = 0, /* the controller reads and writes the guest's memory itself, by a checked copy of its PRDs */
    WAY_BOUNCE,     /* through memory of ours, in parts if need be */
    WAY_ABORT,      /* a command that every disk aborts goes out in its place */
    WAY_IGNORE,     /* one that succeeds and does nothing */
    WAYS
};

/* For a disk with rules; class: enum command_class. */
enum way disk_way(const struct disk *d, unsigned class);

/* Finds the rules for what is saved. */
void disk_rules(struct disk *d);
/* Nobody has answered, or not yet. */
void disk_forget(struct disk *d, bool atapi);

/* Reads sectors of the disk. false: it can't. */
typedef bool disk_reader(void *context, uint64_t lba, uint32_t sectors, void *to);

/*
 * From IDENTIFY's 512 bytes: who the disk is, its rules, and whether the key is the right one. A disk that can't be
 * encrypted as the rules say is denied, with the reason in the log and in storage.reason.
 */
void disk_describe(struct disk *d, const uint8_t *data, disk_reader *read, void *context);
/* IDENTIFY data as the guest of an encrypted or read-only disk may see it. */
void disk_patch(const struct disk *d, uint8_t *data);
/* One line for the log. */
void disk_say(const struct disk *d);
/* Does what is saved make sense? */
bool disk_is_sound(const struct disk_identity *id);

#endif
