# SPDX-License-Identifier: BSD-2-Clause
"""Boot media with GRUB, Weir's kernel and its modules: a CD image for `run`,
a BIOS disk image for `image`."""

import re
import shutil
import tempfile
import uuid
from pathlib import Path

import biosdisk
import cipher
import tool
from paths import BOOT, SERVICES
from report import Stop, FAILED, usage

KERNEL = BOOT / "weir.elf"
SYMBOLS = BOOT / "symbols"       # of the services: names for weirctl's backtraces
_COMMON = ("biosdisk", "normal", "configfile", "multiboot2", "test", "ls", "cat", "chain",
           "boot", "reboot", "halt", "memrw")
# Under Weir the INT 15h vector's offset is this one (services/init/hook.S): the boot medium then goes on to the next disk.
_UNDER_WEIR = """
read_word -v int15 0x54
if [ "$int15" = "fe0" ]; then
    set root=(%s)
    chainloader +1
    boot
fi"""


def require():
    """Stop unless everything is there that a boot medium always holds."""
    lacking = [path.name for path in (KERNEL, *(BOOT / name for name in SERVICES))
               if not path.exists()]
    if lacking:
        raise usage("Weir is not complete yet (no " + ", ".join(lacking) + "): use --bare")


def modules(policy, extra, key=None):
    """The boot modules as (name, path), in the order that the kernel expects. KEY: that of the disks."""
    found = [(name, BOOT / name) for name in SERVICES]
    found.append(("policy.lua", Path(policy)))
    if SYMBOLS.exists():
        found.append(("symbols", SYMBOLS))
    if key is not None:
        found.append((cipher.MODULE, Path(key)))
    found += [(Path(path).name, Path(path)) for path in extra]
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            raise Stop(FAILED, f"two boot modules are called {name}")
    return found


def make_cd(out, files, options):
    """Write the CD image OUT; OPTIONS are words of the kernel's command line."""
    with tempfile.TemporaryDirectory(dir=Path(out).parent) as scratch:
        tree = _tree(Path(scratch), files, options)
        core = tree / "boot/grub/eltorito.img"
        tool.run("grub-mkimage", "-O", "i386-pc-eltorito", "-o", core, "-p", "(cd)/boot/grub",
                 "iso9660", *_COMMON)
        tool.run("xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "WEIR", "-b",
                 "boot/grub/eltorito.img", "-no-emul-boot", "-boot-load-size", "4",
                 "-boot-info-table", "--grub2-boot-info", "-o", out, tree)


def make_disk(out, files, options):
    """Write the disk image OUT, which a BIOS boots from a USB stick."""
    size = sum(path.stat().st_size for _, path in files) + KERNEL.stat().st_size
    with tempfile.TemporaryDirectory(dir=Path(out).absolute().parent) as scratch:
        tree = _tree(Path(scratch), files, [*options, "boot=usb"])
        biosdisk.make(out, max(16, 2 * (size >> 20) + 8), tree, ("part_msdos", "ext2", *_COMMON),
                      "ext2", "weir", str(uuid.uuid4()))


def _tree(scratch, files, options):
    tree = scratch / "tree"
    (tree / "boot/grub").mkdir(parents=True)
    lines = ["set timeout=0", _UNDER_WEIR % ("hd1" if "boot=usb" in options else "hd0"), 'menuentry "Weir" {',
             " ".join(["    multiboot2 /boot/weir.elf", *options, *_policy_name(files)])]
    shutil.copy(KERNEL, tree / "boot/weir.elf")
    for name, path in files:
        shutil.copy(path, tree / "boot" / name)
        lines.append(f"    module2 /boot/{name} {name}")
    lines.append("}")
    (tree / "boot/grub/grub.cfg").write_text("\n".join(lines) + "\n")
    return tree


def _policy_name(files):
    """The word that makes messages name the policy's own file, if GRUB takes that name as it is."""
    name = dict(files)["policy.lua"].name if "policy.lua" in dict(files) else ""
    return [f"policy={name}"] if re.fullmatch(r"[A-Za-z0-9._+-]{1,63}", name) else []
