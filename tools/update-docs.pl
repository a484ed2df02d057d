#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# update-docs.pl MTLS-DOC DIRECTORY     print the tables of the reference in DIRECTORY again
#
# A table stands between <!-- table: NAME --> and <!-- end -->, each on a line of its own. Every table that
# MTLS-DOC knows has to be in one of these files.
use strict;
use warnings;

my @FILES = qw(fields.md rules.md headers.md reasons.md monitoring.md);
my ($program, $directory) = @ARGV;
@ARGV == 2 or die "Usage: update-docs.pl MTLS-DOC DIRECTORY\n";

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$in> // '';
}

# A table as mtls-doc prints it.
my %used;
sub table {
    my ($file, $name) = @_;
    open my $from, '-|', $program, $name or die "$program: $!\n";
    my $text = do { local $/; scalar <$from> } // '';
    close $from or die "$file: there is no table '$name'\n";
    $used{$name} = 1;
    return $text;
}

for my $file (map { "$directory/$_" } @FILES) {
    my $old = my $text = slurp($file);
    $text =~ s{^(<!-- table: ([\w-]+) -->\n)(.*?)^(<!-- end -->\n)}{$1 . "\n" . table($file, $2) . "\n" . $4}gems;
    my ($begins, $ends) = (scalar(() = $text =~ /^<!-- table: /mg), scalar(() = $text =~ /^<!-- end -->$/mg));
    $begins == $ends or die "$file: $begins tables begin and $ends end\n";
    next if $text eq $old;
    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
}

# What it knows it says when asked for nothing.
my ($known) = qx("$program" 2>&1) =~ /known are (.*)/ or die "$program: does not tell its tables\n";
my @missing = grep { !$used{$_} } split ' ', $known;
die "no file has the tables @missing\n" if @missing;
