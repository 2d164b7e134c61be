/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of libvmm's: control under test is a host program, and what it was given is the test's. */
#ifndef VMM_START_H
#define VMM_START_H

#include <stdint.h>
#include <weir/abi.h>
#include <weir/message.h>

const struct weir_start *vmm_start(void);
uint64_t vmm_capability(const char *name, enum weir_kind kind);
const struct weir_start_region *vmm_region(const char *name);
struct weir_msg *vmm_message(void);
void *vmm_transfer(void);

#endif
