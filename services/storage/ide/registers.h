/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers, named as in ATA/ATAPI-6 (chapter 7) and in the Programming Interface for Bus Master IDE Controller,
 * revision 1.0 (chapter 2).
 */
#ifndef STORAGE_IDE_REGISTERS_H
#define STORAGE_IDE_REGISTERS_H

#include <stdint.h>

/* Of a channel: the command block at 1F0h or 170h; the control block's one register comes after it. */
enum {
    IDE_DATA = 0,
    IDE_FEATURES, /* error when read */
    IDE_COUNT,
    IDE_LBA_LOW,
    IDE_LBA_MID,
    IDE_LBA_HIGH,
    IDE_DEVICE,
    IDE_COMMAND, /* status when read, which ends the interrupt */
    IDE_CONTROL, /* at 3F6h or 376h; alternate status when read */
    IDE_REGISTERS
};
#define IDE_ERROR IDE_FEATURES
#define IDE_STATUS IDE_COMMAND
#define IDE_ALTERNATE IDE_CONTROL

#define IDE_PRIMARY 0x1f0u
#define IDE_SECONDARY 0x170u
#define IDE_CONTROL_OFFSET 0x206u

#define STATUS_ERR 0x01u
#define STATUS_DRQ 0x08u
#define STATUS_DRDY 0x40u
#define STATUS_BSY 0x80u
#define DEVICE_DEV 0x10u
#define CONTROL_NIEN 0x02u
#define CONTROL_SRST 0x04u
#define CONTROL_HOB 0x80u

#define IDE_DEVICE_RESET 0x08u
#define IDE_INITIALIZE_PARAMETERS 0x91u
#define IDE_SET_MULTIPLE 0xc6u
#define IDE_SET_FEATURES 0xefu

/* Of the bus master, for each channel eight bytes of BAR 4. */
#define BM_COMMAND 0u
#define BM_STATUS 2u
#define BM_TABLE 4u
#define BM_BYTES 8u

#define BM_START 0x01u
#define BM_TO_MEMORY 0x08u
#define BM_ACTIVE 0x01u
#define BM_ERROR 0x02u
#define BM_INTERRUPT 0x04u
#define BM_CAPABLE 0x60u /* set by software for software */

struct ide_prd {
    uint32_t address;
    uint16_t bytes; /* 0: 65,536 */
    uint16_t flags;
};
_Static_assert(sizeof(struct ide_prd) == 8, "Bus Master IDE 1.0, 1.2");

#define IDE_PRD_LAST 0x8000u
#define IDE_PRD_MAX_BYTES 0x10000u

#endif
