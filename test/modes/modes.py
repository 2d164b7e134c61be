# SPDX-License-Identifier: BSD-2-Clause
"""Every way of running a guest: Linux from its encrypted disk, whose storage is ended 50 times under load; and the
guest programs, which print the digests of the bare machine. doc/modes.md says how long each takes."""

import dataclasses
import functools
import json
import sys

from boot import Boot
from harness import ROOT, equal, main, matches, true

for folder in ("guest", "storage"):
    sys.path.insert(0, str(ROOT / "test" / folder))

import ended  # noqa: E402
from weir import output, same_digests  # noqa: E402


@dataclasses.dataclass
class Mode:
    words: tuple        # options of `./weir run`
    vendor: str         # what weirctl says
    extension: str
    paging: str
    real_by_v86: bool = False   # no unrestricted guest
    real: dict = dataclasses.field(default_factory=lambda: {3: 1})  # parameters of test/guest/real; QEMU's here

    @property
    def bochs(self):
        return self.words[0] == "--cpu"

    @property
    def strict(self):
        return {2: {"vmx": 1, "svm": 2}[self.extension] if self.bochs else 0}

    @property
    def has_task_switches(self):
        """QEMU has no intercept of them, which shadow paging needs (doc/limits.md)."""
        return self.bochs or "shadow" not in self.paging


MODES = {
    "svm-nested": Mode(("--mmu", "nested"), "AMD", "svm", "npt"),
    "svm-shadow-simple": Mode(("--mmu", "shadow-simple"), "AMD", "svm", "shadow-simple"),
    "svm-shadow-cached": Mode(("--mmu", "shadow-cached"), "AMD", "svm", "shadow-cached"),
    "vmx": Mode(("--cpu", "vmx"), "Intel", "vmx", "ept", real={}),
    "vmx-without-unrestricted-guest": Mode(("--cpu", "vmx:corei5_lynnfield_750"), "Intel", "vmx", "ept", True, {}),
    "vmx-without-ept": Mode(("--cpu", "vmx:core2_penryn_t9600"), "Intel", "vmx", "shadow-cached", True, {}),
    "vmx-without-ept-shadow-simple": Mode(("--cpu", "vmx:core2_penryn_t9600", "--mmu", "shadow-simple"), "Intel", "vmx",
                                          "shadow-simple", True, {}),
    # Without the virtual-8086 task: Bochs dies of any #VMEXIT from there (doc/limits.md). And its guests page in real mode.
    "svm-on-bochs": Mode(("--cpu", "svm:trinity_apu"), "AMD", "svm", "npt", real={2: 1, 3: 1}),
}
ENDS = 50
POLICY = """
control{ ports = "5658h-5659h" }
service.storage{ restart = { limit = 1000, window = 1, backoff = 0 } }
storage.encrypt{ match = { port = 0 }, key = module("disk.key"), require = true }
"""


def check_mode(machine, mode):
    """That nothing else was run by mistake."""
    status = json.loads(machine.ok("weirctl --json status"))
    equal("weirctl status", tuple(status[key] for key in ("vendor", "extension", "mode", "paging")),
          (mode.vendor, mode.extension, "shadow" if "shadow" in mode.paging else "nested", mode.paging))
    log = machine.weir_log()
    matches("Weir's log", log, rf"^weir \S+ {mode.extension} {mode.paging}$")
    equal("real mode in virtual-8086 mode", "no unrestricted guest" in log, mode.real_by_v86)


def linux(mode, size):
    """SIZE MiB are written and verified in each round, until 50 instances have been ended."""
    ended.with_mayfly()
    switch = ended.ide_switch if mode.bochs else ended.ahci_switch
    with Boot(*mode.words, policy=POLICY, timeout=900 if mode.bochs else 400) as machine:
        equal("the kernel", machine.ok("uname -s"), "Linux\n")
        check_mode(machine, mode)
        machine.ok(switch(ENDS))
        seed = 0
        while "(0 left)" not in machine.weir_log():
            seed += 1
            true(f"{ENDS} ends in a few rounds", seed <= 20)
            ended.fio(machine, size=size, rw="randrw", largest=64, seed=seed)
        machine.ok("sha256sum /root/fio.dat >/tmp/sum && sync && echo 3 >/proc/sys/vm/drop_caches && "
                   "sha256sum -c /tmp/sum")
        ended.no_trouble(machine)
        services = {service["name"]: service for service in json.loads(machine.ok("weirctl --json ps"))}
        ended.decrypted_by_others(machine)
        log = machine.weir_log()
        ends, _ = ended.report(log)
    print(f"{seed} rounds")
    equal("ends", sum(ends.values()), ENDS)
    ended.are_failures(ends, services["storage"]["failures"], log)


def digests(mode):
    same_digests("paging", None, "none", parameters=mode.strict, words=mode.words)
    same_digests("real", None, "none", parameters=mode.real, words=mode.words)
    if mode.real_by_v86 and "shadow" not in mode.paging: # every HLT exits
        output("real", *mode.words, parameters={1: 8, 2: 1, 4: 1})
    same_digests("traps", None, "none", parameters={1: int(not mode.bochs)}, words=mode.words)
    if mode.has_task_switches:
        same_digests("task", None, "none", parameters={1: int(mode.bochs)}, words=mode.words)


for name, each in MODES.items():
    globals()[f"case_linux_on_{name}".replace("-", "_")] = functools.partial(linux, each, 1 if each.bochs else 4)
    globals()[f"case_digests_on_{name}".replace("-", "_")] = functools.partial(digests, each)

if __name__ == "__main__":
    sys.exit(main())
