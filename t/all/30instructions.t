#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What the module adds to a request and to a connection, in instructions, against the same server without it. A tenth more
# than the figure is let pass: another compiler, another OpenSSL. And no lock is taken for a request that httpd itself
# does not take.
use MTLS::Test;
use JSON::PP;

# What it may cost. But for what is proxied or unconfigured that is what it costs now: bench/cases.py says how much it should at
# most, and docs/performance.md on what the rest is spent. These numbers only ever go down, unless
# what must be recorded in a session for its safety grows.
my %COSTS = (unconfigured => 60, elsewhere => 480, rule => 860, headers => 1940, proxied => 8500,
             'new-headers' => 115_000, 'resumed-headers' => 133_000, new => 44_000, 'new-chain' => 48_000);
my @CASES = sort keys %COSTS;

my $text = qx(@{[ MTLS::Env::python() ]} "@{[ top() ]}/bench/count.py" --build "@{[ build() ]}" --json @CASES);
is($?, 0, 'the counts were made') or die "no counts\n";
my %row = map { $_->{case} => $_ } @{ decode_json($text) };

for my $name (@CASES) {
    my $more = $row{$name}{more};
    # Ten instructions are chance: how the server's threads take turns.
    cmp_ok($more, '<=', 1.1 * $COSTS{$name} + 10, "$row{$name}{what}: $more instructions more, $COSTS{$name} are the figure");
    cmp_ok($row{$name}{locks}, '==', 0, "$name: no lock") if $row{$name}{kind} eq 'request';
    # A server that answers nothing costs nothing.
    cmp_ok($row{$name}{bare}, '>', 50_000, "$name: httpd itself costs something");
}
done_testing;
