#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The rules of the house that a program can check: licence line, size of files, width of lines, no tabs.
use MTLS::Test;
use File::Find;

my $SOURCE = qr/\.(?:[ch]|p[ml]|py|t|sh|conf|nginx|in)$/;
my $MADE = qr{^(?:build|t/logs|t/state|t/made-pki|t/conf/(?:httpd|modules)\.conf|t/conf/apache_test_config)};
my $LICENCE = qr/Licensed under the Apache License, Version 2\.0; see LICENSE\./;

# How wide a line may be. Rows of tables may be wider; those of tests hold whole sentences, and octets as they are.
sub width { return $_[0] =~ /\.t$/ ? 1000 : $_[0] =~ m{^(?:include/tbl|t|tools|bench)/|\.conf$} ? 160 : 125 }

sub problems {
    my ($file) = @_;
    my $text = slurp(top() . "/$file");
    utf8::decode($text);
    my @lines = split /\n/, $text;
    my @found;
    push @found, 'no licence line' if !grep { $_ && /$LICENCE/ } @lines[0, 1];
    push @found, @lines . ' lines' if $file =~ /\.[ch]$/ && @lines > 600;
    for my $i (0 .. $#lines) {
        push @found, 'line ' . ($i + 1) . ' is too long' if length $lines[$i] > width($file);
        push @found, 'line ' . ($i + 1) . ' has a tab' if $lines[$i] =~ /\t/ && $file !~ /\.t$/;
        push @found, 'line ' . ($i + 1) . ' ends in blanks' if $lines[$i] =~ /[ \r]$/;
    }
    return @found;
}

my @files;
find({ no_chdir => 1, wanted => sub {
    my $file = $File::Find::name =~ s{^\Q@{[ top() ]}\E/?}{}r;
    push @files, $file if -f && $file =~ $SOURCE && $file !~ $MADE;
} }, top());
ok(@files > 40, 'the check has looked at something: ' . @files . ' files');
for my $file (sort @files) {
    my @problems = problems($file);
    ok(!@problems, "$file is in order") or diag(join "\n", @problems);
}
done_testing;
