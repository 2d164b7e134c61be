# SPDX-License-Identifier: BSD-2-Clause
"""What storage costs: host-mode instructions per request and per byte, fio's elapsed time against the bare machine,
memory. The demo guest has its system on a plain disk and two more of DISK_MIB: port 1 encrypted, port 3 mediated only."""

import contextlib
import json
import os
import statistics
import tempfile
from pathlib import Path

import run
from counters import Plugin
from guestshell import GuestShell
from report import Stop, FAILED, say
from session import Session

NAMES = ("ahci.read4k", "ahci.read4k_encrypted", "ahci.read16m", "ahci.read16m_encrypted", "ahci.write16m",
         "ahci.write16m_encrypted", "fio.ratio", "fio.ratio_plain", "fio.ratio_untouched", "storage.memory_mib")
TIME_LIMIT = 600
BATCHES = 5
REQUESTS = 1000
DISK_MIB = 64
POLICY = """control{ports = "5658h-5659h"}
storage.encrypt{match = {port = 1}, key = module("disk.key"), ranges = {{first = 0, check = "none"}}, require = true}
"""
WITHOUT = 'control{ports = "5658h-5659h"}\n'
FIO = ("fio --minimal --name=r --filename=/dev/{device} --direct=1 --ioengine=libaio --iodepth=32 --bs=4k --rw=randrw"
       " --size={mib}m --io_size=16m --randseed=7")
_READ_MS, _WRITE_MS = 8, 49     # columns of fio's terse output, version 3


class _Guest:
    """A running demo guest with the two disks. An empty POLICY: the bare machine."""

    def __init__(self, folder, policy, plugin=None):
        folder = Path(folder)
        words = ["--headless", "--plain-disk", "--timeout", str(TIME_LIMIT)]
        if policy:
            (folder / "policy.lua").write_text(policy)
            words += ["--policy", str(folder / "policy.lua")]
            if "disk.key" in policy:
                (folder / "disk.key").write_bytes(os.urandom(64))
                words += ["--key", str(folder / "disk.key")]
        else:
            words += ["--bare"]
        words.append("--")
        for port in (1, 3):
            image = folder / f"data{port}.img"
            image.write_bytes(os.urandom(1 << 20) * DISK_MIB)
            words += ["-drive", f"file={image},format=raw,if=none,id=data{port}",
                      "-device", f"ide-hd,drive=data{port},bus=ide.{port}"]
        self._session = Session(run.parse(words + (plugin.words() if plugin else [])))

    def __enter__(self):
        self._session.__enter__()
        self._shell = GuestShell(self._session.emulator)
        return self

    def __exit__(self, *how):
        self._session.__exit__(*how)

    def sh(self, command):
        out, err = bytearray(), bytearray()
        status = self._shell.run(command, out.extend, err.extend, poweroff=False)
        if status != 0:
            raise Stop(FAILED, f"in the guest: {command}: status {status}, {err.decode(errors='replace')}")
        return out.decode(errors="replace")

    def disk(self, port):
        """Linux's name of the disk on an AHCI port."""
        return self.sh("cd /sys/block; for d in sd*; do"
                       f" case $(readlink $d) in */ata{port + 1}/*) echo $d;; esac; done").strip()


def measure(wanted):
    """Returns {name: row} of the contract's JSON, for the NAMES that match WANTED."""
    rows = {}
    if any(wanted.search(name) for name in NAMES if name.startswith("ahci.")):
        say("counting storage's instructions (one boot)")
        rows.update(_instructions())
    if wanted.search("fio.ratio") or wanted.search("storage.memory_mib"):
        say("running fio bare and under Weir, and weighing storage (three boots)")
        rows.update(_fio())
    return rows


def _row(bare, values, unit, samples, **more):
    return {"bare": bare, "weir": round(statistics.median(values), 3), "p99": round(max(values), 3),
            "unit": unit, "samples": samples, **more}


def _instructions():
    """The plugin counts; what a command costs that transfers nothing is subtracted."""
    rows = {}
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        plugin = Plugin(folder)
        with _Guest(folder, POLICY, plugin) as guest:
            def host(command):
                before = plugin.read().host
                guest.sh(command)
                return plugin.read().host - before

            for suffix, port in (("_encrypted", 1), ("", 3)):
                device = guest.disk(port)
                read, write = f"dd if=/dev/{device} of=/dev/null iflag=direct", f"dd if=/dev/zero of=/dev/{device} oflag=direct"
                for name, command, count, unit, per in (
                        ("read4k", f"{read} bs=4k", REQUESTS, "instructions per request", 1),
                        ("read16m", f"{read} bs=1M", 16, "instructions per byte", 1 << 20),
                        ("write16m", f"{write} bs=1M", 16, "instructions per byte", 1 << 20)):
                    guest.sh(f"{command} count=1 2>/dev/null")
                    empty = statistics.median(host(f"{command} count=0 2>/dev/null") for _ in range(3))
                    values = [(host(f"{command} count={count} 2>/dev/null") - empty) / (count * per) for _ in range(BATCHES)]
                    rows[f"ahci.{name}{suffix}"] = _row(0, values, unit, BATCHES * count)
    return rows


def _fio():
    """Three guests take turns, so that what else this machine does slows all of them: bare, under Weir with storage, and
    under Weir without. What then exists in Weir with storage and without is storage's memory."""
    with contextlib.ExitStack() as stack:
        bare, weir, without = (
            stack.enter_context(_Guest(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-")), policy))
            for policy in ("", POLICY, WITHOUT))
        rounds = []
        for _ in range(BATCHES + 1):
            rounds.append([_fio_ms(guest, port) for guest, port in ((bare, 1), (weir, 1), (weir, 3), (without, 1))])
        memory = _free_pages(without) - _free_pages(weir)
    rounds = rounds[1:]         # the first one warms up
    rows = {}
    for column, name, what in ((1, "fio.ratio", "encrypted"), (2, "fio.ratio_plain", "mediated"),
                               (3, "fio.ratio_untouched", "no storage")):
        ratios = [times[column] / times[0] for times in rounds]
        rows[name] = _row(1, ratios, f"elapsed, {what}, over bare", BATCHES, lowest=round(min(ratios), 3),
                          bare_ms=statistics.median(times[0] for times in rounds),
                          weir_ms=statistics.median(times[column] for times in rounds))
    rows["storage.memory_mib"] = _row(0, [memory / 256], "MiB", 1)
    return rows


def _fio_ms(guest, port):
    """Milliseconds by the guest's clock."""
    line = guest.sh(FIO.format(device=guest.disk(port), mib=DISK_MIB)).strip().splitlines()[-1].split(";")
    return max(int(line[_READ_MS]), int(line[_WRITE_MS]))


def _free_pages(guest):
    return json.loads(guest.sh("weirctl --json stat"))["objects"]["free-pages"]
