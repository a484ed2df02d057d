#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# reports.pl FILE...    what the tools of t/assurance/httpd have reported, as far as our code is concerned. Exit 1: something.
#
# AddressSanitizer and UndefinedBehaviorSanitizer look at our code only. ThreadSanitizer and valgrind look at all that is in the
# process: theirs count if one of our frames is in them, be it as the caller.
use strict;
use warnings;

my $OURS = qr/\bmtls_\w+\.c\b|mod_mtls_authz|mod_sin/;
my ($ours, $others) = (0, 0);

# The reports that a file holds.
sub reports {
    my ($text) = @_;
    return grep { /WARNING: ThreadSanitizer/ } split /^={18}$/m, $text if $text =~ /WARNING: ThreadSanitizer/;
    return grep { /^==\d+== *(?:at|by) 0x/m } split /^==\d+== *\n/m, $text if $text =~ /^==\d+== *(?:at|by) 0x/m;
    return $text =~ /AddressSanitizer|runtime error:|ThreadSanitizer/ ? $text : ();
}

for my $file (@ARGV) {
    open my $in, '<:raw', $file or die "$file: $!\n";
    my $text = do { local $/; scalar <$in> } // '';
    for my $report (reports($text)) {
        $others++, next if $report !~ $OURS && $report !~ /AddressSanitizer|runtime error:/;
        $ours++;
        # An error log has more than reports.
        $report =~ s/^\[\w{3} \w{3} \d\d .*\n//mg;
        print "== $file\n", substr($report, 0, 6000), "\n" if $ours <= 20;
    }
}
print "figures: $ours reports about our code, $others about the server alone\n";
exit($ours != 0);
