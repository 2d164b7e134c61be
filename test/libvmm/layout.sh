#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# layout.sh PROGRAM SYMBOLS: what weir_service() promises of a program, looked up in the program.
program=$1
symbols=$2
failed=0

# expect WHAT EXPECTED GOT
expect() {
    [ "$2" = "$3" ] && return
    echo "$1: expected '$2', got '$3'"
    failed=1
}

headers=$(readelf -lW "$program")
expect "loadable segments and their rights" "R E|R|RW|RW|" \
    "$(echo "$headers" | awk '$1 == "LOAD" { print ($7 == "R" && $8 == "E") ? "R E" : $7 }' | tr '\n' '|')"
expect "the stack is not executable" "RW" \
    "$(echo "$headers" | awk '$1 == "GNU_STACK" { print $7 }')"
expect "starts at a fixed base" "0x0000000000400000" \
    "$(echo "$headers" | awk '$1 == "LOAD" { print $3; exit }')"
expect "segments on pages of their own" "" \
    "$(echo "$headers" | awk '$1 == "LOAD" && $3 !~ /000$/ { print $3 }')"
expect "no interpreter, dynamic section or thread-local storage" "" \
    "$(echo "$headers" | awk '$1 == "INTERP" || $1 == "DYNAMIC" || $1 == "TLS"')"
expect "stripped" "" "$(nm "$program" 2>/dev/null)"
expect "symbols kept beside" 1 "$(nm "$symbols" | grep -c ' T main$')"

code=$(objdump -d --no-show-raw-insn "$symbols")
expect "nothing uses FS or GS" "" "$(echo "$code" | grep -m1 -E '%[fg]s:')"
expect "system calls only in libvmm's stubs" "" \
    "$(echo "$code" | awk '/^[0-9a-f]+ </ { name = $2 } /\tsyscall/ { print name }' |
        grep -v '^<vmm_syscall_')"

# What runs for each request, and libvmm as a whole, is free of floating point.
for name in vmm_serve on_io on_call vmm_log vmm_format vmm_linux_call weir_ring_write memcpy memset; do
    body=$(objdump -d --no-show-raw-insn --disassemble="$name" "$symbols" |
        grep -E '^ +[0-9a-f]+:')
    expect "$name is in the program" 1 "$(echo "$body" | grep -c -m1 :)"
    expect "no floating point in $name" "" \
        "$(echo "$body" | grep -m1 -E "%[xyz]mm|$(printf '\t')(f|emms|ldmxcsr|stmxcsr)")"
done
exit $failed
