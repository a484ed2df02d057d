#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Every file of conf-examples is loaded by a real server and driven by a real client.
#
# What an operator changes in an example stands in its Define lines; here these get the values of %DEFINE,
# and nothing else is changed. A file without cases fails, and so do cases without a file.
use MTLS::Test;

my %DEFINE = (
    mtls_address     => '127.0.0.1:@HTTPS_PORT@',
    mtls_name        => undef,                       # as it is
    mtls_server_cert => '@PKI@/server.crt',
    mtls_server_key  => '@PKI@/server.key',
    mtls_client_ca   => '@PKI@/ca.pem',
    mtls_partner_ca  => '@PKI@/intermediate.crt',
    mtls_log         => '@DIR@/example_log',
);

# Lists, as they are delivered: those of an example are put where it looks for them, and changed in its cases.
my $dir = logs() . "/examples-$$";
mkdir $dir or die "$dir: $!";
sub put { my ($name, $text) = @_; spew("$dir/.new", $text); rename "$dir/.new", "$dir/$name" or die "$dir/$name: $!" }
sub delivered { my ($name) = @_; return slurp(top() . "/conf-examples/$name") }
sub deliver { my (@names) = @_; put($_ => delivered($_)) for @names }
my %LISTS = (
    'partners.conf' => sub { deliver('partners.list'); return (mtls_partners => "$dir/partners.list") },
    'device-fleet.conf' => sub {
        deliver('devices.list', 'stolen.list');
        put('devices.list', delivered('devices.list') . fleet());
        return (mtls_devices => "$dir/devices.list", mtls_stolen => "$dir/stolen.list", mtls_device_ca => '@PKI@/intermediate.crt');
    },
    'emergency-revocation.conf' => sub {
        deliver('kill.list');
        mkdir "$dir/crls" or die $!;
        revoke(root => [], 3600);
        revoke(intermediate => [], 3600);
        put('cas.pem', join '', map { slurp(pki("$_.crt")) } qw(root intermediate));
        return (mtls_kill => "$dir/kill.list", mtls_crls => "$dir/crls", mtls_client_ca => "$dir/cas.pem");
    },
);
sub fleet { my $n = 0x1000000; return join '', map { sprintf "%X  device=%d  site=%s\n", $n += 7, $_, $_ % 2 ? 'hamburg' : 'berlin' } 1 .. 100_000 }
sub revoke {
    my ($ca, $names, $next_update) = @_;
    make_crls('new.crl' => { issuer => $ca, revoked => $names, next_update => $next_update, this_update => -7200 });
    put("crls/$ca.crl", slurp(pki('new.crl')));
}

# A change while the server runs: what happens, and the line that says it is in force.
sub change {
    my ($what, $line) = @_;
    return sub {
        my ($server) = @_;
        $server->mark;
        $what->();
        ok(MTLS::Server::wait_for(sub { $server->error_log =~ $line }), "in the log: $line") or diag($server->error_log);
        # The child that has read it says so, and has it. There is no other one, but for prefork: those have it within the interval.
        sleep 3 if mpm() eq 'prefork';
    };
}

sub serial { my ($name) = @_; return (qx(openssl x509 -in "@{[ pki("$name.crt") ]}" -noout -serial) =~ /=(\S+)/)[0] }
sub key_digest { my ($name) = @_; return (split ' ', qx(openssl x509 -in "@{[ pki("$name.crt") ]}" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r))[0] }

# Connections that stay open: the next request is answered with this status, and is the last one if it was killed.
my @HTTP = mpm() eq 'prefork' ? '1.1' : ('1.1', '2');
sub on_open_connections {
    my ($path, $sni, $status, $is_last) = @_;
    return sub {
        my ($server) = @_;
        for my $http (@HTTP) {
            my @how = (cert => 'spiffe', sni => $sni, http => $http, conn => "open $http");
            is(client()->request($server, $path, @how)->{status}, $status, "HTTP/$http, on an open connection: $status");
            my $next = $is_last ? client()->behind_goodbye($server, $path, $status, @how) : client()->request($server, $path, @how);
            is($next->{status}, $is_last ? 0 : $status, "HTTP/$http, behind it: " . ($is_last ? 'the connection has ended' : $status));
        }
    };
}

# A certificate as RFC 9440 has it.
sub field { my ($name) = @_; return ':' . join('', grep { !/^-/ } split /\n/, slurp(pki("$name.crt"))) . ':' }

# The end of a certificate, by openssl: notAfter=2027-01-31 23:59:59Z.
sub until {
    my ($name) = @_;
    my $file = pki("$name.crt");
    my ($day, $time) = `openssl x509 -in '$file' -noout -enddate -dateopt iso_8601` =~ /^notAfter=(\S+) (\S+)/ or die;
    return "${day}T$time";
}

my $FORGED = ':Zm9yZ2Vk:';
my @FORGED_CERT = map { [$_ => $FORGED] } qw(Client-Cert client_cert CLIENT.CERT);
my @FORGED_NAME = map { [$_ => 'admin'] } qw(X-Client-Name x_client_name X-Client.Name);
my $REMOVED = [Connection => 'close, X-Client-Name'];
my %GATEWAY = map { $_ => { 'Client-Cert' => field($_), 'Client-Cert-Chain' => field('intermediate') } }
    qw(ok other spiffe);
my %SITE = (
    ok    => { 'X-Client-Name' => 'Anne Example', 'X-Client-Until' => &until('ok') },
    other => { 'X-Client-Name' => 'Otto Other', 'X-Client-Until' => &until('other') },
);

my %PARTNER = (alpha => { 'X-Partner' => 'alpha', 'X-Partner-Role' => 'billing' },
               beta => { 'X-Partner' => 'beta', 'X-Partner-Role' => 'reader' });
my %DEVICE = (4711 => { 'X-Device' => 4711, 'X-Device-Site' => 'laboratory' }, 7 => { 'X-Device' => 7, 'X-Device-Site' => 'berlin' });

# file => [[certificate, path, headers, status, reason, what the backend is told (nothing
# given: it is not asked), the only HTTP version if not both], or something to do with the server, ...]
my %CASES = (
    'reverse-proxy.conf' => [
        # allowed
        ['ok', '/shop/1', [], 200, '-', $GATEWAY{ok}],
        ['other', '/partners/', [], 200, '-', $GATEWAY{other}],
        ['ok', '/reports/', [], 200, '-', $GATEWAY{ok}],
        ['spiffe', '/reports/', [], 200, '-', $GATEWAY{spiffe}],
        [undef, '/healthz', [], 200, '-', {}],
        # denied
        ['other', '/shop/1', [], 403, 'no-match'],
        ['other', '/reports/', [], 403, 'no-match'],
        ['direct', '/reports/', [], 403, 'no-match'],
        ['direct', '/partners/', [], 403, 'no-match'],
        ['short', '/partners/', [], 403, 'no-match'],
        ['ok', '/', [], 403, '-'],
        ['ok', '/shop', [], 403, '-'],
        ['ok', '/healthz/', [], 403, '-'],
        # absent
        [undef, '/', [], 403, '-'],
        [undef, '/shop/1', [], 403, 'no-certificate'],
        [undef, '/reports/', [], 403, 'no-certificate'],
        [undef, '/partners/', [], 403, 'no-certificate'],
        # forged
        [undef, '/shop/1', \@FORGED_CERT, 403, 'no-certificate'],
        [undef, '/healthz', \@FORGED_CERT, 200, '-', {}],
        ['ok', '/shop/1', \@FORGED_CERT, 200, '-', $GATEWAY{ok}],
        ['ok', '/shop/1', [[Connection => 'close, Client-Cert']], 200, '-', $GATEWAY{ok}, '1.1'],
    ],
    'status.conf' => [
        # allowed
        ['ok', '/orders/1', [], 200, '-', {}],
        ['ok', '/mtls-status', [], 200, '-'],
        ['ok', '/mtls-status?format=json', [], 200, '-'],
        ['ok', '/mtls-status?format=prometheus', [], 200, '-'],
        # denied
        ['other', '/mtls-status', [], 403, 'no-match'],
        ['other', '/mtls-status?format=prometheus', [], 403, 'no-match'],
        ['ok', '/', [], 403, '-'],
        # absent
        [undef, '/mtls-status', [], 403, 'no-certificate'],
        [undef, '/mtls-status/', [], 403, 'no-certificate'],
        [undef, '/orders/1', [], 403, 'no-certificate'],
    ],
    'partners.conf' => [
        ['ok', '/invoices/1', [], 200, '-', $PARTNER{alpha}],
        ['ok', '/catalogue/', [], 200, '-', $PARTNER{alpha}],
        ['ok', '/alpha/', [], 200, '-', $PARTNER{alpha}],
        ['other', '/catalogue/', [], 200, '-', $PARTNER{beta}],
        ['other', '/invoices/1', [], 403, 'no-match'],
        ['other', '/alpha/', [], 403, '-'],
        ['direct', '/catalogue/', [], 403, 'no-match'],
        ['direct', '/alpha/', [], 403, 'no-user'],
        [undef, '/catalogue/', [], 403, 'no-certificate'],
        ['ok', '/', [], 403, '-'],
        ['ok', '/catalogue/', [['X-Partner-Role' => 'admin'], ['x_partner' => 'root']], 200, '-', $PARTNER{alpha}],
        # beta may see invoices from now on, alpha is gone
        change(sub { put('partners.list', delivered('partners.list') =~ s/(beta +role=)reader/$1admin/r =~ s/^\S+web .*\n//mr) },
               qr/list partners: version 2 is in force, with 2 entries/),
        ['other', '/invoices/1', [], 200, '-', { %{ $PARTNER{beta} }, 'X-Partner-Role' => 'admin' }],
        ['ok', '/catalogue/', [], 403, 'no-match'],
        ['ok', '/alpha/', [], 403, 'no-user'],
        # a mistake changes nothing
        change(sub { put('partners.list', delivered('partners.list') . "spiffe://example.org/x user\n") },
               qr/list partners: \S+partners\.list:10: 'user' is no label: .*; version 2 with 2 entries stays in force/),
        ['other', '/invoices/1', [], 200, '-', { %{ $PARTNER{beta} }, 'X-Partner-Role' => 'admin' }],
        ['ok', '/catalogue/', [], 403, 'no-match'],
        change(sub { deliver('partners.list') }, qr/list partners: version 3 is in force, with 3 entries/),
        ['ok', '/invoices/1', [], 200, '-', $PARTNER{alpha}],
        ['other', '/invoices/1', [], 403, 'no-match'],
    ],
    'device-fleet.conf' => [
        ['ok', '/telemetry/', [], 200, '-', $DEVICE{4711}],
        ['ok', '/firmware/beta/', [], 200, '-', $DEVICE{4711}],
        ['other', '/telemetry/', [], 403, 'no-match'],
        ['bare', '/telemetry/', [], 403, 'no-match'],
        [undef, '/telemetry/', [], 403, 'no-certificate'],
        ['ok', '/', [], 403, '-'],
        # one more, and one whose serial number is a device's, but of another CA
        change(sub { put('devices.list', delivered('devices.list') . fleet() . serial('other') . " device=7 site=berlin\n"
                         . serial('direct') . " device=8 site=laboratory\n") },
               qr/list devices: version 2 is in force, with 100004 entries/),
        ['other', '/telemetry/', [], 200, '-', $DEVICE{7}],
        ['other', '/firmware/beta/', [], 403, 'no-match'],
        ['direct', '/firmware/beta/', [], 403, 'no-match'],
        # one is stolen
        change(sub { put('stolen.list', delivered('stolen.list') . key_digest('ok') . "\n") }, qr/list stolen: version 2 is in force, with 2 entries/),
        ['ok', '/telemetry/', [], 403, 'no-match'],
        ['ok', '/firmware/beta/', [], 403, 'no-match'],
        ['other', '/telemetry/', [], 200, '-', $DEVICE{7}],
        # the list is cut off in the middle
        change(sub { put('devices.list', substr fleet(), 0, 100_000) }, qr/list devices: \S+: the last line has no end, .* stays in force/),
        ['other', '/telemetry/', [], 200, '-', $DEVICE{7}],
    ],
    'emergency-revocation.conf' => [
        ['ok', '/orders/', [], 200, '-', $GATEWAY{ok}],
        ['ok', '/payments/', [], 200, '-', $GATEWAY{ok}],
        ['other', '/orders/', [], 200, '-', $GATEWAY{other}],
        ['spiffe', '/healthz', [], 200, '-', $GATEWAY{spiffe}],
        [undef, '/healthz', [], 200, '-', {}],
        [undef, '/orders/', [], 403, 'no-certificate'],
        on_open_connections('/orders/', 'gateway.example.org', 200),
        # a revocation list
        change(sub { revoke(intermediate => ['other', 'spiffe'], 3600) }, qr/list revoked: version 2 is in force, with 2 entries/),
        on_open_connections('/orders/', 'gateway.example.org', 403),
        on_open_connections('/healthz', 'gateway.example.org', 200),
        ['other', '/orders/', [], 403, 'no-match'],
        ['ok', '/orders/', [], 200, '-', $GATEWAY{ok}],
        # the kill list
        change(sub { put('kill.list', delivered('kill.list') . "san.uri spiffe://example.org/ns/shop/sa/web\n") },
               qr/kill list: version 2 is in force, with 1 entries/),
        on_open_connections('/healthz', 'gateway.example.org', 403, 'and is the last'),
        ['spiffe', '/healthz', [], 403, 'killed'],
        ['ok', '/payments/', [], 403, 'killed'],
        ['other', '/healthz', [], 200, '-', $GATEWAY{other}],
        [undef, '/healthz', [], 200, '-', {}],
        # a revocation list that is missing, and one that is old
        change(sub { unlink "$dir/crls/root.crl" }, qr/list revoked: .*holds 1 revocation lists, and had 2 before.*; version 2 with 2 entries stays in force/),
        ['other', '/orders/', [], 403, 'no-match'],
        change(sub { deliver('kill.list'); revoke(root => [], -3600) }, qr/list revoked: version 3 is stale: a revocation list has passed its nextUpdate/),
        ['ok', '/orders/', [], 200, '-', $GATEWAY{ok}],
        ['ok', '/payments/', [], 403, '-'],
        ['other', '/orders/', [], 403, 'no-match'],
    ],
    'optional-per-location.conf' => [
        # allowed
        ['ok', '/public/', [], 200, '-', $SITE{ok}],
        [undef, '/public/', [], 200, '-', {}],
        ['other', '/members/', [], 200, '-', $SITE{other}],
        ['ok', '/admin/', [], 200, '-', $SITE{ok}],
        ['ok', '/metrics', [], 200, '-', {}],
        # denied
        ['other', '/admin/', [], 403, 'no-match'],
        ['other', '/metrics', [], 403, 'no-match'],
        ['ok', '/', [], 403, '-'],
        ['ok', '/metrics/', [], 403, '-'],
        # absent
        [undef, '/members/', [], 403, 'no-certificate'],
        [undef, '/admin/', [], 403, 'no-certificate'],
        [undef, '/metrics', [], 403, 'no-certificate'],
        # forged
        [undef, '/public/', \@FORGED_NAME, 200, '-', {}],
        ['ok', '/public/', \@FORGED_NAME, 200, '-', $SITE{ok}],
        ['other', '/admin/', \@FORGED_NAME, 403, 'no-match'],
        ['ok', '/members/', [$REMOVED], 200, '-', $SITE{ok}, '1.1'],
        [undef, '/public/', [$REMOVED], 200, '-', {}, '1.1'],
    ],
);

# What a request brings along anyway.
my $USUAL = qr/^(?:host|connection|x-forwarded-(?:for|host|server))$/i;

sub example {
    my ($file, %define) = @_;
    my $text = slurp(top() . "/conf-examples/$file");
    for my $name ($text =~ /^Define[ \t]+(\S+)/mg) {
        exists $define{$name} or die "$file: the test has no value for Define $name\n";
        $text =~ s/^(Define[ \t]+\Q$name\E[ \t]+).*$/$1$define{$name}/m if defined $define{$name};
    }
    return $text;
}

sub told {
    my ($seen) = @_;
    my @pairs = grep { $_->[0] !~ $USUAL } map { [ /^([^:]*):[ \t]*(.*)$/s ] } @{ $seen->{headers} };
    return [ sort map { "$_->[0]: $_->[1]" } @pairs ];
}

sub drive {
    my ($server, $backend, $sni, $case, $http) = @_;
    my ($cert, $path, $headers, $status, $reason, $told) = @$case;
    my $name = join ' ', "HTTP/$http", $cert // 'nobody', $path, map { "$_->[0]: $_->[1]" } @$headers;
    # HTTP/2 has names in lower case only.
    my @sent = map { [ $http eq '2' ? lc $_->[0] : $_->[0], $_->[1] ] } @$headers;
    $server->mark;
    $backend->mark;
    my $response = client()->request($server, $path, cert => $cert, sni => $sni, http => $http, headers => \@sent);
    is($response->{status}, $status, "$name: $status") or diag($response->{error} // $response->{body});
    my @received = $backend->received;
    if (!$told) {
        is(scalar @received, 0, "$name: never reaches the backend");
    }
    else {
        my @expected = sort map { "$_: $told->{$_}" } keys %$told;
        is_deeply(told($received[0]), \@expected, "$name: what the backend is told");
    }
    # One line of ours per denied request, and the reason in it.
    my @denials = $server->error_log =~ /access denied, reason: (\S+)/g;
    is("@denials", $reason eq '-' ? '' : $reason, "$name: reason $reason in the log");
}

# For examples with lists: changes within a second, in one child; and connections that stay open however slow the machine is.
my $LIVE = <<'END';
MTLSListInterval 1s
KeepAliveTimeout 600
<IfModule !mpm_prefork_module>
    ServerLimit 1
    MaxRequestWorkers 16
</IfModule>
END

my @files = map { m{([^/]+)$} } glob top() . '/conf-examples/*.{conf,nginx}';
# Those that t/all drives, with the clients they were written for, are named there.
my $elsewhere = join '', map { slurp($_) } glob top() . '/t/all/*.t';
my @driven = grep { $CASES{$_} || $elsewhere =~ m{['"/]\Q$_\E['"]} } @files;
is_deeply([sort @driven], [sort @files], 'each example has cases, here or in t/all');
is_deeply([grep { !-e top() . "/conf-examples/$_" } sort keys %CASES], [], 'and each cases an example');

# Several of them in one server: a name of a LogFormat is the whole server's, and the last line that has it wins.
my %format;
for my $file (@files) {
    my $text = slurp(top() . "/conf-examples/$file");
    $format{$2}{$1} = 1 while $text =~ /^LogFormat (".*") (\S+)$/mg;
}
ok(keys %format > 5, 'examples name formats: ' . keys %format);
is(join(' ', grep { keys %{ $format{$_} } > 1 } sort keys %format), '', 'each name stands for one format');

for my $file (grep { $CASES{$_} } @files) {
    my $backend = start_backend('http');
    my $text = example($file, %DEFINE, $LISTS{$file} ? $LISTS{$file}->() : (), mtls_backend => sprintf 'http://127.0.0.1:%d', $backend->port('http'));
    my ($sni) = $text =~ /^Define[ \t]+mtls_name[ \t]+(\S+)/m or die "$file has no Define mtls_name";
    ok_config("$file passes httpd -t", $text);
    # The example's virtual host names no protocols: HTTP/2 is the server's business.
    my $server = start_server(conf => (mpm() eq 'prefork' ? '' : "Protocols h2 http/1.1\n") . "$text\n" . ($LISTS{$file} ? $LIVE : ''));
    unlike($server->said, qr/^mtls_authz: \S+:\d+:|\[mtls_authz:(?:warn|error)\]/m, "$file starts without a warning of the module");
    for my $case (@{ $CASES{$file} }) {
        $case->($server), next if ref $case eq 'CODE';
        for my $http ($case->[6] // (mpm() eq 'prefork' ? '1.1' : ('1.1', '2'))) {
            drive($server, $backend, $sni, $case, $http);
        }
    }
    $server->stop;
}
done_testing;
