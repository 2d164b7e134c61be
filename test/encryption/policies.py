# SPDX-License-Identifier: BSD-2-Clause
"""Eight disks on two AHCI controllers and a CD in one machine, each with a policy of its own: what the guest may do with
each, and what its image holds afterwards."""

import hashlib
import os
import tempfile
from pathlib import Path

import plain64
from boot import Boot
from harness import equal, lacks, main, matches, true
from paths import DEMO

SECTOR, MIB = 512, 1 << 20
POLICY = """
storage.encrypt{match = {port = 0, serial = "QM00001"}, key = module("disk.key"), require = true}
storage.encrypt{match = {serial = "RANGES"}, key = module("other.key"), trim = "pass", require = true,
    ranges = {"16-2047", "2048-4095", "5000", {first = 6000, check = {offset = 1024, bytes = "BEEF"}}}}
storage.encrypt{match = {serial = "WHOLE"}, key = module("disk.key"), ranges = {{first = 0, check = "none"}}}
storage.encrypt{match = {serial = "BOTH"}, key = module("disk.key"), ranges = {{first = 0, check = "none"}}}
storage.encrypt{match = {model = "QEMU*", serial = "BIG*"}, key = module("other.key"), ranges = "2048-"}
storage.encrypt{match = {serial = "DENIED"}, key = module("disk.key")}
storage.read_only{match = {serial = "BOTH"}}
storage.read_only{match = {serial = "FIXED"}}
storage.deny{match = {serial = "DENIED"}}
"""
ENCRYPTED = (16, 2048), (2048, 4096), (5000, 5001), (6000, 8 * MIB // SECTOR + 3)
# Serial number: place, size. WHOLE is a 512e disk. The sizes differ: the guest finds its disks by them.
DISKS = {
    "RANGES": ("ide.1", 8 * MIB + 3 * SECTOR),
    "WHOLE": ("ide.3,physical_block_size=4096", 4 * MIB),
    "BOTH": ("ide.4", MIB),
    "DENIED": ("ide.5", 2 * MIB),
    "PLAIN": ("more.0", 3 * MIB),
    "BIG": ("more.1", 3 << 40),
    "FIXED": ("more.3", MIB + 5 * SECTOR),
}
CD = "some CD of the guest's\n" * 1000
EDGE = 1 << 32          # where 32 bits of a sector's number end


def cut(data, first, last):
    return data[first * SECTOR:last * SECTOR]


class Disks:
    """The images, and options of QEMU that make disks of them."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.keys = {"disk.key": (DEMO / "disk.key").read_bytes(), "other.key": os.urandom(64)}
        self.before = {}
        for name, (_, size) in DISKS.items():
            self._fill(name, size)
        (self.folder / "other.key").write_bytes(self.keys["other.key"])
        (self.folder / "CD").write_text(CD.ljust(24576))

    def image(self, name):
        return self.folder / name

    def _fill(self, name, size):
        if size > 64 * MIB:
            with open(self.image(name), "wb") as image:
                image.truncate(size)
            return
        data = bytearray(os.urandom(size))
        if name == "RANGES":    # the check of its last range
            data[6000 * SECTOR:6003 * SECTOR] = plain64.encrypt(
                self.keys["other.key"], os.urandom(1024) + b"\xbe\xef" + os.urandom(510))
        self.image(name).write_bytes(data)
        self.before[name] = bytes(data)

    def options(self):
        # Behind the other controller, as SeaBIOS sees it: its first disk is what is started.
        words = ["-device", "ich9-ahci,id=more,addr=1f.5"]
        for name, (bus, _) in DISKS.items():
            words += ["-drive", f"file={self.image(name)},format=raw,if=none,id={name},discard=unmap",
                      "-device", f"ide-hd,drive={name},bus={bus},serial={name}"]
        return words + ["-drive", f"file={self.folder / 'CD'},format=raw,if=none,id=cd,media=cdrom,readonly=on",
                        "-device", "ide-cd,drive=cd,bus=more.2"]

    def cipher(self, data, to_plain):
        """RANGES: what the guest sees of what its image holds, or the other way round."""
        out, convert = bytearray(data), plain64.decrypt if to_plain else plain64.encrypt
        for first, last in ENCRYPTED:
            out[first * SECTOR:last * SECTOR] = convert(self.keys["other.key"], cut(data, first, last))
        return out


def find(machine):
    """Linux names its disks in the order in which they answer."""
    count = len(DISKS)      # with the demo disk, without the one that is denied
    machine.ok(f"for i in $(seq 60); do [ $(ls -d /sys/block/sd* | wc -l) = {count} ] && exit; sleep 1; done; false")
    found = {}
    for name, (_, size) in DISKS.items():
        found[name] = machine.ok(f"cd /sys/block; grep -lx {size // SECTOR} sd*/size | cut -d/ -f1").strip()
    return found


def digest(machine, device, words=""):
    return machine.ok(f"dd if=/dev/{device} bs=64k {words} iflag=direct 2>/dev/null | sha256sum").split()[0]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def line(text):
    return f"{text:<511}\n".encode()


def put(machine, device, sector, text, how="conv=notrunc,fsync"):
    machine.ok(f"printf '%-511s\\n' '{text}' | dd of=/dev/{device} seek={sector} {how} 2>/dev/null")


def use_ranges(machine, disks, device):
    """Adjacent ranges, one of a single sector, and TRIM that reaches the disk. Returns what the image has to hold then."""
    seen = disks.cipher(disks.before["RANGES"], True)
    equal("what was on RANGES", digest(machine, device), sha256(seen))
    machine.ok(f"seq 1 2000000 | head -c {len(seen)} | dd of=/dev/{device} bs=37k conv=fsync 2>/dev/null")
    seen[:] = "".join(f"{n}\n" for n in range(1, 2000001)).encode()[:len(seen)]
    last = len(seen) // SECTOR - 1
    for sector in (0, 15, 16, 2047, 2048, 4095, 4096, 4999, 5000, 5001, 5999, 6000, last):
        put(machine, device, sector, f"sector {sector}")
        seen[sector * SECTOR:(sector + 1) * SECTOR] = line(f"sector {sector}")
    machine.ok(f"hdparm --yes-i-know-what-i-am-doing --write-sector 2047 /dev/{device}")     # by PIO
    seen[2047 * SECTOR:2048 * SECTOR] = bytes(SECTOR)
    equal("what RANGES has then", digest(machine, device), sha256(seen))
    image = disks.cipher(seen, False)
    machine.ok(f"blkdiscard -o {3000 * SECTOR} -l {3000 * SECTOR} /dev/{device}")
    image[3000 * SECTOR:6000 * SECTOR] = bytes(3000 * SECTOR)
    equal("what was trimmed is zeroes, decrypted", digest(machine, device), sha256(disks.cipher(image, True)))
    return image


def use_whole(machine, disks, device):
    """TRIM that is dropped. Returns what the image has to hold then."""
    seen = sha256(plain64.decrypt(disks.keys["disk.key"], disks.before["WHOLE"]))
    equal("what was on WHOLE", digest(machine, device), seen)
    machine.ok(f"blkdiscard -f /dev/{device}")
    equal("after its TRIM", digest(machine, device), seen)
    return bytearray(disks.before["WHOLE"])


def use_fixed(machine, device, seen):
    equal(f"what is on {device}", digest(machine, device), sha256(seen))
    for command in f"dd if=/dev/zero of=/dev/{device} bs=4096 count=1 oflag=direct", f"blkdiscard -f /dev/{device}":
        true(f"this fails: {command}", machine.sh(command).status != 0)
    matches("the guest's log", machine.ok("dmesg"), rf"I/O error, dev {device}.*WRITE")
    by_pio = machine.sh(f"hdparm --yes-i-know-what-i-am-doing --write-sector 5 /dev/{device}")
    matches("a write by PIO is aborted", by_pio.err.decode(), r"sb\[\]: +70 00 0b ")


def use_big(machine, device):
    """Sectors whose numbers have more than 32 bits. Returns which sectors hold what."""
    last = (3 << 40) // SECTOR - 1
    held = {sector: line(f"sector {sector}") for sector in (2047, 2048, EDGE - 1, EDGE, EDGE + 1, EDGE + 2048, last)}
    for sector in held:
        put(machine, device, sector, f"sector {sector}")
    read_big(machine, device, held)
    return held


def read_big(machine, device, held):
    for sector, data in held.items():
        equal(f"sector {sector}", digest(machine, device, f"bs=512 skip={sector} count=1"), sha256(data))


def check_big(disks, held):
    with open(disks.image("BIG"), "rb") as image:
        for sector, data in held.items():
            image.seek(sector * SECTOR)
            got = image.read(SECTOR)
            got = plain64.decrypt(disks.keys["other.key"], got, sector - 2048) if sector >= 2048 else got
            equal(f"sector {sector} of BIG's image", got, data)


def case_every_policy_at_once():
    with tempfile.TemporaryDirectory() as folder:
        disks = Disks(folder)
        with Boot("--module", disks.image("other.key"), "--", *disks.options(), policy=POLICY) as machine:
            for what in (r"0: QEMU HARDDISK, serial QM00001, \d+ sectors: encrypted", "1: .* serial RANGES, .*: encrypted",
                         "2: QEMU DVD-ROM, .*: as it is", "4: .* serial BOTH, 2048 sectors: encrypted, read-only",
                         "0: .* serial PLAIN, 6144 sectors: as it is", "1: .* serial BIG, 6442450944 sectors: encrypted"):
                machine.wait_log(rf"^storage: port {what}$")
            device = find(machine)
            equal("what is denied", device["DENIED"], "")
            matches("the guest's log", machine.ok("dmesg"), "ata6: SATA link down")
            held = use_big(machine, device["BIG"])
            images = {"RANGES": use_ranges(machine, disks, device["RANGES"]),
                      "WHOLE": use_whole(machine, disks, device["WHOLE"]), "PLAIN": bytearray(disks.before["PLAIN"])}
            use_fixed(machine, device["BOTH"], plain64.decrypt(disks.keys["disk.key"], disks.before["BOTH"]))
            use_fixed(machine, device["FIXED"], disks.before["FIXED"])
            machine.ok("modprobe sr_mod; for i in $(seq 30); do [ -b /dev/sr1 ] && break; sleep 1; done")
            sums = machine.ok("for d in /dev/sr*; do head -c 24576 $d | sha256sum; done; true").split()
            equal("the CD", sums.count(sha256(CD.ljust(24576).encode())), 1)
            for word in ("hard resetting", "timeout", "frozen"):
                lacks(f"the guest's log about {word}", machine.ok("dmesg"), word)
            # The second controller is reset, and its disks are found again.
            machine.ok("cd /sys/bus/pci/drivers/ahci; for w in unbind bind; do echo 0000:00:1f.5 >$w; sleep 1; done")
            device = find(machine)
            read_big(machine, device["BIG"], held)
            for name, image in images.items():      # in the guest's cache when it switches off
                put(machine, device[name], 7, "the end", "conv=notrunc")
                image[7 * SECTOR:8 * SECTOR] = line("the end")
            images["WHOLE"][7 * SECTOR:8 * SECTOR] = plain64.encrypt(disks.keys["disk.key"], line("the end"), 7)
            machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
            machine.wait_end()
        for name, before in disks.before.items():
            true(f"the image of {name}", disks.image(name).read_bytes() == images.get(name, before))
        check_big(disks, held)


if __name__ == "__main__":
    main()
