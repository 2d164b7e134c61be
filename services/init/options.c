/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include <string.h>

#define BAD_BYTES 32u

static bool is(const char *word, uint32_t bytes, const char *what)
{
    return bytes == strlen(what) && !memcmp(word, what, bytes);
}

static bool begins(const char *word, uint32_t bytes, const char *what)
{
    return bytes >= strlen(what) && !memcmp(word, what, strlen(what));
}

static bool take(const char *word, uint32_t bytes, struct options *out)
{
    if (is(word, bytes, "log=com2")) {
        out->log = OPTIONS_LOG_COM2;
    } else if (is(word, bytes, "log=none")) {
        out->log = OPTIONS_LOG_NONE;
    } else if (is(word, bytes, "boot=usb")) {
        out->usb = true;
    } else if (is(word, bytes, "boot=cd")) {
        out->usb = false;
    } else {
        return !begins(word, bytes, "log=") && !begins(word, bytes, "boot=");
    }
    return true;
}

enum weir_status options_parse(const char *line, uint32_t bytes, struct options *out, char bad[32])
{
    uint32_t at = 0;

    *out = (struct options){ .log = OPTIONS_LOG_POLICY };
    bad[0] = '\0';
    while (at < bytes && line[at]) {
        uint32_t start = at;

        while (at < bytes && line[at] && line[at] != ' ') {
            at++;
        }
        if (at > start && !take(line + start, at - start, out)) {
            uint32_t n = at - start < BAD_BYTES ? at - start : BAD_BYTES - 1;

            memcpy(bad, line + start, n);
            bad[n] = '\0';
            return WEIR_E_ARG;
        }
        at += at < bytes && line[at] == ' ';
    }
    return WEIR_OK;
}
