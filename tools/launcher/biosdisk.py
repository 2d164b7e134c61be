# SPDX-License-Identifier: BSD-2-Clause
"""Bootable BIOS disk images without mounts or loop devices: GRUB's boot sector
in the MBR, its core image behind it, one ext partition filled by mke2fs."""

import os
import struct
import tempfile
from pathlib import Path

import tool
from report import Stop, FAILED

SECTOR = 512
PARTITION_START = 2048          # sectors; the usual 1 MiB alignment
GRUB = Path("/usr/lib/grub/i386-pc")


def make(out, size_mib, tree, modules, filesystem, label, uuid):
    """Write the disk image OUT: TREE (a folder) becomes its one partition and
    GRUB, with MODULES built in, reads /boot/grub/grub.cfg from it."""
    sectors = size_mib * 2048
    with open(out, "wb") as image:
        image.truncate(sectors * SECTOR)
    tool.run("mke2fs", "-q", "-F", "-t", filesystem, "-m", "0", "-L", label, "-U", uuid,
             "-O", "^metadata_csum_seed,^orphan_file",
             "-E", f"offset={PARTITION_START * SECTOR},root_owner=0:0,lazy_itable_init=0",
             "-d", tree, out, f"{(sectors - PARTITION_START) // 2}k")
    with tempfile.TemporaryDirectory() as scratch:
        core = Path(scratch) / "core.img"
        tool.run("grub-mkimage", "-O", "i386-pc", "-o", core, "-p", "(,msdos1)/boot/grub",
                 *modules)
        core_bytes = core.read_bytes()
    if len(core_bytes) > (PARTITION_START - 1) * SECTOR:
        raise Stop(FAILED, "GRUB's core image does not fit before the first partition")
    with open(out, "r+b") as image:
        image.write(_mbr(sectors, uuid))
        # boot.img loads sector 1, and the first sector of core.img, as
        # grub-mkimage writes it, expects the rest from sector 2 on.
        image.seek(SECTOR)
        image.write(core_bytes)
        image.flush()
        os.fsync(image.fileno())


def _mbr(sectors, uuid):
    boot = bytearray((GRUB / "boot.img").read_bytes()[:SECTOR])
    boot[440:444] = bytes.fromhex(uuid[:8])         # the disk's signature
    # One active Linux partition; CHS fields at their limit, so LBA counts.
    boot[446:462] = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff",
                                PARTITION_START, sectors - PARTITION_START)
    boot[462:510] = bytes(48)
    boot[510:512] = b"\x55\xaa"
    return bytes(boot)
