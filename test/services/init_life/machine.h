/* SPDX-License-Identifier: BSD-2-Clause */
/* What a scenario is made of: machine.c has the functions. */
#ifndef INIT_LIFE_MACHINE_H
#define INIT_LIFE_MACHINE_H

#include "../check.h"
#include "kernel.h"
#include "things.h"
#include <weir/policy.h>

extern struct policy_tables policy; /* what the policy service publishes */
extern const char *policy_error;    /* or what it says instead */
extern unsigned stage, runs;        /* how far the scenario's script is; how often it does what it does */

/* One module more, if it has a name. */
extern struct extra_module {
    const char *name;
    const void *data;
    uint64_t bytes;
} extra_module;

/* All modules but `without` (NULL: all); watch's is cut to `cut` bytes if that is not 0. */
void boot_with(const char *without, uint64_t cut);

/* The policy that says nothing; the one that logs port 60h, denies 200h to 207h and hides USB controllers. */
void default_policy(void);
void busy_policy(void);

/*
 * Scripts (struct fake_kernel) and their parts. A new domain reports once: remember() it, forget_domain() when it is
 * stopped.
 */
struct fake_object *newcomer(void);
bool report(struct fake_object *domain);
void remember(struct fake_object *domain);
void forget_domain(const struct fake_object *domain);
bool guest_runs(void);
bool enough(void);
bool until_the_guest_runs(void); /* everyone reports; once the guest runs it is enough */

enum fake_end run_init(bool (*script)(void));
void refused(const char *text); /* the machine stops with this reason before the guest runs */

unsigned bound_devices(uint64_t mode);
void expect_log(const char *text);

struct scenario {
    const char *name;
    void (*run)(void);
};

#define SCENARIO(what) { #what, what }

extern const struct scenario start_scenarios[], key_scenarios[], restart_scenarios[], reload_scenarios[];

#endif
