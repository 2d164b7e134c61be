# SPDX-License-Identifier: BSD-2-Clause
"""Other ways to boot Weir: from a USB stick, and under itself."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from boot import Boot
from harness import ROOT, equal, main, matches
from paths import DEMO


def make_stick(folder):
    stick = Path(folder) / "stick.img"
    subprocess.run([ROOT / "weir", "image", stick], stdin=subprocess.DEVNULL, check=True)
    return stick


def demo_disk(folder):
    disk = Path(folder) / "demo.img"
    shutil.copy(DEMO / "pristine.img", disk)
    return disk


def usb_stick(kind):
    # --bare: the launcher itself adds nothing of Weir, the stick brings it.
    with tempfile.TemporaryDirectory() as folder:
        with Boot("--bare", "--machine", kind, "--disk", demo_disk(folder), "--plain-disk",
                  "--", "-drive", f"file={make_stick(folder)},format=raw,if=none,id=stick",
                  "-device", "usb-storage,bus=xhci.0,drive=stick,bootindex=0") as machine:
            # The guest's own GRUB looks for its partition on the drive that
            # the BIOS calls 80h; that was the stick.
            equal("the guest's disk is first", machine.ok("uname -s"), "Linux\n")
            matches("Weir is there", machine.weir_log(), r"\Aweir \S+ svm npt\n")


def case_usb_stick_on_q35():
    usb_stick("q35")


def case_usb_stick_on_pc():
    usb_stick("pc")


def case_under_itself():
    with tempfile.TemporaryDirectory() as folder:
        with Boot("--plain-disk", "--disk", make_stick(folder), "--disk", demo_disk(folder)) as machine:
            equal("the second one went on to the guest", machine.ok("uname -s"), "Linux\n")


if __name__ == "__main__":
    sys.exit(main())
