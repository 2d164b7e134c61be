/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices the use of FPU and SSE registers, which under Weir would cost a #NM and a switch of the
 * extended state: while a request is handled the registers hold a pattern, in the state that the
 * signal handler returns to, and whatever computes or moves something leaves something else.
 */
#include <stdio.h>
#include <string.h>
#include "host.h"

#define PATTERN 0xa5

void host_float_mark(struct _libc_fpstate *state)
{
    memset(state->_st, PATTERN, sizeof(state->_st));
    memset(state->_xmm, PATTERN, sizeof(state->_xmm));
    state->ftw = 0; /* all x87 registers empty: pushing overwrites one */
    state->swd = 0;
}

static bool is_marked(const void *data, size_t bytes)
{
    const uint8_t *at = data;

    for (size_t i = 0; i < bytes; i++) {
        if (at[i] != PATTERN) {
            return false;
        }
    }
    return true;
}

void host_float_check(const struct _libc_fpstate *state)
{
    for (unsigned i = 0; i < 16; i++) {
        if (!is_marked(&state->_xmm[i], sizeof(state->_xmm[i]))) {
            host_fail("the request was handled with XMM%u", i);
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        /* Ten bytes are the register, the rest is padding. */
        if (!is_marked(&state->_st[i], 10)) {
            host_fail("the request was handled with the x87 FPU");
        }
    }
}
