# SPDX-License-Identifier: BSD-2-Clause
# Runs in the guest: ./weir run --exec types this at the shell on ttyS0. It runs
# the command, and sends its output in frames that survive kernel messages in
# their middle: the launcher checks each one's MD5 and asks again until it fits.
# usage: sh agent FOLDER NONCE ENDING, with stdin and stdout on the serial line
dir=$1 nonce=$2 ending=$3
seq=0

# send NAME: the bytes in $dir/frame, until they have arrived.
send()
{
    seq=$((seq + 1))
    sum=$(md5sum <"$dir/frame")
    sum=${sum%% *}
    answer=again
    while [ "$answer" != "ok $seq" ]; do
        if [ "$answer" = again ]; then
            printf '\n@%s %s %s %s\n' "$nonce" "$seq" "$1" "$sum"
            base64 "$dir/frame"
            printf '\n@%s end %s\n' "$nonce" "$seq"
        fi
        read -r answer || exit 1
    done
}

# push NAME: what the file behind stdin holds and was not sent yet.
push()
{
    while dd bs=49152 count=1 of="$dir/frame" 2>"$dir/dd" && [ -s "$dir/frame" ]; do
        send "$1" <&5
    done
}

pump()
{
    nap=0.05
    done=
    until [ "$done" ]; do
        # Seen before the last push, so nothing can come after that.
        [ -e "$dir/status" ] && done=1
        push out <&3
        push err <&4
        [ "$done" ] || sleep $nap 2>/dev/null || sleep 1
        case $nap in
        0.05) nap=0.1 ;;
        0.1) nap=0.2 ;;
        *) nap=0.5 ;;
        esac
    done
    cp "$dir/status" "$dir/frame"
    send status <&5
}

: >"$dir/out"
: >"$dir/err"
exec 3<"$dir/out" 4<"$dir/err" 5<&0
pump &
pump=$!
(
    cd /
    # For the command's $0 and its open files this is plain `sh -c CMD`.
    exec /bin/sh -c "$(cat "$dir/command")" </dev/null >"$dir/out" 2>"$dir/err" 3<&- 4<&- 5<&-
)
echo $? >"$dir/status.new"
mv "$dir/status.new" "$dir/status"
wait $pump
rm -rf "$dir"
if [ "$ending" = poweroff ]; then
    sync
    poweroff || poweroff -f || echo o >/proc/sysrq-trigger
fi
