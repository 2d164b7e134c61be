# SPDX-License-Identifier: BSD-2-Clause
"""The launcher's contract, tried through ./weir on the bare machine."""

import hashlib
import os
import pty
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from harness import ROOT, equal, fail, lacks, main, matches, true
from paths import BUILD

WEIR = str(ROOT / "weir")


def weir(*words, timeout=280):
    """Run ./weir; returns (status, stdout, stderr)."""
    done = subprocess.run([WEIR, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout, check=False)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def bare(*words, **more):
    return weir("run", "--bare", *words, **more)


def start(*words):
    return subprocess.Popen([WEIR, "run", "--bare", *map(str, words)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until_running(process, folder):
    """Wait until the run PROCESS in FOLDER has output from its guest."""
    deadline = time.monotonic() + 120
    while not (folder / "serial.log").exists() or not (folder / "serial.log").stat().st_size:
        if process.poll() is not None or time.monotonic() > deadline:
            fail(f"the run did not start: {process.communicate()[1].decode()}")
        time.sleep(0.1)


def emulators_in(folder):
    """Process ids of the emulators that work in FOLDER."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.path.samefile(entry / "cwd", folder):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def last_line(err):
    return err.rstrip("\n").rpartition("\n")[2]


def case_bytes_are_exact():
    # stdout and stderr apart, every byte value, no newline at the end, more
    # than one frame; the kernel talks on the same line meanwhile.
    data = bytes(range(256)) * 700
    make = ("echo 8 >/proc/sys/kernel/printk; (n=0; while [ $n -lt 200 ]; do n=$((n+1));"
            " echo \"<1>noise $n @ end\" >/dev/kmsg; sleep 0.02; done) &"
            " awk 'BEGIN { for (i = 0; i < 256; i++) printf \"%02x\", i }' | xxd -r -p >/tmp/one;"
            " n=0; while [ $n -lt 700 ]; do cat /tmp/one; n=$((n+1)); done; printf 'é\\r\\n$ ' >&2;"
            " wait; exit 7")
    with tempfile.TemporaryDirectory() as folder:
        status, out, err = bare("--serial-log", f"{folder}/serial", "--exec", make)
        serial = Path(f"{folder}/serial").read_bytes()
    equal("status", status, 7)
    equal("stdout's length", len(out), len(data))
    equal("stdout's digest", hashlib.sha256(out).hexdigest(), hashlib.sha256(data).hexdigest())
    # The launcher may have said something before the command ran, never in between.
    true("stderr is the command's, then the last line",
         err.encode().endswith("é\r\n$ weir: exit 7 (guest)\n".encode()))
    true("the kernel did talk in between", serial.count(b"noise") > 20)


def case_command_environment():
    status, out, err = bare("--exec", "id -u; pwd; readlink /proc/$$/fd/0; echo \"$0 $#\"; kill -INT $$; echo alive")
    equal("root, /, /dev/null, sh", out.decode().splitlines()[:4], ["0", "/", "/dev/null", "/bin/sh 0"])
    lacks("SIGINT is not ignored", out.decode(), "alive")
    equal("status of a command that SIGINT ended", status, 130)
    equal("last line", last_line(err), "weir: exit 130 (guest)")


def case_long_command():
    text = "".join(random.Random(1).choices("abcdefghijklmnop\"'\\ $`\n", k=30000))
    quoted = "'" + text.replace("'", "'\\''") + "'"
    status, out, _ = bare("--exec", f"printf %s {quoted}")
    equal("status", status, 0)
    equal("the words came through", out.decode(), text)


def case_refused_options():
    # Status 2, a reason, and nothing is started.
    for words in (["--smp", "2"], ["--cpu", "pentium"], ["--cpu", "svm:no_such"], ["--cpu", "vmx:"],
                  ["--cpu", "vmx:trinity_apu"], ["--cpu", "vmx", "--machine", "q35"], ["--cpu", "vmx", "--icount"],
                  ["--mmu", "shadow"], ["--cpu", "vmx", "--mmu", "cached"],
                  ["--machine", "microvm"], ["--memory", "lots"], ["--timeout", "-1"],
                  ["--no-such-option"], ["word"], ["--exec"]):
        status, out, err = bare(*words)
        equal(f"status of {words}", status, 2)
        equal("stdout", out, b"")
        equal("last line", last_line(err), "weir: exit 2 (launcher)")
        true(f"a reason for {words}", len(err.splitlines()) > 1)
    equal("no command", weir()[0], 2)
    equal("unknown command", weir("fly")[0], 2)


def case_time_limit():
    begin = time.monotonic()
    status, out, err = bare("--timeout", "60", "--exec", "echo first; sleep 1000")
    equal("status", status, 124)
    equal("what came before", out, b"first\n")
    equal("last line", last_line(err), "weir: exit 124 (timeout)")
    true("not before its time", time.monotonic() - begin >= 60)


def case_disk_in_use():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = start("--dir", folder / "a", "--exec", "sleep 1000")
        try:
            until_running(first, folder / "a")
            disk = folder / "a/disk.img"
            status, _, err = bare("--disk", disk, "--exec", "true")
            equal("status of a second run on the same disk", status, 125)
            equal("last line", last_line(err), "weir: exit 125 (launcher)")
        finally:
            first.send_signal(signal.SIGTERM)
            _, err = first.communicate(timeout=60)
        equal("status of the first, ended by TERM", first.returncode, 143)
        equal("its last line", last_line(err.decode()), "weir: exit 143 (launcher)")
        equal("files of the run", sorted(p.name for p in (folder / "a").iterdir()
                                         if p.name in ("disk.img", "serial.log", "weir.log")),
              ["disk.img", "serial.log", "weir.log"])


def case_signals_end_only_ones_own():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [start("--dir", folder / each, "--exec", "sleep 1000") for each in ("a", "b", "c")]
        try:
            for run, each in zip(runs, ("a", "b", "c")):
                until_running(run, folder / each)
            runs[0].send_signal(signal.SIGINT)
            _, err = runs[0].communicate(timeout=60)
            equal("status after INT", runs[0].returncode, 130)
            equal("last line", last_line(err.decode()), "weir: exit 130 (launcher)")
            equal("its emulator is gone", emulators_in(folder / "a"), [])
            runs[1].kill()
            runs[1].wait(60)
            time.sleep(1)
            equal("the emulator of a killed launcher is gone too", emulators_in(folder / "b"), [])
            equal("the third emulator runs", len(emulators_in(folder / "c")), 1)
            equal("the third launcher runs", runs[2].poll(), None)
        finally:
            for run in runs:
                if run.poll() is None:
                    run.send_signal(signal.SIGTERM)
                run.communicate(timeout=60)


def case_parallel_runs():
    runs = [start("--exec", f"echo {number} >/number; sleep 3; cat /number") for number in range(3)]
    for number, run in enumerate(runs):
        out, err = run.communicate(timeout=280)
        equal(f"run {number}'s status ({err.decode()})", run.returncode, 0)
        equal(f"run {number}'s output", out, b"%d\n" % number)


def case_disk_in_place():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        status, _, err = bare("--dir", folder, "--no-shutdown", "--exec", "echo kept >/kept; sync; echo lost >/lost")
        equal(f"status ({err})", status, 0)
        disk = folder / "disk.img"
        status, out, _ = bare("--disk", disk, "--snapshot", "--exec", "cat /kept; echo gone >/discarded")
        equal("written and synced before the power cut", (status, out), (0, b"kept\n"))
        status, out, _ = bare("--disk", disk, "--disk", ROOT / "LICENSE", "--exec", "cat /kept /discarded; ls /sys/block/sdb")
        equal("--snapshot discards", out.decode().splitlines()[0], "kept")
        lacks("--snapshot discards", out.decode(), "gone")
        matches("a second disk is there", out.decode(), "^size$")


def case_power_off():
    with tempfile.TemporaryDirectory() as name:
        begin = time.monotonic()
        status, _, err = bare("--machine", "pc", "--dir", name, "--exec", "echo ordinary >/ordinary")
        lacks("the guest was killed", err, "did not power off")
        equal("status", status, 0)
        true("well before the minute is over", time.monotonic() - begin < 200)
        status, out, _ = bare("--machine", "pc", "--disk", f"{name}/disk.img", "--exec",
                              "cat /ordinary; dmesg | grep -c 'recovery complete'")
        equal("clean file system after sync and power-off", out, b"ordinary\n0\n")


def case_foreign_disk_without_shell():
    with tempfile.TemporaryDirectory() as name:
        disk = Path(name) / "silent.img"
        # A boot sector that says "login: " on COM1 and halts.
        code = bytes.fromhex("31c08ed8be187cbaf803ac84c07403eeebf8f4ebfd") + b"\x90" * 3
        disk.write_bytes((code + b"host login: \0").ljust(510, b"\0") + b"\x55\xaa" + bytes(1 << 20))
        status, out, err = bare("--plain-disk", "--disk", disk, "--exec", "true", "--timeout", "100")
        equal("status", status, 125)
        equal("stdout", out, b"")
        matches("reason", err, "asks for a login")
        equal("last line", last_line(err), "weir: exit 125 (launcher)")


def case_guest_dies():
    status, out, err = bare("--exec", "echo before; sleep 1; echo c >/proc/sysrq-trigger; sleep 100")
    equal("status after a kernel panic", status, 125)
    equal("what came before", out, b"before\n")
    matches("reason", err, "Kernel panic")
    status, _, err = bare("--exec", "sleep 1; poweroff -f; sleep 100")
    equal("status after a power-off", status, 125)
    status, _, err = bare("--exec", "true", "--", "-device", "no-such-device")
    equal("status when QEMU refuses", status, 125)
    matches("QEMU's reason", err, "no-such-device")


def _receive(peer, end):
    """What a socket sends up to END: it may come in pieces."""
    found = b""
    while end not in found:
        piece = peer.recv(1000)
        if not piece:
            break
        found += piece
    return found.decode()


def case_gdb_stub():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = start("--dir", folder, "--gdb", "--qmp", folder / "more.sock", "--headless")
        try:
            address = _gdb_socket(run)
            import socket
            with socket.socket(socket.AF_UNIX) as stub:
                stub.settimeout(30)
                stub.connect(address)
                stub.sendall(b"$?#3f")
                matches("gdb's answer to ?", _receive(stub, b"#"), r"\$[TS]05")
            equal("the guest waits for gdb", (folder / "serial.log").stat().st_size, 0)
            for each in ("qmp.sock", "more.sock"):
                with socket.socket(socket.AF_UNIX) as monitor:
                    monitor.settimeout(30)
                    monitor.connect(str(folder / each))
                    matches(each, _receive(monitor, b"\n"), '"QMP"')
        finally:
            run.send_signal(signal.SIGTERM)
            run.communicate(timeout=60)


def _gdb_socket(run):
    for line in run.stderr:
        found = re.search(rb"target remote (\S+)", line)
        if found:
            return found.group(1).decode()
    return fail("no line says where gdb can connect")


def bios_disk(folder):
    """A copy of test/guest/bios: a run locks its disk."""
    return shutil.copy(BUILD / "guest/bios.img", folder)


def case_terminal():
    """Keys and output through a terminal, the monitor behind Ctrl-A C, Ctrl-A X to leave."""
    with tempfile.TemporaryDirectory() as folder:
        near, far = pty.openpty()
        before = termios.tcgetattr(far)
        run = subprocess.Popen([WEIR, "run", "--bare", "--plain-disk", "--snapshot", "--dir", folder,
                                "--disk", bios_disk(folder)], stdin=far, stdout=far, stderr=subprocess.PIPE)
        seen = b""

        def until(what, seconds=60):
            nonlocal seen
            end = time.monotonic() + seconds
            while what not in seen:
                true(f"{what!r} appears on the terminal, got {seen!r}", time.monotonic() < end)
                if select.select([near], [], [], 0.2)[0]:
                    seen += os.read(near, 4096)
            taken, _, seen = seen.partition(what)
            return taken + what

        try:
            console = until(b"end\r\n")
            for keys, answer in ((b"hi", b"hi"), (b"\x03", b"\x03"), (b"\x01a", b"\x01"), (b"\r", b"\r")):
                os.write(near, keys)
                console += until(answer)
            os.write(near, b"\x01cinfo statxx\x7f\bus\r")
            until(b"VM status: running\r\n(qemu) ")
            os.write(near, b"\x01cz")
            console += until(b"z")[-1:]
            os.write(near, b"\x01x")
            _, err = run.communicate(timeout=60)
        finally:
            run.kill()
            run.wait()
        equal("status", run.returncode, 0)
        equal("last line", last_line(err.decode()), "weir: exit 0 (guest)")
        equal("the terminal is as before", termios.tcgetattr(far), before)
        equal("serial.log", Path(folder, "serial.log").read_bytes(), console)


def case_no_terminal():
    """Standard input may be a pipe that ends, or /dev/null: the machine goes on."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.Popen([WEIR, "run", "--bare", "--plain-disk", "--snapshot", "--dir", folder, "--timeout", "100",
                                "--disk", bios_disk(folder)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        run.stdin.write(b"x")
        run.stdin.close()
        equal("the end of COM1 on stdout", run.stdout.read(len(b"in ff\r\nclock\r\ndisk\r\nend\r\nx"))[-6:], b"end\r\nx")
        time.sleep(1)
        equal("it runs", run.poll(), None)
        run.send_signal(signal.SIGTERM)
        equal("status after TERM", run.wait(60), 143)


def case_check():
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "mine.lua"
        policy.write_text("io.deny{ports = 0x60}\n\nio.deny{prots = 0x60}\n")
        equal("a good policy", weir("check", ROOT / "policy/default.lua"), (0, b"", ""))
        status, out, err = weir("check", policy)
        equal("a bad one", (status, out), (1, b""))
        matches("where and why", err, f"^{re.escape(str(policy))}:3: .*prots")
        equal("one that is not there", weir("check", Path(folder) / "none.lua")[0], 1)


def case_test_without_match():
    status, _, _ = weir("test", "no.such.test.exists")
    equal("status", status, 1)


if __name__ == "__main__":
    sys.exit(main())
