/* SPDX-License-Identifier: BSD-2-Clause */
/* The first domain. */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include "domain.h"

struct cpu;

extern struct domain *init_domain;

/* Loads the boot module "init", gives it all devices and modules, and runs it. Does not return. */
noreturn void init_start(struct cpu *cpu);

#endif
