# SPDX-License-Identifier: BSD-2-Clause
"""The harness itself, on the bare demo guest: does each of its ways in work?"""

import re
import sys
import time

from boot import Boot
from harness import Failure, equal, lacks, main, matches, true
from pagetables import walk
from report import Stop, TIMEOUT


def case_bare_shell():
    with Boot("--bare") as machine:
        equal("a command's stdout", machine.ok("uname -s"), "Linux\n")
        result = machine.sh("echo one; echo two >&2; exit 5")
        equal("status, stdout, stderr", (result.status, result.out, result.err), (5, b"one\n", b"two\n"))
        equal("RAM from outside", machine.memory(0xf0000, 0x10000)[-16:-11][:1], b"\xea")
        true("the guest runs Linux in long mode", machine.registers()["EFER"] & 0x500 == 0x500)
        matches("info tlb", machine.qmp.monitor("info mem"), r"^[0-9a-f]{16}-[0-9a-f]{16} ")
        before = _interrupts(machine, "NMI")
        machine.nmi()
        equal("NMIs counted by the guest", _interrupts(machine, "NMI") - before, 1)
        before = _interrupts(machine, "i8042")
        machine.keys("a")
        true("a key makes interrupts", _interrupts(machine, "i8042") > before)


def _interrupts(machine, name):
    line = matches("/proc/interrupts", machine.ok("cat /proc/interrupts"), rf"^.*\b{name}\b.*$").group()
    return int(re.search(r":\s+(\d+)", line).group(1))


def case_serial_log_is_exact():
    with Boot("--bare") as machine:
        machine.ok("true")
        machine.type(b"seq 100000 160000\n")
        time.sleep(15)      # nobody reads: more than the socket holds has to wait
        machine.expect(rb"\n160000\r\n")
        numbers = re.findall(r"^(1[0-6]\d{4}.*)$", machine.serial_log(), re.MULTILINE)
    equal("every line once", numbers, [str(n) for n in range(100000, 160001)])


def case_page_tables():
    with Boot("--bare") as machine:
        machine.ok("true")
        machine.stop_where(lambda registers: registers["EFER"] & 0x400)
        mappings = walk(machine, machine.registers()["CR3"])
        text = machine.qmp.monitor("info tlb")
    theirs = {int(va, 16): (int(pa, 16), flags) for va, pa, flags in
              re.findall(r"^([0-9a-f]{16}): ([0-9a-f]{16}) (\S{9})", text, re.MULTILINE)}
    true("many mappings", len(mappings) > 1000)
    equal("as many as QEMU sees", len(mappings), len(theirs))
    for mapping in mappings[::7]:
        pa, flags = theirs[mapping.va]
        equal(f"{mapping}: address", mapping.pa, pa)
        # QEMU shows the last level's rights alone; all levels' are never more.
        true(f"{mapping}: {flags}", (not mapping.writable or "W" in flags) and
             (not mapping.executable or "X" not in flags))


def case_guest_program():
    with Boot("--bare", "--icount", guest="bench", parameters={0: 2, 1: 10}) as machine:
        text = machine.wait_end()
    matches("samples of one event", text, r"^sample cpuid 1000 ")
    lacks("other events", text, r"^sample rdmsr ")
    equal("last line", text.splitlines()[-1], "end bench ok")


def case_time_limit():
    try:
        with Boot("--bare", timeout=2) as machine:
            machine.sh("true")
    except Stop as stop:
        equal("status", stop.status, TIMEOUT)
    else:
        raise Failure("no time limit")


if __name__ == "__main__":
    sys.exit(main())
