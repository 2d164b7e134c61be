/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From GRUB to the first service: reads the boot information, moves Weir to the top of low memory, builds the host's
 * tables, zeroes what the boot loader left, and starts init. init starts the guest (services/init).
 */
#include "boot.h"

#include "core/log.h"
#include "core/string.h"
#include "mm/page.h"
#include "mm/space.h"
#include "obj/init.h"
#include "vm/hook.h"
#include "vm/paging.h"
#include "vm/vcpu_ops.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/cpu.h"
#include "x86/fence.h"
#include "x86/insn.h"
#include "x86/trap.h"

struct boot_info boot_info;
extern char image_start[], image_rodata[], image_data[], image_end[];
static void make_version(char *to, size_t size)
{
    const char *const words[] = {WEIR_VERSION, vcpu_ops->name, paging_name()};
    size_t n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        string_copy(to + n, words[i], size - n);
        while (to[n])
            n++;
        if (i + 1 < ARRAY_SIZE(words) && n + 1 < size)
            to[n++] = ' ';
    }
}

void boot_main(u32 magic, u64 mbi);
void boot_move(void *to, const void *from, u64 bytes, u64 cr3);

/* Page tables for the moment of the move: they show the region where the loaded image was. */
static u64 move_pml4[512] __attribute__((aligned(4096)));
static u64 move_pdpt[512] __attribute__((aligned(4096)));
static u64 move_pd[512] __attribute__((aligned(4096)));

static u64 loaded_at(const void *p)
{
    return (u64)p - KERNEL_VBASE + KERNEL_LOAD;
}

static u64 round_up(u64 v, u64 to)
{
    return (v + to - 1) & ~(to - 1);
}

/* Copies the modules behind the image's place in the region, whole pages each. Returns the bytes used from base on. */
static u64 move_modules(u64 base, u64 image_bytes)
{
    u64 at = base + round_up(image_bytes, PAGE_SIZE);

    for (u32 i = 0; i < boot_info.nmodules; i++) {
        struct boot_module *m = &boot_info.modules[i];
        if (m->bytes > base + REGION_BYTES / 2 - at)
            refuse("", "the boot modules are larger than half of Weir's memory");
        memcpy((void *)at, (void *)m->start, m->bytes);
        memset((void *)(at + m->bytes), 0, round_up(m->bytes, PAGE_SIZE) - m->bytes);
        m->start = at;
        at += round_up(m->bytes, PAGE_SIZE);
    }
    return at - base;
}

/* Copies the running image to the region and goes on there. Returns the region's used bytes. */
static u64 move_to_region(void)
{
    u64 image_bytes = (u64)(image_end - image_start);
    u64 base = e820_find_region(&boot_info, REGION_BYTES, 2 * MIB, KERNEL_LOAD, KERNEL_LOAD + image_bytes);

    if (!base)
        refuse("", "no 32 MiB of free memory below 4 GiB");
    u64 used = move_modules(base, image_bytes);
    const u64 *now = (const u64 *)(read_cr3() & PTE_ADDR);
    memcpy((void *)loaded_at(move_pml4), now, PAGE_SIZE);
    for (u64 i = 0; i < REGION_BYTES >> 21; i++)
        move_pd[i] = (base + (i << 21)) | PTE_P | PTE_W | PTE_PS;
    move_pdpt[510] = loaded_at(move_pd) | PTE_P | PTE_W;
    move_pml4[511] = loaded_at(move_pdpt) | PTE_P | PTE_W;
    region_base = base;
    boot_move((void *)base, image_start, image_bytes, loaded_at(move_pml4));
    return used;
}

static u16 log_port(void)
{
    char where[8];

    if (!boot_option("log", where, sizeof(where)) || string_equal(where, "com2"))
        return 0x2f8;
    if (string_equal(where, "com1"))
        return 0x3f8;
    return 0;
}

/* The map that the guest will see: Weir's region and the hook block's page are reserved. */
static void make_guest_map(void)
{
    if (!e820_set(boot_info.map, &boot_info.nmap, BOOT_MAP, region_base, REGION_BYTES, E820_RESERVED) ||
        !hook_reserve(boot_info.map, &boot_info.nmap, BOOT_MAP))
        refuse("", "the firmware's memory map has too many entries");
}

void boot_main(u32 magic, u64 mbi)
{
    if (!multiboot_read(magic, mbi, &boot_info))
        refuse("", "not started by a multiboot2 loader, or without a memory map");
    log_use_uart(log_port());
    cpu_find_features();
    const char *why = vcpu_ops_choose();
    u64 used = move_to_region();

    page_init(region_base, (u32)(used / PAGE_SIZE));
    space_boot((u64)image_rodata, (u64)image_data, (u64)image_end);
    struct cpu *cpu = (struct cpu *)boot_cpu_block;
    space_init_cpu(cpu, 0);
    trap_init();
    cpu_init(cpu, 0);
    if (why)
        refuse("", why);
    make_version(boot_info.version, sizeof(boot_info.version));
    log_line("weir %s", boot_info.version);
    make_guest_map();
    boot_scrub(boot_info.map, boot_info.nmap);
    apic_init();
    fence_init();
    clock_init();
    vcpu_ops->init_cpu(cpu);
    init_start(cpu);
}
