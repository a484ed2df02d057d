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
my $server = busy_server(<<'END');
    StartServers 1
    ServerLimit 4
    ThreadsPerChild 25
    MaxRequestWorkers 50
    MinSpareThreads 1
    MaxSpareThreads 50
    H2MaxWorkers 24
END
my $end = time + $SECONDS;
my ($requests, $rounds, $swaps, $restarts, $killed) = (0, 0, 0, 0, 0);

# Below this tool a child that a restart has told to go waits for idle workers of mod_http2, and never goes. It has reported all it
# had by then, and would keep the places of children to come.
my @told;
sub restart {
    $killed += kill KILL => grep { -e "/proc/$_" } @told;
    @told = MTLS::Server::children($server->pid);
    $server->graceful;
    $restarts++;
}
while (time < $end || $restarts < 1) {
    my @at_work = map { begin($server, $_, '--seconds', 4) } @KINDS;
    for (1 .. 4) {
        sleep 1.1;
        swap(++$swaps);
    }
    restart() if ++$rounds % 3 == 0;
    $requests += finish($_) for @at_work;
}
cmp_ok($requests, '>', 100, "$requests requests, $swaps swaps, $restarts restarts");
ok(scalar said($server, qr/\bkill/), 'the kill list was at work');
cmp_ok(-s $server->dir . '/audit.log', '>', 1000, 'the audit log has been written');
$server->stop;
print "figures: $requests requests, $swaps swaps of both lists, $restarts graceful restarts, $killed children of before killed\n";
done_testing;
