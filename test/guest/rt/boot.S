/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MBR: loads the rest of the image behind itself by INT 13h AH=42h (EDD, LBA) and jumps to it,
 * still in real mode with DL = the BIOS drive. It says on COM1 when the disk cannot be read.
 */
#include "layout.h"

    .code16
    .section .mbr, "awx"
    .globl rt_mbr
rt_mbr:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $RT_REAL_STACK, %sp
    ljmp $0, $1f
1:  sti
    cld
    movb %dl, rt_boot_drive
    movw $__image_sectors, %bp

read_chunk:
    testw %bp, %bp
    jz done
    movw %bp, %ax
    cmpw $64, %ax
    jbe 2f
    movw $64, %ax
2:  movw %ax, dap_count
    subw %ax, %bp
    movb rt_boot_drive, %dl
    movw $dap, %si
    movb $0x42, %ah
    int $0x13
    jc disk_error
    addw $(64 * 512 / 16), dap_segment
    addl $64, dap_lba
    jmp read_chunk
done:
    jmp rt_stage2

disk_error:
    movw $disk_text, %si
3:  lodsb
    testb %al, %al
    jz 4f
    movw $0x3f8, %dx
    outb %al, %dx
    jmp 3b
4:  hlt
    jmp 4b

disk_text:  .asciz "guest: INT 13h read failed\n"
    .balign 4
dap:        .byte 16, 0
dap_count:  .word 0
            .word 0
dap_segment: .word (0x7e00 / 16)
dap_lba:    .quad 1
    .globl rt_boot_drive
rt_boot_drive: .byte 0

    .org RT_PARAM_OFFSET
    .globl rt_param
rt_param:
    .zero RT_PARAM_BYTES

    /* One active partition of type DAh (non-file-system data): the rest of the image. */
    .org 0x1be
    .byte 0x80, 0xfe, 0xff, 0xff, 0xda, 0xfe, 0xff, 0xff
    .long 1, __image_sectors
    .org 0x1fe
    .word 0xaa55
