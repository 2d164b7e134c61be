/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot.h"

#include "mm/page.h"
#include "mm/window.h"

/* 16 bytes a store: at boot the registers are nobody's yet. to and bytes are multiples of 128. */
static void zero_fast(void *to, u64 bytes)
{
    asm volatile("pxor %%xmm0, %%xmm0\n"
                 "1: movaps %%xmm0, (%0)\n movaps %%xmm0, 16(%0)\n movaps %%xmm0, 32(%0)\n movaps %%xmm0, 48(%0)\n"
                 " movaps %%xmm0, 64(%0)\n movaps %%xmm0, 80(%0)\n movaps %%xmm0, 96(%0)\n movaps %%xmm0, 112(%0)\n"
                 " addq $128, %0\n subq $128, %1\n jnz 1b"
                 : "+r"(to), "+r"(bytes)
                 :
                 : "memory");
}

void boot_scrub(const struct weir_e820 *map, u32 n)
{
    struct cpu *cpu = this_cpu();

    clts();
    for (u32 i = 0; i < n; i++) {
        /* The first 4 KiB hold the interrupt vectors and the BIOS's data area. */
        u64 at = map[i].base < PAGE_SIZE ? PAGE_SIZE : (map[i].base + 127) & ~127ull;
        u64 end = (map[i].base + map[i].bytes) & ~127ull;
        if (map[i].type != WEIR_E820_RAM || at >= 4 * GIB)
            continue;
        if (end > 4 * GIB)
            end = 4 * GIB;
        while (at < end) {
            u64 next = (at + 2 * MIB) & ~(2 * MIB - 1);
            u64 stop = next < end ? next : end;
            void *p = window_ptr(cpu, at);
            if (p)
                zero_fast(p, stop - at);
            at = stop;
        }
    }
    write_cr0(read_cr0() | CR0_TS);
    page_zero_free();
}
