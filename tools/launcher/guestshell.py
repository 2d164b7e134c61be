# SPDX-License-Identifier: BSD-2-Clause
"""Runs a command through a root shell on the guest's COM1, byte-exact.

Nothing but a shell on ttyS0 with base64, md5sum and dd is asked of the guest,
so a foreign disk can be used too. agent.sh is the other end."""

import base64
import hashlib
import os
import re
import time
from pathlib import Path

from report import broken, say

_AGENT = Path(__file__).with_name("agent.sh")
_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
_PROMPT = re.compile(rb"[#$] ?$")
_LOGIN = re.compile(rb"login: ?$")
_PANIC = re.compile(rb"Kernel panic - not syncing[^\r\n]*")
_QUIET = 3.0            # seconds without a byte before we do something about it


class GuestShell:
    def __init__(self, emulator, patience=300):
        """PATIENCE: seconds for the shell to appear, from now."""
        self.emulator = emulator
        self._patience = patience
        self._nonce = ""                # marks what is ours; new for each command
        self._seen = False              # the shell has been found before
        self._buffer = b""
        self._last = time.monotonic()
        self._damaged = 0

    def wait(self):
        """Wait until the shell asks for its first command."""
        self._find_shell()

    def run(self, command, out, err, poweroff=True):
        """Run COMMAND (str); OUT and ERR are called with bytes as they come.
        Returns its exit status."""
        self._find_shell()
        self._nonce = os.urandom(6).hex()
        self._bootstrap()
        self._start_agent(os.fsencode(command), "poweroff" if poweroff else "stay")
        sequence = 0
        while True:
            number, name, data = self._frame()
            self.emulator.write(b"ok %d\n" % number)
            if number <= sequence:
                continue                        # our answer had been lost
            sequence = number
            if name == b"status":
                return int(data)
            (out if name == b"out" else err)(data)

    def _read(self, seconds):
        data = self.emulator.read(seconds)
        if data:
            self._last = time.monotonic()
            self._buffer += data
            panic = _PANIC.search(self._buffer)
            if panic:
                raise broken("guest: " + panic.group().decode(errors="replace"))
        return data

    def _find_shell(self):
        """Wait for something that looks like a prompt."""
        until = time.monotonic() + self._patience
        nudge = _QUIET
        while time.monotonic() < until:
            if self._read(0.3):
                continue
            tail = _ESCAPES.sub(b"", self._buffer[-200:]).rpartition(b"\n")[2]
            quiet = time.monotonic() - self._last
            if _PROMPT.search(tail):
                self._seen = True
                return
            if _LOGIN.search(tail) and quiet > _QUIET:
                raise broken("--exec needs a root shell on the guest's ttyS0; it asks for a login")
            if (self._buffer or self._seen) and quiet > nudge:
                # The prompt was read by somebody else, or a kernel message
                # stands behind it: ask for a new one.
                self.emulator.write(b"\r")
                self._last = time.monotonic()
                nudge = min(2 * nudge, 30)
        raise broken(f"--exec needs a root shell on the guest's ttyS0; none within {self._patience} s")

    def _bootstrap(self):
        """Type the line that prepares the guest; again, if nothing answers."""
        # Typed text is echoed, so the answer's mark must not stand in it.
        folder = f"/weir.{self._nonce}"
        line = (f" stty -echo; PS2=; m={self._nonce}; d=/dev/shm; [ -w $d ] || d=/tmp;"
                f" d=$d{folder}; mkdir -p -m 700 $d && echo 1 >/proc/sys/kernel/printk;"
                " echo \"@$m uid $(id -u)\"; while read -r l && [ \"$l\" != . ];"
                " do echo \"$l\"; done | base64 -d >$d/all;"
                " echo \"@$m got $(md5sum <$d/all)\"; read -r l; eval \"$l\"\n")
        for _ in range(5):
            self._buffer = b""
            self.emulator.write(line.encode())
            uid = self._expect(rb"@%s uid (\d+)" % self._nonce.encode(), 20)
            if uid is not None:
                break
            self.emulator.write(b"\x03.\n")
        else:
            raise broken("--exec needs a root shell on the guest's ttyS0; nothing answers there")
        if uid.group(1) != b"0":
            raise broken("--exec needs a root shell on the guest's ttyS0; this one's user id is "
                         + uid.group(1).decode())

    def _start_agent(self, command, ending):
        agent = _AGENT.read_bytes()
        both = agent + command
        encoded = base64.encodebytes(both)
        for at in range(0, len(encoded), 1024):
            self.emulator.write(encoded[at:at + 1024])
        self.emulator.write(b".\n")
        got = self._expect(rb"@%s got ([0-9a-f]{32})" % self._nonce.encode(), 60)
        if got is None or got.group(1).decode() != hashlib.md5(both).hexdigest():
            raise broken("the command did not reach the guest whole")
        self.emulator.write(
            (f"head -c {len(agent)} $d/all >$d/agent; tail -c +{len(agent) + 1} $d/all >$d/command;"
             f" sh $d/agent $d $m {ending}; stty echo\n").encode())

    def _expect(self, pattern, seconds):
        """Wait for a whole line with PATTERN in it; returns the match or None."""
        until = time.monotonic() + seconds
        whole = re.compile(pattern + rb"[^\n]*\n")
        while time.monotonic() < until:
            found = whole.search(self._buffer)
            if found:
                self._buffer = self._buffer[found.end():]
                return found
            self._read(0.3)
        return None

    def _frame(self):
        """The next frame as (number, name, data)."""
        mark = self._nonce.encode()
        head = re.compile(rb"@%s (\d+) (out|err|status) ([0-9a-f]{32})\r?\n" % mark)
        end = re.compile(rb"@%s end (\d+)\r?\n" % mark)
        while True:
            stop = end.search(self._buffer)
            if stop:
                block, self._buffer = self._buffer[:stop.start()], self._buffer[stop.end():]
                start = None
                for start in head.finditer(block):
                    pass
                data = start and _decode(block[start.end():])
                if data is not None and hashlib.md5(data).hexdigest() == start.group(3).decode():
                    return int(start.group(1)), start.group(2), data
                self._again()
            elif not self._read(0.5) and self._buffer and \
                    time.monotonic() - self._last > _QUIET:
                self._again()

    def _again(self):
        """Something else got into a frame, or cut its end off."""
        self._buffer = b""
        self._last = time.monotonic()
        self._damaged += 1
        if self._damaged == 100:
            say("the guest's serial line is so noisy that frames keep being lost")
        self.emulator.write(b"again\n")


def _decode(text):
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except ValueError:
        return None
