/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a policy says about disks: storage.encrypt, storage.read_only, storage.deny. A part of the tables of
 * <weir/policy.h>, which includes this; read by storage and, for the keys, by init.
 */
#ifndef WEIR_POLICY_STORAGE_H
#define WEIR_POLICY_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_MAX_STORAGE 32u
#define POLICY_MAX_STORAGE_RANGES 128u
#define POLICY_MAX_KEYS 8u
#define POLICY_KEY_NAME 24u /* as long as a boot module's name can be, NUL included */

#define POLICY_SECTOR_BYTES 512u
#define POLICY_CHECK_BYTES 13u   /* a range's own check has at most so many bytes ... */
#define POLICY_CHECK_SECTORS 16u /* ... which lie within its first sectors */

/* Which disks a rule means: all that is given must match, nothing given matches every disk. */
enum policy_disk_field {
    POLICY_BY_MODEL = 1u << 0,
    POLICY_BY_SERIAL = 1u << 1,
    POLICY_BY_PORT = 1u << 2,
    POLICY_MODEL_PREFIX = 1u << 3, /* the model begins so; with BY_MODEL only */
    POLICY_SERIAL_PREFIX = 1u << 4,
};

enum policy_trim {
    POLICY_TRIM_DROP = 0, /* the guest's TRIM succeeds and does not reach the disk */
    POLICY_TRIM_PASS,     /* it reaches the disk, which then tells what is unused */
    POLICY_TRIMS
};

/*
 * ENCRYPT, READ_ONLY, DENY (enum policy_action). In order of precedence: of the ENCRYPT entries that match a disk the
 * first decides; READ_ONLY and DENY hold beside it.
 */
struct policy_storage {
    char model[40], serial[20]; /* printable ASCII, NUL-padded; without the blanks at the end */
    uint32_t line;
    uint16_t first_range, nranges; /* ENCRYPT: at least one */
    uint8_t action;
    uint8_t fields; /* enum policy_disk_field */
    uint8_t port;   /* of the AHCI controller, 0 to 31; IDE: drives 0 and 1 of the first channel, 2 and 3 */
    uint8_t key;    /* ENCRYPT: index into keys and into storage's region "keys" */
    uint8_t trim;   /* ENCRYPT: enum policy_trim */
    uint8_t require; /* ENCRYPT: 1: without such a disk at the start the guest is not started */
    uint8_t reserved[2];
};
_Static_assert(sizeof(struct policy_storage) == 76, "crosses address spaces");

/*
 * Sectors of 512 bytes, both ends inclusive; a `last` beyond the disk's end means its end. Sector `first` has tweak 0.
 * A rule's ranges ascend and don't overlap. check_bytes of `check` (0: no check) stand check_offset bytes after the
 * start of the range's plaintext if the key is right.
 */
struct policy_storage_range {
    uint64_t first, last;
    uint16_t check_offset;
    uint8_t check_bytes;
    uint8_t check[POLICY_CHECK_BYTES];
};
_Static_assert(sizeof(struct policy_storage_range) == 32, "crosses address spaces");

struct policy_tables;

/* What holds for one disk. */
struct policy_storage_disk {
    const struct policy_storage *encrypt; /* NULL: its sectors are as the guest wrote them */
    bool read_only;                       /* commands that change the media are aborted */
    bool deny;                            /* the guest finds no disk there */
};

/* The texts are IDENTIFY DEVICE's (ATA8-ACS, 7.16): bytes in reading order, NUL-terminated; blanks at both ends don't
 * count. port: 0 to 31. The tables must be valid. */
struct policy_storage_disk policy_find_storage(const struct policy_tables *t, const char *model, const char *serial,
                                               unsigned port);
bool policy_storage_matches(const struct policy_storage *e, const char *model, const char *serial, unsigned port);

/* The range of an ENCRYPT entry that holds the sector; NULL: none, it is plain. *until (may be NULL) is the last
 * sector for which the answer is the same. */
const struct policy_storage_range *policy_storage_range_find(const struct policy_tables *t,
                                                             const struct policy_storage *e, uint64_t sector,
                                                             uint64_t *until);

#endif
