/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the assembly and the C of every guest program agree on: the selectors of the one GDT and
 * the few fixed addresses of low memory. A program is linked at 7C00h, where the BIOS puts its MBR;
 * everything it owns stays below RT_LOW_END, well under the hook block and the EBDA.
 */
#ifndef GUEST_RT_LAYOUT_H
#define GUEST_RT_LAYOUT_H

#define SEL_CODE32  0x08
#define SEL_DATA    0x10
#define SEL_CODE16  0x18
#define SEL_DATA16  0x20
#define SEL_CODE64  0x28
#define SEL_TSS32   0x30
#define SEL_UDATA   0x3b
#define SEL_UCODE64 0x43
#define SEL_TSS64   0x48

#define RT_REAL_STACK 0x7000    /* grows down; 500h-7000h is free after POST */
#define RT_LOW_END    0x80000

/* Offset of the parameter bytes in the image's first sector (see README.md). */
#define RT_PARAM_OFFSET 0x190
#define RT_PARAM_BYTES  16

/* #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC and #SX push an error code (AMD APM vol. 2, 8.2). */
#define ERROR_CODE_VECTORS 0x60227d00

#define RT_NO_FAULT 0x100       /* "vector" of an instruction that raised nothing */

#endif
