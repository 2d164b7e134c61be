# SPDX-License-Identifier: BSD-2-Clause
"""The largest commands, on an encrypted disk of more than 2 TiB (test/guest/ahci/large.c): what the guest reads again is
what it wrote, and every sector of the image has the tweak of its number."""

import os
import sys
import tempfile
from pathlib import Path

from boot import Boot
from harness import ROOT, equal, lacks, main

sys.path.insert(0, str(ROOT / "test/encryption"))
import plain64  # noqa: E402

SECTOR, LARGEST = 512, 65536
DISK, EDGE = 6 << 30, 1 << 32       # sectors; as in test/guest/ahci/ahci.h
# In the order in which the guest writes them: first sector, sectors.
WRITTEN = (4096, LARGEST), (EDGE - 30001, LARGEST), (DISK - LARGEST, LARGEST), (EDGE - 3, 300), ((1 << 28) - 5, 2049)
POLICY = """
service.storage{deadline = 1000}
storage.encrypt{match = {port = 1}, key = module("disk.key"), require = true, ranges = {{first = 0, check = "none"}}}
"""


def plaintext(first, sectors, number):
    """Of the guest's pattern, what stands in sector FIRST + NUMBER: it begins two bytes into the pattern."""
    word = number * SECTOR // 4
    words = ((i + first + sectors) * 2654435761 & 0xffffffff for i in range(word, word + SECTOR // 4 + 1))
    return b"".join(w.to_bytes(4, "little") for w in words)[2:2 + SECTOR]


def check_image(disk, key):
    with open(disk, "rb") as image:
        for first, sectors in WRITTEN:
            overwritten = range(EDGE - 3, EDGE + 297) if sectors == LARGEST else ()
            for number in {*range(0, sectors, 97), *range(0, sectors, 2048), sectors - 1}:
                if first + number in overwritten:
                    continue
                image.seek((first + number) * SECTOR)
                got = plain64.decrypt(key, image.read(SECTOR), first + number)
                equal(f"sector {first + number}", got, plaintext(first, sectors, number))


def case_the_largest_commands():
    with tempfile.TemporaryDirectory() as folder:
        key, disk = os.urandom(64), Path(folder) / "disk.img"
        (Path(folder) / "disk.key").write_bytes(key)
        with open(disk, "wb") as image:
            image.truncate(DISK * SECTOR)
        with Boot("--module", Path(folder) / "disk.key", "--memory", "256", "--", "-drive",
                  f"file={disk},format=raw,if=none,id=data", "-device", "ide-hd,drive=data,bus=ide.1", policy=POLICY,
                  guest="ahci", parameters={5: 1}) as machine:
            text = machine.wait_end()
            equal("the guest's last line", text.splitlines()[-1:], ["end ahci ok"])
            lacks("a service that failed", machine.weir_log(), r"^weir: service .*|panic")
        check_image(disk, key)


if __name__ == "__main__":
    main()
