#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Every row of t/rules/rules.tsv: what the row says, what t/rules/evaluate.py finds out from the certificate's octets, what
# the server answers, and what it answers to the same rule negated, are the same. Unknown denies both ways. Where the
# section only reports, the same request is served, and the reason says what would have been.
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
    $field =~ tr/"//d;
    next if $flags =~ /EXPORT/ || $field eq 'label.';     # labels are what a list says: t/45lists.t
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

my %written;
sub sections {
    my $text = qq(Header always set X-Reason "expr=%{reqenv:MTLS_REASON}"\n<Location "/report/">\n    MTLSMode report\n</Location>\n);
    for my $i (map { ($_, $_) } 0 .. $#rows) {
        my $rule = $rows[$i]{rule};
        my $mode = $written{$i}++ ? '/report' : '';
        utf8::encode($rule);
        $text .= "<Location \"$mode/plain/$i\">\n    Require mtls $rule\n</Location>\n";
        next if $rule eq '';     # negated it stops the start
        $text .= "<Location \"$mode/not/$i\">\n    <RequireAll>\n        Require not mtls $rule\n        Require all granted\n"
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

# Each row both ways and in both modes on one connection: [index, path, table, response, response of the mode that reports].
sub ask {
    my ($on, $http, @indexes) = @_;
    my @asked = map { [$_, "/plain/$_", \%PLAIN], $rows[$_]{rule} eq '' ? () : [$_, "/not/$_", \%NOT] } @indexes;
    my @responses = client()->many($on, connection_of($rows[$indexes[0]], $http),
        map { ({ path => $_->[1] }, { path => "/report$_->[1]" }) } @asked);
    $answers += @responses;
    return map { [@{ $asked[$_] }, @responses[2 * $_, 2 * $_ + 1]] } 0 .. $#asked;
}

sub told_by { my ($response) = @_; return "$response->{status} " . ($response->header('X-Reason') // '') }

# What enforce has said, as report has to say it.
sub reported { my ($response) = @_; return $response->{status} == 403 ? '404 would-deny:' . $response->header('X-Reason') : told_by($response) }

my ($would, $let_in) = (0, 0);

sub check_modes {
    my ($index, $path, undef, $response, $report) = @{ $_[0] };
    is(told_by($report), reported($response), name_of($rows[$index]) . ": $path, report is what enforce would do");
    $response->{status} == 403 ? $would++ : $let_in++;
}

sub check_group {
    my ($http, @indexes) = @_;
    for my $asked (ask($server, $http, @indexes)) {
        my ($index, $path, $table, $response) = @$asked;
        my $told = told_by($response);
        check_modes($asked);
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
        my $told = told_by($asked->[3]);
        check_modes($asked) if $told =~ /^403/;
        like($told, qr/^(?:0 |403 (?:unverified|malformed|expired|not-yet-valid))$/, name_of($row) . ": $asked->[1] with optional_no_ca");
    }
}
my $alive = client()->request($server, "/plain/0", cert => 'ok');
is($alive->{status}, 404, 'the server goes on serving');
diag(sprintf '%d rows (%s), %d answers', scalar @rows, join(', ', map { "$verdicts{$_} $_" } sort keys %verdicts), $answers);
ok($would > 500 && $let_in > 500, "both modes agree: $would times denied, $let_in times let in");
done_testing;
