# SPDX-License-Identifier: BSD-2-Clause
"""The figures that doc/bench.md gives for events are those of this tree."""

import re

from boot import Boot
from harness import ROOT, fail, main, true

MARGIN = 0.05           # what a compiler's version may make of it; every change of the code shows


def documented():
    """Event -> instructions, from the lines "| `name` | aim | measured |"."""
    text = (ROOT / "doc/bench.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9.]+)` \| [0-9,]* \| ([0-9,]+) \|", text, re.MULTILINE)
    return {name: int(figure.replace(",", "")) for name, figure in rows}


def measured():
    """Event -> the median in instructions, the empty pair subtracted, over 1,000 samples each."""
    policy = (ROOT / "test/bench/bench.lua").read_text()
    with Boot("--icount", guest="bench", parameters={1: 10}, policy=policy) as machine:
        text = machine.expect(rb"(?s).*\nend bench [^\n]*\n", 240).group().decode(errors="replace")
    return {name: int(over) for name, over in
            re.findall(r"^event \d+ (\S+) median .* over-empty (-?\d+) ", text, re.MULTILINE)}


def case_figures_are_as_documented():
    told, found = documented(), measured()
    true(f"doc/bench.md gives figures: {told}", len(told) >= 8)
    wrong = [f"{name}: {found.get(name)}, doc/bench.md says {figure}" for name, figure in told.items()
             if name not in found or abs(found[name] - figure) > max(5, figure * MARGIN)]
    if wrong:
        fail("\n  ".join(["instructions per event", *wrong]))


if __name__ == "__main__":
    main()
