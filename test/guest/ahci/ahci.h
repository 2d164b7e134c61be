/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver that means harm: what its files share. Registers and structures as in AHCI 1.3.1, chapters 3 and 4. */
#ifndef GUEST_AHCI_H
#define GUEST_AHCI_H

#include "rt.h"

#define PORTS 2u
#define SLOTS 32u

/* Memory of the guest's that it uses: lists and FIS areas, command tables, data. */
#define LIST(port) (0x2000000u + (port) * 0x1000u)
#define FISES(port) (0x2000400u + (port) * 0x1000u)
#define TABLE(port, slot) (0x2010000u + ((port) * SLOTS + (slot)) * TABLE_BYTES)
#define TABLE_BYTES 0x2000u
#define TABLE_PRDS ((TABLE_BYTES - 0x80) / 16)
#define DATA 0x2400000u
#define DATA_BYTES 0x400000u

/* Of the second disk, in sectors: what is written to; what only checks write to; what the host filled and is only read. */
#define SCRATCH 4096u
#define SCRATCH_SECTORS 8192u
#define OWN 3000u
#define KNOWN 64u
#define KNOWN_BYTE(i) ((u8)((i) * 7 + ((i) >> 9) * 3 + 1))

#define HBA_GHC 0x04u
#define GHC_HR 1u
#define GHC_AE (1u << 31)
#define PX_CLB 0x00u
#define PX_CLBU 0x04u
#define PX_FB 0x08u
#define PX_FBU 0x0cu
#define PX_IS 0x10u
#define PX_IE 0x14u
#define PX_CMD 0x18u
#define PX_TFD 0x20u
#define PX_SSTS 0x28u
#define PX_SCTL 0x2cu
#define PX_SERR 0x30u
#define PX_SACT 0x34u
#define PX_CI 0x38u
#define CMD_ST 1u
#define CMD_POWER 6u /* SUD, POD */
#define CMD_FRE (1u << 4)
#define CMD_FR (1u << 14)
#define CMD_CR (1u << 15)
#define IS_ERRORS 0x78000000u /* IFS, HBDS, HBFS, TFES */

struct header {
    u32 flags, prdbc, ctba, ctbau, reserved[4];
};

struct prd {
    u32 dba, dbau, reserved, dbc;
};

u32 random32(void);

/* ---- honest.c: the controller, and commands as a driver gives them ---- */
/* Finds the controller; false: there is none. */
bool ahci_find(void);
u32 hba_read(u32 reg);
void hba_write(u32 reg, u32 value);
u32 port_read(u32 port, u32 reg);
void port_write(u32 port, u32 reg, u32 value);
/* Cancels everything, resets the link and starts with lists of our own; false: the port does not come up. */
bool port_begin(u32 port);
/* Its registers, for who has to find out. */
void port_print(u32 port);
/* A register FIS, host to device: 28-bit, 48-bit or queued, by the command. */
void put_fis(u8 *fis, u8 command, u64 lba, u32 sectors, u32 tag);
/* One command with one PRD in slot 0, waited for; true: it ended without an error. */
bool port_do(u32 port, u8 command, u64 lba, u32 sectors, u64 address, u32 bytes);

/* ---- large.c ---- */
/* Of its second disk, in sectors: all; where a number grows to 33 bits. */
#define LARGE_DISK 0x180000000ul
#define LARGE_EDGE 0x100000000ul
void large_commands(void);

/* ---- hostile.c ---- */
void hostile_begin(u32 seed);
/* Acts of harm. */
void hostile_acts(u32 n);

#endif
