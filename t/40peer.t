#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Who is at the other end: certificate x HTTP version x TLS version x full handshake, resumed by ticket, resumed by
# the server's cache. What the verification said counts, however the session came about, and the time of the request.
use MTLS::Test;
use Time::HiRes ();
use Time::Local 'timegm';

my @HTTP = mpm() eq 'prefork' ? ('1.1') : ('1.1', '2');
my $PROTOCOLS = mpm() eq 'prefork' ? 'http/1.1' : 'h2 http/1.1';
my $backend = start_backend('http');

# Soon this one is expired; everything that takes time stands between its two halves.
my $LIFE = 9;
make_certificate(brief => { not_after => $LIFE, san => [['dns', 'brief.example.org']] });

# The same host once for each way to verify and each way to resume.
my %PORT;
my $hosts = '';
for my $verify ('optional', 'optional_no_ca') {
    for my $resume ('ticket', 'server cache') {
        my $port = $PORT{$verify}{$resume} = free_port();
        my $tickets = $resume eq 'ticket' ? 'on' : 'off';
        $hosts .= <<"END";
            Listen 127.0.0.1:$port
            <VirtualHost 127.0.0.1:$port>
                Protocols $PROTOCOLS
                SSLEngine on
                SSLCertificateFile "\@PKI\@/server.crt"
                SSLCertificateKeyFile "\@PKI\@/server.key"
                SSLCACertificateFile "\@PKI\@/ca.pem"
                SSLVerifyDepth 10
                SSLVerifyClient $verify
                SSLSessionTickets $tickets
            </VirtualHost>
END
    }
}

my $server = start_server(conf => $hosts . sprintf <<'END', $backend->port('http'));
    ErrorDocument 403 "reason %%{reqenv:MTLS_REASON}"
    ProxyPass / http://127.0.0.1:%d/
    <Location />
        MTLSExport nginx xfcc:subject
        MTLSHeader X-Client-SHA256 sha256 hex
    </Location>
    <Location /rules/>
        Require mtls
    </Location>
    <Location /stock/>
        Require ssl-verify-client
    </Location>
    <Location /believed/>
        Require expr "%%{SSL_CLIENT_VERIFY} == 'SUCCESS'"
    </Location>
    <Location /not/>
        <RequireAll>
            Require all granted
            Require not mtls san.dns is nobody.example.org
        </RequireAll>
    </Location>
END

my @IDENTITY = qw(ssl-client-subject-dn ssl-client-issuer-dn ssl-client-cert X-Forwarded-Client-Cert X-Client-SHA256);

# The requests that every connection makes, and what comes of one: for / what the backend is told (the status header and
# how many identity headers), else status and reason.
my @PATHS = qw(/ /rules/ /not/ /believed/ /stock/);
sub outcome {
    my ($path, $response) = @_;
    my $error = $response->{error} ? "0 $response->{error}" : 0;
    return $response->{status} . ($response->{body} =~ /^reason (\S+)/ ? " $1" : '') || $error if $path ne '/';
    return $response->{status} || $error if $response->{status} != 200;
    my $identity = () = map { $response->backend_header($_) } @IDENTITY;
    return join(' ', $response->backend_header('ssl-client-verify')) . " $identity";
}

# The outcomes by path, of one connection. What is forged is sent along.
my @FORGED = map { [lc, 'forged'] } 'ssl-client-verify', @IDENTITY;
sub ask {
    my (%how) = @_;
    my @responses = client()->many($server, \%how, map { { path => $_, headers => \@FORGED } } @PATHS);
    my %outcome = map { $PATHS[$_] => outcome($PATHS[$_], $responses[$_]) } 0 .. $#PATHS;
    return (\%outcome, $responses[0]{reused});
}

my %GOOD = ('/' => 'SUCCESS 5', '/rules/' => 200, '/not/' => 200, '/believed/' => 200);
sub denied {
    my ($told, $reason) = @_;
    return ('/' => $told, '/rules/' => "403 $reason", '/not/' => "403 $reason");
}

# verification, certificate, outcomes. /believed/ is stock httpd's own word; it is given where it is not the truth.
my @TABLE = (
    ['optional', 'ok', %GOOD],
    ['optional', 'bare', %GOOD],
    ['optional', undef, denied('NONE 0', 'no-certificate'), '/believed/' => 403],
    ['optional_no_ca', 'ok', %GOOD],
    ['optional_no_ca', undef, denied('NONE 0', 'no-certificate'), '/believed/' => 403],
    ['optional_no_ca', 'selfsigned', denied('FAILED:unverified 0', 'unverified'), '/believed/' => 403],
    ['optional_no_ca', 'stranger', denied('FAILED:unverified 0', 'unverified'), '/believed/' => 403],
    ['optional_no_ca', 'twin', denied('FAILED:unverified 0', 'unverified'), '/believed/' => 403],
);

sub compare {
    my ($name, $row, $outcome, %how) = @_;
    my ($verify, $cert, %expected) = @$row;
    # Stock httpd: no session of HTTP/2 counts; an unverified certificate does, once TLS 1.2 has resumed it.
    my $lie = $how{resumed} && $how{tls} eq '1.2' && defined $cert && $expected{'/believed/'} == 403;
    my $stock = $lie ? 200 : $expected{'/believed/'};
    @expected{'/believed/', '/stock/'} = ($stock, $how{http} eq '2' ? 403 : $stock);
    is_deeply($outcome, \%expected, $name) or diag explain $outcome;
}

# ---- before it expires ----

my @BRIEF = map { my $http = $_; map { my $tls = $_; map { [$http, $tls, $_] } 'ticket', 'server cache' } '1.2', '1.3' } @HTTP;
for my $case (@BRIEF) {
    my ($http, $tls, $resume) = @$case;
    my ($outcome) = ask(port => $PORT{optional}{$resume}, cert => 'brief', http => $http, tls => $tls,
                        conn => "brief @$case", save => "brief @$case");
    compare("brief, HTTP/$http, TLS $tls, $resume: before it expires", ['optional', 'brief', %GOOD], $outcome,
            http => $http, tls => $tls);
}

# ---- the table ----

for my $row (@TABLE) {
    my ($verify, $cert) = @$row;
    for my $http (@HTTP) {
        for my $tls ('1.2', '1.3') {
            for my $resume ('ticket', 'server cache') {
                my %how = (port => $PORT{$verify}{$resume}, cert => $cert, http => $http, tls => $tls);
                my $name = join ', ', $verify, $cert // 'no certificate', "HTTP/$http", "TLS $tls";
                my ($full, $reused) = ask(%how, save => $name);
                compare("$name, full", $row, $full, %how);
                (my $resumed, $reused) = ask(%how, session => $name);
                ok($reused, "$name: resumed by $resume");
                compare("$name, resumed by $resume", $row, $resumed, %how, resumed => 1);
                # What was resumed once and saved again is no better.
                ask(%how, session => $name, save => "$name again");
                ($resumed) = ask(%how, session => "$name again");
                compare("$name, resumed by $resume again", $row, $resumed, %how, resumed => 1);
            }
        }
    }
}

# ---- certificates that no handshake lets pass ----

for my $cert (qw(expired future selfsigned stranger server-purpose)) {
    for my $tls ('1.2', '1.3') {
        for my $verify ($cert =~ /^(?:selfsigned|stranger)$/ ? 'optional' : ('optional', 'optional_no_ca')) {
            my ($outcome) = ask(port => $PORT{$verify}{ticket}, cert => $cert, tls => $tls);
            is(scalar(grep { /^0 / } values %$outcome), @PATHS, "$verify, $cert, TLS $tls: no connection");
        }
    }
}

# ---- plain HTTP ----

my @plain = client()->many($server, { plain => 1 }, map { { path => $_, headers => \@FORGED } } @PATHS);
is_deeply({ map { $PATHS[$_] => outcome($PATHS[$_], $plain[$_]) } 0 .. $#PATHS },
          { denied(' 0', 'no-tls'), '/believed/' => 403, '/stock/' => 403 }, 'plain HTTP');

# ---- certificates that OpenSSL cannot read, by openssl's own client ----

# One HTTP/1.1 connection; as ask(), but the backend's answer is read from the whole output.
sub openssl_ask {
    my ($cert, $port, $tls, @options) = @_;
    my ($requests, $input) = ('', logs() . '/openssl-requests');
    for my $i (0 .. $#PATHS) {
        $requests .= "GET $PATHS[$i] HTTP/1.1\r\nHost: localhost\r\n" . ($i == $#PATHS ? "Connection: close\r\n" : '') . "\r\n";
    }
    spew($input, $requests);
    my @command = ('openssl', 's_client', '-connect', "127.0.0.1:$port", '-servername', 'localhost', '-ign_eof',
                   '-tls' . $tls =~ s/\./_/r, '-cert', pki("$cert.crt"), '-key', pki("$cert.key"),
                   '-cert_chain', pki('intermediate.crt'), @options);
    my $output = qx{timeout 20 @command <'$input' 2>&1};
    my @answers;
    while ($output =~ m{HTTP/1\.1 (\d+) .*?\r\nContent-Length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n}sg) {
        push @answers, { status => $1, body => substr $output, pos $output, $2 };
    }
    my %outcome = map { $PATHS[$_] => outcome($PATHS[$_], MTLS::Response->new($answers[$_] // { status => 0, body => '' })) }
        0 .. $#PATHS;
    return (\%outcome, $output =~ /^Reused, /m);
}

for my $row (map { ['optional_no_ca', $_, denied('FAILED:unverified 0', 'unverified'), '/believed/' => 403] }
             qw(bad-san double-san)) {
    my (undef, $cert) = @$row;
    for my $tls ('1.2', '1.3') {
        for my $resume ('ticket', 'server cache') {
            my ($port, $session) = ($PORT{optional_no_ca}{$resume}, logs() . '/openssl-session');
            my ($full) = openssl_ask($cert, $port, $tls, '-sess_out', $session);
            compare("optional_no_ca, $cert, TLS $tls, full", $row, $full, http => '1.1', tls => $tls);
            my ($resumed, $reused) = openssl_ask($cert, $port, $tls, '-sess_in', $session);
            ok($reused, "optional_no_ca, $cert, TLS $tls: resumed by $resume");
            compare("optional_no_ca, $cert, TLS $tls, resumed by $resume", $row, $resumed, http => '1.1', tls => $tls,
                    resumed => 1);
        }
    }
}
# Nothing of it is left in OpenSSL's error queue: whoever comes next is served.
for my $try (1 .. 4) {
    my ($outcome) = ask(port => $PORT{optional_no_ca}{ticket}, cert => 'ok', http => $HTTP[$try % @HTTP]);
    compare("after it: ok, try $try", ['optional_no_ca', 'ok', %GOOD], $outcome, http => $HTTP[$try % @HTTP], tls => '');
}

# ---- after it has expired ----

my ($year, $month, $day, $h, $m, $s) = `openssl x509 -in @{[ pki('brief.crt') ]} -noout -enddate -dateopt iso_8601`
    =~ /=(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)Z/ or die 'no enddate';
my $wait = timegm($s, $m, $h, $day, $month - 1, $year) + 1.1 - Time::HiRes::time();
Time::HiRes::sleep($wait) if $wait > 0;
for my $case (@BRIEF) {
    my ($http, $tls, $resume) = @$case;
    my %how = (port => $PORT{optional}{$resume}, cert => 'brief', http => $http, tls => $tls);
    my $row = ['optional', 'brief', denied('FAILED:expired 0', 'expired'), '/believed/' => 200];
    my $name = "brief, HTTP/$http, TLS $tls";
    my ($outcome) = ask(%how, conn => "brief @$case");
    compare("$name: expired on the same connection", $row, $outcome, %how);
    ($outcome, my $reused) = ask(%how, session => "brief @$case");
    ok($reused, "$name: resumed by $resume after it has expired");
    compare("$name: expired, resumed by $resume", $row, $outcome, %how);
    client()->do({ close => "brief @$case" });
}

done_testing;
