# SPDX-License-Identifier: BSD-2-Clause
"""The guest programs under Weir: what they print must be what a bare machine gives."""

import os
import re
import sys

from boot import Boot
from harness import equal, lacks, main, matches, true

# Everything that the programs poke at without pause, passed on unchanged by the longest ways.
HOOKS = """
io.log{ports = "E4h"}
on.io("E5h", function(e) return pass end)
on.mmio({address = 0xFED00000, size = 0x1000}, function(e) return pass end)
on.mmio({address = 0xB8000, size = 0x1000}, function(e) return pass end)
"""
# The watch service and Lua for ports only: what an interrupt storm can bear.
PORT_HOOKS = """
io.log{ports = "E4h"}
on.io("E5h", function(e) return pass end)
"""


def output(name, *words, parameters=None, policy=None, ending="ok"):
    # Not serial_log(): QEMU's logfile repeats characters for which the socket had no room.
    with Boot(*words, guest=name, parameters=parameters, policy=policy) as machine:
        found = machine.expect(rb"(?s).*\nend %s [^\n]*\n" % name.encode(), 240)
        machine.wait_end()
    text = found.group().decode(errors="replace").replace("\r", "")
    equal("the last line", text.splitlines()[-1:], [f"end {name} {ending}"])
    lacks("failures", text, r"^fail ")
    return text


def digests(text, exempt):
    return {line for line in re.findall(r"^digest .*$", text, re.MULTILINE)
            if not re.match(exempt, line)}


def same_digests(name, policy, exempt, parameters=None, words=()):
    """`com2.*` is exempt: bare, the machine has the UART that Weir keeps for itself. Under shadow paging `shadow` is,
    too: QEMU forgets the interrupt shadow of STI where the next instruction leaves the guest by a page fault."""
    if "WEIR_TEST_MMU" in os.environ:
        exempt += r"|digest shadow "
    bare = digests(output(name, "--bare", *words, parameters=parameters), exempt)
    weir = digests(output(name, *words, parameters=parameters, policy=policy), exempt)
    true("the bare run printed digests", len(bare) > 0)
    equal("digests that only Weir gives", sorted(weir - bare), [])
    equal("digests that Weir does not give", sorted(bare - weir), [])


def case_task_switches_as_bare():
    same_digests("task", None, "none")


def case_digest_as_bare():
    same_digests("digest", None, r"digest (svm|com2)")


def case_digest_as_bare_when_hooked():
    same_digests("digest", HOOKS, r"digest (svm|com2|string|step\.rep|dr\.|shadow)")


def case_string_io_as_bare_when_hooked():
    same_digests("digest", HOOKS, r"digest com2", parameters={2: 6})


def case_stepping_as_bare_when_hooked():
    # doc/limits.md: an I/O breakpoint on a hooked port does not hit, nor does a data breakpoint on what
    # its string instructions read and write: the guest's CPU does not execute them.
    same_digests("digest", HOOKS, r"digest dr\.(io|breakpoint\.rep)", parameters={2: 5})


def case_svm_and_com2_are_hidden():
    # Reserved bits raise #GP; COM2 reads FFh; EFER.SVME cannot be seen.
    matches("reserved bits", output("digest", parameters={1: 1, 2: 3, 3: 1}),
            r"^reserved bits checked$")
    matches("EFER.SVME", output("digest", parameters={2: 2}), r"^svm.efer svme 0$")


def case_lock_prefix():
    # QEMU exits with LOCK CPUID; any outcome will do but an endless loop.
    matches("the section ends", output("digest", parameters={2: 9}), r"^digest lock ")


def case_a20_gate_as_bare():
    # With and without a service between the guest and the gate's ports.
    same_digests("digest", None, r"digest com2", parameters={2: 10})
    same_digests("digest", 'io.log{ports = "60h, 64h, 92h"}\n', r"digest com2", parameters={2: 10})


def case_memory_map():
    bare, weir = output("memmap", "--bare"), output("memmap")
    ram = r"^e820 real ([0-9a-f]{16}) ([0-9a-f]{16}) 1$"

    def size(text):
        return sum(int(length, 16) for _, length in re.findall(ram, text, re.MULTILINE))
    true("Weir takes memory", size(weir) < size(bare))
    true("and not more than 64 MiB", size(bare) - size(weir) <= 64 << 20)


def case_interrupt_storm():
    output("irq", "--icount")


def case_interrupt_storm_when_hooked():
    output("irq", "--icount", policy=PORT_HOOKS)


def case_touch():
    same_digests("hostile", None, r"digest com2")


def case_touch_when_hooked():
    same_digests("hostile", 'io.log{ports = "E0h-EFh"}\n', r"digest com2")


def _reset(scenario, name):
    text = output("hostile", parameters={0: scenario})
    matches("the guest comes up again", text,
            rf"^hostile {name}: started again by the BIOS, count 1, ")


def case_reset_8042():
    _reset(1, "8042")


def case_reset_port92():
    _reset(2, "port92")


def case_reset_cf9_hard():
    _reset(3, "cf9-hard")


def case_reset_cf9_soft():
    _reset(4, "cf9-soft")


def case_reset_triple_fault():
    _reset(5, "triple-fault")


def case_reset_init():
    _reset(6, "init")


def case_reset_cr3_in_a_hole():
    _reset(9, "cr3-in-a-hole")


def case_reset_idt_in_a_hole():
    _reset(10, "idt-in-a-hole")


def case_reset_real_mode_triple_fault():
    _reset(11, "real-mode-triple-fault")


def case_halt_without_interrupts():
    matches("woken by the NMI alone", output("hostile", parameters={0: 7}),
            r"^hostile woken: nmis [1-9]\d* others 0$")


def case_init_resumes():
    matches("the BIOS goes on at 40:67h", output("hostile", parameters={0: 6, 1: 10}),
            r"^hostile init: resumed at 40:67h, count 0, memory kept$")


if __name__ == "__main__":
    sys.exit(main())
