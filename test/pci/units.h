/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files *_units.c have in common: the machine, the rules of the policy, and a table of tests each. */
#ifndef TEST_PCI_UNITS_H
#define TEST_PCI_UNITS_H

#include <stdio.h>

#include "model.h"

extern struct model m;
extern struct policy_tables tables;
extern unsigned failures;

#define EXPECT(condition)                                                                    \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            fprintf(stderr, "FAILED: %s:%d: %s (log: %s)\n", __FILE__, __LINE__, #condition, \
                    m.log);                                                                  \
            failures++;                                                                      \
        }                                                                                    \
    } while (0)

#define EXPECT_HEX(got, want)                                                                   \
    do {                                                                                        \
        unsigned long long got_ = (got), want_ = (want);                                        \
        if (got_ != want_) {                                                                    \
            fprintf(stderr, "FAILED: %s:%d: %s: expected %llx, got %llx (log: %s)\n", __FILE__, \
                    __LINE__, #got, want_, got_, m.log);                                        \
            failures++;                                                                         \
        }                                                                                       \
    } while (0)

/* Rules of the policy that start() gives to pci, in the order in which they are made. */
struct policy_pci_match by_class(uint32_t value, uint32_t mask);
struct policy_pci_match by_id(uint16_t vendor, uint16_t device);
struct policy_pci_match by_address(unsigned bus, unsigned devfn);
void rule(enum policy_action action, struct policy_pci_match match);
void bar_rule(enum policy_action action, uint8_t flags, unsigned bar, uint64_t first, uint64_t last,
              struct policy_pci_match match);
void nic_rule(void);
void start(void);

/* Device `device` of the model, at bus:devfn, is absent to the guest and untouched by it. */
void expect_hidden(unsigned bus, unsigned devfn, int device);

#define ECAM_AT(bus, devfn, reg) \
    (MODEL_ECAM + ((uint64_t)(bus) << 20) + ((uint64_t)(devfn) << 12) + (reg))

/* A test starts on a machine of model_machine() without rules. */
struct unit_test {
    const char *name;
    void (*run)(void);
};

#define UNIT_TEST(what) {#what, test_##what}

extern const struct unit_test config_tests[], bar_tests[], bridge_tests[], restart_tests[];

#endif
