# SPDX-License-Identifier: BSD-2-Clause
"""The emulated PC: what it consists of, as QEMU's command line.

No accelerator but TCG: /dev/kvm offers no nested virtualization on the machines
this project is built on, and TCG emulates SVM with nested paging. SMM is off,
because QEMU would run the SMI handler under the guest's intercepts."""

import dataclasses
from pathlib import Path
from typing import Optional

from report import usage

DEFAULT_MEMORY_MIB = 512


@dataclasses.dataclass
class Spec:
    """One machine. Paths are absolute, or relative to the run's folder."""
    folder: Path
    disks: list                         # raw images, the first is the BIOS's 80h
    machine: str = "q35"
    memory_mib: int = DEFAULT_MEMORY_MIB
    cd: Optional[Path] = None           # Weir's boot CD
    boot_cd: bool = False               # boot from it, not from the first disk
    snapshot: bool = False
    icount: bool = False
    cpu: Optional[str] = None           # Bochs' model; None: QEMU
    reboot: bool = True                 # False: a reset of the guest ends QEMU
    qmp: list = dataclasses.field(default_factory=list)     # socket paths
    gdb: Optional[Path] = None          # socket of the gdb stub; starts stopped
    extra: list = dataclasses.field(default_factory=list)


def command(spec, com1_fd, qmp_fd):
    """QEMU's command line; COM1_FD and QMP_FD are connected sockets
    that QEMU inherits."""
    accel = "tcg,thread=single" if spec.icount else "tcg"
    line = ["qemu-system-x86_64", "-name", "weir", "-nodefaults", "-no-user-config",
            "-accel", accel, "-cpu", "EPYC,+svm,+npt",
            "-machine", f"{spec.machine},smm=off", "-smp", "1", "-m", str(spec.memory_mib),
            "-vga", "std", "-display", "none"]
    line += _serial(com1_fd)
    line += _disks(spec)
    # What most PCs have, so that policies have something to be about.
    line += ["-device", "qemu-xhci,id=xhci",
             "-netdev", "user,id=net0,restrict=on", "-device", "e1000e,netdev=net0,romfile="]
    line += ["-chardev", f"socket,id=control,fd={qmp_fd}", "-mon", "chardev=control,mode=control"]
    for number, path in enumerate(spec.qmp):
        line += ["-chardev", f"socket,id=qmp{number},path={_escape(path)},server=on,wait=off",
                 "-mon", f"chardev=qmp{number},mode=control"]
    if spec.gdb:
        line += ["-chardev", f"socket,id=gdb0,path={_escape(spec.gdb)},server=on,wait=off",
                 "-gdb", "chardev:gdb0", "-S"]
    if spec.icount:
        line += ["-icount", "shift=0,sleep=off"]
    if not spec.reboot:
        line += ["-no-reboot"]
    return line + list(spec.extra)


def _serial(com1_fd):
    """COM1 is the guest's, COM2 is Weir's log."""
    # The launcher writes COM1's log itself: QEMU's holds bytes twice that the
    # socket did not take at the first try.
    return ["-chardev", f"socket,id=com1,fd={com1_fd}", "-serial", "chardev:com1",
            "-chardev", "file,id=com2,path=weir.log,append=off", "-serial", "chardev:com2"]


def _disks(spec):
    # The CD is where a CD is on such machines; the disks take what is left.
    if spec.machine == "q35":
        places, cd = ["bus=ide.0", "bus=ide.1", "bus=ide.3", "bus=ide.4", "bus=ide.5"], "bus=ide.2"
    else:
        places, cd = ["bus=ide.0,unit=0", "bus=ide.0,unit=1", "bus=ide.1,unit=1"], "bus=ide.1,unit=0"
    if len(spec.disks) > len(places):
        raise usage(f"--machine {spec.machine} has room for {len(places)} disks")
    line = []
    # While a guest without work waits for the host's disk, virtual time runs as fast as it can: a flush that takes the
    # host a second would be half a minute to the guest, whose driver gives the disk up.
    more = (",snapshot=on" if spec.snapshot else "") + (",cache=unsafe" if spec.icount else "")
    for number, (path, place) in enumerate(zip(spec.disks, places)):
        line += ["-drive", f"file={_escape(path)},format=raw,if=none,id=disk{number}{more}",
                 "-device", f"ide-hd,drive=disk{number},{place}"]
    if spec.cd:
        line += ["-drive", f"file={_escape(spec.cd)},format=raw,if=none,id=cd0,media=cdrom,readonly=on"]
    line += ["-device", f"ide-cd,{cd}" + (",drive=cd0" if spec.cd else "")]
    return line + ["-boot", "order=d" if spec.boot_cd else "order=c"]


def _escape(path):
    """QEMU takes a comma inside a value doubled."""
    return str(path).replace(",", ",,")
