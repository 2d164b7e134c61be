#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Instructions per byte of the cipher's engines: cost.py [--json] PROGRAM PROGRAM-WITH-AESNI, the second of
which has mbedTLS's AES-NI code in it. valgrind counts; two runs that differ only in the number of calls are subtracted.
Fails if a figure is above its limit."""

import json
import re
import subprocess
import sys

# Limits: what doc/bench.md promises, a little over what was measured.
LIMITS = {"aesni": 2.5, "tables": 80, "mbedtls": 12}
SIZES = {"512 B": 1, "4 KiB": 8, "1 MiB": 2048}


def instructions(program, engine, sectors, calls):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, engine,
                           str(sectors), str(calls)], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"callgrind did not count {engine}: {done.stderr}")
    return int(found.group(1))


def per_byte(program, engine, sectors):
    few, many = 1, 3
    extra = instructions(program, engine, sectors, many) - instructions(program, engine, sectors, few)
    return extra / ((many - few) * 2 * 512 * sectors)       # each call encrypts and decrypts


def main(argv):
    as_json = argv[0] == "--json"
    programs = argv[-2:]
    figures = {engine: {size: round(per_byte(programs[engine == "mbedtls"], engine, n), 2) for size, n in SIZES.items()}
               for engine in LIMITS}
    if as_json:
        print(json.dumps(figures))
        return 0
    bad = 0
    for engine, sizes in figures.items():
        worst = sizes["4 KiB"]
        print(f"{engine}: " + ", ".join(f"{size} {value}" for size, value in sizes.items())
              + f" instructions per byte (limit at 4 KiB: {LIMITS[engine]})")
        bad += worst > LIMITS[engine]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
