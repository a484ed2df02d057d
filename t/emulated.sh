#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# t/emulated.sh [i386|s390x|trixie]...    the core's unit programs and fuzz corpora, built for another machine and run on it
#
# i386: 32 bits; s390x: big-endian, under qemu-user; trixie: this machine with Debian 13's OpenSSL 3.5 and compiler flags that
# hide whatever it has deprecated, the module itself included. Each gets Debian's own packages, unpacked below $BUILD/emulated:
# nothing of it is installed here.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
: "${BUILD:=build}" "${JOBS:=2}" "${MIRROR:=http://deb.debian.org/debian}" "${RELEASE:=bookworm}"
mkdir -p "$BUILD/emulated"
base=$(cd "$BUILD/emulated" && pwd)

# What a program needs to be built and run, and all that depends on: nothing is taken from this machine.
packages=(libc6-dev libgcc-s1 libssl-dev libapr1-dev libaprutil1-dev libcmocka-dev libpcre2-dev libjansson-dev)

# apt with a world of its own: $1 is what it is for, $2 the release of Debian, $3 the machine.
fetch() {
    local at=$base/$1 package options
    [ ! -e "$at/complete" ] || return 0
    rm -rf "$at"
    mkdir -p "$at"/{lists/partial,cache/archives/partial,root/usr/lib,root/usr/lib64}
    ln -s usr/lib "$at/root/lib"
    ln -s usr/lib64 "$at/root/lib64"
    : >"$at/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $2 main" >"$at/sources.list"
    options=(-q -o "APT::Architecture=$3" -o "APT::Architectures=$3" -o "Dir::State=$at" -o "Dir::State::lists=$at/lists"
             -o "Dir::State::status=$at/status" -o "Dir::Cache=$at/cache" -o "Dir::Etc::sourcelist=$at/sources.list"
             -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root -o APT::Install-Recommends=0
             -o Dir::Cache::archives="$at/cache/archives")
    { apt-get "${options[@]}" update && apt-get "${options[@]}" install -y --download-only "${packages[@]}"; } >"$at/log" 2>&1 || {
        tail -n 20 "$at/log" >&2
        echo "t/emulated.sh: $1: Debian's packages could not be had" >&2
        return 1
    }
    for package in "$at"/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$at/root" --keep-directory-symlink
    done
    rm -rf "$at/cache" "$at/lists"
    : >"$at/complete"
}

# apr-1-config and its like tell where things are on the machine they are for; the compiler puts the root in front of =.
answers() {
    printf '#!/bin/sh\ncase $1 in --includes) echo -I=/usr/include/apr-1.0 ;; --link-ld) echo %s ;; --version) echo 1 ;; esac\n' "$2" >"$1"
    chmod 755 "$1"
}

run() {
    local name=$1 debian release triplet compiler wrapper flags='' what=unit
    case $name in
    i386)   debian=i386 release=$RELEASE triplet=i386-linux-gnu compiler=i686-linux-gnu-gcc ;;
    s390x)  debian=s390x release=$RELEASE triplet=s390x-linux-gnu compiler=s390x-linux-gnu-gcc ;;
    trixie) debian=$(dpkg --print-architecture) release=trixie triplet=$(gcc -print-multiarch) compiler=gcc what='unit all'
            flags='-DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30500' ;;
    *)      echo "t/emulated.sh: no such machine: $name" >&2; return 2 ;;
    esac
    fetch "$name" "$release" "$debian" || return 1
    local at=$base/$name
    local root=$at/root
    wrapper="$(ls "$root"/lib/ld-linux*.so.2 "$root"/lib64/ld-linux*.so.2 2>/dev/null | head -n 1) --library-path $root/lib/$triplet"
    [ "$name" != s390x ] || wrapper="qemu-s390x -L $root"
    answers "$at/apr-config" -lapr-1
    answers "$at/apu-config" -laprutil-1
    # shellcheck disable=SC2086
    make -s -j"$JOBS" -f Makefile.apxs $what BUILD="$at/build" CC="$compiler --sysroot=$root" WERROR=1 CPPFLAGS="$flags" \
        LDFLAGS="-L$root/usr/lib/$triplet -Wl,-rpath-link=$root/usr/lib/$triplet" \
        APR_CONFIG="$at/apr-config" APU_CONFIG="$at/apu-config" OPENSSL_CFLAGS= OPENSSL_LIBS='-lssl -lcrypto' \
        JANSSON_CFLAGS= JANSSON_LIBS=-ljansson || return 1
    echo "t/emulated.sh: $name: $(file -bL "$at/build/unit/test_type" 2>/dev/null | cut -d, -f1-2)"
    MTLS_TOP=$PWD MTLS_BUILD=$at/build MTLS_UNIT_WRAPPER=$wrapper PERL5LIB=$PWD/t/lib prove t/20unit.t t/22fuzz.t
}

[ $# -gt 0 ] || set -- i386 s390x trixie
failed=
for name; do run "$name" || failed+=" $name"; done
[ -z "$failed" ] || { echo "t/emulated.sh: failed:$failed" >&2; exit 1; }
