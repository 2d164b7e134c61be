/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_H
#define GUEST_H

#include <stddef.h>
#include <stdint.h>

/*
 * Plays the bytes as a guest's configuration accesses under one of a few policies, and checks after
 * each of them:
 * - no hooked BAR can be reached unhooked, at no write to hardware (model.c);
 * - nothing is written to a hidden or read-only function, and nothing but ones is read from a
 * hidden one;
 * - under a policy that hooks BARs only, every read gives what the same guest reads on the same
 * machine without Weir. Returns what failed, NULL if nothing did.
 */
const char *guest_play(const uint8_t *data, size_t size);

#endif
