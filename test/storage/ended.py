# SPDX-License-Identifier: BSD-2-Clause
"""The storage service is ended again and again under a guest that writes, reads, trims and flushes, and that does not
notice (doc/restart.md). test-boot/mayfly is storage with test/storage/kill/killer.c."""

import bisect
import collections
import hashlib
import json
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
# Without the guest's own log, where a line about itself could look like trouble.
FIO = ("fio --name=verify --filename=/root/fio.dat --size={size}M --ioengine=libaio --direct=1 --iodepth=32 --rw={rw} "
       "--bsrange=512-{largest}k --blockalign=512 --verify=crc32c --verify_fatal=1 --do_verify=1 "
       "--verify_backlog=64 --fsync=40 --randseed={seed} --output-format=terse")


def with_mayfly():
    original = bootimage.modules
    bootimage.modules = lambda *words: [
        (name, BUILD / "test-boot/mayfly" if name == "storage" else path) for name, path in original(*words)]


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(len(values) * q))]


def report(log):
    """What became of the ends; prints the table and the figures."""
    ends = collections.Counter(re.findall(r"^storage: ended at (.*) \(\d+ left\)", log, re.MULTILINE))
    noticed = {True: [], False: []}     # hangs, faults
    for place, deed, mark in re.findall(r"^storage: ended at ([^\n]*) \(\d+ left\), tsc (\d+)\n(?:(?!storage: (?:ended|noticed))[^\n]*\n)*"
                                        r"storage: noticed, tsc (\d+)$", log, re.MULTILINE):
        noticed["hanging" in place].append(int(mark) - int(deed))
    starts = re.findall(r"^storage: start (\d+): ready after (\d+) us, (the parked access answered|the first access) after "
                        r"(\d+) us; so far (\d+) commands adopted, (\d+) done again, (\d+) aborted, (\d+) ports reset, "
                        r"(\d+) lost", log, re.MULTILINE)
    true("there were restarts", starts)
    for point, n in sorted(ends.items()):
        print(f"ended at {point:32} {n:5}")
    khz = int(re.search(r"^weir: TSC (\d+) kHz", log, re.MULTILINE).group(1))
    for hangs, times in noticed.items():
        times = [1000 * time // khz for time in times] or [-1]
        print(f"{'hangs' if hangs else 'faults'} noticed ({len(times)}): p50 {quantile(times, .5)} us, "
              f"p99 {quantile(times, .99)} us")
    parked = [int(start[3]) for start in starts if start[2] != "the first access"]
    adopted, again, aborted, resets, lost = (int(n) for n in starts[-1][4:])
    print(f"{sum(ends.values())} ends; {adopted} commands in flight, {again} rung again, {aborted} aborted; "
          f"{resets} ports reset, {lost} lost")
    print(f"from the end to the parked access' answer ({len(parked)}): p50 {quantile(parked, .5)} us, "
          f"p99 {quantile(parked, .99)} us")
    equal("commands aborted, ports reset, ports lost", (aborted, resets, lost), (0, 0, 0))
    return ends, quantile(parked, .99)


def are_failures(ends, failures, log):
    """Each end that was announced was a failure, and nothing else failed; but a deadline can pass on a host that is busy
    with other things, also between the announcement and the deed."""
    missed = len(re.findall(r"^weir: service storage stopped: (?:missed its deadline|was not ready in time)", log,
                            re.MULTILINE))      # the latter: it hung at its start, and the guest wanted nothing of it
    hung = ends["a random store, by hanging"] + ends["a random instruction"]
    others, late = sum(ends.values()) - hung, missed - hung
    print(f"{failures} failures: {others} faults and {hung} hangs announced, {late} deadlines more")
    true("every hang missed its deadline", late >= 0)
    true("every fault announced came, or the deadline did", others - late <= failures - missed <= others)


def no_trouble(machine):
    log = machine.ok("dmesg")
    for word in ("exception Emask", "hard resetting", "soft resetting", "failed command", "I/O error", "timeout", "frozen",
                 "EXT4-fs error", "lockup", "blocked for more than"):
        lacks(f"the guest's log about {word}", log, word)


def fio(machine, size, rw, largest, seed):
    result = machine.sh(FIO.format(size=size, rw=rw, largest=largest, seed=seed) + " >/tmp/fio.out 2>&1")
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
    told = machine.ok("sha256sum /root/fio.dat").split()[0]
    machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
    machine.wait_end()
    plain = plain64.decrypt((DEMO / "disk.key").read_bytes(), (machine.folder / "disk.img").read_bytes())
    with tempfile.NamedTemporaryFile() as root:
        root.write(plain[ROOT_FIRST * 512:])
        root.flush()
        check = subprocess.run(["/sbin/e2fsck", "-f", "-n", root.name], capture_output=True, text=True)
        equal(f"e2fsck ({check.stdout})", check.returncode, 0)
        file = subprocess.run(["/sbin/debugfs", "-R", "cat /root/fio.dat", root.name], capture_output=True, check=True).stdout
    equal("fio's file", hashlib.sha256(file).hexdigest(), told)


def run(words, rounds, timeout, switch=ahci_switch, by_others=False):
    """Returns the ends by place, the failures, Weir's log, and how long 99 of 100 parked accesses took (us)."""
    with_mayfly()
    with Boot(*words, policy=POLICY, timeout=timeout) as machine:
        machine.ok("weirctl restart storage")   # what is made once is there
        before = json.loads(machine.ok("weirctl --json stat"))["objects"]
        for seed, (n, size, rw, largest) in enumerate(rounds):
            machine.ok(switch(n))       # so many instances more are to end, while fio runs
            fio(machine, size, rw, largest, seed)
            machine.ok("fstrim / 2>/dev/null; sync; echo 3 >/proc/sys/vm/drop_caches; "
                       "sha256sum /root/fio.dat >/tmp/sum && echo 3 >/proc/sys/vm/drop_caches && "
                       "sha256sum -c /tmp/sum")
        no_trouble(machine)
        machine.ok("weirctl restart storage")
        after = json.loads(machine.ok("weirctl --json stat"))["objects"]
        # A page table of the guest's may have come to an end meanwhile: a page more.
        true(f"pages: {before} {after}", 0 <= after.pop("free-pages") - before.pop("free-pages") <= 2)
        equal("what exists", after, before)
        services = {service["name"]: service for service in json.loads(machine.ok("weirctl --json ps"))}
        if by_others:
            decrypted_by_others(machine)
        log, failures = machine.weir_log(), services["storage"]["failures"]
        ends, worst = report(log)
        are_failures(ends, failures, log)
        return ends, failures, log, worst


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
    ends, failures = run((), [(40, 6, "randrw", 64), (25, 12, "randwrite", 4096)], 450)[:2]
    true(f"most of them happened: {failures}", failures >= 50)
    true("some hung", ends["a random store, by hanging"] >= 3)


def case_time_to_replay():
    """In virtual time, where one instruction takes 1 ns: from the end of an instance to the answer of the access that was
    parked; and the watchdog strikes at the very instruction."""
    ends, failures, log, worst = run(("--icount",), [(110, 6, "randrw", 64)], 900)
    true(f"99 of 100 parked accesses are answered within 2 ms: {worst} us", worst <= 2000)
    equal("failures", failures, sum(ends.values()))     # no deadline passes by chance
    true(f"ends at random instructions: {ends}", ends["a random instruction"] >= 5)
    true("... not all in one place", len(set(stood_in(log)) - {"burn", "store"}) >= 3)


def case_under_load_by_ide():
    ends, failures = run(("--machine", "pc"), [(50, 6, "randrw", 64)], 450, ide_switch)[:2]
    true(f"most of them happened: {failures}", failures >= 40)


def case_a_thousand_times():
    ends, failures, log, _ = run((), [(250, 48, "randrw", 64), (250, 64, "randwrite", 4096), (300, 48, "randrw", 16),
                                   (350, 48, "randrw", 64)], 3500, by_others=True)
    stood_in(log)
    true(f"a thousand: {failures}", failures >= 1000)
    true("hangs", ends["a random store, by hanging"] + ends["a random instruction"] >= 100)
    for point in COMMANDS:
        true(f"ends at {point}: {ends[point]}", ends[point] >= 20)


if __name__ == "__main__":
    main()
