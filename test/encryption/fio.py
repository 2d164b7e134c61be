# SPDX-License-Identifier: BSD-2-Clause
"""fio writes, trims and verifies an encrypted disk; what it wrote is there after a reboot, and as ciphertext."""

import hashlib
import tempfile
import time
from pathlib import Path

import plain64
from harness import equal, lacks, main, true
from machines import MIB, TwoDisks

# Sizes from a sector to 4 MiB; half of all bytes are in the large ones.
SIZES = "512/20:1536/10:4k/30:20k/15:64k/15:512k/5:1M/3:4M/2"
# Read, written, read back; beside it what is trimmed, and may be anything after.
JOB = """[global]
filename=/dev/{device}
direct=1
ioengine=libaio
iodepth=32
randseed=20260801
bssplit={sizes}
blockalign=512
[verified]
rw=randrw
size={verified}m
verify=crc32c
verify_fatal=1
verify_backlog=64
[trimmed]
rw=randtrim
bssplit=4k/50:64k/40:1M/10
offset={verified}m
size={trimmed}m
"""


def run_fio(machine, job):
    machine.ok(f"cat >/tmp/job <<'END'\n{job}END")
    done = machine.sh("fio --minimal /tmp/job")
    equal(f"fio ({done.err.decode(errors='replace')[-600:]})", done.status, 0)
    for word in ("exception Emask", "hard resetting", "I/O error", "timeout"):
        lacks(f"the guest's log about {word}", machine.ok("dmesg"), word)


def digest(machine, mebibytes):
    return machine.ok(f"dd if=/dev/{machine.device} bs=1M count={mebibytes} iflag=direct 2>/dev/null | sha256sum").split()[0]


def verify(verified, trimmed, trim, seconds):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data.img"
        with open(data, "wb") as image:
            for _ in range(verified + trimmed):
                image.write(b"\xa5" * MIB)
        with TwoDisks(folder, data, trim=trim, timeout=seconds) as machine:
            began = time.monotonic()
            run_fio(machine, JOB.format(device=machine.device, sizes=SIZES, verified=verified, trimmed=trimmed))
            print(f"{verified} MiB written and verified in {time.monotonic() - began:.0f} s", flush=True)
            written = digest(machine, verified)
            machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
            machine.wait_end()
        print(f"the machine ran for {time.monotonic() - began:.0f} s", flush=True)
        holes = data.stat().st_size - data.stat().st_blocks * 512
        true(f"the policy decides on trims: {holes} bytes of {trimmed} MiB",
             holes > trimmed * MIB // 2 if trim == "pass" else holes <= 0)
        with TwoDisks(folder, data, trim=trim, timeout=seconds) as machine:
            equal("what is read after a reboot", digest(machine, verified), written)
        key = (folder / "disk.key").read_bytes()
        with open(data, "rb") as image:
            plain = plain64.decrypt(key, image.read(verified * MIB))
        equal("what others decrypt", hashlib.sha256(plain).hexdigest(), written)


def case_fio_verifies():
    verify(24, 8, "pass", 280)


def case_fio_verifies_much():
    verify(160, 32, "drop", 1200)


if __name__ == "__main__":
    main()
