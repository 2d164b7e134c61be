# SPDX-License-Identifier: BSD-2-Clause
"""Where key material may be: in the one page that init made of it, and nowhere else; and nowhere once the machine is switched
off or reset."""

import os
import re
import tempfile
import time
from pathlib import Path

from boot import Boot
from harness import equal, fail, main, true

MIB = 1 << 20
PAGE = 4096
REGION_BYTES = 32 * MIB        # kernel/x86/layout.h
# What the guest starts with a plain disk, and a key that storage has nevertheless.
POLICY = 'storage.encrypt{match = {port = 1}, key = module("disk.key")}'
RESETS = {1: "8042", 2: "port 92h", 3: "CF9h, hard", 4: "CF9h, soft", 5: "triple fault"} # test/guest/hostile
WORD = 8                        # bytes: shorter than what any register or copy would hold


def _times(a, b):
    """In GF(2^8), FIPS 197, 4.2."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


def _sbox():
    """FIPS 197, 5.1.1: the inverse in GF(2^8), then an affine map."""
    table = []
    for value in range(256):
        inverse = next((other for other in range(256) if _times(value, other) == 1), 0)
        doubled = inverse | inverse << 8
        table.append(0x63 ^ inverse ^ (doubled >> 4 ^ doubled >> 5 ^ doubled >> 6 ^ doubled >> 7) & 0xff)
    return table


def schedule(key):
    """AES-256's 15 round keys for 32 bytes of key, one after the other (FIPS 197, 5.2)."""
    box, words, constant = _sbox(), [key[i:i + 4] for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = bytes(box[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant <<= 1
        elif i % 8 == 4:
            word = bytes(box[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[-8])))
    return b"".join(words)


def inverse(expanded):
    """The round keys of the equivalent inverse cipher that differ from SCHEDULE's: InvMixColumns of each (5.3.5)."""
    rows = ((14, 11, 13, 9), (9, 14, 11, 13), (13, 9, 14, 11), (11, 13, 9, 14))
    out = bytearray()
    for at in range(16, 14 * 16, 4):
        column = expanded[at:at + 4]
        for row in rows:
            value = 0
            for factor, byte in zip(row, column):
                value ^= _times(byte, factor)
            out.append(value)
    return bytes(out)


def words_of(material):
    return {material[i:i + WORD] for i in range(0, len(material), WORD)}


def places(memory, word):
    at = memory.find(word)
    while at >= 0:
        yield at
        at = memory.find(word, at + 1)


def material(key):
    """Words of which at least one is in any 16 bytes in a row of KEY's 64, and in any round key that stands in one piece."""
    expanded = b"".join(keys + inverse(keys) for keys in (schedule(key[:32]), schedule(key[32:])))
    return words_of(key) | {expanded[i:i + WORD] for i in range(0, len(expanded), 2 * WORD)}


def pages_with(memory, words):
    return {at // PAGE * PAGE for word in words for at in places(memory, word)}


def wait_off(machine, seconds=120):
    """QEMU keeps the memory of a machine that is switched off or was to be reset."""
    until = time.monotonic() + seconds
    while machine.qmp.execute("query-status")["status"] != "shutdown":
        if time.monotonic() > until:
            fail(f"the machine is still on after {seconds} s")
        machine.emulator.drain(0.2)


def case_the_key_is_nowhere():
    """The key and what it expands to: neither in the guest's memory, nor in Weir's log, nor anywhere in Weir's region (its
    ring, stacks, saved registers) but in the page that storage reads them from."""
    # FIPS 197, A.3: the last round key
    equal("the test's own expansion", schedule(bytes.fromhex("603deb1015ca71be2b73aef0857d7781"
                                                             "1f352c073b6108d72d9810a30914dff4"))[-16:].hex(),
          "fe4890d1e6188d0b046df344706c631e")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Boot("--dir", folder, "--memory", "256", "--", "-no-shutdown") as machine:
            machine.ok("cat /bin/busybox /lib/modules/*/modules.dep >/root/x; sync; echo 3 >/proc/sys/vm/drop_caches;"
                       " md5sum </root/x")
            key = (folder / "disk.key").read_bytes()
            reserved = [(int(first, 16), int(last, 16) + 1) for first, last in
                        re.findall(r"^([0-9a-f]+)-([0-9a-f]+) : Reserved$", machine.ok("cat /proc/iomem"), re.M)]
            machine.qmp.execute("stop")
            memory = machine.memory(0, 256 * MIB)
            machine.go_on()
            machine.sh("(sleep 1; poweroff) >/dev/null 2>&1 &")
            wait_off(machine)
            after = machine.memory(0, 256 * MIB)
            log = (folder / "weir.log").read_bytes()
    words = material(key)
    found = pages_with(memory, words)
    equal(f"pages with key material, {[hex(at) for at in found]}", len(found), 1)
    page = found.pop()
    start, end = next(((a, b) for a, b in reserved if a <= page < b), (0, 0))
    equal("it is in Weir's region, which the guest's memory map reserves", end - start, REGION_BYTES)
    text = log.lower()
    for word in words:
        true("a word of the key in Weir's log", word not in log and word.hex().encode() not in text)
    equal("pages with key material after the guest has switched the machine off", pages_with(after, words), set())


def case_the_key_is_gone_after_resets():
    with tempfile.TemporaryDirectory() as name:
        key = os.urandom(64)
        (Path(name) / "disk.key").write_bytes(key)
        words = material(key)
        for scenario, what in RESETS.items():
            with Boot("--memory", "128", "--module", Path(name) / "disk.key", "--", "-no-shutdown", "-no-reboot",
                      guest="hostile", parameters={0: scenario}, policy=POLICY) as machine:
                wait_off(machine)
                machine.wait_log(r"^storage: aes-xts-plain64 by ")
                equal(f"pages with key material after a reset ({what})", pages_with(machine.memory(0, 128 * MIB), words), set())


if __name__ == "__main__":
    main()
