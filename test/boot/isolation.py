# SPDX-License-Identifier: BSD-2-Clause
"""What may touch what, read from outside over QEMU's monitor: Weir's own page
tables, and the nested ones that the guest runs under."""

import re
import struct
import subprocess
import sys

from boot import Boot
from harness import equal, fail, main, true
from pagetables import walk
from paths import BOOT

REGION_BYTES = 32 << 20         # kernel/x86/layout.h
PAGE = 4096
# Offsets into a CPU's block where its stacks end (kernel/x86/layout.h).
GUARDS = (0x2000, 0x6000, 0x8000, 0xa000, 0xc000, 0xd000, 0xe000, 0xf000)
EXITS = "dd if=/dev/cpu/0/cpuid of=/dev/null bs=16 count=100000000 2>/dev/null &"
SERVICE_EXITS = "while :; do dd if=/dev/port of=/dev/null bs=1 skip=8192 count=4096 2>/dev/null; done &"
SERVICE_POLICY = 'io.log{ports = "2000h-2FFFh"}\n'


def symbols():
    text = subprocess.run(["nm", BOOT / "weir.elf"], capture_output=True, text=True, check=True).stdout
    return {name: int(value, 16) for value, _, name in re.findall(r"^([0-9a-f]+) (\S) (\S+)$", text, re.M)}


def in_kernel(names):
    return lambda registers: (registers["CPL"] == 0 and
                              names["image_start"] <= registers["RIP"] < names["image_rodata"])


def region(machine, names):
    """Physical base of Weir's memory; the machine stands in Weir's kernel."""
    text = machine.qmp.monitor(f"gva2gpa {names['image_start']:#x}")
    found = re.search(r"gpa: (0x[0-9a-f]+)", text)
    if not found:
        fail(f"the kernel's image is not mapped: {text}")
    return int(found.group(1), 16)


def check_rights(mappings):
    true("there are mappings", len(mappings) > 10)
    equal("writable and executable", [str(m) for m in mappings if m.writable and m.executable], [])
    equal("upper half, for ring 3", [str(m) for m in mappings if m.va >> 63 and m.user], [])


def case_kernel_pages():
    names = symbols()
    with Boot() as machine:
        machine.ok(EXITS)
        registers = machine.stop_where(in_kernel(names))
        mappings = walk(machine, registers["CR3"])
    check_rights(mappings)
    by_page = {m.va: m for m in mappings if m.size == PAGE}
    for first, last, writable, executable in (("image_start", "image_rodata", False, True),
                                              ("image_rodata", "image_data", False, False)):
        for va in range(names[first], names[last], PAGE):
            true(f"{first}: {va:x} is mapped by a page", va in by_page)
            equal(f"{first}: {va:x} writable, executable",
                  (by_page[va].writable, by_page[va].executable), (writable, executable))
    for offset in GUARDS:
        va = names["boot_cpu_block"] + offset
        equal(f"guard page at {offset:#x}", [str(m) for m in mappings if m.va <= va < m.va + m.size], [])


def case_service_pages():
    names = symbols()
    with Boot(policy=SERVICE_POLICY) as machine:
        machine.ok(EXITS)
        machine.stop_where(in_kernel(names))
        base = region(machine, names)
        machine.go_on()
        machine.ok("killall dd; " + SERVICE_EXITS)
        registers = machine.stop_where(
            lambda r: r["CPL"] == 3 and base <= r["CR3"] < base + REGION_BYTES)
        mappings = walk(machine, registers["CR3"])
    check_rights(mappings)
    true("the service has code", any(m.user and m.executable for m in mappings))
    equal("page zero", [str(m) for m in mappings if m.va < PAGE], [])
    lower = [m for m in mappings if not m.va >> 63]
    equal("the lower half is ring 3's", [str(m) for m in lower if not m.user], [])


def case_guest_does_not_see_the_region():
    names = symbols()
    with Boot() as machine:
        machine.ok(EXITS)
        machine.stop_where(in_kernel(names))
        base = region(machine, names)
        memory = machine.memory(base, REGION_BYTES)
        nested = walk(machine, nested_root(memory))
        true("the nested tables map the guest's memory",
             any(m.va <= 16 << 20 < m.va + m.size and m.writable for m in nested))
        for mapping in nested:
            inside = mapping.pa < base + REGION_BYTES and mapping.pa + mapping.size > base
            if not inside:
                true(f"outside the region memory is where it is: {mapping}", mapping.va == mapping.pa)
                continue
            true(f"a page of the region, at most: {mapping}", mapping.size == PAGE)
            true(f"read-only: {mapping}", not mapping.writable)
            true(f"nothing but ones: {mapping}",
                 memory[mapping.pa - base:mapping.pa - base + PAGE] == b"\xff" * PAGE)
            true(f"only where the region is: {mapping}", base <= mapping.va < base + REGION_BYTES)


def nested_root(memory):
    """nCR3 of the one page of Weir's memory that looks like a VMCB in use (AMD
    APM vol. 2, appendix B: VMRUN intercept, ASID, NP_ENABLE, N_CR3, EFER.SVME)."""
    found = []
    for at in range(0, len(memory), PAGE):
        vmrun, = struct.unpack_from("<I", memory, at + 0x10)
        asid, = struct.unpack_from("<I", memory, at + 0x58)
        nested, = struct.unpack_from("<Q", memory, at + 0x90)
        root, = struct.unpack_from("<Q", memory, at + 0xb0)
        efer, = struct.unpack_from("<Q", memory, at + 0x400 + 0xd0)
        if vmrun & 1 and 0 < asid < 65536 and nested == 1 and root and not root & 0xfff and efer & 0x1000:
            found.append(root)
    equal("VMCBs in use", len(found), 1)
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
