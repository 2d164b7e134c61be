#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where the host-mode instructions of an event go, by function or, with --insns, by instruction.

    profile.py [--insns] EVENT     an event of test/guest/bench by its number; exact, two runs that differ in samples
    profile.py [--insns] read4k    a mediated 4 KiB read of the demo guest's
"""

import argparse
import bisect
import collections
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/launcher"))

import benchdisk  # noqa: E402
import benchevents  # noqa: E402
import run  # noqa: E402
from counters import Plugin  # noqa: E402
from paths import BUILD  # noqa: E402
from session import Session  # noqa: E402

PARAMETERS = 400            # where test/guest's images take parameters
KERNEL = 0xffffffff80000000


def of_event(number):
    """{(place, RIP): times} of one event; the places of two runs differ, so only the kernel's RIPs and the services' count."""
    few, many = (event_run(number, hundreds) for hundreds in (10, 20))
    return {key: (times - few.get(key, 0)) / 1000 for key, times in many.items() if times != few.get(key, 0)}


def event_run(number, hundreds):
    with tempfile.TemporaryDirectory(prefix="weir-profile-") as folder:
        image = bytearray(benchevents.IMAGE.read_bytes())
        image[PARAMETERS:PARAMETERS + 2] = bytes((number, hundreds))
        disk = Path(folder) / "bench.img"
        disk.write_bytes(image)
        plugin = Plugin(folder, profile=True)
        options = run.parse(["--headless", "--icount", "--plain-disk", "--disk", str(disk), "--timeout", "400",
                             "--policy", str(benchevents.POLICY), "--", *plugin.words()])
        with Session(options) as session:
            session.emulator.wait()
        return merged(plugin.profile())


def merged(profile):
    sums = collections.Counter()
    for (_, rip), times in profile.items():
        sums[rip] += times
    return sums


def of_read4k(encrypted=False):
    with tempfile.TemporaryDirectory(prefix="weir-profile-") as folder:
        plugin = Plugin(folder, profile=True)
        with benchdisk._Guest(folder, benchdisk.POLICY, plugin) as guest:
            device = guest.disk(1 if encrypted else 3)

            def dd(count):
                before = merged(plugin.profile())
                guest.sh(f"dd if=/dev/{device} of=/dev/null iflag=direct bs=4k count={count} 2>/dev/null")
                after = merged(plugin.profile())
                return {rip: times - before[rip] for rip, times in after.items()}

            dd(1)
            few, many = dd(0), dd(benchdisk.REQUESTS)
            return {rip: (times - few.get(rip, 0)) / benchdisk.REQUESTS for rip, times in many.items()}


class Symbols:
    def __init__(self, program):
        lines = subprocess.run(["nm", "-C", program], capture_output=True, text=True, check=True).stdout.splitlines()
        found = sorted((int(words[0], 16), words[2]) for words in map(str.split, lines) if words[1] in "tTwW")
        self.starts = [start for start, _ in found]
        self.names = [name for _, name in found]
        self.code = {}
        listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True, text=True,
                                 check=True).stdout
        for line in listing.splitlines():
            at, colon, text = line.partition(":\t")
            if colon:
                self.code[int(at, 16)] = " ".join(text.split())

    def name(self, rip):
        i = bisect.bisect_right(self.starts, rip) - 1
        return self.names[i] if i >= 0 else "?"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--insns", action="store_true")
    parser.add_argument("--service", default="storage", help="whose symbols ring 3's addresses are given")
    parser.add_argument("event")
    words = parser.parse_args()
    counts = {"read4k": of_read4k, "read4k_encrypted": lambda: of_read4k(True)}.get(
        words.event, lambda: of_event(int(words.event)))()
    kernel, service = Symbols(BUILD / "boot/weir.elf"), Symbols(BUILD / "symbols" / words.service)
    sums = collections.Counter()
    for rip, times in counts.items():
        symbols = kernel if rip >= KERNEL else service
        sums[("kernel " if rip >= KERNEL else words.service + " ") + symbols.name(rip)] += times
    for name, times in sums.most_common():
        if abs(times) >= 0.5:
            print(f"{times:10.1f} {name}")
    for ring, total in (("kernel", sum(t for r, t in counts.items() if r >= KERNEL)), ("all", sum(counts.values()))):
        print(f"{total:10.1f} {ring}")
    if words.insns:
        last = None
        for rip in sorted(counts):
            if abs(counts[rip]) < 0.05:
                continue
            symbols = kernel if rip >= KERNEL else service
            if symbols.name(rip) != last:
                last = symbols.name(rip)
                print(f"\n{last}:")
            print(f"{counts[rip]:8.2f} {rip:x} {symbols.code.get(rip, '')}")


if __name__ == "__main__":
    main()
