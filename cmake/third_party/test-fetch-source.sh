#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# test-fetch-source.sh: fetch-source.sh against an apt-get of our own, so without a network. That
# one answers indextargets through the real apt-get with invented sources, and serves a tarball
# from a folder after as many failures as a test asks for.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
mkdir -p "$work/bin" "$work/parts" "$work/lists/partial" "$work/served"
cat >"$work/apt.conf" <<EOF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/parts";
Dir::State::lists "$work/lists";
EOF
cat >"$work/bin/apt-get" <<EOF
#!/bin/sh
[ "\$1" = indextargets ] && APT_CONFIG=$work/apt.conf exec $(command -v apt-get) "\$@"
for argument; do
    case \$argument in
    Dir::Etc::sourcelist=*) cat "\${argument#*=}" >>"$work/asked" ;;
    update)
        left=\$(cat "$work/failures")
        [ "\$left" = 0 ] && exit 0
        echo \$((left - 1)) >"$work/failures"
        echo "E: no route to the archive"
        exit 100 ;;
    source) cp "$work/served"/* . ; exit 0 ;;
    esac
done
exit 1
EOF
chmod +x "$work/bin/apt-get"

# start SOURCES-FILE FAILURES: a fresh download folder, invented sources from stdin.
start() {
    rm -rf "$work/downloads" "$work/parts"/* "$work/sources.list" "$work/asked"
    : >"$work/asked"
    cat >"$work/$1"
    echo "$2" >"$work/failures"
}

one_line() {
    echo "deb [arch=amd64] http://one.example/debian $codename main contrib"
}

# fetch VERSION=SHA256...
fetch() {
    PATH=$work/bin:$PATH WEIR_RETRY_SECONDS=0 \
        "$here/fetch-source.sh" "$work/downloads" pond "$@" >"$work/out" 2>"$work/err"
}

# check NAME EXPECTED GOT
check() {
    [ "$2" = "$3" ] && return
    echo "FAILED: $1: expected '$2', got '$3'; stderr was:"
    cat "$work/err"
    failures=$((failures + 1))
}

echo one >"$work/served/pond_1.0.orig.tar.gz"
good=$(sha256sum "$work/served/pond_1.0.orig.tar.gz" | cut -d' ' -f1)
bad=$(echo two | sha256sum | cut -d' ' -f1)
there=$work/downloads/pond_1.0.orig.tar.gz

one_line | start sources.list 0
fetch 2.0="$bad" 1.0="$good"
check "fetched: status" 0 $?
check "fetched: answer" "1.0 $there" "$(cat "$work/out")"
check "fetched: one-line source" "http://one.example/debian trixie main" \
    "$(sed -n '1s/^deb-src \(\[[^]]*\] \)\?//p' "$work/asked")"

: >"$work/asked"
fetch 1.0="$good"
check "cached: status" 0 $?
check "cached: apt not asked" "" "$(cat "$work/asked")"

echo damaged >"$there"
fetch 1.0="$good"
check "damaged file is fetched again: status" 0 $?
check "damaged file is fetched again: contents" one "$(cat "$there")"

one_line | start sources.list 2
fetch 1.0="$good"
check "two failures are retried" 0 $?

one_line | start sources.list 1000
fetch 1.0="$good"
check "no archive: status" 1 $?
check "no archive: reason" 1 "$(grep -c -m1 'E: no route to the archive' "$work/err")"

one_line | start sources.list 0
fetch 1.0="$bad"
check "other SHA-256: status" 1 $?
check "other SHA-256: nothing kept" "" "$(ls "$work/downloads" | grep pond)"
check "other SHA-256: reason names it" 1 "$(grep -c -m1 "$good" "$work/err")"

# apt reads deb822 in *.sources, and a mirror list's URI must come out without a slash.
start parts/a.sources 0 <<EOF
# the machine's archive
Types: deb
URIs: mirror+file:$work/mirrors
Suites: $codename $codename-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://security.example/debian-security
Suites: $codename-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: $codename
Components: main
EOF
fetch 1.0="$bad"
check "deb822: URIs" "mirror+file:$work/mirrors" \
    "$(sed 's/^deb-src \(\[[^]]*\] \)\?//' "$work/asked" | cut -d' ' -f1 | sort -u)"
check "deb822: suites" "$(printf '%s\n' trixie "$codename" | sort -u)" \
    "$(sed 's/^deb-src \(\[[^]]*\] \)\?//' "$work/asked" | cut -d' ' -f2 | sort -u)"

echo "deb cdrom:[A disc]/ $codename main" | start sources.list 0
fetch 1.0="$good"
check "no usable source: status" 1 $?
check "no usable source: reason" 1 "$(grep -c 'name no Debian archive' "$work/err")"

[ $failures = 0 ] && echo "all checks passed"
exit $failures
