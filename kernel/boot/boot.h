/* SPDX-License-Identifier: BSD-2-Clause */
/* What the boot loader told us, copied out of its memory, and where the region was put. */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include "x86/types.h"
#include <weir/e820.h>

#define BOOT_MODULES 24
#define BOOT_MAP 128

struct boot_module {
    char name[24];
    u64 start, bytes; /* physical; in the region once boot_main has moved it */
};

struct boot_info {
    char cmdline[512];
    struct boot_module modules[BOOT_MODULES];
    u32 nmodules;
    struct weir_e820 map[BOOT_MAP]; /* the firmware's, then the guest's */
    u32 nmap;
    u64 tsc_hz;
    char version[32]; /* "VERSION svm npt" */
};
extern struct boot_info boot_info;

/* The value of name=value on the command line, cut to size - 1; false if it isn't there. */
bool boot_option(const char *name, char *value, size_t size);
/* Whether the bare word stands on the command line. */
bool boot_flag(const char *name);

/* Reads a multiboot2 information structure at address mbi, identity-mapped; false if it is none. boot/multiboot.c */
must_check bool multiboot_read(u32 magic, u64 mbi, struct boot_info *info);

/* boot/e820.c: pure. */
/* Cuts [base, base + bytes) out of the map's entries and adds it with the type; sorted result. false: too many entries. */
must_check bool e820_set(struct weir_e820 *map, u32 *n, u32 max, u64 base, u64 bytes, u32 type);
/* The highest aligned block of usable RAM below 4 GiB that touches none of the modules nor [keep, keep_end); 0: none. */
u64 e820_find_region(const struct boot_info *info, u64 bytes, u64 align, u64 keep, u64 keep_end);

/* Zeroes all usable RAM below 4 GiB and what is free of Weir's own: the boot loader leaves copies of the modules. boot/scrub.c */
void boot_scrub(const struct weir_e820 *map, u32 n);

#define E820_RESERVED 2u

#endif
