# SPDX-License-Identifier: BSD-2-Clause
"""The main job: the demo guest under Weir, as ./weir run starts it."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from boot import Boot
from harness import ROOT, equal, lacks, main, matches, true
from paths import BUILD


def weir(*words):
    done = subprocess.run([ROOT / "weir", *map(str, words)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=280, check=False)
    return done.returncode, done.stdout, done.stderr


def shell(kind, *words, mode="npt", tail=()):
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "weir.log"
        status, out, err = weir("run", "--machine", kind, "--weir-log", log, *words, "--exec",
                                "uname -s; echo err >&2; exit 3", *tail)
        equal(f"status ({err})", status, 3)
        equal("stdout", out, "Linux\n")
        matches("stderr", err, "^err$")
        equal("last line", err.splitlines()[-1], "weir: exit 3 (guest)")
        matches("first line of Weir's log", log.read_text().splitlines()[0], rf"^weir \S+ svm {mode}$")


def case_shell_without_npt():
    shell("q35", mode="shadow-cached", tail=("--", "-cpu", "EPYC,+svm,-npt"))


def case_shell_on_q35():
    shell("q35")


def case_shell_on_pc():
    shell("pc")


def case_nothing_shows():
    with Boot() as machine:
        for command in ("dmesg", "cat /proc/iomem", "cat /proc/ioports", "cat /proc/cpuinfo",
                        "find /sys/firmware -type f | xargs strings -n 5", "lspci -nn"):
            lacks(command, machine.ok(command).lower(), r"\bweir\b")
        flags = matches("CPU flags", machine.ok("cat /proc/cpuinfo"), "^flags.*$").group()
        lacks("CPU flags", flags, r"\b(svm|npt|vmx)\b")
        equal("the second UART is Weir's", machine.ok("grep -c 'uart:1[0-9]' /proc/tty/driver/serial"), "1\n")


def case_settings():
    """guest.boot: the partition's boot sector on the disk that is named, seen as 80h; console: no UART is Weir's."""
    with tempfile.TemporaryDirectory() as folder:
        disk = Path(folder) / "parts.img"
        program = (BUILD / "guest/bios.img").read_bytes()[:512]
        table = bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + (64).to_bytes(4, "little") + (2048).to_bytes(4, "little")
        disk.write_bytes((bytes(446 + 32) + table + bytes(16) + b"\x55\xaa").ljust(64 * 512, b"\0")
                         + program + bytes(1 << 20))
        # The first disk has a boot sector that must not be started.
        first = shutil.copy(BUILD / "guest/hostile.img", folder)
        with Boot("--plain-disk", "--disk", first, "--disk", disk,
                  policy="guest.boot{disk = 0x81, partition = 3}\nconsole{uart = 'none'}\n") as machine:
            machine.expect(rb"\Ain ff\r\nclock\r\ndisk\r\nend\r\n")
            lacks("Weir's log ends where the policy takes the UART away", machine.weir_log(), "watch")


def case_trace_exits():
    with Boot("--trace-exits", guest="bios") as machine:
        machine.expect(rb"end\r\n")
        machine.wait_log(r"^exit \d+ at [0-9a-f]+ gpa [0-9a-f]+ port [0-9a-f]+ rax [0-9a-f]+$")
    with Boot(guest="bios") as machine:
        machine.expect(rb"end\r\n")
        lacks("a line for an exit", machine.weir_log(), "^exit ")


def case_refused():
    # The guest is not started, and the reason has file and line.
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "bad.lua"
        policy.write_text("-- a comment\nio.deny{ports = 'nonsense'}\n")
        status, out, err = weir("run", "--policy", policy, "--serial-log", f"{folder}/serial", "--exec", "true")
        serial = Path(folder, "serial").read_bytes()
    equal("status", status, 126)
    equal("stdout", out, "")
    equal("last line", err.splitlines()[-1], "weir: exit 126 (refused)")
    matches("reason", err, r"^weir: refused: .*:2: ")
    equal("what the guest wrote", serial, b"")


def case_bench():
    status, out, err = weir("bench", "--json", "^cpuid$")
    equal(f"status ({err})", status, 0)
    row = json.loads(out)["cpuid"]
    equal("unit", row["unit"], "instructions")
    equal("VMRUNs per CPUID", row["vmruns"], 1)
    equal("bare", row["bare"], 1)
    true(f"at least 1,000 samples: {row}", row["samples"] >= 1000)
    true(f"an exit costs something: {row}", 20 < row["weir"] <= row["p99"])
    equal("an unknown name", weir("bench", "no.such.name")[0], 1)


if __name__ == "__main__":
    sys.exit(main())
