# SPDX-License-Identifier: BSD-2-Clause
"""The counters that the emulator's plugin keeps (tools/counters)."""

import dataclasses
import struct
from pathlib import Path

from paths import BUILD
from report import Stop, FAILED

PLUGIN = BUILD / "lib/weir-counters.so"
_LAYOUT = struct.Struct("=8Q")          # struct counters in tools/counters/pairs.h


@dataclasses.dataclass
class Counters:
    host: int           # instructions in host mode, firmware and boot included
    guest: int          # instructions in guest mode
    host_before: int    # host when the guest was started
    vmruns: int
    wrmsrs: int
    cr3_loads: int
    invlpgs: int
    uncached: int


class Plugin:
    """One run's plugin: its files lie in FOLDER."""

    def __init__(self, folder, pairs=False, profile=False):
        if not PLUGIN.exists():
            raise Stop(FAILED, f"{PLUGIN} is not built")
        self._file = Path(folder) / "counters"
        self._file.write_bytes(bytes(4096))
        self._pairs = Path(folder) / "pairs" if pairs else None
        self._profile = Path(folder) / "profile" if profile else None

    def words(self):
        """The emulator's options."""
        pairs = f",pairs={self._pairs}" if self._pairs else ""
        profile = f",profile={self._profile}" if self._profile else ""
        return ["-plugin", f"file={PLUGIN},counters={self._file}{pairs}{profile}"]

    def read(self):
        """The counters at this moment."""
        return Counters(*_LAYOUT.unpack(self._file.read_bytes()[:_LAYOUT.size]))

    def profile(self):
        """At this moment: how often each instruction of host mode was executed, {(place, RIP): times}."""
        return {(place, rip): times for place, rip, times in struct.iter_unpack("=3Q", self._profile.read_bytes()) if times}

    def pairs(self):
        """After the run: for each pair of RDTSCs, in the order of first use:
        (times, {name: median})."""
        names = ("host", "vmruns", "wrmsrs", "cr3_loads", "invlpgs", "uncached")
        found = []
        for line in self._pairs.read_text().splitlines():
            _, _, times, *medians = line.split()
            found.append((int(times), dict(zip(names, map(int, medians)))))
        return found
