#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# deps.sh PURPOSE...   install the packages of these purposes that are missing (Debian and its kin).
#
# As root or where sudo needs no password; asks on a terminal, YES=1 answers for you. Without these
# rights it prints the one command to run and fails.
set -u

# purpose   package                    what tells that it is there: a command (a|b: either), a file,
#                                      a Perl module, or a module of Debian's own Python
table='
build       gcc                        cmd:cc|gcc|clang
build       apache2-dev                cmd:apxs|apxs2
build       libssl-dev                 file:/usr/include/openssl/ssl.h
build       libjansson-dev             file:/usr/include/jansson.h
build       libpcre2-dev               file:/usr/include/pcre2.h
test        apache2-bin                cmd:apache2|httpd
test        libapache2-mod-perl2-dev   perl:Apache::Test
test        libcmocka-dev              file:/usr/include/cmocka.h
test        openssl                    cmd:openssl
test        curl                       cmd:curl
test        binutils                   cmd:nm
test        media-types                file:/etc/mime.types
test        python3-cryptography       python:cryptography
test        mandoc                     cmd:mandoc
test        python3-h2                 python:h2
test        slapd                      cmd:slapd
test        rsync                      cmd:rsync
bench       apache2-bin                cmd:apache2|httpd
bench       openssl                    cmd:openssl
bench       python3-cryptography       python:cryptography
bench       libnghttp2-dev             file:/usr/include/nghttp2/nghttp2.h
bench       valgrind                   cmd:valgrind
bench       gnuplot-nox                cmd:gnuplot
demo        apache2-bin                cmd:apache2|httpd
demo        openssl                    cmd:openssl
demo        curl                       cmd:curl
demo        python3-h2                 python:h2
fuzz        clang                      cmd:clang
fuzz        llvm                       cmd:llvm-symbolizer
assurance   dpkg-dev                   cmd:dpkg-source
assurance   valgrind                   cmd:valgrind
test-all    apache2                    cmd:a2enmod
test-all    clang                      cmd:clang
test-all    nghttp2-client             cmd:nghttp
test-all    valgrind                   cmd:valgrind
test-all    default-jdk-headless       cmd:javac
test-all    nodejs                     cmd:node
test-all    npm                        cmd:npm
test-all    tomcat10-common            file:/usr/share/tomcat10/lib/catalina.jar
test-all    php-fpm                    cmd:php-fpm8.2|php-fpm8.4|php-fpm
test-all    uwsgi-core                 cmd:uwsgi
test-all    uwsgi-plugin-python3       file:/usr/lib/uwsgi/plugins/python3_plugin.so
test-all    python3-django             python:django
test-all    gunicorn                   cmd:gunicorn
test-all    nginx-light                cmd:nginx
test-all    haproxy                    cmd:haproxy
test-all    memcached                  cmd:memcached
test-all    golang-go                  cmd:go
test-all    jq                         cmd:jq
test-all    wget                       cmd:wget
test-all    python3-requests           python:requests
test-all    python3-ldap               python:ldap
test-all    chromium                   cmd:chromium
test-all    libnghttp2-dev             file:/usr/include/nghttp2/nghttp2.h
test-all    fonts-dejavu-core          file:/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
test-all    libnss3-tools              cmd:certutil
test-all    prometheus                 cmd:promtool
test-all    libapache2-mod-security2   file:/usr/lib/apache2/modules/mod_security2.so
test-all    libapache2-mod-evasive     file:/usr/lib/apache2/modules/mod_evasive20.so
test-all    libapache2-mod-auth-openidc file:/usr/lib/apache2/modules/mod_auth_openidc.so
analyze     clang                      cmd:clang
analyze     clang-tidy                 cmd:clang-tidy
analyze     cppcheck                   cmd:cppcheck
emulated    qemu-user                  cmd:qemu-s390x
emulated    gcc-s390x-linux-gnu        cmd:s390x-linux-gnu-gcc
emulated    gcc-i686-linux-gnu         cmd:i686-linux-gnu-gcc
'

PATH=$PATH:/usr/sbin:/sbin

is_there() {
    local kind=${1%%:*} what=${1#*:} name
    case $kind in
    cmd)    for name in ${what//|/ }; do command -v "$name" >/dev/null && return 0; done; return 1 ;;
    file)   [ -e "$what" ] ;;
    perl)   /usr/bin/perl -M"$what" -e 1 2>/dev/null ;;
    python) /usr/bin/python3 -c "import $what" 2>/dev/null ;;
    *)      echo "deps.sh: the table has a kind of probe that is none: $kind" >&2; exit 2 ;;
    esac
}

missing=()
for purpose; do
    known=
    while read -r for_what package probe; do
        [ "$for_what" = "$purpose" ] || continue
        known=1
        is_there "$probe" || [[ " ${missing[*]-} " == *" $package "* ]] || missing+=("$package")
    done <<<"$table"
    [ -n "$known" ] || { echo "deps.sh: no packages are known for '$purpose'" >&2; exit 2; }
done
[ ${#missing[@]} -gt 0 ] || exit 0

run_as_root=()
command="apt-get install --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
    echo "Missing, by their Debian names: ${missing[*]}. Install what this system calls them." >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        printf 'Missing packages. As root, run:\n    %s\n' "$command" >&2
        exit 1
    fi
    run_as_root=(sudo -n)
fi
# Where nobody sits at a terminal nobody can be asked: saying what is installed must do.
if [ "${YES:-}" != 1 ] && [ -t 0 ]; then
    read -r -p "Install with apt-get: ${missing[*]}? [y/N] " answer
    [[ $answer == [yY]* ]] || { echo "Nothing was installed." >&2; exit 1; }
fi

echo "installing: ${missing[*]}"

# A freshly installed server is not to be started: this is what maintainer scripts ask first.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${run_as_root[@]}" tee $policy >/dev/null
    "${run_as_root[@]}" chmod 755 $policy
    trap '"${run_as_root[@]}" rm -f $policy' EXIT
fi

log=$(mktemp)

apt() {
    "${run_as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Package lists that are missing or older than a day name files that the mirror has dropped.
[ -n "$(find /var/lib/apt/lists -name '*Packages*' -mtime -1 -print -quit 2>/dev/null)" ] ||
    apt update >/dev/null || echo "deps.sh: apt-get update failed; the package lists are as old as they are" >&2
if ! apt install --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    # A list that is a few hours old can be out of date as well.
    if ! { apt update && apt install --no-install-recommends "${missing[@]}"; } >>"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        echo "deps.sh: apt-get could not install: ${missing[*]}" >&2
        exit 1
    fi
fi
rm -f "$log"
echo "installed: ${missing[*]}"
