# SPDX-License-Identifier: BSD-2-Clause
"""A running machine: the QEMU or Bochs process, the guest's COM1, QMP, Weir's log."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import bochs
import machine
import tool
from qmp import Qmp, QmpError
from report import Stop, BROKEN, REFUSED, TIMEOUT, broken

_PR_SET_PDEATHSIG = 1
_UNREAD_MAX = 1 << 20       # bytes of COM1 kept for a reader that may never come


class Emulator:
    """Starts QEMU or Bochs at once. `timeout` counts wall seconds from there."""

    def __init__(self, spec, timeout=None):
        self.spec = spec
        self.folder = Path(spec.folder)
        self._weir_log_seen = 0
        self._unread = b""              # of COM1, received and logged, not yet asked for
        self.name = "Bochs" if spec.cpu else "QEMU"
        self.qmp = self.com1 = None
        self._messages = open(self.folder / ("bochs.out" if spec.cpu else "qemu.log"), "wb")
        self._serial_log = open(self.folder / "serial.log", "wb", 0)
        if spec.cpu:
            self._start_bochs()
        else:
            control = self._start_qemu()
        self.started = time.monotonic()
        self.deadline = self.started + timeout if timeout else None
        self._timeout = timeout
        try:
            if spec.cpu:
                self.com1 = self._accept_com1()
            else:
                self.qmp = Qmp(control)
        except (QmpError, TimeoutError):
            self.kill()
            raise broken(f"{self.name} did not start:\n" + self._output()) from None
        except BaseException:
            self.kill()
            raise

    def _start_qemu(self):
        com1, com1_far = socket.socketpair()
        control, control_far = socket.socketpair()
        self.com1 = com1
        with com1_far, control_far:
            self._start(machine.command(self.spec, com1_far.fileno(), control_far.fileno()),
                        (com1_far.fileno(), control_far.fileno()))
        return control

    def _start_bochs(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._start(bochs.command(self.spec, self._listener.getsockname()[1]), ())

    def _accept_com1(self):
        """Bochs connects its COM1 when it starts."""
        with self._listener as listener:
            listener.settimeout(1)
            for _ in range(60):
                try:
                    return listener.accept()[0]
                except TimeoutError:
                    if self.process.poll() is not None:
                        break
        raise TimeoutError

    def _start(self, line, inherited):
        libc = ctypes.CDLL(None)
        try:
            self.process = subprocess.Popen(
                line, cwd=self.folder, env=dict(tool.ENV, TMPDIR=str(self.folder)),
                stdin=subprocess.DEVNULL, stdout=self._messages, stderr=self._messages,
                # Ctrl-C is for the launcher, which then ends the emulator.
                start_new_session=True,
                pass_fds=inherited,
                # The emulator must not outlive a launcher that is killed.
                preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))
        except OSError as error:
            raise broken(f"cannot start {self.name}: {error}") from error

    def ended_well(self):
        """Whether the emulator, which has ended, did so because the guest switched the machine off."""
        return bochs.ended_well(self.spec) if self.spec.cpu else self.process.returncode == 0

    def check(self):
        """Stop if the time is over, the emulator is gone, or Weir's log says the end."""
        self._check_weir_log()
        if self.deadline and time.monotonic() >= self.deadline:
            raise Stop(TIMEOUT, f"the time limit of {self._timeout:g} s is over", "timeout")
        if self.process.poll() is not None:
            self._check_weir_log()
            raise Ended(self._end_reason())

    def read(self, seconds):
        """Bytes from COM1, or b"" after SECONDS without any."""
        until = time.monotonic() + seconds
        if self._unread:
            return self.take()
        while True:
            ready = select.select([self.com1], [], [], max(0, min(0.1, until - time.monotonic())))[0]
            if ready:
                data = self._receive()
                if data:
                    return data
                self.process.wait()
            self.check()
            if time.monotonic() >= until:
                return b""

    def take(self):
        """What drain() has received and read() has not given."""
        data, self._unread = self._unread, b""
        return data

    def write(self, data):
        """Type DATA on COM1."""
        try:
            self.com1.sendall(data)
        except OSError:
            self.process.wait()
            self.check()

    def wait(self, seconds=None):
        """Wait until the emulator ends by itself (True) or SECONDS are over (False)."""
        until = None if seconds is None else time.monotonic() + seconds
        while self.process.poll() is None:
            if until is not None and time.monotonic() >= until:
                return False
            self._check_weir_log()
            if self.deadline and time.monotonic() >= self.deadline:
                self.check()
            if not self.drain(0.1):
                self.process.wait()
        self.drain()
        return True

    def drain(self, seconds=0):
        """Take what COM1 has, waiting up to SECONDS for the first of it, so that
        the log is complete; read() still gives it. False: the line has ended."""
        while self.com1 is not None and select.select([self.com1], [], [], seconds)[0]:
            data = self._receive()
            if not data:
                return False
            self._unread = (self._unread + data)[-_UNREAD_MAX:]
            seconds = 0
        return True

    def kill(self):
        """End the emulator at once."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if not self._serial_log.closed:
            self.drain()
            self._serial_log.close()
        self._messages.close()

    def weir_log(self):
        try:
            return (self.folder / "weir.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def _receive(self):
        try:
            data = self.com1.recv(65536)
        except OSError:
            return b""
        if data:
            self._serial_log.write(data)
        return data

    def _check_weir_log(self):
        try:
            size = (self.folder / "weir.log").stat().st_size
        except FileNotFoundError:
            return
        if size == self._weir_log_seen:
            return
        self._weir_log_seen = size
        for line in self.weir_log().split("\n")[:-1]:       # whole lines only
            line = line.rstrip("\r")
            if line.startswith("weir: refused: "):
                raise Stop(REFUSED, line.removeprefix("weir: "), "refused")
            if line.startswith("weir: panic: "):
                raise Stop(BROKEN, line.removeprefix("weir: "))

    def _end_reason(self):
        code = self.process.returncode
        text = self._output()
        if self.ended_well():
            return "the guest switched the machine off or reset it"
        how = f"signal {-code}" if code < 0 else f"status {code}"
        return f"{self.name} ended with {how}" + (f":\n{text}" if text else "")

    def _output(self):
        log = self.folder / ("bochs.log" if self.spec.cpu else "qemu.log")
        try:
            return "\n".join(log.read_text(errors="replace").strip().splitlines()[-12:])
        except FileNotFoundError:
            return ""


class Ended(Stop):
    """The emulator ended before it was told to."""

    def __init__(self, reason):
        super().__init__(BROKEN, reason)
