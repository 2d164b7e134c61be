#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""weir-crypt against python3-cryptography (OpenSSL): random keys, sector numbers and lengths, both directions."""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SECTOR = 512


def oracle(key, first, plain):
    out = []
    for i in range(len(plain) // SECTOR):
        unit = (first + i).to_bytes(8, "little") + bytes(8)
        encryptor = Cipher(algorithms.AES(key), modes.XTS(unit)).encryptor()
        out.append(encryptor.update(plain[i * SECTOR:(i + 1) * SECTOR]) + encryptor.finalize())
    return b"".join(out)


def run(program, direction, key_file, first, data):
    return subprocess.run([program, direction, key_file, str(first)], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def main(program):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        key_file = Path(folder) / "disk.key"
        for _ in range(20):
            key = rng.randbytes(64)
            key_file.write_bytes(key)
            first = rng.choice([0, 1, 2047, (1 << 32) - 3, rng.randrange(1 << 48)])
            plain = rng.randbytes(SECTOR * rng.choice([0, 1, 7, 8, 9, 333, 4097]))
            cipher = run(program, "encrypt", key_file, first, plain)
            if cipher != oracle(key, first, plain):
                print(f"encrypted otherwise: key {key.hex()}, first {first}, {len(plain)} bytes")
                return 1
            if run(program, "decrypt", key_file, first, cipher) != plain:
                print(f"not decrypted: key {key.hex()}, first {first}, {len(plain)} bytes")
                return 1
        for wrong, why in ((b"x" * 63, "64 bytes"), (b"x" * 65, "64 bytes"), (b"x" * 64, "halves"), (b"", "64 bytes")):
            key_file.write_bytes(wrong)
            done = subprocess.run([program, "encrypt", key_file, "0"], input=b"y" * 512, capture_output=True)
            if done.returncode != 1 or why.encode() not in done.stderr or done.stdout:
                print(f"a key of {len(wrong)} bytes: status {done.returncode}, {done.stderr}")
                return 1
        key_file.write_bytes(os.urandom(64))
        done = subprocess.run([program, "decrypt", key_file, "0"], input=b"y" * 513, capture_output=True)
        if done.returncode != 1 or b"whole sectors" not in done.stderr:
            print(f"513 bytes: status {done.returncode}, {done.stderr}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
