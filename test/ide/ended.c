/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service is ended at any store to memory that outlives it, and at any access to the controller, in the middle of
 * every kind of command; the next instance adopts what is there and gets the access again that was not answered. In some
 * runs that one is ended, too. The guest must not notice. The library is compiled with -fsanitize=thread, and
 * test/storage/stores.c is what that calls.
 */
#include "guest.h"
#include "kill.h"
#include "stores.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct movement {
    const char *name;
    uint8_t write, read;
    bool pio, starts_first;
    uint32_t sectors, chunk, step; /* behind its first 600 places every step-th is tried */
} ways[] = {
    { "PIO", 0x30, 0x20, true, false, 20, 512, 97 },
    { "PIO by multiple sectors", 0xc5, 0xc4, true, false, 40, 1000, 97 },
    { "DMA", 0xca, 0xc8, false, false, 40, 0, 1 },
    { "DMA in parts", 0x35, 0x25, false, false, 300, 0, 1 },
    { "DMA, the bus master first", 0xca, 0xc8, false, true, 40, 0, 1 },
};
#define DENSE 600u

static uint32_t ends;

void kill_point(enum kill_point point)
{
    (void)point;
}

/* A structure that is being stored may be there in part. */
void crash_store(void *at, uint32_t bytes)
{
    const uint8_t *p = at, *saved = (const uint8_t *)storage.saved, *dma = (const uint8_t *)storage.dma;

    if (p < saved || p >= saved + sizeof(struct saved)) {
        if ((p < dma || p >= dma + sizeof(struct dma)) && (p < model.memory || p >= model.memory + MODEL_MEMORY))
            return;
    }
    if (bytes && ide_model_dies_after == 1)
        memset(at, 0xa5, bytes / 2);
    ide_model_tick();
}

static void is(const char *what, bool good, const struct movement *w, uint32_t at, uint32_t again)
{
    if (good)
        return;
    printf("%s, ended at %u and %u later: %s\n", w->name, at, again, what);
    exit(1);
}

static bool move(const struct movement *w, uint8_t code)
{
    return w->pio ? pio(0, code, 100, w->sectors, model.memory + DATA, w->chunk)
                  : dma(0, code, 100, w->sectors) == STATUS_DRDY;
}

/* One command each way; in the first or the second of them the service is ended. false: it was not, `at` lies behind. */
static bool once(const struct movement *w, bool in_write, uint32_t at, uint32_t again)
{
    uint32_t bytes = w->sectors * SECTOR;

    is("starts", guest_begin(POLICY_ENCRYPT, 0, UINT64_MAX), w, at, again);
    guest_starts_first = w->starts_first;
    command(0, IDE_SET_MULTIPLE, 0, 16);
    (void)status_of(0);
    ide_model_waits = at & 1;
    fill(model.memory + DATA, bytes, at);
    put_table(0, DATA, bytes, 65536);
    guest_dies_again = again;
    ide_model_dies_after = in_write ? at : 0;
    is("the write", move(w, w->write), w, at, again);
    is("the disk has ciphertext", is_encrypted(100, w->sectors, model.memory + DATA), w, at, again);
    if (in_write && ide_model_dies_after && guest_dies_again == again)
        return false;
    memset(model.memory + DATA, 0xaa, bytes);
    ide_model_dies_after = in_write ? 0 : at;
    put_table(0, DATA, bytes, 65536);
    is("the read", move(w, w->read), w, at, again);
    is("the guest has plaintext", is_encrypted(100, w->sectors, model.memory + DATA), w, at, again);
    is("nothing made no sense", storage.saved->ide.taken, w, at, again);
    return in_write || !ide_model_dies_after || guest_dies_again != again;
}

int main(void)
{
    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        for (unsigned in_write = 0; in_write < 2; in_write++) {
            const struct movement *w = &ways[i];
            uint32_t last = 0;

            for (uint32_t at = 1; once(w, in_write, at, at % 3 ? 0 : 1 + at * 7 % 50); at += at < DENSE ? 1 : w->step) {
                last = at;
                ends++;
            }
            printf("%s, %s: up to place %u\n", w->name, in_write ? "writing" : "reading", last);
        }
    printf("%u ends\n", ends);
    return ends < 1000;
}
