#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# shipped.sh WEIR-CHECK FILE...: every policy that Weir ships is accepted without a word; default.lua
# hooks nothing and every example hooks something.
check=$1
shift
failed=0
for file; do
    if ! said=$("$check" "$file" 2>&1) || [ -n "$said" ]; then
        failed=$((failed + 1))
        echo "FAIL $file: expected acceptance in silence, got: $said"
        continue
    fi
    hooks=$("$check" --tables "$file" | grep -c -E '^(io|mmio|msr|pci|storage|control:) ')
    case $file in
    */default.lua) [ "$hooks" -eq 0 ] ;;
    *) [ "$hooks" -gt 0 ] ;;
    esac || {
        failed=$((failed + 1))
        echo "FAIL $file: $hooks entries in its tables"
    }
done
echo "$# policies, $failed not as expected"
[ $failed -eq 0 ] && [ $# -ge 6 ]
