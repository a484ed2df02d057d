#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Revocation lists as lists: who is on them, on which connections, what becomes of bad ones, and of old ones.
use MTLS::Test;
use MTLS::Lists;
use File::Copy 'copy';
use Time::HiRes qw(sleep time);

make_certificate('ours' => { serial => 0x77 });
make_certificate('same-number' => { issuer => 'root', serial => 0x77 });
my $dir = list_dir();
my $CRITICAL = ['1.3.6.1.4.1.99999.8', 1, '0500'];
make_crls(
    'none.pem' => { issuer => 'intermediate' }, 'root-none.pem' => { issuer => 'root' },
    'ok.pem' => { issuer => 'intermediate', revoked => ['ours'] }, 'ok.der' => { issuer => 'intermediate', revoked => ['ours'], form => 'der' },
    'bare.pem' => { issuer => 'root', revoked => ['bare'] },
    'both.pem' => [{ issuer => 'intermediate', revoked => ['ours', 'other'] }, { issuer => 'root', revoked => ['bare'] }],
    'forged.pem' => { issuer => 'intermediate', key => 'root', revoked => ['other'] },
    'twin.pem' => { issuer => 'intermediate', key => 'twin-ca', revoked => ['other'] },
    'stranger.pem' => { issuer => 'stranger-ca', revoked => ['other'] },
    'delta.pem' => { issuer => 'intermediate', revoked => ['other'], extensions => [['2.5.29.27', 1, '020101']] },
    'critical.pem' => { issuer => 'intermediate', revoked => ['other'], extensions => [$CRITICAL] },
    'early.pem' => { issuer => 'intermediate', revoked => ['other'], this_update => 3600 },
);
# The one file that changes is replaced as a whole: by name, by octets, or cut off.
sub crl { my ($file, $name) = @_; copy(pki($file), "$dir/crl~") or die; rename "$dir/crl~", "$dir/" . ($name // 'crl'); }
sub cut { my ($file, $len) = @_; put('crl', substr slurp(pki($file)), 0, $len) }
mkdir "$dir/several";
spew("$dir/ca.pem", slurp(pki('root.crt')) . slurp(pki('intermediate.crt')));
crl('none.pem');
crl($_->[0], "several/$_->[1]") for ['none.pem', 'a.pem'], ['root-none.pem', 'b.pem'];

my $server = start_server(log_level => 'mtls_authz:debug', log_format => '%U %>s %{MTLS_STALE_LISTS}e %{MTLS_REASON}e', tls => <<"END", conf => <<'CONF');
    MTLSListInterval 1s
    SSLCACertificateFile $dir/ca.pem
    MTLSList revoked serial crl:$dir/crl
    MTLSList several serial crl:$dir/several/*.pem
    <Location "/one">
        <RequireAll>
            Require mtls
            Require not mtls in revoked
        </RequireAll>
    </Location>
    <Location "/several">
        <RequireAll>
            Require mtls
            Require not mtls in several
        </RequireAll>
    </Location>
    <Location "/on">
        Require mtls in revoked several
    </Location>
END
    # Connections that are opened early are asked late, however slow the machine is.
    KeepAliveTimeout 600
    <IfModule !mpm_prefork_module>
        ServerLimit 1
        MaxRequestWorkers 16
    </IfModule>
CONF
sub ask { my ($cert, $path, @more) = @_; return client()->request($server, $path // '/one', cert => $cert, @more) }
sub status { return ask(@_)->{status} }
my $version = 1;
sub in_force {
    my ($list) = @_;
    $version++;
    my $told = await($server, qr/list $list: version $version is in force/);
    everywhere($server, $list, $version);
    return $told;
}

my @HTTP = mpm() eq 'prefork' ? '1.1' : ('1.1', '2');
is(status($_), 404, "$_: not revoked") for 'ours', 'other', 'bare', 'same-number';
is(status('ours', '/on'), 403, 'nor on a list');
is(status('ours', '/one', http => $_, conn => "open $_", save => "session $_"), 404, "HTTP/$_: a connection that stays open") for @HTTP;

# A good one bites everywhere.
for my $file ('ok.der', 'ok.pem') {
    crl('none.pem') && in_force('revoked') if $version > 1;
    crl($file);
    is(in_force('revoked'), 1, "$file: in force");
    becomes(403, sub { status('ours') }, "$file: revoked");
    is(status('ours', '/on'), 404, "$file: on the list");
    is(status('same-number'), 404, "$file: the same number of another CA");
    is(status('other'), 404, "$file: somebody else");
}
for my $http (@HTTP) {
    becomes(403, sub { status('ours', '/one', http => $http, conn => "open $http") }, "HTTP/$http: an open connection");
    my $resumed = ask('ours', '/one', http => $http, session => "session $http");
    is($resumed->{status}, 403, "HTTP/$http: a resumed session");
    ok($resumed->{reused}, '... was resumed');
}

# Bad ones do not, and what was known stays.
my $length = length slurp(pki('ok.der'));
my @BAD = (
    ['half of a DER', sub { cut('ok.der', $length / 2) }, qr/is no revocation list, neither in PEM nor in DER form, or is cut off/],
    ['half of a PEM', sub { cut('both.pem', 200) }, qr/damaged|no revocation list/],
    ['the second one cut off', sub { cut('both.pem', length(slurp(pki('both.pem'))) - 60) }, qr/revocation list 2 is cut off or damaged/],
    ['a DER with something behind it', sub { put('crl', slurp(pki('ok.der')), "x") }, qr/has something behind/],
    ['another key', sub { crl('forged.pem') }, qr/is not signed by the CA of that name/],
    ['a stranger', sub { crl('stranger.pem') }, qr/is of a CA that this server does not know/],
    ['a twin', sub { crl('twin.pem') }, qr/is not signed by the CA of that name/],
    ['a delta', sub { crl('delta.pem') }, qr/is a delta list/],
    ['unknown and critical', sub { crl('critical.pem') }, qr/critical extension that is not known/],
    ['from the future', sub { crl('early.pem') }, qr/is not valid yet/],
    ['a certificate', sub { put('crl', slurp(pki('ok.crt'))) }, qr/holds no revocation list/],
    ['removed', sub { unlink "$dir/crl" }, qr/cannot be read/],
    ['emptied', sub { put('crl') }, qr/holds no revocation list|is empty/],
);
for my $case (@BAD) {
    my ($name, $break, $sentence) = @$case;
    $server->mark;
    $break->();
    my ($line) = await($server, qr/mtls_authz:error.* list revoked: /);
    like($line // 'nothing', qr/list revoked: \Q$dir\E\/crl: .*$sentence.*; version $version with 1 entries stays in force/, "$name: told");
    is(status('ours') . status('other'), '403404', "$name: as before");
}
crl('both.pem');
is(in_force('revoked'), 1, 'two in one file');
becomes('403403403404', sub { join '', map { status($_) } 'ours', 'other', 'bare', 'same-number' }, 'both count');
crl('ok.pem');
my ($line) = await($server, qr/holds 1 revocation lists, and had 2 before/);
ok($line, 'one of two is missing');
is(status('bare'), 403, 'what it said still counts');

# Several files.
$version = 1;
crl('bare.pem', 'several/b.pem');
is(in_force('several'), 1, 'one of several files');
becomes('404403', sub { status('ours', '/several') . status('bare', '/several') }, 'counts');
unlink "$dir/several/b.pem";
ok(scalar await($server, qr/list several: .*holds 1 revocation lists, and had 2 before/), 'one is missing');
is(status('bare', '/several'), 403, 'what it said still counts');
crl('bare.pem', 'several/b.pem');
is(in_force('several'), 1, 'it is back');

# The next one comes under a name of its own, and the one before goes after that, as some that fetch them do it.
$server->mark;
crl('root-none.pem', 'several/c.pem');
is(in_force('several'), 1, 'a newer one beside it');
is(status('bare', '/several'), 403, 'both count');
unlink "$dir/several/b.pem";
is(in_force('several'), 1, 'the older one is gone');
is(status('bare', '/several'), 404, 'what only that one said counts no more');
is(scalar said($server, qr/mtls_authz:error.* list several: /), 0, 'nothing is missing');
unlink "$dir/several/c.pem";
ok(scalar await($server, qr/list several: .*holds 1 revocation lists, and had 2 before/), 'now one is');
crl('bare.pem', 'several/b.pem');
is(in_force('several'), 1, 'it is back again');
put('several/.b.pem.fetching', 'not yet a list');

# Certificates and revocation lists need not write the issuer's name as the CA does. OpenSSL says who is revoked.
my %NAME = (
    as => undef, case => [['C', 'DE'], ['O', 'EXAMPLE TRUST'], ['CN', 'example issuing ca']], blanks => [['C', 'DE '], ['O', 'Example  Trust'], ['CN', ' Example Issuing   CA']],
    both => [['C', 'de'], ['O', ' eXAMPLE   tRUST '], ['CN', 'EXAMPLE  ISSUING  CA', 'bmp']], type => [['C', 'DE', 'utf8'], ['O', 'Example Trust', 'printable'], ['CN', 'Example Issuing CA', 't61']],
);
my @names = sort keys %NAME;
for my $name (@names) {
    make_certificate("by-$name" => { serial => 0x7A, $NAME{$name} ? (issuer_name => $NAME{$name}) : () });
    make_certificate("free-$name" => { serial => 0x7B, $NAME{$name} ? (issuer_name => $NAME{$name}) : () });
    make_crls("named-$name.pem" => { issuer => 'intermediate', $NAME{$name} ? (name => $NAME{$name}) : (), revoked => [0x7A] });
    copy(pki("named-$name.pem"), "$dir/named-$name.pem") or die;
}
my $folded = start_server(tls => join '', "SSLCACertificateFile $dir/ca.pem\n", map { <<"END" } @names);
    MTLSList $_ serial crl:$dir/named-$_.pem
    <Location "/not/$_">
        <RequireAll>
            Require mtls
            Require not mtls in $_
        </RequireAll>
    </Location>
END
my $is_revoked = 0;
for my $list (@names) {
    for my $cert (map { ("by-$_", "free-$_") } @names) {
        my $told = qx{openssl verify -CAfile '$dir/ca.pem' -CRLfile '$dir/named-$list.pem' -crl_check '@{[ pki("$cert.crt") ]}' 2>&1};
        my $status = $told =~ /: OK$/ ? 404 : $told =~ /error 23 at 0 depth lookup: certificate revoked/ ? 403 : $told;
        is(client()->request($folded, "/not/$list", cert => $cert)->{status}, $status, "list with name '$list', $cert: as OpenSSL says");
        $is_revoked += $status eq '403';
    }
}
is($is_revoked, @names * @names, 'each list revokes each of those with its number');
undef $folded;

# nextUpdate passes while the server runs.
my $made = time;
make_crls('brief.pem' => { issuer => 'root', revoked => ['bare'], next_update => 4 });
crl('brief.pem', 'several/b.pem');
is(in_force('several'), 1, 'one that is short-lived');
my @early = said($server, qr/list several: .*stale/);
is(scalar @early, 0, 'not stale yet') if time < $made + 3;
ok(scalar await($server, qr/list several: version $version is stale: a revocation list has passed its nextUpdate/), 'stale');
becomes('403 several', sub { status('bare', '/several'); join ' ', (split ' ', ($server->access_log(qr{^/several}))[-1])[1, 2] }, 'it still counts, and is seen');
crl('bare.pem', 'several/b.pem');
in_force('several');
becomes('-', sub { status('ours', '/several'); (split ' ', ($server->access_log(qr{^/several 404}))[-1])[2] }, 'a new one');
is(scalar said($server, qr/list several: .*stale/), 1, 'told once');
done_testing;
