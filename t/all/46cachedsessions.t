#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Sessions in a cache that outlives restarts, as those do that several servers share: what was verified once is worth
# nothing when its CA is not trusted any more, though another CA has the same name.
use MTLS::Test;
use MTLS::Consumer;

my $dir = work_dir('cachedsessions');
my ($cache, $port) = (free_port(), free_port());
start_process('memcached', $cache, "$dir/log", qw(memcached -u nobody -l 127.0.0.1 -U 0 -p), $cache);
mkdir "$dir/cas";

sub subject { my ($name) = @_; return scalar qx{openssl x509 -in '@{[ pki("$name.crt") ]}' -noout -subject} }
is(subject('twin-ca'), subject('intermediate'), 'two CAs of one name: httpd knows those in a directory by their names');

sub trust {
    unlink glob "$dir/cas/*";
    spew("$dir/cas/$_.pem", slurp(pki("$_.crt"))) for @_;
    system("openssl rehash '$dir/cas' >/dev/null") == 0 or die 'openssl rehash';
}

my @WAYS = map { my $tls = $_; map { [$_, $tls] } mpm() eq 'prefork' ? '1.1' : ('1.1', '2') } '1.2', '1.3';
my $server;

# The status ("none": no response) of a client by each way, and whether its session was resumed; save or session: by that name.
sub outcomes {
    my ($cert, %how) = @_;
    my @outcomes;
    for my $way (@WAYS) {
        my ($http, $tls) = @$way;
        my %names = map { $_ => "$how{$_} $cert @$way" } keys %how;
        my $response = client()->request($server, '/', cert => $cert, port => $port, http => $http, tls => $tls, %names);
        push @outcomes, ($response->{status} || 'none') . ($response->{reused} ? ' resumed' : '');
    }
    return join ', ', @outcomes;
}
sub all { return join ', ', ($_[0]) x @WAYS }

trust(qw(root intermediate twin-ca));
$server = start_server(modules => [@MTLS::Env::MODULES, 'socache_memcache'], conf => <<"END");
SSLSessionCache "memcache:127.0.0.1:$cache"
Listen 127.0.0.1:$port
<VirtualHost 127.0.0.1:$port>
    Protocols h2 http/1.1
    SSLEngine on
    SSLCertificateFile "\@PKI\@/server.crt"
    SSLCertificateKeyFile "\@PKI\@/server.key"
    SSLCACertificatePath "$dir/cas"
    SSLVerifyClient optional
    SSLVerifyDepth 10
    SSLSessionTickets off
    <Location "/">
        Require mtls
    </Location>
</VirtualHost>
END
my %CLIENTS = (ok => 'intermediate', twin => 'twin-ca');
for my $cert (sort keys %CLIENTS) {
    is(outcomes($cert, save => 'first'), all('200'), "$cert: comes in");
    is(outcomes($cert, session => 'first'), all('200 resumed'), "$cert: again, by the session in the cache");
}

# Nothing has changed; but who could know that before somebody with this CA has been verified?
$server->graceful;
for my $cert (sort keys %CLIENTS) {
    my $outcomes = outcomes($cert, session => 'first');
    like($outcomes, qr/^200, /, "$cert: behind a restart the first one makes a full handshake");
    is($outcomes =~ s/^200, //r, join(', ', ('200 resumed') x (@WAYS - 1)), "$cert: the others are resumed");
    is(outcomes($cert, save => 'second'), all('200'), "$cert: new sessions");
    is(outcomes($cert, session => 'second'), all('200 resumed'), "$cert: they are resumed");
}

trust(qw(root intermediate));
$server->graceful;
is(outcomes('twin'), all('none'), 'twin: its CA is withdrawn');
is(outcomes('ok', save => 'third'), all('200'), 'ok: not its own');
is(outcomes('twin', session => $_), all('none'), "twin: nor by its $_ session in the cache") for 'first', 'second';
is(outcomes('ok', session => 'second'), all('200 resumed'), 'ok: is resumed');
done_testing;
