#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# smash.sh HOST PROGRAM SYMBOLS: overflowing a buffer ends in the stack protector, not somewhere.
message=$("$1" "$2" call:0:b 2>&1)
rip=$(echo "$message" | sed -n 's/.* at rip \([0-9a-f]*\),.*/\1/p')
functions=$(addr2line -fi -e "$3" "${rip:-0}")
echo "$functions" | grep -qx __stack_chk_fail && exit 0
echo "expected a stop in __stack_chk_fail, got '$message' in $functions"
exit 1
