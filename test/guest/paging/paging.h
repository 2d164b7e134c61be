/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_PAGING_H
#define GUEST_PAGING_H

#include "io.h"
#include "section.h"

#define PTE_A   (1ull << 5)
#define PTE_D   (1ull << 6)
#define PTE_PS  (1ull << 7)
#define PTE_G   (1ull << 8)
#define PTE_AD  (PTE_A | PTE_D)

#define CR0_WP  (1ull << 16)
#define CR4_PGE (1ull << 7)
#define CR4_SMEP (1ull << 20)
#define CR4_SMAP (1ull << 21)
#define FLAG_AC (1ull << 18)

/*
 * Physical memory of the test, above the runtime. The first 2 MiB belong to CPL 3, all other
 * identity-mapped memory to CPL 0 (paging.c sees to it), so that SMEP and SMAP can be on.
 */
#define USER_CODE   0x200000ull
#define KERNEL_CODE 0x400000ull
#define TABLES      0x401000ull     /* 255 pages for paging structures */
#define FRAMES      0x500000ull     /* 256 frames of 4 KiB */
#define LARGE       0x800000ull     /* two frames of 2 MiB */

/* The tested addresses: PML4 slot 3 of the runtime's own PML4. */
#define V_SLOT 3
#define V_BASE (3ull << 39)

enum kind { READ, WRITE, EXEC };

/* vector RT_NO_FAULT: done. value is what a READ got. */
struct result {
    u64 vector, error, value;
    bool cr2_right;
};
/*
 * One access at CPL 0 or 3. READ and WRITE use 8 bytes at va, EXEC runs the UD2 that every frame
 * starts with.
 */
struct result access(enum kind kind, u64 va, bool user, u64 flags, u64 value);

/* Frame n starts with UD2; the word at offset 8 holds FRAME_WORD(n). */
#define FRAME_WORD(n) (0xf00d000000000000ull + (n))
void fill_frames(void);

/* Table n of TABLES, as 512 entries. */
static inline u64 *table(unsigned n)
{
    return (u64 *)(TABLES + n * 4096ull);
}
static inline u64 table_address(unsigned n)
{
    return TABLES + n * 4096ull;
}
static inline u64 frame_address(unsigned n)
{
    return FRAMES + n * 4096ull;
}
extern u64 rt_pml4[];
void reload_cr3(void);
u32 random32(void);

/* What the architecture says of an access; see levels.c. */
struct rights {
    bool present, write, user, nx, reserved;
};
struct state {
    bool wp, smep, smap, ac;
};
/* The page fault's error code, or RT_NO_FAULT. */
u64 expected_error(const struct rights *r, const struct state *s, enum kind kind, bool user);
extern bool have_smep, have_smap, have_1g;

void section_levels(void);
void section_large(void);
void section_tables(void);
void section_model(void);
void section_writers(void);
void section_many(void);
void section_control(void);
void section_legacy(void);
void section_corners(void);

#endif
