/* SPDX-License-Identifier: BSD-2-Clause */
/* What the hook block does when the guest starts, and the block itself (doc/boot.md). Pure. */
#ifndef INIT_GUEST_BOOT_H
#define INIT_GUEST_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <weir/abi.h>
#include <weir/policy.h>

/* As in struct weir_hook_block. */
struct guest_boot {
    uint8_t drive, partition, swap;
};

/*
 * From the policy's guest.boot. usb: Weir itself was started from BIOS drive 80h (command line boot=usb), so the guest's own first disk is 81h there.
 * WEIR_E_ARG with *reason: the hook block can only exchange a drive with 80h.
 */
must_check enum weir_status guest_boot_make(const struct policy_boot *boot, bool usb, struct guest_boot *out,
                                            const char **reason);

/* Makes the block, a page of hook.S's code, for the guest's memory map: n entries, at most WEIR_HOOK_MAP count. */
void guest_boot_block(const struct guest_boot *boot, const struct weir_e820 *map, size_t n, struct weir_hook_block *block);

/* What the hook block reported (INT 13h's AH, FFh: no signature), in words. */
const char *guest_boot_failure(uint8_t ah);

#endif
