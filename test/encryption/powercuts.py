# SPDX-License-Identifier: BSD-2-Clause
"""What the guest was told is on the disk is there when the power fails.

The emulator is killed. The root file system's image keeps what had been written to it; the second disk only what came before
the last flush that ended (QEMU's blklogwrites): what its cache held is lost.
"""

import random
import re
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import plain64
from harness import equal, fail, main, true
from machines import MIB, TwoDisks
from paths import BIN

RECORD = 6 * 512        # bytes; not a multiple of a page
LOG_SIZE = 8 << 30      # sparse
LOG_DISCARD = 4
ROOT_FIRST = 2048       # where the demo disk's partition begins (tools/launcher/biosdisk.py)
# Each number goes to the raw second disk and to a file of the root file system; then it is acknowledged on COM1.
WRITER = r"""
n={first}
while :; do
    n=$((n + 1))
    yes "record $n" | head -c {record} >/tmp/record
    dd if=/tmp/record of=/dev/{device} bs={record} seek=$n count=1 conv=notrunc,fsync 2>/dev/null || exit
    echo "line $n" | dd of=/root/lines oflag=append conv=notrunc,fsync 2>/dev/null || exit
    echo "ack $n." >/dev/ttyS0
done"""


def acknowledged(machine, seconds):
    """Let the guest write for SECONDS, cut the power, and say what it had acknowledged last."""
    machine.expect(rb"ack \d+\.")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        machine.emulator.read(until - time.monotonic())
    machine.emulator.kill()
    return max(map(int, re.findall(r"ack (\d+)\.", machine.serial_log())))


def lines_of(folder):
    """/root/lines on the decrypted root file system, after its journal was replayed."""
    root = folder / "root.ext4"
    with open(folder / "disk.img", "rb") as image, open(folder / "plain.img", "wb") as plain:
        subprocess.run([BIN / "weir-crypt", "decrypt", folder / "disk.key", "0"], stdin=image, stdout=plain, check=True)
    with open(folder / "plain.img", "rb") as plain:
        plain.seek(ROOT_FIRST * 512)
        root.write_bytes(plain.read())
    check = subprocess.run(["/sbin/e2fsck", "-f", "-p", root], capture_output=True, text=True)
    true(f"e2fsck finds nothing but the journal: {check.returncode} {check.stdout}", check.returncode in (0, 1))
    return subprocess.run(["/sbin/debugfs", "-R", "cat /root/lines", root], capture_output=True, check=True).stdout


def logging(data, log):
    """QEMU's words for a disk whose writes go to LOG as well. LOG's superblock is written with a flush, and then only."""
    with open(log, "wb") as file:
        file.truncate(LOG_SIZE)
    return (f"driver=blklogwrites,file.driver=file,file.filename={data},log.driver=file,log.filename={log},"
            "log-super-update-interval=1000000000")


def lose_cache(image, log):
    """IMAGE, as it was before, with the writes of LOG up to the last flush (Linux, dm-log-writes: the log's format)."""
    with open(log, "rb") as file:
        magic, version, entries, size = struct.unpack("<QQQI", file.read(28))
        true("a flush has reached the disk", magic)
        equal("the log's magic, version and sector size", (magic, version, size), (0x6a736677736872, 1, 512))
        at = size
        for _ in range(entries):
            file.seek(at)
            sector, sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
            file.seek(at + size)
            at += size
            if sectors and not flags & LOG_DISCARD:
                image[sector * size:(sector + sectors) * size] = file.read(sectors * size)
                at += sectors * size
    return entries


def cut(folder, data, first, seconds):
    """One machine that writes from record FIRST + 1 on until its power fails. Returns the last acknowledged one."""
    image, log = bytearray(data.read_bytes()), folder / "log"
    with TwoDisks(folder, data, driver=logging(data, log)) as machine:
        writer = WRITER.format(first=first, device=machine.device, record=RECORD)
        machine.ok(f"cat >/tmp/writer <<'END'{writer}\nEND")
        machine.sh("sh /tmp/writer >/dev/null 2>&1 &")
        last = acknowledged(machine, seconds)
    key = (folder / "disk.key").read_bytes()
    entries = lose_cache(image, log)
    data.write_bytes(image)
    for n in range(1, last + 1):
        expected = (b"record %d\n" % n * RECORD)[:RECORD]
        got = plain64.decrypt(key, image[n * RECORD:(n + 1) * RECORD], n * RECORD // 512)
        if got != expected:
            fail(f"record {n} of {last} acknowledged ones\n  expected: {expected[:40]!r}\n  got:      {got[:40]!r}")
    lines = lines_of(folder).decode(errors="replace").splitlines()
    equal("the file's acknowledged lines", lines[:last], [f"line {n}" for n in range(1, last + 1)])
    print(f"cut after {seconds:.2f} s: {last - first} records acknowledged, {entries} entries in the log, "
          f"{len(lines)} lines in the file", flush=True)
    return len(lines)


def cuts(times, longest):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    random.seed(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data.img"
        with open(data, "wb") as image:
            image.truncate(64 * MIB + 512)
        last = 0
        for _ in range(times):
            last = cut(folder, data, last, random.uniform(0.1, longest))
        true("something was written", last > times)


def case_power_cuts():
    cuts(2, 3)


def case_fifty_power_cuts():
    cuts(50, 8)


if __name__ == "__main__":
    main()
