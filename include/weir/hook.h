/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets in the hook block (struct weir_hook_block in abi.h), for C and assembly. Part of the ABI. */
#ifndef WEIR_HOOK_H
#define WEIR_HOOK_H

#define WEIR_HOOK_ENTRY 0x7e4  /* the guest's first instruction */
#define WEIR_HOOK_FAILED 0xfd0 /* where the block stops when it cannot boot; AH: INT 13h's status, FFh: no 55AAh signature */
#define WEIR_HOOK_INT15 0xfe0  /* a boot medium of Weir's knows it (tools/launcher/bootimage.py) */
#define WEIR_HOOK_INT13 0xff0

#endif
