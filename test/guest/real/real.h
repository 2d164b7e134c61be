/* SPDX-License-Identifier: BSD-2-Clause */
/* What the assembly and the C of the real-mode program agree on. */
#ifndef GUEST_REAL_H
#define GUEST_REAL_H

#define OBSERVATIONS 1024       /* of one section */
#define HIGH_BYTES 0x180000     /* RAM above 1 MiB that unreal mode writes to; 64 KiB */

#define REAL_FLAT 0x08          /* selectors of real_gdt: data, base 0, 4 GiB */
#define REAL_SMALL 0x10         /* data at real_window, limit FFFh */
#define REAL_ODD 0x18           /* data at a base that no selector gives, 64 KiB */
#define REAL_CODE 0x20          /* 16-bit code, base 0, 64 KiB */
#define REAL_DATA 0x28          /* data, base 0, 64 KiB */
#define REAL_CODE32 0x30        /* 32-bit code, base 0, 64 KiB */
#define REAL_TSS 0x38
#define REAL_LDT 0x40
#define REAL_DOWN 0x48          /* data, expand-down: offsets above FFFh */

#endif
