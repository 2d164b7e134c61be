# SPDX-License-Identifier: BSD-2-Clause
"""What a restart of storage takes, in virtual time: the test that ends storage 110 times under fio, with --icount. It is
storage with the places in it where it is ended (test/storage/kill), so a little slower than the one that is shipped."""

import re

import tool
from paths import BUILD, ROOT

NAMES = ("restart.p50_us", "restart.p99_us", "restart.port_resets")


def measure():
    """Returns {name: row} of the contract's JSON."""
    paths = f"PYTHONPATH={ROOT}/test/harness:{ROOT}/tools/launcher"
    text = tool.run("env", paths, f"WEIR_BUILD={BUILD}", "WEIR_NO_BUILD=1", "python3", "-B",
                    ROOT / "test/storage/ended.py", "time-to-replay").decode()
    ends, resets = map(int, re.search(r"^(\d+) ends; .* (\d+) ports reset", text, re.MULTILINE).groups())
    samples, p50, p99 = map(int, re.search(r"answer \((\d+)\): p50 (\d+) us, p99 (\d+) us", text).groups())
    return {
        "restart.p50_us": {"bare": 0, "weir": p50, "p99": p99, "unit": "us of virtual time", "samples": samples},
        "restart.p99_us": {"bare": 0, "weir": p99, "p99": p99, "unit": "us of virtual time", "samples": samples},
        "restart.port_resets": {"bare": 0, "weir": 1000 * resets / ends, "p99": resets, "unit": "per 1,000 ends",
                                "samples": ends},
    }
