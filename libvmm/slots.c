/* SPDX-License-Identifier: BSD-2-Clause */
/* Which capability slots from WEIR_SLOT_FREE on are free. */
#include <string.h>
#include <vmm/memory.h>
#include "bitmap.h"
#include "internal.h"

#define SLOTS \
    4096u /* a domain's table is no larger; one that is smaller refuses the higher slots itself */

static uint64_t taken[BITMAP_WORDS(SLOTS)];

void vmm_slots_begin(const struct weir_start *start)
{
    memset(taken, 0, sizeof(taken));
    bitmap_put(taken, 0, WEIR_SLOT_FREE, true);
    for (uint32_t i = 0; i < start->ncaps; i++) {
        if (start->caps[i].slot < SLOTS) {
            bitmap_put(taken, start->caps[i].slot, 1, true);
        }
    }
    for (uint32_t i = 0; i < start->nregions; i++) {
        if (start->regions[i].slot < SLOTS) {
            bitmap_put(taken, start->regions[i].slot, 1, true);
        }
    }
}

uint64_t vmm_slot_alloc(void)
{
    size_t slot = bitmap_find_clear(taken, SLOTS, 1);

    if (slot == SLOTS) {
        return 0;
    }
    bitmap_put(taken, slot, 1, true);
    return slot;
}

void vmm_slot_free(uint64_t slot)
{
    if (slot >= WEIR_SLOT_FREE && slot < SLOTS) {
        bitmap_put(taken, slot, 1, false);
    }
}
