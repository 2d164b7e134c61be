#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# usage.sh WEIR-CHECK: exit statuses and streams where there is no policy to speak of.
check=$1
failed=0

# expect STATUS STDERR-PART ARGUMENT...
expect() {
    status=$1
    part=$2
    shift 2
    errors=$("$check" "$@" 2>&1 >/dev/null)
    got=$?
    case $errors in
    *"$part"*) [ $got -eq "$status" ] && return ;;
    esac
    failed=1
    echo "FAIL weir-check $*: expected status $status and \"$part\", got $got and \"$errors\""
}

expect 2 usage
expect 2 usage a.lua b.lua
expect 2 usage --what
expect 2 usage --tables
expect 1 "/nonexistent/x.lua:1: cannot be read: No such file" /nonexistent/x.lua
expect 1 "/:1: cannot be read: Is a directory" /
expect 0 "" /dev/null
expect 1 "/dev/zero:1: the policy is larger than 256 KiB" /dev/zero
[ $failed -eq 0 ]
