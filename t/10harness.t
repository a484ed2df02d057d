#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The harness itself, over a server without the module: what client and backends claim is what happened.
use MTLS::Test;

my @KINDS = qw(http h2c fcgi scgi uwsgi ajp);
my $backend = start_backend(@KINDS);
my $server = start_server(ours => 'no', tls => join "\n", map {
    sprintf 'ProxyPass "/%s/" "%s://127.0.0.1:%d/"', $_, $_, $backend->port($_)
} @KINDS, );

for my $column (tls_matrix()) {
    my $what = join ' ', map { "$_ $column->{$_}" } qw(http tls resumed);
    for my $kind (@KINDS) {
        my $response = client()->request($server, "/$kind/x", %$column, cert => 'ok', method => 'POST',
                                         headers => [['x-test', 'a  b,c']], body => 'abc');
        is($response->{status}, 200, "$what $kind answers") or diag(explain($response)), next;
        is($response->{tls}, "TLSv$column->{tls}", "$what $kind: the TLS version that was asked for");
        is($response->{alpn}, $column->{http} eq '2' ? 'h2' : 'http/1.1', "$what $kind: so is the HTTP version");
        is($response->seen->{kind}, $kind, "$what $kind: the backend is the right one");
        is($response->seen->{body}, 'abc', "$what $kind: it has got the body");
        my ($name) = grep { $response->backend_header($_) } qw(x-test X-Test HTTP_X_TEST header:x-test header:X-Test);
        is_deeply([$name ? $response->backend_header($name) : ()], ['a  b,c'], "$what $kind: and the header, as it was");
    }
    is(client()->request($server, '/cgi-bin/dump.py', %$column)->seen->{kind}, 'cgi', "$what: a CGI program answers");
}

# [certificate, status with SSLVerifyClient optional: 0 where the handshake fails]
for my $case (['ok', 200], ['big', 200], ['many-sans', 200], ['nul-cn', 200], ['bare', 200], ['rsa', 200], ['ed25519', 200],
              ['expired', 0], ['future', 0], ['stranger', 0], ['twin', 0], ['selfsigned', 0], ['server-purpose', 0]) {
    my ($name, $status) = @$case;
    my $response = client()->request($server, '/', cert => $name);
    is($response->{status}, $status, "certificate $name: status $status") or diag(explain($response));
    like($response->{error}, qr/alert|EOF|reset|closed/i, "and what went wrong is told ($name)") if !$status;
}

# One connection, many requests.
for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
    my @responses = client()->many($server, { http => $http, conn => "one $http" }, map { { path => '/http/' } } 1 .. 300);
    is(scalar(grep { $_->{status} == 200 } @responses), 300, "300 requests on one connection, HTTP/$http");
    @responses = client()->many($server, { http => $http, conn => "one $http" }, map { { path => "/http/$_", wait => 0 } } 1 .. 50);
    is_deeply([map { $_->seen->{request} =~ m{/(\d+) } } @responses], [1 .. 50], "50 at once, answers in order, HTTP/$http");
}

# Octets as they are.
my $raw = client()->request($server, '/', plain => 1, raw => "GET /index.html HTTP/1.0\r\n\r\n");
is($raw->{body}, "index\n", 'a raw request');
is(client()->request($server, '/', raw => "\0\r\n\r\n")->{status}, 400, 'and one that is none');
my $trailers = client()->request($server, '/http/', method => 'POST', body => 'abc', trailers => [['X-Late', 'yes']]);
is($trailers->seen->{body}, 'abc', 'a body with trailers');
is(client()->request($server, '/http/status/404')->{status}, 404, 'a backend can answer otherwise');
is(client()->request($server, '/http/', headers => [['Upgrade', 'x'], ['Connection', 'Upgrade']])->{status}, 200,
   'no upgrade where the proxy does not pass it');

$backend->mark;
client()->request($server, '/http/marked');
is_deeply([map { $_->{request} } $backend->received], ['GET /marked HTTP/1.1'], 'the backend tells what has arrived');

# Logs, restarts, ends.
my $wrong = 0;
for (1 .. 100) {
    client()->request($server, '/earlier', headers => [['Host', 'x']]);
    $server->mark;
    client()->request($server, '/logged');
    $wrong++ if join("\n", $server->access_log(1)) ne 'HTTP/1.1 GET /logged 404 - -';
}
is($wrong, 0, 'the access log from the mark on, a hundred times');
$server->graceful(conf => 'Redirect 410 /gone');
is(client()->request($server, '/gone')->{status}, 410, 'a graceful restart with another line');
$server->stop;
like($server->error_log, qr/caught SIGTERM/, 'the server ends when it is told');
ok(!eval { start_server(ours => 'no', conf => 'Nonsense on'); 1 }, 'one with nonsense does not start');
like($@, qr/Invalid command 'Nonsense'/, 'and says why');

# A port that a test has been given is nobody else's, until the test ends, and its server's.
my $port = free_port();
ok(!IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp'), 'a port stays taken before its server has started');
$server = start_server(ours => 'no', conf => "Listen 127.0.0.1:$port");
is(client()->request($server, '/index.html', plain => 1, port => $port)->{status}, 200, 'and a server can listen there');
$server->stop;
my %given = map { free_port() => 1 } 1 .. 300;
is(scalar keys %given, 300, 'none is given twice');

# Configurations.
ok_config('a good configuration', { ours => 'no', tls => 'SSLVerifyDepth 3' });
refused_config('an unknown directive', { ours => 'no', conf => 'Nonsense on' },
    "Invalid command 'Nonsense', perhaps misspelled or defined by a module not included in the server configuration");
refused_config('one in a section', { ours => 'no', tls => "<Location />\nRequire nonsense\n</Location>" },
    'Unknown Authz provider: nonsense');

# Certificates, and a session without its certificate.
make_certificate(brief => { not_after => 1800, san => [['dns', 'brief.example.org']] });
like(qx(openssl x509 -in "@{[ pki('brief.crt') ]}" -noout -ext subjectAltName), qr/DNS:brief\.example\.org/, 'one more certificate');

# A skip is a failure.
my $skipping = logs() . '/skipping.t';
spew($skipping, "print qq(1..0 # SKIP no reason\\n);\n");
my $skipped = logs() . '/skipping.skipped';
my $verdict = qx(MTLS_SKIPPED='$skipped' prove --harness MTLS::Harness "$skipping" 2>&1);
ok($? != 0, 'a skipped test fails the run');
like($verdict, qr/Result: FAIL\n\z/, 'and the verdict says so');
ok(-e $skipped, 'and t/run.sh is told');
isnt($skipped, $ENV{MTLS_SKIPPED}, '... by another file than the one of this run: what fails beside others may run once more');

done_testing;
