#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Whatever threads of one process share, all at once for TIME seconds: many streams of many connections, lists and a kill list that
# are swapped, connections that are hung up, the audit log, the status page, full and resumed handshakes, restarts.
# ThreadSanitizer looks on, and t/run.sh fails when it has reported something.
use MTLS::Test;
use MTLS::Busy;
use MTLS::Lists;
use Time::HiRes qw(sleep time);

my $SECONDS = $ENV{TIME} // 60;
my ($requests, $swaps, $restarts) = (0, 0, 0);

# Four seconds of everything. A restart comes while it is under way.
sub one_round {
    my ($server, $restart) = @_;
    my @at_work = map { begin($server, $_, '--seconds', 4) } @KINDS;
    for (1 .. 4) {
        sleep 1.1;
        swap(++$swaps);
    }
    $server->graceful, $restarts++ if $restart;
    $requests += finish($_) for @at_work;
}

# A server is restarted once only. Below this tool the children of before never go: they wait for idle workers of mod_http2, which
# do not hear that they are to end, and keep the places of those to come.
my $end = time + $SECONDS;
do {
    my $server = busy_server(<<'END');
    StartServers 1
    ServerLimit 4
    ThreadsPerChild 25
    MaxRequestWorkers 50
    MinSpareThreads 1
    MaxSpareThreads 50
    H2MaxWorkers 24
END
    one_round($server, $_ == 3) for 1 .. 5;
    ok(scalar said($server, qr/\bkill/), 'the kill list was at work');
    cmp_ok(-s $server->dir . '/audit.log', '>', 1000, 'the audit log has been written');
    $server->stop;
} while time < $end;
cmp_ok($requests, '>', 100 * $restarts, "$requests requests, $swaps swaps, $restarts restarts");
print "figures: $requests requests, $swaps swaps of both lists, $restarts graceful restarts\n";
done_testing;
