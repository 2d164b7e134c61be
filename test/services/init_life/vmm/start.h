/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of libvmm's: init under test is a host program, and its message pages are the fake kernel's. */
#ifndef VMM_START_H
#define VMM_START_H

#include <stdint.h>
#include <weir/abi.h>
#include <weir/message.h>

const struct weir_start *vmm_start(void);
struct weir_msg *vmm_message(void);
void *vmm_transfer(void);

#endif
