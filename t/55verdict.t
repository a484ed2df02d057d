#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# How long a verdict of the backstop holds: for one request, one configuration and this client, not for the next
# subrequest in the same memory, not for another host on the connection, and not for what a cache has kept. Where it only
# reports there is a line for each part that would have been refused, and nothing else is lost.
use MTLS::Test;
use File::Path 'make_path';

my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $www = logs() . "/www-$$";
make_path("$www/$_") for 'page', 'part', 'cache', 'kept';
spew("$www/part/$_.txt", "SECRET-$_\n") for 0 .. 9;
# Satisfied and not, many times, in the order in which the page names them.
my @TURNS = map { (('yes', 'no', 'no', 'yes', 'other', 'yes', 'no', 'open')[$_ * 5 % 8], $_ % 10) } 0 .. 199;
my @parts;
push @parts, [splice @TURNS, 0, 2] while @TURNS;
spew("$www/page/parts.shtml", join "\n", map { qq{<!--#include virtual="/$_->[0]/$_->[1].txt" -->} } @parts);
# Looked up and forgotten at once: the next one finds the memory of the one before.
spew("$www/page/sizes.shtml", join "\n", map { qq{<!--#fsize virtual="/$_/1.txt" -->} } ('yes', 'not') x 40);
spew("$www/page/nested.shtml", qq{<!--#include virtual="/page/parts.shtml" --><!--#include virtual="/no/1.txt" --><!--#include virtual="/yes/1.txt" -->});

# An application that greets, with a header that the path asks for.
spew("$www/cache/app.py", <<'PROGRAM');
#!/usr/bin/python3
import os
said = {"/vary": "Vary: X-Who", "/public": "Cache-Control: public, max-age=60", "/private": "Cache-Control: max-age=60"}
print("Content-Type: text/plain\n" + said.get(os.environ["PATH_INFO"], "X-Nothing: said") + "\n\n" + os.environ["HTTP_X_WHO"])
PROGRAM
chmod 0755, "$www/cache/app.py";

my ($one, $two) = (free_port(), free_port());
my $PROTOCOLS = mpm() eq 'prefork' ? 'http/1.1' : 'h2 http/1.1';
my $TLS = <<"END";
    Protocols $PROTOCOLS
    SSLEngine on
    SSLCertificateFile "\@PKI\@/server.crt"
    SSLCertificateKeyFile "\@PKI\@/server.key"
    SSLCACertificateFile "\@PKI\@/ca.pem"
    SSLVerifyDepth 10
END
my ($hosts, $places) = (<<"OUTSIDE", <<"END");
Listen 127.0.0.1:$one
Listen 127.0.0.1:$two
SSLVHostSNIPolicy insecure
<VirtualHost 127.0.0.1:$one 127.0.0.1:$two>
    ServerName guarded.example.net
    $TLS
    SSLVerifyClient optional
    MTLSBackstop on
    ProxyPass "/" "$origin/"
    <Location "/rule/">
        Require mtls
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:$one 127.0.0.1:$two>
    ServerName open.example.net
    $TLS
    SSLVerifyClient none
    ProxyPass "/" "$origin/"
</VirtualHost>
OUTSIDE
    DocumentRoot "$www"
    AddOutputFilter INCLUDES .shtml
    AddType text/html .shtml
    MTLSBackstop on
    Alias "/yes/" "$www/part/"
    Alias "/no/" "$www/part/"
    Alias "/not/" "$www/part/"
    Alias "/other/" "$www/part/"
    Alias "/open/" "$www/part/"
    <Directory "$www">
        Options +Includes
        Require all granted
    </Directory>
    <LocationMatch "^/(?:open|page)/">
        MTLSBackstop off
        Require all granted
    </LocationMatch>
    <LocationMatch "^/not/">
        Require all granted
    </LocationMatch>
    <LocationMatch "^/yes/">
        Require mtls san.dns is shop.example.org
    </LocationMatch>
    <LocationMatch "^/other/">
        Require mtls san.dns is other.example.org
    </LocationMatch>
    ScriptAlias "/cached/both" "$www/cache/app.py"
    ProxyPass "/cached/both" !
    ProxyPass "/cached/" "$origin/cached/"
    CacheQuickHandler off
    CacheEnable disk "/cached/"
    CacheRoot "$www/kept"
    CacheLock off
    CacheHeader on
    CacheIgnoreNoLastMod on
    CacheIgnoreCacheControl on
    CacheDefaultExpire 3600
    CacheStoreNoStore on
    CacheStorePrivate on
    <Location "/cached/">
        Require mtls san.dns is shop.example.org
    </Location>
    <Location "/cached/both">
        MTLSHeader X-Who subject.cn
        <RequireAny>
            Require mtls san.dns is shop.example.org
            Require mtls san.dns is other.example.org
        </RequireAny>
    </Location>
END

my $server = start_server(conf => $hosts, tls => $places);
my $reporting = start_server(tls => "MTLSMode report\n$places", log_level => 'mtls_authz:info');

my %GRANTED = (ok => { yes => 1, open => 1 }, other => { other => 1, open => 1 }, '' => { open => 1 });
my @HTTP = mpm() eq 'prefork' ? ('1.1') : ('1.1', '2');
for my $http (@HTTP) {
    for my $cert ('ok', 'other', '', 'ok') {
        my @wanted = map { $GRANTED{$cert}{$_->[0]} ? "SECRET-$_->[1]" : 'refused' } @parts;
        my @pages = client()->many($server, { http => $http, cert => $cert || undef }, ({ path => '/page/parts.shtml' }) x 3, { path => '/page/nested.shtml' });
        for my $i (0 .. 3) {
            my @got = $pages[$i]{body} =~ /(SECRET-\d|an error occurred)/g;
            my $got = join ' ', map { /SECRET/ ? $_ : 'refused' } @got;
            my @more = $i < 3 ? () : ('refused', $GRANTED{$cert}{yes} ? 'SECRET-1' : 'refused');
            is($got, "@wanted" . join('', map { " $_" } @more), "HTTP/$http, " . ($cert || 'nobody') . ", page $i: each part by its own rule");
            next if $i != 0 && $i != 3;
            $reporting->mark;
            my $path = $i ? '/page/nested.shtml' : '/page/parts.shtml';
            my $page = client()->request($reporting, $path, http => $http, cert => $cert || undef)->{body};
            my @would = map { m{/(\w+/\d)\.txt} } grep { /would deny, reason/ } split /\n/, $reporting->error_log;
            my @refused = map { "$_->[0]/$_->[1]" } grep { !$GRANTED{$cert}{$_->[0]} } @parts, $i ? (['no', 1], ['yes', 1]) : ();
            is(join(' ', $page =~ /(SECRET-\d)|an error/g), join(' ', map { "SECRET-$_" } (map { $_->[1] } @parts), $i ? (1, 1) : ()), '  ... reporting it serves all');
            is("@would", "@refused", '  ... and names each part that would have been refused');
        }
    }
}

my @sizes = client()->request($server, '/page/sizes.shtml', cert => 'ok')->{body} =~ /^\s*(\d+|\[an error occurred)/mg;
is("@sizes", join(' ', ('9', '[an error occurred') x 40), 'no verdict outlives its subrequest');

# A cache behind the access checks: kept for the one, not shown to the other.
sub get { my ($path, $cert) = @_; return client()->request($server, $path, cert => $cert) }
is(get('/cached/x', 'ok')->{status}, 200, 'cached for the client');
my $again = get('/cached/x', 'ok');
like($again->header('X-Cache'), qr/^HIT/, 'it is in the cache');
is(get('/cached/x', $_)->{status}, 403, 'not for ' . ($_ // 'nobody')) for 'other', undef, 'bare';
unlike(get('/cached/x', 'other')->{body}, qr/"request"/, 'nor in the page that says so');
for my $cert ('ok', 'other', 'ok', 'other') {
    my $name = $cert eq 'ok' ? 'Anne Example' : 'Otto Other';
    is(get('/cached/both/x', $cert)->{body}, "$name\n", "$cert sees what was made for it");
}

for my $row (['x', 0], ['private', 0], ['vary', 1], ['public', 1]) {
    my ($path, $kept) = @$row;
    get("/cached/both/$path", 'ok');
    is(get("/cached/both/$path", 'ok')->header('X-Cache') =~ /^HIT/ ? 1 : 0, $kept, "the application says $path: kept or not");
}
is(get('/cached/both/vary', 'other')->{body}, "Otto Other\n", 'one response for each');

# A connection that was made to one host, and a request for the other: whoever the connection verified, counts.
sub cross {
    my ($sni, $host, $path, %how) = @_;
    return client()->request($server, $path, port => $one, sni => "$sni.example.net", headers => [[host => "$host.example.net:$one"]], %how)->{status};
}
for my $row (['guarded', 'guarded', '/rule/x', 'ok', 200], ['guarded', 'guarded', '/rule/x', undef, 403], ['guarded', 'guarded', '/x', 'ok', 403],
             ['open', 'open', '/x', undef, 200], ['open', 'guarded', '/rule/x', undef, 403], ['open', 'guarded', '/rule/x', 'ok', 403],
             ['open', 'guarded', '/x', 'ok', 403], ['guarded', 'open', '/x', undef, 200], ['nowhere', 'guarded', '/rule/x', undef, 403]) {
    my ($sni, $host, $path, $cert, $wanted) = @$row;
    is(cross($sni, $host, $path, cert => $cert), $wanted, "SNI $sni, Host $host, $path, " . ($cert // 'nobody'));
}
is(client()->request($server, '/rule/x', plain => 1)->{status}, 404, 'plain HTTP has no backstop of another host');
done_testing;
