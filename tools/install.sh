#!/bin/sh
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What "make -f Makefile.apxs install" does. DESTDIR, PREFIX, BUILD and APXS come from there.
set -eu

modules=$("$APXS" -q LIBEXECDIR)
config=$("$APXS" -q SYSCONFDIR)

put() { # mode, file, directory
    install -d "$DESTDIR$3"
    install -m "$1" "$2" "$DESTDIR$3/"
    echo "  $DESTDIR$3/${2##*/}"
}

put 644 "$BUILD/mod_mtls_authz.so" "$modules"
for tool in "$BUILD"/tools/mtls-* tools/mtls-*; do
    # mtls-doc prints the tables of docs/: nothing to run on a server.
    case $tool in *.[cdo] | *'*'* | */mtls-doc) continue ;; esac
    put 755 "$tool" "$PREFIX/bin"
done
for manual in docs/mtls-*.1; do
    [ ! -e "$manual" ] || put 644 "$manual" "$PREFIX/share/man/man1"
done

# Debian's own httpd, or one laid out like it; a httpd built by hand is neither, on Debian, too.
if [ ! -d "$config/mods-available" ] && { [ "$config" != /etc/apache2 ] || [ ! -e /etc/debian_version ]; }; then
    echo "To load it: LoadModule mtls_authz_module $modules/mod_mtls_authz.so"
    exit 0
fi
install -d "$DESTDIR$config/mods-available"
cat >"$DESTDIR$config/mods-available/mtls_authz.load" <<END
# Depends: ssl
LoadModule mtls_authz_module $modules/mod_mtls_authz.so
END
echo "  $DESTDIR$config/mods-available/mtls_authz.load"
if [ -e "$DESTDIR$config/mods-available/mtls_authz.conf" ]; then
    echo "  $DESTDIR$config/mods-available/mtls_authz.conf is kept as it is"
else
    cat >"$DESTDIR$config/mods-available/mtls_authz.conf" <<'END'
# What a client certificate may do, and what the backend is told of it.
#
# In the virtual host with SSLEngine on:
#
#    SSLCACertificateFile /etc/ssl/my-clients-ca.pem
#    SSLVerifyClient optional
#    SSLVerifyDepth 3
#
# and for a part of the site:
#
#    <Location "/orders/">
#        Require mtls san.dns is shop.example.org
#    </Location>
END
    echo "  $DESTDIR$config/mods-available/mtls_authz.conf"
fi
echo "To load it: a2enmod mtls_authz, then reload the server"
