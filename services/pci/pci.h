/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mediation of PCI configuration space: a guest's configuration accesses in, what shall happen to
 * them out. The same sources make the pci service and the host tests. No I/O of its own: hardware
 * is reached through struct pci_ops. doc/pci.md says what an administrator and a maintainer can
 * expect of it.
 *
 * One struct pci is used by one thread at a time, also against the kernel's execution of
 * WEIR_V_PASS on other CPUs: with more than one CPU the user sets `exclusive` and holds one lock
 * around every call, and nothing is passed.
 */
#ifndef PCI_H
#define PCI_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/abi.h>
#include <weir/message.h>
#include <weir/policy.h>

#define PCI_BARS 6u
#define PCI_MAX_BRIDGES 256u
#define PCI_MAX_FUNCTIONS 64u                 /* with a BAR rule or read-only */
#define PCI_MAX_SEGMENTS 32u                  /* hooked parts of the BARs of one function */
#define PCI_MAX_HOOKS (PCI_MAX_SEGMENTS + 16) /* RAM in between may split them further */
#define PCI_MAX_RESERVED 64u
#define PCI_MAX_ECAM 4u

/* Register 00h of what stands in place of a hidden function 0 whose other functions are not hidden.
 */
#define PCI_PLACEHOLDER_ID 0xfffefffeu

enum pci_space {
    PCI_MEMORY = 0,
    PCI_PORTS,
};

/* What a range of addresses or ports is bound to. */
enum pci_hook_to {
    PCI_TO_WATCH = 0, /* rule: index into policy_tables.mmio */
    PCI_TO_NOBODY,    /* WEIR_BIND_FLOAT: a back door to a hooked BAR */
    PCI_TO_SELF,      /* the ECAM */
    PCI_TO_STORAGE,   /* memory: an AHCI controller's registers; rule: its index in struct weir_ahci. Ports: IDE's */
};

struct pci_hook {
    uint64_t first, last; /* inclusive */
    uint8_t space;        /* enum pci_space */
    uint8_t to;           /* enum pci_hook_to */
    uint16_t rule;
    uint32_t handle; /* what bind gave */
    uint64_t base;   /* of the BAR that it is part of */
};

/* Something the owner of a function's BARs (watch now, storage later) may have to know. Told after
 * it took effect. */
enum pci_event_kind {
    PCI_EVENT_COMMAND = 1, /* before, after: command register */
    PCI_EVENT_POWER,       /* before, after: 0 to 3 for D0 to D3hot (PCI PM 1.2, 3.2.4) */
    PCI_EVENT_IDENTITY, /* before, after: class code 31:8; a mode switch, or another device in its
                           place */
    PCI_EVENT_MOVED,    /* before, after: base address of BAR `bar`, when last decoded and now */
};

struct pci_event {
    uint8_t kind, bus, devfn, bar;
    uint64_t before, after;
};

/*
 * The hardware, and whoever binds ranges. None may call back into the library. Ports: size 1, 2, 4;
 * CF8h to CFFh, and the few beside them that an unaligned access of the guest touches.
 */
struct pci_ops {
    void *context;
    uint32_t (*in)(void *context, uint16_t port, unsigned size);
    void (*out)(void *context, uint16_t port, unsigned size, uint32_t value);
    uint32_t (*ecam_read)(void *context, uint64_t address,
                          unsigned size); /* size 1, 2, 4, aligned */
    void (*ecam_write)(void *context, uint64_t address, unsigned size, uint32_t value);
    /* The whole range or nothing; on WEIR_OK *handle is what unbind wants. */
    enum weir_status (*bind)(void *context, const struct pci_hook *hook, uint32_t *handle);
    void (*unbind)(void *context, const struct pci_hook *hook);
    void (*event)(void *context, const struct pci_event *event); /* may be NULL */
    void (*log)(void *context, const char *format,
                va_list args); /* a line, as printf's but without %n and floats */
};

struct pci_range {
    uint64_t first, last;
};

/* Of segment group 0; base is where bus 0 would stand (PCI Firmware Specification 3.3, table 4-3).
 */
struct pci_ecam {
    uint64_t base;
    uint8_t start_bus, end_bus;
};

/* Where a function sits, in terms that bus renumbering does not change. */
struct pci_where {
    int16_t bridge; /* index of the bridge right above it, -1: on a root bus */
    uint8_t root;   /* number of that root bus */
    uint8_t devfn;
};

struct pci_bridge {
    struct pci_where where;
    uint8_t secondary, subordinate;
    bool hidden;
};

struct pci_bar {
    uint32_t mask;  /* writable address bits of this dword, 0: not implemented */
    uint32_t fixed; /* its type bits */
    uint64_t size;  /* in bytes, of the BAR that starts here; 0: none does */
    bool io, wide;  /* wide: 64 bits, the upper half in the next dword */
    bool sizing;    /* the guest wrote all ones, which stands here and not in hardware */
};

/* What decides where a function's BARs stand, as it is in hardware or will be after a write. */
struct pci_decode {
    uint16_t command;
    uint32_t bar[PCI_BARS];
    uint64_t size[PCI_BARS];
};

/* A part of a BAR to be hooked, relative to it. */
struct pci_segment {
    uint64_t first, last;
    uint16_t rule;
    uint8_t bar, to;
};

/* Registers of a function that read as all ones and drop writes: back doors in configuration space.
 */
struct pci_blocked {
    uint16_t first, last;
};

struct pci_function {
    bool used, read_only;
    bool broken; /* its rules can't be kept: hooks stay as they are and writes are dropped */
    struct pci_where where;
    uint32_t id, class_code; /* registers 00h and 08h >> 8 */
    uint8_t bars;            /* BARs that its header type has */
    uint8_t rom_register;    /* 0: none */
    uint16_t power;          /* PMCSR's register, 0: none */
    uint16_t resizable;      /* Resizable BAR capability, 0: none */
    uint8_t resizables, resizable_bar[PCI_BARS];
    uint8_t power_state;
    struct pci_bar bar[PCI_BARS], rom;
    bool ide;     /* the one whose channels are at 1F0h and 170h */
    uint8_t ahci; /* a controller for storage: its index in struct weir_ahci, plus 1; 0: none */
    struct pci_decode now;
    uint64_t told[PCI_BARS]; /* where each BAR was when it was last decoded, 0: never */
    struct pci_segment segment[PCI_MAX_SEGMENTS];
    struct pci_blocked blocked[4];
    uint8_t segments, blocks;
    struct pci_hook hook[2 * PCI_MAX_HOOKS]; /* bound: during a move, the old and the new ones */
    uint8_t hooks;
};

/*
 * What a restarted service can't read from hardware. Belongs to the user, who keeps it over
 * restarts (zeroed before the first start) or gives private memory. Read back as hostile input:
 * every field is checked when it is used.
 */
#define PCI_SAVED_MAGIC 0x31764963506e6957ull
#define PCI_PATH_DEPTH 6u

struct pci_path { /* the place of an address in a rule, as the firmware numbered the buses */
    uint8_t root, depth, devfn, known;
    uint8_t bridge[PCI_PATH_DEPTH]; /* devfn of each bridge, from the root down */
};

struct pci_saved_size {
    struct pci_path path;
    uint8_t reserved[2];
    uint32_t id, class_code;
    uint32_t mask[PCI_BARS + 1]; /* the last is the expansion ROM's */
};

struct pci_saved_hook {
    uint64_t first, last;
    uint16_t rule;
    uint8_t space, to;
    uint32_t used;
};
#define PCI_SAVED_HOOKS 256u

struct pci_saved {
    uint64_t magic;
    uint32_t latch, latch_held;  /* CF8h as the guest left it, while the service borrows it */
    uint32_t generation, unused; /* of the tables that rule and mmio belong to */
    struct pci_path rule[POLICY_MAX_PCI];
    struct pci_path mmio[POLICY_MAX_MMIO];
    struct pci_saved_size size[PCI_MAX_FUNCTIONS];
    struct pci_saved_hook hook[PCI_SAVED_HOOKS];
};
_Static_assert(sizeof(struct pci_path) == 10 && sizeof(struct pci_saved_size) == 48,
               "outlives an instance");
_Static_assert(sizeof(struct pci_saved_hook) == 24, "outlives an instance");
_Static_assert(sizeof(struct pci_saved) <= 4 * WEIR_PAGE, "the state region");

struct pci {
    const struct policy_tables *tables;
    struct pci_ops ops;
    struct pci_saved *saved;
    bool exclusive;           /* in: pass nothing, see above */
    bool by_vendor, by_class; /* some rule needs the registers 00h, 08h */
    bool bar_rules;
    bool latch_held;
    uint32_t necam, nreserved, nbridges;
    struct pci_ecam ecam[PCI_MAX_ECAM]; /* in */
    struct pci_hook ecam_hook[PCI_MAX_ECAM];
    struct pci_ecam ecam_next; /* where a write puts it, if ecam_pending; hooked as [1] */
    bool ecam_pending;
    uint64_t pciexbar; /* Intel's PCIEXBAR as last seen, if follow_pciexbar */
    bool follow_pciexbar;
    struct pci_range reserved[PCI_MAX_RESERVED]; /* in: RAM, where no BAR can be reached */
    struct pci_where rule_where[POLICY_MAX_PCI], mmio_where[POLICY_MAX_MMIO];
    uint8_t bus_seen[32]; /* a bit for each bus that had a function when pci started */
    struct pci_bridge bridge[PCI_MAX_BRIDGES];
    struct pci_function function[PCI_MAX_FUNCTIONS];
};

/*
 * The caller zeroes *p and sets tables (valid, stay there), ops, saved, exclusive, ecam, reserved.
 * Finds the bridges, hooks the ECAM and every BAR that a rule names. Sizing a BAR turns the
 * function's decoding off for a moment: call it before the guest runs. On failure a line was logged
 * that says which rule can't be kept, and nothing may run.
 */
must_check enum weir_status pci_start(struct pci *p);

/*
 * One access of `size` bytes (1, 2, 4) to ports that touch CF8h to CFFh. *data: what is written;
 * what a read gives (WEIR_V_DONE), what shall be written instead (WEIR_V_REPLACE). Never fails.
 */
enum weir_verdict pci_port_access(struct pci *p, bool write, uint16_t port, unsigned size,
                                  uint64_t *data);

/* The same for 1 to 8 bytes, any alignment, at a physical address that touches an ECAM range. */
enum weir_verdict pci_ecam_access(struct pci *p, bool write, uint64_t address, unsigned size,
                                  uint64_t *data);

/* ---- ACPI's tables: mcfg.c, fadt.c ---- */

/* Copies physical memory; false where there is none to read. */
typedef bool pci_read_memory(void *context, uint64_t address, void *to, size_t bytes);

/*
 * Finds the ECAM ranges of segment group 0 through RSDP and RSDT or XSDT. Every byte is hostile.
 * Returns how many of `out` were filled; *others (may be NULL): ranges of other segment groups, or
 * more than fit.
 */
unsigned pci_find_ecam(pci_read_memory *read, void *context, struct pci_ecam out[PCI_MAX_ECAM],
                       unsigned *others);

/* A write to `port` of a value whose bits `mask` are `value` switches the machine off or resets it. */
struct pci_end {
    uint16_t port;
    uint32_t mask, value;
};
#define PCI_MAX_ENDS 10u

/* The ports by which ACPI sleeps, switches off and resets. Every byte is hostile. Returns how many. */
unsigned pci_find_ends(pci_read_memory *read, void *context, struct pci_end out[PCI_MAX_ENDS]);

#endif
