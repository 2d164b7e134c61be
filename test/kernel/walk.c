/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk of the guest's page tables (AMD APM vol. 2, 5), against tables made here in the guest's memory. */
#include <string.h>

#include "check.h"
#include "core/log.h"
#include "mm/window.h"
#include "obj/device.h"
#include "vm/a20.h"
#include "vm/guest_memory.h"
#include "vm/hook.h"
#include "vm/shadow.h"

#define TABLES 0x100000ull
#define LINEAR 0x12345678ull /* of 32-bit tables */

bool a20_closed;
static struct guest_view g;
static u64 gpa;
static u32 error;

enum paging paging_mode;

void shadow_written_frame(u64 at, unsigned bytes)
{
    panic("shadow_written_frame %lx %u", at, bytes);
}

static u64 bound_page = ~0ull;

bool binding_in_page(u64 page)
{
    return page == bound_page;
}

u64 hook_page(void)
{
    return 0x9f000;
}

static void put(u64 pa, u64 e, unsigned bytes)
{
    memcpy(host_physical(pa), &e, bytes);
}

static u64 get(u64 pa, unsigned bytes)
{
    u64 e = 0;

    memcpy(&e, host_physical(pa), bytes);
    return e;
}

static bool walk(u64 linear, u32 access)
{
    gpa = ~0ull;
    error = ~0u;
    return guest_translate(this_cpu(), &g, linear, access, false, &gpa, &error);
}

static void view(u64 cr0, u64 cr4, u64 efer, u64 rflags)
{
    g = (struct guest_view){.cr0 = cr0, .cr3 = TABLES, .cr4 = cr4, .efer = efer, .rflags = rflags};
}

static void no_paging(void)
{
    check_case = "paging off";
    view(CR0_PE, 0, 0, 0);
    CHECK(walk(0x123456789abcull, PF_W), true);
    CHECK(gpa, 0x56789abc);
    check_case = "the A20 gate closed";
    a20_closed = true;
    CHECK(walk(0x123456, 0), true);
    CHECK(gpa, 0x23456);
    CHECK(walk(0x323456, 0), true);
    CHECK(gpa, 0x323456);
    a20_closed = false;
}

static void two_levels(void)
{
    u64 pde = TABLES + (LINEAR >> 22) * 4, pte = TABLES + PAGE_SIZE + (LINEAR >> 12 & 1023) * 4;

    view(CR0_PE | CR0_PG, 0, 0, 0);
    check_case = "32-bit";
    put(pde, (TABLES + PAGE_SIZE) | 7, 4);
    put(pte, 0xfedcb000 | 7, 4);
    g.cr3 |= 0xfff; /* PWT, PCD and ignored bits */
    CHECK(walk(0xffffffff00000000ull | LINEAR, 0), true);
    CHECK(gpa, 0xfedcb678);
    CHECK(get(pde, 4), (TABLES + PAGE_SIZE) | 0x27);
    CHECK(get(pte, 4), 0xfedcb000 | 0x27);
    CHECK(walk(LINEAR, PF_W), true);
    CHECK(get(pte, 4), 0xfedcb000 | 0x67);
    CHECK(get(pde, 4), (TABLES + PAGE_SIZE) | 0x27); /* a table is never dirty */

    check_case = "32-bit, not present";
    put(pte, 0xfedcb006, 4);
    CHECK(walk(LINEAR, PF_W | PF_U), false);
    CHECK(error, PF_W | PF_U);
    CHECK(get(pte, 4), 0xfedcb006);
    put(pde, 6, 4);
    CHECK(walk(LINEAR, PF_I), false);
    CHECK(error, 0); /* no NX, no SMEP: I/D is not reported */
    g.cr4 = CR4_SMEP;
    CHECK(walk(LINEAR, PF_I), false);
    CHECK(error, PF_I);
    g.cr4 = 0;

    check_case = "PS without CR4.PSE is ignored";
    put(pde, (TABLES + PAGE_SIZE) | 0x87, 4);
    put(pte, 0xfedcb007, 4);
    CHECK(walk(LINEAR, 0), true);
    CHECK(gpa, 0xfedcb678);

    check_case = "4 MiB page above 4 GiB (PSE-36)";
    view(CR0_PE | CR0_PG, CR4_PSE, 0, 0);
    put(pde, 0xabc00087 | 0x5a << 13, 4);
    CHECK(walk(LINEAR, PF_W), true);
    CHECK(gpa, 0x5aabc00000ull | (LINEAR & 0x3fffff));
    CHECK(get(pde, 4), 0xabc000e7 | 0x5a << 13);
    check_case = "4 MiB page, reserved bits";
    put(pde, 0xabe00087, 4); /* bit 21 */
    CHECK(walk(LINEAR, 0), false);
    CHECK(error, PF_P | PF_RSVD);
    cpu_features.address_bits = 36;
    put(pde, 0xabc00087 | 0x10 << 13, 4);
    CHECK(walk(LINEAR, 0), false);
    CHECK(error, PF_P | PF_RSVD);
    put(pde, 0xabc00087 | 0xf << 13, 4);
    CHECK(walk(LINEAR, 0), true);
    CHECK(gpa, 0xfabc00000ull | (LINEAR & 0x3fffff));
    cpu_features.address_bits = 40;
}

static void three_levels(void)
{
    u64 pdpte = TABLES + 0x60 + (LINEAR >> 30) * 8, pde = TABLES + 0x1000 + (LINEAR >> 21 & 511) * 8,
        pte = TABLES + 0x2000 + (LINEAR >> 12 & 511) * 8;

    view(CR0_PE | CR0_PG, CR4_PAE, EFER_NXE, 0);
    g.cr3 = TABLES + 0x60; /* the PDPT is aligned to 32 bytes */
    check_case = "PAE";
    put(pdpte, (TABLES + 0x1000) | 1, 8);
    put(pde, (TABLES + 0x2000) | 7, 8);
    put(pte, 0x9876543000ull | 7, 8);
    CHECK(walk(LINEAR | 1ull << 32, PF_U | PF_W), true); /* the PDPTE's missing W and U mean nothing */
    CHECK(gpa, 0x9876543678);
    CHECK(get(pdpte, 8), (TABLES + 0x1000) | 1); /* nor does it have an accessed bit */
    CHECK(get(pde, 8), (TABLES + 0x2000) | 0x27);
    CHECK(get(pte, 8), 0x9876543000ull | 0x67);
    check_case = "PAE, 2 MiB page";
    put(pde, 0x9876400000ull | PTE_NX | 0x1087, 8); /* with PAT */
    CHECK(walk(LINEAR, 0), true);
    CHECK(gpa, 0x9876400000ull | (LINEAR & 0x1fffff));
    CHECK(walk(LINEAR, PF_I), false);
    CHECK(error, PF_P | PF_I);
    check_case = "PAE, NX while EFER.NXE is off";
    g.efer = 0;
    CHECK(walk(LINEAR, PF_W), false);
    CHECK(error, PF_P | PF_RSVD | PF_W);
    g.cr4 = CR4_PAE;
    put(pde, 0x9876400000ull | 0x86, 8);
    CHECK(walk(LINEAR, PF_I), false);
    CHECK(error, 0); /* PAE alone does not report I/D */
    check_case = "PAE, bit 63 of a PDPTE";
    g.efer = EFER_NXE;
    put(pdpte, (TABLES + 0x1000) | 1 | PTE_NX, 8);
    CHECK(walk(LINEAR, 0), false);
    CHECK(error, PF_P | PF_RSVD);
}

/* Four levels for address a; returns where entry i (0: the PML4's) stands. */
static u64 entry_at(u64 a, unsigned i)
{
    return TABLES + 0x10000 + i * PAGE_SIZE + (a >> (39 - 9 * i) & 511) * 8;
}

static void build(u64 a, const u64 bits[4], unsigned leaf, u64 pa)
{
    for (unsigned i = 0; i <= leaf; i++)
        put(entry_at(a, i), bits[i] | (i == leaf ? pa : TABLES + 0x11000 + i * PAGE_SIZE), 8);
}

static void four_levels(void)
{
    const u64 a = 0xffff8123456789abull;

    view(CR0_PE | CR0_PG, CR4_PAE, EFER_LMA | EFER_LME | EFER_NXE, 0);
    g.cr3 = (TABLES + 0x10000) | 0xfff;
    for (unsigned leaf = 1; leaf < 4; leaf++) { /* 1 GiB, 2 MiB, 4 KiB */
        u64 bits[4] = {7, 7, 7, 7}, size = 1ull << (39 - 9 * leaf), page = 0x7680000000ull;
        bits[leaf] |= leaf < 3 ? PTE_PS : 0;
        check_case = leaf == 1 ? "1 GiB" : leaf == 2 ? "2 MiB" : "4 KiB";
        build(a, bits, leaf, page);
        CHECK(walk(a, PF_W | PF_U), true);
        CHECK(gpa, page | (a & (size - 1)));
        for (unsigned i = 0; i <= leaf; i++)
            CHECK(get(entry_at(a, i), 8) & 0x60, i == leaf ? PTE_A | PTE_D : PTE_A);
        build(a, bits, leaf, page);
        CHECK(guest_translate(this_cpu(), &g, a, PF_W, true, &gpa, &error), true); /* quiet */
        for (unsigned i = 0; i <= leaf; i++)
            CHECK(get(entry_at(a, i), 8) & 0x60, 0);
        for (unsigned i = 0; i <= leaf; i++) {
            u64 e = get(entry_at(a, i), 8);
            put(entry_at(a, i), e & ~1ull, 8);
            CHECK(walk(a, PF_U), false);
            CHECK(error, PF_U);
            put(entry_at(a, i), e | 1ull << 40, 8); /* beyond the physical address width */
            CHECK(walk(a, PF_U), false);
            CHECK(error, PF_U | PF_P | PF_RSVD);
            put(entry_at(a, i), e | 1ull << 52, 8); /* for software */
            CHECK(walk(a, PF_U), true);
            put(entry_at(a, i), e, 8);
        }
        if (leaf < 3) {
            u64 e = get(entry_at(a, leaf), 8);
            put(entry_at(a, leaf), e | 1u << 12, 8); /* PAT */
            CHECK(walk(a, 0), true);
            CHECK(gpa, page | (a & (size - 1)));
            put(entry_at(a, leaf), e | size >> 1, 8); /* an address that is not aligned */
            CHECK(walk(a, 0), false);
            CHECK(error, PF_P | PF_RSVD);
            cpu_features.pdpe1gb = false;
            put(entry_at(a, leaf), e, 8);
            CHECK(walk(a, 0), leaf == 2);
            cpu_features.pdpe1gb = true;
        }
    }
    check_case = "PS in the PML4";
    put(entry_at(a, 0), get(entry_at(a, 0), 8) | PTE_PS, 8);
    CHECK(walk(a, 0), false);
    CHECK(error, PF_P | PF_RSVD);
    put(entry_at(a, 0), get(entry_at(a, 0), 8) & ~PTE_PS, 8);
    check_case = "a table that nothing answers at reads as ones";
    u64 pde = get(entry_at(a, 2), 8);
    put(entry_at(a, 2), HOST_REGION | 7, 8);
    CHECK(walk(a, 0), false);
    CHECK(error, PF_P | PF_RSVD);
    check_case = "a table in a bound page, too, and nothing is written to it";
    put(entry_at(a, 2), pde, 8);
    put(entry_at(a, 3), 0x5007, 8);
    bound_page = entry_at(a, 3) & ~PAGE_MASK;
    CHECK(walk(a, PF_W), false);
    CHECK(error, PF_P | PF_RSVD | PF_W);
    CHECK(get(entry_at(a, 3), 8), 0x5007);
    bound_page = ~0ull;
    CHECK(walk(a, PF_W), true);
}

/* #PF or not by the words of AMD APM vol. 2, 5.6, one rule after the other. */
static bool allowed(u32 access, bool user, bool writable, bool nx)
{
    bool from_user = access & PF_U;

    if (from_user && !user)
        return false;
    if ((access & PF_W) && !writable && (from_user || (g.cr0 & CR0_WP)))
        return false;
    if ((access & PF_I) && nx)
        return false;
    if ((access & PF_I) && !from_user && user && (g.cr4 & CR4_SMEP))
        return false;
    return (access & PF_I) || from_user || !user || !(g.cr4 & CR4_SMAP) || (g.rflags & RFLAGS_AC);
}

/* Every combination of rights at one level, of access and of what switches the checks. */
static void rights(void)
{
    static const u32 accesses[] = {0, PF_W, PF_U, PF_U | PF_W, PF_I, PF_I | PF_U};
    const u64 a = 0x7654321000ull;

    check_case = "rights";
    for (unsigned n = 0; n < 4 * 8 * 16 * ARRAY_SIZE(accesses); n++) {
        unsigned level = n & 3, has = n >> 2 & 7, modes = n >> 5 & 15;
        u32 access = accesses[n >> 9];
        u64 bits[4] = {7, 7, 7, 7};
        bits[level] = 1 | (has & 1 ? PTE_W : 0) | (has & 2 ? PTE_U : 0) | (has & 4 ? PTE_NX : 0);
        view(CR0_PE | CR0_PG | (modes & 1 ? CR0_WP : 0),
             CR4_PAE | (modes & 2 ? CR4_SMEP : 0) | (modes & 4 ? CR4_SMAP : 0), EFER_LMA | EFER_LME | EFER_NXE,
             modes & 8 ? RFLAGS_AC : 0);
        g.cr3 = TABLES + 0x10000;
        build(a, bits, 3, 0x5000);
        bool good = walk(a, access);
        CHECK(good, allowed(access, has & 2, has & 1, has & 4));
        if (!good)
            CHECK(error, access | PF_P);
        CHECK(get(entry_at(a, 3), 8) & 0x60, good ? PTE_A | (access & PF_W ? PTE_D : 0) : 0);
    }
}

static void copies(void)
{
    struct cpu *cpu = this_cpu();
    u8 b[16] = {1, 2, 3};

    check_case = "copies";
    guest_write(cpu, 0x300000, b, 3);
    CHECK(get(0x300000, 8), 0x030201);
    put(hook_page(), 0x77, 8);
    guest_write(cpu, hook_page() + 1, b, 3); /* the hook block is not the guest's to write */
    CHECK(get(hook_page(), 8), 0x77);
    guest_read(cpu, HOST_REGION + 0x5000, b, 8);
    for (unsigned i = 0; i < 8; i++)
        CHECK(b[i], 0xff);
    check_case = "code over a page's end";
    const u64 a = 0x7654321ff8ull;
    u64 bits[4] = {7, 7, 7, 7};
    view(CR0_PE | CR0_PG, CR4_PAE, EFER_LMA | EFER_LME, 0);
    g.cr3 = TABLES + 0x10000;
    g.linear_rip = a;
    g.mode = CODE_64;
    build(a, bits, 3, 0x301000);
    build(a + 8, bits, 3, 0x309000);
    put(0x301ff8, 0x8877665544332211ull, 8);
    put(0x309000, 0xffeeddccbbaa99ull, 8);
    CHECK(guest_fetch(cpu, &g, b), 15);
    CHECK(b[7], 0x88);
    CHECK(b[8], 0x99);
    CHECK(b[14], 0xff);
    put(entry_at(a + 8, 3), 0, 8);
    CHECK(guest_fetch(cpu, &g, b), 8);
    CHECK(get(entry_at(a, 3), 8) & 0x60, 0); /* a fetch leaves no trace */
}

int main(void)
{
    host_start();
    no_paging();
    two_levels();
    three_levels();
    four_levels();
    rights();
    copies();
    return check_end();
}
