#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# mtls-list: what it says of list files, of revocation lists and of kill lists, and what certificates find in them.
# Every sentence about a file itself is the module's: t/46list-files.t.
use MTLS::Test;
use POSIX ();

my $program = build() . '/tools/mtls-list';
my $dir = logs() . "/mtls-list-$$";
mkdir $dir or die "$dir: $!";

# Runs it there: { exit, signal, out, err }.
sub run_list {
    my (@arguments) = @_;
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        chdir $dir;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/.out" or POSIX::_exit(126);
        open STDERR, '>', "$dir/.err" or POSIX::_exit(126);
        exec $program, @arguments or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return { exit => $? >> 8, signal => $? & 127, out => slurp("$dir/.out"), err => slurp("$dir/.err") };
}
sub put { my ($name, $text) = @_; spew("$dir/$name", $text); return $name }
# What a certificate is called in the output.
sub named { my ($text, $pki) = @_; return $text =~ s{^\S*/([\w-]+)\.crt: }{$1: }gmr }

sub answers {
    my ($arguments, $exit, $out) = @_;
    my $result = run_list(@$arguments);
    my $name = join ' ', map { s{.*/}{}r } @$arguments;
    is("$result->{exit} $result->{signal}", "$exit 0", "$name: exit status $exit") or diag($result->{err});
    is(named($result->{out}), $out, "$name: what it says");
    is($result->{err}, '', "$name: without complaint");
}
sub complains {
    my ($arguments, $exit, $sentence) = @_;
    my $result = run_list(@$arguments);
    my $name = join ' ', map { s{.*/}{}r } @$arguments;
    is("$result->{exit} $result->{signal}", "$exit 0", "$name: exit status $exit");
    ref $sentence ? like($result->{err}, $sentence, "$name: why") : is($result->{err}, "mtls-list: $sentence\n", "$name: why");
    is($result->{out}, '', "$name: nothing else");
}

# ---- check ----

put(partners => "# ours\nshop.example.org role=billing user=anne\nlike:*.shop.** role=reader\nother.example.org role=reader\n");
put(plain => "shop.example.org\n");
put(empty => '');
put(one => "shop.example.org role=x\n");
put(cut => "shop.example.org role=x");
put(kill => "san.dns other.example.org\nserial 0A1B issuer \"CN=Example Issuing CA,O=Example Trust,C=DE\"\n");
answers(['check', 'san.dns', 'file:partners'], 0, "partners: 3 entries; labels role, user\n");
answers(['check', 'san.dns', 'file:plain'], 0, "plain: 1 entry\n");
answers(['check', 'san.dns', "file:$dir/one"], 0, "$dir/one: 1 entry; label role\n");
answers(['check', 'SAN.DNS', 'FILE:empty'], 0, "empty: 0 entries\n");
answers(['check', 'kill', 'kill'], 0, "kill: 2 entries\n");
complains(['check', 'san.dns', 'file:cut'], 1, 'cut:1: the last line has no end, so the file may be cut off; end it with a newline');
complains(['check', 'sha256', 'file:plain'], 1, q(plain:1: 'shop.example.org' is not a SHA-256 digest: 64 hexadecimal digits are needed));
complains(['check', 'san.dns', 'file:none'], 1, 'none: cannot be read: No such file or directory');
complains(['check', 'kill', 'partners'], 1, qr/\Amtls-list: partners:2: 'shop\.example\.org' is no field of a kill list: .*\n\z/);
complains(['check', 'kill', 'none'], 1, 'none: cannot be read: No such file or directory');

# ---- revocation lists ----

make_crls('root.crl' => { issuer => 'root', revoked => ['bare'], next_update => 86400 },
          'intermediate.crl' => { issuer => 'intermediate', revoked => ['other', 'spiffe'], next_update => 7 * 86400 },
          'past.crl' => { issuer => 'root', this_update => -7200, next_update => -3600 });
symlink pki('root.crl'), "$dir/1.crl";
symlink pki('intermediate.crl'), "$dir/2.crl";
my @ca = ('--ca', pki('root.crt'), '--ca', pki('intermediate.crt'));
# The end of the list that ends first, by openssl.
sub next_update { my ($file) = @_; return qx(openssl crl -in "@{[ pki($file) ]}" -noout -nextupdate -dateopt iso_8601) =~ /=(\S+) (\S+)/ ? "$1T$2" : die }
my $soon = next_update('root.crl');
answers([@ca, 'check', 'serial', 'crl:*.crl'], 0, "*.crl: 3 entries; next update $soon\n");
# A newer list beside the one before it: both count, the newer one says when the next is due. CAs that share a name do not.
make_crls('before.list' => { issuer => 'intermediate', revoked => ['other'], next_update => 3600 },
          'later.list' => { issuer => 'intermediate', revoked => ['spiffe'], next_update => 7200 },
          'twin.list' => { issuer => 'twin-ca', revoked => ['ok'], next_update => 5400 });
symlink pki("$_.list"), "$dir/$_.list" for qw(before later);
my $due = next_update('later.list');
answers([@ca, 'check', 'serial', 'crl:*.list'], 0, "*.list: 2 entries; next update $due\n");
symlink pki('twin.list'), "$dir/twin.list";
$due = next_update('twin.list');
answers([@ca, '--ca', pki('twin-ca.crt'), 'check', 'serial', 'crl:*.list'], 0, "*.list: 3 entries; next update $due\n");
complains([@ca, 'check', 'serial', 'crl:*.list'], 1, 'twin.list: the revocation list of "CN=Example Issuing CA,O=Example Trust,C=DE" is not signed by '
    . 'the CA of that name, or that CA may not sign revocation lists (its key usage)');
# A part of a CA's certificates is another thing than all of them.
make_crls('part.list' => { issuer => 'intermediate', revoked => ['bare'], next_update => 600, extensions => [['2.5.29.28', 1, '30038101ff']] });
unlink "$dir/twin.list";
symlink pki('part.list'), "$dir/part.list";
$due = next_update('part.list');
answers([@ca, 'check', 'serial', 'crl:*.list'], 0, "*.list: 3 entries; next update $due\n");
my $over = next_update('past.crl');
my $past = pki('past.crl');
answers(['check', 'serial', "crl:$past", @ca], 0, "$past: 0 entries; next update $over, which has passed: the list is stale\n");
complains(['check', 'serial', 'crl:1.crl'], 2, '--ca FILE is missing: the CA certificates, with which the server verifies clients, have to have signed revocation lists');
complains(['--ca', pki('intermediate.crt'), 'check', 'serial', 'crl:1.crl'], 1, '1.crl: the revocation list of "CN=Example Root CA,O=Example Trust,C=DE" '
    . 'is of a CA that this server does not know: SSLCACertificateFile and SSLCACertificatePath have no certificate of that name');
complains([@ca, 'check', 'sha256', 'crl:1.crl'], 2, "revocation lists name serial numbers: write 'serial' instead of 'sha256'");
complains([@ca, 'check', 'serial', 'crl:*.none'], 1, '*.none: no file matches this pattern');

# ---- find ----

sub crt { return map { pki("$_.crt") } @_ }
answers(['find', 'san.dns', 'file:partners', crt(qw(ok other))], 0,
        "ok: in the list, line 2; role=(ambiguous: its entries say different things) user=anne\nother: in the list, line 4; role=reader\n");
answers(['find', 'san.dns', 'file:partners', crt(qw(ok bare))], 1,
        "ok: in the list, line 2; role=(ambiguous: its entries say different things) user=anne\nbare: not in the list\n");
answers(['find', 'san.dns', 'file:plain', crt('ok')], 0, "ok: in the list, line 1\n");
answers(['find', 'san.dns', 'file:empty', crt('ok')], 1, "ok: not in the list\n");
answers(['find', 'san.dns', 'file:plain', crt('expired')], 1, "expired: not in the list; by itself it is refused, reason: expired (the certificate has expired)\n");
answers(['find', 'san.dns', 'file:plain', crt('bad-san')], 1,
        "bad-san: cannot be known, reason: malformed (the certificate, or the field that was asked for, cannot be read safely)\n");
answers(['find', 'kill', 'kill', crt('other')], 0, "other: in the list, line 1\n");
answers(['find', 'kill', 'kill', crt('ok')], 1, "ok: not in the list\n");
answers([@ca, 'find', 'serial', 'crl:*.crl', crt(qw(bare spiffe))], 0, "bare: in the list\nspiffe: in the list\n");
answers([@ca, 'find', 'serial', 'crl:*.crl', crt('ok')], 1, "ok: not in the list\n");
system("openssl x509 -in '@{[ pki('ok.crt') ]}' -outform DER -out '$dir/ok.der'") == 0 or die;
answers(['find', 'san.dns', 'file:plain', 'ok.der'], 0, "ok.der: in the list, line 1\n");

# What the chain says is known with the chain only.
my $digest = (qx(openssl x509 -in "@{[ pki('intermediate.crt') ]}" -noout -fingerprint -sha256) =~ /=(\S+)/)[0];
put(cas => "$digest name=ours\n");
put(killed => "ca.sha256 $digest\n");
my $unknown = "ok: cannot be known, reason: chain-unavailable (the verified chain of this resumed session is not known); give --chain FILE\n";
answers(['find', 'ca.sha256', 'file:cas', crt('ok')], 1, $unknown);
answers(['find', 'kill', 'killed', crt('ok')], 1, $unknown);
answers(['--chain', pki('intermediate.crt'), 'find', 'ca.sha256', 'file:cas', crt('ok')], 0, "ok: in the list, line 1; name=ours\n");
answers(['--chain', pki('root.crt'), 'find', 'kill', 'killed', crt('bare')], 1, "bare: not in the list\n");

# ---- the manual ----

my @blocks = map { s/^    //mgr } slurp(top() . '/docs/lists.md') =~ /\n\n((?:    [^\n]*\n)+)/g;
for my $case ([qr/^# What stands behind/, 'san.dns', 'file:partners.list', 3], [qr/^# sensor/, 'kill', 'partners.list', 4],
              [qr/^# nobody/, 'san.dns', 'file:partners.list', 0]) {
    my ($begin, $field, $source, $entries) = @$case;
    my @found = grep { /$begin/ } @blocks;
    is(scalar @found, 1, "docs/lists.md has the file for $field") or next;
    put('partners.list' => $found[0]);
    like(run_list('check', $field, $source)->{out}, qr/^partners\.list: $entries entries/, "$field: its entries are understood");
}
my ($shown) = grep { /^\$ mtls-list check/ } @blocks;
put('partners.list' => (grep { /^# What stands behind/ } @blocks)[0]);
is((split /\n/, $shown)[1] . "\n", run_list('check', 'san.dns', 'file:partners.list')->{out}, 'and what check says of it');

# ---- bad input ----

my $ok = pki('ok.crt');
my @REFUSALS = (
    [[], qr/'check' or 'find' is missing; see mtls-list --help/],
    [['look', 'san.dns', 'file:plain'], qr/the first word is 'check' or 'find'; see mtls-list --help/],
    [['check', 'san.dns'], qr/a field and a source are missing, as in: check san\.dns file:PATH; see mtls-list --help/],
    [['check', 'san.dns', 'file:plain', $ok], qr/'check' takes a field and a source; 'find' takes certificates, too/],
    [['find', 'san.dns', 'file:plain'], qr/a certificate is missing; see mtls-list --help/],
    [['check', 'san.dsn', 'file:plain'], qr/unknown field 'san\.dsn', did you mean 'san\.dns'\? Known are subject, /],
    [['check', 'remaining', 'file:plain'], qr/field 'remaining' cannot be looked up in a list: it is another one with each request/],
    [['check', 'san.dns', 'plain'], qr/'plain' is no source of a list: file:PATH or crl:PATH is meant/],
    [['check', 'san.dns', 'file:'], qr/'' is not a usable path/],
    [['check', 'kill', ''], qr/'' is not a usable path/],
    [['find', 'san.dns', 'file:cut', $ok], qr/cut:1: the last line has no end, so the file may be cut off; end it with a newline/],
    [['find', 'san.dns', 'file:plain', 'none.crt'], qr/none\.crt: cannot be read: No such file or directory/],
    [['find', 'san.dns', 'file:plain', 'plain'], qr/plain: holds no certificate/],
    [['find', 'san.dns', 'file:plain', '.'], qr/\.: is a directory/],
    [['--ca', 'none.pem', 'check', 'serial', 'crl:x'], qr/none\.pem: cannot be read: No such file or directory/],
    [['--chain', 'plain', 'find', 'san.dns', 'file:plain', $ok], qr/plain: holds no certificate/],
    [['--chain', $ok, '--chain', $ok, 'find', 'san.dns', 'file:plain', $ok], qr/--chain stands twice/],
    [['--ca'], qr/--ca: a value is missing; see mtls-list --help/],
    [['--nonsense', 'check', 'san.dns', 'file:plain'], qr/--nonsense: no such option; see mtls-list --help/],
);
for my $refusal (@REFUSALS) {
    my ($arguments, $sentence) = @$refusal;
    complains($arguments, 2, qr/\Amtls-list: $sentence[^\n]*\n\z/);
}

# ---- help, manual, mtls-explain ----

my $help = run_list('--help')->{out};
like($help, qr/^Usage: mtls-list /, '--help');
like(run_list('--version')->{out}, qr/^mtls-list \d+\.\d+\.\d+\n\z/, '--version');
my $lint = qx(mandoc -Tlint "@{[ top() ]}/docs/mtls-list.1" 2>&1);
is("$?$lint", '0', 'the manual page is in order');
my $manual = slurp(top() . '/docs/mtls-list.1') =~ s/\\-/-/gr;
my @options = $help =~ /^  (--[\w-]+)/mg;
is(scalar @options, 4, 'options: ' . @options);
like($manual, qr/^\.B[I]? $_\b/m, "the manual page has $_") for @options;

my $said = qx("@{[ build() ]}/tools/mtls-explain" --rule 'in partners' --rule 'label.partners.role is billing' "$ok");
is(scalar(() = $said =~ /^unknown  (?:in|label)\b.*\n +reason: list-unavailable \(.*mtls-list find says what a certificate finds in one\)$/mg), 2,
   'mtls-explain has no lists, and says who has');
done_testing;
