#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Services that fail, hang or are told to go, under a running guest (doc/restart.md)."""

import json
import re
from pathlib import Path

import bootimage  # the launcher's, which the harness has put on the path
from boot import Boot
from harness import equal, lacks, main, matches, true
from paths import BUILD

TEST_BOOT = BUILD / "test-boot"
CONTROL = 'control{ ports = "5658h-5659h" }\n'
OFTEN = 'service.watch{ deadline = 50, restart = { limit = 1000, window = 1, backoff = 0 } }\n'
# A policy under which every service runs and has something to do.
ALL = CONTROL + """
on.io({ ports = "5100h", on_error = pass }, function(e) return 0x5A end)
io.log{ ports = "5200h-52FFh", limit = 0 }
pci.hide{ vendor = 0x8086, device = 0x2934 }
mmio.log{ address = 0xFED00000, size = 8, limit = 1 }
"""
ALL_SERVICES = ("policy", "console", "emulator", "watch", "pci", "control")


def with_modules(**others):
    """From now on the machines of this script boot with other programs for these modules."""
    original = bootimage.modules
    bootimage.modules = lambda *words: [
        (name, TEST_BOOT / others[name] if name in others else path) for name, path in original(*words)]


def in_port(machine, port):
    return int(machine.ok(f"dd if=/dev/port bs=1 count=1 skip={port} 2>/dev/null | hexdump -v -e '1/1 \"%u\"'"))


def weirctl(machine, words):
    return json.loads(machine.ok(f"weirctl --json {words}"))


def ps(machine):
    return {service["name"]: service for service in weirctl(machine, "ps")}


def objects(machine):
    return weirctl(machine, "stat")["objects"]


def case_every_kind_of_failure():
    """... is seen, whatever the guest waits for, and on.service_failed is told."""
    with_modules(watch="moody")
    policy = CONTROL + OFTEN + 'io.log{ ports = "5000h-50FFh" }\n' \
        'on.service_failed(function(e) print(("told: %s %s down %s"):format(e.service, e.reason, tostring(e.down))) end)\n'
    with Boot(policy=policy) as machine:
        for deed, reason in enumerate(("page fault at 0x10 .write.", "exit with code 42", "missed its deadline",
                                       "missed its deadline", "exit with code 134")):
            equal(f"deed {deed}: the next instance answers", in_port(machine, 0x5000 + deed), deed | 0x80)
            machine.wait_log(rf"^policy: told: watch {reason} down false")
        for deed in (5, 6):     # they answer, and then nobody comes for the next request
            equal(f"deed {deed}", in_port(machine, 0x5000 + deed), deed)
            equal(f"after deed {deed}", in_port(machine, 0x5080), 0xff)
        watch = ps(machine)["watch"]
        equal("failures", (watch["state"], watch["failures"], watch["restarts"]), ("runs", 7, 7))
        equal("the last one", watch["last_failure"]["reason"], "missed its deadline")
        names = [frame["symbol"] for frame in watch["last_failure"]["backtrace"]]
        true(f"a backtrace with names: {names}", len(names) > 1 and all("+0x" in name for name in names))
        equal("the others", {name: s["failures"] for name, s in ps(machine).items() if name != "watch"},
              dict.fromkeys(("policy", "console", "emulator", "pci", "storage", "control"), 0))


def case_a_halted_guest_wakes_beside_a_busy_service():
    """watch answers and then loops until its 5 s of run time are over: HLT with and without STI before it ends in time."""
    with_modules(watch="moody")
    policy = 'io.log{ ports = "5000h-50FFh" }\n'
    loops, stopped = 5, r"^weir: service watch stopped"
    with Boot(guest="bios", parameters={0: loops}, policy=policy) as machine:
        machine.expect(rb"in 05\r\nclock\r\n")
        lacks("three ticks of the BIOS's clock", machine.weir_log(), stopped)
    with Boot(policy=policy) as machine:
        equal("IN", in_port(machine, 0x5000 + loops), loops)
        machine.ok("sleep 0.2; sleep 0.2")
        lacks("two short waits of Linux'", machine.weir_log(), stopped)


def case_services_wake_beside_a_guest_without_exits():
    """VT-x's preemption timer: the guest loops with IF=0, nothing exits by itself. (AMD-V has no such timer.)"""
    with_modules(watch="moody")
    with Boot("--cpu", "vmx", guest="bios", parameters={0: 7, 1: 1},
              policy='io.log{ ports = "5000h-50FFh" }\n') as machine:
        machine.wait_log(r"moody: deed 7 .*\n(.*\n)*watch: moody: awake", 200)


def case_storm_from_real_mode_to_linux():
    """watch fails every 150 accesses to CMOS, timer and serial port, from the first boot sector on."""
    with_modules(watch="moody")
    policy = CONTROL + OFTEN + 'io.log{ ports = "40h-43h, 70h-71h, 3F8h-3FFh", limit = 1 }\n'
    with Boot(policy=policy) as machine:
        equal("the guest", machine.ok("echo $((6 * 7))"), "42\n")
        watch = ps(machine)["watch"]
        true(f"many restarts: {watch}", watch["restarts"] > 50)
        rips = [int(rip, 16) for rip in re.findall(r"moody: way \d+ port 0x[0-9a-f]+ rip 0x([0-9a-f]+)",
                                                   machine.weir_log())]
        for phase, low, high in (("real mode or GRUB", 0, 1 << 32), ("Linux", 0xffffffff80000000, 1 << 64)):
            true(f"failures in {phase}: {rips[:20]}", any(low <= rip < high for rip in rips))
        lacks("nobody else", machine.weir_log(), r"^weir: service (?!watch)\w+ stopped")


def case_weirctl_shows_and_restarts():
    with Boot(policy=ALL + "console{ ring_kib = 512 }\n") as machine:
        status = weirctl(machine, "status")
        equal("status", (status["vendor"], status["mode"], status["policy"], status["policy_generation"], status["iommu"]),
              ("AMD", "nested", "policy.lua", 1, "none"))
        equal("hash", status["policy_sha256"], machine.ok(
            f"cat > /tmp/p <<'END'\n{ALL}console{{ ring_kib = 512 }}\nEND\nsha256sum /tmp/p").split()[0])
        matches("DESIGN's words", machine.ok("weirctl status"), "not a hostile driver service")
        equal("all but storage run", {n: s["state"] for n, s in ps(machine).items()},
              {**dict.fromkeys(ALL_SERVICES, "runs"), "storage": "off"})
        true("exits", weirctl(machine, "stat")["cpus"][0]["exits"]["io"] > 0)
        matches("policy show", machine.ok("weirctl policy show"), r"^io 5200h-52FFh: pass, logged")
        for name in ALL_SERVICES:
            before = ps(machine)[name]
            matches(name, machine.ok(f"weirctl restart {name}"), "started anew")
            after = ps(machine)[name]
            equal(f"{name}: restarts, failures, asked", [after[k] - before[k] for k in ("restarts", "failures", "asked")],
                  [1, 0, 1])
        matches("log", machine.ok("weirctl log init"), "service watch is started anew")
        for words, status, text in (("restart nobody", 1, "no such service"), ("log nobody", 1, "no such service"),
                                    ("nonsense", 2, "usage"), ("restart", 2, "usage"), ("ps ps", 2, "usage"),
                                    ("policy reload /none", 2, "can't be opened"),
                                    ("--port 5700 status", 2, "nobody answers")):
            result = machine.sh(f"weirctl {words}")
            equal(words, result.status, status)
            matches(words, result.err.decode(), text)
        # Several at once take turns; each gets its own answer.
        equal("five each of four", machine.ok(
            "for i in 1 2 3 4; do (for k in 1 2 3 4 5; do weirctl --json ps >/tmp/ps.$i.$k || echo ps; "
            "weirctl restart watch >/tmp/restart.$i.$k || echo restart; done) & done; wait"), "")
        answers = machine.ok("cat /tmp/ps.*").splitlines()
        equal("services in each", [len(json.loads(answer)) for answer in answers], [7] * 20)
        equal("restarts", machine.ok("sort -u /tmp/restart.*"), "watch: started anew\n")
        equal("a refusal as JSON", json.loads(machine.sh("weirctl --json restart nobody").err),
              {"result": "failed", "reason": "there is no such service"})
        equal("only root", machine.sh("setuidgid nobody weirctl status 2>/dev/null || exit 9").status, 9)
        equal("the callback", in_port(machine, 0x5100), 0x5a)
        # 5,120 lines are more than an answer has room for: the newest come.
        machine.ok("for i in $(seq 20); do dd if=/dev/zero of=/dev/port bs=1 count=256 seek=20992 2>/dev/null; done")
        while machine.weir_log().count("io write 0x52ff ") < 20:     # console may lag behind
            machine.emulator.wait(0.2)
        lines = weirctl(machine, "log watch")
        true(f"many lines of the log: {len(lines)}", len(lines) > 500)
        matches("the newest is there", lines[-1], "^watch: io write 0x52ff ")


def case_weirctl_is_off_unless_named():
    with Boot(policy="-- nothing\n") as machine:
        equal("status", machine.sh("weirctl status").status, 2)
        equal("the ports are the hardware's", in_port(machine, 0x5659), 0xff)


def restart_all(machine, rounds):
    machine.ok(f"for i in $(seq {rounds}); do for s in {' '.join(ALL_SERVICES)}; do "
               "weirctl restart $s >/dev/null || exit 1; done; done")


def counts(machine, rounds):
    restart_all(machine, 1)     # what is made once is there
    before = objects(machine)
    restart_all(machine, rounds)
    return before, objects(machine)


def case_counts_stay_equal():
    with Boot(policy=ALL) as machine:
        before, after = counts(machine, 40)
        equal("240 restarts later", after, before)
        equal("nobody failed", sum(s["failures"] for s in ps(machine).values()), 0)


def case_ten_thousand_and_equal_counts():
    with Boot(policy=ALL, timeout=3500) as machine:
        before, after = counts(machine, 1670)
        equal("10,020 restarts later", after, before)
        equal("restarts", sum(s["asked"] for s in ps(machine).values()), 6 * 1671)


def case_a_leak_is_seen():
    with_modules(init="leaky")
    with Boot(policy=ALL) as machine:
        before, after = counts(machine, 10)
        true(f"objects or pages were lost: {before} {after}",
             after["memories"] > before["memories"] or after["free-pages"] < before["free-pages"])


def case_random_calls_harm_nobody():
    """A million random system calls, by a service that stands in watch's place and answers for it."""
    with_modules(watch="stranger")
    policy = ALL + OFTEN + 'io.log{ ports = "4000h-42BBh", limit = 1 }\n'     # 700 ports
    with Boot(policy=policy) as machine:
        in_port(machine, 0x4000)
        machine.ok("weirctl restart watch")
        before = objects(machine)
        whole = 0       # batches of 1,000 calls that an instance survived
        for _ in range(2):
            whole += int(machine.ok("dd if=/dev/port bs=1 count=700 skip=16384 2>/dev/null | tr -d '\\000' | wc -c"))
        died = len(re.findall(r"^weir: service watch stopped", machine.weir_log(), re.MULTILINE))
        print(f"{whole} thousand calls, {died} instances died")
        true(f"a million calls: {whole} batches", whole >= 1000)
        true("some died of it", died > 0)
        machine.ok("weirctl restart watch")
        equal("counts", objects(machine), before)
        services = ps(machine)
        equal("the others", {n: (s["state"], s["failures"]) for n, s in services.items() if n not in ("watch", "storage")},
              {n: ("runs", 0) for n in ALL_SERVICES if n != "watch"})
        equal("the guest", machine.ok("echo $((6 * 7))"), "42\n")


def case_busy_services_are_replaced():
    """policy, watch and pci are taken away again and again while the guest uses them all the time."""
    with Boot(policy=ALL) as machine:
        plain = machine.ok("lspci -nn | sort | sha256sum")
        machine.ok("(while [ ! -e /tmp/stop ]; do lspci -nn | sort | sha256sum; done) > /tmp/lspci & "
                   "(while [ ! -e /tmp/stop ]; do dd if=/dev/port bs=1 count=1 skip=20736 2>/dev/null; done) > /tmp/lua & "
                   "for i in $(seq 30); do weirctl restart policy && weirctl restart pci && weirctl restart watch || exit 1; "
                   "done >/dev/null; touch /tmp/stop; wait")
        equal("lspci", machine.ok("sort -u /tmp/lspci"), plain)
        equal("the callback", machine.ok("tr -d 'Z' < /tmp/lua | wc -c").strip(), "0")
        true("both were busy", int(machine.ok("wc -c < /tmp/lua")) > 30 and int(machine.ok("wc -l < /tmp/lspci")) > 3)
        equal("asked", {ps(machine)[n]["asked"] for n in ("policy", "pci", "watch")}, {30})


def case_a_policy_is_reloaded_whole_or_not_at_all():
    with Boot(policy=ALL) as machine:
        before = (weirctl(machine, "policy show")["effect"], objects(machine))
        for name, text, reason in (("bad", "io.deny{prots = 1}\n", r"^bad.lua:1: io.deny: there is no key"),
                                   ("none", "-- no control\n", r"^none.lua:1: control cannot be changed"),
                                   ("late", ALL + "service.pci{deadline = 7}\n", r"^late.lua:\d+: the deadline of pci"),
                                   ("limit", ALL + 'service.pci{on_limit = "pass"}\n', r"^limit.lua:\d+: on_limit of pci")):
            machine.ok(f"cat > /tmp/{name}.lua <<'END'\n{text}END")
            result = machine.sh(f"weirctl policy reload /tmp/{name}.lua")
            equal(name, result.status, 1)
            matches(name, result.err.decode(), reason)
            equal(f"{name}: nothing has changed", (weirctl(machine, "policy show")["effect"], objects(machine)), before)
        text = CONTROL + 'io.deny{ ports = "5200h-520Fh" }\non.io("5100h", function(e) return 0x3C end)\n'
        machine.ok(f"cat > /tmp/new.lua <<'END'\n{text}END\nweirctl policy reload /tmp/new.lua")
        status = weirctl(machine, "status")
        equal("in force", (status["policy"], status["policy_generation"]), ("new.lua", 2))
        equal("the new callback", in_port(machine, 0x5100), 0x3c)
        machine.ok("weirctl restart policy")
        equal("also after a restart", in_port(machine, 0x5100), 0x3c)
        lacks("pci's rule is gone", machine.ok("weirctl policy show"), "^pci")


def case_console_while_it_logs():
    with Boot(policy=ALL) as machine:
        machine.ok("for i in $(seq 0 99); do printf \"\\\\$(printf %03o $i)\" | "
                   "dd of=/dev/port bs=1 count=1 seek=$((0x5200)) 2>/dev/null; "
                   "[ $((i % 5)) = 0 ] && weirctl restart console >/dev/null; done; true")
        machine.wait_log(r"io write 0x5200 size 1 value 0x63 ")
        values = [int(v, 16) for v in re.findall(r"^watch: io write 0x5200 size 1 value 0x([0-9a-f]+) ",
                                                 machine.weir_log(), re.MULTILINE)]
        equal("every line, in order", sorted(set(values)), list(range(100)))
        true(f"few come twice: {len(values)}", values == sorted(values) and len(values) < 140)


def case_a_disk_without_storage_fails():
    """storage is down for good: I/O errors, never the bare controller; the guest lives, and its other disks do."""
    with_modules(storage="doomed")
    policy = CONTROL + 'storage.read_only{ match = { serial = "none such" } }\n' \
        'service.storage{ restart = { limit = 0 } }\n'
    with Boot("--plain-disk", policy=policy) as machine:
        controller = machine.ok("lspci -n | grep ' 0106:' | cut -d' ' -f1").strip()
        base = int(machine.ok(f"setpci -s {controller} BASE_ADDRESS_5"), 16)
        # The shell and its commands without their disk.
        machine.ok("mkdir /run/b && mount -t tmpfs none /run/b && cp -a /bin/. /run/b && mount --bind /run/b /bin && "
                   "for d in /sbin /usr/bin /usr/sbin; do [ -L $d ] || [ ! -d $d ] || mount --bind /run/b $d; done")
        machine.ok(f"busybox devmem {base + 0xa4:#x} 32 1")
        machine.wait_log(r"^weir: service storage failed too often and stays down")
        equal("the controller", machine.ok(f"busybox devmem {base + 4:#x} 32"), "0xFFFFFFFF\n")
        result = machine.sh("timeout 150 dd if=/dev/sda of=/dev/null bs=4096 count=1 skip=9999 iflag=direct")
        equal("reading", (result.status, result.err.decode()), (1, "dd: /dev/sda: Input/output error\n"))
        equal("the guest", machine.ok("echo $((6 * 7))"), "42\n")


def case_init_fails_and_the_guest_lives():
    """Nothing is started anew any more; what fails then, is what its on_limit says at once."""
    with_modules(init="mortal", watch="moody")
    policy = CONTROL + 'io.log{ ports = "5000h" }\nio.log{ ports = "B3h" }\npci.hide{ vendor = 0x1234, device = 0x5678 }\n'
    with Boot(policy=policy) as machine:
        machine.ok("printf 'Z' | dd of=/dev/port bs=1 count=1 seek=179 2>/dev/null")
        result = machine.sh("weirctl restart emulator")
        equal("weirctl", result.status, 1)
        matches("weirctl", result.err.decode(), "services are not started anew any more")
        machine.wait_log(r"^weir: init stopped: .*services are not restarted any more")
        equal("the guest", machine.ok("echo $((6 * 7))"), "42\n")
        equal("services", (in_port(machine, 0xb3), machine.sh("lspci | grep -c .").status), (ord("Z"), 0))
        matches("status", machine.ok("weirctl status"), "init does not answer")
        equal("the access that watch dies of", in_port(machine, 0x5000), 0xff)
        machine.wait_log(r"^weir: a service stopped: .*services are not restarted any more")
        equal("what watch guarded", in_port(machine, 0xb3), 0xff)
        equal("the others", machine.sh("lspci | grep -c .").status, 0)


def case_init_fails_in_the_middle_of_a_restart():
    with_modules(init="mortal", watch="moody")
    for word, value in (("fail-closed", 0xff), ("pass", ord("Z"))):
        policy = CONTROL + f'io.log{{ ports = "B3h" }}\nservice.watch{{ on_limit = "{word}" }}\n'
        with Boot(policy=policy) as machine:
            machine.ok("printf 'Z' | dd of=/dev/port bs=1 count=1 seek=179 2>/dev/null")
            machine.sh("weirctl restart watch")
            machine.wait_log(r"^weir: init stopped: .*services are not restarted any more")
            equal(f"what watch guarded, {word}", in_port(machine, 0xb3), value)
            equal("the guest", machine.ok("echo $((6 * 7))"), "42\n")


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, len(values) * p // 100)]


def case_time_to_notice_and_to_replay():
    """In virtual time: from the deed to the failure's mark, and from there to the replayed request in the next instance."""
    with_modules(watch="moody")
    policy = CONTROL + OFTEN + 'io.log{ ports = "5000h-50FFh" }\n'
    with Boot("--icount", policy=policy) as machine:
        khz = int(machine.wait_log(r"^weir: TSC (\d+) kHz").group(1))
        for deed, times, notice_ms in ((0, 60, 1), (2, 5, 55), (3, 5, 110)):
            text = machine.ok(f"for i in $(seq {times}); do dd if=/dev/port bs=1 count=1 skip={0x5000 + deed} "
                              "of=/dev/null 2>/dev/null; weirctl --json ps | grep -o '\"tsc\":[0-9]*'; done")
            failed = [int(tsc) for tsc in re.findall(r"\d+", text)]
            while (log := machine.weir_log()).count(f"replay {deed} at ") < times:    # console may lag behind
                machine.emulator.wait(0.2)
            done, again = ([int(tsc) for tsc in re.findall(rf"moody: {word} {deed} at (\d+)", log)]
                           for word in ("deed", "replay"))
            equal(f"deed {deed}: samples", (len(failed), len(done), len(again)), (times, times, times))
            notice = [1000 * (b - a) / khz for a, b in zip(done, failed)]
            replay = [1000 * (b - a) / khz for a, b in zip(failed, again)]
            print(f"deed {deed}: noticed after p50 {percentile(notice, 50):.0f} us p99 {percentile(notice, 99):.0f} us, "
                  f"replayed p50 {percentile(replay, 50):.0f} us p99 {percentile(replay, 99):.0f} us later")
            true(f"deed {deed}: noticed within {notice_ms} ms", max(notice) < 1000 * notice_ms)
            true(f"deed {deed}: replayed within 2 ms", percentile(replay, 99) < 2000)


ERRATIC = {name: f"erratic_{name}" for name in ALL_SERVICES}
ALWAYS = "".join(f"service.{name}{{ deadline = 50, restart = {{ limit = 1000, window = 1, backoff = 0 }} }}\n"
                 for name in ALL_SERVICES)


def failures(machine):
    """How often each service stopped, from the log."""
    log = machine.weir_log()
    return {name: len(re.findall(rf"^weir: service {name} stopped", log, re.MULTILINE)) for name in ALL_SERVICES}


def case_instructions_survive_dying_services():
    """
    66 instructions in three sizes, on memory behind a Lua callback: emulator, watch, policy and console die at random places,
    and what the instructions did is what they do on a bare machine.
    """
    def run(*words, policy=None):
        with Boot(*words, guest="digest", parameters={2: 7}, policy=policy) as machine:
            found = machine.expect(rb"(?s).*\nend digest [^\n]*\n", 240).group().decode(errors="replace")
            machine.wait_end()
            return re.findall(r"^digest (mmio.*?)\r?$", found, re.MULTILINE), failures(machine)

    bare, _ = run("--bare")
    with_modules(**ERRATIC)
    weir, died = run(policy=ALWAYS + "on.mmio({address = 0xFED00000, size = 0x1000}, function(e) return pass end)\n"
                     "on.mmio({address = 0xB8000, size = 0x1000}, function(e) return pass end)\n")
    true(f"digests: {bare}", len(bare) > 0)
    equal("digests", weir, bare)
    true(f"deaths: {died}", min(died[name] for name in ("emulator", "watch", "policy")) >= 3)


def case_every_service_dies_anywhere():
    """From the first boot sector on all services die at random places; Linux notices nothing."""
    edu = 'mmio.log{ pci = "00:09.0", bar = 0, size = 8, limit = 1 }\n'
    storm = 'io.log{ ports = "40h-43h, 70h-71h", limit = 1 }\n'
    with_modules(**ERRATIC)
    with Boot("--", "-device", "edu,addr=9", policy=ALL + ALWAYS + edu + storm) as machine:
        plain = machine.ok("lspci -n | sort | sha256sum")
        base = int(machine.ok("setpci -s 9.0 COMMAND=2; setpci -s 9.0 BASE_ADDRESS_0"), 16)
        # A new policy that changes nothing but the callback: it has to come in whole, or stay away.
        machine.ok(f"cat > /tmp/p.lua <<'END'\n{(ALL + ALWAYS + edu + storm).replace('0x5A', '0x5B')}END\n"
                   f"cat > /tmp/move <<'END'\nfor i in $(seq 5); do for a in {base + 0x800000:x} {base:x}; do "
                   "setpci -s 9.0 BASE_ADDRESS_0=$a; busybox devmem 0x$a 32; done; done\nEND\n"
                   "cat > /tmp/callback <<'END'\nwhile [ ! -e /tmp/stop ]; do dd if=/dev/port bs=1 count=1 skip=20736 2>/dev/null; "
                   "done\nEND\n"
                   "cat > /tmp/lines <<'END'\nfor i in $(seq 0 29); do printf \"\\\\$(printf %03o $i)\" | "
                   "dd of=/dev/port bs=1 count=1 seek=$((0x5200)) 2>/dev/null; done\nEND\n"
                   "cat > /tmp/reload <<'END'\nfor i in $(seq 4); do weirctl policy reload /tmp/p.lua; done\nEND\n"
                   "cd /tmp; (while [ ! -e stop ]; do lspci -n | sort | sha256sum; done) > bus & sh callback > lua & "
                   "sh reload > said 2>&1 & sh lines; sh move > moves; wait %3; touch stop; wait")
        equal("the bus", machine.ok("sort -u /tmp/bus"), plain)
        equal("the callback", set(machine.ok("cat /tmp/lua")) - set("Z["), set())
        equal("the BAR", machine.ok("sort /tmp/moves | uniq -c").split(), ["10", "0x010000ED"])
        machine.wait_log(r"io write 0x5200 size 1 value 0x1d ")
        values = [int(v, 16) for v in re.findall(r"^watch: io write 0x5200 size 1 value 0x([0-9a-f]+) ",
                                                 machine.weir_log(), re.MULTILINE)]
        equal("every line", sorted(set(values)), list(range(30)))
        lacks("dmesg", machine.ok("dmesg"), "rcu.*stall|soft lockup|blocked for more|Oops|kernel BUG")
        died = failures(machine)
        print(f"deaths: {died}; lines: {len(set(values))} of 30; reloads: {machine.ok('sort /tmp/said | uniq -c')}")
        true(f"many deaths: {died}", sum(died.values()) >= 30)
        true(f"of all kinds that had something to do: {died}", all(died[name] for name in ALL_SERVICES if name != "emulator"))


if __name__ == "__main__":
    main()
