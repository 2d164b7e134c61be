# SPDX-License-Identifier: BSD-2-Clause
"""A guest whose disk is mediated, from SeaBIOS through GRUB to Linux. Disks with rules: test/encryption/policies.py."""

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


if __name__ == "__main__":
    main()
