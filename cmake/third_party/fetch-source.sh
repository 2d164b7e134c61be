#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# fetch-source.sh DOWNLOADS PACKAGE VERSION=SHA256...
#
# Makes sure that DOWNLOADS holds the upstream tarball of Debian source package PACKAGE in one of
# the VERSIONs, the first one preferred, and prints "VERSION FILE". A tarball that is there already
# costs no network; one with another SHA-256 is never used.
#
# The tarball comes from a private apt root below DOWNLOADS: its deb-src entries are derived from
# the machine's own apt sources, so a local mirror or proxy is used as the user set it up, and
# neither the user's configuration nor the system's package lists change.
#
# Status: 0 fine, 1 not to be had (the reason is on stderr), 2 usage.
set -u

# Newer versions come from this suite; the machine's own suite is tried after it.
preferred_suite=trixie
attempts=3

say() {
    echo "fetch-source: $*" >&2
}

# codename: the suite that this machine runs.
codename() {
    (. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-stable}")
}

# verified FILE SHA256
verified() {
    [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]
}

# cached: print the first accepted tarball that DOWNLOADS holds.
cached() {
    for pair in $accepted; do
        version=${pair%%=*}
        for file in "$downloads/${package}_$version.orig.tar".*; do
            if verified "$file" "${pair#*=}"; then
                echo "$version $file"
                return 0
            fi
        done
    done
    return 1
}

# archives: the repository URIs that the machine takes its Debian packages from, one a line. apt
# itself reads its sources (both formats); where it has no Release files yet their origin is not
# known and the suite's name decides. A mirror list's URI must not end in a slash.
archives() {
    suites="^($(codename)|stable|oldstable|testing|unstable|sid)\$"
    for flags in "" --no-release-info; do
        found=$(apt-get indextargets $flags \
            --format '$(COMPONENT)|$(RELEASE)|$(REPO_URI)|$(ORIGIN)' 2>/dev/null |
            awk -F'|' -v suites="$suites" '
                $1 == "main" && $2 ~ suites && ($4 == "Debian" || $4 == "$(ORIGIN)") &&
                $3 !~ /^cdrom:/ { sub(/\/+$/, "", $3); if (!seen[$3]++) print $3 }')
        if [ -n "$found" ]; then
            echo "$found"
            return 0
        fi
    done
    return 1
}

# private_apt ROOT ARGUMENT...: apt-get that reads and writes below ROOT only. The options stand on
# the command line because those win over the user's configuration, which else still applies.
private_apt() {
    root=$1
    shift
    apt-get -q -o Dir::Etc::sourcelist="$root/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$root/lists" -o Dir::Cache="$root/cache" \
        -o APT::Sandbox::User=root -o Acquire::AllowReleaseInfoChange=true \
        -o Acquire::Languages=none -o Acquire::Retries=1 \
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

# set_up_root ROOT URI SUITE
set_up_root() {
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/new" || return 1
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    options=
    [ -f "$keyring" ] && options="[signed-by=$keyring] "
    echo "deb-src $options$2 $3 main" >"$1/sources.list"
}

# download URI SUITE: true if DOWNLOADS holds an accepted tarball afterwards.
download() {
    root=$downloads/apt/$2-$(echo "$1" | sha256sum | cut -c1-12)
    set_up_root "$root" "$1" "$2" || return 1
    log=$root/log
    if ! private_apt "$root" update >"$log" 2>&1; then
        say "$2: apt-get update failed: $(grep -m1 '^[EW]:' "$log")"
        return 1
    fi
    rm -f "$root/new"/*
    # Only the upstream tarball is wanted. --only-source: the name is the source package's.
    if ! (cd "$root/new" &&
        private_apt "$root" source --download-only --tar-only --only-source "$package") \
        >"$log" 2>&1; then
        say "$2: apt-get source $package failed: $(grep -m1 '^[EW]:' "$log")"
        return 1
    fi
    for pair in $accepted; do
        for file in "$root/new/${package}_${pair%%=*}.orig.tar".*; do
            if verified "$file" "${pair#*=}"; then
                mv "$file" "$downloads/"
                return 0
            fi
        done
    done
    say "$2 has $(cd "$root/new" && sha256sum "${package}"_*.orig.tar.* 2>/dev/null |
        awk '{ print $2 " (" $1 ")" }'), which is none of the accepted versions"
    return 1
}

[ $# -ge 3 ] || { echo "usage: fetch-source.sh DOWNLOADS PACKAGE VERSION=SHA256..." >&2; exit 2; }
downloads=$1
package=$2
shift 2
accepted=$*

mkdir -p "$downloads" || exit 1
downloads=$(cd "$downloads" && pwd)
exec 9>"$downloads/.lock"
flock 9 || exit 1
cached && exit 0

uris=$(archives) || {
    say "this machine's apt sources name no Debian archive; $package cannot be fetched"
    exit 1
}
suites=$preferred_suite
[ "$(codename)" = "$preferred_suite" ] || suites="$suites $(codename)"
for suite in $suites; do
    attempt=1
    while [ $attempt -le $attempts ]; do
        for uri in $uris; do
            say "fetching $package from $suite (attempt $attempt of $attempts)"
            if download "$uri" "$suite"; then
                cached
                exit 0
            fi
        done
        attempt=$((attempt + 1))
        [ $attempt -le $attempts ] && sleep "${WEIR_RETRY_SECONDS:-5}"
    done
done
say "no accepted version of $package could be fetched: $accepted"
say "put one into $downloads by hand to go on without apt"
exit 1
