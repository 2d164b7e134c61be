# SPDX-License-Identifier: BSD-2-Clause
"""`./weir bench`: every figure measured in one go, bare and under Weir."""

import json
import re

import benchcrypt
import benchdisk
import benchevents
import benchlinux
import benchrestart
import bochs
import bootimage
import build
import demodisk
import options as command_line
from report import Stop, OK, FAILED, say, usage

# Which figures come from which measurement.
LINUX = ("boot.host_percent", "memory.reserved_mib", "idle.exits_per_s")
SHADOW = ("fork_exec.exits_simple", "fork_exec.exits_cached")
CRYPT = ("crypt.instr_per_byte",)
EVENTS = ("io.kernel", "cpuid", "rdmsr", "io.ring3", "mmio.ring3", "mmio.emulator", "lua.callback",
          "ipc.call_reply", "syscall.fail", "touch.4k")


def main(argv):
    options = command_line.parse(argv, flags=("--json",), values=("--cpu", "--mmu"), words=(0, 1))
    cpu = options.cpu or "svm"
    on_bochs = bochs.model(cpu, False) is not None
    try:
        wanted = re.compile(options.words[0] if options.words else "")
    except re.error as error:
        raise usage(f"NAME is a regular expression: {error}") from None
    build.ensure()
    bootimage.require()
    demodisk.ensure()
    rows = {}
    # Events beside the contract's are named by the guest program alone, so an
    # unknown name asks the events too.
    elsewhere = LINUX + SHADOW + CRYPT + benchdisk.NAMES + benchrestart.NAMES
    if on_bochs or not any(map(wanted.search, elsewhere)) or any(map(wanted.search, EVENTS)):
        say("measuring events (three runs of the bench guest)")
        rows.update(benchevents.measure(cpu, options.mmu))
    if any(map(wanted.search, LINUX)) and not on_bochs:
        say("measuring the demo guest's boot (two boots)")
        rows.update(benchlinux.measure())
    if any(map(wanted.search, SHADOW)) and not on_bochs:
        say("counting the exits of fork and exec under shadow paging (two boots)")
        rows.update(benchlinux.fork_exec())
    if any(map(wanted.search, CRYPT)) and not on_bochs:
        say("counting the disk cipher's instructions (valgrind)")
        rows.update(benchcrypt.measure())
    if any(map(wanted.search, benchdisk.NAMES)) and not on_bochs:
        rows.update(benchdisk.measure(wanted))
    if any(map(wanted.search, benchrestart.NAMES)) and not on_bochs:
        say("ending storage 110 times under fio (one boot)")
        rows.update(benchrestart.measure())
    rows = {name: row for name, row in rows.items() if wanted.search(name)}
    if not rows:
        raise Stop(FAILED, f"nothing is called {wanted.pattern!r}")
    print(json.dumps(rows, indent=1) if options.json else _table(rows))
    return OK


def _table(rows):
    lines = [f"{'event':18} {'bare':>8} {'weir':>9} {'p99':>9} {'samples':>8}  unit"]
    for name, row in rows.items():
        lines.append(f"{name:18} {row['bare']:>8} {row['weir']:>9} {row['p99']:>9} "
                     f"{row['samples']:>8}  {row['unit']}")
        extra = [f"{key} {value}" for key, value in row.items()
                 if key not in ("bare", "weir", "p99", "samples", "unit")]
        if extra:
            lines.append(f"{'':18}   " + ", ".join(extra))
    return "\n".join(lines)
