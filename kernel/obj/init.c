/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts init: the only ELF file the kernel reads, the only domain it makes by itself. A file that does not fit is
 * refused as a whole (System V ABI, AMD64 supplement; ELF-64 object file format).
 */
#include "init.h"

#include "boot/boot.h"
#include "core/log.h"
#include "core/string.h"
#include "device.h"
#include "memory.h"
#include "sched.h"
#include "thread.h"
#include "vm/shadow_pool.h"
#include "x86/cpu.h"

#define INIT_CAPS 4096u
#define INIT_MSG_VA (WEIR_START_VA + 2 * PAGE_SIZE)
#define INIT_MODULES_VA 0x40000000ull
#define INIT_HEAP_VA 0x80000000ull
#define INIT_HEAP_BYTES 0x40000000ull

struct elf_header {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, phoff, shoff;
    u32 flags;
    u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
    u32 type, flags;
    u64 offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_segment) == 56, "ELF-64");
enum { PT_LOAD = 1, PF_X = 1, PF_W = 2, PF_R = 4 };

struct domain *init_domain;

static const char *check_segment(const struct elf_segment *s, u64 bytes)
{
    if (s->offset > bytes || s->filesz > bytes - s->offset)
        return "the file is truncated";
    if (s->filesz > s->memsz || s->memsz > REGION_BYTES || (s->vaddr & PAGE_MASK) || s->vaddr < 0x400000 ||
        s->vaddr > INIT_MODULES_VA - REGION_BYTES)
        return "a segment has no valid place";
    if ((s->flags & PF_W) && (s->flags & PF_X))
        return "a segment is writable and executable";
    return NULL;
}

static const char *load_segment(const u8 *file, const struct elf_segment *s)
{
    u64 pages = pages_for(s->memsz);
    u32 prot = (s->flags & PF_R ? WEIR_P_READ : 0) | (s->flags & PF_W ? WEIR_P_WRITE : 0) |
               (s->flags & PF_X ? WEIR_P_EXEC : 0);
    struct memory *m = memory_create(init_domain, pages, NULL);

    if (!m)
        return "not enough memory";
    memcpy(m->pages, file + s->offset, s->filesz);
    u64 status = map_into(init_domain, &m->object, pa_of(m->pages), s->vaddr, pages, prot);
    return status == WEIR_OK ? NULL : status == WEIR_E_BUSY ? "segments overlap" : "not enough memory";
}

/* NULL, or why the file is no program; *entry is its first instruction. */
static const char *load_elf(const u8 *file, u64 bytes, u64 *entry)
{
    const struct elf_header *h = (const struct elf_header *)file;
    static const u8 ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    if (bytes < sizeof(*h) || memcmp(h->ident, ident, sizeof(ident)) || h->machine != 62 || h->type != 2)
        return "not a static ELF program for x86-64";
    if (h->phentsize != sizeof(struct elf_segment) || h->phoff > bytes || h->phnum > 16 ||
        h->phnum * sizeof(struct elf_segment) > bytes - h->phoff || (h->phoff & 7))
        return "the file is truncated";
    const struct elf_segment *s = (const struct elf_segment *)(file + h->phoff);
    for (u32 i = 0; i < h->phnum; i++) {
        if (s[i].type != PT_LOAD || !s[i].memsz)
            continue;
        const char *why = check_segment(&s[i], bytes);
        if (!why)
            why = load_segment(file, &s[i]);
        if (why)
            return why;
    }
    *entry = h->entry;
    return h->entry < WEIR_USER_TOP ? NULL : "its entry is no address";
}

static void give_device(struct weir_start *s, u32 slot, const char *name, enum device_type type)
{
    struct device *v = device_create_root(init_domain, type);

    ASSERT(v);
    cap_set(init_domain, slot, &v->object, WEIR_R_ALL, 0);
    struct weir_start_cap *c = &s->caps[s->ncaps++];
    string_copy(c->name, name, sizeof(c->name));
    c->slot = slot;
    c->kind = WEIR_DEVICE;
}

/* Makes the pages a memory object of init's and maps them read-only at va. */
static void give_region(struct weir_start *s, const char *name, u32 slot, void *pages, u64 bytes, u64 va)
{
    u64 n = pages_for(bytes);

    if (s->nregions == WEIR_START_REGIONS)
        return;
    struct weir_start_region *r = &s->regions[s->nregions++];
    string_copy(r->name, name, sizeof(r->name));
    r->va = va;
    r->bytes = bytes;
    r->prot = WEIR_P_READ;
    if (!n)
        return; /* an empty module: init says so */
    struct memory *m = memory_create(init_domain, n, pages);
    ASSERT(m);
    if (!pages)
        memcpy(m->pages, boot_info.map, bytes);
    ASSERT(map_into(init_domain, &m->object, pa_of(m->pages), va, n, WEIR_P_READ) == WEIR_OK);
    cap_set(init_domain, slot, &m->object, WEIR_R_ALL, 0);
    r->phys = pa_of(m->pages);
    r->slot = slot;
}

static struct weir_start *make_start_block(void)
{
    struct memory *m = memory_create(init_domain, 1, NULL);

    ASSERT(m && map_into(init_domain, &m->object, pa_of(m->pages), WEIR_START_VA, 1, WEIR_P_READ) == WEIR_OK);
    struct weir_start *s = m->pages;
    s->magic = WEIR_START_MAGIC;
    s->abi = WEIR_ABI;
    s->bytes = sizeof(*s);
    string_copy(s->name, "init", sizeof(s->name));
    s->tsc_hz = boot_info.tsc_hz;
    s->region_base = region_base;
    s->region_bytes = REGION_BYTES;
    s->cpus = 1;
    s->heap_va = INIT_HEAP_VA;
    s->heap_bytes = INIT_HEAP_BYTES;
    string_copy(s->version, boot_info.version, sizeof(s->version));
    string_copy(s->cmdline, boot_info.cmdline, sizeof(s->cmdline));
    return s;
}

noreturn void init_start(struct cpu *cpu)
{
    /* 4 MiB are for tables of the kernel's own; a shadow pool, which is there already, is part of them. */
    u32 budget = kernel_budget.limit - kernel_budget.used - (1024 - pool_all_pages);
    u64 entry = 0, va = INIT_MODULES_VA;
    const struct boot_module *self = NULL;

    init_domain = domain_create(NULL, budget, INIT_CAPS);
    ASSERT(init_domain);
    struct weir_start *s = make_start_block();
    cap_set(init_domain, WEIR_SLOT_SELF, &init_domain->object, WEIR_R_MANAGE, 0);
    u32 slot = WEIR_SLOT_FREE;
    give_device(s, slot++, "ports", DEVICE_PORTS);
    give_device(s, slot++, "addresses", DEVICE_ADDRESSES);
    give_device(s, slot++, "msrs", DEVICE_MSRS);
    give_region(s, "e820", slot++, NULL, boot_info.nmap * sizeof(struct weir_e820), va);
    va += PAGE_SIZE * (1 + boot_info.nmap * sizeof(struct weir_e820) / PAGE_SIZE);
    for (u32 i = 0; i < boot_info.nmodules; i++) {
        struct boot_module *b = &boot_info.modules[i];
        if (!self && string_equal(b->name, "init"))
            self = b;
        give_region(s, b->name, slot++, va_of(b->start), b->bytes, va);
        va += (b->bytes + PAGE_MASK) & ~PAGE_MASK;
    }
    const char *why = self ? load_elf(va_of(self->start), self->bytes, &entry) : "missing";
    if (why)
        refuse("boot module init: ", why);
    u64 status;
    if (!thread_create(init_domain, init_domain, cpu, entry, 0, INIT_MSG_VA, &status))
        refuse("boot module init: ", "not enough memory");
    schedule(cpu);
}
