# SPDX-License-Identifier: BSD-2-Clause
"""A guest whose disks the policy has rules for, from SeaBIOS through GRUB to Linux."""

import re

from boot import Boot
from harness import equal, lacks, main, true

# A disk that no rule matches is mediated too, and stays as it is.
OTHER = "storage.read_only{match = {serial = 'none such'}}"


def no_trouble(machine):
    log = machine.ok("dmesg")
    true("NCQ with 32 commands", re.search(r"NCQ \(depth 32\)", log))
    for word in ("exception Emask", "hard resetting", "failed command", "I/O error", "timeout"):
        lacks(f"the guest's log about {word}", log, word)


def case_a_mediated_disk_works():
    with Boot("--plain-disk", policy=OTHER) as machine:
        machine.wait_log(r"storage: port 0: QEMU HARDDISK, serial QM00001, \d+ sectors: as it is")
        machine.ok("dd if=/dev/urandom of=/a bs=1M count=12 2>/dev/null; sync")
        machine.ok("echo 3 > /proc/sys/vm/drop_caches")
        sums = machine.ok("md5sum < /a; cat /a | md5sum").split()
        equal("the file read twice", sums[0], sums[2])
        machine.ok("for i in 1 2 3 4 5 6 7 8; do dd if=/dev/sda of=/dev/null bs=512 count=3000 skip=${i}000 "
                   "iflag=direct 2>/dev/null & done; wait")
        no_trouble(machine)


def case_a_read_only_disk_is_not_written():
    policy = "storage.read_only{match = {port = 1}}"
    with Boot("--plain-disk", "--", "-drive", "driver=null-co,size=16M,read-zeroes=on,if=none,id=second",
              "-device", "ide-hd,drive=second,bus=ide.1,serial=SECOND", policy=policy) as machine:
        machine.wait_log(r"port 1: QEMU HARDDISK, serial SECOND, 32768 sectors: read-only")
        # Linux names its disks in the order in which they answer.
        disk = machine.ok("cd /sys/block; grep -lx 32768 sd*/size | cut -d/ -f1").strip()
        machine.ok(f"dd if=/dev/{disk} of=/dev/null bs=1M count=16 2>/dev/null")
        machine.sh(f"dd if=/dev/zero of=/dev/{disk} bs=4096 count=1 oflag=direct conv=fsync")
        true("a write fails", re.search(rf"I/O error, dev {disk}.*WRITE", machine.ok("dmesg")))
        machine.ok("dd if=/dev/zero of=/b bs=1M count=2 conv=fsync 2>/dev/null")


def case_a_denied_disk_is_not_there():
    policy = "storage.deny{match = {serial = 'SECOND'}}"
    with Boot("--plain-disk", "--", "-drive", "driver=null-co,size=16M,read-zeroes=on,if=none,id=second",
              "-device", "ide-hd,drive=second,bus=ide.1,serial=SECOND", policy=policy) as machine:
        machine.wait_log(r"port 1: QEMU HARDDISK, serial SECOND, 32768 sectors: denied")
        equal("disks", machine.ok("ls /sys/block | grep sd"), "sda\n")
        true("the link is down", re.search(r"ata2: SATA link down", machine.ok("dmesg")))


if __name__ == "__main__":
    main()
