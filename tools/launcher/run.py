# SPDX-License-Identifier: BSD-2-Clause
"""`./weir run`: start the machine, perhaps run a command in it, end it."""

import os
import shutil
import signal
import sys
import tempfile
import termios
from pathlib import Path

import bootimage
import build
import demodisk
import lock
import machine
import options as command_line
from emulator import Emulator, Ended
from guestshell import GuestShell
from paths import BUILD, DEMO, ROOT
from report import Stop, OK, BROKEN, REFUSED, TIMEOUT, broken, say, usage

FLAGS = ("--bare", "--plain-disk", "--snapshot", "--headless", "--no-shutdown", "--icount",
         "--gdb", "--trace-exits")
VALUES = ("--dir", "--key", "--policy", "--exec", "--timeout", "--serial-log", "--weir-log",
          "--machine", "--memory", "--smp", "--cpu", "--mmu", "--qmp")
LISTS = ("--disk", "--module")
POWER_OFF_SECONDS = 60


def main(argv):
    """Returns the exit status; ends stderr with the contract's last line."""
    try:
        status, kind = _run(_parse(argv))
    except Stop as stop:
        say(stop.reason)
        status, kind = stop.status, stop.kind
    except OSError as error:
        say(str(error))
        status, kind = BROKEN, "launcher"
    say(f"exit {status} ({kind})")
    return status


def _parse(argv):
    options = command_line.parse(argv, FLAGS, VALUES, LISTS, extra=True)
    number = command_line.number
    options.machine = options.machine or "q35"
    if options.machine not in ("q35", "pc"):
        raise usage("--machine is q35 or pc")
    options.memory = number("--memory", options.memory or str(machine.DEFAULT_MEMORY_MIB), 128, 1 << 20)
    if options.timeout is not None:
        try:
            options.timeout = float(options.timeout)
        except ValueError:
            options.timeout = -1.0
        if not 0 < options.timeout < 1e7:
            raise usage("--timeout needs a positive number of seconds")
    _reject_unbuilt(options)
    if options.exec is not None:
        options.headless = True
    for name in ("dir", "policy", "serial_log", "weir_log", "qmp"):
        if getattr(options, name) is not None:
            setattr(options, name, Path(getattr(options, name)).absolute())
    options.disk = [Path(path).absolute() for path in options.disk]
    return options


def _reject_unbuilt(options):
    """What CLI.md names and a later issue builds."""
    if command_line.number("--smp", options.smp or "1", 1, 255) != 1:
        raise usage("--smp: Weir runs on one CPU so far")
    if (options.cpu or "svm") != "svm":
        raise usage(f"--cpu {options.cpu}: only svm (on QEMU) is supported so far")
    if (options.mmu or "nested") != "nested":
        raise usage(f"--mmu {options.mmu}: only nested is supported so far")
    if options.key is not None:
        raise usage("--key: disk encryption is not built yet; every disk is a plain disk")


def _run(options):
    for path in options.disk:
        if not path.is_file():
            raise broken(f"no such disk image: {path}")
    if not options.bare:
        _require_weir(options)
    if not options.disk:
        demodisk.ensure()
    held = []                           # open files: their locks live as long
    previous = _catch_signals()
    try:
        folder = _folder(options, held)
        spec = _spec(options, folder, held)
        return _drive(options, spec)
    finally:
        _restore_signals(previous)
        for handle in held:
            handle.close()
        if options.dir is None and "folder" in locals():
            shutil.rmtree(folder, ignore_errors=True)


def _require_weir(options):
    if not (ROOT / "kernel").exists():
        raise usage("Weir's kernel is not built yet: use --bare")
    build.ensure()
    options.policy = options.policy or ROOT / "policy/default.lua"
    for path in [options.policy, *map(Path, options.module)]:
        if not path.is_file():
            raise Stop(BROKEN, f"no such file: {path}")


def _folder(options, held):
    """This run's folder. Private ones are removed, also those that a launcher
    left behind which was killed: their lock is free."""
    if options.dir is not None:
        options.dir.mkdir(parents=True, exist_ok=True)
        folder = options.dir
    else:
        parent = BUILD / "run"
        parent.mkdir(parents=True, exist_ok=True)
        with lock.held("run"):
            for old in parent.iterdir():
                stale = (old / "lock").exists() and lock.try_file(old / "lock")
                if stale:
                    shutil.rmtree(old, ignore_errors=True)
                    stale.close()
            folder = Path(tempfile.mkdtemp(dir=parent))
            (folder / "lock").touch()
            held.append(lock.try_file(folder / "lock"))
    for name, wanted in (("serial.log", options.serial_log), ("weir.log", options.weir_log)):
        _log_file(folder / name, wanted)
    return folder


def _log_file(path, wanted):
    """An empty log at PATH; if the user WANTED it elsewhere, a link to there."""
    if wanted is not None and wanted != path:
        wanted.write_bytes(b"")
        path.unlink(missing_ok=True)
        path.symlink_to(wanted)
    else:
        path.unlink(missing_ok=True)
        path.write_bytes(b"")


def _spec(options, folder, held):
    spec = machine.Spec(folder=folder, disks=_disk_files(options, folder, held),
                        machine=options.machine, memory_mib=options.memory,
                        snapshot=options.snapshot, icount=options.icount,
                        interactive=not options.headless, reboot=options.exec is None,
                        extra=options.extra)
    if not options.bare:
        spec.cd = folder / "weir.iso"
        spec.boot_cd = True
        bootimage.make_cd(spec.cd, bootimage.modules(options.policy, options.module),
                          _kernel_options(options))
    if options.qmp:
        spec.qmp.append(options.qmp)
    if options.dir is not None:
        spec.qmp.append("qmp.sock")
    if options.gdb:
        spec.gdb = folder / "gdb.sock"
    return spec


def _kernel_options(options):
    words = ["mmu=nested", "log=com2"]
    if options.trace_exits:
        words.append("trace-exits")
    return words


def _disk_files(options, folder, held):
    """The disk images to attach, locked, or copied when the run must not
    change them."""
    if options.disk:
        for path in options.disk:
            held.append(_locked(path))
        if options.dir is not None:
            _point(folder / "disk.img", options.disk[0])
        return options.disk
    image = DEMO / "disk.img"
    if not options.headless:
        held.append(_locked(image))
        if options.dir is not None:
            _point(folder / "disk.img", image)
        return [image]
    copy = folder / "disk.img"
    copy.unlink(missing_ok=True)
    reading = lock.try_file(image, shared=True)
    if reading is None:
        say("the demo guest is running on its disk: this run uses the disk as it was made")
        image = DEMO / "pristine.img"
    demodisk.copy(image, copy)
    if reading is not None:
        reading.close()
    return [copy]


def _locked(path):
    handle = lock.try_file(path)
    if handle is None:
        raise broken(f"{path} is in use by another run")
    return handle


def _point(link, target):
    """Let LINK lead to TARGET, unless it is that file."""
    if link.exists() and link.samefile(target):
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _drive(options, spec):
    """Run the machine. Returns (status, kind)."""
    terminal = termios.tcgetattr(0) if spec.interactive and os.isatty(0) else None
    emulator = None
    try:
        emulator = Emulator(spec, options.timeout)
        if spec.gdb:
            say(f"waiting for gdb: target remote {spec.gdb}")
        if options.exec is not None:
            return _exec(options, emulator), "guest"
        emulator.wait()
        if emulator.process.returncode != 0:
            emulator.check()
        return OK, "guest"
    finally:
        if emulator is not None:
            emulator.kill()
        if terminal is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, terminal)


def _exec(options, emulator):
    if options.gdb:
        say("the command runs once gdb lets the guest go")
    status = GuestShell(emulator).run(options.exec, _writer(sys.stdout), _writer(sys.stderr),
                                      poweroff=not options.no_shutdown)
    if options.no_shutdown:
        return status
    try:
        if not emulator.wait(POWER_OFF_SECONDS):
            say(f"the guest did not power off within {POWER_OFF_SECONDS} s")
    except Stop as stop:
        # The command has ended, its status stands; only its time is over.
        if stop.status != TIMEOUT:
            raise
        say("the time limit ended the guest's shutdown")
    return status


def _writer(stream):
    def write(data):
        stream.buffer.write(data)
        stream.buffer.flush()
    return write


def _catch_signals():
    def stop(number, _frame):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise Stop(128 + number, f"ended by {signal.Signals(number).name}")
    return {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}


def _restore_signals(previous):
    for number, handler in previous.items():
        signal.signal(number, handler)
