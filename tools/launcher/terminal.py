# SPDX-License-Identifier: BSD-2-Clause
"""The guest's COM1 on this terminal: keys go there, what it says comes here.
Ctrl-A is ours, as with QEMU's own terminal: X leaves, C is the monitor."""

import os
import select
import termios
import tty

from emulator import Ended
from qmp import QmpError

_PREFIX = 0x01      # Ctrl-A
_HELP = b"\r\nCtrl-A X leaves, C switches to QEMU's monitor and back, A is Ctrl-A itself\r\n"


class Terminal:
    """A context manager: standard input is raw inside, as it was outside."""

    def __init__(self, emulator):
        self._emulator = emulator
        self._saved = termios.tcgetattr(0) if os.isatty(0) else None
        self._open = True               # standard input has not ended
        self._prefixed = False
        self._left = False
        self._line = None               # of the monitor; None: keys are for the guest

    def __enter__(self):
        if self._saved is not None:
            tty.setraw(0, termios.TCSANOW)
        return self

    def __exit__(self, *_):
        if self._saved is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, self._saved)

    def run(self):
        """Until the machine has ended (True) or the user has left it (False)."""
        emulator = self._emulator
        while not self._left:
            ready = select.select([emulator.com1] + [0] * self._open, [], [], 0.1)[0]
            if emulator.com1 in ready and not emulator.drain():
                emulator.process.wait()
            try:
                emulator.check()
            except Ended:
                emulator.drain()
                self._show()
                return True
            self._show()
            if 0 in ready:
                self._keys(os.read(0, 4096))
        return False

    def _show(self):
        if self._line is None:
            _write(self._emulator.take())

    def _keys(self, data):
        self._open = bool(data)
        for key in data:
            if self._prefixed:
                self._prefixed = False
                self._command(bytes([key]).lower())
            elif key == _PREFIX and self._saved is not None:
                self._prefixed = True
            elif self._line is None:
                self._emulator.write(bytes([key]))
            else:
                self._edit(key)

    def _command(self, key):
        if key == b"x":
            self._left = True
        elif key == b"c" and self._emulator.qmp is not None:
            self._line = b"" if self._line is None else None
            _write(b"\r\n(qemu) " if self._line is not None else b"\r\n")
        elif key in (b"a", bytes([_PREFIX])):
            self._emulator.write(bytes([_PREFIX]))
        else:
            _write(_HELP)

    def _edit(self, key):
        """A key of a line for the monitor."""
        if key in b"\r\n":
            _write(b"\r\n" + self._ask(self._line.decode(errors="replace")) + b"(qemu) ")
            self._line = b""
        elif key in b"\x7f\b":
            if self._line:
                self._line = self._line[:-1]
                _write(b"\b \b")
        elif key >= 0x20:
            self._line += bytes([key])
            _write(bytes([key]))

    def _ask(self, line):
        try:
            answer = self._emulator.qmp.monitor(line) if line.strip() else ""
        except QmpError as error:       # "quit", for one: the machine is gone
            answer = f"{error}\n"
        return answer.replace("\r", "").replace("\n", "\r\n").encode(errors="replace")


def _write(data):
    while data:
        data = data[os.write(1, data):]
