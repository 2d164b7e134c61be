/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the byte stream of a walk. Nothing is ever read at or past walk->end. */
#include "internal.h"

/* The opcode at pc (two bytes after 5Bh); 0 at the end, which callers rule out first. */
uint16_t peek_opcode(const struct walk *w)
{
    uint8_t first = w->pc < w->end ? w->code[w->pc] : 0;

    if (first == OP_EXTENDED && w->pc + 1 < w->end) {
        return (uint16_t)(first << 8 | w->code[w->pc + 1]);
    }
    return first;
}

bool fetch_byte(struct walk *w, uint8_t *value)
{
    if (w->pc >= w->end) {
        return false;
    }
    *value = w->code[w->pc++];
    return true;
}

uint64_t load_le(const uint8_t *p, unsigned int bytes)
{
    uint64_t value = 0;

    for (unsigned int i = 0; i < bytes; i++) {
        value |= (uint64_t)p[i] << (8 * i);
    }
    return value;
}

void store_le(uint8_t *p, uint64_t value, unsigned int bytes)
{
    for (unsigned int i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(value >> (8 * i));
    }
}

bool fetch_integer(struct walk *w, unsigned int bytes, uint64_t *value)
{
    if (w->end - w->pc < bytes) {
        return false;
    }
    *value = load_le(w->code + w->pc, bytes);
    w->pc += bytes;
    return true;
}

/* PkgLength (ACPI 6.5, 20.2.4). The package may not reach beyond the code it lies in. */
bool fetch_package_end(struct walk *w, uint32_t *end)
{
    uint32_t start = w->pc;
    uint8_t lead;
    uint64_t more;
    uint32_t length;

    if (!fetch_byte(w, &lead)) {
        return false;
    }
    if (lead >> 6 == 0) {
        length = lead & 0x3F;
    } else {
        if (!fetch_integer(w, lead >> 6, &more)) {
            return false;
        }
        length = (lead & 0x0F) | (uint32_t)more << 4;
    }
    if (length > w->end - start) {
        return false;
    }
    *end = start + length;
    return *end >= w->pc;
}

bool fetch_path(struct walk *w, struct path *path)
{
    if (!path_parse(w->code + w->pc, w->end - w->pc, path)) {
        return false;
    }
    w->pc += path->size;
    return true;
}
