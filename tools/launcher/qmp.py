# SPDX-License-Identifier: BSD-2-Clause
"""A client of QEMU's machine protocol (QMP) on a connected socket."""

import collections
import json
import select
import time


class QmpError(Exception):
    """QEMU refused a command, or the connection is gone."""


class Qmp:
    def __init__(self, sock):
        self.socket = sock
        self.events = collections.deque()
        self._buffer = b""
        self._next(time.monotonic() + 60)       # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command, timeout=60, **arguments):
        """Run COMMAND and return what it answers."""
        request = {"execute": command}
        if arguments:
            request["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        try:
            self.socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise QmpError(f"{command}: {error}") from error
        deadline = time.monotonic() + timeout
        while True:
            message = self._next(deadline)
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise QmpError(f"{command}: {message['error'].get('desc')}")
            elif "return" in message:
                return message["return"]

    def monitor(self, line):
        """Run a line of the human monitor ("info tlb") and return its text."""
        return self.execute("human-monitor-command", command_line=line)

    def poll(self):
        """Collect events that have arrived, without waiting."""
        while self._pending() or select.select([self.socket], [], [], 0)[0]:
            message = self._next(time.monotonic() + 10)
            if "event" in message:
                self.events.append(message)

    def event(self, name):
        """The first collected event called NAME, or None."""
        return next((event for event in self.events if event["event"] == name), None)

    def _pending(self):
        return b"\n" in self._buffer

    def _next(self, deadline):
        while not self._pending():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise QmpError("QEMU does not answer")
            try:
                block = self.socket.recv(65536)
            except OSError as error:
                raise QmpError(str(error)) from error
            if not block:
                raise QmpError("QEMU closed the connection")
            self._buffer += block
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)
