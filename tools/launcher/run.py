# SPDX-License-Identifier: BSD-2-Clause
"""`./weir run`: start the machine, perhaps run a command in it, end it."""

import signal
import sys
import traceback
from pathlib import Path

import bochs
import machine
import options as command_line
from guestshell import GuestShell
from report import Stop, OK, BROKEN, TIMEOUT, say, usage
from session import Session
from terminal import Terminal

FLAGS = ("--bare", "--plain-disk", "--snapshot", "--headless", "--no-shutdown", "--icount",
         "--gdb", "--trace-exits")
VALUES = ("--dir", "--key", "--policy", "--exec", "--timeout", "--serial-log", "--weir-log",
          "--machine", "--memory", "--smp", "--cpu", "--mmu", "--qmp")
LISTS = ("--disk", "--module")
POWER_OFF_SECONDS = 60


def main(argv):
    """Returns the exit status; ends stderr with the contract's last line."""
    try:
        status, kind = _run(parse(argv))
    except Stop as stop:
        say(stop.reason)
        status, kind = stop.status, stop.kind
    except OSError as error:
        say(str(error))
        status, kind = BROKEN, "launcher"
    except Exception:                   # a bug of ours: the last line stands all the same
        traceback.print_exc()
        status, kind = BROKEN, "launcher"
    say(f"exit {status} ({kind})")
    return status


def parse(argv):
    """The options of `run`, checked; paths absolute."""
    options = command_line.parse(argv, FLAGS, VALUES, LISTS, extra=True)
    number = command_line.number
    options.model = bochs.model(options.cpu or "svm", options.bare)
    if options.model:
        bochs.reject(options)
    options.machine = options.machine or ("pc" if options.model else "q35")
    if options.machine not in ("q35", "pc"):
        raise usage("--machine is q35 or pc")
    options.memory = number("--memory", options.memory or str(machine.DEFAULT_MEMORY_MIB), 64, 1 << 20)
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
    for name in ("dir", "key", "policy", "serial_log", "weir_log", "qmp"):
        if getattr(options, name) is not None:
            setattr(options, name, Path(getattr(options, name)).absolute())
    options.disk = [Path(path).absolute() for path in options.disk]
    return options


def _reject_unbuilt(options):
    """What CLI.md names and a later issue builds."""
    if command_line.number("--smp", options.smp or "1", 1, 255) != 1:
        raise usage("--smp: Weir runs on one CPU so far")
    if options.mmu not in (None, "nested", "shadow-simple", "shadow-cached"):
        raise usage(f"--mmu {options.mmu}: nested, shadow-simple or shadow-cached")


def _run(options):
    previous = _catch_signals()
    try:
        with Session(options) as session:
            return _drive(session), "guest"
    finally:
        _restore_signals(previous)


def _drive(session):
    """Let the machine run to its end. Returns the exit status."""
    options, emulator = session.options, session.emulator
    if options.gdb:
        say(f"stopped; in gdb: target remote {session.spec.gdb}")
    if options.exec is not None:
        return _exec(options, emulator)
    if options.headless:
        emulator.wait()
    else:
        with Terminal(emulator) as terminal:
            if not terminal.run():
                return OK
    if not emulator.ended_well():
        emulator.check()
    return OK


def _exec(options, emulator):
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
