# SPDX-License-Identifier: BSD-2-Clause
"""Messages for people, and the errors that end a command."""

import sys

OK = 0
FAILED = 1
USAGE = 2
TIMEOUT = 124
BROKEN = 125
REFUSED = 126


class Stop(Exception):
    """Ends the command with `status`; `kind` is the word of `run`'s last line."""

    def __init__(self, status, reason, kind="launcher"):
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.kind = kind


def usage(reason):
    return Stop(USAGE, reason)


def broken(reason):
    return Stop(BROKEN, reason)


def say(text):
    """Progress and reasons go to stderr, never to stdout."""
    sys.stderr.write(f"weir: {text}\n")
    sys.stderr.flush()
