# SPDX-License-Identifier: BSD-2-Clause
"""What every test script starts with: checks, and a main() that runs one case.

A script holds functions named case_NAME; ctest runs `script.py NAME`, one case
per test. A case returns when all is well; a check that fails says what it
expected and what it got, and how to run the test alone."""

import inspect
import os
import re
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/launcher"))
os.environ.setdefault("WEIR_NO_BUILD", "1")

from report import Stop  # noqa: E402  (the launcher's modules, found above)

SKIPPED = 77            # ctest's SKIP_RETURN_CODE (cmake/WeirBootTest.cmake)


class Failure(Exception):
    """A check failed."""


class Skip(Exception):
    """The case cannot run here; the text says why."""


def fail(text):
    raise Failure(text)


def equal(what, got, expected):
    if got != expected:
        fail(f"{what}\n  expected: {_short(expected)}\n  got:      {_short(got)}")


def true(what, value):
    if not value:
        fail(what)


def matches(what, text, pattern):
    """PATTERN (a regular expression, ^ and $ per line) is found in TEXT; returns the match."""
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        fail(f"{what}\n  expected: a line like {pattern}\n  got:      {_short(text)}")
    return found


def lacks(what, text, pattern):
    found = re.search(pattern, text, re.MULTILINE)
    if found:
        fail(f"{what}\n  expected: nothing like {pattern}\n  got:      {_short(found.group())}")


def _short(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) < 2000 else f"{text[:900]} ... [{len(text)} characters] ... {text[-900:]}"


def main():
    """Run the case that the command line names, of the script that calls this."""
    script = inspect.getmodule(inspect.stack()[1][0])
    cases = {name.removeprefix("case_").replace("_", "-"): function
             for name, function in vars(script).items() if name.startswith("case_")}
    if len(sys.argv) != 2 or sys.argv[1] not in cases:
        sys.exit(f"usage: {sys.argv[0]} CASE, one of: {' '.join(cases)}")
    try:
        cases[sys.argv[1]]()
    except Skip as skip:
        print(f"skipped: {skip}")
        sys.exit(SKIPPED)
    except Failure as failure:
        where = traceback.extract_tb(failure.__traceback__)[1:]
        lines = [f"{Path(frame.filename).name}:{frame.lineno}: {frame.line}" for frame in where
                 if Path(frame.filename).name != "harness.py"]
        _end(f"{failure}\n  at " + "\n     ".join(lines))
    except Stop as stop:
        traceback.print_exc(file=sys.stdout)
        _end(f"the run ended: {stop.reason} (status {stop.status}, {stop.kind})")


def _end(text):
    name = os.environ.get("WEIR_TEST_NAME")
    again = f"./weir test '^{name}$'" if name else " ".join(sys.argv)
    print(f"FAILED: {text}\n  again: {again}", flush=True)
    sys.exit(1)
