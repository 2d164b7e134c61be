#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""service.py CHECK HOST SERVICE PRINT FILE...

The policy service as it is linked for ring 3 (musl, its own Lua), run by service_host (test/libvmm):
for every policy FILE it has to come to the tables or to the reason that weir-check came to, and it
has to answer callbacks."""
import os
import struct
import subprocess
import sys
import tempfile

CHECK, HOST, SERVICE, PRINT = sys.argv[1:5]
TABLES_BYTES = 65536
IO, MMIO, MSR = range(3)
PASS, DENY, VALUE = 0, 1, 3
WRITE, HAS_VALUE = 1, 2
failures = 0


def expect(what, got, wanted):
    global failures
    if got != wanted:
        failures += 1
        print(f"FAIL {what}\n--- expected\n{wanted}\n--- got\n{got}")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)


def serve(policy, *events):
    """The lines that the service said and replied, and its tables as text ('' if there are none)."""
    with tempfile.TemporaryDirectory() as folder:
        room = os.path.join(folder, "tables")
        with open(room, "wb") as file:
            file.write(bytes(TABLES_BYTES))
        result = run(HOST, SERVICE, "--region", f"policy.lua:{policy}", "--room", f"tables:{room}",
                     *events)
        expect(f"{policy}: exit status ({result.stderr})", result.returncode, 0)
        return result.stdout.splitlines(), run(PRINT, room).stdout.splitlines()


def same_as_weir_check(policy):
    checked = run(CHECK, "--tables", policy)
    said, tables = serve(policy)
    if checked.returncode == 0:
        expect(f"{policy}: what init is told", said[-1:], ["call 8: addr 1 payload "])
        expect(f"{policy}: tables", tables, ["generation 1"] + checked.stdout.splitlines())
        return
    reason = checked.stderr.splitlines()[-1].replace(policy, "policy.lua", 1)
    expect(f"{policy}: what init is told", said[-1:], [f"call 8: addr 2 payload {reason}"])
    expect(f"{policy}: tables of a bad policy", tables, [])


def request(kind, callback, address, size, flags=0, value=0, generation=1):
    return "hex:0:" + struct.pack("<IIIIQQQII", kind, callback, generation, 0, address, value, 0xfff0,
                                  size, flags).hex()


def result(reply):
    """action, value, failed of a line "reply 0: kind .. payload HEX"."""
    value, action, failed = struct.unpack("<QII", bytes.fromhex(reply.rsplit(" ", 1)[1]))
    return action, value, failed


def callbacks():
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write("""local n = 0
on.io(0x60, function(e) n = n + 1 return n end)
on.io({ports = 0x61, on_error = pass}, function(e) while true do end end)
on.msr(0x1A0, function(e) print(("msr %x %s %d"):format(e.msr, e.write, e.value)) return deny end)
on.mmio({address = 0x1000, size = 8}, function(e) return e.value * 2 end)
on.io(0x62, function(e) local t = {} for i = 1, 1e9 do t[i] = {} end end)
""")
        file.flush()
        said, _ = serve(file.name,
                        request(IO, 0, 0x60, 1), request(IO, 0, 0x60, 1),
                        request(IO, 1, 0x61, 1), request(MSR, 2, 0x1a0, 8, WRITE | HAS_VALUE, 7),
                        request(MMIO, 3, 0x1000, 8, WRITE | HAS_VALUE, 1 << 40),
                        request(IO, 4, 0x62, 1), request(IO, 0, 0x60, 1),
                        request(IO, 0, 0x60, 1, generation=2), request(77, 0, 0x60, 1),
                        request(IO, 99, 0x60, 1), request(IO, 0, 0x60, 1)[:-2], "io:60:1",
                        request(IO, 0, 0x60, 1))
    replies = [line for line in said if line.startswith("reply")]
    expect("the answers", [result(line) for line in replies[:10]],
           [(VALUE, 1, 0), (VALUE, 2, 0), (PASS, 0, 1), (DENY, 0, 0), (VALUE, 2 << 40, 0), (DENY, 0, 1),
            (VALUE, 3, 0), (DENY, 0, 1), (DENY, 0, 1), (DENY, 0, 1)])
    expect("a request of the wrong size gets none", replies[10].split(": ")[1], "kind 7 size 0 data 0")
    expect("an access is none of its business", replies[11].split(": ")[1], "kind 1 size 1 data 0")
    expect("it goes on", result(replies[12]), (VALUE, 4, 0))
    expect("print()", said.count("msr 1a0 true 7"), 1)
    expect("the lines of the runaways", [line for line in said if "runs too long" in line],
           [f"policy.lua:{line}: the callback runs too long (limit: 50,000 steps)" for line in (3, 6)])


def names():
    for words, name in (("", "policy.lua"), ("log=com2 policy=mine.lua  x", "mine.lua"),
                        ("policy=a.lua", "a.lua"), ("xpolicy=a policy=", "policy.lua"),
                        ("policy=" + "n" * 504, "..." + "n" * 252)):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write("x")
            file.flush()
            said, _ = serve(file.name, "--cmdline", words)
        expect(f"the name with '{words}'", said,
               [f"call 8: addr 2 payload {name}:1: syntax error near <eof>"])


for file_name in sys.argv[5:]:
    same_as_weir_check(file_name)
callbacks()
names()
print(f"{len(sys.argv) - 5} policies, {failures} failures")
sys.exit(1 if failures or len(sys.argv) < 100 else 0)
