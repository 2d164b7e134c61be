# SPDX-License-Identifier: BSD-2-Clause
"""Which disk images a run gets, and as what: in place or a copy, ciphertext or plaintext."""

import os
import shutil

import cipher
import demodisk
import lock
from paths import DEMO
from report import broken, say

DEMO_KEY = DEMO / "disk.key"


def encrypts(options):
    """Does Weir decrypt the guest's disks in this run? Then their images hold ciphertext. The policy says so; without
    --policy it is the example that does."""
    if options.bare:
        return False
    if options.key is not None:
        cipher.require_rule(options.policy)
    if options.plain_disk:
        return False
    return options.policy is None or cipher.policy_encrypts(options.policy) is True


class Disks:
    """The disks of one run. `paths` are the images to attach, `key` is the key's file or None."""

    def __init__(self, options, folder, held):
        self._options = options
        self._folder = folder
        self._held = held
        self._give_back = []            # (plain copy, ciphertext it came from, key)
        # With --plain-disk a key is for what the policy encrypts beside the guest's system.
        self.key = None if options.bare else options.key
        if options.encrypted and not options.disk and self.key is None:
            self.key = DEMO_KEY
        self.paths = self._given() if options.disk else [self._demo()]
        if options.dir is not None:
            self._show()

    def close(self):
        """What a run without encryption wrote goes back into the ciphertext."""
        for plain, image, key in self._give_back:
            new = image.with_name(image.name + ".new")
            cipher.encrypt(key, plain, new)
            with open(new, "rb") as source, open(image, "r+b") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            new.unlink()

    def _given(self):
        """--disk: used in place. Without Weir an encrypted one (--key) has to be decrypted for the guest."""
        for path in self._options.disk:
            self._lock(path)
        if not (self._options.bare and self._options.key and not self._options.plain_disk):
            return self._options.disk
        return [self._plain(image, self._options.key, f"plain{number}.img")
                for number, image in enumerate(self._options.disk)]

    def _demo(self):
        image = DEMO / "disk.img"
        if not self._options.headless:
            self._lock(image)
            return image if self._options.encrypted else self._plain(image, DEMO_KEY, "plain0.img")
        return self._private(image)

    def _private(self, image):
        """A copy of the demo disk for this run alone."""
        copy = self._folder / "disk.img"
        copy.unlink(missing_ok=True)
        reading = lock.try_file(image, shared=True)
        if reading is None:
            say("the demo guest is running on its disk: this run uses the disk as it was made")
            if self._options.encrypted:
                cipher.encrypt(DEMO_KEY, DEMO / "pristine.img", copy)
            else:
                demodisk.copy(DEMO / "pristine.img", copy)
            return copy
        with reading:
            if self._options.encrypted:
                demodisk.copy(image, copy)
            else:
                cipher.decrypt(DEMO_KEY, image, copy)
        return copy

    def _plain(self, image, key, name):
        """A plain copy whose changes go back when the run ends."""
        copy = self._folder / name
        copy.unlink(missing_ok=True)
        cipher.decrypt(key, image, copy)
        if not self._options.snapshot:
            self._give_back.append((copy, image, key))
        return copy

    def _show(self):
        """--dir shows the first disk and the key."""
        if self._folder / "disk.img" not in self._options.disk:
            _point(self._folder / "disk.img", self.paths[0])
        shown = self._folder / "disk.key"
        if self.key is not None and not (shown.exists() and os.path.samefile(shown, self.key)):
            shown.unlink(missing_ok=True)
            shutil.copy(self.key, shown)

    def _lock(self, path):
        handle = lock.try_file(path)
        if handle is None:
            raise broken(f"{path} is in use by another run")
        self._held.append(handle)


def _point(link, target):
    """Let LINK lead to TARGET, unless it is that file."""
    if link.exists() and link.samefile(target):
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
