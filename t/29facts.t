#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The facts of every certificate that these tests have, and of hundreds that are made by chance and half broken, by
# mtls-explain and by an independent reader, and what rules say of them. A certificate that OpenSSL has no words for is refused by both.
use MTLS::Test;
use JSON::PP ();
use POSIX ();

my $rules = top() . '/t/rules';
my $own = MTLS::Env::own_pki();
my $seed = $ENV{MTLS_SEED} // 1;
my $how_many = $ENV{MTLS_HOSTILE} // 300;
system(python(), "$rules/certificates.py", pki(), $own) == 0 or die 'certificates.py';
system(python(), "$rules/hostile.py", pki(), $own, $how_many, $seed) == 0 or die 'hostile.py';

my $program = build() . '/tools/mtls-explain';
-x $program or die "$program is not built: it needs libjansson-dev and libpcre2-dev\n";
my $now = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
my $json = JSON::PP->new->canonical;
my @files = certificates();
my $list = logs() . "/facts-$$";
my $rule_list = logs() . "/rules-$$";
spew($list, join '', map { "$_\n" } @files);

# Rules that some of these certificates satisfy and others do not.
my @RULES = split /\n/, <<'END';
subject present
subject CN=anne
subject.cn anne admin
subject.cn like *admin*
subject.cn like *,*
subject.cn matches (?s).*a.*
subject.o like *
subject.email like *@b.example
subject.2.5.4.15 present
issuer "CN=Example Issuing CA,O=Example Trust,C=DE"
san.dns like *.example.org
san.dns like **example.org**
san.dns covers www.example.org
san.uri like spiffe://**
san.uri spiffe://example.org/a
san.email like *@b.example
san.email a@B.EXAMPLE
san.ip 192.0.2.0/24 ::/96 fe80::/10
san.upn like **
san.rid 2.999 1.39
san.dirname present
san.other.1.3.6.1.5.5.7.8.9 like **a**
spiffe present
spiffe.trust-domain example.org td.test
spiffe.path like /a**
serial 01 FF -80
ski present
aki present
eku 1.2.3.4 clientAuth
ku digitalSignature
policy 2.999 anyPolicy
ext.2.25.7 present
ext.1.3.6.1.4.1.99999.7 like *a*
key.type ec
key.bits >= 384
key.curve P-384
version 3
not-before < 1971-01-01T00:00:00Z
not-after > 2049-06-01T00:00:00Z
lifetime < 3650d
remaining >= 400d
END

sub output_of { open my $from, '-|', @_ or die "$_[0]: $!"; local $/; my $text = scalar <$from>; close $from; return $text }

spew($rule_list, join '', map { "$_\n" } @RULES);
my $expected = JSON::PP->new->utf8->decode(output_of(python(), "$rules/facts.py", $now, $list, $rule_list));
my @good = grep { $expected->{$_} } @files;
my $told = JSON::PP->new->utf8->decode(output_of($program, '--at', $now, '--json', (map { ('--rule', $_) } @RULES), @good));
is(scalar @$told, scalar @good, 'each certificate that can be read is explained');

my ($cells, $spoiled, %standings, %known, %verdicts) = (0, 0);

sub wrong_fields {
    my ($mine, $theirs) = @_;
    my %all = (%$mine, %$theirs);
    return grep {
        $cells++;
        my ($a, $b) = map { my $field = $_; $field && { map { $_ => $field->{$_} } qw(known values) } } $mine->{$_}, $theirs->{$_};
        $known{ $b->{known} }++ if $b;
        !$a || !$b || $json->encode($a) ne $json->encode($b);
    } sort keys %all;
}

for my $document (@$told) {
    my $expect = $expected->{ $document->{file} };
    my ($name) = $document->{file} =~ m{([^/]+)\.crt$};
    my $standing = $expect->{spoiled} ? 'malformed' : $expect->{standing};
    is($document->{standing}{reason}, $standing, "$name: standing");
    $standings{$standing}++;
    # What OpenSSL cannot read is no use to anybody: its fields are of no consequence.
    next if $expect->{spoiled} && ++$spoiled;
    my @answers = map { $_->{answer} } @{ $document->{rules} };
    my @differ = grep { $verdicts{ $RULES[$_] }{ $answers[$_] }++; $answers[$_] ne $expect->{rules}[$_] } 0 .. $#RULES;
    is(join("\n", map { "$RULES[$_]: $answers[$_], not $expect->{rules}[$_]" } @differ), '', "$name: rules");
    my @wrong = wrong_fields($document->{fields}, $expect->{fields});
    is("@wrong", '', "$name: fields");
    diag("$_\n  told     " . substr($json->encode($document->{fields}{$_} // {}), 0, 400)
         . "\n  expected " . substr($json->encode($expect->{fields}{$_} // {}), 0, 400)) for @wrong;
}

# ---- what is no certificate to OpenSSL ----

my @bad = grep { !$expected->{$_} } @files;
for my $file (@bad) {
    my ($name) = $file =~ m{([^/]+)\.crt$};
    my $said = qx("$program" "$file" 2>&1);
    is($? >> 8, 2, "$name: is refused");
    like($said, qr/\Amtls-explain: \S+: is damaged behind certificate 0\n\z/, "$name: in one sentence");
}

ok(@good > 350 && @bad > 20, sprintf '%d certificates, %d more are refused (seed %s)', scalar @good, scalar @bad, $seed);
ok($cells > 15000, "$cells fields were compared");
my @both = grep { $verdicts{$_}{true} && $verdicts{$_}{false} } @RULES;
cmp_ok(scalar @both, '>', 30, @both . ' of ' . @RULES . ' rules are true of some and false of others')
    or diag(map { my $rule = $_; "$rule: " . join(' ', %{ $verdicts{$rule} }) . "\n" } @RULES);
ok($spoiled > 10, "$spoiled certificates have extensions that OpenSSL cannot read");
ok($standings{$_}, "$standings{$_} of them are $_") for qw(granted malformed expired not-yet-valid);
ok($known{$_} > 200, "$known{$_} fields are $_") for qw(present absent malformed);
done_testing;
