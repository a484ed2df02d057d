#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md is whole: contents, examples, and a test in t/all for each section.
use MTLS::Test;

my $text = slurp(top() . '/docs/recipes.md');
my @headings = $text =~ /^## (\d+\. .*)$/mg;
my @numbers = map { /^(\d+)/ } @headings;
is_deeply(\@numbers, [sort { $a <=> $b } @numbers], "sections are in order: @numbers");
ok(@headings >= 6, 'and there are some');

# An anchor as GitHub makes it: letters, digits, blanks and hyphens of the heading, lower case, blanks as hyphens.
my @contents = map { my $anchor = lc s/[^\w -]//gr =~ s/ /-/gr; "[$_](#$anchor)" } @headings;
my ($listed) = $text =~ /<!-- contents -->\n(.*?)<!-- end of contents -->/s;
is_deeply([($listed // '') =~ /^- (.*)$/mg], \@contents, 'the contents list every section, and nothing else');

my $tests = join '', map { slurp($_) } glob top() . '/t/all/*.t';
my %linked;
for my $section ($text =~ /^(## \d+\. .*?)(?=^## |\z)/msg) {
    my ($number) = $section =~ /^## (\d+)/;
    my @examples = $section =~ m{\(\.\./conf-examples/([\w.-]+\.(?:conf|nginx))\)}g;
    ok(scalar @examples, "section $number links its example");
    for my $example (@examples) {
        ok(-e top() . "/conf-examples/$example", "section $number: there is $example");
        ok(index($tests, $example) >= 0, "section $number: a test drives $example");
    }
}
for my $file ($text =~ m{\]\((\.\.?/[^)#]+|[a-z]\w*\.md)[)#]}g) {
    ok(-e top() . "/docs/$file", "there is $file");
}
done_testing;
