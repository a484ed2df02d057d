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

# file => [[certificate, path, headers, status, reason, what the backend is told (nothing
# given: it is not asked), the only HTTP version if not both], ...]
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

my @files = map { m{([^/]+)$} } glob top() . '/conf-examples/*.conf';
# Those that t/all drives, with the clients they were written for, are named there.
my $elsewhere = join '', map { slurp($_) } glob top() . '/t/all/*.t';
my @driven = grep { $CASES{$_} || $elsewhere =~ m{['"/]\Q$_\E['"]} } @files;
is_deeply([sort @driven], [sort @files], 'each example has cases, here or in t/all');
is_deeply([grep { !-e top() . "/conf-examples/$_" } sort keys %CASES], [], 'and each cases an example');

for my $file (grep { $CASES{$_} } @files) {
    my $backend = start_backend('http');
    my $text = example($file, %DEFINE, mtls_backend => sprintf 'http://127.0.0.1:%d', $backend->port('http'));
    my ($sni) = $text =~ /^Define[ \t]+mtls_name[ \t]+(\S+)/m or die "$file has no Define mtls_name";
    ok_config("$file passes httpd -t", $text);
    # The example's virtual host names no protocols: HTTP/2 is the server's business.
    my $server = start_server(conf => mpm() eq 'prefork' ? $text : "Protocols h2 http/1.1\n$text");
    unlike($server->said, qr/^mtls_authz: \S+:\d+:|\[mtls_authz:(?:warn|error)\]/m, "$file starts without a warning of the module");
    for my $case (@{ $CASES{$file} }) {
        for my $http ($case->[6] // (mpm() eq 'prefork' ? '1.1' : ('1.1', '2'))) {
            drive($server, $backend, $sni, $case, $http);
        }
    }
    $server->stop;
}
done_testing;
