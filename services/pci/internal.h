/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the pci library share. Registers are named as in PCI Local Bus 3.0, chapter 6.
 */
#ifndef PCI_INTERNAL_H
#define PCI_INTERNAL_H

#include "pci.h"

#define CONFIG_ADDRESS 0xcf8u
#define CONFIG_DATA 0xcfcu
#define CONFIG_ENABLE 0x80000000u

#define PCI_ID 0x00u
#define PCI_COMMAND 0x04u
#define PCI_COMMAND_IO 1u
#define PCI_COMMAND_MEMORY 2u
#define PCI_STATUS 0x06u
#define PCI_STATUS_CAPABILITIES 0x10u
#define PCI_CLASS 0x08u /* revision in the low byte */
#define PCI_HEADER_TYPE 0x0eu
#define PCI_MULTI_FUNCTION 0x80u
#define PCI_BAR0 0x10u
#define PCI_BUS_NUMBERS 0x18u /* primary, secondary, subordinate */
#define PCI_ROM 0x30u
#define PCI_ROM_BRIDGE 0x38u
#define PCI_CAPABILITIES 0x34u

#define PCI_CAP_POWER 0x01u
#define PCI_CAP_VENDOR 0x09u
#define PCI_CAP_EXPRESS 0x10u
#define PCI_CAP_SATA 0x12u
#define PCI_CAP_ENHANCED_ALLOCATION 0x14u
#define PCI_EXT_RESIZABLE_BAR 0x15u

/* A function as the guest names it. */
struct pci_address {
    uint8_t bus, devfn;
};

/* ---- config.c: the service's own accesses. reg below 1000h, aligned to size 1, 2, 4. ----
 * Registers below 100h go through CF8h, whose content the guest gets back in pci_release; the
 * others through the ECAM. */
uint32_t pci_read(struct pci *p, struct pci_address a, unsigned reg, unsigned size);
void pci_write(struct pci *p, struct pci_address a, unsigned reg, unsigned size, uint32_t value);
void pci_release(struct pci *p);
uint32_t pci_latch(struct pci *p); /* CF8h as the guest left it */
void pci_set_latch(struct pci *p, uint32_t value);
bool pci_has_extended(const struct pci *p, struct pci_address a);
/* First capability with that id at or after the list's start, 0: none. At most 48 are followed. */
unsigned pci_capability(struct pci *p, struct pci_address a, unsigned id, unsigned after);
unsigned pci_extended_capability(struct pci *p, struct pci_address a, unsigned id);
__attribute__((format(printf, 2, 3))) void pci_log(struct pci *p, const char *format, ...);

/* ---- topology.c ---- */
#define PCI_MAX_ROUTES 4u
/*
 * Where bus `a.bus` leads. Returns how many places answer to it (1 unless the guest made bridges
 * overlap), which may be more than fit. pci_routes returns at most as many as fit; pci_decide hides
 * what has more.
 */
unsigned pci_routes(const struct pci *p, struct pci_address a,
                    struct pci_where out[PCI_MAX_ROUTES]);
unsigned pci_route(const struct pci *p, struct pci_address a, struct pci_where out[PCI_MAX_ROUTES]);
bool pci_behind_hidden(const struct pci *p, uint8_t bus);
/* false: no bus number leads there now. */
bool pci_locate(const struct pci *p, struct pci_where w, struct pci_address *out);
bool pci_same_where(struct pci_where a, struct pci_where b);
bool pci_behind(const struct pci *p, struct pci_where w, int bridge);
int pci_bridge_at(const struct pci *p, struct pci_where w);
/* Reads the bus numbers again, of this bridge and of those behind it; a bridge that is new is taken
 * in. */
void pci_bridge_written(struct pci *p, struct pci_address a, struct pci_where w);
bool pci_scan(struct pci *p);
void pci_path_of(const struct pci *p, struct pci_where w, struct pci_path *out);
bool pci_follow_path(const struct pci *p, const struct pci_path *path, struct pci_where *out);

/* ---- rules.c ---- */
struct pci_id {
    uint16_t vendor, device;
    uint32_t class_code;
};
struct pci_id pci_identify(struct pci *p, struct pci_address a);
bool pci_rule_matches(const struct pci *p, bool mmio, unsigned index, struct pci_address a,
                      struct pci_where w, const struct pci_id *id);
enum policy_action pci_decide(struct pci *p, struct pci_address a);
enum policy_action pci_decide_where(struct pci *p, struct pci_address a, struct pci_where w);
bool pci_has_bar_rule(struct pci *p, struct pci_address a, struct pci_where w);
void pci_rules_start(struct pci *p);
bool pci_is_ahci(uint32_t class_code);
bool pci_is_ide(uint32_t class_code);

/* ---- bars.c: arithmetic without hardware ---- */
void pci_bar_layout(struct pci_function *f, const uint32_t mask[PCI_BARS],
                    const uint32_t raw[PCI_BARS]);
uint64_t pci_bar_base(const struct pci_function *f, const struct pci_decode *d, unsigned bar);
bool pci_bar_decoded(const struct pci_function *f, const struct pci_decode *d, unsigned bar);
void pci_decode_apply(const struct pci_function *f, struct pci_decode *d, unsigned reg,
                      unsigned size, uint32_t value);
/* The hooks that *d asks for. Returns how many, -1 if they are more than fit. */
int pci_wanted_hooks(const struct pci *p, const struct pci_function *f, const struct pci_decode *d,
                     struct pci_hook out[PCI_MAX_HOOKS]);
uint64_t pci_resizable_bytes(uint32_t control);
uint32_t pci_merge(uint32_t old, unsigned reg, unsigned size, uint32_t value);

/* ---- journal.c ---- */
/* ops.bind and ops.unbind, written down in the saved state. */
must_check enum weir_status pci_bind(struct pci *p, struct pci_hook *h);
void pci_unbind(struct pci *p, const struct pci_hook *h);
void pci_give_back_leftovers(struct pci *p);

/* ---- segments.c ---- */
must_check bool pci_make_segments(struct pci *p, struct pci_function *f, struct pci_address a);

/* ---- sizing.c ---- */
/* Finds f's BARs and their sizes, from what was saved or by writing all ones while decoding is off.
 */
void pci_size_bars(struct pci *p, struct pci_function *f, struct pci_address a);
/* All ones to a BAR: remembered instead of written, if it is read-only or would move while decoded.
 */
bool pci_sizing_write(struct pci_function *f, unsigned reg, unsigned size, uint32_t value);
bool pci_sizing_read(const struct pci_function *f, unsigned reg, unsigned size, uint32_t *value);

/* ---- hooks.c ---- */
/* All of `want` that f has not yet, or none. */
must_check bool pci_bind_missing(struct pci *p, struct pci_function *f, struct pci_address a,
                                 const struct pci_hook *want, unsigned n);
void pci_unbind_others(struct pci *p, struct pci_function *f, const struct pci_hook *want,
                       unsigned n);

/* ---- function.c ---- */
struct pci_function *pci_find_function(struct pci *p, struct pci_where w);
/* Takes the function in if a BAR rule names it or it is read-only. false: it should be, but can't.
 */
must_check bool pci_adopt(struct pci *p, struct pci_address a, struct pci_where w);
/* The same for every function on a bus. */
bool pci_adopt_bus(struct pci *p, unsigned bus);
/* Makes hooks and records follow what hardware says now. */
void pci_resync(struct pci *p, struct pci_function *f);
/* Hooks for what a write would bring. false: they can't be had, so the write must not happen. */
must_check bool pci_prepare_write(struct pci *p, struct pci_function *f, struct pci_address a,
                                  unsigned reg, unsigned size, uint32_t value);
bool pci_is_blocked(const struct pci_function *f, unsigned reg, unsigned size);

/* ---- ecam.c ---- */
must_check bool pci_ecam_start(struct pci *p);
bool pci_ecam_target(const struct pci *p, uint64_t address, struct pci_address *a, unsigned *reg);
bool pci_ecam_address(const struct pci *p, struct pci_address a, uint64_t *address);
/* Around a write to the host bridge. false: the new place can't be hooked. */
must_check bool pci_ecam_prepare(struct pci *p, struct pci_address a, unsigned reg, unsigned size,
                                 uint32_t value);
void pci_ecam_settle(struct pci *p, struct pci_address a);

/* ---- mediate.c ---- */
/* A naturally aligned piece of an access, in configuration space. */
struct pci_piece {
    struct pci_address a;
    unsigned reg, size; /* size 1, 2, 4 */
    bool ecam;
    uint64_t at; /* port, or physical address */
};
uint32_t pci_ones(unsigned size);
uint32_t pci_hardware_read(struct pci *p, bool ecam, uint64_t at, unsigned size);
void pci_hardware_write(struct pci *p, bool ecam, uint64_t at, unsigned size, uint32_t value);
/* true: *value is what the guest gets, whatever hardware has. */
bool pci_ruled_read(struct pci *p, const struct pci_piece *c, uint32_t *value);
/* Does the write, and what goes with it, or drops it. *c may be changed. */
void pci_ruled_write(struct pci *p, struct pci_piece *c, uint32_t value);

#endif
