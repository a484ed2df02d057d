#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Values from files, for every field that takes them: who is let in by one file, by several, by bundles, by a file that has
# changed after the start; files that are none. And many: 200 values in a line, 200 locations.
use MTLS::Test;

# field, who is let in by pem: of ok.crt, of intermediate.crt, of root.crt, of twin-ca.crt (names are not keys)
my @fields = (
    ['subject',        'ok',  '',          '',          ''],
    ['issuer',         '',    'ok twin',   'direct',    'ok twin'],
    ['san.dirname',    'named', '',        '',          ''],
    ['serial',         'ok',  '',          '',          ''],
    ['sha256',         'ok',  '',          '',          ''],
    ['sha1',           'ok',  '',          '',          ''],
    ['spki.sha256',    'ok',  '',          '',          ''],
    ['ski',            'ok',  '',          '',          ''],
    ['aki',            '',    'ok',        'direct',    'twin'],
    ['ca',             '',    'ok twin',   'ok direct', 'ok twin'],
    ['ca.sha256',      '',    'ok',        'ok direct', 'twin'],
    ['ca.spki.sha256', '',    'ok',        'ok direct', 'twin'],
);
my @files = qw(ok intermediate root twin-ca);
my @clients = qw(ok twin direct named);

my $subject = [['C', 'DE'], ['ST', 'Berlin'], ['L', 'Berlin'], ['O', 'Example, Inc.'], ['OU', 'Payments'], ['OU', 'Back Office'],
               ['CN', 'Anne Example'], ['UID', 'anne'], ['emailAddress', 'anne@example.org']];
make_certificate('named', { subject => [['CN', 'named']], issuer => 'twin-ca', chain => [], san => [['dirname', $subject]] });
# Names are equal whoever has them: this one is issued by the intermediate's twin.
$_->[2] =~ s/twin/twin named/, $_->[4] =~ s/twin/twin named/ for @fields;

# ---- files ----

my $dir = logs() . "/operands-$$";
mkdir $dir or die "$dir: $!";
my %text = map { $_ => slurp(pki("$_.crt")) } @files, 'other', 'bare';
my $key = slurp(pki('ok.key'));
spew("$dir/bundle.pem", join '', map { "# $_\n$text{$_}" } qw(other ok));
spew("$dir/with-key.pem", $key . $text{ok});
spew("$dir/dos.pem", $text{ok} =~ s/\n/\r\n/gr);
spew("$dir/prose.pem", "subject=CN = nobody\nCertificate:\n    Data:\n$text{ok}and more\n");
spew("$dir/trusted.pem", scalar qx(openssl x509 -in "@{[ pki('ok.crt') ]}" -trustout));
spew("$dir/with blank.pem", $text{ok});
spew("$dir/later.pem", $text{other});
my @good = map { "$dir/$_" } qw(bundle.pem with-key.pem dos.pem prose.pem trusted.pem);

sub location { my ($path, $rule) = @_; return qq(<Location "$path">\n    Require mtls $rule\n</Location>\n) }

my ($sections, @cases) = ('');    # path, client, is let in
for my $row (@fields) {
    my ($field, @in) = @$row;
    for my $i (0 .. $#files) {
        my $path = "/$field/$files[$i]";
        $sections .= location($path, "$field pem:" . pki("$files[$i].crt"));
        for my $name (@clients) {
            push @cases, [$path, $name, scalar grep { $_ eq $name } split ' ', $in[$i]];
        }
    }
    # Each certificate of a file, and of several files, stands for itself.
    next if !grep { $_ eq 'ok' } split ' ', $in[0];
    my $number = 0;
    for my $file (@good) {
        $sections .= location("/$field/good/" . ++$number, "$field pem:$file");
        push @cases, ["/$field/good/$number", 'ok', 1], ["/$field/good/$number", 'direct', 0];
    }
    $sections .= location("/$field/both", qq($field is pem:@{[ pki('other.crt') ]} "pem:$dir/with blank.pem"));
    $sections .= location("/$field/later", "$field pem:$dir/later.pem");
    push @cases, ["/$field/both", 'ok', 1], ["/$field/both", 'other', 1], ["/$field/both", 'twin', 0],
        ["/$field/later", 'ok', 0], ["/$field/later", 'other', 1];
}
# A relative path is relative to the ServerRoot, which is logs/servers/SOMETHING.
spew("$dir/operand.pem", $text{ok});
$sections .= location('/relative', "sha256 pem:../../operands-$$/operand.pem");
push @cases, ['/relative', 'ok', 1], ['/relative', 'other', 0];

# ---- many ----

my @numbers = (0 .. 199);
for my $n (@numbers) {
    my $values = join ' ', map { "v$n-$_" } @numbers;
    $sections .= location("/many/$n/", 'subject.cn is ' . ($n % 3 ? $values : qq($values "Anne Example")));
}
my $digests = join ' ', map { sprintf '%064x', $_ } @numbers;
my $networks = join ' ', map { "10.$_.0.0/16" } @numbers;
my $names = join ' ', map { "*.h$_.example" } @numbers;
$sections .= location('/digests', "sha256 $digests pem:" . pki('ok.crt')) . location('/no-digests', "sha256 $digests")
    . location('/networks', "san.ip $networks 192.0.2.0/29") . location('/no-networks', "san.ip $networks 192.0.2.8/29")
    . location('/globs', "san.dns like $names shop.**") . location('/no-globs', "san.dns like $names shop.*")
    . location('/orders', "key.bits >= 4096 3072 256") . location('/no-orders', 'key.bits < 256 128 1');
push @cases, ["/$_", 'ok', 1], ["/no-$_", 'ok', 0] for qw(digests networks globs orders);
push @cases, map { ["/many/$_/", 'ok', !($_ % 3)], ["/many/$_/", 'other', 0] } @numbers;

my $trust = qq(SSLCACertificateFile "@{[ pki('ca-all.pem') ]}"\n);
my $server = start_server(tls => "$trust$sections", log_level => 'error');
# Read at the start, and then no more.
spew("$dir/later.pem", $text{ok});
unlink "$dir/bundle.pem";

sub check_cases {
    my ($what, @some) = @_;
    my %by_client;
    push @{ $by_client{ $_->[1] } }, $_ for @some;
    for my $name (sort keys %by_client) {
        my @mine = @{ $by_client{$name} };
        my @responses = client()->many($server, { cert => $name, http => '1.1' }, map { { path => $_->[0] } } @mine);
        is($responses[$_]{status}, $mine[$_][2] ? 404 : 403, "$name at $mine[$_][0]$what") for 0 .. $#mine;
    }
}
check_cases('', @cases);

# ---- what is no file of certificates stops the start, whatever field asks ----

sub is_refused { my ($name, $file, $sentence) = @_; refused_config("$_->[0]: $name", location('/', "$_->[0] pem:$file"), $sentence) for @fields }
sub with_text { my ($text) = @_; spew("$dir/bad.pem", $text); return "$dir/bad.pem" }

my $body = $text{ok} =~ s/-----.*-----\n//gr;
my @bad = (
    ['a missing file', "$dir/nothing.pem"], ['a directory', $dir], ['an empty file', with_text('')], ['a device', '/dev/null'],
);
is_refused(@$_, qr/^Require mtls: \S+: 'pem:.*' (?:cannot be read|holds no certificate)/) for @bad;
for my $case (
    ['a private key', $key], ['a request', "-----BEGIN CERTIFICATE REQUEST-----\n$body-----END CERTIFICATE REQUEST-----\n"],
    ['no armour', $body], ['a wrong letter', $text{ok} =~ s/\nM/\n!/r], ['half of one', substr $text{ok}, 0, 300],
    ['no end', $text{ok} =~ s/-----END.*//sr], ['a good one and half of one', $text{ok} . substr $text{other}, 0, 300],
    ['another begin inside', "-----BEGIN CERTIFICATE-----\n$text{ok}"], ['DER cut short', $text{ok} =~ s/\n[^\n]+\n-----END/\n-----END/r],
    ['octets', join '', map { chr } 0 .. 255],
) {
    my ($name, $content) = @$case;
    my $file = with_text($content);
    refused_config("$_: $name", location('/', "$_ pem:$file"), qr/^Require mtls: \Q$_\E: 'pem:.*' (?:is damaged|holds no certificate)/)
        for qw(subject sha256 ca.spki.sha256 ski);
}
refused_config("$_ is not read from a file", location('/', "$_ pem:" . pki('ok.crt')), qr/^Require mtls: \S+: 'pem:/)
    for qw(san.dns san.ip eku key.type not-after chain.length policy key.curve sigalg);
refused_config('one good file and a bad one', location('/', 'sha256 pem:' . pki('ok.crt') . " pem:$dir/nothing.pem"), qr/nothing\.pem' cannot be read/);
refused_config('a certificate without the value', location('/', 'aki pem:' . pki('bare.crt')), qr/whose ski is absent/);
refused_config('capitals', location('/', 'sha256 PEM:' . pki('ok.crt')), qr/'PEM:.*' is not a SHA-256 digest/);
refused_config("$_ takes no file", location('/', $_ . ' pem:' . pki('ok.crt')), qr/^Require mtls: /) for 'subject like', 'sha256 >=';

# A restart reads them again.
$sections =~ s/bundle\.pem/with-key.pem/g;
$server->graceful(tls => "$trust$sections");
$_->[2] = $_->[1] eq 'ok' for grep { $_->[0] =~ m{/later$} } @cases;
check_cases(' after a graceful restart', grep { $_->[0] =~ m{/later$} } @cases);
done_testing;
