# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Cases;
# Tables of configurations and what "httpd -t" says to them, as text behind __DATA__ of a test:
#
#     MTLSEnv perhaps                          a case: lines of configuration,
#     ! MTLSEnv must be On or Off              and behind "! " the sentence of the refusal, word for word
#
# Cases are parted by empty lines. "ok" behind "! " is no refusal and no warning, "warns @2@: ..." a warning.
# A case that begins with Require stands in a <Location>; "[tls]" or another part alone on a line says where
# the case and all behind it stand (see MTLS::Server). @1@ in a sentence is file and line of the case's first line;
# @FIELDS@, @PROFILES@, @FORMATS@, @ATTRIBUTES@, @PURPOSES@ are the lists that the tables in include/tbl hold, @DIR@ and
# @PKI@ and @LISTS@ in both the same directories.
use strict;
use warnings;
use Test::More;
use Exporter 'import';
use MTLS::Env qw(top pki slurp);
use MTLS::Server;
our @EXPORT = qw(run_cases read_cases expand said_of sentences_of);

sub rows {
    my ($table, $pattern) = @_;
    my @found = slurp(top() . "/include/tbl/$table.h") =~ /$pattern/mg;
    @found or die "$table.h has no rows\n";
    return @found;
}

sub fields {
    my @suffixes = rows('attributes', qr/^MTLS_ATTRIBUTE\("([^"]+)"/m);
    my @names;
    for my $name (rows('fields', qr/^MTLS_FIELD\(\w+,\s*"([^"]+)"/m)) {
        push @names, map { "$name$_" } $name =~ /^(?:subject|issuer)\.$/ ? @suffixes : ();
        push @names, $name eq 'label.' ? 'label.LIST.NAME' : $name =~ /\.$/ ? "${name}OID" : $name;
    }
    return @names;
}

my %list;

sub expand {
    my ($sentence) = @_;
    %list = (
        FIELDS     => join(', ', fields()),
        PROFILES   => join(', ', rows('profiles', qr/^MTLS_PROFILE\("([^"]+)"/m)),
        FORMATS    => join(', ', rows('formats', qr/^MTLS_FORMAT\("([^"]+)", (?!MTLS_FORMAT_INTERNAL)/m)),
        ATTRIBUTES => join(', ', rows('attributes', qr/^MTLS_ATTRIBUTE\("[^"]+", "([^"]+)"/m)),
        PURPOSES   => join(', ', rows('purposes', qr/^MTLS_PURPOSE\("([^"]+)"/m)),
    ) if !%list;
    my $names = join '|', keys %list;
    return $sentence =~ s/\@($names)\@/$list{$1}/gr;
}

sub read_cases {
    my ($text, $file) = @_;
    my ($part, @cases) = 'conf';
    for my $block (split /\n{2,}/, $text) {
        next if $block !~ /\S/;
        $part = $1 if $block =~ s/^\[(\w+)\]\n?//;
        next if $block !~ /\S/;
        my @said = map { expand($_) } $block =~ /^! (.*)$/mg;
        @said or die "a case of $file expects nothing:\n$block\n";
        my $config = join "\n", grep { !/^! / } split /\n/, $block;
        my $case = { name => $config =~ s/\s+/ /gr, part => $part, said => \@said };
        @$case{qw(config shift)} = $config =~ /^Require / ? ("<Location \"/x\">\n$config\n</Location>", 1) : ($config, 0);
        push @cases, $case;
    }
    @cases or die "$file has no cases\n";
    return @cases;
}

# The line of the composed file where a part begins.
sub first_line {
    my ($part, %more) = @_;
    my ($before) = MTLS::Server::compose(%more, dir => '/', $part => 'the first line') =~ /^(.*?)the first line/s;
    return 1 + ($before =~ tr/\n//);
}

# A line of httpd's output with the places in it as @1@, and without what httpd's log adds: every backslash twice.
sub told {
    my ($line, $begin) = @_;
    return $line =~ s{\\\\}{\\}gr =~ s{([^\s('"]*/httpd\.conf:| on line )(\d+)(?=\D|$)}{
        my $number = $2 - $begin + 1;
        $1 eq ' on line ' ? " on line $number" : "\@$number\@";
    }ger =~ s/\Q@{[ pki() ]}\E/\@PKI@/gr =~ s/\Q@{[ top() ]}\E\/t\/lists/\@LISTS@/gr =~ s{[^\s:']*/servers/[^/]*-configtest}{\@DIR@}gr;
}

# What httpd -t says to lines in a part: (the refusal or undef, the warnings).
sub said_of {
    my ($part, $config, %more) = @_;
    my $result = MTLS::Server::configtest(%more, $part => $config);
    my $begin = first_line($part, %more);
    my @warnings = map { told($_, $begin) } grep { s/^mtls_authz: (?=\S+\.conf:\d+: )// } split /\n/, $result->{output};
    return ("killed by signal $result->{signal}", @warnings) if $result->{signal};
    return (undef, @warnings) if !$result->{exit};
    return (told($result->{sentence} // 'no sentence', $begin), @warnings);
}

sub shift_lines { my ($text, $shift) = @_; return $text =~ s/\@(\d+)\@/'@' . ($1 - $shift) . '@'/ger }

sub run_cases {
    my ($text, $file) = @_;
    for my $case (read_cases($text, $file)) {
        my ($refusal, @warnings) = map { defined ? shift_lines($_, $case->{shift}) : undef } said_of(@$case{qw(part config)});
        my @got = defined $refusal ? $refusal : @warnings ? map { "warns $_" } @warnings : 'ok';
        is(join("\n", @got), join("\n", @{ $case->{said} }), $case->{name});
    }
}

# All sentences that the cases of a test expect.
sub sentences_of {
    my ($file) = @_;
    my (undef, $data) = split /^__DATA__\n/m, slurp($file), 2;
    return if !defined $data;
    return map { @{ $_->{said} } } read_cases($data, $file);
}

1;
