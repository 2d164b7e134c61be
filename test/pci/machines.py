# SPDX-License-Identifier: BSD-2-Clause
"""PCI rules as a Linux guest meets them."""

import re
from pathlib import Path

from boot import Boot
from harness import equal, lacks, main, true

ROOT = Path(__file__).resolve().parents[2]

# Two devices without a driver: BAR 0 of 1 MiB; register 0 says 010000EDh, register 4 gives back the
# complement of what was written (QEMU, docs/specs/edu). And more USB than the demo machine has.
EDU = ["-device", "edu,addr=9", "-device", "edu,addr=a"]
USB = ["-device", "ich9-usb-ehci1,addr=1d.7,multifunction=on",
       "-device", "ich9-usb-uhci1,addr=1d.0,multifunction=on"]
FIRST, SECOND = "00:09.0", "00:0a.0"
EDU_ID = 0x010000ED


def listed(machine, how=""):
    return machine.ok(f"lspci {how} -n").splitlines()


def is_usb(line):
    return re.match(r"\S+ 0c03:", line)


def read32(machine, address):
    return int(machine.ok(f"busybox devmem {address:#x} 32"), 16)


def setpci(machine, function, register, value=None):
    """The register's value, after VALUE was written to it."""
    write = "" if value is None else f"setpci -s {function} {register}={value:x} && "
    return int(machine.ok(f"{write}setpci -s {function} {register}"), 16)


def resource(machine, function):
    return machine.ok(f"head -1 /sys/bus/pci/devices/0000:{function}/resource")


def case_hidden_is_absent_and_read_only_stays_as_firmware_left_it():
    with Boot("--", *EDU, *USB, policy=(ROOT / "policy/default.lua").read_text()) as machine:
        everything = listed(machine)
        size = resource(machine, FIRST)
        base = setpci(machine, FIRST, "BASE_ADDRESS_0")
        equal("without a rule the BAR moves",
              setpci(machine, FIRST, "BASE_ADDRESS_0", base + 0x400000), base + 0x400000)
    usb = [line.split()[0] for line in everything if is_usb(line)]
    true(f"USB controllers without the rule: {usb}",
         {"00:1d.0", "00:1d.7"} < set(usb) and len(usb) == 3)

    rules = f'pci.hide{{class = 0x0C, subclass = 0x03}}\npci.read_only{{address = "{FIRST}"}}'
    with Boot("--", *EDU, *USB, policy=rules) as machine:
        rest = [line for line in everything if not is_usb(line)]
        equal("what Linux found", listed(machine), rest)
        equal("by ports CF8h and CFCh", listed(machine, "-H1"), rest)
        for function in usb:
            true(f"sysfs has no {function}",
                 machine.sh(f"ls /sys/bus/pci/devices/0000:{function}").status != 0)
        lacks("dmesg", machine.ok("dmesg"), r"xhci_hcd 0000|ehci-pci 0000|uhci_hcd 0000")

        equal("Linux sized the read-only BAR", resource(machine, FIRST), size)
        equal("it stays", setpci(machine, FIRST, "BASE_ADDRESS_0", base + 0x400000), base)
        command = setpci(machine, FIRST, "COMMAND")
        equal("so does the command register",
              setpci(machine, FIRST, "COMMAND", command ^ 7), command)
        equal("the device works", read32(machine, base), EDU_ID)


def case_rules_for_a_bar_follow_it():
    rules = f'mmio.log{{pci = "{FIRST}", bar = 0, offset = 0, size = 8}}\n' \
            f'mmio.deny{{pci = "{SECOND}", bar = 0}}'
    with Boot("--", *EDU, policy=rules) as machine:
        log_follows(machine)
        deny_follows(machine)


def log_follows(machine):
    base = setpci(machine, FIRST, "BASE_ADDRESS_0")
    new = base + 0x800000
    setpci(machine, FIRST, "COMMAND", 2)
    equal("the register", read32(machine, base), EDU_ID)
    machine.wait_log(rf"mmio read {base:#x} size 4 value {EDU_ID:#x}")
    setpci(machine, FIRST, "BASE_ADDRESS_0", new)
    machine.wait_log(rf"{FIRST} BAR 0 moved from {base:#x} to {new:#x}")
    equal("at its new place", read32(machine, new), EDU_ID)
    machine.wait_log(rf"mmio read {new:#x} size 4 value {EDU_ID:#x}")
    machine.ok(f"busybox devmem {new + 4:#x} 32 0x12345678")
    machine.wait_log(rf"mmio write {new + 4:#x} size 4 value 0x12345678")
    before = machine.weir_log().count("mmio read")
    true("nothing at its old one", read32(machine, base) != EDU_ID)
    read32(machine, new + 0x20)
    setpci(machine, FIRST, "COMMAND", 0)
    true("not decoded", read32(machine, new) != EDU_ID)
    setpci(machine, FIRST, "COMMAND", 2)
    equal("decoded", read32(machine, new + 4), 0xedcba987)
    machine.wait_log(rf"mmio read {new + 4:#x} size 4 value 0xedcba987")
    equal("reads logged: only the register, only where it is",
          machine.weir_log().count("mmio read") - before, 1)


def deny_follows(machine):
    base = setpci(machine, SECOND, "BASE_ADDRESS_0")
    setpci(machine, SECOND, "COMMAND", 2)
    for place in (base, base + 0x800000, base + 0xc00000, base):
        equal("the BAR moves", setpci(machine, SECOND, "BASE_ADDRESS_0", place), place)
        equal(f"denied at {place:#x}", read32(machine, place), 0xffffffff)
    equal("sizing while it is decoded",
          setpci(machine, SECOND, "BASE_ADDRESS_0", 0xffffffff), 0xfff00000)
    equal("still denied", read32(machine, base), 0xffffffff)
    equal("put back", setpci(machine, SECOND, "BASE_ADDRESS_0", base), base)


if __name__ == "__main__":
    main()
