/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a policy becomes: flat tables that the policy service publishes and init, watch and pci
 * read, and the messages by which watch asks for a Lua callback. doc/policy.md is the reference of
 * the language itself.
 *
 * Everything here crosses an address space in shared memory, so a reader treats it as hostile: it
 * takes a private copy with policy_tables_copy(), which validates the copy, and looks at nothing
 * else. After that every count, index, enumeration and range below can be relied on.
 */
#ifndef WEIR_POLICY_H
#define WEIR_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/abi.h>
#include <weir/policy_storage.h>

#ifndef must_check
#define must_check __attribute__((warn_unused_result))
#endif

#define POLICY_MAGIC 0x796c6f5072696557ull /* "WeirPoly" */
#define POLICY_ABI 5u

#define POLICY_MAX_IO 1024u
#define POLICY_MAX_MMIO 256u
#define POLICY_MAX_MSR 512u
#define POLICY_MAX_PCI 256u
#define POLICY_MAX_SERVICES 16u
#define POLICY_MAX_CALLBACKS 1024u

#define POLICY_LOG_LIMIT 100u /* the limit of a rule that logs and names none */
#define POLICY_MAX_LOG_LIMIT 1000000u

/* What happens to an access. Each table's comment says which of them it can hold. */
enum policy_action {
    POLICY_PASS = 0,  /* the hardware does it */
    POLICY_DENY,      /* reads give all ones, writes are dropped; MSRs: #GP */
    POLICY_READ_ONLY, /* reads pass, writes are dropped (MSRs with WRITE_FAULT: #GP) */
    POLICY_VALUE,     /* reads give the value, writes as in READ_ONLY */
    POLICY_CALL,      /* a Lua callback decides */
    POLICY_HIDE,      /* the PCI function does not exist */
    POLICY_ENCRYPT,   /* disks */
    POLICY_ACTIONS
};

enum policy_flag {
    POLICY_F_LOG = 1u << 0,         /* the access is logged as well */
    POLICY_F_READ_FIRST = 1u << 1,  /* CALL: a read is done first, the callback sees its result */
    POLICY_F_ERROR_PASS = 1u << 2,  /* CALL: a callback that fails means PASS, not DENY */
    POLICY_F_WRITE_FAULT = 1u << 3, /* MSRs, READ_ONLY and VALUE: a write raises #GP */
};

/*
 * In all tables `line` is the line of the policy file that made the entry, for log messages, and
 * `limit` the number of log lines that an entry with POLICY_F_LOG may write in a second (at most
 * POLICY_MAX_LOG_LIMIT; 0: any number). It is 0 without that flag.
 */

/*
 * PASS (logged), DENY, CALL. Ascending by first, not overlapping; what is in no entry is not
 * hooked.
 */
struct policy_io {
    uint16_t first, last;
    uint8_t action, flags;
    uint16_t callback; /* CALL: its id, else 0 */
    uint32_t line;
    uint32_t limit;
};
_Static_assert(sizeof(struct policy_io) == 16, "crosses address spaces");

/* The part that the entries for ports, memory and MSRs have in common, from `action` on. */
struct policy_rule {
    uint8_t action, flags;
    uint16_t callback;
    uint32_t line;
    uint32_t limit;
};
#define POLICY_RULE(entry) ((const struct policy_rule *)&(entry)->action)
#define POLICY_RULE_CHECK(entry)                                                                  \
    _Static_assert(offsetof(struct entry, flags) == offsetof(struct entry, action) + 1 &&         \
                   offsetof(struct entry, callback) == offsetof(struct entry, action) + 2 &&      \
                   offsetof(struct entry, line) == offsetof(struct entry, action) + 4 &&          \
                   offsetof(struct entry, limit) == offsetof(struct entry, action) + 8,           \
                   "begins a struct policy_rule")
POLICY_RULE_CHECK(policy_io);

/*
 * Which PCI functions an entry means. All of what is given must match; nothing given matches no
 * function.
 */
enum policy_pci_field {
    POLICY_BY_ADDRESS = 1u << 0,
    POLICY_BY_VENDOR = 1u << 1,
    POLICY_BY_DEVICE = 1u << 2, /* with BY_VENDOR only */
    POLICY_BY_CLASS = 1u << 3,
};

struct policy_pci_match {
    uint32_t class_value; /* 24 bits: class, subclass, prog-if as in config space 0Bh, 0Ah, 09h */
    uint32_t class_mask;
    uint16_t vendor, device;
    uint16_t address; /* bus 15:8, device 7:3, function 2:0 */
    uint16_t fields;  /* enum policy_pci_field */
};
_Static_assert(sizeof(struct policy_pci_match) == 16, "crosses address spaces");

#define POLICY_NO_BAR 0xff

/*
 * PASS (logged), DENY, CALL. First nmmio_absolute with absolute addresses (bar == POLICY_NO_BAR;
 * guest-physical, both ends inclusive), ascending and not overlapping. Then those relative to a
 * BAR, which pci resolves, in order of precedence: the first that matches decides, also over
 * absolute ones. Only these may be a PASS without a log flag. A `last` beyond the BAR's end means
 * the BAR's end.
 */
struct policy_mmio {
    uint64_t first, last;
    struct policy_pci_match pci;
    uint8_t action, flags;
    uint16_t callback;
    uint32_t line;
    uint32_t limit;
    uint8_t bar;
    uint8_t reserved[3];
};
_Static_assert(sizeof(struct policy_mmio) == 48, "crosses address spaces");
POLICY_RULE_CHECK(policy_mmio);

/* PASS (logged), DENY, READ_ONLY, VALUE, CALL. Ascending by first, not overlapping. */
struct policy_msr {
    uint32_t first, last;
    uint64_t value;
    uint8_t action, flags;
    uint16_t callback;
    uint32_t line;
    uint32_t limit;
    uint32_t reserved;
};
_Static_assert(sizeof(struct policy_msr) == 32, "crosses address spaces");
POLICY_RULE_CHECK(policy_msr);

/* PASS, READ_ONLY, HIDE. In order of precedence: the first that matches decides. No flags yet. */
struct policy_pci {
    struct policy_pci_match match;
    uint32_t line;
    uint8_t action, flags;
    uint16_t reserved;
};
_Static_assert(sizeof(struct policy_pci) == 24, "crosses address spaces");

struct policy_boot {
    uint8_t disk;      /* BIOS drive of the guest's boot sector, 80h to FFh; 0: the first one
                          that Weir was not started from */
    uint8_t partition; /* 0: the MBR; 1 to 4: that primary partition's boot sector */
    uint8_t drive;     /* the number the guest sees it under, 80h to FFh */
    uint8_t reserved;
    uint32_t line;
};
_Static_assert(sizeof(struct policy_boot) == 8, "crosses address spaces");

enum policy_level { POLICY_ERROR = 0, POLICY_WARN, POLICY_INFO, POLICY_DEBUG, POLICY_LEVELS };

#define POLICY_UART_NONE 0u
#define POLICY_UART_AUTO 0xffffu /* the second UART, if there is one */

struct policy_console {
    uint8_t level; /* enum policy_level: this and what is graver is written out */
    uint8_t reserved;
    uint16_t uart;     /* first of its 8 ports, POLICY_UART_NONE or POLICY_UART_AUTO */
    uint32_t ring_kib; /* memory ring, 16 to 1024, a power of two */
    uint32_t line;
};
_Static_assert(sizeof(struct policy_console) == 12, "crosses address spaces");

/* The port pair of the control service; port 0: the guest cannot talk to Weir. */
struct policy_control {
    uint16_t port; /* the first of the two, 100h to FFFEh */
    uint16_t reserved;
    uint32_t line;
};
_Static_assert(sizeof(struct policy_control) == 8, "crosses address spaces");

enum policy_on_limit {
    POLICY_FAIL_CLOSED = 0, /* what the service guards stays shut */
    POLICY_LIMIT_PASS,      /* its hooks are taken away */
    POLICY_LIMIT_STOP,      /* the machine stops */
    POLICY_ON_LIMITS
};

/* Every service that Weir knows has an entry, with the defaults where the policy is silent. */
struct policy_service {
    char name[16];          /* NUL-padded */
    uint32_t deadline_ms;   /* 1 to 10,000: own run time for a synchronous request */
    uint32_t restart_limit; /* 0 to 1,000 restarts ... */
    uint32_t window_s;      /* ... within 1 to 3,600 seconds */
    uint32_t backoff_ms;    /* 0 to 60,000: waited first, doubled with each within the window */
    uint32_t on_limit;      /* enum policy_on_limit */
    uint32_t line;          /* 0: not named in the policy */
};
_Static_assert(sizeof(struct policy_service) == 40, "crosses address spaces");

struct policy_tables {
    uint64_t magic;
    uint32_t abi, bytes;
    uint32_t generation; /* given by the policy service: 1, then one more with every reload */
    uint32_t callbacks;  /* ids 0 to callbacks - 1 */
    uint32_t nio, nmmio, nmmio_absolute, nmsr, npci, nservices;
    char name[64]; /* the policy's file name without its folder, NUL-padded */
    struct policy_boot boot;
    struct policy_console console;
    struct policy_control control;
    uint32_t nstorage, nranges, nkeys;
    struct policy_service services[POLICY_MAX_SERVICES];
    struct policy_io io[POLICY_MAX_IO];
    struct policy_mmio mmio[POLICY_MAX_MMIO];
    struct policy_msr msr[POLICY_MAX_MSR];
    struct policy_pci pci[POLICY_MAX_PCI];
    struct policy_storage storage[POLICY_MAX_STORAGE];
    struct policy_storage_range ranges[POLICY_MAX_STORAGE_RANGES];
    char keys[POLICY_MAX_KEYS][POLICY_KEY_NAME]; /* the boot modules that hold the raw keys */
};
_Static_assert(offsetof(struct policy_tables, boot) == 112, "crosses address spaces");
_Static_assert(offsetof(struct policy_tables, services) == 152, "crosses address spaces");
_Static_assert(sizeof(struct policy_tables) ==
                   152 + 640 + 16384 + 12288 + 16384 + 6144 + 2432 + 4096 + 192,
               "crosses address spaces");

/*
 * Copies the shared tables into the reader's own memory, then validates the copy. src may be
 * changed by its owner meanwhile. WEIR_OK, or WEIR_E_ARG and *reason (may be NULL) names what is
 * wrong; *dst then holds nothing usable.
 */
must_check enum weir_status
policy_tables_copy(struct policy_tables *dst, const struct policy_tables *src, const char **reason);

/* The second half of that, for tables nobody else can write to. */
must_check enum weir_status policy_tables_validate(const struct policy_tables *t,
                                                   const char **reason);

/*
 * The entry that decides an access of `size` bytes, NULL if none of its bytes is hooked. Where it
 * touches more than one, a DENY wins, else the lowest. The tables must be valid.
 */
const struct policy_io *policy_find_io(const struct policy_tables *t, uint16_t port, unsigned size);
const struct policy_msr *policy_find_msr(const struct policy_tables *t, uint32_t msr);

/* Absolute ones only; what BARs stand at is known to pci. */
const struct policy_mmio *policy_find_mmio(const struct policy_tables *t, uint64_t address,
                                           unsigned size);

/*
 * The function at `address` with these identification registers; NULL: no rule. class_code has 24
 * bits.
 */
const struct policy_pci *policy_find_pci(const struct policy_tables *t, uint16_t address,
                                         uint16_t vendor, uint16_t device, uint32_t class_code);
bool policy_pci_matches(const struct policy_pci_match *m, uint16_t address, uint16_t vendor,
                        uint16_t device, uint32_t class_code);

/* NULL: Weir knows no such service. */
const struct policy_service *policy_find_service(const struct policy_tables *t, const char *name);

/*
 * What no policy may name, because the kernel or pci owns it. NULL if the range is free, else the
 * reason. For MSRs *which is the lowest of them.
 */
const char *policy_io_reserved(uint16_t first, uint16_t last);
const char *policy_mmio_reserved(uint64_t first, uint64_t last);
const char *policy_msr_reserved(uint32_t first, uint32_t last, uint32_t *which);

/* ---- callbacks ---- */

enum policy_kind { POLICY_KIND_IO = 0, POLICY_KIND_MMIO, POLICY_KIND_MSR, POLICY_KINDS };

enum policy_event_flag {
    POLICY_E_WRITE = 1u << 0,
    POLICY_E_VALUE = 1u << 1, /* value is there: writes, and reads done before the callback */
};

/* One access of the guest. MMIO addresses are absolute, whatever the rule said. */
struct policy_event {
    uint64_t address; /* port, guest-physical address or MSR */
    uint64_t value;
    uint64_t rip;
    uint32_t size; /* bytes: 1, 2, 4 or 8 */
    uint32_t flags;
};
_Static_assert(sizeof(struct policy_event) == 32, "crosses address spaces");

/*
 * POLICY_PASS, POLICY_DENY or POLICY_VALUE (reads: what the guest gets; writes: what is written
 * instead).
 */
struct policy_result {
    uint64_t value;
    uint32_t action;
    uint32_t failed; /* 1: the callback failed and this is what the rule says for that case */
};
_Static_assert(sizeof(struct policy_result) == 16, "crosses address spaces");

/* Payload of a WEIR_MSG_CALL to policy; the answer's payload is a struct policy_result. */
struct policy_request {
    uint32_t kind;       /* enum policy_kind */
    uint32_t callback;   /* id from the table */
    uint32_t generation; /* of the tables it was read from; another one is answered as a failure */
    uint32_t reserved;
    struct policy_event event;
};
_Static_assert(sizeof(struct policy_request) == 48, "crosses address spaces");

/* ---- failures of services ---- */

/* What on.service_failed is told. */
struct policy_failure {
    char service[16];  /* NUL-padded, as the next */
    char reason[88];   /* "page fault at 0x10 (read)" */
    uint64_t rip;      /* of the service; 0 where there is none */
    uint32_t restarts; /* within the limit's window, this one included */
    uint32_t down;     /* 1: it has used them up and stays away */
};
_Static_assert(sizeof(struct policy_failure) == 120, "crosses address spaces");

/*
 * Region "events" of the policy service. init writes a failure, then told, and signals the note; policy counts done up
 * before it runs the callback, so that none is told twice. Entry i is failure[i % POLICY_FAILURES].
 */
#define POLICY_FAILURES 16u
struct policy_events {
    uint64_t told, done;
    struct policy_failure failure[POLICY_FAILURES];
};
_Static_assert(sizeof(struct policy_events) == 16 + 16 * 120, "crosses address spaces");

#endif
