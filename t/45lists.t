#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# File lists: who is in them, field by field, alone, negated and in containers, and which lists a rule asks.
use MTLS::Test;
use MTLS::Lists;

my @CERTIFICATES = qw(ok other bare spiffe two-spiffe two-cns rsa nul-dns);
my ($SHA256, $SPKI) = (digest_of('ok'), spki_of('ok'));
my $COLONS = uc $SHA256 =~ s/(..)(?!$)/$1:/gr;
make_certificate('v6' => { san => [['ip', '2001:db8:1::5']] });
make_certificate('edge' => { san => [['ip', '192.0.2.128']] });
push @CERTIFICATES, 'v6', 'edge';

# A name, the field, the lines, who is a member. All others are not, but for those whose field cannot be read.
my @TABLE = (
    ['dns', 'san.dns', ['shop.example.org'], 'ok'],
    ['dns-case', 'san.dns', ['SHOP.Example.ORG'], 'ok'],
    ['dns-star', 'san.dns', ['*.shop.example.org'], 'ok'],
    ['dns-star-is-a-name', 'san.dns', ['*.example.org']],
    ['dns-part', 'san.dns', ['example.org', 'hop.example.org', 'shop.example.or', 'shop.example.org.uk']],
    ['dns-glob', 'san.dns', ['like:*.example.org'], 'ok', 'other'],
    ['dns-deep-glob', 'san.dns', ['like:**.example.org'], 'ok', 'other'],
    ['dns-short-glob', 'san.dns', ['like:*.org']],
    ['dns-quoted', 'san.dns', ['"other.example.org"'], 'other'],
    ['several', 'san.dns', ["# both\n\n", "other.example.org   # he\r\n", "\t shop.example.org\t role=x\n"], 'ok', 'other'],
    ['nobody', 'san.dns', ['# nobody']],
    ['uri', 'san.uri', ['spiffe://example.org/ns/shop/sa/web'], 'ok', 'spiffe'],
    ['uri-case', 'san.uri', ['spiffe://example.org/ns/shop/sa/WEB']],
    ['uri-glob', 'san.uri', ['like:spiffe://example.org/ns/*/sa/*'], 'ok', 'other', 'spiffe'],
    ['uri-glob-no-slash', 'san.uri', ['like:spiffe://example.org/*'], 'two-spiffe'],
    ['uri-of-many', 'san.uri', ['spiffe://example.org/b'], 'two-spiffe'],
    ['spiffe', 'spiffe', ['spiffe://example.org/a', 'spiffe://example.org/b']],
    ['spiffe-one', 'spiffe', ['like:**/web'], 'ok', 'spiffe'],
    ['mail', 'san.email', ['anne@EXAMPLE.org'], 'ok'],
    ['mail-case', 'san.email', ['Anne@example.org']],
    ['upn', 'san.upn', ['anne@corp.example.org'], 'ok'],
    ['ip', 'san.ip', ['192.0.2.7'], 'ok'],
    ['ip-near', 'san.ip', ['192.0.2.6', '192.0.2.8', '2001:db8::6', '::ffff:192.0.2.7']],
    ['ip-network', 'san.ip', ['192.0.2.0/25'], 'ok'],
    ['ip-networks', 'san.ip', ['192.0.2.128/25', '2001:db8:1::/48'], 'edge', 'v6'],
    ['ip-all-4', 'san.ip', ['0.0.0.0/0'], 'ok', 'edge'],
    ['ip-all-6', 'san.ip', ['::/0'], 'ok', 'v6'],
    ['ip-nested', 'san.ip', ['192.0.0.0/8', '192.0.0.0/16', '192.0.2.7/32'], 'ok', 'edge'],
    ['sha256', 'sha256', [$SHA256], 'ok'],
    ['sha256-colons', 'sha256', [$COLONS], 'ok'],
    ['sha256-wrong', 'sha256', [$SHA256 =~ tr/0-9a-f/1-9a-f0/r]],
    ['spki', 'spki.sha256', [uc $SPKI], 'ok'],
    ['spki-is-not-sha256', 'sha256', [$SPKI]],
    ['serial', 'serial', ['0A1B2C3D4E5F60718293'], 'ok'],
    ['serial-colons', 'serial', ['00:0a:1b:2c:3d:4e:5f:60:71:82:93'], 'ok'],
    ['serial-near', 'serial', ['0A1B2C3D4E5F60718294', '1B2C3D4E5F60718293']],
    ['subject', 'subject', ['"CN=bare"'], 'bare'],
    ['subject-slash', 'subject', ['"/C=DE/O=Example, Inc./CN=Otto Other"'], 'other'],
    ['subject-order', 'subject', ['"C=DE,O=Example\\\\, Inc.,CN=Otto Other"']],
    ['issuer', 'issuer', ['"CN=Example Root CA,O=Example Trust,C=DE"'], 'bare'],
    ['cn', 'subject.cn', ['"Otto Other"', 'bare'], 'other', 'bare'],
    ['cn-of-many', 'subject.cn', ['admin'], 'two-cns'],
    ['cn-glob', 'subject.cn', ['like:O*r', 'like:b?re'], 'other'],
    ['cn-quoted-like', 'subject.cn', ['"like:*"']],
    ['cn-hash', 'subject.cn', ['"#bare"']],
    ['ou', 'subject.ou', ['Payments'], 'ok'],
    ['oid', 'san.rid', ['1.3.6.1.4.1.99999.1'], 'ok'],
    ['dirname', 'san.dirname', ['"CN=Anne,C=DE"'], 'ok'],
    ['policy', 'policy', ['1.3.6.1.4.1.99999.1.2'], 'ok'],
    ['extension', 'ext.1.3.6.1.4.1.99999.7', ['gold'], 'ok'],
    ['key-type', 'key.type', ['rsa'], 'rsa'],
    ['key-bits', 'key.bits', ['2048', '4096'], 'rsa'],
    ['eku', 'eku', ['emailProtection'], 'ok'],
    ['ca', 'ca', ['"CN=Example Issuing CA,O=Example Trust,C=DE"'], grep { $_ ne 'bare' } @CERTIFICATES],
    ['ca-root', 'ca.sha256', [digest_of('root')], @CERTIFICATES],
    ['ca-spki', 'ca.spki.sha256', [spki_of('intermediate')], grep { $_ ne 'bare' } @CERTIFICATES],
);
# What cannot be read could be in the list, and could be not.
my %UNREADABLE = ('nul-dns' => qr/^san\.dns/);

my %LIST = map { $_->[0] => { field => $_->[1], lines => $_->[2], has => { map { $_ => 1 } @$_[3 .. $#$_] } } } @TABLE;
$LIST{long} = { field => 'san.dns', lines => [(map { "h$_.example.com" } 1 .. 30000), 'other.example.org', (map { "x$_.example.com" } 1 .. 30000)],
                has => { other => 1 } };
put($_, @{ $LIST{$_}{lines} }) for keys %LIST;

# Rules of more than one list, or of one list in more than one way: path, lines, the function of "is in" that lets in.
my @RULES = (
    ['two', 'Require mtls in dns cn', sub { $_[0]('dns') || $_[0]('cn') }],
    ['three', 'Require mtls in nobody nobody cn', sub { $_[0]('cn') }],
    ['case', 'Require mtls IN DNS', sub { $_[0]('dns') }],
    ['all', "<RequireAll>\nRequire mtls in dns\nRequire mtls in upn\n</RequireAll>", sub { $_[0]('dns') && $_[0]('upn') }],
    ['but', "<RequireAll>\nRequire mtls in dns-glob\nRequire not mtls in cn\n</RequireAll>", sub { $_[0]('dns-glob') && !$_[0]('cn') }],
    ['but-two', "<RequireAll>\nRequire mtls\nRequire not mtls in key-type cn\n</RequireAll>", sub { !$_[0]('key-type') && !$_[0]('cn') }],
    ['none', "<RequireAll>\nRequire mtls\n<RequireNone>\nRequire mtls in key-type\nRequire mtls in cn\n</RequireNone>\n</RequireAll>",
     sub { !$_[0]('key-type') && !$_[0]('cn') }],
    ['any', "<RequireAny>\nRequire mtls in key-type\nRequire mtls subject.ou Payments\n</RequireAny>", sub { $_[0]('key-type') || $_[0]('ou') }],
    ['both-ways', "<RequireAll>\nRequire mtls in dns\nRequire not mtls in dns\n</RequireAll>", sub { 0 }],
);

sub sections {
    my $text = '';
    for my $name (sort keys %LIST) {
        $text .= "<Location \"/in/$name\">\nRequire mtls in $name\n</Location>\n"
               . "<Location \"/not/$name\">\n<RequireAll>\nRequire mtls\nRequire not mtls in $name\n</RequireAll>\n</Location>\n";
    }
    return $text . join '', map { "<Location \"/rule/$_->[0]\">\n$_->[1]\n</Location>\n" } @RULES;
}

# Named before they are defined: the lists stand behind the rules, in another virtual host.
my $lists = join '', map { "MTLSList $_ $LIST{$_}{field} file:" . list_dir() . "/$_\n" } sort keys %LIST;
my $server = start_server(tls => sections(), plain => $lists, log_format => '%U %>s %{MTLS_REASON}e');

sub status { my ($path, $cert) = @_; return client()->request($server, $path, cert => $cert, conn => $cert // 'nobody')->{status} }

for my $name (sort keys %LIST) {
    my %wrong;
    for my $cert (@CERTIFICATES) {
        my $is_unknown = $UNREADABLE{$cert} && $LIST{$name}{field} =~ $UNREADABLE{$cert} && $name ne 'nobody';
        my $in = $LIST{$name}{has}{$cert};
        my %wanted = (in => $in ? 404 : 403, not => $in || $is_unknown ? 403 : 404);
        for my $way (sort keys %wanted) {
            my $status = status("/$way/$name", $cert);
            $wrong{"$cert /$way"} = "$status instead of $wanted{$way}" if $status != $wanted{$way};
        }
    }
    ok(!%wrong, "$name: $LIST{$name}{field}") or diag explain \%wrong;
}
for my $rule (@RULES) {
    my ($name, undef, $lets_in) = @$rule;
    my @wrong;
    for my $cert (grep { $_ ne 'nul-dns' } @CERTIFICATES) {
        my $wanted = $lets_in->(sub { $LIST{ $_[0] }{has}{$cert} }) ? 404 : 403;
        push @wrong, $cert if status("/rule/$name", $cert) != $wanted;
    }
    ok(!@wrong, "rule $name") or diag "wrong: @wrong";
}
is(status('/rule/two', 'nul-dns'), 403, 'what cannot be read is not in');
is(status('/rule/but-two', 'nul-dns'), 404, 'other fields can be read');
is(status('/in/dns', undef), 403, 'nobody is not in');
is(status('/not/dns', undef), 403, 'and not let in for not being in');

$server->mark;
status('/in/dns', 'nul-dns');
status('/in/dns', 'other');
status('/not/dns', 'ok');
status('/not/dns', 'nul-dns');
my @logged = map { (split)[2] } $server->access_log(4);
is_deeply(\@logged, ['malformed', 'no-match', 'no-match', 'malformed'], 'reasons');

for my $column (tls_matrix()) {
    my $name = join ' ', map { "$_ $column->{$_}" } sort keys %$column;
    is(client()->request($server, '/in/ca-root', %$column, cert => 'bare')->{status}, 404, "in, $name");
    is(client()->request($server, '/in/dns', %$column, cert => 'other')->{status}, 403, "not in, $name");
}
done_testing;
