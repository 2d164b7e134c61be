#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the journal costs: cost.py STORAGE STORAGE-WITHOUT-JOURNAL. valgrind counts the instructions of 4 KiB requests; runs
that differ only in their number are subtracted. Fails above the limit, 5 % of what doc/bench.md says of a request."""

import re
import subprocess
import sys
from pathlib import Path

FEW, MANY = 64, 576         # requests, as many reads as writes
PART = 0.05


def instructions(program, requests):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, str(requests // 2)],
                          capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"callgrind did not count {program}: {done.stderr}")
    return int(found.group(1))


def per_request(program):
    return (instructions(program, MANY) - instructions(program, FEW)) / (MANY - FEW)


def of_a_request():
    """Host-mode instructions of a mediated 4 KiB read, its exits included."""
    text = (Path(__file__).resolve().parents[2] / "doc/bench.md").read_text()
    return int(re.search(r"`ahci\.read4k` \| [0-9,]+ \| ([0-9,]+)", text).group(1).replace(",", ""))


def main(programs):
    journal = per_request(programs[0]) - per_request(programs[1])
    request = of_a_request()
    print(f"the journal: {journal:.0f} instructions of a request's {request} ({100 * journal / request:.1f} %)")
    return 0 if 0 < journal <= PART * request else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
