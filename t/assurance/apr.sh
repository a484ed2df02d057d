#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# apr.sh TO     Debian's libapr once more, as the file TO, with pools that hand out pieces of the system's memory one by one, and
# give them back one by one: a tool sees what is read beyond them or after they are gone. The server does not notice:
# functions and layouts are those of the installed library, which is checked. Its source is that of the installed package.
set -euo pipefail
to=$(realpath -m "$1")
[ ! -e "$to" ] || exit 0
version=$(dpkg-query -W -f '${source:Version}' libapr1 2>/dev/null || dpkg-query -W -f '${source:Version}' libapr1t64)
# Where apt may write, whoever we are; and source packages from where the binary ones are from.
work=$(mktemp -d "${TMPDIR:-/tmp}/mtls-apr.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/source"
for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -e "$file" ] || ! grep -q debian.org "$file" || sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/${file##*/}"
done
[ ! -e /etc/apt/sources.list ] || sed -n 's/^deb \(.*debian\.org.*\)/deb-src \1/p' /etc/apt/sources.list >"$work/parts/one.list"
apt() {
    apt-get -q -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o Dir::Etc::sourcelist=/dev/null \
        -o Dir::Etc::sourceparts="$work/parts" -o APT::Sandbox::User="$(id -un)" "$@"
}
log=$work/log
{
    apt update && cd "$work/source" && apt source "apr=$version" && cd apr-*/ && mkdir made &&
        # Tables that end the process where a value lives elsewhere: mod_proxy's own do, for each request that it passes on.
        sed -i 's/\babort();/(void)0;/' tables/apr_tables.c && cd made &&
        ../configure --enable-pool-debug=yes --enable-nonportable-atomics --enable-allocator-uses-mmap \
            CFLAGS='-g -O1 -fno-omit-frame-pointer' && make
} >"$log" 2>&1 </dev/null || { tail -n 30 "$log" >&2; echo "apr.sh: libapr $version could not be made" >&2; exit 1; }

symbols() { nm -D --defined-only "$1" | awk '{ print $3 }' | sort; }
installed=$(ldconfig -p | sed -n 's/.* => \(.*libapr-1\.so\.0\)$/\1/p' | head -n 1)
cmp include/apr.h "$(apr-1-config --includedir)/apr.h"
missing=$(comm -13 <(symbols .libs/libapr-1.so.0) <(symbols "$installed"))
[ -z "$missing" ] || { echo "apr.sh: these functions are missing:" $missing >&2; exit 1; }
mkdir -p "$(dirname "$to")"
cp -L .libs/libapr-1.so.0 "$to"
