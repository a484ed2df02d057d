#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Lists and children: all of them take a change up, whatever their manner; younger ones begin with the newest version; restarts.
use MTLS::Test;
use MTLS::Lists;
use Time::HiRes 'sleep';

my $dir = list_dir();
# Version n lets in vn, for two names, and nobody else.
make_certificate("v$_" => { san => [['dns', "v$_.example.org"]] }) for 0 .. 3;
sub version { my ($n) = @_; put('people', "v$n.example.org n=$n"); put('kill', '# nobody', "san.dns v@{[ ($n + 1) % 4 ]}.example.org") }

my $TLS = <<"END";
    MTLSListInterval 1s
    MTLSList people san.dns file:$dir/people
    MTLSKillList $dir/kill
    <Location "/in">
        Require mtls in people
    </Location>
END
# Each connection of one of these children is its last: they are young all the time.
my %CONF = (
    event => "StartServers 2\nServerLimit 4\nThreadsPerChild 8\nMaxRequestWorkers 32\nMaxConnectionsPerChild 6\n",
    worker => "StartServers 2\nServerLimit 4\nThreadsPerChild 8\nMaxRequestWorkers 32\nMaxConnectionsPerChild 6\n",
    prefork => "StartServers 3\nMinSpareServers 2\nMaxSpareServers 3\nServerLimit 12\nMaxRequestWorkers 12\nMaxConnectionsPerChild 1\n",
);
my $server;
sub status { my ($n, $path) = @_; return client()->request($server, $path // '/in', cert => "v$n")->{status} }
sub memories { return scalar grep { defined && /memfd:mtls-list/ } map { readlink } glob "/proc/@{[ $server->pid ]}/fd/*" }

for my $mpm (sort keys %CONF) {
    version(0);
    $server = start_server(mpm => $mpm, log_level => 'mtls_authz:debug', tls => $TLS, conf => $CONF{$mpm}, log_format => '%P %U %>s');
    is(status(0) . status(1), '404403', "$mpm: at the start");
    my %answered;
    for my $n (1, 2) {
        $server->mark;
        version($n);
        is(scalar await($server, qr/list people: version/), 1, "$mpm: one child tells of the list");
        is(scalar await($server, qr/kill list: version/), 1, "$mpm: one child tells of the kill list");
        everywhere($server, 'people', $n + 1);
        everywhere($server, undef, $n + 1);
        my %old = map { $_ => 1 } MTLS::Server::children($server->pid);
        # Whoever is not among these began later: his very first answer is that of the newest version.
        my ($asked, @wrong) = 0;
        while ($asked < 45) {
            my $said = status($n) . status($n - 1) . status($n + 1, '/');
            push @wrong, $said if $said ne '404403403';
            $asked += 3;
        }
        ok(!@wrong, "$mpm: none of $asked answers is old") or diag "@wrong";
        $answered{ (split)[0] } = $old{ (split)[0] } ? 'old' : 'young' for $server->access_log($asked);
    }
    my @young = grep { $answered{$_} eq 'young' } keys %answered;
    ok(@young >= 2, "$mpm: " . @young . ' of ' . keys(%answered) . ' children were younger than a change');

    # A restart reads what is there, at once, and the memory of the generation before is given back.
    my $memories = memories();
    for my $n (3, 1) {
        version($n);
        $server->graceful;
        is(join('', status($n), status(($n + 3) % 4), status(($n + 1) % 4, '/')), '404403403', "$mpm: restarted with version $n");
    }
    is(memories(), $memories, "$mpm: restarts leave no memory behind in the parent") or diag $memories;

    # A change while it restarts.
    $server->mark;
    my $pid = fork // die;
    if (!$pid) {
        sleep 0.02;
        version(2);
        POSIX::_exit(0);
    }
    $server->graceful;
    waitpid $pid, 0;
    becomes('404403403', sub { join '', status(2), status(1), status(3, '/') }, "$mpm: changed while it restarted");
    ok(!said($server, qr/mtls_authz:(?:error|crit)[^\n]*list (?!kill).*: (?!version)[^\n]*stays/), "$mpm: nothing is bad");
    my $result = do { put('people', 'broken "'); configtest(tls => $TLS) };
    like($result->{output}, qr/list people .*people:1: has a quote that is not closed/, "$mpm: a bad list is seen by -t") and isnt($result->{exit}, 0, '... and refused');
    $server->stop;
}
done_testing;
