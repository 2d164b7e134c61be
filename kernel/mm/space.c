/* SPDX-License-Identifier: BSD-2-Clause */
#include "space.h"

#include "core/log.h"
#include "core/string.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define WINDOW_SLOT 509
#define KERNEL_SLOT 511

static u64 *kernel_pdpt;      /* behind PML4[511] of every space */
static u64 *kernel_device_pt; /* MMIO_VBASE */
static void *tss_pages[MAX_CPUS];
static void *closed_bitmap; /* two pages of ones: every port closed */
static void *ones_page;     /* the bitmap's closing byte (AMD APM vol. 2, 12.2.5) */

/* The table behind entry i of t, made if it is not there; NULL when the budget does not reach. */
static u64 *next_table(struct budget *b, u64 *t, unsigned i, u64 bits)
{
    if (!(t[i] & PTE_P)) {
        u64 *n = page_alloc(b, 1);
        if (!n)
            return NULL;
        t[i] = pa_of(n) | bits | PTE_P | PTE_W;
    }
    return va_of(t[i] & PTE_ADDR);
}

/* The entry for va at the level of `shift` (12: a page, 21: 2 MiB), under which no large page may stand. */
static u64 *find_entry(struct space *s, u64 va, unsigned shift, bool make)
{
    u64 *t = s->pml4;

    for (unsigned at = 39; at > shift; at -= 9) {
        unsigned i = (va >> at) & 511;
        if (!make && !(t[i] & PTE_P))
            return NULL;
        t = next_table(s->budget, t, i, va >> 63 ? 0 : PTE_U);
        if (!t)
            return NULL;
    }
    return &t[(va >> shift) & 511];
}

/* The last address up to `last` that the entry for va covers in a table of that level. */
static u64 entry_end(u64 va, u64 last, unsigned shift)
{
    u64 end = va | (BIT(shift) - 1);

    return end < last ? end : last;
}

static bool any_mapped(const u64 *t, unsigned shift, u64 va, u64 last)
{
    for (u64 end; va <= last; va = end + 1) {
        u64 e = t[(va >> shift) & 511];
        end = entry_end(va, last, shift);
        if (e && (shift == 12 || (e & PTE_PS) || any_mapped(va_of(e & PTE_ADDR), shift - 9, va, end)))
            return true;
    }
    return false;
}

static bool is_empty(const u64 *t)
{
    unsigned i = 0;

    while (i < 512 && !t[i])
        i++;
    return i == 512;
}

/* Clears the entries (a large page has been mapped whole, and is unmapped so) and frees the tables that are empty then. */
static void clear(struct budget *b, u64 *t, unsigned shift, u64 va, u64 last)
{
    if (shift == 12) {
        memset(&t[(va >> 12) & 511], 0, ((last - va) / PAGE_SIZE + 1) * sizeof(*t));
        return;
    }
    for (u64 end; va <= last; va = end + 1) {
        u64 *e = &t[(va >> shift) & 511];
        end = entry_end(va, last, shift);
        if (*e && !(*e & PTE_PS)) {
            u64 *below = va_of(*e & PTE_ADDR);
            clear(b, below, shift - 9, va, end);
            if (!is_empty(below))
                continue;
            page_free(b, below, 1);
        }
        *e = 0;
    }
}

u64 space_map(struct space *s, u64 va, u64 pa, u64 n, u64 bits)
{
    if (any_mapped(s->pml4, 39, va, va + n * PAGE_SIZE - 1))
        return WEIR_E_BUSY;
    for (u64 end = va + n * PAGE_SIZE, at = va, size; at < end;) {
        bool large = (at | pa) % (2 * MIB) == 0 && end - at >= 2 * MIB;
        u64 *e = find_entry(s, at, large ? 21 : 12, true);
        size = large ? 2 * MIB : PAGE_SIZE;
        if (!e) {
            space_unmap(s, va, (at + size - va) / PAGE_SIZE);
            return WEIR_E_MEMORY;
        }
        do { /* to the end of e's table */
            *e++ = pa | bits | (large ? PTE_PS : 0);
            at += size, pa += size;
        } while (((u64)e & PAGE_MASK) && end - at >= size);
    }
    return WEIR_OK;
}

void space_unmap(struct space *s, u64 va, u64 n)
{
    clear(s->budget, s->pml4, 39, va, va + n * PAGE_SIZE - 1);
}

/* Puts a TSS page, the bitmap and the closing byte where each CPU's task register expects them. */
static bool map_tss(struct space *s, u8 *bitmap)
{
    for (u32 c = 0; c < MAX_CPUS && tss_pages[c]; c++) {
        u64 va = TSS_VBASE + c * 0x4000ull;
        u64 page[4] = {pa_of(tss_pages[c]), pa_of(bitmap), pa_of(bitmap) + PAGE_SIZE, pa_of(ones_page)};
        for (unsigned i = 0; i < 4; i++) {
            u64 *pte = find_entry(s, va + i * PAGE_SIZE, 12, true);
            if (!pte)
                return false;
            *pte = page[i] | PTE_P | PTE_NX | PTE_A | PTE_D | (i == 0 ? PTE_W : 0);
        }
    }
    return true;
}

bool space_init(struct space *s, struct budget *budget)
{
    s->budget = budget;
    s->pml4 = page_alloc(budget, 1);
    if (!s->pml4)
        return false;
    s->pml4[KERNEL_SLOT] = pa_of(kernel_pdpt) | PTE_P | PTE_W;
    if (map_tss(s, closed_bitmap))
        return true;
    space_destroy(s);
    return false;
}

static u64 count_pages(const u64 *t, unsigned level, unsigned entries)
{
    u64 n = 0;

    for (unsigned i = 0; i < entries; i++)
        if (t[i] & PTE_P)
            n += level == 1 ? 1 : t[i] & PTE_PS ? 512 : count_pages(va_of(t[i] & PTE_ADDR), level - 1, 512);
    return n;
}

u64 space_count(const struct space *s)
{
    return count_pages(s->pml4, 4, 256);
}

static void free_tables(struct budget *b, u64 *t, unsigned level)
{
    if (level > 1)
        for (unsigned i = 0; i < 512; i++)
            if ((t[i] & PTE_P) && !(t[i] & PTE_PS))
                free_tables(b, va_of(t[i] & PTE_ADDR), level - 1);
    page_free(b, t, 1);
}

void space_destroy(struct space *s)
{
    u64 *pte = find_entry(s, TSS_VBASE + PAGE_SIZE, 12, false);

    if (pte && *pte && (*pte & PTE_ADDR) != pa_of(closed_bitmap))
        page_free(s->budget, va_of(*pte & PTE_ADDR), 2);
    s->pml4[KERNEL_SLOT] = 0;
    free_tables(s->budget, s->pml4, 4);
    s->pml4 = NULL;
}

u8 *space_io_bitmap(struct space *s)
{
    u64 now = *find_entry(s, TSS_VBASE + PAGE_SIZE, 12, false) & PTE_ADDR;

    if (now != pa_of(closed_bitmap))
        return va_of(now);
    u8 *own = page_alloc(s->budget, 2);
    if (!own)
        return NULL;
    memset(own, 0xff, 2 * PAGE_SIZE);
    ASSERT(map_tss(s, own)); /* its tables are there since space_init */
    return own;
}

static bool is_guard(u64 va)
{
    u64 at = va - (u64)boot_cpu_block;

    return at < CPU_BLOCK && (at == 0x2000 || at == 0x6000 || at == 0x8000 || at == 0xa000 || at >= 0xc000);
}

void space_boot(u64 image_rodata, u64 image_data, u64 image_end)
{
    struct budget *b = &kernel_budget;
    struct space s = {page_alloc(b, 1), b};

    ASSERT(s.pml4);
    for (u64 va = KERNEL_VBASE; va < KERNEL_VBASE + REGION_BYTES; va += PAGE_SIZE) {
        u64 bits = PTE_P | PTE_G | PTE_A | PTE_D;
        if (va >= image_data)
            bits |= PTE_NX | PTE_W;
        else if (va >= image_rodata)
            bits |= PTE_NX;
        if (va < image_end && is_guard(va))
            continue;
        u64 *pte = find_entry(&s, va, 12, true);
        ASSERT(pte);
        *pte = pa_of((void *)va) | bits;
    }
    u64 *device = find_entry(&s, MMIO_VBASE, 12, true);
    ASSERT(device);
    kernel_device_pt = (u64 *)((u64)device & ~PAGE_MASK);
    kernel_pdpt = va_of(s.pml4[KERNEL_SLOT] & PTE_ADDR);
    page_free(b, s.pml4, 1);
    closed_bitmap = page_alloc(b, 2);
    ones_page = page_alloc(b, 1);
    ASSERT(closed_bitmap && ones_page);
    memset(closed_bitmap, 0xff, 2 * PAGE_SIZE);
    memset(ones_page, 0xff, PAGE_SIZE);
}

void space_init_cpu(struct cpu *cpu, u32 id)
{
    struct space s;

    tss_pages[id] = page_alloc(&kernel_budget, 1);
    ASSERT(tss_pages[id] && space_init(&s, &kernel_budget));
    cpu->tss = tss_pages[id];
    u64 *pdpt = next_table(&kernel_budget, s.pml4, WINDOW_SLOT, 0);
    ASSERT(pdpt);
    cpu->window_pd = next_table(&kernel_budget, pdpt, 0, 0);
    ASSERT(cpu->window_pd);
    cpu->cr3 = pa_of(s.pml4);
    cpu->loaded_cr3 = cpu->cr3;
    for (unsigned i = 0; i < WINDOW_SLOTS; i++)
        cpu->window_tag[i] = ~0ull;
    write_cr3(cpu->cr3);
}

void *space_map_device(unsigned slot, u64 pa)
{
    void *va = (void *)(MMIO_VBASE + slot * PAGE_SIZE);

    kernel_device_pt[slot] = pa | PTE_P | PTE_W | PTE_NX | PTE_PCD | PTE_PWT | PTE_A | PTE_D;
    invlpg(va);
    return va;
}
