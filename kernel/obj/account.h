/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_ACCOUNT_H
#define KERNEL_ACCOUNT_H

#include "object.h"

/* Counts what there is, or what there is of one domain. Slow: it walks every table. */
void account(const struct domain *only, struct weir_account *a);

#endif
