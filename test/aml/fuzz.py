# SPDX-License-Identifier: BSD-2-Clause
"""Fuzzes loading and evaluation, starting from our ASL cases and, where there is one, from the corpus.

    fuzz.py fuzz                        what ctest runs: a short time
    fuzz.py SECONDS [FOLDER]            longer; FOLDER keeps what was found"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus
import oracle
from harness import Skip, fail, main

FUZZER = os.environ.get("WEIR_AML_FUZZER", "fuzz_aml")
SECONDS_IN_TEST = 20
LONGEST = 9000          # bytes of a seed


def seeds(folder):
    """Tables without their headers, behind four bytes of choices (fuzz.c)."""
    oracle.need("iasl")
    with tempfile.TemporaryDirectory() as scratch:
        tables = [oracle.compile_asl(path, scratch) for path in (Path(__file__).parent / "asl").glob("*.asl")
                  if "TABLE1" not in path.read_text()]
        try:
            tables += sorted(corpus.corpus_folder(scratch).glob("tables/*/*s?dt*.dat"))
        except Skip:
            pass
        for number, table in enumerate(tables):
            body = table.read_bytes()[36:]
            if len(body) < LONGEST:
                (folder / f"{number:05d}").write_bytes(bytes(4) + body)


def fuzz(seconds, folder):
    folder = Path(folder)
    for name in ("seeds", "found"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    seeds(folder / "seeds")
    done = subprocess.run([FUZZER, f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=25", "-seed=1",
                           "-rss_limit_mb=3000", "-print_final_stats=1", "-verbosity=0",
                           f"-artifact_prefix={folder}/", folder / "found", folder / "seeds"],
                          capture_output=True, text=True, check=False, errors="replace")
    print("\n".join(line for line in done.stderr.splitlines() if line.startswith("stat::")))
    if done.returncode:
        fail(f"status {done.returncode}\n{done.stderr[-6000:]}")


def case_fuzz():
    with tempfile.TemporaryDirectory() as folder:
        fuzz(SECONDS_IN_TEST, folder)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        fuzz(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    else:
        main()
