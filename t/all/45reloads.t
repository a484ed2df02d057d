#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A list that is reloaded again and again, good and bad, leaves neither memory nor descriptors behind: MTLS_RELOADS of them (1000).
use MTLS::Test;

$ENV{MTLS_RELOADS} //= 1000;
my $output = qx(@{[ build() ]}/unit/test_list 2>&1);
is($?, 0, 'the program has ended well') or diag $output;
my ($reloads, $before, $after) = $output =~ /# (\d+) reloads: RSS (\d+) KB after \d+, (\d+) KB at the end/;
is($reloads, $ENV{MTLS_RELOADS}, 'so many times');
cmp_ok($after // 1e9, '<=', ($before // 0) + 512, 'in as much memory as after the first tenth: ' . ($after // '?') . ' KB');
like($output, qr/descriptors (\d+) and \1$/m, 'with as many descriptors');
done_testing;
