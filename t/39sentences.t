#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# No sentence about a configuration without a case: every string of the sources that can be one, or a part of one,
# must be in what some case of t/3*.t expects, those about the files of lists in t/46list-files.t.
use MTLS::Test;
use MTLS::Cases;

my @SOURCES = qw(
    src/mtls_directives.c src/mtls_directive.c src/mtls_identity_directives.c src/mtls_auditlog.c src/mtls_require.c src/mtls_match.c src/mtls_words.c src/mtls_relation.c src/mtls_pem.c src/mtls_operand.c src/mtls_name.c src/mtls_oid.c
    src/mtls_dn_parse.c src/mtls_dn_slash.c src/mtls_field.c src/mtls_expression.c src/mtls_header.c src/mtls_header_name.c src/mtls_profile.c
    src/mtls_check.c src/mtls_cache.c src/mtls_ruling.c src/mtls_finding.c include/tbl/header_names.h
    src/mtls_list.c src/mtls_list_lines.c src/mtls_list_crl.c src/mtls_list_directives.c src/mtls_check_lists.c
    src/mtls_index_make.c src/mtls_files.c
);

# Strings that are no sentences about a configuration, or cannot be provoked by one; each must still be there.
my %NONE = (
    'src/mtls_directives.c' => {
        'profiles of identity headers sent to the backend: PROFILE[:OPTIONS] ..., +PROFILE, -PROFILE, or none' => 'any number of words is right',
        'looked at, nothing else' => 'mod_authz_core has the sentences',
        'fields as environment variables MTLS_FIELD: on or off' => 'httpd has another sentence for flags',
        'the status page answers what if somebody came with this certificate: on or off' => 'likewise',
        'serve nothing unless a Require mtls line was true for it: on or off' => 'likewise',
        'the status page shows subjects of certificates: on or off' => 'likewise',
        'a list that is read again when its file changes: NAME FIELD file:PATH|crl:PATH [stale=DURATION]' => 'any number of words is right',
    },
    'src/mtls_operand.c' => { 'cannot be compared with: the field is for export only' => 'rules refuse such fields before' },
    'src/mtls_auditlog.c' => {
        q(mtls_authz: MTLSAuditLog: '%s' cannot be opened) => 'at the start: t/53auditlog.t',
        q(MTLSAuditLog: '%s' cannot be written: lines are lost until it can be) => 'later: t/53auditlog.t',
        q(MTLSAuditLog: '%s' can be written again: this process has lost %u lines) => 'likewise',
    },
    'src/mtls_pem.c' => { 'out of memory' => 'OpenSSL has none' },
    'src/mtls_list_crl.c' => {
        'END X509 CRL-' => 'no sentence', '%s: is too large' => 'the file is larger than what is read',
    },
    'src/mtls_index_make.c' => { 'does not fit into memory' => 'there is none' },
    'src/mtls_files.c' => { 'became shorter while it was read' => 'between two calls' },
    'src/mtls_check_lists.c' => {
        'mtls_authz: %s:%d: %s can be read now, as root, and not later, as %s: changes will not be seen; give it to that user or his group'
            => 'the tests do not run as root',
    },
    'src/mtls_check.c' => {
        'main server' => 'the notice at the start', 'virtual host ' => 'likewise', ' (by default)' => 'likewise',
        'mtls_authz: %s%s: MTLSGuard %s%s, %d header names are removed from what clients send' => 'likewise',
    },
);

# The string literals of a file, those side by side as one: [line, text].
sub literals {
    my ($text) = @_;
    my ($line, $last, @found) = (1, 0);
    while ($text =~ m{\G(?:(/\*.*?\*/)|("(?:[^"\\\n]|\\.)*")|('(?:[^'\\\n]|\\.)+')|(^[ \t]*\#[ \t]*include[^\n]*)|(\s+)|(.))}gsm) {
        my ($comment, $string, $char, $include, $blank) = ($1, $2, $3, $4, $5);
        if (defined $string) {
            my $word = eval { substr($string, 1, -1) =~ s/\\(.)/$1/gr };
            $last ? $found[-1][1] .= $word : push @found, [$line, $word];
            $last = 1;
        }
        $last = 0 if !defined $string && !defined $blank && !defined $comment;
        $line += () = $& =~ /\n/g;
    }
    return @found;
}

# Words, not the pieces that lists are joined with.
sub is_sentence { my $text = $_[0] =~ s/%(?:\.\*)?[a-zA-Z]//gr; return $text =~ /[a-z]{2}[^a-z]* [^a-z]*[a-z]/i || $text =~ /^ .*[a-z]{2}/i }

# Places are written as @1@ in the cases.
sub pattern { return join '.*?', map { quotemeta } split /%s:%d|%(?:\.\*)?[a-zA-Z]/, $_[0], -1 }

my @said;
for my $file (glob(top() . '/t/3[0-8]*.t'), top() . '/t/46list-files.t') {
    push @said, sentences_of($file);
    # What a test expects in its program: a string or a pattern.
    push @said, (split /^__DATA__$/m, slurp($file), 2)[0] =~ s/\\([^\w\s])/$1/gr;
}
ok(@said > 100, 'there are cases: ' . @said . ' sentences');
my $all = join "\n", @said;

my @files = (@SOURCES, map { substr $_, length(top()) + 1 } glob top() . '/src/mtls_warn*.c');
my $checked = 0;
for my $file (@files) {
    my @literals = grep { is_sentence($_->[1]) } literals(slurp(top() . "/$file"));
    my %none = %{ $NONE{$file} // {} };
    my @missing;
    for my $literal (@literals) {
        my ($line, $text) = @$literal;
        $checked++;
        delete $none{$text}, next if exists $NONE{$file}{$text};
        my $pattern = pattern($text);
        push @missing, "$file:$line: $text" if $all !~ /$pattern/;
    }
    ok(!@missing, "$file: every sentence is provoked") or diag(join "\n", @missing);
    is(join("\n", sort keys %none), '', "$file: what is left out of the check is there");
    ok(@literals || $file =~ /finding\.c|warn\.c/, "$file has sentences");
}
ok($checked > 100, "the check has looked at something: $checked strings");

# Each directive has two refusals at least.
my @refusals = grep { !/^(?:ok|warns)\b/ } map { sentences_of($_) } glob top() . '/t/3[0-8]*.t';
my %directives = map { $_ => 1 } map { slurp($_) =~ /AP_INIT_\w+\("(\w+)"/g } glob top() . '/src/*.c';
ok(keys %directives >= 10, 'directives: ' . keys %directives);
for my $name (sort(keys %directives), 'Require mtls') {
    my $count = () = grep { /^\Q$name\E\b/ } @refusals;
    ok($count >= 2, "$name: $count refusals");
}
done_testing;
