#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Every byte of every profile, as an independent script computes it from the same certificates; and certificates
# by chance, through every profile and back through strict readers of each convention.
use MTLS::Test;
use File::Temp qw(tempdir);

my $golden = top() . '/t/golden';
my $program = build() . '/unit/render_profiles';
my $dir = tempdir(CLEANUP => 1);

sub lines_of {
    my (@command) = @_;
    open my $from, '-|', @command or die "$command[0]: $!";
    my @lines = sort <$from>;
    close $from;
    chomp @lines;
    return ($?, @lines);
}

# How many of each line: more on one side than on the other is a difference.
sub missing {
    my ($these, $those) = @_;
    my %count;
    $count{$_}++ for @$those;
    return grep { !$count{$_}-- } @$these;
}

my ($status) = lines_of(python(), '-B', "$golden/make-golden.py", $dir);
is($status, 0, 'the certificates and what must be sent of them were made');
my @cases = sort glob "$dir/*";
ok(@cases >= 5, 'there are several: ' . @cases);

my %words;
for my $case (@cases) {
    my ($name) = $case =~ m{([^/]+)$};
    my @want = sort split /\n/, slurp("$case/expected");
    my @words = do { my %seen; grep { !$seen{$_}++ } map { (split /\t/)[0] } @want };
    @words{@words} = ();
    ($status, my @got) = lines_of($program, (map { "$case/$_.pem" } qw(leaf chain server)), @words);
    is($status, 0, "$name: all profiles compile");
    ok(@want > 60, "$name: there is something to compare: " . @want . ' lines');
    my @lacking = missing(\@want, \@got);
    my @surplus = missing(\@got, \@want);
    ok(!@lacking && !@surplus, "$name: every header is what it should be")
        or diag(map { substr($_, 0, 300) . "\n" } (map { "want $_" } @lacking), (map { "got  $_" } @surplus));
}

($status, my @all) = lines_of($program, map { "$cases[0]/$_.pem" } qw(leaf chain server));
my %profiles = map { (split /\t/)[0] => 1 } @all;
ok(keys %profiles > 15, 'the table of profiles was read: ' . keys %profiles);
ok(exists $words{$_}, "profile $_ has its golden lines") for sort keys %profiles;

($status, @all) = lines_of(python(), '-B', "$golden/round-trip.py", $program, 60, 1);
is($status, 0, 'the round trip ran to its end');
is(scalar(grep { /^ok/ } @all), 61, 'all certificates and the count of headers');
my @wrong = grep { !/^ok/ } @all;
ok(!@wrong, 'what was sent reads back as what the certificates say') or diag(join "\n", @wrong);
done_testing;
