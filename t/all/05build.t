#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The Makefile, as somebody uses it who has just cloned: with gcc and with clang, again, after a change, without what it
# needs; and what a2enmod makes of the installation.
use MTLS::Test;
use File::Path 'make_path';

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS BUILD CC CFLAGS CPPFLAGS LDFLAGS WERROR V APXS)};
my $apxs = $ENV{MTLS_APXS};
my $dir = logs() . "/build-$$";
make_path($dir);
system("tar -c -C '@{[ top() ]}' --exclude=./build --exclude=./t . | tar -x -C '$dir'") == 0 or die 'tar';

sub make { my ($arguments) = @_; my $output = qx(cd "$dir" && make -f Makefile.apxs $arguments </dev/null 2>&1); return ($? >> 8, $output) }

# Sources that a make has compiled, by name.
sub compiled { return join ' ', sort $_[0] =~ /^  CC +(\S+)$/mg }

# What attacks by memory need, taken away: by the distribution's flags, so none of ours may take them back.
sub weak_points {
    my ($file) = @_;
    my ($headers, $dynamic, $symbols, $kind) = map { scalar qx(readelf $_ "$file" 2>&1) } '-lW', '-dW', '-sW', '-hW';
    my @weak;
    push @weak, 'relocations stay writable' if $headers !~ /GNU_RELRO/ || $dynamic !~ /BIND_NOW|\bNOW\b/;
    push @weak, 'an executable stack' if ($headers =~ /GNU_STACK.*/ ? $& : 'RWE') =~ /\bRWE\b/;
    push @weak, 'code that is written to' if $dynamic =~ /TEXTREL/;
    push @weak, 'a path of its own for libraries' if $dynamic =~ /RPATH|RUNPATH/;
    push @weak, 'stacks without protection' if $symbols !~ /__stack_chk_fail/;
    push @weak, 'a fixed address' if $kind !~ /Type: +DYN/;
    return join ', ', @weak;
}
my $fortified = qx($apxs -q CPPFLAGS NOTEST_CPPFLAGS CFLAGS EXTRA_CPPFLAGS EXTRA_CFLAGS) =~ /-D_FORTIFY_SOURCE=[23]/;
spew("$dir/weak.c", 'int main(void) { char c[64]; for (int i = 0; i < 64; i++) ((volatile char *)c)[i] = 1; return c[1]; }');
system(qw(gcc -o), "$dir/weak", qw(-no-pie -fno-stack-protector -z norelro -z execstack), "$dir/weak.c") == 0 or die 'gcc';
is(weak_points("$dir/weak"), 'relocations stay writable, an executable stack, stacks without protection, a fixed address',
   'weak points are found where there are any');

my $all = 0;
for my $compiler (qw(gcc clang)) {
    my $how = "APXS='$apxs' CC=$compiler BUILD=out-$compiler";
    my ($exit, $output) = make($how);
    is($exit, 0, "$compiler: it builds") or diag($output);
    unlike($output, qr/warning/i, "$compiler: with the distribution's flags, without a warning");
    my @sources = split ' ', compiled($output);
    ok(@sources > 60, "$compiler: " . @sources . ' sources');
    is(join(' ', map { /(\S+)$/ } split /\n/, qx(nm -D --defined-only "$dir/out-$compiler/mod_mtls_authz.so")), 'mtls_authz_module',
       "$compiler: one exported symbol");
    is(weak_points("$dir/out-$compiler/$_"), '', "$compiler: $_ has no weak points") for qw(mod_mtls_authz.so tools/mtls-explain tools/mtls-list);
    is(slurp("$dir/out-$compiler/flags") =~ /-D_FORTIFY_SOURCE=[23]/, $fortified, "$compiler: functions are fortified as httpd's are");
    ($exit, $output) = make($how);
    like($output, qr/Nothing to be done/, "$compiler: a second make has nothing to do");
    next if $all++;

    # A change, and what follows from it.
    utime undef, undef, "$dir/src/mtls_glob.c" or die;
    ($exit, $output) = make($how);
    is(compiled($output), 'src/mtls_glob.c', 'a changed source is compiled, and no other');
    like($output, qr{LINK +out-gcc/mod_mtls_authz\.so}, 'and the module linked');
    utime undef, undef, "$dir/include/mtls_castore.h" or die;
    my @users = grep { qx(cd "$dir" && $compiler -MM -Iinclude \$(apr-1-config --includes) \$(apxs -q CFLAGS) \\
                       -I\$(apxs -q INCLUDEDIR) -I\$(apr-1-config --includedir) $_) =~ m{include/mtls_castore\.h} } @sources;
    ($exit, $output) = make($how);
    is(compiled($output), join(' ', sort @users), 'a changed header has all compiled that include it: ' . @users);
    ok(@users > 0 && @users < @sources, 'which are some, not all');
    ($exit, $output) = make("$how CFLAGS=-DNDEBUG -n");
    is(scalar(() = $output =~ /-c -o/g), scalar @sources, 'another flag has everything compiled again');
}

# ---- what is missing is said ----

for my $case (["APXS=/nowhere/apxs BUILD=out-none", qr{^/nowhere/apxs is missing: install apache2-dev \(or set APXS=}m],
              ["APXS='$apxs' CC=nocc BUILD=out-none", qr/^the compiler nocc is missing: install gcc \(or set CC=\)$/m],
              ["APXS='$apxs' APR_CONFIG=/nowhere/apr BUILD=out-none", qr{^/nowhere/apr is missing: install libapr1-dev$}m],
              ["APXS='$apxs' APU_CONFIG=/nowhere/apu BUILD=out-none", qr{^/nowhere/apu is missing: install libaprutil1-dev$}m]) {
    my ($exit, $output) = make($case->[0]);
    isnt($exit, 0, "$case->[0] does not build");
    like($output, $case->[1], "$case->[0]: the sentence");
}

# ---- with mod_ssl's header ----

# Debian ships none; this one declares what httpd documents of it, by APR's macros as httpd does.
make_path("$dir/with");
spew("$dir/with/mod_ssl_openssl.h", <<'END');
#include "mod_ssl.h"
#include <openssl/ssl.h>
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, init_server, (server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx))
APR_DECLARE_EXTERNAL_HOOK(ssl, SSL, int, pre_handshake, (conn_rec *c, SSL *ssl, int is_proxy))
END
my ($status, $said) = make("APXS='$apxs' CC=gcc BUILD=out-with WERROR=1 CPPFLAGS='-I$dir/with'");
is($status, 0, 'it builds with mod_ssl_openssl.h') or diag($said);
ok((grep { slurp($_) =~ m{with/mod_ssl_openssl\.h} } glob "$dir/out-with/httpd/*.d"), '... and reads it');
my $with = slurp("$dir/with/mod_ssl_openssl.h");
spew("$dir/with/mod_ssl_openssl.h", $with =~ s/int is_proxy, SSL_CTX/long is_proxy, SSL_CTX/r);
($status) = make("APXS='$apxs' CC=gcc BUILD=out-with WERROR=1 CPPFLAGS='-I$dir/with'");
isnt($status, 0, '... and does not build with another declaration');
spew("$dir/with/mod_ssl_openssl.h", $with);
make("APXS='$apxs' CC=gcc BUILD=out-with WERROR=1 CPPFLAGS='-I$dir/with'");
{
    local $ENV{MTLS_BUILD} = "$dir/out-with";
    my $server = start_server(tls => "<Location />\nRequire mtls subject.cn \"Anne Example\"\n</Location>");
    is(client()->request($server, '/', cert => $_->[0])->{status}, $_->[1], "... with it, $_->[0]: $_->[1]") for ['ok', 200], ['other', 403];
}

# ---- installed ----

my $root = "$dir/root";
make_path("$root/etc/apache2/$_") for qw(mods-available mods-enabled);
my ($exit, $output) = make("install APXS='$apxs' CC=gcc BUILD=out-gcc DESTDIR='$root' PREFIX=/usr");
is($exit, 0, 'install') or diag($output);
is(compiled($output), '', 'compiles nothing that is built');
ok(-x "$root/usr/bin/mtls-explain", 'PREFIX= is respected');
like(qx("$root/usr/bin/mtls-explain" "@{[ pki('ok.crt') ]}"), qr/^ +subject\.cn +Anne Example$/m, 'mtls-explain runs from there');
my $available = "$root/etc/apache2/mods-available";
spew("$available/ssl.load", "LoadModule ssl_module $ENV{MTLS_MODULES}/mod_ssl.so\n");
local %ENV = (%ENV, APACHE_CONFDIR => "$root/etc/apache2", APACHE_STATE_DIRECTORY => "$root/state", PATH => "$ENV{PATH}:/usr/sbin");
make_path("$root/state");
$output = qx(a2enmod mtls_authz 2>&1);
is($?, 0, 'a2enmod finds it') or diag($output);
is(join(' ', sort map { m{([^/]+)$} } glob "$root/etc/apache2/mods-enabled/*"), 'mtls_authz.conf mtls_authz.load ssl.load',
   'and enables it with mod_ssl');
my $files = join '', map { slurp($_) } map { glob "$root/etc/apache2/mods-enabled/*.$_" } qw(load conf);
$files =~ s{^(LoadModule mtls_authz_module )}{$1$root}m;
ok_config('httpd takes what was enabled', { ours => 'no', without => ['ssl'], conf => $files });

make("clean BUILD=out-gcc");
ok(!-e "$dir/out-gcc", 'clean removes what was built');
done_testing;
