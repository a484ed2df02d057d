#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Whatever threads of one process share, all at once for TIME seconds: many streams of many connections, lists and a kill list that
# are swapped, connections that are hung up, the audit log, the status page, full and resumed handshakes, restarts.
# ThreadSanitizer looks on, and t/run.sh fails when it has reported something; what is answered is for other tests.
use MTLS::Test;
use MTLS::Lists;
use JSON::PP ();
use Time::HiRes qw(sleep time);

my $SECONDS = $ENV{TIME} // 60;
my $load = build() . '/bench/load';
my $dir = list_dir();

make_certificate("t$_" => { san => [['dns', "t$_.example.org"]] }) for 0 .. 7;
sub swap {
    my ($n) = @_;
    put('people', map { "t$_.example.org n=$n" } grep { $_ != $n % 8 } 0 .. 7);
    put('kill', '# nobody', "san.dns t@{[ ($n + 3) % 8 ]}.example.org");
}
swap(0);

my $server = start_server(log_level => 'warn', conf => <<'END', tls => <<"TLS");
    StartServers 1
    ServerLimit 4
    ThreadsPerChild 25
    MaxRequestWorkers 50
    MinSpareThreads 1
    MaxSpareThreads 50
    GracefulShutdownTimeout 5
END
    H2MaxWorkers 24
    MTLSListInterval 1s
    MTLSList people san.dns file:$dir/people
    MTLSKillList $dir/kill
    MTLSAuditLog audit.log
    MTLSExpiryWarning 30d
    MTLSExport rfc9440
    MTLSHeader X-N label.people.n
    MTLSEnv on
    MTLSGuard all
    ScriptAlias "/page/" "\@HTDOCS@/../cgi-bin/"
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
TLS

# What each process of the load generator asks for, and how.
my $end = time + $SECONDS;
my @KINDS = (
    [t0 => '--http2', '--streams', 30, '--open', 6, '/in', '/report', '/index.html', '/in'],
    [t1 => '--http2', '--streams', 10, '--open', 4, '--header', 'X-N: forged', '/in*20', '/status?format=json'],
    [t2 => '--http2', '--streams', 4, '--open', 4, '--resume', '/in', '/report'],
    [t3 => '--open', 8, '/in*40', '/report', '/status'],
    [t4 => '--open', 4, '--resume', '--tls', '1.2', '/in', '/index.html'],
    [undef, '--http2', '--streams', 8, '--open', 2, '/in*10', '/status?format=prometheus'],
);

my ($requests, @running) = (0);
sub begin {
    my ($name, @words) = @{ $_[0] };
    my @who = defined $name ? ('--cert', pki("$name.chain.pem"), '--key', pki("$name.key")) : ();
    open my $from, '-|', $load, '--port', $server->https_port, '--seconds', 4, @who, @words or die "$load: $!\n";
    return $from;
}
sub finish {
    my ($from) = @_;
    my $said = do { local $/; scalar <$from> } // '';
    close $from;
    my $figures = eval { JSON::PP->new->decode($said) } or return diag("load: $said");
    $requests += $figures->{requests};
}

my ($rounds, $swaps, $restarts) = (0, 0, 0);
while (time < $end) {
    my @at_work = map { begin($_) } @KINDS;
    for (1 .. 4) {
        sleep 1.1;
        swap(++$swaps);
    }
    $server->graceful, $restarts++ if ++$rounds % 3 == 0;
    finish($_) for @at_work;
}
cmp_ok($requests, '>', 20 * $SECONDS, "$requests requests, $swaps swaps, $restarts restarts");
my $audit = slurp($server->dir . '/audit.log');
cmp_ok(scalar(() = $audit =~ /\n/g), '>', 0, 'the audit log has been written');
$server->stop;
print "figures: $requests requests, $swaps swaps of both lists, $restarts graceful restarts\n";
done_testing;
