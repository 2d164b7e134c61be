/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine under the kernel's files in the host tests: memory, the window, a clock that the tests set. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/log.h"
#include "core/string.h"
#include "mm/page.h"
#include "mm/space.h"

#define PHYSICAL_BYTES (1ull << 40)

u64 host_tsc = 1000, host_cr3;
struct cpu_features cpu_features = {.address_bits = 40, .pdpe1gb = true};
u8 boot_cpu_block[CPU_BLOCK] __attribute__((aligned(CPU_BLOCK)));
static int physical;

static void *map_at(u64 va, size_t bytes, int fd, u64 offset)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    void *p = mmap((void *)va, bytes, PROT_READ | PROT_WRITE, flags | (va ? MAP_FIXED : 0), fd, (off_t)offset);

    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return p;
}

void host_start(void)
{
    physical = memfd_create("physical", 0);
    if (physical < 0 || ftruncate(physical, PHYSICAL_BYTES)) {
        perror("memfd_create");
        exit(2);
    }
    map_at(KERNEL_VBASE, REGION_BYTES, -1, 0);
    page_init(HOST_REGION, 16);
    space_boot(KERNEL_VBASE, KERNEL_VBASE, KERNEL_VBASE);
    space_init_cpu(this_cpu(), 0);
}

void *host_physical(u64 pa)
{
    static struct {
        u64 block;
        char *at;
    } known[64];

    for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
        if (!known[i].at) {
            known[i].block = pa >> 21;
            known[i].at = map_at(0, 2 * MIB, physical, pa >> 21 << 21);
        }
        if (known[i].block == pa >> 21)
            return known[i].at + (pa & (2 * MIB - 1));
    }
    fprintf(stderr, "too many blocks of physical memory in one test\n");
    exit(2);
}

/* A window's slot shows what its page directory entry says from now on. */
void host_invlpg(const void *va)
{
    u64 slot = ((u64)va - WINDOW_VBASE) >> 21;

    if (slot >= WINDOW_SLOTS)
        return;
    u64 pa = this_cpu()->window_pd[slot] & PTE_ADDR & ~(2 * MIB - 1);
    if (pa < PHYSICAL_BYTES)
        map_at((u64)va, 2 * MIB, physical, pa);
    else
        panic("the tests have no physical memory at %lx", pa);
}

void host_write_cr3(u64 v)
{
    host_cr3 = v;
}

u64 host_rdtsc(void)
{
    return host_tsc;
}

void log_line(const char *format, ...)
{
    (void)format;
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "kernel panic: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    abort();
}
