#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# bad.sh WEIR-CHECK FILE...: each FILE is a policy that has to be refused with status 1 and one line
# on stderr, "FILE:LINE: ...TEXT...", as its comment "-- expect LINE: TEXT" says, within 10 seconds.
check=$1
shift
failed=0
for file; do
    expected=$(sed -n 's/.*-- expect //p' "$file" | head -n 1 | tr -d '\r')
    line=${expected%%: *}
    text=${expected#*: }
    errors=$(timeout 10 "$check" "$file" 2>&1 >/dev/null)
    status=$?
    last=$(printf '%s\n' "$errors" | tail -n 1)
    case $last in
    "$file:$line: "*"$text"*) good=1 ;;
    *) good=0 ;;
    esac
    if [ $status -ne 1 ] || [ $good -eq 0 ]; then
        failed=$((failed + 1))
        echo "FAIL $file: expected status 1 and \"$file:$line: ...$text...\""
        echo "     got status $status and \"$last\""
        echo "     alone: $check $file"
    fi
done
echo "$# policies, $failed not refused as expected"
[ $failed -eq 0 ]
