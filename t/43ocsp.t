#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# OCSP is asked for within the verification that we stand around: the same handshakes as without us, and a
# certificate that the responder does not vouch for is not let in.
use MTLS::Test;
use IO::Socket::INET;
use POSIX ();

# certificate, what the responder says of it, whether a handshake comes about
my @CASES = (['ok', 'good', 1], ['spiffe', 'good', 1], ['other', 'revoked', 0], ['two-cns', 'unknown', 0]);

my $dir = logs() . "/ocsp-$$";
mkdir $dir or die "$dir: $!";
spew("$dir/index.txt", join '', map {
    my ($name, $says) = @$_;
    my ($serial) = qx{openssl x509 -in '@{[ pki("$name.crt") ]}' -noout -serial} =~ /=(\S+)/ or die "no serial";
    $says eq 'unknown' ? () : join("\t", $says eq 'good' ? ('V', '491231235959Z', '') : ('R', '491231235959Z', '200101000000Z'),
                                   $serial, 'unknown', "/CN=$name") . "\n";
} @CASES);

# A responder: HTTP by hand, the answers by openssl. (openssl's own would listen everywhere.)
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 8, ReuseAddr => 1) or die "no port: $!";
sub answer {
    my ($from) = @_;
    my ($head, $body) = ('', '');
    $head .= readline($from) // return while $head !~ /\r\n\r\n\z/;
    read $from, $body, $head =~ /^Content-Length:\s*(\d+)/mi ? $1 : 0;
    spew("$dir/request", $body);
    my @ca = map { pki($_) } qw(intermediate.crt intermediate.key);
    system("openssl ocsp -index $dir/index.txt -CA $ca[0] -rsigner $ca[0] -rkey $ca[1] -reqin $dir/request "
           . "-respout $dir/response >>$dir/log 2>&1") == 0 or return;
    my $response = slurp("$dir/response");
    print $from "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: ", length $response,
        "\r\n\r\n", $response;
}
my $responder = fork() // die "fork: $!";
if (!$responder) {
    while (my $from = $listener->accept) {
        answer($from);
        close $from;
    }
    POSIX::_exit(0);
}
END {
    local ($?, $!);
    if ($responder) {
        kill KILL => $responder;
        waitpid $responder, 0;
    }
}

my $OCSP = sprintf <<'END', $listener->sockport;
    SSLOCSPEnable leaf
    SSLOCSPDefaultResponder http://127.0.0.1:%d/
    SSLOCSPOverrideResponder on
END
my $stock = start_server(ours => 'no', tls => $OCSP);
my $server = start_server(tls => "$OCSP <Location />\nRequire mtls\n</Location>");

for my $case (@CASES) {
    my ($cert, $says, $lives) = @$case;
    for my $tls ('1.2', '1.3') {
        my %how = (cert => $cert, tls => $tls);
        my $name = "$cert ($says), TLS $tls";
        my ($theirs) = client()->many($stock, { %how }, { path => '/' });
        is($theirs->{status} ? 1 : 0, $lives, "$name: stock httpd " . ($lives ? 'connects' : 'refuses'));
        my ($ours) = client()->many($server, { %how, save => $name }, { path => '/' });
        is($ours->{status}, $theirs->{status}, '... and so do we');
        is($ours->{error}, $theirs->{error}, '... in the same words');
        next if !$lives;
        my ($resumed) = client()->many($server, { %how, session => $name }, { path => '/' });
        is("$resumed->{status} $resumed->{reused}", "$theirs->{status} 1", '... and resume');
    }
}

# ---- tickets of another server with the same keys, which does not ask ----

my $port = free_port();
sub sharing_keys {
    my ($lines) = @_;
    return start_server(conf => ticket_keys() . <<"END");
        Listen 127.0.0.1:$port
        <VirtualHost 127.0.0.1:$port>
            SSLEngine on
            SSLCertificateFile "\@PKI\@/server.crt"
            SSLCertificateKeyFile "\@PKI\@/server.key"
            SSLCACertificateFile "\@PKI\@/ca.pem"
            SSLVerifyClient optional
            SSLVerifyDepth 10
            $lines
            <Location />
                Require mtls
            </Location>
        </VirtualHost>
END
}
sub shown {
    my ($cert, $tls, @how) = @_;
    my ($response) = client()->many($server, { cert => $cert, tls => $tls, port => $port, @how }, { path => '/' });
    return join ' ', $response->{status} || 'none', $response->{reused} ? 'resumed' : ();
}
my ($good) = map { $_->[0] } grep { $_->[2] } @CASES;
my ($bad) = map { $_->[0] } grep { !$_->[2] } @CASES;
$server->stop;
$server = sharing_keys('');
for my $tls ('1.2', '1.3') {
    is(shown($_, $tls, save => "lax $_ $tls"), '200', "who does not ask lets $_ in, TLS $tls") for $good, $bad;
}
$server->stop;
$server = sharing_keys($OCSP);
for my $tls ('1.2', '1.3') {
    is(shown($good, $tls), '200', "who asks lets $good in, TLS $tls");
    is(shown($bad, $tls, session => "lax $bad $tls"), 'none', "... and $bad not, with a ticket of the other one");
    is(shown($good, $tls, session => "lax $good $tls"), '200', "... and $good by a full handshake");
}
done_testing;
