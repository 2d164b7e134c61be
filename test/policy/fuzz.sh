#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# fuzz.sh FUZZER CORPUS OPTION... -- SEED...: a short run that starts from the seed files. New inputs
# are kept in CORPUS for the next run.
fuzzer=$1
corpus=$2
shift 2
mkdir -p "$corpus/seeds" "$corpus/found" || exit 1
options=
while [ "$1" != -- ]; do
    options="$options $1"
    shift
done
shift
cp "$@" "$corpus/seeds/" || exit 1
# shellcheck disable=SC2086
exec "$fuzzer" $options -max_total_time=20 -seed=1 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$corpus/" "$corpus/found" "$corpus/seeds"
