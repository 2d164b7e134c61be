#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# refused.sh CC LINKER-SCRIPT SOURCE: linking SOURCE fails because of a thread-local variable.
errors=$("$1" -fno-pie -static -no-pie -nostdlib -T "$2" -Wl,--defsym=__vmm_stack_bytes=65536 \
    -Wl,--build-id=none "$3" -o /dev/null 2>&1) && { echo "expected a failure, it linked"; exit 1; }
case $errors in
*"no thread-local variables"*) exit 0 ;;
esac
echo "expected 'no thread-local variables', got: $errors"
exit 1
