# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Consumer;
# Real products behind the examples: processes on free ports, and examples that are driven through them.
#
#     my $dir = work_dir('gunicorn');                          a directory of this test's own
#     my $port = free_port();
#     start_process('gunicorn', $port, "$dir/log", @command);  runs until the test ends; waits until the port answers
#     my $server = serve_example('django.conf', mtls_backend => "http://127.0.0.1:$port");
#     drive($server, [certificate, path, [headers], status, what the application says], ...);
#     asked_directly($port, path, [headers], what it says)     without the gateway: what a forgery is worth
use strict;
use warnings;
use Exporter 'import';
use File::Path 'make_path';
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use MTLS::Client;
use MTLS::Env qw(top pki logs mpm slurp);
use MTLS::Server;
our @EXPORT = qw(work_dir start_process serve_example drive asked_directly fingerprint pem_in_a_header rfc9440);

my %processes;
my $client;

sub work_dir {
    my ($name) = @_;
    my $dir = logs() . "/$name-$$";
    make_path($dir);
    return $dir;
}

sub answers {
    my ($port) = @_;
    return defined IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1);
}

sub start_process {
    my ($name, $port, $log, @command) = @_;
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        setpgrp;        # children of its own end with it
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log;
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    $processes{$pid} = $name;
    my $until = time + 60;
    until (answers($port)) {
        die "$name has ended:\n" . slurp($log) if waitpid($pid, POSIX::WNOHANG()) == $pid && delete $processes{$pid};
        die "$name does not listen:\n" . slurp($log) if time > $until;
        sleep 0.05;
    }
}

sub stop_processes {
    my $until = time + 10;
    kill TERM => map { -$_ } keys %processes;
    while (%processes && time < $until) {
        waitpid($_, POSIX::WNOHANG()) && delete $processes{$_} for keys %processes;
        sleep 0.02;
    }
    kill KILL => map { -$_ } keys %processes;
}

# A server with an example; its Define lines get these values, or the usual ones.
sub serve_example {
    my ($file, %define) = @_;
    my %value = (
        mtls_address => '127.0.0.1:@HTTPS_PORT@', mtls_server_cert => '@PKI@/server.crt',
        mtls_server_key => '@PKI@/server.key', mtls_client_ca => '@PKI@/ca.pem', mtls_log => '@DIR@/example_log',
        %define);
    my $text = slurp(top() . "/conf-examples/$file");
    for my $name ($text =~ /^Define[ \t]+(\S+)/mg) {
        next if $name eq 'mtls_name';
        exists $value{$name} or die "$file: the test has no value for Define $name\n";
        $text =~ s/^(Define[ \t]+\Q$name\E[ \t]+).*$/$1$value{$name}/m;
    }
    $text =~ s/^Define[ \t]+mtls_name[ \t]+\K\S+/localhost/m;
    my $server = MTLS::Server->start(conf => mpm() eq 'prefork' ? $text : "Protocols h2 http/1.1\n$text");
    my $warning = qr/^mtls_authz: \S+:\d+:|\[mtls_authz:(?:warn|error)\]/m;
    unlike($server->said, $warning, "$file starts without a warning");
    return $server;
}

# Each case over HTTP/1.1 and HTTP/2. What the application says is a whole text, a pattern, or undef: it is not asked.
sub drive {
    my ($server, @cases) = @_;
    $client //= MTLS::Client->new;
    for my $case (@cases) {
        my ($cert, $path, $headers, $status, $says) = @$case;
        for my $http (mpm() eq 'prefork' || grep({ lc $_->[0] eq 'connection' } @$headers) ? '1.1' : ('1.1', '2')) {
            my @sent = map { [$http eq '2' ? lc $_->[0] : $_->[0], $_->[1]] } @$headers;
            my $response = $client->request($server, $path, cert => $cert, http => $http, headers => \@sent);
            my $name = join ' ', "HTTP/$http", $cert // 'nobody', $path, map { $_->[0] } @$headers;
            is($response->{status}, $status, "$name: $status") or diag($response->{error} // $response->{body});
            my $body = $response->{body} // '';
            unlike($body, qr/^client /, "$name: the application is not asked") if !defined $says;
            like($body, $says, "$name: what the application says") if ref $says;
            is($body, $says, "$name: what the application says") if defined $says && !ref $says;
        }
    }
}

# The application believes whoever reaches it: what a forgery would do if the gateway let it through.
sub asked_directly {
    my ($port, $path, $headers, $says) = @_;
    $client //= MTLS::Client->new;
    my $answer = $client->do({ plain => 1, port => $port, requests => [{ path => $path, headers => $headers }] });
    my $body = $answer->{responses}[0]{body} // $answer->{error};
    ref $says ? like($body, $says, "asked directly, it believes @{[ map { $_->[0] } @$headers ]}")
        : is($body, $says, "asked directly, it believes @{[ map { $_->[0] } @$headers ]}");
}

# ---- certificates, by openssl and RFC 9440 ----

sub fingerprint {
    my ($name) = @_;
    my ($digits) = qx(openssl x509 -in '@{[ pki("$name.crt") ]}' -noout -fingerprint -sha256) =~ /=(\S+)/ or die;
    return lc $digits =~ tr/://dr;
}

sub pem_in_a_header { return slurp(pki("$_[0].crt")) =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger }

sub rfc9440 { return ':' . join('', grep { !/^-/ } split /\n/, slurp(pki("$_[0].crt"))) . ':' }

END {
    local ($?, $!);
    stop_processes();
}

1;
