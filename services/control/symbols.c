/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX 48u
#define FAR 0x10000u /* no function of a service is that long */

struct line {
    const char *at;
    size_t bytes;
};

static bool next_line(const char **at, const char *end, struct line *line)
{
    const char *stop = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (!stop) {
        return false; /* also a last line without an end */
    }
    *line = (struct line){ *at, (size_t)(stop - *at) };
    *at = stop + 1;
    return true;
}

/* "401000 main": the number, and *name at what follows its blank. */
static bool parse(const struct line *line, uint64_t *address, size_t *name)
{
    size_t i = 0;

    for (*address = 0; i < line->bytes && i < 16; i++) {
        char c = line->at[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;

        if (digit == 16) {
            break;
        }
        *address = *address << 4 | digit;
    }
    *name = i + 1;
    return i > 0 && i + 1 < line->bytes && line->at[i] == ' ';
}

void symbol_find(const char *list, size_t list_bytes, const char *service, uint64_t address, char *text, size_t bytes)
{
    const char *at = list, *end = list + list_bytes;
    struct line line, best = { NULL, 0 };
    uint64_t best_address = 0, here;
    bool ours = false;
    size_t name;

    text[0] = '\0';
    while (next_line(&at, end, &line)) {
        if (line.bytes && line.at[0] == '@') {
            ours = line.bytes - 1 == strlen(service) && !memcmp(line.at + 1, service, line.bytes - 1);
        } else if (ours && parse(&line, &here, &name) && here <= address && here >= best_address) {
            best_address = here;
            best = (struct line){ line.at + name, line.bytes - name };
        }
    }
    if (best.at && address - best_address < FAR) {
        (void)snprintf(text, bytes, "%.*s+0x%" PRIx64, (int)(best.bytes < NAME_MAX ? best.bytes : NAME_MAX), best.at,
                       address - best_address);
    }
}
