#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Restarts while somebody writes: a list that is half written then is waited for, and nobody is let in, or kept out, by half of it.
use MTLS::Test;
use MTLS::Lists;
use Time::HiRes qw(sleep time);

my $dir = list_dir();
my @HEAD = map { "h$_.example.com" } 1 .. 300;
# Whoever is meant stands at the end.
put('people', @HEAD, 'shop.example.org');
my $TLS = <<"END";
    MTLSListInterval 5s
    MTLSList people san.dns file:$dir/people
    MTLSList out san.dns file:$dir/out
    <Location "/in">
        Require mtls in people
    </Location>
    <Location "/out">
        <RequireAll>
            Require mtls
            Require not mtls in out
        </RequireAll>
    </Location>
END
put('out', @HEAD, 'other.example.org');
my $server = start_server(tls => $TLS);
sub status { my ($path, $cert) = @_; return client()->request($server, $path, cert => $cert)->{status} }
is(status('/in', 'ok') . status('/out', 'other'), '404403', 'at the start');

# The same text once more, from the first line on, a tenth of it at a time; all pieces end with a line.
sub write_slowly {
    my ($name) = @_;
    my @lines = split /^/, slurp("$dir/$name");
    open my $file, '>', "$dir/$name" or die $!;
    while (@lines) {
        syswrite $file, join '', splice @lines, 0, 31;
        spew("$dir/writing", '');
        sleep 0.1;
    }
    close $file;
}
for my $name ('people', 'out') {
    sleep 0.2;
    unlink "$dir/writing";
    my $pid = fork // die;
    if (!$pid) {
        eval { write_slowly($name) };
        POSIX::_exit($@ ? 1 : 0);
    }
    sleep 0.01 until -e "$dir/writing";
    $server->graceful;
    my ($until, @wrong) = (time + 4);
    my $asked = 0;
    while (time < $until || $asked < 20) {
        my $said = status('/in', 'ok') . status('/out', 'other');
        push @wrong, $said if $said ne '404403';
        $asked++;
    }
    ok(!@wrong, "$name: none of $asked answers is that of a half") or diag "@wrong";
    waitpid $pid, 0;
    is($?, 0, 'the writer went on to the end');
}
# What has been renamed is whole: nobody waits for it.
put('people', @HEAD, 'other.example.org');
sleep 0.1;
utime 1, 1, "$dir/people";
$server->graceful;
is(status('/in', 'ok') . status('/in', 'other'), '403404', 'a file that is finished is in force with the restart');

# Nor for whoever never ends.
my $writer = fork // die;
if (!$writer) {
    while (1) { open my $file, '>>', "$dir/people"; print $file "# on and on\n"; close $file; sleep 0.2 }
}
$server->graceful;
is(status('/in', 'other'), 404, 'somebody who writes all the time does not hold it up');
kill KILL => $writer;
waitpid $writer, 0;
done_testing;
