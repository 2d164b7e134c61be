# SPDX-License-Identifier: BSD-2-Clause
"""`./weir test`: build, then ctest, whose summary ends the output."""

import subprocess

import build
import demodisk
import options as command_line
from paths import BUILD
from report import Stop, OK, FAILED, usage


def main(argv):
    options = command_line.parse(argv, flags=("--full",), words=(0, 1))
    build.ensure()
    demodisk.ensure()
    command = ["ctest", "--test-dir", str(BUILD), "--output-on-failure", "--no-tests=error", "-j2"]
    if not options.full:
        command += ["-LE", "^full$"]
    if options.words:
        command += ["-R", options.words[0]]
    try:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        raise Stop(FAILED, f"cannot run ctest: {error}") from error
    return OK if status == 0 else FAILED
