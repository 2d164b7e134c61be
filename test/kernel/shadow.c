/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shadow paging without a CPU: guest tables of all three formats in the tests' physical memory, changed at random the
 * way a guest may (writes through its own mappings, INVLPG, CR3 loads). After each flush, what the shadow tables give
 * must be what the guest's tables say; a table that is shadowed must never be writable unseen.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "mm/page.h"
#include "mm/space.h"
#include "mm/window.h"
#include "obj/device.h"
#include "vm/a20.h"
#include "vm/exit.h"
#include "vm/hook.h"
#include "vm/npt.h"
#include "vm/shadow.h"
#include "vm/shadow_pool.h"
#include "vm/vcpu_ops.h"

#define TABLES 0x400000ull /* 64 pages that hold tables or data */
#define NTABLES 64u
#define MMIO_PAGE 0x500000ull
#define RO_PAGE 0x9f000ull

enum format { BITS32, PAE, BITS64 };

static struct vcpu v;
static struct guest_view view;
static enum format format;
static u64 faulted, emulated, mmio; /* what the last exit led to */
enum paging paging_mode;
bool trace_exits, a20_closed;

/* The rest of the kernel. */
static void get_view(const struct vcpu *of, struct guest_view *g)
{
    *g = view;
    g->cr3 = of->control.cr3;
}

static void note_cr2(struct vcpu *of, u64 cr2)
{
    (void)of, (void)cr2;
}

static void nothing(struct vcpu *of)
{
    of->flush_tlb = true;
}

static const struct vcpu_ops ops = {.guest_view = get_view, .set_cr2 = note_cr2, .load_control = nothing};
const struct vcpu_ops *vcpu_ops = &ops;


u64 hook_page(void)
{
    return RO_PAGE;
}

bool binding_in_page(u64 page)
{
    return page == MMIO_PAGE;
}

void exit_raise(struct cpu *cpu, struct vcpu *of, u8 vector, int64_t error)
{
    (void)cpu, (void)of;
    CHECK(vector, VECTOR_PF);
    faulted = BIT(32) | error;
}

void exit_nested(struct cpu *cpu, struct vcpu *of)
{
    (void)cpu;
    mmio = of->exit.gpa;
}

void emulate_start(struct cpu *cpu, struct vcpu *of)
{
    (void)cpu;
    emulated = of->exit.gpa | BIT(60);
}

void mmio_access(struct cpu *cpu, struct vcpu *of)
{
    emulate_start(cpu, of);
}

/* The tables that the CPU would walk: those of v.root, always in 8-byte entries. 0: a page fault. */
static u64 shadow_walk(u64 linear, u32 access, u64 *entry)
{
    u64 *t = va_of(v.root), rights = PTE_W | PTE_U, nx = 0;

    for (unsigned level = format == BITS64 ? 4 : 3;; level--) {
        u64 e = t[linear >> (12 + 9 * (level - 1)) & 511];
        bool pdpte = level == 3 && format != BITS64;
        if (!(e & PTE_P))
            return 0;
        if (pdpte)
            CHECK(e & ~PTE_ADDR, PTE_P);
        else
            rights &= e;
        nx |= e & PTE_NX;
        if (level > 1) {
            t = va_of(e & PTE_ADDR);
            continue;
        }
        bool user = rights & PTE_U;
        *entry = e & (rights | ~(PTE_W | PTE_U));
        if (((access & PF_U) && !user) || ((access & PF_W) && !(rights & PTE_W)) || ((access & PF_I) && nx) ||
            ((access & PF_I) && !(access & PF_U) && user && (view.cr4 & CR4_SMEP)) ||
            (!(access & (PF_U | PF_I)) && user && (view.cr4 & CR4_SMAP)))
            return 0;
        return (e & PTE_ADDR) | (linear & PAGE_MASK) | BIT(62);
    }
}

/* One access as the guest's CPU does it. The result: gpa | BIT(62), a fault's error code | BIT(32), or MMIO. */
static u64 access_as_cpu(u64 linear, u32 access, u64 *entry)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        u64 found = shadow_walk(linear, access, entry);
        if (found)
            return found;
        faulted = emulated = mmio = 0;
        v.exit.gpa = linear;
        v.exit.error = access;
        exit_page_fault(this_cpu(), &v);
        if (faulted || emulated || mmio)
            return faulted ? faulted : mmio ? mmio | BIT(61) : emulated;
    }
    printf("linear %lx access %x does not come to an end\n", linear, access);
    return 0;
}

static unsigned entry_size(void)
{
    return format == BITS32 ? 4 : 8;
}

/* The entry of a guest table by its physical address, changed as by a mapping that Weir sees (or by Weir itself). */
static void put_seen(u64 table, unsigned i, u64 e)
{
    u64 at = table + i * entry_size();

    guest_write(this_cpu(), at, &e, entry_size());
}

/* What the guest's tables say, without marking anything. */
static u64 expected(u64 linear, u32 access)
{
    struct guest_view g;
    u64 gpa;
    u32 error;

    get_view(&v, &g);
    if (!guest_translate(this_cpu(), &g, linear, access, true, &gpa, &error))
        return BIT(32) | error;
    if ((gpa & ~PAGE_MASK) == MMIO_PAGE || ((access & PF_W) && ((gpa & ~PAGE_MASK) == RO_PAGE)))
        return gpa | BIT(61);
    return gpa | BIT(62);
}

static u64 random_linear(void)
{
    u64 r = next_random();
    u64 page = r % 6 + (r >> 8 & 3) * 510; /* few page tables, edges included */

    switch (format) {
    case BITS64:
        return (r >> 16 & 1) << 39 | (r >> 17 & 1) << 30 | (r >> 18 & 3) << 21 | page << 12 | (r >> 32 & 0xff8);
    case PAE:
        return (r >> 17 & 3) << 30 | (r >> 19 & 1) << 21 | page % 512 << 12 | (r >> 32 & 0xff8);
    default:
        return (u32)((r >> 17 & 3) << 30 | (r >> 19 & 3) << 22 | (r >> 21 & 1) << 21 | page % 512 << 12 | (r >> 32 & 0xff8));
    }
}

/* A random entry for a table of a level: absent, a table, a large page, a frame that may itself be a table. */
static u64 random_entry(unsigned level)
{
    u64 r = next_random(), e = TABLES + (r % NTABLES) * PAGE_SIZE;

    if (level == 3 && format == PAE)
        return e | (r >> 40 & 7 ? PTE_P : 0);
    e |= (r >> 8 & (PTE_W | PTE_U)) | (r >> 12 & 15 ? PTE_P : 0) | (r >> 16 & 1 ? PTE_A : 0) | (r >> 17 & 1 ? PTE_D : 0);
    if (r >> 18 & 3)
        e |= PTE_W | PTE_U;
    if (level == 1 && !(r >> 24 & 15))
        e = (e & PAGE_MASK) | (r >> 28 & 1 ? MMIO_PAGE : RO_PAGE);
    if (level == 2 && !(r >> 30 & 3))
        e = (e & PAGE_MASK) | PTE_PS | (format == BITS32 ? 0x400000 : 0x400000 + (r >> 32 & 1) * 2 * MIB);
    if (format == BITS64 && level == 3 && !(r >> 34 & 15))
        e = (e & PAGE_MASK) | PTE_PS;
    if (format != BITS32 && !(r >> 36 & 7))
        e |= PTE_NX;
    return e;
}

static void set_mode(u64 cr0_wp, u64 cr4, bool nxe)
{
    view.cr0 = CR0_PE | CR0_PG | cr0_wp;
    view.cr4 = cr4 | (format == BITS32 ? CR4_PSE : CR4_PAE);
    view.efer = (nxe ? EFER_NXE : 0) | (format == BITS64 ? EFER_LME | EFER_LMA : 0);
    v.control = (struct control){view.cr0, TABLES + (next_random() % 4) * PAGE_SIZE, view.cr4, view.efer};
    shadow_forget_all(&v);
}

/* Every table that has a synchronized shadow is mapped writable by no shadow. */
static void check_protected(void)
{
    if (paging_mode != PAGING_SHADOW_CACHED)
        return;
    for (u16 p = 1; p < POOL_PAGES; p++) {
        if (!pool_meta[p].key || KEY_LEVEL(pool_meta[p].key) > 1)
            continue;
        for (unsigned i = 0; i < 512; i++) {
            u64 e = pool_tables[p][i];
            if (!(e & PTE_W))
                continue;
            for (u16 q = pool_chain[pool_hash(e & PTE_ADDR)]; q; q = pool_meta[q].next)
                if (KEY_TABLE(pool_meta[q].key) == (e & PTE_ADDR) && !(pool_meta[q].key & KEY_DIRECT))
                    CHECK(pool_meta[q].synced, false);
        }
    }
}

/* A write of an entry through whatever mapping the guest has of its table; if it has none, by Weir. */
static bool write_as_guest(u64 table, unsigned i, u64 e)
{
    u64 entry;

    for (unsigned tries = 0; tries < 30; tries++) {
        u64 linear = (random_linear() & ~PAGE_MASK) | i * entry_size();
        u64 gpa = expected(linear, PF_W);
        if (gpa != (BIT(62) | (table + i * entry_size())))
            continue;
        u64 got = access_as_cpu(linear, PF_W, &entry);
        if (got == (table + i * entry_size()) + BIT(60))
            put_seen(table, i, e);
        else if (got == gpa)
            memcpy(host_physical(table + i * entry_size()), &e, entry_size());
        else
            CHECK(got, gpa);
        return true;
    }
    put_seen(table, i, e);
    return false;
}

static void one_step(void)
{
    u64 r = next_random(), linear = random_linear(), entry = 0;
    unsigned bits = format == BITS32 ? 10 : 9, top = format == BITS64 ? 4 : format == PAE ? 3 : 2;
    unsigned level = (unsigned)(r >> 8) % top + 1;
    u64 table = TABLES + (r >> 16) % NTABLES * PAGE_SIZE;
    unsigned i = (unsigned)(linear >> (12 + bits * (level - 1))) & ((1u << bits) - 1);

    switch (r & 7) {
    case 0: /* a change, and the flush that it needs: of all, because the table may be anywhere */
    case 1:
        (void)write_as_guest(table, i, random_entry(level));
        shadow_load_root(&v);
        break;
    case 2: /* a change of the page table of an address, and INVLPG: others may stay stale until the next load */
        (void)write_as_guest(table, i, random_entry(1));
        shadow_invalidate(&v, linear);
        break;
    case 3:
        v.control.cr3 = TABLES + (r >> 24 & 3) * PAGE_SIZE;
        shadow_load_root(&v);
        break;
    }
    if ((r & 7) == 2) { /* this one address must be right */
        u64 want = expected(linear, 0), got = access_as_cpu(linear, 0, &entry);
        if (!(want & BIT(62)) || !(got & BIT(60)))
            CHECK(got, want);
        shadow_load_root(&v);
    }
    for (unsigned n = 0; n < 4; n++) {
        u32 access = (u32[]){0, PF_W, PF_U, PF_W | PF_U, PF_I, PF_I | PF_U}[next_random() % 6];
        linear = random_linear();
        u64 want = expected(linear, access), got = access_as_cpu(linear, access, &entry);
        if (got & BIT(60)) {
            CHECK(access & PF_W, PF_W);
            CHECK(got & ~BIT(60), want & ~BIT(62));
        } else {
            CHECK(got, want);
        }
        if ((got & BIT(62)) && (entry & PTE_U) && !(access & PF_W) && (entry & PTE_W)) {
            struct guest_view g;
            struct guest_walk w;
            get_view(&v, &g);
            CHECK(guest_walk(this_cpu(), &g, linear, access, true, &w), true);
            CHECK(w.entry[w.leaf] & PTE_D, PTE_D); /* else D would stay clear at a write */
        }
    }
}

static void run(enum paging mode, enum format of, unsigned steps)
{
    static char name[64];
    static const char *const formats[] = {"32-bit", "PAE", "64-bit"};

    paging_mode = mode;
    format = of;
    snprintf(name, sizeof(name), "%s, %s", mode == PAGING_SHADOW_SIMPLE ? "simple" : "cached", formats[of]);
    check_case = name;
    for (unsigned t = 0; t < NTABLES; t++)
        for (unsigned i = 0; i < PAGE_SIZE / entry_size(); i++) {
            u64 e = random_entry(t < 4 ? (of == BITS64 ? 4 : of == PAE ? 3 : 2) : t < 16 ? 2 : 1);
            memcpy(host_physical(TABLES + t * PAGE_SIZE + i * entry_size()), &e, entry_size());
        }
    for (unsigned n = 0; n < steps; n++) {
        if (n % 500 == 0)
            set_mode(n / 500 & 1 ? CR0_WP : 0, (n / 1000 & 1 ? CR4_SMEP : 0) | (n / 2000 & 1 ? CR4_SMAP : 0),
                     of != BITS32 && n / 1500 & 1);
        one_step();
        if (n % 200 == 0)
            check_protected();
    }
}

/* More tables than the pool has pages, in one address space and in many. */
static void eviction(enum paging mode)
{
    u64 entry, many = 0x10000000;

    paging_mode = mode;
    format = BITS64;
    check_case = mode == PAGING_SHADOW_SIMPLE ? "more tables than pages, simple" : "more tables than pages, cached";
    memset(host_physical(TABLES), 0, PAGE_SIZE);
    memset(host_physical(TABLES + 0x1000), 0, PAGE_SIZE);
    u64 e = (TABLES + 0x1000) | 7;
    memcpy(host_physical(TABLES), &e, 8);
    for (u64 i = 0; i < 4; i++) {
        e = (TABLES + 0x2000 + i * PAGE_SIZE) | 7;
        memcpy(host_physical(TABLES + 0x1000 + i * 8), &e, 8);
        for (u64 n = 0; n < 512; n++) {
            u64 pt = many + (i * 512 + n) * PAGE_SIZE, pte = (many + 0x4000000 + (i * 512 + n) * PAGE_SIZE) | 0x67;
            e = pt | 7;
            memcpy(host_physical(TABLES + 0x2000 + i * PAGE_SIZE + n * 8), &e, 8);
            memcpy(host_physical(pt), &pte, 8);
        }
    }
    set_mode(CR0_WP, 0, true);
    v.control.cr3 = TABLES;
    shadow_forget_all(&v);
    for (unsigned n = 0; n < 6000; n++) {
        u64 linear = (n < 4096 ? n % 2048 : next_random() % 2048) << 21;
        CHECK(access_as_cpu(linear, PF_W, &entry), (many + 0x4000000 + (linear >> 21) * PAGE_SIZE) | BIT(62));
        if (n % 1000 == 0)
            shadow_load_root(&v);
    }
}

int main(void)
{
    host_start();
    cpu_features.pdpe1gb = true;
    v.cpu = this_cpu();
    this_cpu()->vcpu = &v;
    paging_mode = PAGING_SHADOW_CACHED;
    static const struct npt_format map = {.table = 0x67, .leaf = 0x67};
    npt_init(&map);
    npt_protect_hook();
    CHECK(npt_prepare(MMIO_PAGE, MMIO_PAGE + PAGE_MASK), true);
    npt_hook(MMIO_PAGE, MMIO_PAGE + PAGE_MASK);
    for (enum paging mode = PAGING_SHADOW_SIMPLE; mode <= PAGING_SHADOW_CACHED; mode++) {
        for (enum format of = BITS32; of <= BITS64; of++)
            run(mode, of, 20000);
        eviction(mode);
    }
    return check_end();
}
