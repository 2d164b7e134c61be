/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handlers for tests and host tools: address spaces are memory that starts out as one byte value.
 * The serial buses answer a fixed pattern, as they have no memory behind them.
 *
 * Values are compared with those of another implementation's test driver, so this memory behaves
 * like that driver's: a region that overlaps no earlier one gets memory of its own, one that does
 * shares the first it finds (the latest made) and extends it; contents of further ones that it then
 * covers stay apart. PCI functions are not told apart.
 */
#include "aml.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u
#define PORTS 0x10000u
#define BUCKETS 1024u
#define PAGES_MAX 16384u /* 64 MiB: enough for any test, and a bound for hostile tables */
#define WINDOWS_MAX 16384u

struct window {
    struct window *next;
    uint64_t address;
    uint32_t length;
    uint32_t id;
    uint8_t space;
};

/* Pages are numbered by address, so that a window can grow at either end. */
struct page {
    struct page *next;
    uint64_t number;
    uint32_t window;
    uint8_t bytes[PAGE];
};

struct aml_emulator {
    struct window *windows;
    struct page *bucket[BUCKETS];
    unsigned int pages, window_count;
    uint8_t fill;
};

struct aml_emulator *aml_emulator_create(uint8_t fill)
{
    struct aml_emulator *emulator = calloc(1, sizeof(*emulator));

    if (emulator) {
        emulator->fill = fill;
    }
    return emulator;
}

void aml_emulator_destroy(struct aml_emulator *emulator)
{
    if (!emulator) {
        return;
    }
    for (unsigned int i = 0; i < BUCKETS; i++) {
        while (emulator->bucket[i]) {
            struct page *page = emulator->bucket[i];

            emulator->bucket[i] = page->next;
            free(page);
        }
    }
    while (emulator->windows) {
        struct window *window = emulator->windows;

        emulator->windows = window->next;
        free(window);
    }
    free(emulator);
}

static void grow(struct window *window, uint64_t address, uint32_t length)
{
    uint64_t end = address + length - 1;
    uint64_t window_end = window->address + window->length - 1;

    if (address < window->address) {
        window->length = (uint32_t)(window->address - address + window->length);
        window->address = address;
    }
    if (end > window_end) {
        window->length = (uint32_t)(end - window->address + 1);
    }
}

static struct window *window_of(struct aml_emulator *emulator, const struct aml_access *access)
{
    uint64_t address = access->region_base;
    uint64_t end = address + access->region_length - 1;
    struct window *window;

    for (window = emulator->windows; window; window = window->next) {
        if (window->space == access->space && end >= window->address &&
            address <= window->address + window->length - 1) {
            grow(window, address, access->region_length);
            return window;
        }
    }
    if (emulator->window_count == WINDOWS_MAX) {
        return NULL;
    }
    window = calloc(1, sizeof(*window));
    if (window) {
        window->space = access->space;
        window->address = address;
        window->length = access->region_length;
        window->id = emulator->window_count++;
        window->next = emulator->windows;
        emulator->windows = window;
    }
    return window;
}

static struct page **find(struct aml_emulator *emulator, uint32_t window, uint64_t number)
{
    struct page **link = &emulator->bucket[(number ^ (uint64_t)window * 37) % BUCKETS];

    while (*link && ((*link)->number != number || (*link)->window != window)) {
        link = &(*link)->next;
    }
    return link;
}

static enum aml_status plain_byte(struct aml_emulator *emulator, uint32_t window, bool write,
                                  uint64_t address, uint8_t *byte)
{
    struct page **link = find(emulator, window, address / PAGE);

    if (!*link) {
        if (!write) {
            *byte = emulator->fill;
            return AML_OK;
        }
        if (emulator->pages == PAGES_MAX) {
            return AML_NO_MEMORY;
        }
        *link = calloc(1, sizeof(**link));
        if (!*link) {
            return AML_NO_MEMORY;
        }
        emulator->pages++;
        (*link)->number = address / PAGE;
        (*link)->window = window;
        memset((*link)->bytes, emulator->fill, PAGE);
    }
    if (write) {
        (*link)->bytes[address % PAGE] = *byte;
    } else {
        *byte = (*link)->bytes[address % PAGE];
    }
    return AML_OK;
}

static enum aml_status plain(void *ctx, const struct aml_access *access, uint8_t *data, size_t size)
{
    struct window *window = window_of(ctx, access);
    size_t bytes = (access->bits + 7) / 8;

    if (!window) {
        return AML_NO_MEMORY;
    }
    if (access->space == AML_SPACE_SYSTEM_IO && access->address + bytes > PORTS) {
        return AML_LIMIT;
    }
    for (size_t i = 0; i < bytes && i < size; i++) {
        enum aml_status status =
            plain_byte(ctx, window->id, access->write, access->address + i, &data[i]);

        if (status != AML_OK) {
            return status;
        }
    }
    return AML_OK;
}

/* Status 0, the most data that fits, counting up from A0h. */
static enum aml_status bus(void *ctx, const struct aml_access *access, uint8_t *data, size_t size)
{
    size_t length = size - 2;

    (void)ctx;
    if (access->space == AML_SPACE_SMBUS) {
        static const uint8_t by_protocol[16] = {
            [4] = 1, [6] = 1, [8] = 2, [10] = 32, [11] = 32, [12] = 2, [13] = 32
        };

        length = by_protocol[access->attribute & 15];
    }
    for (size_t i = 0; i < length; i++) {
        data[2 + i] = (uint8_t)(0xA0 + i);
    }
    data[0] = 0;
    data[1] = (uint8_t)(length == 255 ? 0x20 : length);
    return AML_OK;
}

static enum aml_status ipmi(void *ctx, const struct aml_access *access, uint8_t *data, size_t size)
{
    (void)ctx;
    (void)access;
    for (size_t i = 0; i < size; i++) {
        data[i] = i < 4 ? 0 : (uint8_t)i;
    }
    data[1] = 64;
    return AML_OK;
}

static enum aml_status pcc(void *ctx, const struct aml_access *access, uint8_t *data, size_t size)
{
    (void)ctx;
    (void)access;
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)i;
    }
    return AML_OK;
}

void aml_emulator_attach(struct aml_emulator *emulator, struct aml *aml)
{
    static const uint8_t spaces[] = {
        AML_SPACE_SYSTEM_MEMORY,
        AML_SPACE_SYSTEM_IO,
        AML_SPACE_PCI_CONFIG,
        AML_SPACE_EC,
        AML_SPACE_CMOS,
        AML_SPACE_PCI_BAR,
        AML_SPACE_GPIO,
        AML_SPACE_FFH,
        0x80,
    };

    for (unsigned int i = 0; i < sizeof(spaces); i++) {
        aml_set_handler(aml, spaces[i], plain, emulator);
    }
    aml_set_handler(aml, AML_SPACE_SMBUS, bus, emulator);
    aml_set_handler(aml, AML_SPACE_GSBUS, bus, emulator);
    aml_set_handler(aml, AML_SPACE_IPMI, ipmi, emulator);
    aml_set_handler(aml, AML_SPACE_PCC, pcc, emulator);
}
