# SPDX-License-Identifier: BSD-2-Clause
"""A guest whose IDE disks the policy has rules for, on QEMU's i440fx machine: from SeaBIOS's INT 13h through GRUB to
Linux's ata_piix."""

import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path

from boot import Boot
from harness import equal, lacks, main, true
from paths import DEMO

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "encryption"))

import plain64  # noqa: E402

MIB = 1 << 20

# The demo disk, its drive 1, and what restarts storage in the guest.
ENCRYPT = """
storage.encrypt{match = {port = 0}, key = module("disk.key"), require = true}
storage.encrypt{match = {port = 1}, key = module("disk.key"), ranges = "64-"}
control{ports = "5658h-5659h"}
"""


def no_trouble(machine):
    log = machine.ok("dmesg")
    true("the disks use DMA", re.search(r"ata1\.00: ATA.*max UDMA", log))
    for word in ("exception Emask", "resetting link", "soft resetting", "failed command", "I/O error", "timeout",
                 "lost interrupt"):
        lacks(f"the guest's log about {word}", log, word)


def numbers(bytes_):
    return "".join(f"{n}\n" for n in range(1, 2000001)).encode()[:bytes_]


def second_disk(machine, sectors):
    """Linux names its disks in the order in which they answer."""
    return machine.ok(f"cd /sys/block; grep -lx {sectors} sd*/size | cut -d/ -f1").strip()


def case_an_encrypted_disk_boots():
    """The demo guest from an encrypted disk; what it writes to a second one by DMA and by PIO is, decrypted by others,
    what it wrote."""
    with tempfile.TemporaryDirectory() as name:
        image = Path(name) / "second.img"
        image.write_bytes(bytes(8 * MIB))
        with Boot("--machine", "pc", "--", "-drive", f"file={image},format=raw,if=none,id=second", "-device",
                  "ide-hd,drive=second,bus=ide.0,unit=1,serial=SECOND", policy=ENCRYPT) as machine:
            machine.wait_log(r"storage: port 0: QEMU HARDDISK, serial QM00001, \d+ sectors: encrypted$")
            machine.wait_log(r"storage: port 1: QEMU HARDDISK, serial SECOND, 16384 sectors: encrypted$")
            machine.wait_log(r"storage: port 2: QEMU DVD-ROM, .*: as it is$")
            key = (DEMO / "disk.key").read_bytes()
            disk = second_disk(machine, 16384)
            # Requests of many parts, then small ones, then single sectors by PIO.
            machine.ok(f"echo 8192 >/sys/block/{disk}/queue/max_sectors_kb; seq 1 2000000 | head -c {8 * MIB} >/dev/shm/n;"
                       f" dd if=/dev/shm/n of=/dev/{disk} bs=8M oflag=direct 2>/dev/null")
            machine.ok(f"printf 'sector %504d\\n' 1 2 3 | dd of=/dev/{disk} bs=512 seek=63 conv=fsync 2>/dev/null")
            machine.ok(f"hdparm --yes-i-know-what-i-am-doing --write-sector 1000 /dev/{disk}")
            machine.ok("echo 3 >/proc/sys/vm/drop_caches")
            expected = bytearray(numbers(8 * MIB))
            for number in (1, 2, 3):
                expected[(62 + number) * 512:(63 + number) * 512] = b"sector %504d\n" % number
            expected[1000 * 512:1001 * 512] = bytes(512)
            words = machine.ok(f"hdparm --read-sector 2000 /dev/{disk} | grep -E '^([0-9a-f]{{4}} ?)+$'").split()
            by_pio = b"".join(bytes.fromhex(word) for word in words)
            swapped = b"".join(bytes.fromhex(word)[::-1] for word in words)
            true("a sector read by PIO", bytes(expected[2000 * 512:2001 * 512]) in (by_pio, swapped))
            equal("read by DMA in large requests",
                  machine.ok(f"dd if=/dev/{disk} bs=8M iflag=direct 2>/dev/null | md5sum").split()[0],
                  hashlib.md5(expected).hexdigest())
            machine.ok("head -c 12000000 /dev/urandom >/a; sync; md5sum </a >/dev/shm/a; echo 3 >/proc/sys/vm/drop_caches")
            equal("a file read again", machine.ok("md5sum </a"), machine.ok("cat /dev/shm/a"))
            no_trouble(machine)
        got = image.read_bytes()
        true("plain before the range", got[:64 * 512] == expected[:64 * 512])
        true("ciphertext in it, as others decrypt it", plain64.decrypt(key, got[64 * 512:]) == expected[64 * 512:])


def case_rules_for_ide_disks():
    """A disk without a rule, one that is read-only, one that is not there."""
    policy = """
storage.read_only{match = {serial = 'SECOND'}}
storage.deny{match = {port = 3}}
"""
    with Boot("--machine", "pc", "--plain-disk", "--",
              "-drive", "driver=null-co,size=16M,read-zeroes=on,if=none,id=second",
              "-device", "ide-hd,drive=second,bus=ide.0,unit=1,serial=SECOND",
              "-drive", "driver=null-co,size=32M,read-zeroes=on,if=none,id=third",
              "-device", "ide-hd,drive=third,bus=ide.1,unit=1,serial=THIRD", policy=policy) as machine:
        machine.wait_log(r"port 0: QEMU HARDDISK, serial QM00001, \d+ sectors: as it is")
        machine.wait_log(r"port 1: QEMU HARDDISK, serial SECOND, 32768 sectors: read-only")
        machine.wait_log(r"port 3: QEMU HARDDISK, serial THIRD, 65536 sectors: denied")
        disk = second_disk(machine, 32768)
        machine.ok("head -c 12000000 /dev/urandom >/a; sync; md5sum </a >/dev/shm/a; echo 3 >/proc/sys/vm/drop_caches")
        equal("a file read again", machine.ok("md5sum </a"), machine.ok("cat /dev/shm/a"))
        no_trouble(machine)
        equal("disks", machine.ok("ls /sys/block | grep -c sd").strip(), "2")
        machine.ok(f"dd if=/dev/{disk} of=/dev/null bs=1M count=16 2>/dev/null")
        machine.sh(f"dd if=/dev/zero of=/dev/{disk} bs=4096 count=1 oflag=direct conv=fsync")
        true("a write fails", re.search(rf"I/O error, dev {disk}.*WRITE", machine.ok("dmesg")))
        machine.ok("dd if=/dev/zero of=/b bs=1M count=2 conv=fsync 2>/dev/null")


def case_storage_is_replaced_under_load():
    """20 new instances while the guest reads, writes and checks."""
    with Boot("--machine", "pc", policy=ENCRYPT) as machine:
        machine.ok("head -c 6000000 /dev/urandom >/a; sync; md5sum </a >/dev/shm/a")
        machine.ok("(while [ ! -e /dev/shm/end ]; do echo 3 >/proc/sys/vm/drop_caches; md5sum </a | cmp - /dev/shm/a || "
                   "echo read >>/dev/shm/bad; cp /a /b; sync; cmp /a /b || echo write >>/dev/shm/bad; "
                   "echo x >>/dev/shm/rounds; done; echo done >/dev/shm/ended) >/dev/null 2>&1 &")
        machine.ok("for i in $(seq 20); do weirctl restart storage >/dev/null || exit 1; usleep 60000; done")
        machine.ok("touch /dev/shm/end; for i in $(seq 100); do [ -e /dev/shm/ended ] && exit 0; sleep 1; done; exit 1")
        equal("what was wrong", machine.sh("cat /dev/shm/bad").out, b"")
        true("rounds", int(machine.ok("grep -c x /dev/shm/rounds")) >= 2)
        services = json.loads(machine.ok("weirctl --json ps"))
        true("instances", [s["restarts"] for s in services if s["name"] == "storage"][0] >= 20)


if __name__ == "__main__":
    main()
