# SPDX-License-Identifier: BSD-2-Clause
"""One run of the machine: its folder, its disks, its boot CD, the emulator.
The options are those of `./weir run` (run.parse)."""

import shutil
import tempfile
from pathlib import Path

import bootimage
import build
import demodisk
import disks
import lock
import machine
from emulator import Emulator
from paths import BUILD, ROOT
from report import Stop, BROKEN, broken

ENCRYPTING = "policy/examples/disk-encryption.lua"


class Session:
    """A context manager; leaving it ends the emulator and removes what is private."""

    def __init__(self, options):
        self.options = options
        self.emulator = None
        self.folder = None
        self._disks = None
        self._held = []                 # open files: their locks live as long

    def __enter__(self):
        try:
            self._prepare()
            self.emulator = Emulator(self.spec, self.options.timeout)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_):
        self._close()

    def _close(self):
        if self.emulator is not None:
            self.emulator.kill()
            self._disks.close()
        for handle in self._held:
            handle.close()
        if self.options.dir is None and self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self):
        options = self.options
        for path in options.disk:
            if not path.is_file():
                raise broken(f"no such disk image: {path}")
        if not options.bare:
            _require_weir(options)
        if not options.disk:
            demodisk.ensure()
        options.encrypted = disks.encrypts(options)
        if options.policy is None:
            options.policy = ROOT / ENCRYPTING if options.encrypted else ROOT / "policy/default.lua"
        self.folder = self._folder()
        self.spec = self._spec()

    def _folder(self):
        """This run's folder. Private ones are removed, also those that a
        launcher left behind which was killed: their lock is free."""
        options = self.options
        if options.dir is not None:
            options.dir.mkdir(parents=True, exist_ok=True)
            folder = options.dir
        else:
            folder = self._private_folder()
        _log_file(folder / "serial.log", options.serial_log)
        _log_file(folder / "weir.log", options.weir_log)
        return folder

    def _private_folder(self):
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
            self._held.append(lock.try_file(folder / "lock"))
        return folder

    def _spec(self):
        options, folder = self.options, self.folder
        self._disks = disks.Disks(options, folder, self._held)
        spec = machine.Spec(folder=folder, disks=self._disks.paths, machine=options.machine, cpu=options.model,
                            memory_mib=options.memory, snapshot=options.snapshot,
                            icount=options.icount, reboot=options.exec is None, extra=options.extra)
        if not options.bare:
            spec.cd = folder / "weir.iso"
            spec.boot_cd = True
            bootimage.make_cd(spec.cd, bootimage.modules(options.policy, options.module, self._disks.key),
                              _kernel_options(options))
        if options.qmp:
            spec.qmp.append(options.qmp)
        if options.dir is not None and not options.model:
            spec.qmp.append("qmp.sock")
        if options.gdb:
            spec.gdb = folder / "gdb.sock"
        return spec


def _require_weir(options):
    build.ensure()
    bootimage.require()
    for path in [options.policy, options.key, *map(Path, options.module)]:
        if path is not None and not path.is_file():
            raise Stop(BROKEN, f"no such file: {path}")


def _kernel_options(options):
    words = ["log=com2"]
    if options.mmu:
        words.append(f"mmu={options.mmu}")
    if options.trace_exits:
        words.append("trace-exits")
    return words


def _log_file(path, wanted):
    """An empty log at PATH; if the user WANTED it elsewhere, a link to there."""
    if wanted is not None and wanted != path:
        wanted.write_bytes(b"")
        path.unlink(missing_ok=True)
        path.symlink_to(wanted)
    else:
        path.unlink(missing_ok=True)
        path.write_bytes(b"")
