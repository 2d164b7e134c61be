# SPDX-License-Identifier: BSD-2-Clause
"""Each example policy does to a running guest what it says, and nothing of that happens under
policy/default.lua. The checks are functions of a machine that return whether the effect is there."""

from boot import Boot
from harness import ROOT, Failure, equal, lacks, main, true

MARKER = "marker-42"


patience = 60       # seconds until a line has come to Weir's log


def shows(machine, pattern):
    try:
        machine.wait_log(pattern, patience)
    except Failure:
        return False
    return True


def keyboard(machine):
    machine.keys("a")
    return shows(machine, r"keyboard: scancode 1Eh")


def serial(machine):
    machine.ok("echo marker-$((6 * 7)) >/dev/ttyS0")
    return shows(machine, r"serial: .*" + MARKER)


def port_bytes(machine, port, count):
    return machine.sh(f"dd if=/dev/port bs=1 skip={port} count={count} 2>/dev/null").out


def ports(machine):
    """The signature of QEMU's fw_cfg DMA interface."""
    got = port_bytes(machine, 0x514, 8)
    true(f"ports 514h-51Bh gave {got!r}", got in (b"QEMU CFG", b"\xff" * 8))
    return got != b"QEMU CFG" and shows(machine, r"io read 0x514 .*denied")


def usb(machine):
    """The machine has a qemu-xhci."""
    return "0x0c03" not in machine.ok("cat /sys/bus/pci/devices/*/class")


def msr(machine):
    """MTRRphysBase4 (208h), whose range is not in use. dd's offset is the MSR's number."""
    machine.ok("[ -e /dev/cpu/0/msr ] || modprobe msr")
    machine.ok("printf '\\006\\000\\000\\000\\001\\000\\000\\000' |"
               " dd of=/dev/cpu/0/msr bs=8 seek=65 count=1 conv=notrunc 2>/dev/null")
    got = machine.sh("dd if=/dev/cpu/0/msr bs=8 skip=65 count=1 2>/dev/null").out
    written = bytes((6, 0, 0, 0, 1, 0, 0, 0))
    true(f"MTRRphysBase4 is {got!r}", got in (written, bytes(8)))
    return got != written and shows(machine, r"msr write 0x208 ")


def mmio(machine):
    """Linux's ahci driver enables the HBA's interrupts while it boots."""
    return shows(machine, r"ahci: 8000000[0-9A-F]h written to GHC at [0-9A-F]+h")


def speaker(machine):
    machine.ok("printf '\\003' | dd of=/dev/port bs=1 seek=97 conv=notrunc 2>/dev/null")
    return port_bytes(machine, 0x61, 1)[0] & 3 == 0


CHECKS = {"keyboard-watch": keyboard, "serial-watch": serial, "block-ports": ports, "hide-usb": usb,
          "msr-read-only": msr, "mmio-watch": mmio, "mute-speaker": speaker}


def example(name):
    with Boot("--policy", ROOT / f"policy/examples/{name}.lua") as machine:
        equal("the guest's kernel", machine.ok("uname -s"), "Linux\n")
        true(f"{name}.lua does what it says", CHECKS[name](machine))


def case_keyboard_watch():
    example("keyboard-watch")


def case_serial_watch():
    example("serial-watch")


def case_block_ports():
    example("block-ports")


def case_hide_usb():
    example("hide-usb")


def case_msr_read_only():
    example("msr-read-only")


def case_mmio_watch():
    example("mmio-watch")


def case_mute_speaker():
    example("mute-speaker")


def case_default_does_none_of_it():
    global patience
    patience = 3    # for each; whatever comes later shows with the next ones
    with Boot() as machine:
        machine.ok("true")
        for name, check in CHECKS.items():
            true(f"{name}.lua's effect is there without that policy", not check(machine))
        lacks("all of Weir's log", machine.weir_log(), "keyboard:|serial:|denied|msr write|ahci:")


main()
