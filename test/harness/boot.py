# SPDX-License-Identifier: BSD-2-Clause
"""A machine for a test: started by the launcher's own modules, driven through
the shell on COM1, QMP and Weir's log.

    with Boot(policy="...Lua...") as machine:
        equal("kernel", machine.ok("uname -s"), "Linux\\n")
"""

import dataclasses
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import harness
import run
from guestshell import GuestShell
from paths import BUILD
from report import TIMEOUT, Stop
from session import Session

TIME_LIMIT = 280        # seconds; ctest's own limit must be above it
_PARAMETERS = 400       # where test/guest's images take parameters


@dataclasses.dataclass
class Result:
    status: int
    out: bytes
    err: bytes


class Boot:
    """WORDS are options of `./weir run`; POLICY is the text of a policy file;
    GUEST is the name of a guest program (test/guest), PARAMETERS its bytes.
    The environment's WEIR_TEST_MMU is --mmu for those that say nothing of it."""

    def __init__(self, *words, policy=None, guest=None, parameters=None, timeout=TIME_LIMIT):
        self._scratch = Path(tempfile.mkdtemp(prefix="weir-test-"))
        own = ["--headless", "--timeout", str(timeout)]
        if "WEIR_TEST_MMU" in os.environ and "--bare" not in words:
            own += ["--mmu", os.environ["WEIR_TEST_MMU"]]
        if policy is not None:
            (self._scratch / "policy.lua").write_text(policy)
            own += ["--policy", str(self._scratch / "policy.lua")]
        if guest is not None:
            own += ["--plain-disk", "--disk", str(self._guest_disk(guest, parameters or {}))]
        # Last, the words may end with "--" and options of QEMU.
        self._options = run.parse(own + [str(word) for word in words])
        self._session = Session(self._options)
        self._serial = b""

    def __enter__(self):
        self._session.__enter__()
        self.emulator = self._session.emulator
        self._shell = GuestShell(self.emulator)
        self.qmp = self.emulator.qmp
        self.folder = self._session.folder
        return self

    def __exit__(self, kind, value, _):
        if kind is not None:
            self._explain()
        self._session.__exit__(kind, value, None)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _explain(self):
        for name, text in (("COM1", self.serial_log()), ("Weir's log", self.weir_log())):
            tail = "\n".join(text.splitlines()[-25:])
            print(f"--- the end of {name}:\n{tail}\n---", flush=True)

    def _guest_disk(self, name, parameters):
        disk = self._scratch / f"{name}.img"
        shutil.copy(BUILD / f"guest/{name}.img", disk)
        with open(disk, "r+b") as image:
            for number, value in parameters.items():
                image.seek(_PARAMETERS + number)
                image.write(bytes([value]))
        return disk

    # The guest's shell

    def sh(self, command):
        """Run COMMAND in the guest; returns a Result."""
        out, err = bytearray(), bytearray()
        status = self._shell.run(command, out.extend, err.extend, poweroff=False)
        return Result(status, bytes(out), bytes(err))

    def ok(self, command):
        """Run COMMAND, which must succeed; returns its stdout as text."""
        result = self.sh(command)
        if result.status != 0:
            harness.fail(f"in the guest: {command}\n  expected: status 0\n"
                         f"  got:      {result.status}, {result.err.decode(errors='replace')!r}")
        return result.out.decode(errors="replace")

    # COM1 as it is

    def expect(self, pattern, seconds=120):
        """Wait until PATTERN (on bytes) appears on COM1; what stands up to its
        end is taken. Returns the match."""
        until = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self._serial)
            if found:
                self._serial = self._serial[found.end():]
                return found
            if time.monotonic() > until:
                harness.fail(f"COM1: nothing like {pattern!r} within {seconds} s")
            self._serial += self.emulator.read(0.2)

    def type(self, data):
        self.emulator.write(data)

    def wait_end(self, seconds=240):
        """Wait until the guest switches the machine off; returns all of COM1."""
        if not self.emulator.wait(seconds):
            harness.fail(f"the machine is still on after {seconds} s")
        return self.serial_log()

    def wait_stop(self, seconds=240):
        """Wait until the run ends otherwise; returns the Stop that ended it."""
        try:
            self.emulator.wait(seconds)
        except Stop as stop:
            if stop.status != TIMEOUT:
                return stop
            raise
        return harness.fail("the run was expected to end with an error, and did not")

    def serial_log(self):
        """All of COM1 so far."""
        self.emulator.drain()
        return (self.folder / "serial.log").read_text(errors="replace").replace("\r", "")

    # Weir's log

    def weir_log(self):
        return self.emulator.weir_log().replace("\r", "")

    def wait_log(self, pattern, seconds=60):
        """Wait for a line like PATTERN in Weir's log; returns the match."""
        until = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.weir_log(), re.MULTILINE)
            if found:
                return found
            if time.monotonic() > until:
                harness.fail(f"Weir's log: nothing like {pattern!r} within {seconds} s")
            self.emulator.wait(0.2)

    # The machine from outside

    def nmi(self):
        self.qmp.execute("inject-nmi")

    def keys(self, *names):
        """Press and release keys together ("ctrl", "alt", "delete"), by QEMU's names."""
        self.qmp.execute("send-key", keys=[{"type": "qcode", "data": name} for name in names])

    def memory(self, address, size):
        """SIZE bytes of physical memory from ADDRESS on."""
        dump = self.folder / "memory.bin"
        self.qmp.execute("pmemsave", val=address, size=size, filename=str(dump))
        data = dump.read_bytes()
        dump.unlink()
        return data

    def registers(self):
        """The CPU's registers by QEMU's names, as numbers (RIP, CR3, EFER, CPL, ...)."""
        text = self.qmp.monitor("info registers")
        return {name: int(value, 16)
                for name, value in re.findall(r"\b([A-Z][A-Z0-9]*) ?=([0-9a-f]+)\b", text)}

    def stop_where(self, condition, tries=2000):
        """Stop the machine at a moment when CONDITION(registers) holds: the way
        to look at Weir's own page tables ("info mem", "info tlb")."""
        for _ in range(tries):
            self.qmp.execute("stop")
            registers = self.registers()
            if condition(registers):
                return registers
            self.qmp.execute("cont")
            time.sleep(0.001)
        return harness.fail(f"the machine was never where it should be in {tries} looks")

    def go_on(self):
        self.qmp.execute("cont")
