#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The corpora of the fuzz targets, replayed without sanitizers: what has once been found stays mended, and every header of
# these certificates is read back by a reader of its own. CONTRIBUTING.md says how new inputs are looked for.
use MTLS::Test;

# At least so many inputs: an empty directory would prove nothing.
my %LEAST = (cert => 300, list => 80, names => 5, rule => 150);

my @targets = map { m{fuzz_(\w+)\.c$} } glob top() . '/t/fuzz/fuzz_*.c';
is_deeply(\@targets, [sort keys %LEAST], 'the targets are those of this table');
for my $target (@targets) {
    my @files = sort glob top() . "/t/fuzz/corpus/$target/*";
    my $program = build() . "/replay/$target";
    cmp_ok(scalar @files, '>=', $LEAST{$target}, "$target: " . @files . ' inputs');
    ok(-e top() . "/t/fuzz/$target.dict", "$target: has a dictionary");
    -x $program or fail("$target: the program is not built"), next;
    open my $from, '-|', ($ENV{MTLS_UNIT_WRAPPER} // '') . " $program " . join(' ', map { "'$_'" } @files) . ' 2>&1' or die "$program: $!";
    my @lines = <$from>;
    close $from;
    ok($? == 0 && $lines[-1] eq @files . " files\n", "$target: all of them pass")
        or diag("status $?, the last lines:\n", @lines > 4 ? @lines[-4 .. -1] : @lines);
}

my $size = 0;
$size += -s for glob top() . '/t/fuzz/corpus/*/*';
cmp_ok($size, '<', 1 << 20, "the corpora are small: $size octets");
done_testing;
