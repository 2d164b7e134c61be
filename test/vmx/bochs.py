# SPDX-License-Identifier: BSD-2-Clause
"""Weir on Bochs: what the guest programs print there must be what the same machine gives bare (test/modes has two more)."""

import sys
from pathlib import Path

from harness import main, matches

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "guest"))

from weir import HOOKS, output, same_digests  # noqa: E402

VMX = ("--cpu", "vmx")
NO_UNRESTRICTED_GUEST = ("--cpu", "vmx:corei5_lynnfield_750")
SVM = ("--cpu", "svm:trinity_apu")


def case_memory_map_on_vmx():
    # Parameter 15: Bochs' BIOS contradicts itself (test/guest/README.md).
    matches("the last line", output("memmap", *VMX, parameters={15: 1}), r"^end memmap ok$")


def case_digest_on_vmx():
    same_digests("digest", None, r"digest (svm|com2)", words=VMX)


# Not the whole digest: Bochs dies ("VM is set in long mode") of any #VMEXIT from virtual-8086 mode.
def case_stepping_on_svm():
    same_digests("digest", None, r"digest com2", parameters={2: 5}, words=SVM)


def case_mmio_on_svm():
    # With hooks: NRIP save and decode assists, which QEMU lacks.
    same_digests("digest", HOOKS, r"digest com2", parameters={2: 7}, words=SVM)


def case_digest_without_unrestricted_guest():
    # CPUID, which the section "modes" looks at as well, differs: SMX, which this model has, is hidden.
    same_digests("digest", None, r"digest (svm|com2|cpuid|modes)", words=NO_UNRESTRICTED_GUEST)


def case_memory_map_without_unrestricted_guest():
    matches("the last line", output("memmap", *NO_UNRESTRICTED_GUEST, parameters={15: 1}), r"^end memmap ok$")


def case_digest_on_vmx_when_hooked():
    same_digests("digest", HOOKS, r"digest (svm|com2|string|step\.rep|dr\.|shadow)", words=VMX)


if __name__ == "__main__":
    sys.exit(main())
