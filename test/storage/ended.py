# SPDX-License-Identifier: BSD-2-Clause
"""The storage service is ended again and again under a guest that writes, reads, trims and flushes, and that does not
notice (doc/restart.md). test-boot/mayfly is storage with test/storage/kill/killer.c."""

import bisect
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import bootimage
import tool
from boot import Boot
from harness import equal, lacks, main, true
from paths import BUILD, DEMO

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "encryption"))

import plain64  # noqa: E402

ROOT_FIRST = 2048               # where the demo disk's partition begins (tools/launcher/biosdisk.py)

POLICY = """
control{ ports = "5658h-5659h" }
service.storage{ restart = { limit = 1000, window = 1, backoff = 0 } }
storage.encrypt{ match = { serial = "QM00001" }, key = module("disk.key"), trim = "pass" }
"""
COMMANDS = ("accepted", "prepared", "journalled", "between-doorbells", "behind-doorbell", "adoption-found-out", "rung",
            "delivered", "before-end", "ended", "is-cleared", "adoption-loaded", "adoption-settled", "adoption-going-on",
            "answered")
RESETS = ("cmd-written", "cancelled", "resetting", "asked")
# Without the guest's own log, where a line about itself could look like trouble.
FIO = ("fio --name=verify --filename=/root/fio.dat --size={size}M --ioengine=libaio --direct=1 --iodepth=32 --rw={rw} "
       "--bsrange=512-{largest}k --blockalign=512 --verify=crc32c --verify_fatal=1 --do_verify=1 "
       "--verify_backlog=64 --fsync=40 --randseed={seed} --output-format=terse {more}")


def with_mayfly():
    original = bootimage.modules
    bootimage.modules = lambda *words: [
        (name, BUILD / "test-boot/mayfly" if name == "storage" else path) for name, path in original(*words)]


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(len(values) * q))]


def report(log):
    """What became of the ends; prints the table and the figures."""
    ends = collections.Counter(re.findall(r"^storage: ended at (.*) \(\d+ left\)", log, re.MULTILINE))
    starts = re.findall(r"^storage: start (\d+): ready after (\d+) us, (the parked access answered|the first access) after "
                        r"(\d+) us; so far (\d+) commands adopted, (\d+) done again, (\d+) aborted, (\d+) ports reset, "
                        r"(\d+) lost", log, re.MULTILINE)
    true("there were restarts", starts)
    for point, n in sorted(ends.items()):
        print(f"ended at {point:32} {n:5}")
    parked = [int(start[3]) for start in starts if start[2] != "the first access"]
    adopted, again, aborted, resets, lost = (int(n) for n in starts[-1][4:])
    print(f"{sum(ends.values())} ends; {adopted} commands in flight, {again} rung again, {aborted} aborted; "
          f"{resets} ports reset, {lost} lost")
    print(f"from the end to the parked access' answer ({len(parked)}): p50 {quantile(parked, .5)} us, "
          f"p99 {quantile(parked, .99)} us")
    equal("commands aborted, ports reset, ports lost", (aborted, resets, lost), (0, 0, 0))
    return ends


def no_trouble(machine):
    log = machine.ok("dmesg")
    for word in ("exception Emask", "hard resetting", "soft resetting", "failed command", "I/O error", "timeout", "frozen",
                 "EXT4-fs error", "lockup", "blocked for more than"):
        lacks(f"the guest's log about {word}", log, word)


def load(machine, switch, n, size, rw, largest, seed, more=""):
    """n more instances are to end, while fio runs."""
    machine.ok(switch(n))
    result = machine.sh(FIO.format(size=size, rw=rw, largest=largest, seed=seed, more=more) + " >/tmp/fio.out 2>&1")
    if result.status != 0:
        print(machine.ok("cat /tmp/fio.out; dmesg | tail -30"))
    equal("fio's status", result.status, 0)


def ahci_switch(n):
    return f"busybox devmem $((0x$(setpci -s 1f.2 BASE_ADDRESS_5) + 0xa4)) 32 {n}"


def ide_switch(n):
    return (f"printf '\\{n:o}' | dd of=/dev/port bs=1 seek=$(((0x$(setpci -s 1.1 BASE_ADDRESS_4) & 0xfff0) + 1)) "
            "2>/dev/null")


def decrypted_by_others(machine):
    """After power-off, by OpenSSL: the file system is sound, and fio's file what the guest read."""
    told = machine.ok("cksum /root/fio.dat").split()[:2]
    machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
    machine.wait_end()
    plain = plain64.decrypt((DEMO / "disk.key").read_bytes(), (machine.folder / "disk.img").read_bytes())
    with tempfile.NamedTemporaryFile() as root:
        root.write(plain[ROOT_FIRST * 512:])
        root.flush()
        check = subprocess.run(["/sbin/e2fsck", "-f", "-n", root.name], capture_output=True, text=True)
        equal(f"e2fsck ({check.stdout})", check.returncode, 0)
        file = subprocess.run(["/sbin/debugfs", "-R", "cat /root/fio.dat", root.name], capture_output=True, check=True).stdout
    equal("fio's file", subprocess.run(["cksum"], input=file, capture_output=True, check=True).stdout.decode().split(), told)


def run(words, rounds, timeout, switch=ahci_switch, by_others=False):
    """Returns the ends by place, the failures, and Weir's log."""
    with_mayfly()
    with Boot(*words, policy=POLICY, timeout=timeout) as machine:
        equal("how the guest is paged", json.loads(machine.ok("weirctl --json status"))["paging"],
              os.environ.get("WEIR_TEST_MMU", "npt"))
        machine.ok("weirctl restart storage")   # what is made once is there
        before = json.loads(machine.ok("weirctl --json stat"))["objects"]
        for seed, (n, size, rw, largest) in enumerate(rounds):
            load(machine, switch, n, size, rw, largest, seed)
            machine.ok("fstrim / 2>/dev/null; sync; echo 3 >/proc/sys/vm/drop_caches; "
                       "cksum /root/fio.dat >/tmp/sum; echo 3 >/proc/sys/vm/drop_caches; "
                       "cksum /root/fio.dat | cmp - /tmp/sum")
        no_trouble(machine)
        machine.ok("weirctl restart storage")
        after = json.loads(machine.ok("weirctl --json stat"))["objects"]
        # A page table of the guest's may have come to an end meanwhile: a page more.
        true(f"pages: {before} {after}", 0 <= after.pop("free-pages") - before.pop("free-pages") <= 2)
        equal("what exists", after, before)
        services = {service["name"]: service for service in json.loads(machine.ok("weirctl --json ps"))}
        if by_others:
            decrypted_by_others(machine)
        return report(machine.weir_log()), services["storage"]["failures"], machine.weir_log()


def stood_in(log):
    """Of those that the watchdog ended: how often in which function."""
    symbols = sorted((int(address, 16), name) for address, name in (
        line.split()[0::2] for line in tool.run("nm", "--defined-only", BUILD / "symbols/mayfly").decode().splitlines()))
    addresses = [address for address, _ in symbols]
    rips = re.findall(r"^weir: service storage stopped: missed its deadline, rip 0x([0-9a-f]+)", log, re.MULTILINE)
    found = collections.Counter(symbols[bisect.bisect(addresses, int(rip, 16)) - 1][1] for rip in rips)
    print("the watchdog found it in", ", ".join(f"{name} {n}" for name, n in found.most_common()))
    return found


def case_under_load():
    ends, failures, _ = run((), [(40, 6, "randrw", 64), (25, 12, "randwrite", 4096)], 450)
    # A deadline can pass on a host that is busy with other things: that is one end more.
    true(f"the ends are failures: {failures}", failures >= sum(ends.values()))
    true(f"most of them happened: {failures}", failures >= 50)
    true("some hung", ends["a random store, by hanging"] >= 3)


def case_time_to_replay():
    """In virtual time, where one instruction takes 1 ns: from the end of an instance to the answer of the access that was
    parked; and the watchdog strikes at the very instruction."""
    ends, _, log = run(("--icount",), [(110, 6, "randrw", 64)], 900)
    true(f"ends at random instructions: {ends}", ends["a random instruction"] >= 5)
    true("... not all in one place", len(set(stood_in(log)) - {"burn", "store"}) >= 3)


def case_under_load_by_ide():
    ends, failures, _ = run(("--machine", "pc"), [(50, 6, "randrw", 64)], 450, ide_switch)
    true(f"the ends are failures: {failures}", failures >= sum(ends.values()))
    true(f"most of them happened: {failures}", failures >= 40)


def case_a_thousand_times():
    ends, failures, log = run((), [(250, 48, "randrw", 64), (250, 64, "randwrite", 4096), (300, 48, "randrw", 16),
                                   (350, 48, "randrw", 64)], 3500, by_others=True)
    stood_in(log)
    # A deadline can pass on a host that is busy with other things: that is one end more.
    true(f"the ends are failures: {failures}", failures >= sum(ends.values()))
    true(f"a thousand: {failures}", failures >= 1000)
    true("hangs", ends["a random store, by hanging"] + ends["a random instruction"] >= 100)
    for point in COMMANDS:
        true(f"ends at {point}: {ends[point]}", ends[point] >= 20)


# A second controller's driver comes and goes, with commands in flight that are cancelled.
COME_AND_GO = """
dev=$(lspci -Dn | grep ' 0106:' | cut -d' ' -f1 | grep -v 1f.2)
hba=$((0x$(setpci -s $dev BASE_ADDRESS_5)))
cmd=$((hba + 0x118))
disk() {
    for i in $(seq 400); do
        d=$(ls /sys/bus/pci/devices/$dev/ata*/host*/target*/*/block 2>/dev/null) && [ -b /dev/$d ] && return
        usleep 50000
    done
    exit 9
}
disk
head -c 8388608 /dev/urandom >/tmp/data
dd if=/tmp/data of=/dev/$d bs=1M oflag=direct || exit 8
busybox devmem $((hba + 0xa4)) 32 $((0x10000 + 4000))
for cycle in $(seq 25); do
    echo 1 >/sys/block/$d/device/timeout
    while dd if=/dev/$d of=/dev/null bs=4M iflag=direct; do :; done &
    for poke in 1 2 3 4 5 6; do
        usleep 20000
        busybox devmem $cmd 32 $(($(busybox devmem $cmd 32) & ~1))  # PxCMD.ST
    done
    echo $dev >/sys/bus/pci/drivers/ahci/unbind
    wait
    echo $dev >/sys/bus/pci/drivers/ahci/bind
    disk
done
busybox devmem $((hba + 0xa4)) 32 0
dd if=/dev/$d bs=1M count=8 iflag=direct | cmp - /tmp/data
"""


def case_at_resets():
    with_mayfly()
    with tempfile.NamedTemporaryFile() as image:
        image.truncate(8 << 20)
        # Behind a bridge, so that the firmware tries its disk last.
        with Boot("--", "-device", "i82801b11-bridge,id=bridge", "-device", "ich9-ahci,id=more,bus=bridge,addr=1",
                  "-drive", f"file={image.name},format=raw,if=none,id=second",
                  "-device", "ide-hd,drive=second,bus=more.0,serial=SECOND", policy=POLICY, timeout=1000) as machine:
            machine.ok(f"cat >/tmp/go <<'END'\n{COME_AND_GO}END")
            result = machine.sh("sh /tmp/go >/tmp/go.out 2>&1")
            if result.status != 0:
                print(machine.ok("tail -40 /tmp/go.out; dmesg | tail -40"))
            equal("what the disk has afterwards", result.status, 0)
            ends = report(machine.weir_log())
            for point in RESETS:
                true(f"ends at {point}: {ends[point]}", ends[point] >= 20)


if __name__ == "__main__":
    main()
