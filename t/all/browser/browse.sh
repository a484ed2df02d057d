#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# [WINDOW=800,400] [PATIENCE=0] browse.sh URL SCREENSHOT CA [STORE.p12 PASSWORD]
#
# What a person sees in Chromium, with a certificate or without. PATIENCE: milliseconds that a page with a script gets to
# go elsewhere, in the browser's own time.
#
# Prints the page as text and takes a picture of it. The browser has a new profile, whose certificate store (NSS, at
# $HOME/.pki/nssdb) holds the CA and, if there is one, the client's certificate.
set -eu
url=$1 picture=$PWD/$2 ca=$3
home=$(mktemp -d "${TMPDIR:-/tmp}/browse.XXXXXX")
# The browser may still be writing when it has answered.
trap 'for try in 1 2 3 4 5; do rm -rf "$home" 2>/dev/null && break; sleep 0.2; done' EXIT
store=sql:$home/.pki/nssdb
mkdir -p "$home/.pki/nssdb" "$home/profile/Default"
certutil -N -d "$store" --empty-password
certutil -A -d "$store" -n ca -t C,, -i "$ca"
[ $# -lt 5 ] || pk12util -d "$store" -K '' -i "$4" -W "$5" >/dev/null

# A person is asked which certificate to show. Nobody is here to answer: show the one there is. On machines that
# are managed the policy AutoSelectCertificateForUrls does the same.
port=$(sed 's,https://[^:/]*:\([0-9]*\)/.*,\1,' <<<"$url")
setting='{"setting":{"filters":[{}]}}'
printf '{"profile":{"content_settings":{"exceptions":{"auto_select_certificate":{"https://localhost:%s,*":%s,"https://127.0.0.1:%s,*":%s}}}}}' \
    "$port" "$setting" "$port" "$setting" >"$home/profile/Default/Preferences"

HOME=$home timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
    ${PATIENCE:+--virtual-time-budget=$PATIENCE} --user-data-dir="$home/profile" --window-size="${WINDOW:-800,400}" --screenshot="$picture" --dump-dom "$url" \
    >"$home/page" 2>"$home/said" || { cat "$home/said"; exit 1; }
# The text of the page, one line for each line of it.
sed -e 's,</\(h1\|p\|title\)>,\n,g' -e 's,<[^>]*>,,g' "$home/page" | sed '/^[[:space:]]*$/d'
