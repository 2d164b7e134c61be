/* SPDX-License-Identifier: BSD-2-Clause */
#include "profile.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static struct profile_slot *slots;

bool profile_open(const char *path)
{
    const size_t bytes = PROFILE_SLOTS * sizeof(*slots);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    void *map = MAP_FAILED;

    if (file < 0)
        return false;
    if (ftruncate(file, (off_t)bytes) == 0)
        map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED)
        slots = map;
    return slots;
}

uint64_t *profile_counter(const void *place, uint64_t rip)
{
    uint64_t key = (uint64_t)(uintptr_t)place;
    uint64_t first = (key * 0x9e3779b97f4a7c15ull) >> 46; /* to 18 bits */

    if (!slots || !key)
        return NULL;
    for (uint64_t i = 0; i < PROFILE_SLOTS; i++) {
        struct profile_slot *s = &slots[(first + i) % PROFILE_SLOTS];
        if (!s->place) {
            s->place = key;
            s->rip = rip;
        }
        if (s->place == key && s->rip == rip)
            return &s->count;
    }
    return NULL;
}
