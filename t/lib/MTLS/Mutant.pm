# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Mutant;
# Configurations that were right, or nearly, with a few things wrong: words, lines, containers, quotes, octets. And what a
# reader that knows nothing of the module finds in them.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(mutate vocabulary rules_written);

my (@words, @lines);

# Words and lines that replace others are from all the seeds.
sub vocabulary {
    my (%words, %lines);
    for my $text (@_) {
        $lines{$_}++ for grep { /\S/ && !/^\s*#/ } split /\n/, $text;
        $words{$_}++ for map { split ' ' } grep { !/^\s*#/ } split /\n/, $text;
    }
    @words = sort keys %words;
    @lines = sort keys %lines;
}

sub pick { return $_[int rand @_] }

my @ODD = ('', '"', "'", '\\', '""', '" "', '>', '<', '</', '#', '%', '%{', '${', '${x}', '*', '**', '(', '(*ACCEPT)', '\\E', "\t", "\r", "\x0b",
           "\x7f", "\x80", "\xc3", "\xff\xfe", "\e[2J", 'x' x 300, 'x' x 9000, '9' x 40, '-1', '0x', '1.2.3.' . '9' x 60, '::/129', 'not', 'mtls',
           'present', 'pem:', 'pem:/dev/null', 'file:/', 'like', 'matches', '(' x 60, 'none', '+', '-', ':', ',', '=', '/', 'CN=', 'CN=a,', "\0");
my @CONTAINERS = ('RequireAll', 'RequireAny', 'RequireNone', 'Location "/x"', 'Location "/"', 'LocationMatch "^/[a-z]"', 'If "true"',
                  'If "%{MTLS:sha256} == \'x\'"', 'Else', 'Files "x"', 'Directory "/"', 'Proxy "*"', 'Limit GET', 'LimitExcept GET',
                  'IfModule mod_ssl.c', 'IfModule !mod_ssl.c',
                  'IfDefine NEVER', 'IfDefine !NEVER', 'AuthzProviderAlias mtls again "san.dns present"', 'VirtualHost *:1', 'Macro m');

# One kind of change each, of a list of lines.
my @CHANGES = (
    sub { my $at = int rand @_; splice @_, $at, 1; @_ },
    sub { my $at = int rand @_; splice @_, $at, 0, $_[$at]; @_ },
    sub { my ($a, $b) = map { int rand @_ } 0, 1; @_[$a, $b] = @_[$b, $a]; @_ },
    sub { splice @_, int rand(1 + @_), 0, pick(@lines); @_ },
    sub { my $at = int rand @_; $_[$at] .= pick("\\\n", "\\\n\\\n", " \\\n# x\n", "\r", " ", "\\\\"); @_ },
    sub { my $at = int rand @_; my $i = int rand(1 + length $_[$at]); substr($_[$at], $i, 0) = "\n"; @_ },
    sub { my $at = int rand @_; $_[$at] = pick('#', ' # ', "\t", '"') . $_[$at]; @_ },
    # containers
    sub { my ($a, $b) = sort { $a <=> $b } map { int rand(1 + @_) } 0, 1; my $what = pick(@CONTAINERS);
          splice @_, $b, 0, '</' . ($what =~ /^(\S+)/)[0] . '>'; splice @_, $a, 0, "<$what>"; @_ },
    sub { my @tags = grep { $_[$_] =~ /^\s*</ } 0 .. $#_; return @_ if !@tags; splice @_, pick(@tags), 1; @_ },
    sub { my @tags = grep { $_[$_] =~ /^\s*</ } 0 .. $#_; return @_ if !@tags; my $at = pick(@tags);
          my $what = pick(@CONTAINERS); my ($name) = $what =~ /^(\S+)/; $_[$at] = $_[$at] =~ m{^\s*</} ? "</$name>" : "<$what>"; @_ },
    # words
    (sub {
        my $at = int rand @_;
        my @parts = split /(\s+)/, $_[$at];
        my @of = grep { $parts[$_] =~ /\S/ } 0 .. $#parts;
        return @_ if !@of;
        my ($i, $k) = (pick(@of), pick(@of));
        pick(
            sub { $parts[$i] = '' }, sub { $parts[$i] = pick(@words) }, sub { $parts[$i] = pick(@words) }, sub { $parts[$i] = pick(@ODD) },
            sub { $parts[$i] .= ' ' . pick(@words) }, sub { @parts[$i, $k] = @parts[$k, $i] }, sub { $parts[$i] = uc $parts[$i] },
            sub { $parts[$i] = lc $parts[$i] }, sub { $parts[$i] .= pick(@ODD) }, sub { $parts[$i] = pick(@ODD) . $parts[$i] },
            sub { $parts[$i] = '"' . $parts[$i] . '"' }, sub { $parts[$i] = "'$parts[$i]'" }, sub { $parts[$i] =~ tr/"'//d },
            sub { $parts[$i] = "not $parts[$i]" }, sub { $parts[$i] = substr $parts[$i], 0, rand length $parts[$i] },
        )->();
        $_[$at] = join '', @parts;
        @_;
    }) x 8,
    # octets
    (sub {
        my $at = int rand @_;
        return @_ if !length $_[$at];
        my $i = int rand length $_[$at];
        pick(
            sub { substr($_[0], $i, 1) = chr(ord(substr $_[0], $i, 1) ^ 1 << int rand 8) }, sub { substr($_[0], $i, 1) = '' },
            sub { substr($_[0], $i, 0) = chr int rand 256 }, sub { substr($_[0], $i) = '' },
            sub { substr($_[0], $i, 0) = pick(@ODD) },
        )->($_[$at]);
        @_;
    }) x 4,
);

sub mutate {
    my ($text) = @_;
    my @mutant = split /\n/, $text;
    for (1 .. 1 + int rand(rand() < 0.7 ? 2 : 6)) {
        my @now = @mutant ? @mutant : ('');
        @mutant = pick(@CHANGES)->(@now);
    }
    return join '', map { "$_\n" } @mutant;
}

# What stands behind a directive's name, word by word as httpd reads it.
sub arguments {
    my ($text) = @_;
    my @found;
    while ($text =~ /\G\s*(?:(["'])((?:\\.|(?!\1).)*)(?:\1|$)|(\S+))/gs) {
        push @found, defined $3 ? $3 : $2 =~ s/\\([\\"'])/$1/gr;
    }
    return @found;
}

sub is_rule {
    my ($line) = @_;
    my ($name, @words) = arguments($line);       # the name may stand in quotes, too
    return 0 if !defined $name;
    return ($words[0] // '') eq 'mtls' if lc $name eq '<authzprovideralias';
    return 0 if lc $name ne 'require' || !@words;
    shift @words if lc $words[0] eq 'not';
    return ($words[0] // '') eq 'mtls';
}

# How many rules there are in a text; undef where that hangs on more than the text: what is conditional, or put in.
sub rules_written {
    my ($text) = @_;
    return undef if $text =~ /\0|\$\{|^\s*(?:<If(?:Module|Define|File|Version|Directive|Section)|<Macro)\b/mi;
    return undef if $text =~ /^\s*(?:Use|Include|IncludeOptional|Define|Undefine)\b/mi;
    my $rules = 0;
    for my $line (split /\n/, $text =~ s/\\\r?\n//gr) {
        $rules++ if $line !~ /^\s*#/ && is_rule($line);
    }
    return $rules;
}

1;
