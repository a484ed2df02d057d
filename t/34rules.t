#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Every row of t/rules/rules.tsv: what the row says, what t/rules/evaluate.py finds out from the certificate's octets, what
# the server answers, and what it answers to the same rule negated, are the same. Unknown denies both ways.
use MTLS::Test;
use JSON::PP ();

my $json = JSON::PP->new;
my $rules = top() . '/t/rules';
system(python(), "$rules/certificates.py", pki(), MTLS::Env::own_pki()) == 0 or die 'certificates.py';
my @directories = (pki(), MTLS::Env::own_pki());

sub evaluate {
    open my $from, '-|', python(), "$rules/evaluate.py", "$rules/rules.tsv", pki('ca-all.pem'), @directories or die $!;
    local $/;
    return @{ JSON::PP->new->utf8->decode(scalar <$from>) };
}

my @rows = evaluate();
sub name_of { my ($row) = @_; return join ' ', "line $row->{line}:", $row->{certificate} // 'nobody', $row->{rule} =~ s/[^ -~]/?/gr }

is($_->{verdict}, $_->{written}, name_of($_) . ': the row agrees with the evaluator') for @rows;

# ---- the table is complete, by the module's own registries ----

my $tables = top() . '/include/tbl';
my %text_of = (MTLS_TEXT_OPS => 'like matches', MTLS_ORDER_OPS => '< <= > >=', MTLS_OP_COVERS => 'covers', 0 => '');
my %type_operators;
for (slurp("$tables/types.h") =~ /^MTLS_TYPE\((\w+, "[^"]*", [\w |]+),/mg) {
    my ($type, undef, $bits) = split /, /;
    $type_operators{$type} = [split ' ', join ' ', 'is present', map { $text_of{$_} // die "unknown operators $_" } split / \| /, $bits];
}
my %seen;
$seen{ $_->{field} =~ s/^((?:subject|issuer|ext|san\.other)\.).*/$1/r }{ $_->{operator} }{ $_->{verdict} }++ for grep { defined $_->{field} } @rows;
my ($fields, $pairs) = (0, 0);
for (slurp("$tables/fields.h") =~ /^MTLS_FIELD\((\w+,\s*"[^"]+", \w+, [\w |]+),/mg) {
    my (undef, $field, $type, $flags) = split /,\s*/;
    next if $flags =~ /EXPORT/;
    $field =~ tr/"//d;
    $fields++;
    for my $operator (@{ $type_operators{$type} }) {
        my $found = $seen{$field}{$operator};
        # What remains is never a whole number of days at the moment of asking; presence is false for few.
        my @lacks = grep { !$found->{$_} } $operator eq 'present' ? 'true' : "$field $operator" eq 'remaining is' ? 'false' : qw(true false);
        ok(!@lacks, "$field $operator has rows that are true and false") or diag("lacks @lacks");
        $pairs++;
    }
}
ok($fields > 35 && $pairs > 100, "$fields fields, $pairs pairs of field and operator");
my %verdicts;
$verdicts{ $_->{verdict} }++ for @rows;
ok(2 * ($verdicts{true} // 0) < @rows, 'more than half of the rows are refusals');

# ---- the servers ----

sub sections {
    my $text = qq(Header always set X-Reason "expr=%{reqenv:MTLS_REASON}"\n);
    for my $i (0 .. $#rows) {
        my $rule = $rows[$i]{rule};
        utf8::encode($rule);
        $text .= "<Location \"/plain/$i\">\n    Require mtls $rule\n</Location>\n";
        next if $rule eq '';     # negated it stops the start
        $text .= "<Location \"/not/$i\">\n    <RequireAll>\n        Require not mtls $rule\n        Require all granted\n"
            . "    </RequireAll>\n</Location>\n";
    }
    return $text;
}

my $sections = sections();
# Both CAs with one name are trusted.
my $trust = "SSLCACertificateFile \"@{[ pki('ca-all.pem') ]}\"\n";
my $server = start_server(tls => "$trust$sections", log_level => 'error');

# What must come of a row: status and reason; 404 is let in, there is nothing at these paths.
my %PLAIN = (true => [404, ''], false => [403, 'no-match']);
my %NOT = (true => [403, 'no-match'], false => [404, '']);
sub expected { my ($row, $table) = @_; return join ' ', @{ $table->{ $row->{verdict} } // [403, $row->{reason}] } }

my %groups;
push @{ $groups{ join ' ', map { $_ // '-' } @{ $rows[$_] }{qw(certificate tls sni)} } }, $_ for 0 .. $#rows;
my $answers = 0;

sub connection_of {
    my ($row, $http) = @_;
    return { http => $http, tls => $row->{tls}, sni => $row->{sni}, defined $row->{certificate} ? (cert => $row->{certificate}) : () };
}

# Each row both ways on one connection: [index, path, table, response].
sub ask {
    my ($on, $http, @indexes) = @_;
    my @asked = map { [$_, "/plain/$_", \%PLAIN], $rows[$_]{rule} eq '' ? () : [$_, "/not/$_", \%NOT] } @indexes;
    my @responses = client()->many($on, connection_of($rows[$indexes[0]], $http), map { { path => $_->[1] } } @asked);
    $answers += @responses;
    return map { [@{ $asked[$_] }, $responses[$_]] } 0 .. $#asked;
}

sub check_group {
    my ($http, @indexes) = @_;
    for my $asked (ask($server, $http, @indexes)) {
        my ($index, $path, $table, $response) = @$asked;
        my $told = "$response->{status} " . ($response->header('X-Reason') // '');
        is($told, expected($rows[$index], $table), name_of($rows[$index]) . ": $path, HTTP/$http") or diag($response->{error} // '');
    }
}

# Keys on curves that our client does not offer: mtls-explain has the same rules.
sub check_by_program {
    for my $row (@rows[@_]) {
        my $said = qx("@{[ build() ]}/tools/mtls-explain" --rule '$row->{rule}' "@{[ pki("$row->{certificate}.crt") ]}");
        like($said, qr/^$row->{verdict} /m, name_of($row) . ': by mtls-explain');
    }
}

for my $group (sort keys %groups) {
    my @indexes = @{ $groups{$group} };
    if ($rows[$indexes[0]]{tls} eq '-') {
        check_by_program(@indexes);
        next;
    }
    my @good = grep { $rows[$_]{verdict} ne 'refused' } @indexes;
    check_group('1.1', @good) if @good;
    check_group('2', @good) if @good > 10 && mpm() ne 'prefork';
}

# ---- certificates that OpenSSL itself refuses ----

# With "optional" there is no connection; a server that takes whatever comes must not be fooled either.
my $lax = start_server(tls => "${trust}SSLVerifyClient optional_no_ca\n$sections", log_level => 'error');
my @refused = grep { $rows[$_]{verdict} eq 'refused' } 0 .. $#rows;
for my $index (@refused) {
    my $row = $rows[$index];
    is($_->[3]{status}, 0, name_of($row) . ": no connection for $_->[1]") for (ask($server, '1.1', $index))[0];
    for my $asked (ask($lax, '1.1', $index)) {
        my $told = "$asked->[3]{status} " . ($asked->[3]->header('X-Reason') // '');
        like($told, qr/^(?:0 |403 (?:unverified|malformed|expired|not-yet-valid))$/, name_of($row) . ": $asked->[1] with optional_no_ca");
    }
}
my $alive = client()->request($server, "/plain/0", cert => 'ok');
is($alive->{status}, 404, 'the server goes on serving');
diag(sprintf '%d rows (%s), %d answers', scalar @rows, join(', ', map { "$verdicts{$_} $_" } sort keys %verdicts), $answers);
done_testing;
