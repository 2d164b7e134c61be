/* SPDX-License-Identifier: BSD-2-Clause */
/* Which drive the hook block starts: the policy's guest.boot and the command line in, the kernel's request out. Pure. */
#ifndef INIT_GUEST_BOOT_H
#define INIT_GUEST_BOOT_H

#include <stdbool.h>
#include <weir/abi.h>
#include <weir/policy.h>

/*
 * usb: Weir itself was started from BIOS drive 80h (command line boot=usb), so the guest's own first disk is 81h there.
 * WEIR_E_ARG with *reason: the hook block can only exchange a drive with 80h.
 */
must_check enum weir_status guest_boot_make(const struct policy_boot *boot, bool usb, struct weir_guest_boot *out,
                                            const char **reason);

/* What the hook block reported (INT 13h's AH, FFh: no signature), in words. */
const char *guest_boot_failure(uint8_t ah);

#endif
