/* SPDX-License-Identifier: BSD-2-Clause */
#include "paging.h"

#include "boot/boot.h"
#include "core/string.h"
#include "vcpu_ops.h"

static const char *const names[] = {"nested", "shadow-simple", "shadow-cached"};

enum paging paging_mode;

const char *paging_choose(bool nested_there)
{
    char wanted[16] = "";

    paging_mode = nested_there ? PAGING_NESTED : PAGING_SHADOW_CACHED;
    if (!boot_option("mmu", wanted, sizeof(wanted)))
        return NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (!string_equal(wanted, names[i]))
            continue;
        paging_mode = (enum paging)i;
        return i == PAGING_NESTED && !nested_there ? "mmu=nested: this CPU has no nested paging" : NULL;
    }
    return "mmu= must be nested, shadow-simple or shadow-cached";
}

const char *paging_name(void)
{
    return paging_is_shadow() ? names[paging_mode] : vcpu_ops->nested_paging;
}
