/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's page faults under shadow paging, and what makes shadow tables wrong: flushes and writes. */
#include "shadow.h"

#include "a20.h"
#include "core/string.h"
#include "exit.h"
#include "guest_memory.h"
#include "mm/window.h"
#include "npt.h"
#include "shadow_pool.h"
#include "vcpu_ops.h"
#include "x86/insn.h"

#define PAT_4K BIT(7)
#define PAT_LARGE BIT(12)
#define UNSYNC_MAX 64u
#define PREFETCH 16u
#define WRITES_MAX 3u

static u16 unsync[UNSYNC_MAX]; /* page tables that may not be synchronized; checked before use */
static unsigned unsync_count;
static unsigned entry_bytes = 8; /* of the guest's tables in its present mode */
static u64 reserved;             /* bits of an entry: NX without EFER.NXE, PAE's 62:52 */
static u64 wp;                   /* CR0.WP, or 0 */
static u64 native_rip = ~0ull;   /* whose instruction the emulator does not know: it writes upper tables itself */

static bool is_cached(void)
{
    return paging_mode == PAGING_SHADOW_CACHED;
}

/* Whether the page stands for the guest's table in a frame, whose writes are seen. */
static bool is_synced(u16 page, u64 table)
{
    const struct shadow_page *p = &pool_meta[page];

    return p->synced && KEY_TABLE(p->key) == table && !(p->key & KEY_DIRECT);
}

/* What a TLB could hold of a guest's leaf; 0: nothing, because it is absent, reserved, bound, or A must be set. */
static u64 shadow_of(u64 leaf)
{
    leaf = guest_rights(leaf, wp);
    u64 map, bits = leaf & (PTE_U | PTE_PWT | PTE_PCD | PAT_4K | PTE_NX);

    if ((leaf & (PTE_P | PTE_A)) != (PTE_P | PTE_A) || (leaf & reserved))
        return 0;
    map = npt_lookup(leaf & PTE_ADDR);
    if (!map)
        return 0;
    if (leaf & PTE_D) /* else the write that sets it must be seen */
        bits |= leaf & map & PTE_W;
    return (map & PTE_ADDR) | bits | PTE_P | PTE_A | PTE_D;
}

static void set_leaf(u16 page, unsigned i, u64 leaf)
{
    u64 e = shadow_of(leaf), *at = &pool_tables[page][i];

    if ((e & PTE_W) && is_cached()) {
        u16 table = pool_chain[pool_hash(e & PTE_ADDR)];
        while (table && !is_synced(table, e & PTE_ADDR))
            table = pool_meta[table].next;
        if (table)
            e &= ~PTE_W;
        else
            pool_track(page, i, e & PTE_ADDR);
    }
    if (*at && *at != e)
        pool_flush();
    *at = e;
}

/* Sets entries of a page of level 1 to what the guest's tables say now: the empty ones or, else, the others. */
static void refresh(struct cpu *cpu, u16 page, unsigned first, unsigned count, bool empty)
{
    u64 key = pool_meta[page].key;
    const volatile void *part = guest_table(cpu, KEY_TABLE(key) + KEY_PART(key) * 2048);

    for (unsigned i = first; i < first + count; i++) {
        if (!pool_tables[page][i] != empty)
            continue;
        if (key & KEY_DIRECT)
            set_leaf(page, i, (KEY_TABLE(key) + i * PAGE_SIZE) | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D |
                                  (KEY_PART(key) & 3) << 3 | (KEY_PART(key) & 4 ? PAT_4K : 0));
        else if (entry_bytes == 8)
            set_leaf(page, i, part ? ((const volatile u64 *)part)[i] : ~0ull);
        else
            set_leaf(page, i, part ? ((const volatile u32 *)part)[i] : ~0u);
    }
}

/* Drops what the guest's page table no longer says, and sees its writes again. */
static void synchronize(struct cpu *cpu, u16 page)
{
    pool_meta[page].synced = true;
    pool_protect(KEY_TABLE(pool_meta[page].key));
    if (KEY_LEVEL(pool_meta[page].key) == 1) {
        refresh(cpu, page, 0, 512, false);
    } else {
        memset(pool_tables[page], 0, PAGE_SIZE);
        pool_flush();
    }
}

static void synchronize_all(struct cpu *cpu)
{
    while (unsync_count) {
        u16 page = unsync[--unsync_count];
        if (pool_meta[page].key && !pool_meta[page].synced)
            synchronize(cpu, page);
    }
}

/* A page for the tables of the present root. */
static u16 get(struct cpu *cpu, u64 key)
{
    u16 page = pool_get(key);

    if (is_cached() && !(key & KEY_DIRECT) && !pool_meta[page].synced)
        synchronize(cpu, page);
    return page;
}

void shadow_load_root(struct vcpu *v)
{
    const struct control *k = &v->control;

    if (is_cached())
        synchronize_all(v->cpu);
    else
        pool_clear();
    pool_flush();
    for (unsigned i = 0; i < CODE_CACHES; i++)
        v->code[i].code = NULL;
    pool_root = 0;
    entry_bytes = k->cr4 & CR4_PAE ? 8 : 4;
    wp = k->cr0 & CR0_WP;
    reserved = (k->efer & EFER_NXE ? 0 : PTE_NX) | (k->efer & EFER_LMA ? 0 : 0x7ffull << 52);
    if (k->efer & EFER_LMA) {
        pool_path++;
        pool_root = get(v->cpu, MAKE_KEY(a20_address(k->cr3 & PTE_ADDR), 4u, 0));
    } else {
        memset(pool_tables[0], 0, PAGE_SIZE);
    }
    v->root = k->cr0 & CR0_PG ? pa_of(pool_tables[pool_root]) : npt_flat_root();
}

void shadow_forget_all(struct vcpu *v)
{
    if (!paging_is_shadow())
        return;
    pool_clear();
    unsync_count = 0;
    shadow_load_root(v);
    vcpu_ops->load_control(v);
}

/* The guest writes a frame. false: its instruction is to be emulated, an upper table that is in use is there. */
static bool let_write(struct cpu *cpu, u64 frame, bool native)
{
    u16 next;

    if (unsync_count > UNSYNC_MAX - 6) /* a 32-bit table has two shadows, a directory four */
        synchronize_all(cpu);
    for (u16 page = pool_chain[pool_hash(frame)]; page; page = next) {
        struct shadow_page *p = &pool_meta[page];
        next = p->next;
        if (!is_synced(page, frame))
            continue;
        if (KEY_LEVEL(p->key) == 1 || native) {
            p->synced = false;
            unsync[unsync_count++] = page;
        } else if (p->path == pool_path || page == pool_root || p->writes < WRITES_MAX) {
            p->writes++; /* perhaps this very instruction needs the table as it is */
            return false;
        } else { /* only written: it is none any more */
            pool_free(page);
        }
    }
    return true;
}

/* What stands below a shadow entry of a level: a table of the guest's, or a part of its large page. */
static u64 child_key(const struct guest_walk *w, unsigned level, u64 linear)
{
    unsigned part = 0;

    if (level > w->leaf) {
        if (w->top == 2)
            part = level == 3 ? linear >> 30 & 3 : linear >> 21 & 1;
        return MAKE_KEY(w->table[level - 1], level - 1, part);
    }
    u64 leaf = w->entry[w->leaf], bytes = 1ull << (12 + 9 * (level - 1));
    return MAKE_KEY(w->gpa & ~(bytes - 1), level - 1, (leaf >> 3 & 3) | (leaf & PAT_LARGE ? 4 : 0)) | KEY_DIRECT;
}

/* The rights of a shadow entry of a level above 1: those of the guest's that it stands for. */
static u64 upper_bits(const struct guest_walk *w, unsigned level)
{
    if (level == 3 && w->top < 4)
        return PTE_P; /* a page directory pointer */
    if (level < w->leaf)
        return PTE_P | PTE_A | PTE_W | PTE_U;
    u64 e = guest_rights(w->entry[level], wp), bits = PTE_P | PTE_A | (e & (PTE_W | PTE_U | PTE_NX));
    return level == w->leaf && !(e & PTE_D) ? bits & ~PTE_W : bits;
}

/* The page of level 1 for the address, made where it is missing. */
static u16 descend(struct cpu *cpu, const struct guest_walk *w, u64 linear)
{
    u16 page = pool_root;

    pool_path++;
    for (unsigned level = w->top == 4 ? 4 : 3; level > 1; level--) {
        unsigned i = linear >> (12 + 9 * (level - 1)) & 511;
        u64 now = pool_tables[page][i], key = child_key(w, level, linear), bits = upper_bits(w, level);
        u16 child = pool_page_of(now);
        pool_meta[page].path = pool_path;
        pool_meta[page].writes = 0;
        if (!child || pool_meta[child].key != key)
            child = get(cpu, key);
        if (now != (pa_of(pool_tables[child]) | bits)) {
            if (now)
                pool_flush();
            pool_link(page, i, child, bits);
        }
        page = child;
    }
    pool_meta[page].path = pool_path;
    return page;
}

bool shadow_give_way(struct vcpu *v)
{
    bool again = v->exit.reason == WEIR_EXIT_PAGE_FAULT && native_rip != v->rip;

    native_rip = v->rip;
    return again;
}

void shadow_invalidate(struct vcpu *v, u64 linear)
{
    u16 page = pool_root;

    for (unsigned i = 0; i < unsync_count; i++) /* of upper tables nothing is known any more */
        if (!pool_meta[unsync[i]].synced && KEY_LEVEL(pool_meta[unsync[i]].key) > 1)
            memset(pool_tables[unsync[i]], 0, PAGE_SIZE);
    if (!(v->control.efer & EFER_LMA))
        linear = (u32)linear;
    for (unsigned level = pool_root ? 4 : 3;; level--) {
        u64 *e = &pool_tables[page][linear >> (12 + 9 * (level - 1)) & 511];
        page = level > 1 ? pool_page_of(*e) : 0;
        if (!page || (pool_meta[page].key & KEY_DIRECT)) { /* of a large page all goes at once */
            *e = 0;
            pool_flush();
            return;
        }
    }
}

void shadow_written_frame(u64 gpa, unsigned bytes)
{
    u64 table = gpa & ~PAGE_MASK;
    unsigned first = (unsigned)(gpa & PAGE_MASK) / entry_bytes;
    unsigned last = (unsigned)((gpa & PAGE_MASK) + bytes - 1) / entry_bytes;

    for (u16 page = pool_chain[pool_hash(table)]; page; page = pool_meta[page].next) {
        u64 key = pool_meta[page].key;
        if (!is_synced(page, table))
            continue;
        /* A 32-bit table has two parts at level 1, and four at level 2, where each entry is for two of ours. */
        unsigned twice = entry_bytes == 4 && KEY_LEVEL(key) == 2;
        for (unsigned n = first << twice; n <= (last << twice) + twice; n++)
            if (n / 512 == KEY_PART(key))
                pool_tables[page][n % 512] = 0;
        pool_flush();
    }
}

/* The guest may do the access, and no shadow entry lets it. */
static void fill(struct cpu *cpu, struct vcpu *v, const struct guest_walk *w, u64 linear, bool write)
{
    u64 map = npt_lookup(w->gpa);
    unsigned i = linear >> 12 & 511;

    v->exit.gpa = w->gpa;
    if (!map || (write && !(map & PTE_W))) {
        exit_nested(cpu, v);
        return;
    }
    u16 page = descend(cpu, w, linear);
    /* Without the guest's CR0.WP, which the CPU has, a user's page may be read-only and written to. */
    if (write && (!(w->rights & PTE_W) || !let_write(cpu, map & PTE_ADDR, v->rip == native_rip))) {
        if (w->gpa & PAGE_MASK)
            mmio_access(cpu, v);
        else /* its first bytes may lie in the page before */
            emulate_start(cpu, v);
        return;
    }
    /* A TLB could hold what the guest has used. The second of two neighbours brings all that are around them. */
    if (is_cached() ? pool_tables[page][i ^ 1] != 0 : w->leaf > 1)
        refresh(cpu, page, i & ~(PREFETCH - 1), PREFETCH, true);
    refresh(cpu, page, i, 1, !pool_tables[page][i]); /* last: its neighbours may map the same frame */
}

void exit_page_fault(struct cpu *cpu, struct vcpu *v)
{
    struct guest_view g;
    struct guest_walk w;
    u64 linear = v->exit.gpa;
    u32 access = v->exit.error & (PF_W | PF_U | PF_I);

    vcpu_ops->guest_view(v, &g);
    v->exit.error &= PF_W; /* what exit_nested asks for */
    if (!(g.cr0 & CR0_PG)) {
        v->exit.gpa = (u32)linear;
        exit_nested(cpu, v);
        return;
    }
    if (g.cpl == 3 && !(access & PF_U))
        g.rflags &= ~RFLAGS_AC; /* descriptors, TSS: SMAP without exception */
    if (!(g.efer & EFER_LMA))
        linear = (u32)linear;
    if (guest_walk(cpu, &g, linear, access, false, &w)) {
        fill(cpu, v, &w, linear, access & PF_W);
    } else {
        vcpu_ops->set_cr2(v, linear);
        exit_raise(cpu, v, VECTOR_PF, w.error);
    }
}
