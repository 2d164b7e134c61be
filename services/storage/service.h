/* SPDX-License-Identifier: BSD-2-Clause */
/* What main.c and hardware.c share; no part of what the host tests compile. */
#ifndef STORAGE_SERVICE_H
#define STORAGE_SERVICE_H

#include <stdbool.h>

/* The guest's physical memory is seen from here on, address 0 first; only its RAM is there. */
#define RAM_VIEW 0x100000000000ull

/* Maps the ranges of memory_range(). */
bool hardware_map_ram(void);
/* Writes of PxSACT are posted: drivers write PxCI next. */
void hardware_begin_ahead(void);
/* Opens the ports of IDE's two channels for this service. */
bool hardware_open_ide(void);

#endif
