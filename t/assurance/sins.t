#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The tool that watches the server sees what it is there to see: a module does it, and there is a report. What is not done
# is not reported. The reports go to a place of their own: elsewhere they would be a failure.
use MTLS::Test;

# [what is done, what the report says], for each tool.
my @MEMORY = (
    ['overflow', qr/heap-buffer-overflow.* in overflow /s], ['after-free', qr/heap-use-after-free.* in after_free /s],
    ['undefined', qr/signed integer overflow.* in undefined /s],
);
my %SINS = (
    asan => \@MEMORY,
    pools => [@MEMORY, ['pool-overflow', qr/heap-buffer-overflow.* in pool_overflow /s],
              ['pool-after-clear', qr/heap-use-after-free.* in pool_after_clear /s]],
    tsan => [['race', qr/data race [^\n]* in race$/m], ['race-copy', qr/data race [^\n]* in (?:race_copy|memcpy|__interceptor_memcpy)$/m]],
    memcheck => [['overflow', qr/Invalid read of size 1\n.*: overflow /], ['after-free', qr/Invalid read of size 1\n.*: after_free /],
                 ['unset', qr/depends on uninitialised value.*\n.*: unset /], ['leak', qr/definitely lost.* leak /s]],
);
my $watch = $ENV{MTLS_WATCH} // die "MTLS_WATCH is not set: see t/assurance/httpd\n";
my $dir = logs() . "/sins-$$";
$ENV{MTLS_REPORTS} = "$dir/reports";
mkdir $dir;

# UndefinedBehaviorSanitizer writes into the error log.
sub reports { return scalar qx(/usr/bin/perl @{[ top() ]}/t/assurance/reports.pl $dir/reports/*) }

my $LOAD = sprintf "LoadModule sin_module \"%s/mod_sin.so\"\n", build();
for my $case (['nothing', qr/\Afigures: 0 reports about our code/], @{ $SINS{$watch} }) {
    my ($name, $pattern) = @$case;
    unlink glob "$dir/reports/*";
    # Also at once, on several threads.
    my $server = start_server(conf => $LOAD);
    my @requests = map { { path => $name eq 'nothing' ? '/' : "/sin/$name", wait => 0 } } 1 .. 20;
    client()->many($server, { http => $_ }, @requests) for '1.1', '2';
    $server->stop;
    # What the other tests look through is not to tell of it.
    rename $server->dir . '/error_log', "$dir/reports/error_log";
    like(reports(), $pattern, "$watch: $name");
}
done_testing;
