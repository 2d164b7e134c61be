# SPDX-License-Identifier: BSD-2-Clause
"""The demo guest on its encrypted disk, with a second disk (port 1) that the policy encrypts as well."""

from pathlib import Path

from boot import Boot

MIB = 1 << 20
POLICY = """
storage.encrypt{match = {port = 0}, key = module("disk.key"), require = true}
storage.encrypt{match = {port = 1}, key = module("disk.key"), trim = "%s", require = true,
    ranges = {{first = 0, check = "none"}}}
"""


class TwoDisks(Boot):
    """FOLDER keeps disk.img and disk.key between machines; DATA is the second disk's image. WEIR: False for the
    machine without it, whose DATA holds plaintext."""

    def __init__(self, folder, data, weir=True, trim="pass", options="discard=unmap", driver=None, timeout=280):
        folder = Path(folder)
        words = ["--dir", folder] + ([] if weir else ["--bare"])
        if (folder / "disk.img").exists():
            words += ["--disk", folder / "disk.img"] + (["--key", folder / "disk.key"] if weir else [])
        drive = driver or f"file={data},format=raw"
        words += ["--", "-drive", f"{drive},if=none,id=data,{options}", "-device", "ide-hd,drive=data,bus=ide.1"]
        super().__init__(*words, policy=POLICY % trim if weir else None, timeout=timeout)
        self._sectors = Path(data).stat().st_size // 512

    def __enter__(self):
        super().__enter__()
        # Linux names its disks in the order in which they answer.
        self.device = self.ok(f"cd /sys/block; grep -lx {self._sectors} sd*/size | cut -d/ -f1").strip()
        return self
