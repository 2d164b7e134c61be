# SPDX-License-Identifier: BSD-2-Clause
"""Debian packages as files: downloaded with apt, unpacked, never installed."""

import re
import subprocess

import tool
from paths import DOWNLOADS
from report import Stop, FAILED, say


def kernel_package():
    """The package that linux-image-amd64 stands for today."""
    text = tool.run("apt-cache", "depends", "linux-image-amd64").decode()
    found = re.search(r"Depends: (linux-image-\d\S*)", text)
    if not found:
        raise Stop(FAILED, "apt knows no linux-image-amd64: is its package list empty?")
    return found.group(1)


def download(names):
    """Fetch the packages NAMES; returns {name: path}."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    for attempt in (1, 2, 3):
        try:
            tool.run("apt-get", "-qq", "-o", "APT::Sandbox::User=root",
                     "-o", "Acquire::Retries=3", "download", *names, cwd=DOWNLOADS)
            break
        except Stop as stop:
            if attempt == 3:
                raise
            # Usually a package list older than the mirror's contents.
            say(f"{stop.reason}\nweir: updating the package lists and trying again")
            subprocess.run(["apt-get", "-qq", "update"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, check=False)
    return {name: newest(name) for name in names}


def newest(name):
    files = sorted(DOWNLOADS.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime)
    if not files:
        raise Stop(FAILED, f"apt-get download {name} left no file")
    return files[-1]


def unpack(deb, folder):
    tool.run("dpkg-deb", "-x", deb, folder)
