# SPDX-License-Identifier: BSD-2-Clause
"""The guest's disk below storage: ciphertext that others can read, and keys that nobody sees."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import plain64
from boot import Boot
from harness import ROOT, equal, main, matches, true
from paths import DEMO

MIB = 1 << 20
KNOWN = b"All that the guest writes is known to this test, line by line.\n"
ROOT_FIRST = 2048               # where the demo disk's partition begins (tools/launcher/biosdisk.py)


def refused(words, pattern, disk=None):
    """Weir does not start the guest, says why, and not a byte of the disk is written."""
    before = disk and disk.read_bytes()
    with Boot(*words, timeout=200) as machine:
        stop = machine.wait_stop()
    equal("exit status", stop.status, 126)
    matches("the reason", stop.reason, pattern)
    true("the disk is as it was", not disk or disk.read_bytes() == before)


def small_image(folder, key, mebibytes=8):
    """A disk whose plaintext begins with a boot sector; returns (path, plaintext)."""
    plain = (bytes(510) + b"\x55\xaa" + os.urandom(MIB)).ljust(mebibytes * MIB, b"\x5a")
    path = Path(folder) / "small.img"
    path.write_bytes(plain64.encrypt(key, plain))
    return path, plain


def partition(folder, image):
    """The root file system of a plaintext disk as a file."""
    path = Path(folder) / "root.ext4"
    with open(image, "rb") as disk:
        table = disk.read(512)[446:]
        equal("the partition's start", int.from_bytes(table[8:12], "little"), ROOT_FIRST)
        disk.seek(ROOT_FIRST * 512)
        path.write_bytes(disk.read())
    return path


def case_a_disk_that_others_encrypted_boots():
    """python3-cryptography makes a disk of the demo guest; the guest boots from it and writes; it decrypts the result."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = os.urandom(64)
        (folder / "k").write_bytes(key)
        disk = folder / "d.img"
        disk.write_bytes(plain64.encrypt(key, (DEMO / "pristine.img").read_bytes()))
        with Boot("--disk", disk, "--key", folder / "k") as machine:
            machine.wait_log(r"^storage: port 0: .*: encrypted$")
            line = KNOWN.decode().rstrip()
            machine.ok(f"yes '{line}' | head -c {MIB} >/root/known && sync")
            machine.ok("echo 3 >/proc/sys/vm/drop_caches")
            equal("the guest reads it back", machine.ok("md5sum </root/known").split()[0],
                  subprocess.run(["md5sum"], input=(KNOWN * (MIB // len(KNOWN) + 1))[:MIB], check=True,
                                 stdout=subprocess.PIPE).stdout.split()[0].decode())
            machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
            machine.wait_end()
        cipher = disk.read_bytes()
        for text in (KNOWN[:32], b"Linux version", b"BusyBox v", b"root::0:0", b"menuentry", b"\x7fELF\x02\x01\x01"):
            true(f"{text!r} is nowhere in the ciphertext", text not in cipher)
        plain = folder / "plain.img"
        plain.write_bytes(plain64.decrypt(key, cipher))
        root = partition(folder, plain)
        check = subprocess.run(["/sbin/e2fsck", "-f", "-n", root], capture_output=True, text=True)
        equal(f"e2fsck ({check.stdout})", check.returncode, 0)
        got = subprocess.run(["/sbin/debugfs", "-R", "cat /root/known", root], capture_output=True, check=True).stdout
        true("the file that the guest wrote", got == (KNOWN * (MIB // len(KNOWN) + 1))[:MIB])


def case_dm_crypt_opens_it():
    """A Linux without Weir opens the image as a dm-crypt mapping and mounts what is in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Boot("--dir", folder / "run") as machine:
            machine.ok(f"yes '{KNOWN.decode().rstrip()}' | head -c {MIB} >/root/known && sync")
            machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
            machine.wait_end()
        image, key = folder / "run/disk.img", (folder / "run/disk.key").read_bytes()
        system = folder / "system.img"
        system.write_bytes((DEMO / "pristine.img").read_bytes())
        sectors = image.stat().st_size // 512
        with Boot("--bare", "--plain-disk", "--disk", system, "--disk", image) as machine:
            machine.ok("modprobe -a dm-crypt xts loop")
            disk = machine.ok("cd /sys/block; for d in sd*; do readlink -f $d | grep -q /ata2/ && echo $d; done; true").strip()
            machine.ok(f"dmsetup create peer --table '0 {sectors} crypt aes-xts-plain64 {key.hex()} 0 /dev/{disk} 0'")
            machine.ok(f"losetup -r -o {ROOT_FIRST * 512} /dev/loop5 /dev/dm-0; mount -t ext4 -o ro /dev/loop5 /mnt")
            expected = subprocess.run(["md5sum"], input=(KNOWN * (MIB // len(KNOWN) + 1))[:MIB], check=True,
                                      stdout=subprocess.PIPE).stdout.split()[0].decode()
            equal("what Weir's guest wrote", machine.ok("md5sum </mnt/root/known").split()[0], expected)


def case_a_wrong_key_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        disk, _ = small_image(folder, os.urandom(64))
        (Path(folder) / "k").write_bytes(os.urandom(64))
        refused(["--disk", disk, "--key", Path(folder) / "k"], r"key", disk)


def case_a_missing_key_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        disk, _ = small_image(folder, os.urandom(64))
        refused(["--disk", disk], r"^refused: disk-encryption.lua:8: key disk.key: there is no such boot module", disk)


def case_a_short_key_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        key = os.urandom(64)
        disk, _ = small_image(folder, key)
        (Path(folder) / "k").write_bytes(key[:63])
        refused(["--disk", disk, "--key", Path(folder) / "k"],
                r"^refused: disk-encryption.lua:8: key disk.key: the boot module has 63 bytes, a key has exactly 64", disk)


def case_a_key_with_equal_halves_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        key = os.urandom(32) * 2
        disk, _ = small_image(folder, os.urandom(64))
        (Path(folder) / "k").write_bytes(key)
        refused(["--disk", disk, "--key", Path(folder) / "k"], r"halves are equal", disk)


def case_a_range_with_another_content_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        key = os.urandom(64)
        disk, _ = small_image(folder, key)
        (Path(folder) / "k").write_bytes(key)
        policy = Path(folder) / "p.lua"
        policy.write_text('storage.encrypt{match = {}, key = module("disk.key"),'
                          ' ranges = {{first = 0, check = {offset = 1024, bytes = "00112233445566778899AABBCC"}}}}')
        refused(["--disk", disk, "--key", Path(folder) / "k", "--policy", policy], r"key|check", disk)


def case_a_required_disk_that_is_missing_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        key = os.urandom(64)
        disk, _ = small_image(folder, key)
        (Path(folder) / "k").write_bytes(key)
        policy = Path(folder) / "p.lua"
        policy.write_text('\nstorage.encrypt{match = {serial = "none such"}, key = module("disk.key"), require = true}')
        refused(["--disk", disk, "--key", Path(folder) / "k", "--policy", policy], r"p\.lua:2", disk)


def case_a_disk_that_no_rule_decrypts_is_refused():
    """... and a key that no rule would use is a usage error."""
    with tempfile.TemporaryDirectory() as folder:
        key = os.urandom(64)
        disk, _ = small_image(folder, key)
        refused(["--disk", disk, "--policy", ROOT / "policy/default.lua"], r"no boot signature.*encrypted and no rule", disk)
        (Path(folder) / "k").write_bytes(key)
        for words in (["run", "--disk", disk, "--headless"], ["image", Path(folder) / "stick.img"]):
            done = subprocess.run([ROOT / "weir", *words, "--key", Path(folder) / "k", "--policy", ROOT / "policy/default.lua"],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            equal(f"status of {words[0]} ({done.stderr})", done.returncode, 2)
            matches("the reason", done.stderr, r"^weir: --key: .*default\.lua has no storage\.encrypt rule")


def case_bare_decrypts_and_gives_back():
    """--bare on an encrypted disk: the guest has the plaintext, and what it wrote is ciphertext afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = (DEMO / "disk.key").read_bytes()
        disk = Path(shutil.copy(DEMO / "disk.img", folder))
        with Boot("--bare", "--disk", disk, "--key", DEMO / "disk.key") as machine:
            machine.ok("echo kept >/root/kept; sync")
            machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
            machine.wait_end()
        (folder / "plain.img").write_bytes(plain64.decrypt(key, disk.read_bytes()))
        got = subprocess.run(["/sbin/debugfs", "-R", "cat /root/kept", partition(folder, folder / "plain.img")],
                             capture_output=True, check=True).stdout
        equal("the file that the guest wrote", got, b"kept\n")


if __name__ == "__main__":
    main()
