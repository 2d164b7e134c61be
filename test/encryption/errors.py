# SPDX-License-Identifier: BSD-2-Clause
"""A disk that fails (QEMU's blkdebug): the guest's kernel has the same to say about it bare and under Weir."""

import difflib
import re
import tempfile
from pathlib import Path

import plain64
from harness import equal, main, matches
from machines import MIB, TwoDisks
from paths import DEMO

SIZE = 17 * MIB
BAD_READ, BAD_WRITE = 8192 + 128, 16384 + 128      # sectors, in the middle of a stretch of 128 KiB
FAILS = ["iotype=read", f"sector={BAD_READ}"], ["iotype=write", f"sector={BAD_WRITE}"], ["iotype=flush"]


def driver(image):
    """QEMU's words for a disk on which one sector can't be read, one not be written, and no flush succeeds."""
    words = [f"driver=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename={image}"]
    for number, rule in enumerate(FAILS):
        words += [f"file.inject-error.{number}.{word}" for word in ["event=none", "errno=5", *rule]]
    return ",".join(words)


def masked(log, device):
    """The lines about the second disk and its port, without what differs between any two boots: times, addresses, the
    tag that the kernel happened to choose (also in the FIS's sector count of queued commands), pieces of memory."""
    lines = []
    for line in log.splitlines():
        line = re.sub(r"^\[ *\d+\.\d+\] ", "", line)
        if not re.search(rf"\bata2\b|\b{device}\b|\bsd 1:", line):
            continue
        for pattern, word in ((r"abar m\d+@0x[0-9a-f]+ port 0x[0-9a-f]+ irq \d+", "abar"), (rf"\b{device}\b", "sdX"),
                              (r"cmd_age=\d+s", "cmd_age"), (r"SAct 0x[0-9a-f]+", "SAct"), (r"\btag#?[ \d]+", "tag "), (r"phys_seg \d+", "phys_seg"),
                              (r"\b(6[01]/[0-9a-f]{2}):[0-9a-f]{2}:", r"\1:tag:")):
            line = re.sub(pattern, word, line)
        lines.append(line)
    return lines


def provoke(machine):
    """Reads and writes that fail at their start and in their middle, and good ones beside them; a flush. One at a time, so
    that the kernel's words about what else was queued do not depend on the time."""
    device = machine.device
    machine.ok("dmesg -c >/dev/null")
    read = f"dd count=1 if=/dev/{device} of=/dev/null iflag=direct"
    write = f"dd count=1 conv=notrunc if=/dev/zero of=/dev/{device} oflag=direct"
    # 128 KiB is as much as Linux gives one command of QEMU's disk.
    commands = (f"{read} bs=128k skip={BAD_READ // 256}", f"{read} bs=4k skip={BAD_READ // 8}",
                f"{read} bs=4k skip={BAD_READ // 8 + 1}", f"{write} bs=128k seek={BAD_WRITE // 256}",
                f"{write} bs=4k seek={BAD_WRITE // 8}", f"{write} bs=4k seek={BAD_WRITE // 8 + 1}",
                f"{write} bs=4k seek=1 conv=notrunc,fsync")
    failed = [machine.sh(command).status != 0 for command in commands]
    return failed, masked(machine.ok("dmesg"), device)


def seen(folder, weir):
    data = folder / "data.img"
    data.write_bytes(plain64.encrypt((DEMO / "disk.key").read_bytes(), bytes(SIZE)) if weir else bytes(SIZE))
    with TwoDisks(folder / str(weir), data, weir=weir, options="rerror=report,werror=report",
                  driver=driver(data)) as machine:
        return provoke(machine)


def case_disk_errors_look_the_same():
    with tempfile.TemporaryDirectory() as name:
        failed, log = seen(Path(name), True)
        bare_failed, bare_log = seen(Path(name), False)
    equal("which commands fail bare", bare_failed, [True, True, False, True, True, False, True])
    equal("which commands fail", failed, bare_failed)
    for what in ("failed command: READ FPDMA QUEUED", "failed command: READ DMA", "failed command: WRITE DMA", "dma 131072 out",
                 "failed command: FLUSH CACHE", "error: { ABRT }"):
        matches("the guest's log, bare", "\n".join(bare_log), what)
    equal("the guest's log", "\n".join(difflib.unified_diff(bare_log, log, "bare", "under Weir", lineterm="", n=3)), "")


if __name__ == "__main__":
    main()
