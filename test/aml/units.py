# SPDX-License-Identifier: BSD-2-Clause
"""units.c with the table that it drives, compiled here; and the tool's own contract."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import oracle
from harness import equal, fail, matches, true

HERE = Path(__file__).parent


def units(case):
    oracle.need("iasl")
    with tempfile.TemporaryDirectory() as directory:
        table = oracle.compile_asl(HERE / "asl/units.asl", directory)
        done = subprocess.run([os.environ["WEIR_AML_UNITS"], table, case], capture_output=True, text=True,
                              timeout=300, check=False)
    if done.returncode:
        fail(f"status {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-3000:]}")


def run(*words):
    done = subprocess.run([oracle.WEIR_ACPI, *map(str, words)], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False, errors="replace")
    return done.returncode, done.stdout, done.stderr


def sealed(table):
    """TABLE with its length and checksum put right."""
    table = bytearray(table)
    table[4:8] = len(table).to_bytes(4, "little")
    table[9] = 0
    table[9] = -sum(table) & 0xFF
    return bytes(table)


def host_tool():
    oracle.need("iasl")
    with tempfile.TemporaryDirectory() as directory:
        good = oracle.compile_asl(HERE / "asl/units.asl", directory)
        bad = Path(directory) / "bad.aml"
        text = bytearray(oracle.compile_asl(HERE / "asl/load2.asl", directory).read_bytes())
        text[36:36] = b"\x08\\VAL_\x01"          # Name (\VAL, One): there is one
        bad.write_bytes(sealed(text))

        equal("usage without tables", run()[0], 2)
        equal("usage of an unknown option", run("--nonsense", good)[0], 2)
        equal("usage of --eval alone", run("--eval")[0], 2)
        equal("a table that is not there", run("--namespace", good, Path(directory) / "none")[0], 1)

        status, out, err = run("--namespace", good)
        equal("status of a good table", status, 0)
        equal("nothing to complain about", err, "")
        matches("a line of the namespace", out, r"^\\_SB_\.DEV_\.REGA RegionField rgn \[CFG_\] off 20 len 10$")
        equal("the namespace is sorted by bytes", out.splitlines(), sorted(out.splitlines()))

        status, out, err = run("--namespace", good, bad)
        equal("status when a table has an error", status, 1)
        matches("the error names table and offset", err, r"^SSDT:LOAD2\s*\+0002A AE_ALREADY_EXISTS: .*\\VAL_$")
        matches("what loaded is listed all the same", out, r'^\\NEW2 String "second"$')

        equal("a value", run("--eval", r"\SETV", "0x10", good)[:2], (0, "\\SETV = 0x10\n"))
        equal("all kinds of arguments", run("--eval", r"\ADDA", "7", '"a b"', '[1 (0A 0B) "x"]', "--", good)[:2],
              (0, '\\ADDA = (0x7 "a b" (0x1 buf:0A0B "x" ) )\n'))
        equal("no such path", run("--eval", r"\NONE", good)[:2], (1, "\\NONE ! AE_NOT_FOUND\n"))
        equal("no value", run("--eval", r"\DBG", good)[:2], (0, "\\DBG = none\n"))
        equal("a bad argument", run("--eval", r"\SETV", "zz", good)[0], 2)
        status, out, _ = run("--sleep-states", good)
        equal("sleep states", out.splitlines(), [f"\\_S{n} ! AE_NOT_FOUND" for n in range(6)])
        matches("a trace", run("--trace", "--eval", r"\_SB.DEV.RDA", good)[1],
                r"^read  PCI_Config 40\+4 width 16: 0$")
        # OperationRegion (TREG, 0x7E, Zero, 0x40), the space of DataTableRegion; a Field in it: TFLD, 8
        no_table = Path(directory) / "no_table.aml"
        text = bytearray(oracle.compile_asl(HERE / "asl/load2.asl", directory).read_bytes())
        text[36:36] = b"\x5b\x80TREG\x7e\x00\x0a\x40" + b"\x5b\x81\x0bTREG\x01TFLD\x08"
        no_table.write_bytes(sealed(text))
        equal("a table region without a table", run("--eval", r"\TFLD", good, no_table)[:2],
              (1, "\\TFLD ! AE_AML_REGION_LIMIT\n"))
        junk = Path(directory) / "junk"
        junk.write_bytes(bytes(range(256)) * 3)
        equal("junk is an error, not a signal", run("--namespace", junk)[0], 1)
        wrong_files(Path(directory), good)


def wrong_files(directory, good):
    """What is no table, or no valid one, is said so; the other tables load all the same."""
    known = run("--namespace", good)[1]
    table = good.read_bytes()
    second = sealed(table[:24] + b"\x77" + table[25:])
    files = {"empty": (b"", "AE_BAD_HEADER"), "header": (table[:20], "AE_BAD_HEADER"),
             "cut": (table[:100], "AE_INVALID_TABLE_LENGTH"), "changed": (table[:-1] + b"\xAA", "AE_BAD_CHECKSUM"),
             "program": (b"\x7fELF" + table[4:], "AE_BAD_SIGNATURE"), "second": (second, "a second DSDT")}
    for name, (content, says) in files.items():
        file = directory / name
        file.write_bytes(content)
        status, out, err = run("--namespace", good, file)
        equal(f"status of {name}", status, 1)
        true(f"{name}: {says} in {err}", says in err)
        equal(f"what loads beside {name}", out, known)
    equal("a directory", run("--namespace", good, directory)[:2], (1, known))
    equal("the same table twice", run("--namespace", good, good)[:2], (0, known))
    equal("more bytes than the header says", _with(directory, table + b"more"), (0, known))
    equal("a wrong checksum in relaxed mode", run("--relaxed", "--namespace", directory / "changed")[0], 0)


def _with(directory, content):
    file = directory / "written"
    file.write_bytes(content)
    return run("--namespace", file)[:2]


if __name__ == "__main__":
    from harness import Failure, Skip, SKIPPED
    try:
        host_tool() if sys.argv[1] == "host-tool" else units(sys.argv[1])
    except Skip as skip:
        print(f"skipped: {skip}")
        sys.exit(SKIPPED)
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
    true("argument", len(sys.argv) == 2)
