# SPDX-License-Identifier: BSD-2-Clause
"""Tables compiled by iasl, evaluated by acpiexec and by weir-acpi, in one format.

The format is that of the corpus: `PATH = VALUE`, `PATH ! STATUS`, `PATH = none`."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from harness import Skip, fail

WEIR_ACPI = os.environ.get("WEIR_ACPI", "weir-acpi")
# What acpiexec gives regions to begin with: zeros; and no repair of what predefined names return.
ACPIEXEC = ["acpiexec", "-dr", "-fv", "0"]


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not installed (package acpica-tools)")


def compile_asl(source, directory):
    """Compile SOURCE (a path) into DIRECTORY without optimizing anything away; returns the table's path."""
    table = Path(directory) / (Path(source).stem + ".aml")
    done = subprocess.run(["iasl", "-oa", "-f", "-p", str(table.with_suffix("")), str(source)],
                          capture_output=True, text=True, check=False)
    if not table.exists():
        fail(f"iasl does not compile {source}\n{done.stdout[-2000:]}{done.stderr[-500:]}")
    return table


def weir(*words, stdin="", status=(0, 1)):
    """Run weir-acpi; returns its stdout. Any status but those named is a failure, a signal above all."""
    done = subprocess.run([WEIR_ACPI, *map(str, words)], input=stdin, capture_output=True, text=True,
                          timeout=300, check=False, errors="replace")
    if done.returncode not in status:
        fail(f"weir-acpi {' '.join(map(str, words))}: status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def weir_values(tables, paths):
    out = weir("--quiet", "--eval-list", *tables, stdin="\n".join(paths) + "\n")
    return dict(_split(line) for line in out.splitlines())


def _split(line):
    path, _, value = line.partition(" ")
    return path, value


def methods(tables, pattern):
    """Paths of the methods without arguments whose last segment matches PATTERN, in order."""
    lines = weir("--quiet", "--namespace", *tables).splitlines()
    found = [re.match(r"(\S+) Method args 0$", line) for line in lines]
    return [m.group(1) for m in found if m and re.fullmatch(pattern, re.split(r"[.\\]", m.group(1))[-1])]


def acpiexec_session(tables, paths, seconds=600, while_sound=False):
    """One session: its values, and whether acpiexec died of the path after them or ran out of time in it.

    WHILE_SOUND: only up to where it frees more than it has."""
    script = "".join(f"evaluate {path}\n" for path in paths) + "quit\n"
    try:
        done = subprocess.run([*ACPIEXEC, *map(str, tables)], input=script.encode(), capture_output=True,
                              timeout=seconds, check=False).stdout
    except subprocess.TimeoutExpired as late:
        done = late.stdout or b""
    text = done.decode(errors="replace")
    # Some errors make acpiexec free objects once too often; what follows is computed from freed memory.
    broken = re.search(r"0xFFFF[0-9A-F]{4} Outstanding allocations|Large Reference Count", text)
    if while_sound and broken:
        values = _parse(text[:broken.start()])
        if values:
            values.pop(list(values)[-1])
        return values, True
    values = _parse(text)
    died = "quit" not in text.rpartition("\nEvaluati")[2]
    if died and values:
        # What it was at when it died.
        values.pop(list(values)[-1])
    return values, died


def acpiexec_values(tables, paths):
    """acpiexec can leave its command loop early; what is left then goes to a new session."""
    values = {}
    left = list(paths)
    while left:
        got, died = acpiexec_session(tables, left)
        if died or not got:
            fail(f"acpiexec dies or evaluates nothing of {left[:3]}")
        values.update(got)
        left = left[len(got):]
    return values


def _parse(text):
    values = {}
    for part in re.split(r"^Evaluating ", text, flags=re.MULTILINE)[1:]:
        path, _, rest = part.partition("\n")
        failed = re.search(r"^Evaluation of \S+ failed with status (\w+)", rest, re.MULTILINE)
        if failed:
            values[path.strip()] = f"! {failed.group(1)}"
        elif re.search(r"^No object was returned", rest, re.MULTILINE):
            values[path.strip()] = "= none"
        else:
            values[path.strip()] = "=" + _value(rest)
    return values


def _value(text):
    """The tree that acpiexec prints, as one line."""
    out = ""
    depth = 0
    in_buffer = False
    started = False
    for line in text.splitlines():
        if not started:
            started = bool(re.match(r"Evaluation of .* returned object", line))
            continue
        if not line.strip():
            break
        item = re.match(r"( *)\[", line)
        hexes = re.match(r" *[0-9A-F]{4}: (.*?)(//.*)?$", line)
        if in_buffer and hexes:
            out += hexes.group(1).replace(" ", "")
            continue
        if not item:
            continue
        in_buffer = False
        level = (len(item.group(1)) - 2) // 2
        while depth > level:
            out += " )"
            depth -= 1
        body = line.strip()
        if body.startswith("[Integer]"):
            out += " 0x" + (body.split()[-1].lstrip("0") or "0")
        elif body.startswith("[String]"):
            out += " " + re.sub(r"^\[String\] Length [0-9A-F]+ = ", "", body)
        elif body.startswith("[Buffer]"):
            in_buffer = True
            inline = re.match(r"\[Buffer\] Length [0-9A-F]+ = *(?:[0-9A-F]+: )?(.*?)(//.*)?$", body)
            out += " buf:" + inline.group(1).replace(" ", "")
        elif body.startswith("[Package]"):
            out += " ("
            depth = level + 1
        else:
            out += " " + re.sub(r" +", " ", re.sub(r"0x[0-9a-f]+", "", line.lstrip()))
    return (out + " )" * depth).replace("( ", "(")


def acpiexec_namespace(tables):
    """The namespace after loading, as the corpus has it (types and attributes that do not depend on addresses)."""
    done = subprocess.run([ACPIEXEC[0], "-l", *ACPIEXEC[1:], "-b", "namespace", *map(str, tables)],
                          capture_output=True, text=True, timeout=120, check=False, errors="replace")
    path = {}
    lines = []
    for line in done.stdout.splitlines():
        node = re.match(r" *(\d+) +(\S{4}) (\S+) +0x[0-9a-f]+ ([0-9A-F]{3})( .*|$)", line)
        if not node:
            continue
        level, name, kind, owner, rest = node.groups()
        path[int(level)] = name
        full = "\\" + ".".join(path[i] for i in range(int(level) + 1))
        if (full.startswith("\\_TI_") and owner == "000") or name in ("_T97", "_T98"):
            continue
        lines.append(f"{full} {kind}{_attributes(kind, rest)}")
    return sorted(lines)


def _attributes(kind, rest):
    def number(label):
        found = re.search(rf"\b{label} ([0-9A-F]+)", rest)
        return (found.group(1).lstrip("0") or "0") if found else ""
    if kind == "Method":
        return " args " + number("Args")
    if kind == "Integer":
        return " " + (rest.split()[-1].lstrip("0") or "0") if rest.split() else ""
    if kind == "Buffer":
        return " len " + number("Len")
    if kind == "Package":
        return " elements " + number("Elements")
    if kind == "Region":
        space = re.search(r"\[[A-Za-z_0-9 ]+\]", rest).group()
        return f" {space}" + (f" addr {number('Addr')} len {number('Len')}" if "Addr " in rest else "")
    return ""


def namespace_differences(tables):
    theirs = acpiexec_namespace(tables)
    ours = weir("--quiet", "--namespace", *tables).splitlines()
    keep = re.compile(r"(\S+ (?:Method|Integer|Buffer|Package|Region)\b.*|\S+ \S+)")
    ours = sorted(keep.match(line).group(1) for line in ours)
    return [(line, "acpiexec only") for line in theirs if line not in ours] + \
           [(line, "weir-acpi only") for line in ours if line not in theirs]


def differences(tables, paths):
    """[(path, acpiexec's value, ours)] where they differ."""
    theirs = acpiexec_values(tables, paths)
    ours = weir_values(tables, paths)
    return [(path, theirs.get(path, "(nothing)"), ours.get(path, "(nothing)")) for path in paths
            if theirs.get(path) != ours.get(path)]
