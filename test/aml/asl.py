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


def case_device():
    compare("device")


def case_resource():
    compare("resource")


def tables_compare(tables):
    paths = oracle.methods(tables, r"T\d\d\d")
    true("there are methods", len(paths) > 1)
    wrong = oracle.differences(tables, paths)
    listed = oracle.namespace_differences(tables)
    print(f"{[table.stem for table in tables]}: {len(paths)} methods, {len(wrong)} values and {len(listed)} lines differ")
    if wrong or listed:
        fail("\n".join([f"{path}\n  expected: {theirs}\n  got:      {ours}" for path, theirs, ours in wrong] +
                       [f"{line} ({where})" for line, where in listed]))


def case_load():
    oracle.need("iasl", "acpiexec")
    with tempfile.TemporaryDirectory() as directory:
        text = (HERE / "load.asl").read_text()
        for number in "12":
            table = oracle.compile_asl(HERE / f"load{number}.asl", directory)
            text = text.replace(f"{{ TABLE{number} }}", "{" + ",".join(map(str, table.read_bytes())) + "}")
        source = Path(directory) / "load.asl"
        source.write_text(text)
        tables_compare([oracle.compile_asl(source, directory), oracle.compile_asl(HERE / "loadoem.asl", directory)])
        # A table that a machine lists twice runs once.
        counts, once = (oracle.compile_asl(HERE / f"{name}.asl", directory) for name in ("twice", "twice1"))
        tables_compare([counts, once, once])


def case_lacking_arguments():
    oracle.need("iasl", "acpiexec")
    with tempfile.TemporaryDirectory() as directory:
        called, *callers = (oracle.compile_asl(HERE / f"lacks{which}.asl", directory) for which in ("", "1", "2"))
        for caller in callers:
            tables_compare([called, caller])


def case_forward_references():
    oracle.need("iasl", "acpiexec")
    with tempfile.TemporaryDirectory() as directory:
        table = {path.stem: oracle.compile_asl(path, directory) for path in (HERE / "forward").glob("*.asl")}
        for others in ([], ["method"], ["device"], ["method", "device"], ["device", "method"]):
            tables_compare([table["notify"], *(table[name] for name in others)])
        tables_compare([table["level"]])
        tables_compare([table["duplicate"]])


if __name__ == "__main__":
    main()
