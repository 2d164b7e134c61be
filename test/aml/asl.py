# SPDX-License-Identifier: BSD-2-Clause
"""Our ASL cases: every method called Txxx must give what it gives in acpiexec."""

import tempfile
from pathlib import Path

import oracle
from harness import fail, main, true

HERE = Path(__file__).parent / "asl"


def compare(name):
    oracle.need("iasl", "acpiexec")
    with tempfile.TemporaryDirectory() as directory:
        table = oracle.compile_asl(HERE / f"{name}.asl", directory)
        paths = oracle.methods([table], r"T\d\d\d")
        true(f"{name}.asl has methods", len(paths) > 5)
        wrong = oracle.differences([table], paths)
    print(f"{name}: {len(paths)} methods, {len(wrong)} differ")
    if wrong:
        fail("\n".join(f"{path}\n  expected: {theirs}\n  got:      {ours}" for path, theirs, ours in wrong))


def case_integer():
    compare("integer")


def case_integer32():
    compare("integer32")


def case_convert():
    compare("convert")


def case_reference():
    compare("reference")


def case_control():
    compare("control")


def case_field():
    compare("field")


if __name__ == "__main__":
    main()
