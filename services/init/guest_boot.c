/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_boot.h"
#include <string.h>

#define FIRST_DISK 0x80u
#define SECOND_DISK 0x81u

enum weir_status guest_boot_make(const struct policy_boot *boot, bool usb, struct weir_guest_boot *out,
                                 const char **reason)
{
    uint8_t disk = boot->disk ? boot->disk : usb ? SECOND_DISK : FIRST_DISK;
    uint8_t swap = 0;

    if (disk != boot->drive) {
        if (disk != FIRST_DISK && boot->drive != FIRST_DISK) {
            *reason = "guest.boot: one of disk and drive must be 0x80 where they differ";
            return WEIR_E_ARG;
        }
        swap = disk == FIRST_DISK ? boot->drive : disk;
    }
    memset(out, 0, sizeof(*out));
    out->drive = boot->drive;
    out->partition = boot->partition;
    out->swap = swap;
    return WEIR_OK;
}

/* Status codes of INT 13h: Phoenix Enhanced Disk Drive Specification 3.0, table 1; IBM PS/2 BIOS reference. */
const char *guest_boot_failure(uint8_t ah)
{
    switch (ah) {
    case 0xff:
        return "no boot signature (55AAh) on the guest's disk: it is not bootable, or encrypted and no rule decrypts it";
    case 0x00:
        return "the boot sector could not be read completely";
    case 0x01:
        return "no guest disk (the BIOS knows no such drive)";
    case 0x02:
    case 0x04:
    case 0x10:
        return "the boot sector of the guest's disk can't be read (bad sector)";
    case 0x80:
        return "no guest disk (drive not ready)";
    default:
        return "the boot sector of the guest's disk can't be read (BIOS error)";
    }
}
