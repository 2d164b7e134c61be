/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What init holds for as long as Weir runs, by name: memory that outlives the services it is given to, and devices.
 * Names are string constants or stand in the start block.
 */
#ifndef INIT_THINGS_H
#define INIT_THINGS_H

#include <stdint.h>
#include <vmm/status.h>

#define THING_NAME 24u /* as in the start block */

struct thing_memory {
    const char *name;
    uint64_t slot;
    void *va;       /* where init has it mapped */
    uint64_t bytes; /* what of it means something; the object has whole pages */
    uint64_t phys;  /* of memory that init made */
};

struct thing_device {
    const char *name;
    uint64_t slot;
};

/* Adds what the start block holds: the modules, the memory map, the root devices. */
must_check enum weir_status things_begin(void);

/* Makes zeroed memory, mapped readable and writable in init. NULL: out of memory or of room. */
const struct thing_memory *things_make_memory(const char *name, uint64_t bytes);

/* The same of memory that is zeroed before the machine is switched off or reset (WEIR_MEMORY_SECRET). */
const struct thing_memory *things_make_secret(const char *name, uint64_t bytes);

/* What was made by these goes; a boot module too. Nothing of that name: nothing happens. */
void things_free_memory(const char *name);

/* The two memories change names. Both must exist. */
void things_swap(const char *a, const char *b);

/* Makes a device of first to last (inclusive) of the device `parent`. 0: out of slots or of the parent's range. */
uint64_t things_make_device(const char *name, const char *parent, uint64_t first, uint64_t last);

/* NULL, 0: init has nothing of that name. */
const struct thing_memory *things_memory(const char *name);
uint64_t things_device(const char *name);

#endif
