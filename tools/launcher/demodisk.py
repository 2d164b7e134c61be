# SPDX-License-Identifier: BSD-2-Clause
"""The demo guest: a stock Debian kernel, busybox and a few tools on one disk, which is encrypted as storage does it.
pristine.img beside it is the plaintext as it was made, for runs without encryption and for tests."""

import hashlib
import os
import shutil
import tempfile
import uuid
from pathlib import Path

import biosdisk
import cipher
import cpio
import debs
import lock
import tool
from paths import DEMO, DOWNLOADS, GUEST_BIN, ROOT
from report import Stop, FAILED, say

SOURCES = ROOT / "tools/demo"
WEIRCTL = (*sorted((ROOT / "tools/weirctl").iterdir()), ROOT / "include/weir/control.h")
SIZE_MIB = 256
GRUB_MODULES = ("biosdisk", "part_msdos", "ext2", "normal", "configfile", "linux", "multiboot2",
                "serial", "terminal", "echo", "test", "ls", "cat", "chain", "reboot", "halt")
FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin", "etc", "proc", "sys", "dev", "tmp", "run",
           "root", "mnt", "var", "boot/grub", "lib/modules")


def ensure():
    """Make the demo disk unless it is there and newer than its recipe."""
    with lock.held("demo"):
        recipe = _recipe()
        stamp = DEMO / "recipe.sha256"
        if stamp.exists() and stamp.read_text() == recipe and (DEMO / "disk.img").exists():
            return
        say("making the demo guest's disk (once; about half a minute)")
        DEMO.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=DEMO) as scratch:
            plain = _build(Path(scratch))
            digest = _sha256(plain)
            (DEMO / "disk.plain.sha256").write_text(f"{digest}  disk.img\n")
            key = Path(scratch) / "disk.key"
            key.touch(0o600)
            key.write_bytes(os.urandom(64))
            cipher.encrypt(key, plain, Path(scratch) / "cipher.img")
            os.replace(Path(scratch) / "cipher.img", DEMO / "disk.img")
            os.replace(key, DEMO / "disk.key")
            os.replace(plain, DEMO / "pristine.img")
        stamp.write_text(recipe)


def _recipe():
    """A digest of everything of ours that decides what the disk contains."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in (*sorted(SOURCES.iterdir()), *WEIRCTL):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _lines(name):
    for line in (SOURCES / name).read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line:
            yield line


def _build(scratch):
    kernel = debs.kernel_package()
    packages = list(_lines("packages.txt"))
    say(f"downloading {kernel} and {len(packages) + 1} small packages")
    files = debs.download([kernel, "busybox-static", *packages])
    unpacked = scratch / "kernel"
    debs.unpack(files[kernel], unpacked)
    tree = scratch / "tree"
    for folder in FOLDERS:
        (tree / folder).mkdir(parents=True)
    for name in packages:
        debs.unpack(files[name], tree)
    for waste in ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/lib/x86_64-linux-gnu/gconv"):
        shutil.rmtree(tree / waste, ignore_errors=True)
    debs.unpack(files["busybox-static"], scratch / "busybox")
    busybox = scratch / "busybox/bin/busybox"
    _userland(tree, busybox)
    initramfs = _kernel(tree, unpacked, busybox)
    (tree / "boot/initrd.img").write_bytes(initramfs)
    identity = str(uuid.uuid4())
    config = (SOURCES / "grub.cfg.in").read_text().replace("@UUID@", identity)
    (tree / "boot/grub/grub.cfg").write_text(config)
    image = scratch / "disk.img"
    biosdisk.make(image, SIZE_MIB, tree, GRUB_MODULES, "ext4", "weir-demo", identity)
    shutil.rmtree(DOWNLOADS)
    return image


def _userland(tree, busybox):
    """busybox under every name that no real tool has; the few files of /etc."""
    shutil.copy2(busybox, tree / "bin/busybox")
    for path in tool.run(busybox, "--list-full").decode().split():
        target = tree / path
        taken = any((tree / folder / target.name).exists()
                    for folder in ("bin", "sbin", "usr/bin", "usr/sbin"))
        if not taken:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to("/bin/busybox")
    for name, target, mode in (("inittab", "etc/inittab", 0o644), ("rc", "etc/rc", 0o755),
                               ("profile", "etc/profile", 0o644)):
        shutil.copy(SOURCES / name, tree / target)
        (tree / target).chmod(mode)
    shutil.copy2(GUEST_BIN / "weirctl", tree / "usr/sbin/weirctl")
    (tree / "etc/passwd").write_text("root::0:0:root:/root:/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\n")
    (tree / "root").chmod(0o700)
    (tree / "tmp").chmod(0o1777)


def _kernel(tree, unpacked, busybox):
    """Put the kernel and its modules on the disk; returns the initramfs."""
    version = next((unpacked / "lib/modules").iterdir()).name
    source = unpacked / "lib/modules" / version
    target = tree / "lib/modules" / version
    shutil.copy(unpacked / f"boot/vmlinuz-{version}", tree / "boot/vmlinuz")
    tool.run(busybox, "depmod", "-b", unpacked, version)
    needs = _dependencies(source / "modules.dep")
    boot, rest = [], []
    for line in _lines("modules.txt"):
        word, _, name = line.rpartition(" ")
        _closure(name, needs, boot if word == "boot" else rest)
    for path in dict.fromkeys(boot + rest):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / path, target / path)
    for name in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
        if (source / name).exists():
            shutil.copy(source / name, target / name)
    tool.run(busybox, "depmod", "-b", tree, version)
    return _initramfs(busybox, [source / path for path in boot])


def _dependencies(dep_file):
    """modules.dep as {module name: (path, [paths it needs])}."""
    needs = {}
    for line in dep_file.read_text().splitlines():
        path, _, others = line.partition(":")
        name = Path(path).name.removesuffix(".ko").replace("-", "_")
        needs[name] = (path, others.split())
    return needs


def _closure(name, needs, found):
    """Append the module NAME to FOUND, after all that it needs."""
    key = name.replace("-", "_")
    if key not in needs:
        raise Stop(FAILED, f"the kernel package has no module {name} (tools/demo/modules.txt)")
    path, others = needs[key]
    for other in others:
        _closure(Path(other).name.removesuffix(".ko"), needs, found)
    if path not in found:
        found.append(path)


def _initramfs(busybox, modules):
    archive = cpio.Archive()
    for folder in ("bin", "dev", "proc", "sys", "root", "modules"):
        archive.folder(folder)
    archive.console()
    archive.file("bin/busybox", busybox.read_bytes(), 0o755)
    archive.file("init", (SOURCES / "initramfs-init").read_bytes(), 0o755)
    for module in modules:
        archive.file(f"modules/{module.name}", module.read_bytes())
    archive.file("modules.list", "".join(f"/modules/{m.name}\n" for m in modules).encode())
    return archive.bytes()


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def copy(source, target):
    """A copy of a disk image; holes stay holes."""
    tool.run("cp", "--sparse=always", "--reflink=auto", source, target)
