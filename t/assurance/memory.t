#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# REQUESTS requests of all manners to a server with one child under valgrind, while lists are swapped, and a restart. valgrind
# looks on, and t/run.sh fails when it has reported something. Then thirty times as many without it: when the pools of all
# threads have got what they need, memory goes up and down by three MB with what is under way, and no further.
use MTLS::Test;
use MTLS::Busy;
use MTLS::Lists;

my $REQUESTS = $ENV{REQUESTS} || 5000;
my $CONF = <<'END';
    StartServers 1
    ServerLimit 2
    ThreadsPerChild 16
    MaxRequestWorkers 16
    MinSpareThreads 1
    MaxSpareThreads 16
    H2MaxWorkers 16
END
my ($swaps, $restarts) = (0, 0);

# At least so many requests, each kind in turn, twenty on a connection.
sub ask {
    my ($server, $wanted) = @_;
    my $connections = int($wanted / @KINDS / 20) || 1;
    my $answered = 0;
    while ($answered < $wanted) {
        for my $kind (@KINDS) {
            $answered += finish(begin($server, $kind, '--connections', $connections));
            swap(++$swaps);
        }
    }
    return $answered;
}

my $server = busy_server($CONF);
my $answered = ask($server, $REQUESTS / 2);
$server->graceful;
$answered += ask($server, $REQUESTS / 2);
cmp_ok($answered, '>=', $REQUESTS, "$answered requests under valgrind, $swaps swaps of both lists, a restart");
cmp_ok(-s $server->dir . '/audit.log', '>', 1000, 'the audit log has been written');
$server->stop;

# Kilobytes that the children have, all of them.
sub memory {
    my ($server) = @_;
    my $sum = 0;
    $sum += slurp("/proc/$_/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0 for MTLS::Server::children($server->pid);
    return $sum;
}

$ENV{MTLS_WATCH} = 'nobody';
$server = busy_server($CONF);
my $in_all = 30 * $REQUESTS;
my @memory;
for my $quarter (1 .. 4) {
    ask($server, $in_all / 4);
    push @memory, memory($server);
}
cmp_ok($memory[3] - $memory[1], '<', 4096, "memory after each quarter of $in_all requests: @memory KB");
print "figures: $answered requests under valgrind; memory after each quarter of $in_all without it: @memory KB\n";
done_testing;
