/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's driver: command lists in guest memory, registers through storage. */
#ifndef TEST_STORAGE_DRIVER_H
#define TEST_STORAGE_DRIVER_H

#include "model.h"

#define LIST(port) (0x110000u + (port) * 0x1000u)
#define FISES(port) (0x110400u + (port) * 0x1000u)
#define TABLE(port, slot) (0x140000u + (port) * 0x800000u / 4 + (slot) * 0x4000u)
#define PRDS_MAX 1000u

uint32_t reg_read(unsigned port, unsigned reg);
void reg_write(unsigned port, unsigned reg, uint32_t value);
/* Stops the port, gives it our list and FIS area, starts it. */
void driver_start(unsigned port);
/* Puts a command into a slot: data at `address` in n pieces of `piece` bytes, the last one takes the rest. */
void driver_put(unsigned port, unsigned slot, uint8_t command, uint64_t lba, uint32_t sectors, uint64_t address,
                uint32_t bytes, uint32_t piece);
/* Rings and waits; the PxIS that was seen. */
uint32_t driver_run(unsigned port, uint32_t slots, bool queued);

#endif
