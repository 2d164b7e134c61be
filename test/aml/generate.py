# SPDX-License-Identifier: BSD-2-Clause
"""Random valid ASL, compiled by iasl, evaluated by acpiexec and by weir-acpi: any difference fails.

    generate.py differential            what ctest runs: a fixed set of programs
    generate.py FIRST COUNT             programs FIRST to FIRST+COUNT-1, differences printed as they come
    generate.py show N                  program N's source
Programs are named by their number, which is the seed."""

import sys
import tempfile
from pathlib import Path

import oracle
from harness import fail, main, true
from program import METHODS, Program
from wide import Wide

PROGRAMS_IN_TEST = 40


def source(seed):
    kind = Wide if seed % 2 else Program
    return "// SPDX-License-Identifier: BSD-2-Clause\n" + kind(seed).source()


def run(seed, directory):
    """One program's differences [(path, theirs, ours)], and of how many values."""
    path = Path(directory) / f"p{seed}.asl"
    path.write_text(source(seed))
    table = oracle.compile_asl(path, directory)
    paths = [f"\\T{i:03d}" for i in range(METHODS)] + ["\\TALL"] + (["\\TNEW"] if seed % 2 else [])
    theirs, _ = oracle.acpiexec_session([table], paths, seconds=15, while_sound=True)
    ours = oracle.weir_values([table], paths)
    wrong, count = [], 0
    for path in theirs:
        if theirs[path] == "! AE_AML_LOOP_TIMEOUT" or ours[path] == "! AE_NO_MEMORY":
            # Strings can grow without bound: from where a limit was reached on, there is nothing to compare.
            break
        count += 1
        # The buffer that acpiexec's command loop has for results is of a fixed size.
        if theirs[path] != ours[path] and theirs[path] != "! AE_BUFFER_OVERFLOW":
            wrong.append((path, theirs[path], ours[path]))
    return wrong, count


def campaign(first, count):
    different, values, cut = [], 0, 0
    with tempfile.TemporaryDirectory() as directory:
        for seed in range(first, first + count):
            found, compared = run(seed, directory)
            values += compared
            cut += compared < METHODS + 1
            if found:
                different.append(seed)
            for where, theirs, ours in found:
                print(f"program {seed} {where}\n  expected: {theirs}\n  got:      {ours}", flush=True)
            for old in Path(directory).iterdir():
                old.unlink()
    print(f"{count} programs, {values} values: {len(different)} programs differ; acpiexec died in {cut}")
    return different, values


def case_differential():
    oracle.need("iasl", "acpiexec")
    different, values = campaign(1, PROGRAMS_IN_TEST)
    true("most values were compared", values > PROGRAMS_IN_TEST * METHODS * 2 / 3)
    if different:
        fail(f"programs {different} differ; generate.py show N prints one")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "show":
        print(source(int(sys.argv[2])), end="")
    elif len(sys.argv) == 3:
        sys.exit(1 if campaign(int(sys.argv[1]), int(sys.argv[2]))[0] else 0)
    else:
        main()
