# SPDX-License-Identifier: BSD-2-Clause
"""What the disk cipher costs by itself, counted by valgrind on the host."""

import json

import tool
from paths import BUILD, ROOT

PROGRAMS = [BUILD / "test/crypt" / f"test_storage_crypt_cost{variant}" for variant in ("", "_aesni")]


def measure():
    """Returns {name: row} of the contract's JSON; p99 is the dearest of the sizes, one sector a call."""
    figures = json.loads(tool.run(ROOT / "test/crypt/cost.py", "--json", *PROGRAMS))
    return {"crypt.instr_per_byte": {
        "bare": 0, "weir": figures["aesni"]["4 KiB"], "p99": max(figures["aesni"].values()),
        "unit": "instructions per byte", "samples": len(figures["aesni"]),
        "mbedtls": figures["tables"]["4 KiB"], "mbedtls_aesni": figures["mbedtls"]["4 KiB"]}}
