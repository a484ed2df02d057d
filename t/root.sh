#!/usr/bin/env bash
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# t/root.sh     what only a server that is started by root says: a list that its children will not be able to read
#
# Everything else is tested by an unprivileged user. Nothing is started: "httpd -t" says it.
set -u
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
: "${BUILD:=build}" "${APXS:=$(command -v apxs || command -v apxs2)}" "${MTLS_TEST_USER:=nobody}"

if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null && exec sudo -n BUILD="$BUILD" APXS="$APXS" MTLS_TEST_USER="$MTLS_TEST_USER" bash t/root.sh
    echo "t/root.sh: not shown, as nobody here is root: a list that only root can read is warned about" >&2
    [ "${CI:-}" = true ] && exit 1
    exit 0
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/mtls-root.XXXXXX")
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
modules=$("$APXS" -q LIBEXECDIR)
httpd=$(command -v apache2 || command -v httpd)
for name in mpm_event unixd authz_core ssl; do
    [ ! -e "$modules/mod_$name.so" ] || echo "LoadModule ${name}_module $modules/mod_$name.so"
done >"$dir/httpd.conf"
cat >>"$dir/httpd.conf" <<END
LoadModule mtls_authz_module $(realpath "$BUILD")/mod_mtls_authz.so
ServerRoot $dir
ServerName localhost
PidFile $dir/pid
ErrorLog $dir/log
User $MTLS_TEST_USER
Group $(id -gn "$MTLS_TEST_USER")
Listen 127.0.0.1:9
MTLSList partners san.dns file:lists/partners
<Location />
    Require mtls in partners
</Location>
END
mkdir "$dir/lists"
echo shop.example.org >"$dir/lists/partners"

failed=0
# What the file and its directory allow, and whether there is a warning.
check() {
    local what=$1 directory=$2 file=$3 wanted=$4 said found=no
    shift 4
    chmod "$directory" "$dir/lists"
    chmod "$file" "$dir/lists/partners"
    said=$("$@" "$httpd" -t -f "$dir/httpd.conf" 2>&1)
    [[ $said == *"Syntax OK"* ]] || found="refused: $said"
    [[ $said == *"lists/partners can be read now, as root, and not later, as $MTLS_TEST_USER: changes will not be seen"* ]] && found=yes
    if [ "$found" = "$wanted" ]; then
        echo "ok - $what"
    else
        printf 'not ok - %s: warned: %s, wanted: %s\n%s\n' "$what" "$found" "$wanted" "$said"
        failed=1
    fi
}
check 'everybody may read it' 755 644 no
check 'only root may read the file' 755 600 yes
check 'only root may enter the directory' 700 644 yes
chgrp "$(id -g "$MTLS_TEST_USER")" "$dir/lists/partners"
check 'the group of the children may read it' 755 640 no
chgrp 54321 "$dir/lists/partners"
check 'a group of root may read it' 755 640 yes setpriv --groups 54321
# A user who has a group beside his own, as backups or logs are read by: sought among those of the machine.
while IFS=: read -r group _ _ members; do
    user=${members%%,*}
    [ -n "$user" ] && [ "$(id -gn "$user" 2>/dev/null)" != "$group" ] && [ "$(id -u "$user")" != 0 ] && break
    user=
done < <(getent group)
if [ -n "$user" ]; then
    sed -i "s/^User .*/User $user/; s/^Group .*/Group $(id -gn "$user")/" "$dir/httpd.conf"
    MTLS_TEST_USER=$user
    chgrp "$group" "$dir/lists/partners"
    check 'another group of that user may read it' 755 640 no
else
    echo 't/root.sh: not shown, as nobody here has a second group: that all groups of the user count' >&2
fi
exit $failed
