# SPDX-License-Identifier: BSD-2-Clause
"""Page tables of a stopped machine, read from its physical memory (AMD APM vol. 2,
5.3: the same four levels for a host, a guest and for nested paging)."""

import dataclasses
import struct

_P, _W, _U, _PS, _NX = 1 << 0, 1 << 1, 1 << 2, 1 << 7, 1 << 63
_ADDRESS = 0x000ffffffffff000


@dataclasses.dataclass(frozen=True)
class Mapping:
    va: int
    pa: int
    size: int
    writable: bool
    user: bool
    executable: bool

    def __str__(self):
        flags = "r" + "w" * self.writable + "x" * self.executable + "u" * self.user
        return f"{self.va:016x} -> {self.pa:x}, {self.size:#x} bytes, {flags}"


def walk(machine, root):
    """Every mapping below the table at ROOT (CR3 or nCR3), with the rights of
    all levels combined."""
    return list(_walk(machine, root & _ADDRESS, 4, 0, True, True, True))


def _walk(machine, table, level, base, writable, user, executable):
    shift = 12 + 9 * (level - 1)
    for index, entry in enumerate(struct.unpack("<512Q", machine.memory(table, 4096))):
        if not entry & _P:
            continue
        va = base | index << shift
        if level == 4 and index >= 256:
            va |= 0xffff << 48
        rights = (writable and bool(entry & _W), user and bool(entry & _U),
                  executable and not entry & _NX)
        if level == 1 or (level < 4 and entry & _PS):
            size = 1 << shift
            yield Mapping(va, entry & _ADDRESS & ~(size - 1), size, *rights)
        else:
            yield from _walk(machine, entry & _ADDRESS, level - 1, va, *rights)
