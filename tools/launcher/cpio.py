# SPDX-License-Identifier: BSD-2-Clause
"""An initramfs: a cpio archive in the "newc" format (Linux,
Documentation/driver-api/early-userspace/buffer-format.rst)."""

import stat


class Archive:
    def __init__(self):
        self._parts = []
        self._inode = 0

    def _entry(self, name, mode, data=b"", device=(0, 0)):
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        self._parts.append(_pad(header + encoded) + _pad(data))

    def folder(self, name):
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o644):
        self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def console(self):
        """/dev/console, which the kernel opens before devtmpfs is mounted."""
        self._entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        return b"".join(self._parts)


def _pad(data):
    return data + b"\0" * (-len(data) % 4)
