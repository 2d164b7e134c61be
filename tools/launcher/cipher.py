# SPDX-License-Identifier: BSD-2-Clause
"""Disk images between ciphertext and plaintext, by the host's build of storage's cipher."""

import re
import subprocess

import build
from paths import BIN
from report import broken, usage

MODULE = "disk.key"             # the boot module's name, as policy/examples/disk-encryption.lua has it
_PROGRAM = BIN / "weir-crypt"


def encrypt(key, source, target):
    _convert("encrypt", key, source, target)


def decrypt(key, source, target):
    _convert("decrypt", key, source, target)


def _convert(direction, key, source, target):
    """The whole image SOURCE, whose first sector has the number 0, into the new file TARGET."""
    if not _PROGRAM.exists():
        build.ensure()
    with open(source, "rb") as plain, open(target, "wb") as out:
        done = subprocess.run([_PROGRAM, direction, str(key), "0"], stdin=plain, stdout=out, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise broken(f"cannot {direction} {source}: " + done.stderr.decode(errors="replace").strip())


def policy_encrypts(policy):
    """Does this policy encrypt a disk? None if it has an error: Weir will say what is wrong with it."""
    done = subprocess.run([BIN / "weir-check", "--tables", policy], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        return None
    return re.search(rb"^storage .*: encrypt ", done.stdout, re.MULTILINE) is not None


def require_rule(policy):
    """Stops where --key is of no use: POLICY is given and encrypts nothing."""
    if policy is not None and policy_encrypts(policy) is False:
        raise usage(f"--key: {policy} has no storage.encrypt rule that would use it")
