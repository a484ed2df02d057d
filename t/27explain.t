#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# mtls-explain: its facts against an independent reader, over every certificate of the test PKI; its
# proposals against its own verdicts; rules, profiles and every refusal.
use MTLS::Test;
use Encode qw(decode);
use JSON::PP ();
use POSIX ();

my $program = build() . '/tools/mtls-explain';
-x $program or die "$program is not built: it needs libjansson-dev and libpcre2-dev\n";

# Runs it: { exit, out, err }.
my $runs = 0;
sub run_explain {
    my (@arguments) = @_;
    my $base = sprintf '%s/explain-%d-%d', logs(), $$, ++$runs;
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$base.out" or POSIX::_exit(126);
        open STDERR, '>', "$base.err" or POSIX::_exit(126);
        exec $program, @arguments or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    my %result = (exit => $? >> 8, signal => $? & 127, out => slurp("$base.out"), err => slurp("$base.err"));
    unlink "$base.out", "$base.err";
    return \%result;
}

sub document { return JSON::PP->new->utf8->decode($_[0]{out}) }

# What must not be proposed as it stands: httpd would replace the first, nobody would see the second.
make_certificate('odd-' . $_->[0], { subject => [['CN', $_->[1]]] })
    for ['variable', 'a${HOME}b'], ['bidi', "evil\x{202e}moc"], ['c1', "csi\x{9b}2J"], ['operator', 'LIKE'], ['and', 'AND'], ['comma', 'Anne,'], ['blank', 'a "b" \\c\\'],
        ['attribute', 'x'];
make_certificate('odd-label', { subject => [['CN', 'x'], ['2.5.4.15', 'Private Organization'], ['1.2.3.4', 'y']] });
make_certificate('odd-turned', { subject => [['CN', 'x'], ['O', 'Example'], ['C', 'DE']] });
make_certificate('odd-oid', { subject => [['1.2.3.4', 'x'], ['2.5.4.15', "y\x01"]],
                              san => [['other:1.2.3.5', 'gate-7'], ['other:1.2.3.6', "\x01"]] });

my $now = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
my @files = certificates();
ok(@files > 40, 'the test PKI has certificates: ' . @files);

# ---- facts: every field of every certificate ----

my $json = JSON::PP->new->canonical;
my $read = do {
    open my $from, '-|', python(), top() . '/t/explain/read-cert.py', $now, @files or die $!;
    local $/;
    JSON::PP->new->utf8->decode(scalar <$from>);
};
my $all = run_explain('--at', $now, '--json', @files);
is($all->{exit}, 0, 'all certificates can be explained');
my $cells = 0;
for my $told (@{ document($all) }) {
    my $expected = $read->{ $told->{file} };
    my ($name) = $told->{file} =~ m{([^/]+)\.crt$};
    is($told->{standing}{reason}, $expected->{standing}, "$name: standing");
    my %fields = map { my $field = $told->{fields}{$_}; $_ => { map { $_ => $field->{$_} } qw(known values) } } keys %{ $told->{fields} };
    my @wrong = grep {
        $cells++;
        !$fields{$_} || !$expected->{fields}{$_} || $json->encode($fields{$_}) ne $json->encode($expected->{fields}{$_})
    } sort keys %{ { %fields, %{ $expected->{fields} } } };
    is("@wrong", '', "$name: fields");
    diag("$_\n  told     " . substr($json->encode($fields{$_} // {}), 0, 400)
         . "\n  expected " . substr($json->encode($expected->{fields}{$_} // {}), 0, 400)) for @wrong;
}
ok($cells > 3000, "$cells fields were compared");

# ---- what it proposes is true, and true by --rule ----

my $proposed = 0;
for my $file (@files) {
    my $text = run_explain('--at', $now, $file);
    my ($name) = $file =~ m{([^/]+)\.crt$};
    is($text->{exit}, 0, "$name: the table is printed");
    my ($table) = $text->{out} =~ /\A(.*?)^(?:Each|No Require)/ms;
    unlike($table, qr/[^\n\x20-\x7e]/, "$name: a table in printable ASCII");
    my $characters = decode('UTF-8', $text->{out}, Encode::FB_CROAK | Encode::LEAVE_SRC);
    unlike($characters, qr/(?!\n)[\p{Cc}\p{Cf}]/, "$name: nothing that a terminal would obey");
    my @lines = $text->{out} =~ /^\s*(Require mtls .*)$/mg;
    if ($read->{$file}{standing} ne 'granted') {
        is("@lines", '', "$name: no line lets it in");
        like($text->{out}, qr/refused by itself, whatever the rules say: $read->{$file}{standing} /, "$name: says why");
        next;
    }
    $proposed += @lines;
    ok(scalar(grep { /sha256/ } @lines), "$name: its digest is among the lines");
    my $answer = run_explain('--at', $now, map({ ('--rule', $_) } @lines), $file);
    is($answer->{exit}, 0, "$name: each of its " . @lines . ' lines is true') or diag($answer->{out}, $answer->{err});
    is(scalar(() = $answer->{out} =~ /^true /mg), scalar @lines, "$name: and says so");
}
ok($proposed > 200, "$proposed lines were proposed");
my $ok = run_explain(pki('ok.crt'))->{out};
like($ok, qr/^\Q$_\E$/m, "proposed for ok: $_") for
    'Require mtls san.uri spiffe://example.org/ns/shop/sa/web', 'Require mtls san.dns is *.shop.example.org',
    "<RequireAll>\n    Require mtls issuer \"CN=Example Issuing CA,O=Example Trust,C=DE\"\n"
    . "    Require mtls serial 0A1B2C3D4E5F60718293\n</RequireAll>";
for my $case (['odd-operator', 'Require mtls subject.cn is LIKE'], ['odd-and', 'Require mtls subject.cn "AND"'], ['odd-comma', 'Require mtls subject.cn "Anne,"'],
              ['odd-turned', 'Require mtls subject is C=DE,O=Example,CN=x'], ['odd-blank', 'Require mtls subject.cn "a \"b\" \\\\c\\\\"'],
              ['utf8-cn', "Require mtls subject.cn \"\xc3\x84nne Gr\xc3\xb6\xc3\x9fe \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91\""]) {
    like(run_explain(pki("$case->[0].crt"))->{out}, qr/^ *\Q$case->[1]\E$/m, "$case->[0] is quoted");
}
unlike(run_explain(pki("$_.crt"))->{out}, qr/Require mtls subject\.cn/, "$_ is not proposed") for qw(odd-variable odd-bidi odd-c1);
like(run_explain(pki('many-sans.crt'))->{out}, qr/^# 3995 more values of san\.dns are not shown$/m, 'thousands of names are not proposed');
# The server reads them, too.
sub proposed_section {
    my ($file) = @_;
    my ($lines) = run_explain($file)->{out} =~ /\n\n(# .*)\z/s or return '';
    return "<Location \"$file\">\n<RequireAny>\n$lines</RequireAny>\n</Location>\n";
}
ok_config('the server takes every proposed line', join '', map { proposed_section($_) } @files);

# ---- rules ----

my @rules = (    # certificate, options, rule, answer, reason
    ['ok', [], 'san.uri like "spiffe://example.org/ns/*/sa/web"', 'true', 'granted'],
    ['ok', [], 'Require mtls subject.cn "Anne Example"', 'true', 'granted'],
    ['ok', [], '', 'true', 'granted'],
    ['ok', [], 'subject.cn matches "Anne (Ex|ex)ample"', 'true', 'granted'],
    ['ok', [], 'subject.cn matches "nne Example"', 'false', 'no-match'],
    ['ok', [], 'subject.cn matches "anne example"', 'false', 'no-match'],
    ['ok', [], "subject.cn matches '(?i)anne example'", 'true', 'granted'],
    ['ok', [], 'san.dns admin.example.org', 'false', 'no-match'],
    ['ok', [], 'sni www.example.org', 'false', 'no-match'],
    ['ok', [], 'ca present', 'unknown', 'chain-unavailable'],
    ['ok', ['--chain', 'intermediate.crt'], 'ca present', 'true', 'granted'],
    ['ok', ['--chain', 'intermediate.crt'], 'chain.length 2', 'true', 'granted'],
    ['ok', ['--chain', 'intermediate.crt'], 'ca.sha256 pem:' . pki('intermediate.crt'), 'true', 'granted'],
    ['ok', ['--chain', 'intermediate.crt'], 'ca.sha256 pem:' . pki('twin-ca.crt'), 'false', 'no-match'],
    ['ok', ['--at', '2001-01-01T00:00:00Z'], 'sha256 present', 'unknown', 'not-yet-valid'],
    ['ok', ['--at', '2101-01-01T00:00:00+01:00'], 'sha256 present', 'unknown', 'expired'],
    ['expired', [], 'sha256 present', 'unknown', 'expired'],
    ['future', [], '', 'unknown', 'not-yet-valid'],
    ['nul-dns', [], 'san.dns shop.example.org', 'unknown', 'malformed'],
    ['nul-dns', [], 'subject.cn "nul dns"', 'true', 'granted'],
    ['double-san', [], 'subject.cn "double san"', 'unknown', 'malformed'],
);
for my $case (@rules) {
    my ($name, $options, $rule, $answer, $reason) = @$case;
    my @options = map { /\.crt$/ ? pki($_) : $_ } @$options;
    my $result = run_explain(@options, '--rule', $rule, pki("$name.crt"));
    my $what = "$name: @$options '$rule'";
    is($result->{exit}, $answer eq 'true' ? 0 : 1, "$what: exit");
    like($result->{out}, qr/^\Q$answer\E +\Q$rule\E\n +reason: \Q$reason\E \(/m, "$what is $answer");
    my ($told) = @{ document(run_explain(@options, '--json', '--rule', $rule, pki("$name.crt")))->{rules} };
    is("$told->{answer} $told->{reason}", "$answer $reason", "$what in JSON");
}
is(run_explain('--rule', 'eku clientAuth', '--rule', 'san.dns nobody', pki('ok.crt'))->{exit}, 1, 'one false rule is enough');
is(run_explain('--rule', 'san.dns shop.example.org', pki('other.crt'), pki('ok.crt'))->{exit}, 1, 'one certificate is enough');
my $hostile = run_explain('--rule', 'subject.cn matches "(a+|b|A|n|e|.)*$x|((.+)+)+y"', pki('ok.crt'));
is($hostile->{exit}, 1, 'a hostile expression ends');

# ---- profiles ----

my $der = qx(openssl x509 -in "@{[ pki('ok.crt') ]}" -outform der | openssl base64 -A);
my ($subject) = qx(openssl x509 -in "@{[ pki('ok.crt') ]}" -noout -subject -nameopt RFC2253) =~ /subject=(.*)/;
my ($sha1) = qx(openssl x509 -in "@{[ pki('ok.crt') ]}" -outform der | openssl dgst -sha1 -r) =~ /^(\w+)/;
my @profiles = map { ('--profile', $_) } qw(rfc9440 nginx kong);
my $headers = run_explain(@profiles, '--chain', pki('intermediate.crt'), pki('ok.crt'))->{out};
like($headers, qr/^\Q$_\E$/m, substr($_, 0, 40)) for
    "Client-Cert: :$der:", 'ssl-client-verify: SUCCESS', "ssl-client-subject-dn: $subject", "X-Client-Cert-Fingerprint: $sha1";
like(run_explain('--profile', 'nginx', pki('expired.crt'))->{out}, qr/^ssl-client-verify: FAILED:expired\n# ssl-client-subject-dn is not sent/m,
     'an expired certificate gives its status only');
like(run_explain('--profile', 'rfc9440', pki('ok.crt'))->{out}, qr/^# Client-Cert-Chain: the request is denied, reason: chain-unavailable /m,
     'without --chain the chain is not known');
like(run_explain('--profile', 'haproxy', pki('two-cns.crt'))->{out}, qr/^# X-SSL-Client-CN: the request is denied, reason: ambiguous /m,
     'two common names in a header for one');
is(document(run_explain('--json', '--profile', 'kong', pki('ok.crt')))->{headers}[-1]{value}, $sha1, 'headers in JSON');

# ---- forms of input and output ----

my $made = logs() . "/explain-$$";
system('openssl', 'x509', '-in', pki('ok.crt'), '-outform', 'der', '-out', "$made.der") == 0 or die;
my @pair = map { my $text = $_; delete @$text{qw(file)}; $json->encode($text) }
    @{ document(run_explain('--at', $now, '--json', "$made.der", pki('ok.crt'))) };
is($pair[0], $pair[1], 'DER and PEM are the same');
is($json->encode(document(run_explain('--at', $now, '--json', pki('ok.chain.pem')))->{fields}{sha256}{values}),
   $json->encode($read->{ pki('ok.crt') }{fields}{sha256}{values}), 'the first certificate of a file');
is(ref document(run_explain('--json', pki('ok.crt'))), 'HASH', 'one certificate is one object');
like($ok, qr/taken as verified/, 'it says that trust is not its question');
my $fields = run_explain('--fetch-fields');
is($fields->{exit}, 0, '--fetch-fields needs no certificate');
for my $name (qw(subject subject.cn san.uri ext.OID remaining certificate)) {
    like($fields->{out}, qr/^\Q$name\E +\S/m, "--fetch-fields has $name");
}
my %registry = map { $_ => 1 } $fields->{out} =~ /^(\S+)/mg;
my %asked = map { $_ => 1 } keys %{ $read->{ pki('ok.crt') }{fields} };
is(join(' ', grep { !$asked{$_} && !/OID$|LIST\.NAME$/ } sort grep { $_ ne 'FIELD' } keys %registry), '', 'the reader knows every field of the registry');
like(run_explain('--help')->{out}, qr/^Usage: mtls-explain /, '--help');
like(run_explain('--version')->{out}, qr/^mtls-explain \d+\.\d+\.\d+\n\z/, '--version');

# ---- bad input: one sentence, exit 2, nothing on standard output ----

spew("$made.empty", '');
spew("$made.text", "hello\n");
spew("$made.cut", substr slurp(pki('ok.crt')), 0, 400);
spew("$made.half", slurp(pki('ok.crt')) . substr slurp(pki('other.crt')), 0, 400);
spew("$made.cut.der", substr slurp("$made.der"), 0, 300);
spew("$made.more.der", slurp("$made.der") . 'x');
my $good = pki('ok.crt');
my @refusals = (
    [[], qr/a certificate is missing; see mtls-explain --help/],
    [["$made.none"], qr/\Q$made.none\E: cannot be read: No such file or directory/],
    [[logs()], qr/\Q@{[ logs() ]}\E: is a directory/],
    [['/dev/null'], qr{/dev/null: is not a regular file}],
    [["$made.empty"], qr/\Q$made.empty\E: is empty/],
    [["$made.text"], qr/\Q$made.text\E: holds no certificate in PEM form/],
    [[pki('ok.key')], qr/ok\.key: holds no certificate in PEM form/],
    [["$made.cut"], qr/\Q$made.cut\E: is damaged behind certificate 0/],
    [["$made.half"], qr/\Q$made.half\E: is damaged behind certificate 1/],
    [["$made.cut.der"], qr/\Q$made.cut.der\E: is not a certificate: it is neither PEM nor well-formed DER/],
    [["$made.more.der"], qr/\Q$made.more.der\E: holds octets behind the certificate/],
    [["a\nb\x1b"], qr/a\\x0Ab\\x1B: cannot be read: No such file or directory/],
    [['--nonsense', $good], qr/--nonsense: no such option; see mtls-explain --help/],
    [['--rule'], qr/--rule: a value is missing; see mtls-explain --help/],
    [['--at', 'tomorrow', $good], qr/--at: 'tomorrow' is not a time in RFC 3339 form such as 2027-01-01T00:00:00Z/],
    [['--at', '2026-02-30T00:00:00Z', $good], qr/--at: '2026-02-30T00:00:00Z' is not a time/],
    [['--chain', "$made.none", $good], qr/\Q$made.none\E: cannot be read/],
    [['--chain', "$made.text", $good], qr/\Q$made.text\E: holds no certificate/],
    [['--chain', $good, '--chain', $good, $good], qr/--chain stands twice/],
    [['--rule', 'san.dsn x', $good], qr/--rule 'san\.dsn x': unknown field 'san\.dsn', did you mean 'san\.dns'/],
    [['--rule', 'san.dns', $good], qr/'san\.dns' alone says nothing/],
    [['--rule', 'subject.cn matches (', $good], qr/'\(' is not a regular expression: /],
    [['--rule', 'subject.cn matches a)|(b', $good], qr/is not a regular expression: /],
    [['--rule', "sha256 pem:$made.none", $good], qr/cannot be read: /],
    [['--rule', 'subject.cn alice # the admin', $good], qr/--rule 'subject\.cn alice # the admin': '#' would be read as a value: /],
    [['--rule', 'Require mtls subject.cn "alice', $good], qr/the quote before 'alice' is never closed/],
    [['--rule', 'verify SUCCESS', $good], qr/field 'verify' is for headers and variables only/],
    [['--profile', 'envoy', $good], qr/--profile: unknown profile 'envoy'; known are /],
    [['--profile', 'xfcc:foo', $good], qr/--profile: profile 'xfcc' has no option 'foo'/],
);
for my $case (@refusals) {
    my ($arguments, $sentence) = @$case;
    for my $form ([], ['--json']) {
        my $result = run_explain(@$form, @$arguments);
        my $name = join ' ', @$form, map { s{.*/}{}r =~ s/[^ -~]/?/gr } @$arguments;
        is("$result->{exit} $result->{signal}", '2 0', "refused: $name");
        like($result->{err}, qr/\Amtls-explain: [^\n]*$sentence[^\n]*\n\z/, "in one sentence: $name");
        is($result->{out}, '', "and nothing else: $name");
    }
}
my $mixed = run_explain("$made.none", $good);
is($mixed->{exit}, 2, 'a bad file among good ones');
like($mixed->{out}, qr/^  sha256 /m, 'does not keep the good ones from being explained');

my $lint = qx(mandoc -Tlint "@{[ top() ]}/docs/mtls-explain.1" 2>&1);
is("$?$lint", '0', 'the manual page is in order');
my $manual = slurp(top() . '/docs/mtls-explain.1') =~ s/\\-/-/gr;
for my $option (run_explain('--help')->{out} =~ /^  (--[\w-]+)/mg) {
    like($manual, qr/^\.B[I]? $option\b/m, "the manual page has $option");
}
done_testing;
