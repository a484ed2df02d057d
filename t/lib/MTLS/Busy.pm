# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Busy;
# A server with everything that the module does while it answers, and clients of all manners: for the tools of t/assurance, which
# look at the server. What it answers is for other tests.
use strict;
use warnings;
use Exporter 'import';
use JSON::PP ();
use MTLS::Env qw(build pki);
use MTLS::Lists;
use MTLS::Test ();
our @EXPORT = qw(busy_server swap begin finish @KINDS);

# How each process of the load generator connects, and what it asks for in turn on each connection. It reads no response
# in chunks, and a connection that is dropped while it is answered costs mod_ssl the client's certificate.
our @KINDS = (
    [t0 => '--http2', '--streams', 30, '--open', 6, '/in*5', '/report*5', '/index.html*5', '/status?show=what-if&url=/in*5'],
    [t1 => '--http2', '--streams', 10, '--open', 4, '--header', 'X-N: forged', '/in*18', '/status?format=json*2'],
    [t2 => '--http2', '--streams', 4, '--open', 4, '--resume', '/in', '/report', '/b/x*2', '/in*16'],
    [t3 => '--open', 8, '--header', 'Connection: X-N, close-not', '/in*17', '/report*2', '/b/y'],
    [t4 => '--open', 4, '--resume', '--tls', '1.2', '/in*10', '/index.html*10'],
    [undef, '--http2', '--streams', 8, '--open', 2, '/in*17', '/status?format=prometheus*3'],
);

my ($dir, $backend);

# Version n of the lists: one of those with a certificate is no member any more, another one is killed.
sub swap {
    my ($n) = @_;
    put('people', map { "t$_.example.org n=$n" } grep { $_ != $n % 8 } 0 .. 7);
    put('kill', '# nobody', "san.dns t@{[ ($n + 3) % 8 ]}.example.org");
}

sub busy_server {
    my ($conf) = @_;
    if (!$dir) {
        MTLS::Test::make_certificate("t$_" => { san => [['dns', "t$_.example.org"]] }) for 0 .. 7;
        $backend = MTLS::Test::start_backend('http');
        $dir = list_dir();
    }
    swap(0);
    return MTLS::Test::start_server(log_level => 'warn', conf => $conf, tls => <<"END");
    MTLSListInterval 1s
    MTLSList people san.dns file:$dir/people
    MTLSKillList $dir/kill
    MTLSAuditLog audit.log
    MTLSWhatIf on
    MTLSExpiryWarning 30d
    MTLSExport rfc9440
    MTLSHeader X-N label.people.n
    MTLSEnv on
    MTLSGuard all
    ProxyPass "/b/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    <Location "/in">
        <RequireAny>
            Require mtls in people
            Require mtls subject.cn like "*nobody*"
        </RequireAny>
        Header always set X-N "expr=%{MTLS:label.people.n}"
    </Location>
    <Location "/report">
        MTLSMode report
        Require mtls label.people.n is 3
    </Location>
    <Location "/status">
        SetHandler mtls-status
        MTLSStatusSubjects on
        Require all granted
    </Location>
END
}

# A process of the load generator; OPTIONS say when it ends.
sub begin {
    my ($server, $kind, @options) = @_;
    my ($name, @words) = @$kind;
    my @who = defined $name ? ('--cert', pki("$name.chain.pem"), '--key', pki("$name.key")) : ();
    open my $from, '-|', build() . '/bench/load', '--port', $server->https_port, @options, @who, @words or die "load: $!\n";
    return $from;
}

# Waits for it. How many responses it has had.
sub finish {
    my ($from) = @_;
    my $said = do { local $/; scalar <$from> } // '';
    close $from;
    my $figures = eval { JSON::PP->new->decode($said) } or die "load: $said\n";
    return $figures->{requests};
}

1;
