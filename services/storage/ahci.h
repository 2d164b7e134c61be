/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers, structures in memory and FISes, named as in AHCI 1.3.1 (chapters 3 and 4) and SATA 3.x (FIS types). */
#ifndef STORAGE_AHCI_H
#define STORAGE_AHCI_H

#include <stdint.h>

/* Generic host control, AHCI 1.3.1, 3.1. */
#define HBA_CAP 0x00u
#define HBA_GHC 0x04u
#define HBA_IS 0x08u
#define HBA_PI 0x0cu
#define HBA_CCC_CTL 0x14u
#define HBA_CCC_PORTS 0x18u
#define HBA_PORTS 0x100u /* registers of port 0 */
#define HBA_PORT_BYTES 0x80u

#define CAP_CCCS (1u << 7)
#define CAP_FBSS (1u << 16)
#define CAP_SPM (1u << 17)
#define CAP_S64A (1u << 31)
#define GHC_HR (1u << 0)
#define GHC_AE (1u << 31)

/* Of a port, 3.3. */
#define PX_CLB 0x00u
#define PX_CLBU 0x04u
#define PX_FB 0x08u
#define PX_FBU 0x0cu
#define PX_IS 0x10u
#define PX_IE 0x14u
#define PX_CMD 0x18u
#define PX_TFD 0x20u
#define PX_SIG 0x24u
#define PX_SSTS 0x28u
#define PX_SCTL 0x2cu
#define PX_SERR 0x30u
#define PX_SACT 0x34u
#define PX_CI 0x38u
#define PX_SNTF 0x3cu
#define PX_FBS 0x40u

#define IS_DHRS (1u << 0)
#define IS_PSS (1u << 1)
#define IS_DSS (1u << 2)
#define IS_SDBS (1u << 3)
#define IS_UFS (1u << 4)
#define IS_DPS (1u << 5)
#define IS_PCS (1u << 6)
#define IS_PRCS (1u << 22)
#define IS_IFS (1u << 27)
#define IS_HBDS (1u << 28)
#define IS_HBFS (1u << 29)
#define IS_TFES (1u << 30)
#define IS_FIS (IS_DHRS | IS_PSS | IS_DSS | IS_SDBS | IS_UFS | IS_DPS) /* what a command's end sets */
#define IS_STOPS (IS_IFS | IS_HBDS | IS_HBFS | IS_TFES) /* 6.2.2: no more commands until ST was 0 */

#define CMD_ST (1u << 0)
#define CMD_CLO (1u << 3)
#define CMD_FRE (1u << 4)
#define CMD_FR (1u << 14)
#define CMD_CR (1u << 15)
#define CMD_PMA (1u << 17)

#define TFD_ERR 0x01u
#define TFD_DRQ 0x08u
#define TFD_BSY 0x80u
#define SSTS_DET 0x0fu
#define SSTS_PRESENT 3u
#define SCTL_DET 0x0fu

#define SIG_ATA 0x00000101u
#define SIG_ATAPI 0xeb140101u

#define SLOTS 32u

/* Command header, 4.2.2. */
struct ahci_header {
    uint32_t flags; /* DW0, PRDTL in the upper half */
    uint32_t prdbc;
    uint32_t ctba, ctbau;
    uint32_t reserved[4];
};
_Static_assert(sizeof(struct ahci_header) == 32, "AHCI 1.3.1, 4.2.2");

#define HEADER_CFL 0x1fu
#define HEADER_A (1u << 5)
#define HEADER_W (1u << 6)
#define HEADER_P (1u << 7)
#define HEADER_R (1u << 8)
#define HEADER_B (1u << 9)
#define HEADER_C (1u << 10)

/* An entry of the physical region descriptor table, 4.2.3.3. */
struct ahci_prd {
    uint32_t dba, dbau, reserved, dbc;
};
_Static_assert(sizeof(struct ahci_prd) == 16, "AHCI 1.3.1, 4.2.3.3");

#define PRD_BYTES 0x3fffffu /* of dbc: byte count less 1 */
#define PRD_I (1u << 31)
#define PRD_MAX_BYTES 0x400000u

#define TABLE_ACMD 0x40u
#define TABLE_PRDT 0x80u

/* Received FIS area, 4.2.1. */
#define FIS_AREA_BYTES 256u
#define FIS_DMA_SETUP 0x00u
#define FIS_PIO_SETUP 0x20u
#define FIS_D2H 0x40u
#define FIS_SDB 0x58u
#define FIS_UNKNOWN 0x60u

/* Register FIS, host to device (SATA 3.x, 10.5.5), bytes. */
#define FIS_H2D_TYPE 0x27u
#define FIS_H2D_DWORDS 5u
#define FIS_D2H_TYPE 0x34u
enum {
    H2D_TYPE = 0,
    H2D_FLAGS, /* 7: C, a command; 3:0 PM port */
    H2D_COMMAND,
    H2D_FEATURES,
    H2D_LBA0,
    H2D_LBA1,
    H2D_LBA2,
    H2D_DEVICE,
    H2D_LBA3,
    H2D_LBA4,
    H2D_LBA5,
    H2D_FEATURES_EXT,
    H2D_COUNT,
    H2D_COUNT_EXT,
    H2D_ICC,
    H2D_CONTROL,
};
#define H2D_C 0x80u
#define DEVICE_LBA 0x40u

/* ATA commands (ATA8-ACS, table 42; ACS-3). */
#define ATA_NOP 0x00u
#define ATA_DSM 0x06u
#define ATA_READ_DMA_EXT 0x25u
#define ATA_CHECK_POWER_MODE 0xe5u
#define ATA_READ_FPDMA 0x60u
#define ATA_WRITE_FPDMA 0x61u
#define ATA_IDENTIFY_PACKET 0xa1u
#define ATA_IDENTIFY 0xecu
#define ATA_SET_FEATURES 0xefu

#endif
