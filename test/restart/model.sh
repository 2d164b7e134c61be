#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# model.sh SPIN MODEL GUARD...: checks a protocol for every interleaving and crash; with any one of its guards taken out
# the same check must fail.
set -eu
spin=$1
model=$(realpath "$2")
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# check NAME DEFINES...: prints "errors: N" of an exhaustive search.
check() {
    name=$1
    shift
    "$spin" -a "$@" "$model" > spin.log 2>&1 || { cat spin.log; exit 1; }
    cc -O1 -w -DSAFETY -o pan pan.c
    ./pan -m100000 > "$name.log" 2>&1
    grep -q "max search depth too small\|out of memory" "$name.log" && { cat "$name.log"; exit 1; }
    sed -n 's/.*errors: \([0-9]*\).*/\1/p' "$name.log"
}

errors=$(check whole)
[ "$errors" = 0 ] || { cat whole.log; echo "FAILED: the protocol has an error"; exit 1; }
states=$(sed -n 's/ *\([0-9]*\) states, stored.*/\1/p' whole.log)
[ "${states:-0}" -gt 1000 ] || { cat whole.log; echo "FAILED: the search saw only ${states:-no} states"; exit 1; }
for guard; do
    errors=$(check "$guard" "-D$guard")
    [ "$errors" -gt 0 ] || { echo "FAILED: the check passes without $guard's guard"; exit 1; }
done
echo "exactly once in all of $states states; every guard is needed"
