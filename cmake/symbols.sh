#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# symbols.sh NM OUT PROGRAM...: the functions of services, for backtraces: "@service", then "address name" in ascending
# order (services/control/symbols.c reads it).
set -e
nm=$1 out=$2
shift 2
for program; do
    echo "@${program##*/}"
    "$nm" --defined-only --numeric-sort "$program" | sed -n 's/^0*\([0-9a-f][0-9a-f]*\) [tTwW] \([A-Za-z_].*\)$/\1 \2/p'
done > "$out.new"
mv "$out.new" "$out"
