#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs a guest image on bare QEMU and judges it by COM1.
#   run.sh [--icount] [--machine q35|pc] [--memory MIB] [--cpu MODEL] [--param I=V]...
#          [--twice] [--again-cpu MODEL] [--again-icount] [--except RE] [--expect RE]...
#          [--end WORDS] IMAGE
# --param writes byte V at parameter I into a private copy; --twice: two runs must print the same,
# the second one with --again-cpu or --again-icount where given, but for lines that match --except;
# --expect: a line must match the basic regular expression. The last line must be "end NAME WORDS",
# WORDS being "ok" by default; "fail N" is for proving that a check can fail.
set -u

icount= machine=q35 memory=256 twice=1 params= expects= end=ok
cpu=EPYC,+svm,+npt cpu2= icount2= except='^$'
while [ $# -gt 1 ]; do
    case $1 in
    --icount) icount='-icount shift=0,sleep=off -rtc clock=vm' ;;
    --machine) machine=$2; shift ;;
    --memory) memory=$2; shift ;;
    --cpu) cpu=$2; shift ;;
    --again-cpu) cpu2=$2 twice=2; shift ;;
    --again-icount) icount2='-icount shift=0,sleep=off -rtc clock=vm' twice=2 ;;
    --except) except=$2; shift ;;
    --twice) twice=2 ;;
    --param) params="$params $2"; shift ;;
    --expect) expects="$expects$2
"; shift ;;
    --end) end=$2; shift ;;
    *) echo "run.sh: unknown argument $1" >&2; exit 2 ;;
    esac
    shift
done
image=$1
name=$(basename "$image" .img)
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

fail() {
    echo "--- COM1 of $image:"
    cat "$dir/serial"
    echo "FAIL: $*"
    echo "again: sh $0 (arguments as given); by hand: qemu-system-x86_64 -accel tcg -cpu $cpu" \
        "-machine $machine,smm=off -m $memory $icount -display none -serial stdio" \
        "-drive file=$image,format=raw,if=none,id=d -device ide-hd,drive=d"
    exit 1
}

cp "$image" "$dir/disk.img" || exit 2
for p in $params; do
    # 400 = RT_PARAM_OFFSET
    printf "\\$(printf '%03o' "${p#*=}")" |
        dd of="$dir/disk.img" bs=1 seek=$((400 + ${p%%=*})) conv=notrunc status=none || exit 2
done

run=1
while [ $run -le $twice ]; do
    # shellcheck disable=SC2086 # $icount is words
    timeout -k 5 240 qemu-system-x86_64 -accel tcg -cpu "$cpu" -machine "$machine,smm=off" \
        -m "$memory" $icount -nodefaults -vga std -display none -serial "file:$dir/serial" \
        -drive file="$dir/disk.img",format=raw,if=none,id=d -device ide-hd,drive=d \
        </dev/null 2>"$dir/err"
    status=$?
    [ $status -eq 0 ] || fail "QEMU ended with status $status: $(cat "$dir/err")"
    [ "$(tail -n 1 "$dir/serial")" = "end $name $end" ] ||
        fail "the last line is not 'end $name $end'"
    grep -v -e "$except" "$dir/serial" >"$dir/compared"
    [ $run -eq 1 ] || diff "$dir/first" "$dir/compared" || fail "two runs differ"
    cp "$dir/compared" "$dir/first"
    cpu=${cpu2:-$cpu} icount=${icount2:-$icount} run=$((run + 1))
done
printf '%s' "$expects" | while IFS= read -r re; do
    grep -q -e "$re" "$dir/serial" || { echo "$re" >"$dir/missing"; break; }
done
[ ! -e "$dir/missing" ] || fail "no line matches: $(cat "$dir/missing")"
cat "$dir/serial"
