# SPDX-License-Identifier: BSD-2-Clause
"""Where things are: the source tree and everything that is made from it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.path.abspath(os.environ.get("WEIR_BUILD") or ROOT / "build"))

BOOT = BUILD / "boot"            # weir.elf and the services, one file each
BIN = BUILD / "bin"              # host programs
GUEST_BIN = BUILD / "guest-bin"  # our programs for the demo guest
DEMO = BUILD / "demo"            # the demo guest's disk
# Debian packages that the demo guest is made of; the folder goes when its disk is made. (The tarballs
# beside it are the build's: cmake/third_party.)
DOWNLOADS = BUILD / "downloads" / "demo"
LOCKS = BUILD / "locks"

# The services, in the order in which the kernel expects its modules.
SERVICES = ("init", "policy", "pci", "console", "emulator", "watch", "storage", "control")
