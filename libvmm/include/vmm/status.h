/* SPDX-License-Identifier: BSD-2-Clause */
/* What libvmm's headers share. */
#ifndef VMM_STATUS_H
#define VMM_STATUS_H

#include <weir/abi.h>

#ifndef must_check
#define must_check __attribute__((warn_unused_result))
#endif

/* The name of a status for messages: "E_RANGE". Never NULL. */
const char *vmm_status_name(enum weir_status status);

#endif
