# SPDX-License-Identifier: BSD-2-Clause
"""Running other programs quietly: their output is shown only when they fail."""

import os
import subprocess

from report import Stop, FAILED

# mke2fs lives in sbin, which is not on everybody's path.
ENV = dict(os.environ, LC_ALL="C.UTF-8",
           PATH=os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin")


def run(*command, cwd=None, status=FAILED):
    """Run COMMAND and return its stdout; on failure stop with its output."""
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, cwd=cwd, env=ENV, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise Stop(status, f"cannot run {command[0]}: {error}") from error
    if done.returncode != 0:
        text = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise Stop(status, f"{' '.join(command)} failed ({done.returncode}):\n{text}")
    return done.stdout
