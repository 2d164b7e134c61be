# SPDX-License-Identifier: BSD-2-Clause
"""The corpus: tables of real machines, with the namespace and the values that acpiexec gives.

WEIR_ACPI_CORPUS names the archive or the folder it was unpacked to (the one with tables/ and expected/)."""

import os
import subprocess
import tarfile
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import oracle
from harness import Skip, fail, main, true


def read_lines(path):
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def tables_of(folder):
    ssdts = sorted(folder.glob("ssdt*.dat"), key=lambda path: int(path.stem[4:] or 0))
    return [folder / "dsdt.dat", *ssdts]


def executes_breakpoint(tables, path):
    done = subprocess.run([oracle.WEIR_ACPI, "--eval", path, "--", *map(str, tables)], capture_output=True,
                          text=True, timeout=120, check=False, errors="replace")
    return "BreakPoint" in done.stderr


def compare(kind, expected, got, left_out):
    """[(key, expected line or None, our line or None)], and how many lines were compared."""
    theirs = {line.split(" ", 1)[0]: line for line in expected}
    ours = {line.split(" ", 1)[0]: line for line in got}
    keys = (theirs.keys() | ours.keys()) - set(left_out)
    wrong = [(kind, key, theirs.get(key), ours.get(key)) for key in sorted(keys) if theirs.get(key) != ours.get(key)]
    return wrong, len(keys & theirs.keys())


def machine(root, name):
    tables = tables_of(root / "tables" / name)
    expected = root / "expected"
    listed = oracle.weir("--quiet", "--namespace", *tables).splitlines()
    values = oracle.weir("--quiet", "--values", *tables).splitlines()
    wrong_ns, count_ns = compare("namespace", read_lines(expected / f"{name}.ns"), listed,
                                 read_lines(expected / f"{name}.nshw"))
    wrong_sx, count_sx = compare("value", read_lines(expected / f"{name}.sx"), values,
                                 read_lines(expected / f"{name}.hwdep"))
    if listed != read_lines(expected / f"{name}.ns") and not wrong_ns and not read_lines(expected / f"{name}.nshw"):
        wrong_ns.append(("namespace", "(order)", None, None))
    classes = [(why(tables, item), item) for item in wrong_ns + wrong_sx]
    return name, count_ns, count_sx, classes


def why(tables, item):
    """A class of difference that has its reason in the oracle, or None."""
    kind, path, theirs, ours = item
    if kind == "value" and theirs and theirs.endswith("= none") and executes_breakpoint(tables, path):
        return "BreakPoint: acpiexec enters its debugger there, and the script's next line ends the method"
    if kind == "value" and theirs and theirs.endswith("! AE_BUFFER_OVERFLOW") and ours and " = (" in ours:
        return "large value: acpiexec has 16 KiB for what it prints"
    return None


def corpus_folder(scratch):
    where = os.environ.get("WEIR_ACPI_CORPUS")
    if not where:
        raise Skip("WEIR_ACPI_CORPUS is not set")
    where = Path(where)
    true(f"WEIR_ACPI_CORPUS={where} exists", where.exists())
    if where.is_file():
        with tarfile.open(where) as archive:
            archive.extractall(scratch, filter="data") if hasattr(tarfile, "data_filter") else \
                archive.extractall(scratch)
        where = Path(scratch)
    found = sorted(where.glob("**/expected"))
    true(f"a folder called expected in {where}", bool(found))
    return found[0].parent


def case_corpus():
    with tempfile.TemporaryDirectory() as scratch:
        root = corpus_folder(scratch)
        names = sorted(path.name for path in (root / "tables").iterdir() if path.is_dir())
        with ThreadPoolExecutor(max_workers=2) as pool:
            results = list(pool.map(lambda name: machine(root, name), names))
    lines = {"namespace": sum(r[1] for r in results), "value": sum(r[2] for r in results)}
    reasons = Counter()
    unexplained = []
    for name, _, _, classes in results:
        for reason, item in classes:
            reasons[(item[0], reason or "unexplained")] += 1
            if not reason:
                unexplained.append(f"{name} {item[1]}\n  expected: {item[2]}\n  got:      {item[3]}")
    for kind, total in lines.items():
        wrong = sum(count for (what, _), count in reasons.items() if what == kind)
        print(f"{kind}: {total - wrong} of {total} lines agree ({100 * (total - wrong) / total:.4f} %) "
              f"on {len(results)} machines")
    for (kind, reason), count in sorted(reasons.items()):
        print(f"  {kind}: {count} differ, {reason}")
    true("lines were compared", lines["namespace"] > 1000 and lines["value"] > 1000)
    if unexplained:
        fail(f"{len(unexplained)} lines differ\n" + "\n".join(unexplained[:20]))


if __name__ == "__main__":
    main()
