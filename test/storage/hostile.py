# SPDX-License-Identifier: BSD-2-Clause
"""A guest whose AHCI driver means harm (test/guest/ahci): Weir and storage live, and nothing is where it may not be."""

import os
import random
import re
import sys
import tempfile
from pathlib import Path

from boot import Boot
from emulator import Ended
from harness import ROOT, equal, fail, lacks, main, true
from paths import BUILD

sys.path.insert(0, str(ROOT / "test/encryption"))
import plain64  # noqa: E402

MIB = 1 << 20
SECTOR = 512
SIZE = POOL = 8 * MIB
# As in test/guest/ahci/ahci.h.
SCRATCH, SCRATCH_SECTORS, OWN, KNOWN = 4096, 8192, 3000, 64
MARK = b"THIS IS ON DISKS"
POLICY = """
service.storage{deadline = 1000}
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
    machine.expect(rb"(?m)^end ahci .*$", seconds)
    while machine.qmp.execute("query-status")["status"] != "shutdown":
        machine.emulator.read(0.1)


def pool_of(machine):
    """Where storage's bounce pool begins: the first port's real command list follows it (struct dma)."""
    bar = int(re.search(r"^ahci bar (\w+)$", machine.serial_log(), re.MULTILINE)[1], 16)
    return int(re.search(r": (0x\w+)", machine.qmp.monitor(f"xp /1wx {bar + 0x100:#x}"))[1], 16) - POOL


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
            text, log, pool = machine.serial_log(), machine.weir_log(), pool_of(machine)
            equal("the guest's last line", text.splitlines()[-1:], ["end ahci ok"])
        lacks("a service that failed", log, r"^weir: service .*|panic")
        lacks("a port that storage gave up", log, r"^storage: port .* (is reset|damaged|somebody)")
        at, size = (int(n, 16) for n in re.search(r"^ahci region (\w+) (\w+)$", text, re.MULTILINE).groups())
        # Eight: fewer can be what storage copied for a command, where a disk's data was read into the guest's tables.
        weir = memory[at:pool] + memory[pool + POOL:at + size]
        true("Weir's memory holds nothing of the first disk", at < pool < at + size and weir.find(MARK * 8) < 0)
        true("the guest's does", memory.find(MARK) >= 0)
        after = first.read_bytes(), second.read_bytes()
        true("the first disk is as it was", after[0] == before[0])
        edge = SCRATCH * SECTOR, (SCRATCH + SCRATCH_SECTORS) * SECTOR
        own = bytes((rounds + i) & 0xff for i in range(SECTOR))
        equal("the sector of the checks", plain64.decrypt(key, after[1][OWN * SECTOR:(OWN + 1) * SECTOR], OWN), own)
        expected = before[1][:OWN * SECTOR] + after[1][OWN * SECTOR:(OWN + 1) * SECTOR] + before[1][(OWN + 1) * SECTOR:edge[0]]
        true("so is the second before the scratch area", after[1][:edge[0]] == expected)
        true("and after it", after[1][edge[1]:] == before[1][edge[1]:])
        written = plain64.decrypt(key, after[1][edge[0]:edge[1]], SCRATCH)
        true("the scratch area was written to", after[1][edge[0]:edge[1]] != before[1][edge[0]:edge[1]])
        for word in (b"weir 0.", b"policy.lua", b"weir: service"):
            true(f"nothing of Weir's memory is on the disk: {word!r}", word not in written)


def harm_unless_qemu_dies(seed, rounds, seconds):
    """QEMU 7.2 itself dies now and then of a port that is stopped under a command, bare as under Weir: then again."""
    for _ in range(3):
        try:
            return harm(seed, rounds, seconds)
        except Ended as ended:
            if "ended with signal" not in str(ended):
                raise
            print(f"QEMU died: {str(ended).splitlines()[0]}", flush=True)
            seed += 1
    return fail("QEMU died three times")


def case_a_guest_that_means_harm():
    harm_unless_qemu_dies(20261123, 40, 120)


def case_a_guest_that_means_harm_for_long():
    for _ in range(8):
        harm_unless_qemu_dies(random.randrange(1 << 32), 200, 250)


if __name__ == "__main__":
    main()
