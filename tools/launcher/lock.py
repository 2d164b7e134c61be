# SPDX-License-Identifier: BSD-2-Clause
"""Advisory locks between launchers. The kernel drops them when a process dies."""

import contextlib
import fcntl

from paths import LOCKS
from report import say


@contextlib.contextmanager
def held(name):
    """Hold the lock NAME of this build directory; waits, and says that it does."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    with open(LOCKS / name, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another launcher ({name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def try_file(path, shared=False):
    """Lock the file PATH itself. Returns the open file that holds the lock, or
    None if somebody else holds it."""
    handle = open(path, "rb")
    try:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle
