# SPDX-License-Identifier: BSD-2-Clause
"""What runs with privilege stays small enough to be read."""

import csv
import io
import subprocess

from harness import ROOT, fail, main

LIMIT = 10000          # lines of C and assembly that are neither blank nor comment, as cloc counts


def case_kernel():
    table = subprocess.run(["cloc", "--quiet", "--csv", "--include-lang=C,C/C++ Header,Assembly", str(ROOT / "kernel")],
                           capture_output=True, text=True, check=True).stdout
    rows = list(csv.reader(io.StringIO(table.strip())))
    code = rows[0].index("code")
    total = sum(int(row[code]) for row in rows[1:] if row[1] != "SUM")
    print(f"{total} lines of C and assembly in kernel/")
    if not 0 < total < LIMIT:
        fail(f"the kernel has {total} lines, the limit is {LIMIT}")


if __name__ == "__main__":
    main()
