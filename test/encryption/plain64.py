# SPDX-License-Identifier: BSD-2-Clause
"""aes-xts-plain64 by python3-cryptography (OpenSSL): the tests' own view of an encrypted image, none of Weir's code."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SECTOR = 512


def _convert(key, data, first, encrypt):
    """All whole sectors of DATA, the first of which has the number FIRST."""
    out = bytearray()
    for at in range(0, len(data), SECTOR):
        tweak = (first + at // SECTOR).to_bytes(16, "little")
        cipher = Cipher(algorithms.AES(key), modes.XTS(tweak))
        one = cipher.encryptor() if encrypt else cipher.decryptor()
        out += one.update(data[at:at + SECTOR])
    return bytes(out)


def encrypt(key, data, first=0):
    return _convert(key, data, first, True)


def decrypt(key, data, first=0):
    return _convert(key, data, first, False)
