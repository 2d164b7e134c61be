/* SPDX-License-Identifier: BSD-2-Clause */
/* From the entry point to main(): checks the start block and starts musl. */
#include <elf.h>
#include <string.h>
#include <vmm/exit.h>
#include <vmm/log.h>
#include <vmm/start.h>
#include "internal.h"

static const struct weir_start *start_block;

const struct weir_start *vmm_start(void)
{
    return start_block;
}

/* `field` of a start block's name is NUL-padded, not terminated where it is full. */
static bool same_name(const char *name, const char *field, size_t size)
{
    size_t length = strlen(name);

    return length > 0 && length <= size && memcmp(name, field, length) == 0 &&
           (length == size || field[length] == '\0');
}

uint64_t vmm_capability(const char *name, enum weir_kind kind)
{
    for (uint32_t i = 0; i < start_block->ncaps; i++) {
        const struct weir_start_cap *cap = &start_block->caps[i];
        if (cap->kind == kind && same_name(name, cap->name, sizeof(cap->name))) {
            return cap->slot;
        }
    }
    return 0;
}

const struct weir_start_region *vmm_region(const char *name)
{
    for (uint32_t i = 0; i < start_block->nregions; i++) {
        const struct weir_start_region *region = &start_block->regions[i];
        if (same_name(name, region->name, sizeof(region->name))) {
            return region;
        }
    }
    return NULL;
}

static bool start_is_sound(const struct weir_start *start)
{
    return start->magic == WEIR_START_MAGIC && start->abi == WEIR_ABI &&
           start->bytes == sizeof(*start) && start->ncaps <= WEIR_START_CAPS &&
           start->nregions <= WEIR_START_REGIONS && start->tsc_hz != 0;
}

static void open_log(void)
{
    const struct weir_start_region *log = vmm_region("log");

    if (log && (log->prot & WEIR_P_WRITE)) {
        vmm_log_use((struct weir_ring *)log->va, log->bytes, WEIR_SLOT_CONSOLE);
    }
}

int main(int argc, char **argv);

/* musl's (src/env/__libc_start_main.c); the last three arguments serve dynamic linking. */
_Noreturn int __libc_start_main(int (*program)(int, char **), int argc, char **argv,
                                void (*init)(void), void (*fini)(void), void (*loader)(void));

/*
 * Called on the new stack by start.S. Compiled without stack protector, because musl sets its
 * canary before this ends. A service with another kernel's start block cannot even say so: it ends.
 */
_Noreturn void vmm_begin(const struct weir_start *start)
{
    /* What a System V process finds on its stack: arguments, environment, auxiliary vector. */
    static char name[sizeof(start->name) + 1];
    static uint64_t canary[2];
    static uintptr_t vector[] = {
        (uintptr_t)name,
        0, /* argv */
        0, /* environment */
        AT_PAGESZ,
        WEIR_PAGE,
        AT_RANDOM,
        (uintptr_t)canary,
        AT_NULL,
        0,
    };

    start_block = start;
    if (!start_is_sound(start)) {
        vmm_exit(VMM_EXIT_FATAL);
    }
    memcpy(name, start->name, sizeof(start->name));
    vmm_memory_begin(start);
    vmm_time_begin(start->tsc_hz);
    vmm_random_canary(canary);
    open_log();
    __libc_start_main(main, 1, (char **)vector, NULL, NULL, NULL);
}
