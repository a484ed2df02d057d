#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# t/run.sh [--all] [TEST.t | OPTION OF PROVE]...     run the tests, with the module that is built in $BUILD
#
# Apache::Test refuses to run as root, and tests write: everything runs in a copy of the tree that
# an unprivileged user owns. Logs of a failed run stay in $BUILD/test-logs.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
# Our servers listen on 127.0.0.1; Node.js 18 takes localhost for ::1 first.
export NODE_OPTIONS=--dns-result-order=ipv4first
: "${BUILD:=build}" "${MPM:=event}" "${JOBS:=2}" "${MTLS_TEST_USER:=nobody}"

find_command() {
    local name
    for name; do command -v "$name" && return 0; done
    echo "t/run.sh: none of these is installed: $*" >&2
    exit 1
}

if [ "${1-}" != --in-copy ]; then
    [ -e "$BUILD/mod_mtls_authz.so" ] || {
        echo "t/run.sh: $BUILD/mod_mtls_authz.so is not built: make -f Makefile.apxs" >&2
        exit 1
    }
    : "${APXS:=$(find_command apxs apxs2)}"
    copy=$(mktemp -d "${TMPDIR:-/tmp}/mtls-test.XXXXXX")
    child=
    finish() {
        status=$?
        trap - EXIT INT TERM
        [ -z "$child" ] || kill -- "-$child" 2>/dev/null || :
        # Servers have process groups of their own; those that a killed test has left are known by their files.
        for file in "$copy"/tree/t/logs/servers/*/httpd.pid "$copy"/tree/t/logs/httpd.pid; do
            pid=$(cat "$file" 2>/dev/null) && grep -qsF "$copy" "/proc/$pid/cmdline" && kill "$pid" || :
        done
        rm -rf "$BUILD/test-logs"
        [ $status = 0 ] || [ ! -d "$copy/tree/t/logs" ] || {
            cp -r "$copy/tree/t/logs" "$BUILD/test-logs" 2>/dev/null || :
            echo "t/run.sh: the logs are in $BUILD/test-logs" >&2
        }
        rm -rf "$copy"
        exit $status
    }
    trap finish EXIT
    trap 'exit 130' INT TERM

    mkdir "$copy/tree" "$copy/tree/build"
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
            [ ! -e "$file" ] || printf '%s\0' "$file"
        done | tar -c --null -T - | tar -x -C "$copy/tree"
    else
        tar -c --exclude='./build*' . | tar -x -C "$copy/tree"
    fi
    # Builds of another kind beside it are not tested, and may be in the making.
    without=(--exclude=./test-logs --exclude='./ci-*')
    for flags in "$BUILD"/*/flags; do
        [ ! -e "$flags" ] || without+=(--exclude="./$(basename "$(dirname "$flags")")")
    done
    tar -c -C "$BUILD" "${without[@]}" . | tar -x -C "$copy/tree/build"

    run=(env HOME="$copy" TMPDIR="$copy" MTLS_APXS="$APXS" MPM="$MPM" JOBS="$JOBS"
         bash "$copy/tree/t/run.sh" --in-copy "$@")
    chmod 755 "$copy"
    if [ "$(id -u)" = 0 ]; then
        chown -R "$MTLS_TEST_USER:" "$copy"
        run=(setpriv --reuid "$MTLS_TEST_USER" --regid "$(id -g "$MTLS_TEST_USER")" --clear-groups "${run[@]}")
    fi
    # A process group of its own: clients and backends that a test leaves behind end with it.
    set -m
    "${run[@]}" </dev/null &
    child=$!
    set +m
    wait $child
    exit
fi

shift
export MTLS_TOP=$PWD MTLS_BUILD=$PWD/build MTLS_PKI=$PWD/t/made-pki MTLS_MPM=$MPM
MTLS_MODULES=$("$MTLS_APXS" -q LIBEXECDIR)
MTLS_HTTPD=$(find_command apache2 httpd)
export MTLS_MODULES MTLS_HTTPD MTLS_APXS
if [ -n "${MTLS_WATCH:-}" ]; then
    export MTLS_WATCH MTLS_SERVER=$MTLS_HTTPD
    MTLS_HTTPD=$PWD/t/assurance/httpd
    # AddressSanitizer keeps what is freed for a while: units cannot tell by their size whether they give back what they take.
    case $MTLS_WATCH in asan|pools) export MTLS_UNIT_WRAPPER=env ;; esac
fi
export MTLS_PROTOCOLS='h2 http/1.1'
[ "$MPM" != prefork ] || MTLS_PROTOCOLS=http/1.1
export PERL5LIB=$PWD/t/lib MTLS_SKIPPED=$PWD/t/logs/skipped

shopt -s nullglob
tests=(t/*.t)
[ -z "${MTLS_WATCH:-}" ] || tests+=(t/assurance/sins.t)
[ "${1-}" != --all ] || { shift; tests+=(t/all/*.t); }
options=()
chosen=()
for word; do
    case $word in *.t) chosen+=("$word") ;; *) options+=("$word") ;; esac
done
[ ${#chosen[@]} = 0 ] || tests=("${chosen[@]}")

mkdir -p t/logs/servers
ulimit -c unlimited 2>/dev/null || :     # t/99log.t shows where a server has crashed
/usr/bin/python3 t/pki/make-pki.py "$MTLS_PKI"
free_port() { /usr/bin/perl -MMTLS::Env=free_port -e 'print free_port'; }
/usr/bin/perl -MMTLS::Env=load_modules -e 'print load_modules' >t/conf/modules.conf

started=
for try in 1 2 3; do
    MTLS_HTTP_PORT=$(free_port) MTLS_HTTPS_PORT=$(free_port)
    export MTLS_HTTP_PORT MTLS_HTTPS_PORT
    : >t/logs/apache-test
    if /usr/bin/perl t/TEST -configure -httpd "$MTLS_HTTPD" -apxs "$MTLS_APXS" -httpd_conf "$PWD/t/conf/modules.conf" \
           -servername 127.0.0.1 -port "$MTLS_HTTP_PORT" -maxclients 32 >>t/logs/apache-test 2>&1 </dev/null &&
       /usr/bin/perl t/TEST -start-httpd >>t/logs/apache-test 2>&1 </dev/null; then
        started=1
        break
    fi
    grep -q 'could not bind\|Address already in use' t/logs/error_log t/logs/apache-test 2>/dev/null || break
done
if [ -z "$started" ]; then
    tail -n 30 t/logs/apache-test t/logs/error_log 2>/dev/null || :
    echo "t/run.sh: Apache::Test could not start the main server" >&2
    exit 1
fi
stop() { trap - EXIT; /usr/bin/perl t/TEST -stop-httpd >>t/logs/apache-test 2>&1 </dev/null || :; }
trap stop EXIT

# The last word is prove's.
prove=(/usr/bin/prove --harness MTLS::Harness --statefile "$PWD/t/logs/proved" "${options[@]}")
prove_them() {
    local status=0 failed
    "${prove[@]}" --jobs "$JOBS" --state=save "${tests[@]}" || status=$?
    [ $status != 0 ] || return 0
    # Where nobody looks on, up to three that failed beside others run once more, alone, and it is said which they were. What
    # was skipped has not failed for prove, and stays a failure.
    [ "${CI:-}" = true ] && [ ! -e "$MTLS_SKIPPED" ] || return $status
    failed=$("${prove[@]}" --state=failed --dry 2>/dev/null | grep -c '\.t$' || :)
    [ "$failed" -ge 1 ] && [ "$failed" -le 3 ] || return $status
    echo "t/run.sh: $failed failed beside others; once more, alone:" >&2
    "${prove[@]}" --jobs 1 --state=failed,save
}
status=0
prove_them || status=$?
[ -z "${MTLS_WATCH:-}" ] && exit $status

# A report of the tool that watches the servers is a failure, whatever the tests say; see t/assurance/httpd.
stop
reports=$(find t/logs/reports -type f -size +0 2>/dev/null
          find t/logs/error_log t/logs/servers -name error_log -o -name output)
/usr/bin/perl t/assurance/reports.pl $reports || status=1
exit $status
