#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh STATUS EXPECTED COMMAND...: runs COMMAND and compares its exit status and its stdout with
# the file EXPECTED (- : stdout does not matter, /dev/null: there must be none).
expected_status=$1
expected=$2
shift 2
out=$(mktemp)
trap 'rm -f "$out"' EXIT

"$@" >"$out"
status=$?
if [ "$status" != "$expected_status" ]; then
    echo "expected exit status $expected_status, got $status from: $*"
    cat "$out"
    exit 1
fi
[ "$expected" = - ] && exit 0
if ! diff -u "$expected" "$out"; then
    echo "stdout of '$*' is not what $expected holds"
    exit 1
fi
