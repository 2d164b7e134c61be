# SPDX-License-Identifier: BSD-2-Clause
"""What single events cost: the guest program test/guest/bench, bare and under
Weir. Under --icount one tick of the TSC is one instruction."""

import collections
import re
import tempfile
from pathlib import Path

import bootimage
import run
from counters import Plugin
from paths import BOOT, BUILD, ROOT
from report import Stop, FAILED
from session import Session

IMAGE = BUILD / "guest/bench.img"
POLICY = ROOT / "test/bench/bench.lua"
TIME_LIMIT = 400                # seconds for one run, the plugin's slowness included
_SAMPLE = re.compile(r"^sample (\S+) (\d+) (.*)$", re.MULTILINE)
_LOGGED = re.compile(r"^watch: bench (\S+) median (\d+) p99 (\d+) samples (\d+)$", re.MULTILINE)
_COUNTED = ("vmruns", "wrmsrs", "cr3_loads", "invlpgs", "uncached")


def measure(cpu="svm", mmu=None):
    """Returns {name: row} of the contract's JSON; MMU is Weir's --mmu. CPU on
    Bochs: without what QEMU's plugin counts, and without the service's own figures."""
    on_bochs = cpu != "svm"
    samples = _bochs_samples if on_bochs else _samples
    words = ("--cpu", cpu) if on_bochs else ()
    bare, _ = samples(*words, "--bare")
    weir, pairs = samples(*words, *(("--mmu", mmu) if mmu else ()), "--policy", str(POLICY))
    rows = {}
    for name, values in weir.items():
        if name == "empty":
            continue
        cost = _Cost(values, weir["empty"], bare[name], bare["empty"])
        rows[name] = {"bare": cost.bare, "weir": cost.median, "p99": cost.p99,
                      "unit": "instructions", "samples": len(values)}
        rows[name].update(pairs.get(name, {}))
    if not on_bochs:
        rows.update(_ring3())
    return rows


def _bochs_samples(*words):
    """One run on Bochs, whose TSC counts instructions: {event: sorted samples}, {}."""
    options = run.parse([*words, "--headless", "--plain-disk", "--disk", str(IMAGE), "--snapshot",
                         "--timeout", str(TIME_LIMIT)])
    with Session(options) as session:
        session.emulator.wait()
        return _read(_finished(session)), {}


def _finished(session):
    text = (session.folder / "serial.log").read_text(errors="replace").replace("\r", "")
    if not text.rstrip().endswith("end bench ok"):
        raise Stop(FAILED, "the bench guest did not finish; its last lines:\n" + text[-500:])
    return text


def _ring3():
    """What test/bench/probe.c, in watch's place, writes to the log about itself."""
    original = bootimage.modules
    bootimage.modules = lambda *words: [
        (name, BOOT / "probe" if name == "watch" else path) for name, path in original(*words)]
    options = run.parse(["--policy", str(POLICY), "--headless", "--icount", "--plain-disk", "--disk", str(IMAGE),
                         "--snapshot", "--timeout", str(TIME_LIMIT)])
    try:
        with Session(options) as session:
            session.emulator.wait()
            log = session.emulator.weir_log().replace("\r", "")
    finally:
        bootimage.modules = original
    return {name: {"bare": 0, "weir": int(median), "p99": int(p99), "unit": "instructions",
                   "samples": int(samples)}
            for name, median, p99, samples in _LOGGED.findall(log)}


class _Cost:
    """An event's own cost: without the RDTSC pair, without what it costs bare."""

    def __init__(self, weir, weir_empty, bare, bare_empty):
        self.bare = max(0, _at(bare, 50) - _at(bare_empty, 50))
        self.median = max(0, _at(weir, 50) - _at(weir_empty, 50) - self.bare)
        self.p99 = max(0, _at(weir, 99) - _at(weir_empty, 50) - self.bare)


def _at(values, percent):
    """A percentile of the sorted VALUES (nearest rank)."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]


def _samples(*words):
    """One run: {event: sorted samples}, {event: what the plugin counted}, and
    Weir's log."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        disk = Path(folder) / "bench.img"
        disk.write_bytes(IMAGE.read_bytes())
        plugin = Plugin(folder, pairs=True)
        options = run.parse([*words, "--headless", "--icount", "--plain-disk", "--disk", str(disk),
                             "--timeout", str(TIME_LIMIT), "--", *plugin.words()])
        with Session(options) as session:
            session.emulator.wait()
            text = _finished(session)
        return _read(text), _counted(text, plugin.pairs())


def _read(text):
    events = {}
    for name, _, samples in _SAMPLE.findall(text):
        values = []
        for word in samples.split():
            ticks, _, times = word.partition("x")
            values += [int(ticks)] * int(times or 1)
        events[name] = sorted(values)
    return events


def _counted(text, pairs):
    """Each event is a place of its own in the program, so the pairs appear in
    the events' order, each as often as the event has samples."""
    waiting = collections.deque(pairs)
    counted = {}
    for name, times, _ in _SAMPLE.findall(text):
        found = next((i for i, (seen, _) in enumerate(waiting) if seen == int(times)), None)
        if found is None:
            raise Stop(FAILED, f"the plugin saw no place with {times} samples of {name}")
        for _ in range(found):
            waiting.popleft()
        counted[name] = {key: waiting[0][1][key] for key in _COUNTED}
        waiting.popleft()
    return counted
