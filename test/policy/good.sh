#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# good.sh WEIR-CHECK FILE...: each FILE is a policy whose tables, as weir-check --tables prints them,
# have to be what its comments "-- table: LINE" say: all ranges and functions, and those settings
# that a comment names.
check=$1
shift
failed=0
for file; do
    expected=$(sed -n 's/^-- table: //p' "$file")
    if ! all=$("$check" --tables "$file"); then
        failed=$((failed + 1))
        echo "FAIL $file: refused"
        continue
    fi
    got=$(printf '%s\n' "$all" | while IFS= read -r line; do
        case $line in
        guest.boot:* | console:* | service.*)
            printf '%s\n' "$expected" | grep -Fxq -e "$line" && printf '%s\n' "$line" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done)
    if [ "$got" != "$expected" ]; then
        failed=$((failed + 1))
        printf 'FAIL %s: expected\n%s\ngot\n%s\nalone: %s --tables %s\n' \
            "$file" "$expected" "$got" "$check" "$file"
    fi
done
echo "$# policies, $failed not as expected"
[ $failed -eq 0 ]
