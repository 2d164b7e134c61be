# SPDX-License-Identifier: BSD-2-Clause
"""The emulated PC on Bochs, which has VMX and a second implementation of SVM:
its CPU models and its configuration file. An i440fx machine with IDE disks."""

from report import usage

# CPU model -> (vendor, what Weir needs there). What is not named has no virtualization.
_SVM = {"phenom_8650_toliman", "zambezi", "trinity_apu", "ryzen", "turion64_tyler"}
_VMX = {"core2_penryn_t9600", "corei5_lynnfield_750", "corei5_arrandale_m520", "corei7_sandy_bridge_2600k",
        "corei7_ivy_bridge_3770k", "corei7_haswell_4770", "broadwell_ult", "corei7_skylake_x", "corei3_cnl",
        "corei7_icelake_u", "tigerlake"}
_SVM_WITHOUT_NPT = {"turion64_tyler"}
_IPS = 50_000_000       # what the TSC and all timers count with


def model(cpu, bare):
    """The Bochs model that `--cpu CPU` names, or None: QEMU. Stops where Weir
    cannot run on it (yet); BARE machines may have any of them."""
    vendor, colon, name = cpu.partition(":")
    if vendor not in ("svm", "vmx"):
        raise usage(f"--cpu {cpu}: svm, svm:MODEL, vmx or vmx:MODEL")
    if colon and not name:
        raise usage(f"--cpu {cpu}: no model named")
    if cpu == "svm":
        return None
    name = name or "corei7_skylake_x"
    if name not in (_SVM if vendor == "svm" else _VMX):
        raise usage(f"--cpu {cpu}: Bochs has no such CPU with {vendor.upper()}; it has "
                    + ", ".join(sorted(_SVM if vendor == "svm" else _VMX)))
    if not bare:
        _reject_unbuilt(cpu, vendor, name)
    return name


def _reject_unbuilt(cpu, vendor, name):
    if name in _SVM_WITHOUT_NPT:
        raise usage(f"--cpu {cpu}: it has no nested paging, and under shadow paging on Bochs' SVM a guest finds CR2 0")


def reject(options):
    """Stops for options that only QEMU has."""
    for name, there in (("--qmp", options.qmp), ("--gdb", options.gdb), ("--icount", options.icount)):
        if there:
            raise usage(f"{name} is QEMU's; on Bochs every run is deterministic, and there is no monitor")
    if options.machine not in (None, "pc"):
        raise usage("--machine: Bochs has only pc (i440fx)")
    if not options.headless and options.exec is None:
        raise usage("--cpu on Bochs needs --headless or --exec")


def command(spec, port):
    """Writes the configuration into the run's folder; Bochs' command line. It
    connects its COM1 to the TCP port PORT of this machine."""
    (spec.folder / "bochsrc").write_text("\n".join(_configuration(spec, port)) + "\n")
    (spec.folder / "bochs.go").write_text("c\n")        # the debugger's "continue"
    for disk in spec.disks:
        disk.with_name(disk.name + ".lock").unlink(missing_ok=True)
    return ["bochs", "-q", "-f", "bochsrc", "-rc", "bochs.go", *spec.extra]


def ended_well(spec):
    """Whether Bochs, whose exit status never says so, ended by a power-off."""
    text = (spec.folder / "bochs.log").read_text(errors="replace")
    return "ACPI control: soft power off" in text or "Shutdown port: shutdown requested" in text


def _configuration(spec, port):
    lines = [
        # Without a triple fault's reset the emulator ends there.
        f"cpu: model={spec.cpu}, count=1, ips={_IPS}, reset_on_triple_fault={int(spec.reboot)}, ignore_bad_msrs=1",
        f"memory: guest={spec.memory_mib}, host={spec.memory_mib}",
        "romimage: file=$BXSHARE/BIOS-bochs-latest",
        "vgaromimage: file=$BXSHARE/VGABIOS-lgpl-latest",
        'display_library: rfb, options="timeout=0"',
        "pci: enabled=1, chipset=i440fx",
        "clock: sync=none, time0=local",
        "log: bochs.log",
        "panic: action=fatal", "error: action=report", "info: action=report", "debug: action=ignore",
        "com2: enabled=1, mode=file, dev=weir.log",
        "sound: waveoutdrv=dummy", "speaker: enabled=0", "mouse: enabled=0",
    ]
    lines.append(f"com1: enabled=1, mode=socket-client, dev=127.0.0.1:{port}")
    lines += ["ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14",
              "ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15"]
    places = ["ata0-master", "ata0-slave", "ata1-slave"]
    if len(spec.disks) > len(places):
        raise usage(f"Bochs has room for {len(places)} disks")
    mode = "volatile" if spec.snapshot else "flat"
    for number, (path, place) in enumerate(zip(spec.disks, places)):
        journal = f", journal=disk{number}.redo" if spec.snapshot else ""
        lines.append(f'{place}: type=disk, path="{path}", mode={mode}{journal}, {_geometry(path)}')
    if spec.cd:
        lines.append(f'ata1-master: type=cdrom, path="{spec.cd}", status=inserted')
    return lines + ["boot: cdrom" if spec.boot_cd else "boot: disk"]


def _geometry(path):
    """16 heads, 63 sectors, whole cylinders: what Bochs wants to know of a flat image."""
    return f"cylinders={max(1, path.stat().st_size // (16 * 63 * 512))}, heads=16, spt=63, translation=auto"
