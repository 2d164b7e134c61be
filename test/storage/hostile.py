# SPDX-License-Identifier: BSD-2-Clause
"""A guest whose AHCI driver means harm (test/guest/ahci): Weir and storage live, and nothing is where it may not be."""

import os
import random
import re
import tempfile
import time
from pathlib import Path

from boot import Boot
from harness import ROOT, equal, fail, lacks, main, true
from paths import BUILD

import sys
sys.path.insert(0, str(ROOT / "test/encryption"))
import plain64  # noqa: E402

MIB = 1 << 20
SECTOR = 512
SIZE = 8 * MIB
# As in test/guest/ahci/ahci.h.
SCRATCH, SCRATCH_SECTORS, KNOWN = 4096, 8192, 64
MARK = b"THIS IS ON DISKS"
POLICY = """
storage.read_only{match = {port = 0}}
storage.encrypt{match = {port = 1}, key = module("disk.key"), require = true, ranges = {{first = 0, check = "none"}}}
"""
PARAMETERS = 400        # where test/guest's images take them


def first_disk(folder, seed, rounds):
    """The guest program, and behind it what Weir's memory must never hold: this disk's data needs no copy."""
    image = bytearray((BUILD / "guest/ahci.img").read_bytes())
    image[PARAMETERS:PARAMETERS + 5] = seed.to_bytes(4, "little") + bytes([rounds])
    image += MARK * ((SIZE - len(image)) // len(MARK))
    (folder / "first.img").write_bytes(image)
    return folder / "first.img"


def second_disk(folder, key):
    plain = bytearray(os.urandom(SIZE))
    at = KNOWN * SECTOR
    plain[at:at + 16 * SECTOR] = bytes((i * 7 + (i >> 9) * 3 + 1) & 0xff for i in range(16 * SECTOR))
    (folder / "second.img").write_bytes(plain64.encrypt(key, bytes(plain)))
    return folder / "second.img"


def wait_off(machine, seconds):
    until = time.monotonic() + seconds
    while machine.qmp.execute("query-status")["status"] != "shutdown":
        if time.monotonic() > until:
            fail(f"the guest has not ended after {seconds} s")
        machine.emulator.drain(0.2)


def harm(seed, rounds, seconds):
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder, key = Path(name), os.urandom(64)
        (folder / "disk.key").write_bytes(key)
        first, second = first_disk(folder, seed, rounds), second_disk(folder, key)
        before = first.read_bytes(), second.read_bytes()
        with Boot("--plain-disk", "--disk", first, "--module", folder / "disk.key", "--memory", "256", "--", "-no-shutdown",
                  "-drive", f"file={second},format=raw,if=none,id=data", "-device", "ide-hd,drive=data,bus=ide.1",
                  policy=POLICY, timeout=seconds) as machine:
            wait_off(machine, seconds)
            memory = machine.memory(0, 256 * MIB)
            text, log = machine.serial_log(), machine.weir_log()
        equal("the guest's last line", text.splitlines()[-1:], ["end ahci ok"])
        lacks("a service that failed", log, r"^weir: service .*|panic")
        lacks("a port that storage gave up", log, r"^storage: port .* (is reset|damaged|somebody)")
        at, size = (int(n, 16) for n in re.search(r"^ahci region (\w+) (\w+)$", text, re.MULTILINE).groups())
        true("Weir's memory holds nothing of the first disk", memory.find(MARK, at, at + size) < 0)
        true("the guest's does", memory.find(MARK) >= 0)
        after = first.read_bytes(), second.read_bytes()
        true("the first disk is as it was", after[0] == before[0])
        edge = SCRATCH * SECTOR, (SCRATCH + SCRATCH_SECTORS) * SECTOR
        true("so is the second before the scratch area", after[1][:edge[0]] == before[1][:edge[0]])
        true("and after it", after[1][edge[1]:] == before[1][edge[1]:])
        written = plain64.decrypt(key, after[1][edge[0]:edge[1]], SCRATCH)
        true("the scratch area was written to", after[1][edge[0]:edge[1]] != before[1][edge[0]:edge[1]])
        for word in (b"weir 0.", b"policy.lua", b"weir: service"):
            true(f"nothing of Weir's memory is on the disk: {word!r}", word not in written)


def case_a_guest_that_means_harm():
    harm(20261123, 30, 250)


def case_a_guest_that_means_harm_for_long():
    for _ in range(5):
        harm(random.randrange(1 << 32), 250, 280)


if __name__ == "__main__":
    main()
