# SPDX-License-Identifier: BSD-2-Clause
"""What Weir costs the demo guest: its share of the boot, the memory it keeps,
the exits of an idle guest; all under the default policy."""

import contextlib
import re
import tempfile
import time

import run
from counters import Plugin
from guestshell import GuestShell
from report import Stop, FAILED
from session import Session

TIME_LIMIT = 400
SETTLE_SECONDS = 5
IDLE_SECONDS = 10
FORKS = 100
_USABLE = re.compile(r"BIOS-e820: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] usable")


def measure():
    """Returns {name: row} of the contract's JSON."""
    bare_memory, _, _ = _boot("--bare")
    memory, boot, idle = _boot()
    host = boot.host - boot.host_before
    percent = 100 * host / (host + boot.guest)
    return {
        "boot.host_percent": _row(0, round(percent, 3), "percent of all instructions"),
        "memory.reserved_mib": _row(0, round((bare_memory - memory) / (1 << 20), 3), "MiB"),
        "idle.exits_per_s": _row(0, round(idle, 3), "exits per second"),
    }


def fork_exec():
    """Exits of one fork, exec, exit and wait in the demo guest under either form of shadow paging."""
    return {f"fork_exec.exits_{mode}": _row(0, _exits_of_fork_exec("--mmu", f"shadow-{mode}"), "exits")
            for mode in ("simple", "cached")}


def _exits_of_fork_exec(*words):
    command = f"i=0; while [ $i -lt {FORKS} ]; do /bin/true; i=$((i+1)); done"
    counts = []
    with _at_shell(*words) as (plugin, _, shell):
        for _ in range(3):          # the first one also reads the program from the disk
            if shell.run(command, lambda _: None, lambda _: None, poweroff=False) != 0:
                raise Stop(FAILED, "the loop failed in the guest")
            counts.append(plugin.read().vmruns)
    return round((counts[2] - counts[1]) / FORKS, 1)


def _row(bare, weir, unit):
    return {"bare": bare, "weir": weir, "p99": weir, "unit": unit, "samples": 1}


def _boot(*words):
    """Boot to a shell: (bytes of usable memory, Counters then, exits per second)."""
    with _at_shell(*words) as (plugin, emulator, shell):
        counters = plugin.read()
        text = bytearray()
        if shell.run("dmesg", text.extend, lambda _: None, poweroff=False) != 0:
            raise Stop(FAILED, "dmesg failed in the guest")
        _pass(emulator, SETTLE_SECONDS)
        before, begin = plugin.read().vmruns, time.monotonic()
        _pass(emulator, IDLE_SECONDS)
        idle = (plugin.read().vmruns - before) / (time.monotonic() - begin)
    usable = sum(int(last, 16) + 1 - int(first, 16)
                 for first, last in _USABLE.findall(text.decode(errors="replace")))
    return usable, counters, idle


@contextlib.contextmanager
def _at_shell(*words):
    """The demo guest at its shell, started with these options: (its Plugin, its emulator, its GuestShell)."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        plugin = Plugin(folder)
        options = run.parse([*words, "--plain-disk", "--headless", "--timeout", str(TIME_LIMIT), "--",
                             *plugin.words()])
        with Session(options) as session:
            shell = GuestShell(session.emulator)
            shell.wait()
            yield plugin, session.emulator, shell


def _pass(emulator, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        emulator.read(until - time.monotonic())
