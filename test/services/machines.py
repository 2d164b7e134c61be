# SPDX-License-Identifier: BSD-2-Clause
"""Services as the machine runs them: what init refuses, what a hostile service
may not do, what happens when one fails."""

import re
import tempfile
from pathlib import Path

from boot import Boot
from harness import equal, lacks, main, matches
import bootimage  # the launcher's, which the harness has put on the path
from paths import BOOT, BUILD
from report import REFUSED

ROOT = Path(__file__).resolve().parents[2]
HOSTILE_PORTS = 0x5000      # deed N is IN from HOSTILE_PORTS + N
SURVIVED = 0x80
EDU_ID = 0x010000ED         # register 0 of QEMU's device "edu"
HOSTILE_POLICY = """
io.log{ ports = "5000h-50FFh" }
service.watch{ deadline = 50, restart = { limit = 1000, window = 1, backoff = 0 } }
"""


def with_modules(change):
    """From now on the machines of this script boot with CHANGE(list of (name, path))."""
    original = bootimage.modules
    bootimage.modules = lambda *words: change(original(*words))


def replaced(name, path):
    return lambda modules: [(n, Path(path) if n == name else p) for n, p in modules]


def deeds():
    """The table of hostile/deeds.c: [(name, survives)], survives None where both can be."""
    text = (ROOT / "test/services/hostile/deeds.c").read_text()
    table = text[text.index("const struct deed deeds[]"):]
    either = table.index("end either way")
    survives = table.index("From here on")
    return [(found.group(1), None if found.start() > either else found.start() > survives)
            for found in re.finditer(r'\{ "([^"]+)", \w+ \}', table)]


def in_port(machine, port):
    return int(machine.ok(f"dd if=/dev/port bs=1 count=1 skip={port} 2>/dev/null | hexdump -v -e '1/1 \"%u\"'"))


def case_hostile_service_is_stopped_and_replaced():
    with_modules(replaced("watch", BOOT / "hostile"))
    table = deeds()
    with Boot(policy=HOSTILE_POLICY) as machine:
        equal("no such deed", in_port(machine, HOSTILE_PORTS + 0xff), 0xff)
        values = machine.ok(f"for i in $(seq 0 {len(table) - 1}); do dd if=/dev/port bs=1 count=1 "
                            f"skip=$(({HOSTILE_PORTS} + i)) 2>/dev/null; done | hexdump -v -e '1/1 \"%u \"'")
        for number, (got, (name, survives)) in enumerate(zip(map(int, values.split()), table, strict=True)):
            if survives is None:
                got &= ~SURVIVED
            equal(f"deed {number} ({name}): {'' if survives else 'not '}survived",
                  got, number | (SURVIVED if survives else 0))
        equal("the guest lives", machine.ok("echo $((6 * 7))"), "42\n")
        log = machine.weir_log()
        for number, (name, survives) in enumerate(table):
            if survives is False:
                matches(f"deed {number}", log,
                        re.escape(f"watch: deed {number} ({name}) was answered by the next instance"))
        matches("memory", log, r"^weir: service watch stopped: page fault at 0xffffffff80000000 \(read\), rip 0x")
        matches("loop", log, r"^weir: service watch stopped: missed its deadline, rip 0x")
        matches("exit", log, r"^weir: service watch stopped: exit with code 42")
        lacks("nobody else", log, r"^weir: service (?!watch)")


def case_a_loop_in_the_bios_phase_is_caught():
    """As under Linux: the watchdog ends it, the next instance answers, and the BIOS has lost nothing."""
    with_modules(replaced("watch", BOOT / "hostile"))
    loop = [name for name, _ in deeds()].index("loop for ever")
    with Boot(guest="bios", parameters={0: loop}, policy=HOSTILE_POLICY) as machine:
        equal("IN", machine.expect(rb"in ([0-9a-f]{2})\r\n").group(1), b"%02x" % loop)
        machine.expect(rb"^clock\r\ndisk\r\nend\r\n")
        matches("why", machine.weir_log(), r"^weir: service watch stopped: missed its deadline, rip 0x")


def out_port(machine, port, value):
    machine.ok(f"printf '\\{value:03o}' | dd of=/dev/port bs=1 count=1 seek={port} 2>/dev/null")


def read32(machine, address):
    return int(machine.ok(f"busybox devmem {address:#x} 32"), 16)


def case_a_service_past_its_limit_stays_down():
    """... and the policy says what its ranges do then: those that init bound, and those that pci bound for a BAR."""
    with_modules(replaced("watch", BUILD / "test-boot/moody"))
    policy = 'control{ ports = "5658h-5659h" }\n' \
             'io.log{ ports = "5000h" }\n' \
             'io.log{ ports = "B3h" }\n' \
             'mmio.log{ pci = "00:09.0", bar = 0, size = 8 }\n' \
             'service.watch{ restart = { limit = 0 }, on_limit = "%s" }\n'
    for word, shut in (("pass", False), ("fail-closed", True)):
        with Boot("--", "-device", "edu,addr=9", policy=policy % word) as machine:
            base = int(machine.ok("setpci -s 00:09.0 COMMAND=2; setpci -s 00:09.0 BASE_ADDRESS_0"), 16)
            out_port(machine, 0xb3, 0x5a)
            equal("before: port B3h, the BAR", (in_port(machine, 0xb3), read32(machine, base)), (0x5a, EDU_ID))
            in_port(machine, 0x5000)
            machine.wait_log(r"^weir: service watch failed too often and stays down")
            new = base + 0x800000

            def place(where, address):
                equal(f"{word}: port B3h, the BAR {where}", (in_port(machine, 0xb3), read32(machine, address)),
                      (0xff, 0xffffffff) if shut else (0x5a, EDU_ID))

            place("where it was", base)
            machine.ok(f"setpci -s 00:09.0 BASE_ADDRESS_0={new:x}")
            place("where the guest moved it", new)
            machine.ok("weirctl restart pci")
            place("after a restart of pci", new)
            machine.ok(f"setpci -s 00:09.0 BASE_ADDRESS_0={base:x}")
            place("back again", base)
            equal("the guest", machine.ok("echo $((6 * 7))"), "42\n")


def case_a_log_rule_keeps_its_limit():
    with Boot(policy='io.log{ ports = "5000h-500Fh", limit = 3 }\n'
                     'io.log{ ports = "5010h-501Fh", limit = 0 }\n') as machine:
        both = "for i in 1280 1281; do dd if=/dev/port bs=16 count=1 skip=$i of=/dev/null 2>/dev/null; done"
        machine.ok(f"{both}; sleep 2; {both}")
        machine.wait_log(r"(?s)io read 0x501f .*io read 0x501f ")
        log = machine.weir_log()
        for what, pattern, wanted in (("limit = 3", r"io read 0x500. ", 6), ("limit = 0", r"io read 0x501. ", 32),
                                      ("the rest is counted", r"13 more accesses not shown \(line 1\)$", 1)):
            equal(what, len(re.findall(pattern, log, re.M)), wanted)


def refused(change, pattern, policy=None, words=()):
    with_modules(change)
    with Boot(*words, policy=policy or "") as machine:
        stop = machine.wait_stop()
        equal("status", stop.status, REFUSED)
        matches("reason", stop.reason, pattern)
        lacks("the guest was not started", machine.serial_log(), "GRUB|Linux")


def case_a_missing_module_is_refused():
    refused(lambda modules: [m for m in modules if m[0] != "watch"], r"refused: boot module watch is missing")


def case_a_missing_policy_is_refused():
    refused(lambda modules: [m for m in modules if m[0] != "policy.lua"],
            r"refused: boot module policy.lua is missing")


def case_a_truncated_module_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        short = Path(folder) / "emulator"
        short.write_bytes((BOOT / "emulator").read_bytes()[:5000])
        refused(replaced("emulator", short), r"refused: boot module emulator: the file ends within a segment")


def case_a_module_that_is_no_program_is_refused():
    refused(replaced("console", ROOT / "README.md" if (ROOT / "README.md").exists() else ROOT / "LICENSE"),
            r"refused: boot module console: .*ELF")


def case_a_policy_with_an_error_is_refused():
    refused(lambda modules: modules, r"refused: policy.lua:2: ", policy="-- fine\nio.deny{ prots = 1 }\n")


def case_a_policy_that_loops_is_refused():
    refused(lambda modules: modules, r"refused: policy.lua:1: ", policy="while true do end\n")


def case_a_policy_that_eats_memory_is_refused():
    refused(lambda modules: modules, r"refused: policy.lua:2: .*memory",
            policy="local t = {}\nfor i = 1, 1e9 do t[i] = {} end\n")


def case_a_disk_that_is_not_there_is_refused():
    refused(lambda modules: modules, r"refused: no guest disk \(the BIOS knows no such drive\)",
            policy="guest.boot{disk = 0x84}\n")


def case_a_disk_without_boot_sector_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        disk = Path(folder) / "empty.img"
        disk.write_bytes(bytes(1 << 20))
        refused(lambda modules: modules, r"refused: no boot signature \(55AAh\) on the guest's disk",
                words=["--plain-disk", "--disk", disk])


def case_a_drive_that_cannot_be_is_refused():
    refused(lambda modules: modules, r"refused: .*:1: guest.boot: one of disk and drive must be 0x80",
            policy="guest.boot{disk = 0x81, drive = 0x82}\n")


if __name__ == "__main__":
    main()
