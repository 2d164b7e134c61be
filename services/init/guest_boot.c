/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_boot.h"
#include <string.h>
#include <weir/e820.h>

#define FIRST_DISK 0x80u
#define SECOND_DISK 0x81u
#define MIB 0x100000ull

extern const uint8_t hook_block[WEIR_PAGE]; /* hook.S */

enum weir_status guest_boot_make(const struct policy_boot *boot, bool usb, struct guest_boot *out,
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
    *out = (struct guest_boot){ boot->drive, boot->partition, swap };
    return WEIR_OK;
}

void guest_boot_block(const struct guest_boot *boot, const struct weir_e820 *map, size_t n, struct weir_hook_block *block)
{
    uint64_t low = weir_e820_ram_from(map, n, MIB, 16 * MIB);
    uint64_t high = low == 15 * MIB ? weir_e820_ram_from(map, n, 16 * MIB, 4096 * MIB) : 0;
    uint64_t all = (low + high) / 1024;

    memcpy(block, hook_block, WEIR_PAGE);
    block->drive = boot->drive;
    block->partition = boot->partition;
    block->swap = boot->swap;
    block->limit_88 = (uint16_t)(all < 0xffff ? all : 0xffff);
    block->limit_16m = (uint16_t)(low / 1024);
    block->limit_64k = (uint16_t)(high / 65536);
    while (block->map_count < n && block->map_count < WEIR_HOOK_MAP) {
        memcpy(block->map[block->map_count], &map[block->map_count], sizeof(block->map[0]));
        block->map_count++;
    }
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
