#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Other proxies beside this server: conf-examples/next-hop-nginx.conf and conf-examples/next-hop-haproxy.conf, where the
# next one decides by our headers, and conf-examples/behind-a-load-balancer.conf, where one in front has set its own.
use MTLS::Test;
use MTLS::Consumer;

my $source = top() . '/t/all/consumers';
my $WEB = 'spiffe://example.org/ns/shop/sa/web';

sub configure {
    my ($from, $dir, $port) = @_;
    my ($name) = $from =~ m{([^/]+)$};
    spew("$dir/$name", slurp("$source/$from") =~ s/\@PORT\@/$port/gr =~ s/\@DIR\@/$dir/gr);
    return "$dir/$name";
}

sub test_nginx {
    my ($dir, $port) = (work_dir('nginx'), free_port());
    my $file = configure('nginx/nginx.conf', $dir, $port);
    start_process('nginx', $port, "$dir/log", 'nginx', '-e', "$dir/error.log", '-p', $dir, '-c', $file);
    my $NOBODY = "client  \n";
    my @FORGED = (['X-Client-URI' => $WEB], ['x_client_uri' => $WEB], ['Client-Cert' => rfc9440('ok')],
                  ['client.cert' => 'x']);
    asked_directly($port, '/orders/', [['X-Client-URI', $WEB]], "client $WEB \n");
    my $server = serve_example('next-hop-nginx.conf', mtls_backend => "http://127.0.0.1:$port");
    drive($server,
        # allowed
        ['ok', '/orders/1', [], 200, "client $WEB " . rfc9440('ok') . "\n"],
        ['spiffe', '/orders/1', [], 200, "client $WEB " . rfc9440('spiffe') . "\n"],
        ['other', '/public/1', [], 200, 'client spiffe://example.org/ns/shop/sa/other ' . rfc9440('other') . "\n"],
        # denied: by nginx, and here
        ['other', '/orders/1', [], 403, "not for you\n"],
        ['direct', '/orders/1', [], 403, "not for you\n"],
        ['ok', '/', [], 403],
        # absent
        [undef, '/public/1', [], 200, $NOBODY],
        [undef, '/orders/1', [], 403],
        # forged
        [undef, '/public/1', \@FORGED, 200, $NOBODY],
        ['other', '/orders/1', \@FORGED, 403, "not for you\n"],
        ['direct', '/orders/1', \@FORGED, 403, "not for you\n"],
        ['ok', '/orders/1', [[Connection => 'keep-alive, X-Client-URI, Client-Cert']], 200,
         "client $WEB " . rfc9440('ok') . "\n"],
    );
    like(slurp("$dir/identity.log"), qr{^200 /orders/1 client="\Q$WEB\E" certificate="\Q@{[ rfc9440('ok') ]}\E"$}m,
         'the log of nginx names the client');
    like(slurp("$dir/identity.log"), qr{^403 /orders/1 client="spiffe://example.org/ns/shop/sa/other"}m,
         'and the one it has denied');
}

sub test_haproxy {
    my ($dir, $port) = (work_dir('haproxy'), free_port());
    spew("$dir/clients.txt", join '', map { fingerprint($_) . "\n" } qw(ok spiffe utf8-cn));
    my $file = configure('haproxy/haproxy.cfg', $dir, $port);
    start_process('HAProxy', $port, "$dir/log", 'haproxy', '-db', '-f', $file);
    my @FORGED = map { [$_ => rfc9440('ok')] } qw(Client-Cert client_cert Client.Cert);
    asked_directly($port, '/orders/', [['Client-Cert', rfc9440('ok')]], 'client ' . fingerprint('ok'));
    my $server = serve_example('next-hop-haproxy.conf', mtls_backend => "http://127.0.0.1:$port");
    drive($server,
        # allowed
        (map { [$_, '/orders/1', [], 200, 'client ' . fingerprint($_)] } qw(ok spiffe utf8-cn)),
        ['other', '/public/1', [], 200, 'client ' . fingerprint('other')],
        # denied: by HAProxy, and here
        ['other', '/orders/1', [], 403, 'not for you'],
        ['ok', '/', [], 403],
        # absent
        [undef, '/public/1', [], 200, 'client none'],
        [undef, '/orders/1', [], 403],
        # forged
        [undef, '/public/1', \@FORGED, 200, 'client none'],
        [undef, '/orders/1', \@FORGED, 403],
        ['other', '/orders/1', \@FORGED, 403, 'not for you'],
        ['ok', '/orders/1', [[Connection => 'keep-alive, Client-Cert']], 200, 'client ' . fingerprint('ok')],
    );
}

# ---- behind a load balancer ----

my @ALB = (
    ['X-Amzn-Mtls-Clientcert-Serial-Number', '03A5B1'], ['X-Amzn-Mtls-Clientcert-Subject', 'CN=from the balancer'],
    ['X-Amzn-Mtls-Clientcert-Issuer', 'CN=its CA'], ['X-Amzn-Mtls-Clientcert-Leaf', '-----BEGIN%20CERTIFICATE-----'],
    ['X-Amzn-Mtls-Clientcert-Validity', 'NotBefore=2026-01-01T00:00:00Z;NotAfter=2027-01-01T00:00:00Z'],
);

sub identity {
    my ($seen) = @_;
    my @pairs = map { [/^([^:]*): ?(.*)$/s] } @{ $seen->{headers} };
    return { map { lc $_->[0] => $_->[1] } grep { $_->[0] =~ /amzn|client.?cert/i } @pairs };
}

sub balanced {
    my ($backend, $server, $what, $status, $expected, %how) = @_;
    $backend->mark;
    my $response = client()->request($server, $how{path} // '/shop/1', %how);
    is($response->{status}, $status, "$what: $status");
    my @seen = $backend->received;
    return is(scalar @seen, 0, "$what: never reaches the application") if !$expected;
    my $identity = identity($seen[0]);
    ref $expected eq 'HASH' ? is_deeply($identity, $expected, "$what: what the application is told")
        : $expected->($identity, $what);
}

sub test_balancer {
    my $backend = start_backend('http');
    my @define = (mtls_inner_address => '127.0.0.1:@HTTP_PORT@',
                  mtls_backend => 'http://127.0.0.1:' . $backend->port('http'));
    my $server = serve_example('behind-a-load-balancer.conf', @define, mtls_balancer => '127.0.0.1');
    my %told = map { lc $_->[0] => $_->[1] } @ALB;
    my @forged = (['Client-Cert', rfc9440('ok')], ['client_cert', 'x'], ['X-SSL-Client-Verify', '0']);
    my %plain = (plain => 1, http => '1.1');
    my $ours = sub {
        my ($identity, $what) = @_;
        is(join(' ', sort keys %$identity), join(' ', sort keys %told), "$what: the same names, once");
        is($identity->{'x-amzn-mtls-clientcert-serial-number'}, '0A1B2C3D4E5F60718293', "$what: its own certificate");
        like($identity->{'x-amzn-mtls-clientcert-subject'}, qr/CN=Anne Example/, "$what: its own name");
    };
    balanced($backend, $server, 'from the balancer', 200, \%told, %plain, headers => \@ALB);
    balanced($backend, $server, 'from the balancer, of nobody', 200, {}, %plain);
    balanced($backend, $server, 'through the balancer, other names forged', 200, \%told, %plain,
             headers => [@ALB, @forged]);
    balanced($backend, $server, 'from the balancer, elsewhere', 403, undef, %plain, headers => \@ALB,
             path => '/admin/');
    balanced($backend, $server, 'a client with a certificate', 200, $ours, cert => 'ok');
    balanced($backend, $server, 'a client with a certificate that forges', 200, $ours, cert => 'ok',
             headers => [@ALB, @forged]);
    balanced($backend, $server, 'a client that has the balancer\'s headers removed', 200, $ours, cert => 'ok',
             headers => [[Connection => join ', ', 'keep-alive', map { $_->[0] } @ALB]]);
    balanced($backend, $server, 'another client that forges', 403, undef, cert => 'other', headers => \@ALB);
    balanced($backend, $server, 'nobody that forges', 403, undef, headers => \@ALB);
    $server->stop;
    my $strict = serve_example('behind-a-load-balancer.conf', @define, mtls_balancer => '192.0.2.0/24');
    balanced($backend, $strict, 'somebody else at the balancer\'s door', 403, undef, %plain, headers => \@ALB);
}

test_nginx();
test_haproxy();
test_balancer();
done_testing;
