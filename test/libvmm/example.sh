#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# example.sh PAGE SOURCE: SOURCE, less its two first lines, is the first C program of PAGE.
page=$(awk '/^```c$/ && !n { inside = 1; n = 1; next } /^```$/ { inside = 0 } inside' "$1")
[ -n "$page" ] && [ "$page" = "$(tail -n +3 "$2")" ] && exit 0
echo "$2 and the example in $1 differ"
exit 1
