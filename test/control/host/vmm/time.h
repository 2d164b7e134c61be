/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of libvmm's: the test's clock. */
#ifndef VMM_TIME_H
#define VMM_TIME_H

#include <stdint.h>

uint64_t vmm_now(void);
uint64_t vmm_deadline(uint64_t us);

#endif
