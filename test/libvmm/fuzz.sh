#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fuzz.sh FUZZER SEED: fuzzes for 15 s from the first 4 KiB of SEED.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
head -c 4096 "$2" >"$work/seed" && "$1" -max_total_time=15 -max_len=4096 -seed=1 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$work/" "$work"
