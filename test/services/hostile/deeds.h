/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hostile service tries. A deed that the kernel lets pass comes back. */
#ifndef HOSTILE_DEEDS_H
#define HOSTILE_DEEDS_H

#include <stdint.h>

struct deed {
    const char *name;
    void (*run)(void);
};

extern const struct deed deeds[];
extern const unsigned ndeeds;

/* system_calls.c */
void deed_random_calls(void);
void deed_random_calls_any(void);
void deed_use_every_slot(void);
void deed_call_with_too_large_a_payload(void);

#endif
