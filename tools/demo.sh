#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What "make -f Makefile.apxs demo" does: certificates, a gateway, a backend, and a checked table of who
# gets in and what the backend is told. KEEP=1 leaves it running, for commands that it shows. BUILD and APXS come from the
# Makefile.
#
# Everything is on 127.0.0.1 and in one new directory. Exit code 0: every row came out as expected.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
: "${BUILD:=build}" "${APXS:=apxs}" "${KEEP:=}"
python=/usr/bin/python3
source=$PWD

die() {
    printf 'demo: %s\n' "$*" >&2
    exit 1
}

find_command() {
    local name
    for name; do command -v "$name" && return 0; done
    die "none of these is installed: $*; try: bash tools/deps.sh build demo"
}

[ -e "$BUILD/mod_mtls_authz.so" ] || die "$BUILD/mod_mtls_authz.so is not built: make -f Makefile.apxs"
module=$(realpath "$BUILD/mod_mtls_authz.so")
httpd=$(find_command apache2 httpd)
modules=$("$APXS" -q LIBEXECDIR) || die "$APXS does not say where httpd's modules are (APXS=)"
dir=$(mktemp -d "${TMPDIR:-/tmp}/mtls-demo.XXXXXX")
chmod 755 "$dir"
running=()

finish() {
    local status=$? pid
    trap - EXIT INT TERM
    if [ "$KEEP" = 1 ] && [ $status = 0 ]; then exit 0; fi
    for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || :; done
    for pid in "${running[@]}"; do wait "$pid" 2>/dev/null || :; done
    if [ $status = 1 ] && rm -rf "$BUILD/demo-logs" && mkdir -p "$BUILD/demo-logs"; then
        cp "$dir"/*.log "$dir"/*.conf "$dir"/*.out "$BUILD/demo-logs/" 2>/dev/null || :
        echo "demo: logs and configuration are in $BUILD/demo-logs" >&2
    fi
    rm -rf "$dir"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

heading() { printf '\n%s\n\n' "$1"; }

# A command, shown as it could be typed, and run.
show() {
    local word line='  $' width=116
    for word; do
        case $word in *[!A-Za-z0-9_./:=,+-]*) word="'$word'" ;; esac
        if [ $((${#line} + ${#word})) -gt $width ]; then
            printf '%s \\\n' "$line"
            line='     '
        fi
        line="$line $word"
    done
    printf '%s\n' "$line"
    "$@" 2>"$dir/openssl.log" || { cat "$dir/openssl.log" >&2; die "$1 failed"; }
}

# --- certificates --------------------------------------------------------------------------

# NAME, its common name, and who issues it (nobody: itself).
certificate() {
    local name=$1 cn=$2 issuer=${3-} by=()
    [ -z "$issuer" ] || by=(-CA "$issuer.crt" -CAkey "$issuer.key")
    show openssl req -config pki.cnf -x509 "${by[@]}" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 \
        -extensions "$name" -subj "/O=Demo/CN=$cn" -keyout "$name.key" -out "$name.crt"
}

make_pki() {
    mkdir "$dir/pki"
    cp tools/demo/pki.cnf "$dir/pki/"
    cd "$dir/pki"
    heading "Certificates: a root, an issuing CA below it, a server, and clients (in $dir/pki)"
    certificate root 'Demo Root CA'
    certificate issuing 'Demo Issuing CA' root
    certificate server localhost root
    certificate orders orders-service issuing
    certificate reports reports-service issuing
    show openssl req -config pki.cnf -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
        -subj '/O=Demo/CN=orders-service' -keyout brief.key -out brief.csr
    # What a client sends: its certificate and the issuing CA's. The root is what the server has.
    cat orders.crt issuing.crt orders.key >orders.pem
    cat reports.crt issuing.crt reports.key >reports.pem
    : >index.txt
    cd "$source"
}

# --- servers -------------------------------------------------------------------------------

free_ports() {
    $python -c 'import socket, sys
listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*[listener.getsockname()[1] for listener in listeners])' "$1"
}

# Modules that are not part of the server itself, one LoadModule line each.
load_lines() {
    local name line='    LoadModule %s_module "%s/mod_%s.so"'
    for name in authn_core authz_core authz_host env headers http2 log_config mime proxy proxy_http socache_shmcb \
                ssl unixd; do
        [ ! -e "$modules/mod_$name.so" ] ||
            printf "<IfModule !mod_%s.c>\\\\n$line\\\\n</IfModule>\\\\n" $name $name "$modules" $name
    done
}

user_lines() {
    local name
    [ "$(id -u)" = 0 ] || return 0
    for name in www-data apache daemon nobody; do
        id "$name" >/dev/null 2>&1 || continue
        printf 'User %s\\nGroup %s\\n' "$name" "$(id -gn "$name")"
        return 0
    done
}

fill_in() {
    local file
    for file in server gateway stock; do
        sed -e "s|@LOAD@|$(load_lines)|" -e "s|@USER@|$(user_lines)|" -e "s|@DIR@|$dir|g" -e "s|@MODULES@|$modules|g" \
            -e "s|@MODULE@|$module|g" -e "s|@HTTPS@|$https|g" -e "s|@HTTP@|$http|g" -e "s|@STOCK@|$stock|g" \
            -e "s|@BACKEND@|$backend|g" "tools/demo/$file.conf.in" >"$dir/$file.conf"
    done
}

start_backend() {
    local try
    setsid $python tools/demo/backend.py "$dir/backend.log" >"$dir/backend.port" 2>"$dir/backend.out" </dev/null &
    running+=($!)
    for try in {1..200}; do
        [ ! -s "$dir/backend.port" ] || { backend=$(cat "$dir/backend.port"); return 0; }
        sleep 0.05
    done
    cat "$dir/backend.out" >&2
    die "the backend did not start"
}

# 0: it serves; 1: it has ended.
start_server() {
    local name=$1 pid
    rm -f "$dir/$name.pid"
    setsid "$httpd" -DFOREGROUND -f "$dir/$name.conf" >"$dir/$name.out" 2>&1 </dev/null &
    pid=$!
    running+=($pid)
    while kill -0 $pid 2>/dev/null; do
        [ ! -s "$dir/$name.pid" ] || return 0
        sleep 0.05
    done
    return 1
}

start_servers() {
    local try name
    for try in 1 2 3; do
        read -r https http stock <<<"$(free_ports 3)"
        fill_in
        for name in gateway stock; do
            start_server $name || break
            [ $name != stock ] || return 0
        done
        # Somebody else may have taken a port: once more, with others.
        kill "${running[@]:1}" 2>/dev/null || :
        wait "${running[@]:1}" 2>/dev/null || :
        running=("${running[0]}")
    done
    cat "$dir/$name.out" "$dir/$name.error.log" >&2 2>/dev/null || :
    die "the server did not start"
}

# --- what to try by hand -------------------------------------------------------------------

by_hand() {
    local curl='curl -s --cacert root.crt'
    heading "Try it by hand"
    cat <<TEXT
  cd $dir/pki

  $curl --cert orders.pem https://localhost:$https/orders/
      200: the backend shows Client-Cert, Client-Cert-Chain and X-Client-Id
  $curl --cert reports.pem https://localhost:$https/orders/
      403: no-match
  $curl https://localhost:$https/orders/
      403: no-certificate
  $curl --cert orders.pem -H 'X_Client_Id: admin' https://localhost:$https/orders/
      200: the backend sees spiffe://demo.example/orders and nothing of admin
  $curl -H 'Client-Cert: :Zm9yZ2Vk:' http://localhost:$http/public/
      200: the backend sees no Client-Cert
  $curl --cert orders.pem --http1.1 -H 'Connection: X-Client-DN' https://localhost:$stock/orders/
      200 from httpd without the module: X-Client-DN has not arrived

  The configuration:   $dir/gateway.conf
  Who was denied, why: tail $dir/gateway.error.log
TEXT
}

keep() {
    cat >"$dir/stop.sh" <<TEXT
#!/bin/sh
kill ${running[*]} 2>/dev/null
rm -rf '$dir'
TEXT
    printf '\nIt keeps running. To stop it and remove its files:\n\n  sh %s/stop.sh\n' "$dir"
}

make_pki
start_backend
start_servers
$python tools/demo/table.py "$dir" "$https" "$http" "$stock"
if [ "$KEEP" = 1 ]; then
    by_hand
    keep
else
    printf '\nStopped. With KEEP=1 it keeps running, and shows commands to try by hand.\n'
fi
