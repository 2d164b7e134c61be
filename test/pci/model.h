/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PC's configuration space as a model for the tests: functions with registers and write masks,
 * bridges that route, CF8h/CFCh and the ECAM in front of them, and the ranges that pci bound. After
 * every write to hardware it checks that no hooked BAR can be reached unhooked.
 */
#ifndef MODEL_H
#define MODEL_H

#include "pci.h"

#define MODEL_DEVICES 16
#define MODEL_HOOKS 256

struct device {
    bool present, bridge;
    int parent;   /* index of the bridge above, -1 on a root bus */
    uint8_t root; /* number of that root bus */
    uint8_t devfn;
    uint8_t reg[4096], mask[4096];
    uint8_t power; /* register of PMCSR, 0: none */
};

/* What must be hooked: offsets first..last of a BAR, for rule `rule` of the policy or for nobody.
 */
struct expectation {
    int device;
    unsigned bar;
    uint64_t first, last;
    uint8_t to;
    uint16_t rule;
};

struct model {
    struct device device[MODEL_DEVICES];
    unsigned devices;
    uint32_t latch;
    bool keeps_low_bits; /* of CF8h, as QEMU does */
    bool extended_bits;  /* CF8h 27:24 count, as on AMD */
    uint64_t ecam;       /* 0: none, unless PCIEXBAR of device 0 says so */
    bool pciexbar;
    unsigned other_writes; /* to ports that are no configuration access */
    uint16_t last_port;
    uint32_t last_value;
    struct pci_hook hook[MODEL_HOOKS];
    bool bound[MODEL_HOOKS], orphan[MODEL_HOOKS]; /* orphan: in force, but its instance died */
    unsigned binds, unbinds, malformed; /* malformed: bindings that no kernel would make */
    uint64_t refuse_first, refuse_last; /* bind fails for what overlaps this, if not both 0 */
    struct expectation expect[16];
    unsigned expects;
    bool started;         /* the guest runs: from now on nothing may be reached unhooked */
    uint32_t untouchable; /* a bit for each device that must not be written to from now on */
    struct pci_event event[32];
    unsigned events;
    unsigned logs;
    char log[256];
    int die_after; /* >= 0: the service's port accesses until die() is called, which does not return
                    */
    void (*die)(void);
    unsigned failures;
    struct pci pci;
    struct pci_saved saved;
};

void model_init(struct model *m);
/* Fills it with the devices below. */
void model_machine(struct model *m);

enum { HOST, VGA, NIC, UHCI, UHCI2, EHCI, LPC, AHCI, BRIDGE, BEHIND, INNER, DEEP };

#define DEVFN(device, function) ((device) << 3 | (function))

int model_add(struct model *m, int parent, uint8_t devfn, uint32_t id, uint32_t class_code);
int model_add_bridge(struct model *m, int parent, uint8_t devfn, uint8_t secondary,
                     uint8_t subordinate);
/* type: the low four bits of the register; 64-bit BARs take two. Size is a power of two. */
void model_add_bar(struct model *m, int device, unsigned bar, uint32_t type, uint64_t size,
                   uint64_t base);
void model_add_capability(struct model *m, int device, uint8_t at, uint8_t id);
void model_put(struct model *m, int device, unsigned reg, unsigned size, uint64_t value);
uint64_t model_get(const struct model *m, int device, unsigned reg, unsigned size);
void model_expect(struct model *m, int device, unsigned bar, uint64_t first, uint64_t last,
                  uint8_t to, uint16_t rule);
uint64_t model_bar(const struct model *m, int device, unsigned bar);
bool model_decoded(const struct model *m, int device, unsigned bar);

/* Zeroes m->pci and starts it on the tables. */
enum weir_status model_start(struct model *m, const struct policy_tables *tables);

/* The guest, through pci if it was started and mediated is true, else on bare hardware. */
void guest_out(struct model *m, uint16_t port, unsigned size, uint32_t value);
uint32_t guest_in(struct model *m, uint16_t port, unsigned size);
void guest_ecam_write(struct model *m, uint64_t address, unsigned size, uint64_t value);
uint64_t guest_ecam_read(struct model *m, uint64_t address, unsigned size);

/* The same as a guest's driver would do it: configuration mechanism #1. */
uint32_t guest_read(struct model *m, unsigned bus, unsigned devfn, unsigned reg, unsigned size);
void guest_write(struct model *m, unsigned bus, unsigned devfn, unsigned reg, unsigned size,
                 uint32_t value);

/* Every expectation holds, and nothing else is hooked but the ECAM. */
void model_check(struct model *m, bool exact);
/* Whether `at` is bound, and to what; NULL: it is not. */
const struct pci_hook *model_hook_at(const struct model *m, uint8_t space, uint64_t at);

#define MODEL_ECAM 0xb0000000ull

#endif
