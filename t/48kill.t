#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The kill list: whom each kind of entry means, in which virtual hosts, on which connections, and whom it leaves alone.
use MTLS::Test;
use MTLS::Lists;
use Time::HiRes qw(sleep time);

make_certificate($_ => { serial => 0x77, san => [['dns', "$_.example.org"]] }) for 'serial', 'serial-too';
make_certificate('serial-elsewhere' => { serial => 0x77, issuer => 'root' });
make_certificate('by-subject' => { subject => [['O', 'Kill, Inc.'], ['CN', 'x']] });
make_certificate('not-subject' => { subject => [['CN', 'x'], ['O', 'Kill, Inc.']] });
make_certificate('by-spki' => {});
make_certificate('by-dns' => { san => [['dns', 'a.example.org'], ['dns', 'Dead.example.org']] });
make_certificate('postal' => { subject => [['C', 'DE'], ['2.5.4.17', '10115'], ['O', 'Example'], ['CN', 'postal']] });
make_certificate('multi-ca' => { issuer => 'root', ca => 1, eku => [], ku => ['keyCertSign'], subject => [['C', 'DE'], ['OU', 'x'], ['+CN', 'Multi CA']] });
make_certificate('by-multi' => { issuer => 'multi-ca', serial => 0x77 });
# Issuers' names in other letters and blanks than the CA has them, and than the list has them.
make_certificate('by-folded' => { serial => 0x79, issuer_name => [['C', 'de'], ['O', 'EXAMPLE TRUST'], ['CN', ' Example  Issuing CA']] });
make_certificate('by-plain' => { serial => 0x7A });
make_certificate('by-plain-too' => { serial => 0x7B });
make_certificate('star' => { san => [['dns', '*.example.org']] });
my $dir = list_dir();

my @KILLED = (
    "sha256 @{[ uc digest_of('ok') =~ s/(..)(?!$)/$1:/gr ]}\n", "spki.sha256 @{[ spki_of('by-spki') ]}   # as long as it has this key\n",
    "# line 3\n", "\tSPIFFE spiffe://example.org/ns/shop/sa/web\r\n", "san.uri spiffe://example.org/ns/shop/sa/other\n",
    "san.dns dead.example.ORG\n", "subject \"CN=x,O=Kill\\\\, Inc.\"\n", "ca.sha256 @{[ digest_of('intermediate') ]}0\n",
    "serial 00:77 issuer \"CN=Example Root CA,O=Example Trust,C=DE\"\n",
    # As openssl prints them.
    map({ my ($field, $begin, $name) = @$_; "$begin \"" . (qx{openssl x509 -in '@{[ pki("$name.crt") ]}' -noout -$field -nameopt compat} =~ m{=(/.*)})[0] . "\"\n" }
        ['subject', 'subject', 'postal'], ['issuer', 'serial 77 issuer', 'by-multi']),
    "serial 79 issuer \"CN=Example Issuing CA,O=Example Trust,C=DE\"\n", "serial 7A issuer \"/C=DE/O=Example Trust/CN=EXAMPLE  issuing CA \"\n",
    "serial 7B issuer \"CN=ExampleIssuing CA,O=Example Trust,C=DE\"\n",
);
like($KILLED[9] . $KILLED[10], qr{^subject "/C=DE/postalCode=10115/O=Example/CN=postal"\nserial 77 issuer "/C=DE/OU=x\+CN=Multi CA"\n$}, 'names in slash form');
$KILLED[7] = "ca.spki.sha256 @{[ digest_of('intermediate') ]}\n";         # the digest of something else
# Certificate, line of the kill list; 0: nobody's.
my %LINE = (ok => 1, 'by-spki' => 2, spiffe => 4, other => 5, 'by-dns' => 6, 'by-subject' => 7, 'serial-elsewhere' => 9, postal => 10, 'by-multi' => 11, 'by-folded' => 12, 'by-plain' => 13, 'by-plain-too' => 0,
            'two-spiffe' => 0,
            serial => 0, 'serial-too' => 0, 'not-subject' => 0, star => 0, bare => 0, direct => 0, rsa => 0);

# A slow page: while it is made, the client is killed. See below.
my $slow = "$dir/slow.sh";
spew($slow, <<"END");
#!/bin/sh
printf 'Content-Type: text/plain\\n\\nbegin '
mv '$dir/next' '$dir/kill'
touch '$dir/started'
n=0
while [ ! -e '$dir/goon' ] && [ \$n -lt 600 ]; do n=\$((n + 1)); sleep 0.1; done
echo end
END
chmod 0755, $slow;

put('kill', '# nobody');
my $backend = start_backend('http');
my @port = map { free_port() } 1 .. 4;
my $TLS = "SSLEngine on\nSSLCertificateFile \@PKI@/server.crt\nSSLCertificateKeyFile \@PKI@/server.key\nSSLCACertificateFile \@PKI@/ca.pem\nSSLVerifyDepth 10\n";
my $server = start_server(
    log_level => 'mtls_authz:debug', log_format => '%p %U %>s %{MTLS_REASON}e',
    tls => <<"END",
    MTLSListInterval 1s
    MTLSKillList $dir/kill
    ScriptAlias "/slow" "$slow"
    ScriptAlias "/page/" "\@HTDOCS@/../cgi-bin/"
    ErrorDocument 403 /page/dump.py
    ProxyPass "/b/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    MTLSHeader X-Subject subject.cn
    MTLSEnv on
    <Location "/rule">
        Require mtls san.dns present
    </Location>
    <Location "/all">
        Require all granted
    </Location>
    <Location "/any">
        Order allow,deny
        Allow from all
        Satisfy Any
        Require mtls san.dns nobody.example.org
    </Location>
    <Location "/report">
        MTLSMode report
        Require mtls
    </Location>
END
    conf => join '', map({ "Listen 127.0.0.1:$_\n" } @port), <<"END");
    # Connections that are opened early are asked late, however slow the machine is.
    KeepAliveTimeout 600
    <Directory "$dir">
        Require all granted
    </Directory>
    <IfModule !mpm_prefork_module>
        ServerLimit 1
        MaxRequestWorkers 16
    </IfModule>
    <VirtualHost 127.0.0.1:$port[0]>
        $TLS
        SSLVerifyClient require
    </VirtualHost>
    <VirtualHost 127.0.0.1:$port[1]>
        $TLS
        SSLVerifyClient optional_no_ca
    </VirtualHost>
    <VirtualHost 127.0.0.1:$port[2]>
        $TLS
        Protocols http/1.1
        <Location "/ask">
            SSLVerifyClient require
            SSLVerifyDepth 5
        </Location>
        <Location "/ask/rule">
            Require mtls
        </Location>
        <Location "/ask/any">
            Order allow,deny
            Allow from all
            Satisfy Any
            Require valid-user
        </Location>
    </VirtualHost>
    <VirtualHost 127.0.0.1:$port[3]>
        $TLS
        SSLVerifyClient optional
        MTLSBackstop on
        ErrorDocument 403 /b/page
        ProxyPass "/b/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
        <Location "/">
            Require mtls
        </Location>
    </VirtualHost>
END

my $version = 1;
sub kill_list {
    my (@lines) = @_;
    put('kill', @lines);
    $version++;
    await($server, qr/kill list: version $version is in force/);
    everywhere($server, undef, $version);
}
sub ask { my ($cert, $path, @more) = @_; return client()->request($server, $path // '/all', cert => $cert, @more) }
sub status { return ask(@_)->{status} }

sub cut_while_running {
    spew("$dir/next", "san.dns shop.example.org\n");
    if (my $pid = fork // die) {
        my @r = client()->many($server, { cert => 'ok', http => '2' }, { path => '/slow', wait => 0 }, { path => '/all', wait => 0, when => "$dir/known" },
            { path => '/all', wait => 0, when => "$dir/denied" });
        is($r[0]{status} . ' ' . $r[0]{body} =~ s/\s+/ /gr, '200 begin end ', 'a response that was begun before is finished');
        isnt($r[1]{status}, 404, 'the next request is denied') or diag explain $r[1];
        is($r[1]{status}, 403, 'in words');
        isnt($r[2]{status}, 404, 'and so is the one behind it');
        waitpid $pid, 0;
    }
    else {
        my $other = MTLS::Client->new;
        my $until = time + 60;
        sleep 0.1 until -e "$dir/started" || time > $until;
        sleep 0.1 until $other->request($server, '/all', cert => 'ok')->{status} == 403 || time > $until;
        my $denials = () = $server->error_log =~ /reason: killed/g;
        spew("$dir/known", '');
        sleep 0.1 until (() = $server->error_log =~ /reason: killed/g) > $denials || time > $until;
        spew("$dir/denied", '');
        sleep 1;
        spew("$dir/goon", '');
        POSIX::_exit(0);
    }
}

my @HTTP = mpm() eq 'prefork' ? '1.1' : ('1.1', '2');
my ($plain, $other_host, $loose, $asks) = ({ plain => 1 }, { port => $port[0] }, { port => $port[1] }, { port => $port[2], pha => 1 });

# ---- before ----

is(status($_), 404, "$_: let in") for sort keys %LINE;
for my $http (@HTTP) {
    is(status('ok', '/all', http => $http, conn => "open $http", save => "session $http"), 404, "HTTP/$http: a connection that stays open");
    is(status('bare', '/all', http => $http, conn => "bare $http"), 404, "HTTP/$http: another one");
}
is(status('ok', '/all', tls => '1.2', %$asks, conn => 'asked'), 404, 'nobody has asked for a certificate');

# ---- entries ----

$server->mark;
kill_list(@KILLED);
is(status('ok'), 403, 'killed');
for my $cert (sort keys %LINE) {
    $server->mark;
    my $response = ask($cert);
    is($response->{status}, $LINE{$cert} ? 403 : 404, "$cert: " . ($LINE{$cert} ? "by line $LINE{$cert}" : 'is not meant'));
    next if !$LINE{$cert};
    is(scalar await($server, qr{reason: killed .*; kill list \Q$dir\E/kill:$LINE{$cert}; subject "}), 1, "$cert: the log says so");
    is(($server->access_log)[0] =~ s/.* //r, 'killed', "$cert: reason");
    like($response->header('Connection'), qr/\bclose$/, "$cert: the connection ends");
    my %seen = map { @$_ } @{ $response->seen->{params} };
    is_deeply([grep { /^(?:REDIRECT_)?MTLS_/ && !/MTLS_REASON$/ } keys %seen], [], "$cert: nothing of the client on the error page");
}

# ---- places ----

for my $path ('/', '/all', '/any', '/rule', '/report', '/nowhere', '/slow', '/b/x', '/icons/', '/%2e%2e/', '/cgi-bin/dump.py', '/page/dump.py') {
    is(status('ok', $path), 403, "$path: killed");
    isnt(status('bare', $path), 403, "$path: another one is not") if $path !~ m{^/rule|^/slow|^/%};
}
is_deeply([grep { $_ eq 'ok' } map { JSON::PP->new->canonical->encode($_) =~ /Anne/ ? 'ok' : 'another' } $backend->received], [], 'no backend has heard of him');
for my $method (qw(HEAD POST PUT DELETE OPTIONS TRACE PROPFIND BREW)) {
    is(status('ok', '/all', method => $method, $method eq 'POST' ? (body => 'x' x 100000) : ()), 403, "$method: killed");
}
is(status('ok', '*', method => 'OPTIONS'), 403, 'OPTIONS *: killed');

# The page that tells him lies behind the backstop, too.
$backend->mark;
is(status('ok', '/all', port => $port[3]), 403, 'backstop: killed');
is_deeply([$backend->received], [], '... and his error page is not asked for');
is(status('bare', '/b/x', port => $port[3]), 200, '... others come through');
is(status('ok', '/', %$other_host), 403, 'a virtual host without any rule');
is(status('bare', '/', %$other_host), 200, '... lets others in');
is(status('ok', '/', %$loose), 403, 'a virtual host that does not insist');
is(status('selfsigned', '/', %$loose), 200, 'whom nobody has verified is nobody');
is(status('stranger', '/', %$loose), 200, '... and may say what he wants');
is(status(undef, '/', %$other_host, port => $port[1]), 200, 'no certificate');
is(status(undef, '/', %$plain), 200, 'no TLS');
is(status('ok', '/', %$plain), 200, 'no TLS, whoever it is');

# ---- connections ----

for my $http (@HTTP) {
    my %open = (http => $http, conn => "open $http");
    my $first = ask('ok', '/all', %open);
    my $last = client()->behind_goodbye($server, '/all', 403, cert => 'ok', %open);
    is($first->{status}, 403, "HTTP/$http: the next request on an open connection");
    is($last->{status}, 0, "HTTP/$http: there is none behind it");
    like($last->{error} // '', $http eq '2' ? qr/GOAWAY|closed/ : qr/closed|reset/i, "HTTP/$http: the connection has ended");
    my $resumed = ask('ok', '/all', http => $http, session => "session $http");
    is($resumed->{status}, 403, "HTTP/$http: a resumed session");
    ok($resumed->{reused}, '... was resumed');
    is(status('bare', '/all', http => $http, conn => "bare $http"), 404, "HTTP/$http: others keep theirs");
    my @two = client()->many($server, { cert => 'ok', http => $http }, { path => '/all', wait => 0 }, { path => '/rule', wait => 0 });
    is($two[0]{status}, 403, "HTTP/$http: several requests at once");
    isnt($two[1]{status}, 404, "HTTP/$http: ... are no way around");
}
for my $tls ('1.2', '1.3') {
    for my $path ('/ask', '/ask/rule', '/ask/any') {
        is(status('ok', '/', %$asks, tls => $tls), 200, "TLS $tls: not yet asked for a certificate");
        is(status('ok', $path, %$asks, tls => $tls), 403, "TLS $tls, $path: killed in the request that asks");
        is(status('bare', $path, %$asks, tls => $tls), 404, "TLS $tls, $path: another one");
    }
}
is(status('ok', '/ask', tls => '1.2', %$asks, conn => 'asked'), 403, 'on a connection that was open before');

# ---- what runs is finished ----

kill_list('# nobody');
is(status('ok'), 404, 'no longer killed');
# On one connection of HTTP/1.1 nothing runs beside anything.
if ($HTTP[-1] ne '2') {
    spew("$dir/kill~", "san.dns shop.example.org\n");
    rename "$dir/kill~", "$dir/kill";
    await($server, qr/kill list: version @{[ $version + 1 ]} is in force/);
}
else {
    cut_while_running();
}
$version++;
everywhere($server, undef, $version);
is(status('ok'), 403, 'killed again');

# ---- bad ones ----

put('kill', 'san.dns nobody.example.org', 'san.dns');
is(scalar await($server, qr/kill list: \Q$dir\E\/kill:2: 'san.dns' needs a value behind it; version $version with 1 entries stays/), 1, 'a bad line');
is(status('ok'), 403, 'he is still killed');
truncate "$dir/kill", 0;
is(scalar await($server, qr/kill list: \Q$dir\E\/kill: is empty/), 1, 'an empty file');
is(status('ok'), 403, 'he is still killed');

# What cannot be read could be on the list.
kill_list('san.uri urn:nobody');
is(status('ok'), 404, 'nobody is killed');
is(status('nul-dns'), 404, 'a name that nobody asks for does no harm');
kill_list('san.dns nobody.example.org');
is(status('nul-dns'), 403, 'one that cannot be read is denied');
like(($server->access_log(qr{ /all 403 malformed}))[-1], qr/malformed$/, '... for that reason');
is(status('ok'), 404, 'nobody else is');

# All that a CA has issued.
kill_list("ca.spki.sha256 @{[ spki_of('intermediate') ]}", "ca.sha256 @{[ digest_of('twin-ca') ]}");
is(status('ok'), 403, 'a CA is killed');
for my $column (tls_matrix()) {
    my $name = join ' ', map { "$_ $column->{$_}" } sort keys %$column;
    is(status('rsa', '/all', %$column), 403, "by its CA: $name");
    is(status('direct', '/all', %$column), 404, "of another CA: $name");
}
done_testing;
