# SPDX-License-Identifier: BSD-2-Clause
"""Configure and build with CMake, one launcher at a time."""

import collections
import os
import re
import subprocess
import time

import lock
import tool
from paths import BUILD, ROOT
from report import Stop, FAILED, say

# ninja's and make's ways to say how far they are.
_PROGRESS = re.compile(r"^\[ *\d+(/\d+|%)\] (?!Built target)")
_PROGRESS_SECONDS = 3


def ensure(*targets):
    """Bring everything, or only the targets, up to date. Quiet when there is nothing to do. The tests
    set WEIR_NO_BUILD: a build that changes under a running ctest helps nobody."""
    if os.environ.get("WEIR_NO_BUILD"):
        return
    with lock.held("build"):
        if not (BUILD / "CMakeCache.txt").exists():
            say("configuring the build")
            tool.run("cmake", "-G", "Ninja", "-S", ROOT, "-B", BUILD)
        wanted = ["--target", *targets] if targets else []
        _watched("cmake", "--build", str(BUILD), "-j", str(os.cpu_count() or 1), *wanted)


def _watched(*command):
    """Run a build and pass on its progress lines; on failure show its end."""
    tail = collections.deque(maxlen=60)
    next_line = time.monotonic() + 1        # a short build says nothing
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        try:
            for line in process.stdout:
                line = line.rstrip()
                tail.append(line)
                if _PROGRESS.match(line) and time.monotonic() >= next_line:
                    say(line)
                    next_line = time.monotonic() + _PROGRESS_SECONDS
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise Stop(FAILED, "the build failed:\n" + "\n".join(tail))
