#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Runs last: no server of this run has crashed, hung or leaked into a sanitizer's report.
use MTLS::Test;

my @CRASHES = (
    qr/exit signal/, qr/Segmentation fault/, qr/AddressSanitizer/, qr/LeakSanitizer/, qr/runtime error:/,
    qr/Assertion .* failed/, qr/file .*, line \d+, assertion/, qr/double free|corrupted|stack smashing/,
    qr/pool .* (?:concurrency|overflow)/i, qr/ERROR SUMMARY: [1-9]/, qr/could not be stopped/,
);

my @logs = grep { -f } glob(logs() . '/error_log ' . logs() . '/servers/*/error_log ' . logs() . '/servers/*/output');
ok(scalar(grep { $_ eq logs() . '/error_log' && -s } @logs), 'the main server has a log');
for my $log (@logs) {
    my @bad = grep { my $line = $_; grep { $line =~ $_ } @CRASHES } split /\n/, slurp($log);
    ok(!@bad, substr($log, length logs()) . ' tells of no crash') or diag(join "\n", @bad);
}

# Where the kernel leaves core files beside the logs, they are to say what crashed; gdb reads them if it is there.
for my $core (grep { -f } glob(logs() . '/core* ' . logs() . '/servers/*/core*')) {
    fail(substr($core, length logs()) . ' was left by a crash');
    my $httpd = httpd();
    diag(qx(gdb -batch -ex "thread apply all backtrace 20" "$httpd" "$core" 2>&1)) if qx(gdb --version 2>/dev/null);
    unlink $core;
}
done_testing;
