#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Which names are guarded in which virtual host, what is let through, what is refused, and what the log
# says of it. A server in which nothing of ours is written does what it did without the module.
use MTLS::Test;

my $names = grep { /^-\t/ } qx(@{[ build() ]}/unit/list_names);
my $backend = start_backend('http', 'h2c');
my $port = $backend->port('http');

my $ALL = 'X-Free';
my $EVERYTHING = 'Client-Cert Client-Cert-Chain X-Client-Cert X-Free X-Other X-Own X_Own client_cert';
my @HOSTS = (
    # name, its lines, what of the headers below arrives, what the start says
    ['ours',         "MTLSHeader X-Own subject\nMTLSExport vault:X-Other", $ALL, 'all (by default)'],
    ['none',         '', 'Client-Cert Client-Cert-Chain X-Client-Cert X-Free client_cert', 'used (by default)'],
    ['verify',       'SSLVerifyClient optional', $ALL, 'all (by default)'],
    ['verify-none',  'SSLVerifyClient none', 'Client-Cert Client-Cert-Chain X-Client-Cert X-Free client_cert',
                     'used (by default)'],
    ['per-location', "<Location /elsewhere/>\nSSLVerifyClient require\n</Location>", $ALL, 'all (by default)'],
    ['rule',         "<Location /elsewhere/>\nRequire mtls\n</Location>", $ALL, 'all (by default)'],
    ['nested-rule',  "<Location /elsewhere/>\n<RequireAny>\nRequire mtls\nRequire ip ::1\n</RequireAny>\n</Location>", $ALL,
                     'all (by default)'],
    ['env',          "<Location /elsewhere/>\nMTLSEnv on\n</Location>", $ALL, 'all (by default)'],
    ['all',          'MTLSGuard all', $ALL, 'all'],
    ['used',         "MTLSGuard used\nSSLVerifyClient optional", 'Client-Cert Client-Cert-Chain X-Client-Cert X-Free client_cert',
                     'used'],
    ['off',          'MTLSGuard off', $EVERYTHING, 'off'],
    ['pass-name',    'MTLSPass x.client.cert', 'X-Client-Cert X-Free', 'all (by default)'],
    ['pass-profile', 'MTLSPass rfc9440', 'Client-Cert Client-Cert-Chain X-Free client_cert', 'all (by default)'],
    ['pass-option',  'MTLSPass vault:X-Other', 'X-Free X-Other', 'all (by default)'],
    ['pass-two',     "MTLSPass X-Own vault\nMTLSPass X-Other", 'X-Client-Cert X-Free X-Other X-Own X_Own', 'all (by default)'],
    ['reject',       "MTLSOnSpoof reject\nErrorDocument 400 /error/status/400", undef, 'all (by default)'],
    ['reject-pass',  "MTLSOnSpoof reject\nMTLSPass rfc9440 aspnet X-Own X-Other", $EVERYTHING, 'all (by default)'],
    ['reject-off',   "MTLSOnSpoof reject\nMTLSGuard off", $EVERYTHING, 'off'],
    ['strip',        'MTLSOnSpoof strip', $ALL, 'all (by default)'],
    (map { [$_,      undef, $ALL, 'all (by default)'] } 'twin-a', 'twin-b'),
    ['early',        "MTLSGuard all\nRequestHeader set X-Client-Verify early early\nRequestHeader set X_Client_DN late", $ALL, 'all'],
);
sub host { my ($name, $lines) = @_; return <<"END" }
<VirtualHost 127.0.0.1:\@HTTP_PORT\@>
    ServerName $name
    Protocols h2c http/1.1
    ProxyPass "/" "http://127.0.0.1:$port/"
    $lines
</VirtualHost>
END
my $hosts = join '', map { host(@$_[0, 1]) } grep { defined $_->[1] } @HOSTS;
# Both made by one section, in a file that is included twice.
my $section = MTLS::Server::new_directory('hosts') . '/twin.conf';
spew($section, host('${TWIN}', 'SSLVerifyClient optional') =~ s/\@HTTP_PORT\@/\${TWIN_PORT}/r);
$hosts .= "Define TWIN_PORT \@HTTP_PORT\@\n" . join '', map { "Define TWIN $_\nInclude \"$section\"\n" } 'twin-a', 'twin-b';
# What is the whole server's touches no virtual host's default.
my $kill = MTLS::Server::new_directory('lists') . '/kill';
spew($kill, "# nobody\n");
my $WHOLE = qq{MTLSKillList "$kill"\nMTLSListInterval 5s\nMTLSExpiryWarning 1d\nMTLSAuditLog "\@DIR\@/audit.log"\nMTLSWhatIf on\n};
my $server = start_server(conf => "$WHOLE$hosts", log_level => 'mtls_authz:debug', log_format => '%V %>s %{MTLS_REASON}e');

my $log = $server->error_log;
for my $host (@HOSTS) {
    my ($name, undef, undef, $mode) = @$host;
    my @notices = $log =~ /^.*mtls_authz: virtual host \Q$name\E:\d+: .*$/mg;
    is(scalar @notices, 1, "$name: one notice at start");
    like($notices[0] // '', qr/:notice\].*: MTLSGuard \Q$mode\E, \d+ header names are removed from what clients send/,
         "$name: it says $mode");
}
like($log, qr/virtual host ours:\d+: MTLSGuard all \(by default\), @{[ $names + 2 ]} header names/, 'every profile, and what is exported');
like($log, qr/virtual host used:\d+: MTLSGuard used, 2 header names/, 'what is exported');
like($log, qr/virtual host off:\d+: MTLSGuard off, 0 header names/, 'nothing');

my @SENT = map { [$_, 'of the client'] } split ' ', $EVERYTHING;
sub ask {
    my ($name, %how) = @_;
    my @headers = @{ delete $how{headers} // \@SENT };
    $backend->mark;
    my $http = $how{http} // '1.1';
    my $r = client()->request($server, delete $how{path} // '/x', plain => 1, %how,
        headers => [[$http eq '2' ? ':authority' : 'Host', $name], map { [$http eq '2' ? lc $_->[0] : $_->[0], $_->[1]] } @headers]);
    my @seen = $backend->received;
    return ($r, @seen);
}
sub arrived { return join ' ', sort map { /^([^:]*): of the client$/ ? lc $1 : () } @{ $_[0]{headers} } }
sub lower { return join ' ', sort map { lc } split ' ', $_[0] }

for my $host (@HOSTS) {
    my ($name, undef, $expected) = @$host;
    for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
        my ($r, @seen) = ask($name, http => $http);
        is($r->{status}, $expected ? 200 : 400, "$name, HTTP/$http: status");
        is(arrived($seen[0]), lower($expected), "$name, HTTP/$http: what arrives") if $expected;
        is(arrived($seen[0]), 'x-free', "$name, HTTP/$http: the error page's backend gets nothing forged") if !$expected;
    }
}

my (undef, $seen) = ask('early', headers => [['X-Client-Verify', 'of the client'], ['X-Client-DN', 'of the client']]);
is(join(' | ', sort grep { /^X.Client/ } @{ $seen->{headers} }), 'X-Client-Verify: early | X_Client_DN: late',
   "what RequestHeader sets is the operator's, early and late");

# ---- reject ----

my @REJECT = (
    # headers, refused, what the log names
    [[['X-Free', 'of the client']], 0],
    [[], 0],
    [[['Client-Cert', '']], 1, "header 'Client-Cert'"],
    [[['client_cert', 'x']], 1, "header 'client_cert'"],
    [[['Client-Cert', 'x'], ['Client-Cert', 'y'], ['X.Own', 'z']], 1, "header 'X.Own'"],
    [[['Connection', 'close, x_own']], 1, "Connection token 'x_own'"],
    [[['Connection', 'close, x-free']], 0],
    [[['X-Own-', 'x']], 0],
    [[['Client-Certificate', 'x']], 0],
    [[['-Client-Cert', 'x']], 0],
);
for my $case (@REJECT) {
    my ($headers, $refused, $named) = @$case;
    for my $form (['allowed', path => '/x'], ['nowhere', path => '/%zz']) {
        $server->mark;
        my ($r, @seen) = ask('reject', headers => $headers, path => $form->[2]);
        my $title = "reject, $form->[0], " . (join ' ', map { "$_->[0]: $_->[1]" } @$headers) || 'nothing';
        my $early = $form->[0] eq 'nowhere';
        is($r->{status}, $refused || $early ? 400 : 200, "$title: status");
        my @lines = grep { /access denied/ } split /\n/, $server->error_log;
        is(scalar @lines, $refused ? 1 : 0, "$title: lines in the log") or diag(@lines);
        next if $early;
        is(($server->access_log(1))[0], $refused ? 'reject 400 spoofed-header' : 'reject 200 -', "$title: the access log");
        next if !$refused;
        like($lines[0], qr/mtls_authz:error.*reason: spoofed-header \(.*\); GET \/x; \Q$named\E; id \S+$/, "$title: it says which");
    }
}

# ---- what is logged of a removal ----

$server = start_server(conf => "HttpProtocolOptions Unsafe\n$hosts", log_level => 'mtls_authz:debug');
$server->mark;
my @REMOVALS = (
    # host, header, its spelling in the log, whether this child says it for the first time
    ['none', 'X-Own', 'X-Own', 1],
    ['all', 'Client-Cert', 'Client-Cert', 1],
    ['all', 'Client-Cert', 'Client-Cert', 0],
    ['all', 'client.cert', 'client.cert', 0],
    ['all', "x\x1bown", 'x\\x1Bown', 0],
    ['all', "ssl\x1bcipher", 'ssl\\x1Bcipher', 1],
    ['ours', 'X_Own', 'X_Own', 0],
    ['ours', 'X-Other', 'X-Other', 1],
    ['pass-name', 'Client-Cert', 'Client-Cert', 0],
);
for my $case (@REMOVALS) {
    my ($name, $header, $logged, $first) = @$case;
    $server->mark;
    ask($name, conn => 'one child', headers => [[$header, 'of the client']]);
    my @lines = grep { /mtls_authz/ } split /\n/, $server->error_log;
    my $title = "$name, $logged";
    is(scalar @lines, 1, "$title: one line") or diag(@lines);
    my ($shown) = $lines[0] =~ /header '(.*?)' from the client was removed/;
    is(($shown // '') =~ s/\\\\/\\/gr, $logged, "$title: names it");
    like($lines[0], $first ? qr/mtls_authz:warn.*write MTLSPass/ : qr/mtls_authz:debug/, $first ? "$title: with the remedy" : "$title: quietly");
}
unlike($server->error_log, qr/[\x00-\x08\x0b-\x1f\x7f]/, 'no control character reaches the log');

# ---- a server that does not know us ----

my @plain = map {
    start_server(ours => $_, plain => qq(Protocols h2c http/1.1\nMergeTrailers On\nProxyPass "/h2/" "h2c://127.0.0.1:)
        . $backend->port('h2c') . qq(/"\nProxyPass "/" "http://127.0.0.1:$port/"))
} 'no', 'last';
my @UNTOUCHED = (
    { headers => [['Client-Cert', 'a'], ['client_cert', 'b'], ['SSL_CLIENT_CERT', 'c']] },
    { headers => [['Connection', 'Client-Cert, X-A'], ['Client-Cert', 'a'], ['X-A', 'b']] },
    { headers => [['Connection', 'keep-alive;x'], ['Connection', 'Client-Cert'], ['X-Forwarded-Client-Cert', 'a']] },
    { method => 'POST', body => 'abc', trailers => [['Client-Cert', 'a'], ['X-A', 'b']] },
    { path => '/h2/x', headers => [['client-cert', 'a'], ['x_client_cert', 'b']] },
    { path => '/%zz', headers => [['client-cert', 'a']] },
    { method => 'OPTIONS', headers => [['X-Client-Verify', 'SUCCESS']] },
);
my @received;
for my $server (@plain) {
    $backend->mark;
    client()->request($server, $_->{path} // '/x', plain => 1, %$_,
        headers => [['Host', 'www.example.org'], @{ $_->{headers} // [] }]) for @UNTOUCHED;
    push @received, [map { JSON::PP->new->canonical->encode($_) } $backend->received];
}
is(scalar @{ $received[0] }, @UNTOUCHED - 1, 'the backend has received requests');
like("@{ $received[0] }", qr/SSL_CLIENT_CERT: c/, 'with everything in them');
is_deeply($received[1], $received[0], 'loaded but not configured: the same bytes as without the module');
unlike($plain[1]->error_log, qr/mtls_authz[: ]/, 'and not a word in the log');
# Any other line outside of all virtual hosts does, and one of these that stands inside.
for my $row (['MTLSEnv on', '', 'all'], ['', 'MTLSExpiryWarning 1d', 'all'], ['MTLSWhatIf on', '', 'used'], ['', '', undef]) {
    my ($outside, $inside, $mode) = @$row;
    my $other = start_server(conf => "$outside\n" . host('it', $inside));
    my ($said) = $other->error_log =~ /virtual host it:\d+: MTLSGuard (\w+) \(by default\)/;
    is($said, $mode, "outside '$outside', inside '$inside': " . ($mode // 'nothing said'));
    $other->stop;
}
done_testing;
