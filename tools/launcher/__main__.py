# SPDX-License-Identifier: BSD-2-Clause
"""The launcher's commands. Started by ./weir; the contract is kept there."""

import os
import sys
from pathlib import Path

import benchmark
import bootimage
import build
import cipher
import demodisk
import options as command_line
import run
import testing
from paths import BIN, ROOT
from report import Stop, FAILED, OK, USAGE, say, usage
from session import ENCRYPTING

HELP = """\
usage: ./weir COMMAND
  run [--policy FILE] [--exec CMD] [--bare] ...   the demo guest under Weir
  test [--full] [NAME]                            the tests
  bench [--json] [--cpu C] [--mmu M] [NAME]       the measurements
  check POLICY.lua                                is this policy right?
  image OUT [--policy FILE] [--key FILE] ...       a bootable USB stick image
  acpi [OPTION]... TABLE...                       the AML interpreter
  setup                                           install and build, no more
README.md says more."""


def main(argv):
    commands = {"run": run.main, "test": testing.main, "bench": benchmark.main, "setup": _setup,
                "image": _image, "check": _check, "acpi": _acpi, "help": _help, "--help": _help, "-h": _help}
    if not argv or argv[0] not in commands:
        say((f"unknown command {argv[0]}\n" if argv else "") + HELP)
        return USAGE
    try:
        return commands[argv[0]](argv[1:])
    except Stop as stop:
        say(stop.reason)
        return stop.status
    except OSError as error:
        say(str(error))
        return FAILED
    except KeyboardInterrupt:
        return 130


def _help(_argv):
    print(HELP)
    return OK


def _setup(argv):
    command_line.parse(argv)
    build.ensure()
    demodisk.ensure()
    return OK


def _image(argv):
    options = command_line.parse(argv, values=("--policy", "--key"), lists=("--module",), words=(1, 1))
    build.ensure()
    bootimage.require()
    if options.key is not None:
        cipher.require_rule(options.policy)
    policy = options.policy or ROOT / ("policy/default.lua" if options.key is None else ENCRYPTING)
    bootimage.make_disk(Path(options.words[0]), bootimage.modules(policy, options.module, options.key),
                        ["log=com2"])
    return OK


def _check(argv):
    options = command_line.parse(argv, words=(1, 1))
    return _host_program("weir-check", options.words)


def _acpi(argv):
    return _host_program("weir-acpi", argv)


def _host_program(name, argv):
    program = BIN / name
    build.ensure(name)
    if not program.exists():
        raise usage(f"{name} is not built yet")
    os.execv(program, [name, *argv])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
