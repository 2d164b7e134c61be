# SPDX-License-Identifier: BSD-2-Clause
"""The storage service is ended again and again under a guest that writes, reads, trims and flushes, and that does not
notice (doc/restart.md). test-boot/mayfly is storage with test/storage/kill/killer.c."""

import collections
import json
import os
import re

import bootimage
from boot import Boot
from harness import equal, lacks, main, true
from paths import BUILD

POLICY = """
control{ ports = "5658h-5659h" }
service.storage{ restart = { limit = 1000, window = 1, backoff = 0 } }
storage.encrypt{ match = { port = 0 }, key = module("disk.key"), trim = "pass" }
"""
POINTS = ("accepted", "prepared", "journalled", "between-doorbells", "behind-doorbell", "rung", "delivered", "before-end",
          "ended", "is-cleared", "answered", "adoption-loaded", "adoption-settled", "adoption-going-on")
SPLIT = ("part-hidden", "part-ended")
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


def load(machine, n, size, rw, largest, seed, more=""):
    """n more instances are to end, while fio runs."""
    machine.ok(f"busybox devmem $((0x$(setpci -s $(lspci -n | grep ' 0106:' | cut -d' ' -f1) BASE_ADDRESS_5) + 0xa4)) 32 {n}")
    result = machine.sh(FIO.format(size=size, rw=rw, largest=largest, seed=seed, more=more) + " >/tmp/fio.out 2>&1")
    if result.status != 0:
        print(machine.ok("cat /tmp/fio.out; dmesg | tail -30"))
    equal("fio's status", result.status, 0)


def run(words, rounds, timeout):
    with_mayfly()
    with Boot(*words, policy=POLICY, timeout=timeout) as machine:
        equal("how the guest is paged", json.loads(machine.ok("weirctl --json status"))["paging"],
              os.environ.get("WEIR_TEST_MMU", "npt"))
        for seed, (n, size, rw, largest) in enumerate(rounds):
            load(machine, n, size, rw, largest, seed)
            machine.ok("fstrim / 2>/dev/null; sync; echo 3 >/proc/sys/vm/drop_caches; "
                       "cksum /root/fio.dat >/tmp/sum; echo 3 >/proc/sys/vm/drop_caches; "
                       "cksum /root/fio.dat | cmp - /tmp/sum")
        no_trouble(machine)
        services = {service["name"]: service for service in json.loads(machine.ok("weirctl --json ps"))}
        return report(machine.weir_log()), services["storage"]["failures"]


def case_under_load():
    ends, failures = run((), [(40, 6, "randrw", 64), (25, 12, "randwrite", 4096)], 450)
    # A deadline can pass on a host that is busy with other things: that is one end more.
    true(f"the ends are failures: {failures}", failures >= sum(ends.values()))
    true(f"most of them happened: {failures}", failures >= 50)
    true("some hung", ends["a random store, by hanging"] >= 3)


def case_a_thousand_times():
    ends, failures = run((), [(250, 48, "randrw", 64), (250, 64, "randwrite", 4096), (300, 48, "randrw", 16),
                              (350, 48, "randrw", 64)], 3500)
    # A deadline can pass on a host that is busy with other things: that is one end more.
    true(f"the ends are failures: {failures}", failures >= sum(ends.values()))
    true(f"a thousand: {failures}", failures >= 1000)
    true("hangs", ends["a random store, by hanging"] >= 90)
    for point in POINTS:
        true(f"ends at {point}: {ends[point]}", ends[point] >= 20)
    for point in SPLIT:
        true(f"ends at {point}: {ends[point]}", ends[point] > 0)


if __name__ == "__main__":
    main()
