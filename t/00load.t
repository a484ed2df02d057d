#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The module loads, wherever its LoadModule line stands, and the main server has all that the tests need.
use MTLS::Test;
use Apache::Test ();
use Apache::TestConfig ();

my $main = Apache::Test::config();
my $loaded = qx("@{[ httpd() ]}" -M -d "$main->{vars}{serverroot}" -f "$main->{vars}{t_conf_file}" 2>&1);
my $prefork = mpm() eq 'prefork';

like($loaded, qr/^ mtls_authz_module \(shared\)$/m, 'httpd -M shows the module');
for my $name ('mpm_' . mpm(), grep { !($prefork && $_ eq 'http2') } @MTLS::Env::MODULES) {
    like($loaded, qr/^ ${name}_module \((?:shared|static)\)$/m, "mod_$name is there, too");
}

# [what, parts of the configuration]
my @LOADS = (
    ['after mod_ssl', {}],
    ['before mod_ssl and all others', { ours => 'first' }],
    ['without mod_ssl', { without => ['ssl'] }],
    ['without mod_proxy', { without => [grep { /^proxy|^lbmethod/ } @MTLS::Env::MODULES] }],
    ['without mod_http2', { without => [qw(http2 proxy_http2)] }],
    ['with hardly any other', { modules => ['authz_core'], bare => 1 }],
);
for my $load (@LOADS) {
    my ($what, $parts) = @$load;
    ok_config("loads $what", $parts);
}

# [what, parts, is there TLS?]
my @STARTS = (
    ['after mod_ssl', {}, 1],
    ['before mod_ssl', { ours => 'first' }, 1],
    ['without mod_ssl', { without => ['ssl'] }, 0],
);
for my $start (@STARTS) {
    my ($what, $parts, $tls) = @$start;
    my $server = eval { start_server(%$parts) };
    ok($server, "a server starts with it $what") or diag($@), next;
    is(client()->request($server, '/index.html', plain => 1)->{status}, 200, "and serves, loaded $what");
    next if !$tls;
    is(client()->request($server, '/index.html', cert => 'ok')->{status}, 200, "and serves over TLS, loaded $what");
    $server->stop;
    unlike($server->error_log, qr/exit signal/, "and does not crash, loaded $what");
}

for my $http ($prefork ? '1.1' : ('1.1', '2')) {
    for my $certificate (undef, 'ok') {
        my $response = client()->request(main_server(), '/index.html', http => $http, cert => $certificate);
        is($response->{status}, 200, "the main server serves HTTP/$http with certificate " . ($certificate // '(none)'))
            or diag(explain($response));
    }
}
is(client()->request(main_server(), '/index.html', plain => 1)->{status}, 200, 'and plain HTTP');

done_testing;
