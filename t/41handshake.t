#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Who is at the other end when it is not said in one plain handshake: renegotiation, post-handshake authentication, HTTP/2
# that nobody announced, several virtual hosts, revocation, and no handshake at all.
use MTLS::Test;

my $HTTP2 = mpm() ne 'prefork';
my $PROTOCOLS = $HTTP2 ? 'h2 http/1.1' : 'http/1.1';
my $backend = start_backend('http');
my $BACKEND = $backend->port('http');
my $EVERYWHERE = <<"END";
    ErrorDocument 403 "reason %{reqenv:MTLS_REASON}"
    ProxyPass / http://127.0.0.1:$BACKEND/
    <Location />
        MTLSUser subject.cn
        MTLSExport nginx remote-user:X-Client-User
        MTLSHeader X-Client-CN subject.cn
        MTLSHeader X-Client-Chain-Length chain.length
    </Location>
    <Location /kept/>
        MTLSExport nginx
    </Location>
    <Location /rules/>
        Require mtls
    </Location>
    <Location /anne/>
        Require mtls subject.cn is "Anne Example"
    </Location>
    <Location /otto/>
        Require mtls subject.cn is "Otto Other"
    </Location>
END

# A virtual host on a port of its own: the port, and its lines.
sub host {
    my ($lines, $port) = @_;
    my $listen = $port ? '' : 'Listen 127.0.0.1:' . ($port = free_port());
    return ($port, <<"END");
        $listen
        <VirtualHost 127.0.0.1:$port>
            Protocols $PROTOCOLS
            SSLEngine on
            SSLCertificateFile "\@PKI\@/server.crt"
            SSLCertificateKeyFile "\@PKI\@/server.key"
            SSLVerifyDepth 10
            $lines
        </VirtualHost>
END
}

# What became of a request: status and reason, or status and whom the backend believes to talk to.
sub outcome {
    my ($response) = @_;
    return '0 ' . ($response->{error} // '') if !$response->{status};
    return $response->{status} . ($response->{body} =~ /^reason (\S+)/ ? " $1" : '') if $response->{status} != 200;
    my ($cn, $user) = map { join '|', $response->backend_header($_) } 'X-Client-CN', 'X-Client-User';
    return join ' ', 200, $response->backend_header('ssl-client-verify'), $cn || (), $user eq $cn ? () : "user $user";
}

sub outcomes {
    my ($server, $how, @paths) = @_;
    return [ map { outcome($_) } client()->many($server, $how, map { { path => $_ } } @paths) ];
}

sub same {
    my ($got, $expected, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply($got, $expected, $name) || diag explain $got;
}

my %PORT;
my $conf = $EVERYWHERE;
sub add_host {
    my ($name, $lines, $port) = @_;
    ($PORT{$name}, my $text) = host($lines, $port);
    $conf .= $text;
}

my $ASK = <<'END';
    SSLCACertificateFile "@PKI@/ca.pem"
    <Location /ask/>
        SSLVerifyClient require
        Require mtls
    </Location>
    <Location /tolerate/>
        SSLVerifyClient optional_no_ca
        Require mtls
    </Location>
    <Location /look/>
        SSLVerifyClient optional_no_ca
    </Location>
    <Location /again/>
        SSLVerifyClient require
        SSLCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384
    </Location>
END
add_host('ask', $ASK);
add_host('ask quickly', "SSLOptions +OptRenegotiate\n$ASK");
my $OPTIONAL = qq{SSLVerifyClient optional\nSSLCACertificateFile "\@PKI\@/ca.pem"\n};
add_host('direct', $OPTIONAL . ($HTTP2 ? "H2Direct on\nH2Upgrade on\n" : ''));
add_host('revoked', $OPTIONAL . qq{SSLCARevocationFile "\@PKI\@/intermediate.crl.pem"\nSSLCARevocationCheck leaf\n});
add_host('named', "ServerName a.example.org\n$OPTIONAL");
add_host('named b', qq{ServerName b.example.org\nSSLVerifyClient optional\nSSLCACertificateFile "\@PKI\@/stranger-ca.crt"\n},
         $PORT{named});
add_host('named c', "ServerName c.example.org\n", $PORT{named});
add_host('plain speech', "ErrorDocument 400 /error/400\n$OPTIONAL");
my $server = start_server(conf => $conf);

# ---- renegotiation and post-handshake authentication ----

my ($ANNE, $OTTO) = ('200 SUCCESS Anne Example', '200 SUCCESS Otto Other');
my @ASKED = (
    # name, host, options, [path, outcome]...
    ['a certificate only where it is asked for', 'ask', { cert => 'ok' },
        ['/rules/', '403 no-certificate'], ['/', '200 NONE'], ['/ask/', $ANNE], ['/rules/', $ANNE], ['/', $ANNE],
        ['/anne/', $ANNE], ['/otto/', '403 no-match']],
    ['the client has none', 'ask', {}, ['/rules/', '403 no-certificate'], ['/ask/', qr/^(?:403|0 )/]],
    ['it is not verified, and was tolerated', 'ask', { cert => 'selfsigned' },
        ['/tolerate/', '403 unverified'], ['/look/', '200 FAILED:unverified'], ['/rules/', '403 unverified'],
        ['/anne/', '403 unverified'], ['/', '200 FAILED:unverified']],
    ['it is not verified, and was not tolerated', 'ask', { cert => 'selfsigned' }, ['/ask/', qr/^(?:403|0 )/]],
);
for my $row (map { my $host = $_; map { [$_->[0], $host, @$_[2 .. $#$_]] } @ASKED } 'ask', 'ask quickly') {
    my ($name, $host, $options, @steps) = @$row;
    for my $tls ('1.2', '1.3') {
        my $got = outcomes($server, { %$options, port => $PORT{$host}, tls => $tls, pha => 1 }, map { $_->[0] } @steps);
        for my $i (0 .. $#steps) {
            my ($path, $expected) = @{ $steps[$i] };
            my $title = "$host, TLS $tls, $name: " . ($i + 1) . ". $path";
            ref $expected ? like($got->[$i], $expected, $title) : is($got->[$i], $expected, $title);
        }
    }
}
is(outcome(client()->request($server, '/ask/', port => $PORT{ask}, cert => 'ok', tls => '1.3')), '403',
   'TLS 1.3 without post-handshake authentication: denied by mod_ssl');

# The client is somebody else from one handshake of the connection to the next.
my %changing = (port => $PORT{ask}, tls => '1.2', conn => 'changing');
# What /kept/ sends, which is no user, is the same for as long as the certificate is: it is made once and sent again.
same(outcomes($server, { %changing, cert => 'ok' }, '/ask/', '/anne/', '/otto/', ('/kept/') x 3),
     [$ANNE, $ANNE, '403 no-match', ("$ANNE user ") x 3], 'TLS 1.2: first Anne');
same(outcomes($server, { %changing, cert => 'other', change => 1 }, '/anne/'), [$ANNE], '... as long as nobody asks again');
same(outcomes($server, { %changing, cert => 'other', change => 1 }, '/again/', ('/kept/') x 3, '/anne/', '/otto/', '/'),
     [$OTTO, ("$OTTO user ") x 3, '403 no-match', $OTTO, $OTTO], '... then Otto, and nothing of Anne is left');

# OptRenegotiate verifies once more, past any handshake: where that fails the client is not let in by what was known before.
# It takes a session from before the virtual host stopped asking for certificates.
(my $keeping = $EVERYWHERE) =~ s/^.*chain\.length.*\n//m;
my $restarted = start_server(conf => ticket_keys(), tls => "SSLVerifyClient optional\n$keeping");
is(outcomes($restarted, { tls => '1.2', cert => 'ok', save => 'kept' }, '/rules/')->[0], $ANNE, 'a session to be kept');
$restarted->graceful(tls => <<"END");
    SSLVerifyClient none
    SSLOptions +OptRenegotiate
    $keeping
    <Location /rules/quick/>
        SSLVerifyClient optional
        SSLVerifyDepth 0
    </Location>
    <Location /rules/asked/>
        SSLVerifyClient optional
        SSLVerifyDepth 3
    </Location>
END
is(outcomes($restarted, { tls => '1.2', cert => 'ok', session => 'kept' }, '/rules/')->[0], '403 no-certificate',
   'a ticket from before the restart is not taken: its CA may have been withdrawn');
is(outcomes($restarted, { tls => '1.2', cert => 'other', change => 1 }, '/rules/asked/')->[0], '200 SUCCESS Otto Other',
   '... until its CA has verified somebody again');
same(outcomes($restarted, { tls => '1.2', cert => 'ok', session => 'kept' }, '/rules/', '/rules/quick/'),
     [$ANNE, '403 unverified'], 'OptRenegotiate: what fails now counts, not what was known');
$restarted->stop;

# ---- HTTP/2 that was not negotiated ----

if ($HTTP2) {
    my @client_hello = (['nothing', []], ['only http/1.1', ['http/1.1']], ['h2', ['h2']]);
    for my $case (@client_hello) {
        for my $tls ('1.2', '1.3') {
            my ($offers, $alpn) = @$case;
            for my $who (['ok', $ANNE], [undef, '403 no-certificate']) {
                my %how = (port => $PORT{direct}, http => '2', tls => $tls, alpn => $alpn, cert => $who->[0]);
                same(outcomes($server, \%how, '/rules/', '/anne/'), [($who->[1]) x 2],
                     "HTTP/2 at once, the client offers $offers, TLS $tls, " . ($who->[0] // 'no certificate'));
            }
        }
    }
    my @upgrade = ([Connection => 'Upgrade, HTTP2-Settings'], [Upgrade => 'h2'], ['HTTP2-Settings' => 'AAMAAABkAARAAAAAAAIAAAAA']);
    for my $who (['ok', 101, '200'], [undef, 403, '403']) {
        my $response = client()->request($server, '/rules/upgrade', port => $PORT{direct}, cert => $who->[0], headers => \@upgrade,
                                         timeout => 5);
        is($response->{status}, $who->[1], 'upgrade from HTTP/1.1 to HTTP/2 on TLS: only who is let in');
        my $logged = sub { grep { m{^HTTP/\S+ GET /rules/upgrade $who->[2] } } $server->access_log(1) };
        ok(MTLS::Server::wait_for($logged), '... and the first stream knows its peer: ' . ($who->[0] // 'no certificate'));
    }

    # Many streams at once, each with a verdict of its own.
    my @want = (['/anne/', $ANNE], ['/otto/', '403 no-match'], ['/rules/', $ANNE], ['/', $ANNE]);
    for my $round ([ok => @want], [undef, ['/anne/', '403 no-certificate'], ['/', '200 NONE']]) {
        my ($cert, @rows) = @$round;
        my @streams = map { $rows[$_ % @rows] } 0 .. 99;
        my @responses = client()->many($server, { port => $PORT{direct}, http => '2', cert => $cert },
                                       map { { path => "$_->[0]", wait => 0 } } @streams);
        my @wrong = grep { outcome($responses[$_]) ne $streams[$_][1] } 0 .. $#streams;
        ok(!@wrong, 'a hundred streams at once, ' . ($cert // 'no certificate'))
            or diag map { "$streams[$_][0]: " . outcome($responses[$_]) . "\n" } @wrong;
    }
}

# ---- revocation: the same handshakes as without us ----

my $stock = start_server(ours => 'no', tls => <<'END');
    SSLCARevocationFile "@PKI@/intermediate.crl.pem"
    SSLCARevocationCheck leaf
END
for my $case (['ok', 1], ['spiffe', 1], ['other', 0]) {
    my ($cert, $lives) = @$case;
    for my $tls ('1.2', '1.3') {
        my ($ours) = client()->many($server, { port => $PORT{revoked}, cert => $cert, tls => $tls }, { path => '/rules/' });
        my ($stocks) = client()->many($stock, { cert => $cert, tls => $tls }, { path => '/' });
        is($stocks->{status} ? 1 : 0, $lives, "CRL, $cert, TLS $tls: stock httpd " . ($lives ? 'connects' : 'refuses'));
        is($ours->{status}, $lives ? 200 : 0, '... and so do we');
        is($ours->{error}, $stocks->{error}, '... in the same words') if !$lives;
    }
}
$stock->stop;

# ---- virtual hosts by name ----

my @NAMED = (
    # host, certificate, outcome
    ['a.example.org', 'ok', $ANNE],
    ['a.example.org', undef, '403 no-certificate'],
    ['a.example.org', 'stranger', '0'],
    ['b.example.org', 'stranger', $ANNE],
    ['b.example.org', undef, '403 no-certificate'],
    ['b.example.org', 'ok', '0'],
    ['c.example.org', 'ok', '403 no-certificate'],
    ['c.example.org', 'stranger', '403 no-certificate'],
    ['c.example.org', undef, '403 no-certificate'],
);
for my $row (@NAMED) {
    my ($sni, $cert, $expected) = @$row;
    for my $http ($HTTP2 ? ('1.1', '2') : ('1.1')) {
        for my $tls ('1.2', '1.3') {
            my $name = join ', ', "$sni, HTTP/$http, TLS $tls", $cert // 'no certificate';
            my %how = (port => $PORT{named}, sni => $sni, cert => $cert, http => $http, tls => $tls);
            like(outcomes($server, { %how, save => $name }, '/rules/')->[0], qr/^\Q$expected\E/, $name);
            next if $expected eq '0';
            is(outcomes($server, { %how, session => $name }, '/rules/')->[0], $expected, "$name, resumed");
            # Shown to another host it is not worth more than a connection without it.
            for my $other (grep { $_ ne $sni } qw(a.example.org b.example.org c.example.org)) {
                my ($alone) = grep { $_->[0] eq $other && ($_->[1] // '') eq ($cert // '') } @NAMED;
                my $pattern = $alone->[2] eq '0' ? qr/^(?:0|403)/ : qr/^(?:0|\Q$alone->[2]\E)/;
                like(outcomes($server, { %how, sni => $other, session => $name }, '/rules/')->[0], $pattern,
                     "$name, then the session shown to $other");
            }
        }
    }
}

# ---- virtual hosts that httpd takes for one where sessions are concerned: the same name, and other ports ----

my @TWINS = (
    # host, its lines; certificates that it gives sessions for => what it says of them
    ['ours', $OPTIONAL, ok => $ANNE],
    ['theirs', qq{SSLVerifyClient optional\nSSLCACertificateFile "\@PKI\@/stranger-ca.crt"\n}, stranger => $ANNE],
    ['demanding', qq{SSLVerifyClient require\nSSLCACertificateFile "\@PKI\@/ca.pem"\n}, ok => $ANNE],
    ['tolerant', qq{SSLVerifyClient optional_no_ca\nSSLCACertificateFile "\@PKI\@/ca.pem"\n},
        stranger => '403 unverified', selfsigned => '403 unverified', ok => $ANNE],
    ['revoking', qq{$OPTIONAL SSLCARevocationFile "\@PKI\@/intermediate.crl.pem"\nSSLCARevocationCheck leaf\n}, ok => $ANNE],
    ['trusting nobody', "SSLVerifyClient none\n"],
);
# What each host says of each client: another one's session must not make it say more.
my %SAYS = map { my ($host, undef, %says) = @$_; $host => \%says } @TWINS;
$SAYS{$_}{other} = '200 SUCCESS Otto Other' for qw(ours demanding tolerant);
for my $resume ('tickets', 'the cache') {
    my ($text, %port) = ('');
    for my $twin (@TWINS) {
        ($port{ $twin->[0] }, my $lines) = host("ServerName twin.example.org\n$twin->[1]");
        $text .= $lines;
    }
    my $keys = $resume eq 'tickets' ? ticket_keys() : "SSLSessionTickets off\n";
    my $twins = start_server(conf => "$keys$EVERYWHERE$text");
    for my $from (sort keys %port) {
        for my $cert (sort keys %{ $SAYS{$from} }) {
            for my $tls ('1.2', '1.3') {
                my %how = (tls => $tls, sni => 'twin.example.org', cert => $cert);
                my $name = "$resume, TLS $tls, $cert at the host $from";
                is(outcomes($twins, { %how, port => $port{$from}, save => $name }, '/rules/')->[0], $SAYS{$from}{$cert}, $name);
                my ($again) = client()->many($twins, { %how, port => $port{$from}, session => $name }, { path => '/rules/' });
                is(($again->{reused} ? 'resumed ' : '') . outcome($again), "resumed $SAYS{$from}{$cert}", "$name, once more");
                for my $to (grep { $_ ne $from } sort keys %port) {
                    my $wanted = $SAYS{$to}{$cert} ? qr/^\Q$SAYS{$to}{$cert}\E$/ : qr/^(?:0 |403 (?:no-certificate|unverified)$)/;
                    my ($shown) = client()->many($twins, { %how, port => $port{$to}, session => $name }, { path => '/rules/' });
                    like(outcome($shown), $wanted, "$name, then the session shown to $to");
                    ok(!$shown->{reused}, '... which does not resume it');
                }
            }
        }
    }
    $twins->stop;
}

# ---- plain HTTP spoken to the port with TLS ----

my $FORGED = "ssl-client-verify: SUCCESS\r\nssl_client_verify: SUCCESS\r\nX-Client-CN: admin\r\n";
for my $path ('/', '/rules/', '/error/x') {
    for my $close ('close', 'close, X-Client-CN, ssl-client-verify') {
        $backend->mark;
        my ($response) = client()->many($server, { plain => 1, port => $PORT{'plain speech'} },
            { path => $path, raw => "GET $path HTTP/1.1\r\nHost: localhost\r\n${FORGED}Connection: $close\r\n\r\n" });
        like($response->seen->{request}, qr{^GET /error/400 }, "plain HTTP to the port with TLS, $path: the error page");
        for my $seen ($backend->received) {
            my @told = grep { /client/i } map { ref $_ ? "@$_" : $_ } @{ $seen->{headers} };
            is("@told", '', '... and the error page on a backend is told nothing');
        }
        is(scalar(() = $backend->received), 1, '... which was asked once');
    }
}
is(outcome(client()->request($server, '/rules/', port => $PORT{direct}, cert => 'ok')), $ANNE, 'the server lives');

done_testing;
