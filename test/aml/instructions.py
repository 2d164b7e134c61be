# SPDX-License-Identifier: BSD-2-Clause
"""What loading costs: instructions per byte of AML as callgrind counts them, peak memory and nodes, on the corpus."""

import os
import re
import subprocess
import tempfile

import corpus
import oracle
from harness import main, true

LIMIT = 264             # instructions per byte; acpiexec needs 528
STEP = 15               # every 15th machine; WEIR_AML_ALL_MACHINES=1 takes all


def measure(tables):
    """Instructions of the whole program when it only loads."""
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out",
                               oracle.WEIR_ACPI, "--quiet", *map(str, tables)],
                              capture_output=True, text=True, check=False)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def figures(tables):
    done = subprocess.run([oracle.WEIR_ACPI, "--quiet", "--stats", *map(str, tables)], capture_output=True,
                          text=True, check=False)
    found = re.search(r"nodes (\d+) memory \d+ peak (\d+)", done.stderr)
    return int(found.group(1)), int(found.group(2))


def case_instructions():
    with tempfile.TemporaryDirectory() as scratch:
        root = corpus.corpus_folder(scratch)
        step = 1 if os.environ.get("WEIR_AML_ALL_MACHINES") else STEP
        folders = sorted(path for path in (root / "tables").iterdir() if path.is_dir())[::step]
        rows = []
        for folder in folders:
            tables = corpus.tables_of(folder)
            size = sum(table.stat().st_size for table in tables)
            nodes, peak = figures(tables)
            rows.append((measure(tables) / size, size, nodes, peak, folder.name))
    rows.sort()
    for cost, size, nodes, peak, name in rows:
        print(f"{cost:6.1f} instructions/byte {size:8d} bytes {nodes:6d} nodes {peak / 1024:7.0f} KiB peak  {name}")
    total = sum(size for _, size, _, _, _ in rows)
    print(f"all: {sum(cost * size for cost, size, *_ in rows) / total:.1f} instructions/byte, worst {rows[-1][0]:.1f}; "
          f"{sum(nodes for _, _, nodes, _, _ in rows) / total * 1e6:.0f} nodes per MB of AML; "
          f"peak memory at most {max(peak for _, _, _, peak, _ in rows) / 1024:.0f} KiB")
    true(f"every machine loads within {LIMIT} instructions per byte", rows[-1][0] <= LIMIT)


if __name__ == "__main__":
    main()
