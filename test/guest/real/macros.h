/* SPDX-License-Identifier: BSD-2-Clause */
/* The sections' vocabulary. A section is called by rt_real(): 32-bit near call, segments 0, IF=0. */
#ifndef GUEST_REAL_MACROS_H
#define GUEST_REAL_MACROS_H

#include "real.h"

#define PORT 0xe4               /* nothing there, on the machines that this runs on */

    .macro BEGIN
    pushl %ebp
    movw %sp, real_bottom
    movw $real_abandon, real_resume
    callw real_hook
    .endm
    .macro END
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    cld
    callw real_unhook
    popl %ebp
    retl
    .endm
    .macro OBS
    callw real_obs
    .endm
/* FLAGS: of the arithmetic ones only CF and ZF, which every instruction here defines. */
    .macro OBS_FLAGS
    pushl %eax
    pushfl
    popl %eax
    andl $~0x8b4, %eax
    callw real_obs
    popl %eax
    .endm
    .macro OBS_STRING
    pushl %eax
    movw %cx, %ax
    shll $16, %eax
    movw %si, %ax
    callw real_obs
    movzwl %di, %eax
    callw real_obs
    popl %eax
    .endm
/* In protected mode, where DS and SS may be anything: EAX goes by way of a register that nobody uses. */
    .macro OBS_PM
    callw real_obs_pm
    .endm
/* An exception from here on goes on at the label. DS is 0. */
    .macro TRY label
    movw $\label, real_resume
    movw %sp, real_stack
    .endm

#endif
