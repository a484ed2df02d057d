#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What may stand in the files of lists: at the start a bad one stops the server, with a sentence; a good one is looked
# up as a rule compares.
use MTLS::Test;

my $dir = logs() . "/list-files-$$";
mkdir $dir or die "$dir: $!";
sub openssl { my ($cert, @words) = @_; return (qx(openssl x509 -in "@{[ pki("$cert.crt") ]}" -noout @words) =~ /=(.*)$/m)[0] }
my $sha256 = openssl('ok', '-fingerprint -sha256');
my $sha1 = openssl('ok', '-fingerprint -sha1');
my $subject = openssl('ok', '-subject -nameopt RFC2253');
my $spki = (split ' ', qx(openssl x509 -in "@{[ pki('ok.crt') ]}" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r))[0];
my $ca_sha256 = openssl('intermediate', '-fingerprint -sha256');
my $start = openssl('ok', '-startdate -dateopt iso_8601') =~ s/ /T/r;
my ($ski, $aki) = map { (qx(openssl x509 -in "@{[ pki('ok.crt') ]}" -noout -ext $_) =~ /^ +(\S+)$/m)[0] =~ s/^keyid://r }
    qw(subjectKeyIdentifier authorityKeyIdentifier);
my $SERIAL = '0A1B2C3D4E5F60718293';
(my $SERIAL_COLONS = lc $SERIAL) =~ s/..(?=.)/$&:/g;

# ---- files that are understood: field, octets, whether "ok" is in it, and "other" ----

my @GOOD = (
    # how many there are; other comments say nothing
    ['san.dns', "# entries: 2\nshop.example.org # me\n\nbare.example.org\n", 1, 0],
    ['san.dns', "shop.example.org\n# entries: see below\n# entries: 12a\n# entries:\n", 1, 0],
    # every type of key
    ['san.dns', "shop.example.org\n", 1, 0],
    ['san.dns', "SHOP.Example.ORG\n", 1, 0],
    ['san.dns', "example.org\nshop.example\nshop.example.org.evil.example\n", 0, 0],
    ['san.dns', "*.example.org\n", 0, 0],
    ['san.dns', "*.shop.example.org\n", 1, 0],
    ['san.dns', "like:*.example.org\n", 1, 1],
    ['san.dns', "like:*.EXAMPLE.org\n", 1, 1],
    ['san.email', "like:*\@EXAMPLE.org\n", 1, 0],
    ['san.email', "like:Anne\@*\n", 0, 0],
    ['san.dns', "like:oth**\n", 0, 1],
    ['san.uri', "spiffe://example.org/ns/shop/sa/web\n", 1, 0],
    ['san.uri', "spiffe://Example.org/ns/shop/sa/web\n", 0, 0],
    ['san.uri', "like:spiffe://example.org/ns/*/sa/web\n", 1, 0],
    ['san.uri', "like:spiffe://example.org/*\n", 0, 0],
    ['san.uri', "\"like:spiffe://example.org/**\"\n", 0, 0],
    ['spiffe', "spiffe://example.org/ns/shop/sa/other\n", 0, 1],
    ['spiffe.trust-domain', "example.org\n", 1, 1],
    ['spiffe.path', "like:/ns/shop/**\n", 1, 1],
    ['san.email', "anne\@EXAMPLE.org\n", 1, 0],
    ['san.email', "Anne\@example.org\n", 0, 0],
    ['san.email', "like:*\@example.org\n", 1, 0],
    ['san.upn', "anne\@corp.example.org\n", 1, 0],
    ['san.ip', "192.0.2.7\n", 1, 0],
    ['san.ip', "192.0.2.0/24\n", 1, 0],
    ['san.ip', "192.0.2.6/31\n192.0.2.8/29\n", 1, 0],
    ['san.ip', "192.0.3.0/24\n192.0.2.8/29\n", 0, 0],
    ['san.ip', "2001:DB8::/32\n", 1, 0],
    ['san.ip', "2001:db8::7\n", 1, 0],
    ['san.ip', "2001:db8::8/125\n", 0, 0],
    ['san.ip', "0.0.0.0/0\n", 1, 0],
    ['san.ip', "::/0\n", 1, 0],
    ['san.rid', "1.3.6.1.4.1.99999.1\n", 1, 0],
    ['san.dirname', "CN=Anne,C=DE\n", 1, 0],
    ['subject', "\"$subject\"\n", 1, 0],
    ['subject', "'$subject'\n" =~ tr/'/"/r, 1, 0],
    ['subject', "\"/C=DE/O=Example, Inc./CN=Otto Other\"\n", 0, 1],
    ['subject.cn', "\"Anne Example\"\n", 1, 0],
    ['subject.cn', "Anne\" \"Example\n", 1, 0],
    ['subject.cn', "\"anne example\"\n", 0, 0],
    ['subject.cn', "like:Anne\" \"**\n", 1, 0],
    ['subject.ou', "\"Back Office\"\n", 1, 0],
    ['subject.2.5.4.8', "Berlin\n", 1, 0],
    ['issuer', "\"CN=Example Issuing CA,O=Example Trust,C=DE\"\n", 1, 1],
    ['issuer.cn', "\"Example Issuing CA\"\n", 1, 1],
    ['serial', "$SERIAL\n", 1, 0],
    ['serial', "$SERIAL_COLONS\n", 1, 0],
    ['serial', '0x' . lc($SERIAL) . "\n", 1, 0],
    ['serial', '000' . substr($SERIAL, 1) . "\n", 1, 0],
    ['serial', "-$SERIAL\n", 0, 0],
    ['sha256', "$sha256\n", 1, 0],
    ['sha256', lc($sha256 =~ tr/://dr) . "\n", 1, 0],
    ['sha1', "$sha1\n", 1, 0],
    ['spki.sha256', "$spki\n", 1, 0],
    ['ski', "$ski\n", 1, 0],
    ['aki', lc($aki =~ tr/://dr) . "\n", 1, 1],
    ['ca', "\"CN=Example Root CA,O=Example Trust,C=DE\"\n", 1, 1],
    ['ca.sha256', "$ca_sha256\n", 1, 1],
    ['chain.length', "2\n3\n", 1, 1],
    ['not-before', "${start}\n", 1, 1],
    ['eku', "emailProtection\n", 1, 0],
    ['eku', "1.3.6.1.5.5.7.3.4\n", 1, 0],
    ['ku', "keyAgreement\n", 1, 0],
    ['policy', "1.3.6.1.4.1.99999.1.2\n", 1, 0],
    ['key.type', "ec\n", 1, 1],
    ['key.bits', "256\n", 1, 1],
    ['key.curve', "P-256\n", 1, 1],
    ['sigalg', "ecdsa-with-SHA256\n", 1, 1],
    ['version', "3\n", 1, 1],
    ['tls.version', "TLSv1.2\nTLSv1.3\n", 1, 1],

    # how they are written
    ['san.dns', '', 0, 0],
    ['san.dns', "# nobody yet\n", 0, 0],
    ['san.dns', "\n\n  \n\t\n\r\n", 0, 0],
    ['san.dns', "\xEF\xBB\xBFshop.example.org\n", 1, 0],
    ['san.dns', "\xEF\xBB\xBF# saved by an editor\r\nother.example.org\r\n", 0, 1],
    ['san.dns', "shop.example.org\r\nother.example.org\r\n", 1, 1],
    ['san.dns', "\t shop.example.org \t \n", 1, 0],
    ['san.dns', "shop.example.org # ours\n#other.example.org\n", 1, 0],
    ['san.dns', "shop.example.org\trole=billing  team=\"a b\"\tnote=a=b # of labels\n", 1, 0],
    ['san.dns', "shop.example.org Role=x\nother.example.org role=\"# no comment\"\n", 1, 1],
    ['san.dns', "shop.example.org role=x\nSHOP.example.org role=x\n", 1, 0],
    ['san.dns', "shop.example.org role=x\nlike:shop.** role=y\n", 1, 0],
    ['subject.cn', "# \xC3\x84nne\n\"Anne Example\" name=\xC3\x84nne\n", 1, 0],
    ['subject.cn', "\"\\\"x\\\\y\\\"\"\n\"Otto Other\"\n", 0, 1],
    ['subject.cn', "\"# Anne Example\"\n", 0, 0],
    ['subject.cn', "\"Anne Example\" n=\"" . ('x' x 8100) . "\"\n", 1, 0],
);

# ---- and those that are not: what is said behind the file's name ----

my $ADDRESS = 'is not an IP address or a network such as 192.0.2.0/24 or 2001:db8::/32';
my $DNS = "is not a DNS name: letters, digits, '-', '_', '.' and '*' are allowed";
my $SHA256 = 'is not a SHA-256 digest: 64 hexadecimal digits are needed';
my $SERIAL_NUMBER = q(is not a serial number: hexadecimal digits are needed, colons between octets and a '-' in front are allowed);
my $NAME = "is no name: a letter, then letters, digits, '-' and '_'";
my $TEXT = 'is not UTF-8 text, or has a control character in it; save the file as UTF-8';
my $NO_LABEL = 'is no label: NAME=VALUE is meant behind the key (a key with blanks needs quotes)';
my $CUT = 'the last line has no end, so the file may be cut off; end it with a newline';
my @BAD = (
    # cut off, damaged
    ['san.dns', 'shop.example.org', ":1: $CUT"],
    ['san.dns', "shop.example.org\nother.exam", ":2: $CUT"],
    ['san.dns', "shop.example.org\n# the e", ":2: $CUT"],
    ['san.dns', "shop.example.org\r\n ", ":2: $CUT"],
    ['san.dns', "# entries: 3\nshop.example.org\nother.example.org\n", ": says '# entries: 3', and has 2: it is cut off, or the number is an old one"],
    ['san.dns', "shop.example.org\n# entries: 0\n", ": says '# entries: 0', and has 1: it is cut off, or the number is an old one"],
    ['subject.cn', "Anne\0Otto\n", ":1: $TEXT"],
    ['subject.cn', "Anne\nOtto\e[2J\n", ":2: $TEXT"],
    ['subject.cn', "Anne\rOtto\n", ":1: $TEXT"],
    ['subject.cn', "J\xF6rg\n", ":1: $TEXT"],
    ['subject.cn', "# J\xF6rg\n", ":1: $TEXT"],
    ['subject.cn', "\xFF\xFEA\0n\0n\0e\0\n\0", ":1: $TEXT"],
    ['subject.cn', "Anne\n" . ('x' x 8193) . "\n", ':2: is longer than 8192 octets'],
    # quotes
    ['subject.cn', "\n\"Anne Example\n", ':2: has a quote that is not closed'],
    ['subject.cn', "Anne role=\"a\n", ':1: has a quote that is not closed'],
    ['subject.cn', "Anne Example\n", ":1: 'Example' $NO_LABEL"],
    ['subject.cn', "\"Anne\\\" Example\"x role\n", ":1: 'role' $NO_LABEL"],
    ['subject.cn', "\"\"\n", ":1: '' is empty"],
    # labels
    ['san.dns', "shop.example.org other.example.org\n", ":1: 'other.example.org' $NO_LABEL"],
    ['san.dns', "shop.example.org role = x\n", ":1: 'role' $NO_LABEL"],
    ['san.dns', "shop.example.org =x\n", ":1: '' $NAME"],
    ['san.dns', "shop.example.org 9th=x\n", ":1: '9th' $NAME"],
    ['san.dns', "shop.example.org a.b=x\n", ":1: 'a.b' $NAME"],
    ['san.dns', "shop.example.org \"my role\"=x\n", ":1: 'my role' $NAME"],
    ['san.dns', "shop.example.org role=\n", ":1: 'role=' has no value: leave the label out, or write one behind the '='"],
    ['san.dns', "shop.example.org role=\"\"\n", ":1: 'role=' has no value: leave the label out, or write one behind the '='"],
    ['san.dns', "shop.example.org role=a Role=b\n", ":1: 'role' stands twice on this line"],
    ['san.dns', 'shop.example.org ' . join(' ', map { "l$_=x" } 1 .. 33) . "\n", ':1: has more than 32 labels'],
    ['san.dns', join('', map { "h$_.example l$_=x\n" } 1 .. 33), ":33: 'l33' is one label too many: a list has at most 32 different ones"],
    ['san.dns', "shop.example.org role=a\n\nSHOP.example.org role=b\n", ':3: stands on line 1 already, with other labels'],
    ['san.dns', "shop.example.org role=a\nshop.example.org\n", ':2: stands on line 1 already, with other labels'],
    # keys that are none, as each type reads them
    ['san.dns', "https://shop.example.org/\n", ":1: 'https://shop.example.org/' $DNS"],
    ['san.dns', "\"like:*.example.org\"\n", ":1: 'like:*.example.org' $DNS"],
    ['san.dns', "m\xC3\xBCnchen.example\n", ":1: 'm\\xC3\\xBCnchen.example' is not a DNS name in ASCII: write its A-label, which begins with xn--"],
    ['san.uri', "https://m\xC3\xBCnchen.example/\n", ":1: 'https://m\\xC3\\xBCnchen.example/' is not a URI: it has characters outside ASCII, which a certificate carries percent-encoded"],
    ['san.ip', "192.0.2.1/24\n", ":1: '192.0.2.1/24' is not a network: it has bits set behind the prefix; the network is 192.0.2.0/24"],
    ['san.ip', "192.0.2.0/33\n", ":1: '192.0.2.0/33' is not a network: behind the slash a number from 0 to 32 is needed"],
    ['san.ip', "192.0.2\n", ":1: '192.0.2' $ADDRESS"],
    ['san.ip', "like:192.0.2.*\n", ":1: 'like:192.0.2.*' is a pattern, which a field of type IP address does not take"],
    ['san.rid', "1.3.x\n", ":1: '1.3.x' is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1"],
    ['subject', "\"C = DE, CN = anne\"\n", ":1: 'C = DE, CN = anne' is openssl's print of a distinguished name; in RFC 4514 form it is CN=anne,C=DE"],
    ['subject', "\"/uid=a1\"\n", ":1: '/uid=a1' is not a distinguished name in slash form: what stands before '=' in '/uid=a1' is one attribute to OpenSSL and another one here; write its object identifier"],
    ['serial', "0A:1\n", ":1: '0A:1' $SERIAL_NUMBER"],
    ['serial', "12 34\n", ":1: '34' $NO_LABEL"],
    ['sha256', "0a1b\n", ":1: '0a1b' $SHA256"],
    ['sha256', "pem:conf/client.pem\n", ":1: 'pem:conf/client.pem' $SHA256"],
    ['sha1', "$sha256\n", ":1: '$sha256' is not a SHA-1 digest: 40 hexadecimal digits are needed"],
    ['ski', "0a1\n", ":1: '0a1' is not hexadecimal: two digits for each octet are needed, colons between octets are allowed"],
    ['not-after', "tomorrow\n", ":1: 'tomorrow' is not a time in RFC 3339 form such as 2027-01-01T00:00:00Z"],
    ['lifetime', "30\n", ":1: '30' is not a duration: a whole number followed by s, m, h, d or w"],
    ['key.bits', "2048 bits=2048\n4096x\n", ":2: '4096x' is no whole number"],
    ['san.dns', "like:\n", ":1: 'like:' is empty"],
    # the kill list
    ['kill', "shop.example.org\n", q(:1: 'shop.example.org' is no field of a kill list: FIELD VALUE is meant, with one of )
        . 'sha256, spki.sha256, spiffe, san.uri, san.dns, subject, ca.sha256, ca.spki.sha256, serial'],
    ['kill', "san.dns\n", ":1: 'san.dns' needs a value behind it"],
    ['kill', "san.dns shop.example.org lost=laptop\n", ":1: 'lost=laptop' is one word too many: FIELD VALUE is meant"],
    ['kill', "san.dns is shop.example.org\n", ":1: 'shop.example.org' is one word too many: FIELD VALUE is meant"],
    ['kill', "san.dns https://shop.example.org/\n", ":1: 'https://shop.example.org/' $DNS"],
    ['kill', "san.uri like:spiffe://example.org/**\n", ":1: 'like:spiffe://example.org/**' is a pattern, and a kill list has none: write the whole value (in quotes if it begins so)"],
    ['kill', "serial 0A1B\n", ':1: needs the issuer: serial HEX issuer "DN" (another CA may have issued the same serial number)'],
    ['kill', "serial 0A1B \"CN=Example Issuing CA\"\n", ':1: needs the issuer: serial HEX issuer "DN" (another CA may have issued the same serial number)'],
    ['kill', "serial 0A1B issuer CN=Example Issuing CA\n", ':1: needs the issuer: serial HEX issuer "DN" (another CA may have issued the same serial number)'],
    ['kill', "serial 0A1B issuer \"/C=DE,O=Example\"\n", qq(:1: '/C=DE,O=Example' is a distinguished name that can be read in two ways at ',O=Example'; write it in RFC 4514 form such as "CN=web,O=Example")],
    ['kill', "serial 0A1B issuer Example\n", qq(:1: 'Example' is not a distinguished name in RFC 4514 form such as "CN=web,O=Example": an attribute and '=' are needed at 'Example'; a name that has blanks stands in quotes as a whole)],
    ['kill', "sha256 $sha256", ":1: $CUT"],
);

my $number = 0;
sub put { my ($octets) = @_; my $file = sprintf '%s/%03d', $dir, ++$number; spew($file, $octets); return $file }
sub configuration {
    my ($field, $file) = @_;
    return "MTLSKillList $file\n" if $field eq 'kill';
    my $kind = $field eq 'crl' ? 'serial crl' : "$field file";
    return "MTLSList n$number $kind:$file\n<Location \"/n$number\">\nRequire mtls in n$number\n</Location>\n";
}
# What is said, without "list NAME (FILE:LINE): " and the file's name in front.
sub sentence {
    my ($field, $file, %more) = @_;
    my $result = configtest(tls => configuration($field, $file), %more);
    return 'signal' if $result->{signal};
    my $text = $result->{sentence} =~ s/\\\\/\\/gr if $result->{exit};
    # Whoever is let in here is on the list, revoked or not: it is of no interest that this is odd.
    my ($warning) = map { s/list n\d+/list NAME/r } grep { !/ is of revoked certificates, / } $result->{output} =~ /^(mtls_authz: \S+:\d+: .*)$/mg;
    $warning =~ s/ \S+:\d+:/ \@1\@:/ if $warning;
    return $text ? $text =~ s/^mtls_authz: (?:list n\d+|kill list) \(\S+\.conf:\d+\): \Q$file\E//r : $warning ? "warns $warning" : 'ok';
}
sub shown { my $text = $_[0] =~ s/[^ -~]/?/gr; return length $text > 60 ? substr($text, 0, 57) . '...' : $text }

for my $case (@BAD) {
    my ($field, $octets, $sentence) = @$case;
    is(sentence($field, put($octets)), $sentence, "$field: " . shown($octets));
}

# ---- revocation lists ----

my $ISSUER = '"CN=Example Root CA,O=Example Trust,C=DE"';
my $POINT = '2.5.29.28';
my %bare = (issuer => 'root', revoked => ['bare', 7]);
make_certificate('no-crl-ca' => { issuer => undef, subject => [['CN', 'No CRLs']], ca => 1, ku => ['keyCertSign'], eku => [] });
# Numbers whose encodings begin alike, or would be one if signs or zeros in front were dropped.
my %ODD = ('minus-five' => [-5, 1], five => [5, 0], 'minus-255' => [-255, 0], 255 => [255, 1], 127 => [127, 0], 128 => [128, 1], 'minus-128' => [-128, 0],
           251 => [251, 0]);
make_certificate("serial-$_" => { serial => $ODD{$_}[0], issuer => 'intermediate' }) for sort keys %ODD;
make_crls(
    'good.pem' => \%bare, 'good.der' => { %bare, form => 'der' }, 'none.pem' => { issuer => 'root' },
    'endless.pem' => { %bare, next_update => undef },
    'two.pem' => [{ issuer => 'stranger-ca', revoked => ['bare'] }, { issuer => 'intermediate', revoked => ['other'] }, \%bare],
    'stranger.pem' => { issuer => 'stranger-ca', revoked => ['bare'] },
    'two.der' => [{ %bare, form => 'der' }, { %bare, form => 'der' }],
    'delta.pem' => { %bare, extensions => [['2.5.29.27', 1, '020105']] },
    'indirect.pem' => { %bare, extensions => [[$POINT, 1, '30038401ff']] },
    'attributes.pem' => { %bare, extensions => [[$POINT, 1, '30038501ff']] },
    'users.pem' => { %bare, extensions => [[$POINT, 1, '30038101ff']] },
    'point.pem' => { %bare, extensions => [[$POINT, 1, '0500']] },
    'critical.pem' => { %bare, extensions => [['1.3.6.1.4.1.99999.7', 1, '0500']] },
    'numbered.pem' => { %bare, extensions => [['2.5.29.20', 1, '020109'], ['1.3.6.1.4.1.99999.7', 0, '0500']] },
    'forged.pem' => { %bare, key => 'stranger-ca' }, 'unsigned.pem' => { issuer => 'no-crl-ca', revoked => ['bare'] },
    'unknown.pem' => { issuer => 'twin-ca', revoked => ['ok'] },
    'client.pem' => { issuer => 'direct', revoked => ['bare'] },
    'future.pem' => { %bare, this_update => 3600 }, 'past.pem' => { %bare, this_update => -7200, next_update => -3600 },
    'when.pem' => { %bare, this_update => '261399000000Z' }, 'until.pem' => { %bare, next_update => 'tomorrow' },
    'nobody.pem' => { %bare, name => [] }, 'nul.pem' => { %bare, name => [['CN', "Root\0CA"]] },
    'entry.pem' => { %bare, revoked => [['bare', [['2.5.29.29', 1, '3000']]]] },
    'reason.pem' => { %bare, revoked => [['bare', [['2.5.29.21', 0, '0a0101']]]] },
    'removed.pem' => { %bare, revoked => [['bare', [['2.5.29.21', 0, '0a0108']]]] },
    'numbers.pem' => { issuer => 'intermediate', revoked => [-5, 0, 0x80, 0xff] },
);
my $pem = slurp(pki('good.pem'));
my $authorities = put(join '', map { slurp(pki("$_.crt")) } qw(intermediate stranger-ca no-crl-ca));
my %CAS = (tls => 'SSLCACertificateFile "' . $authorities . "\"\n");
sub crl { my ($name) = @_; return pki($name) }
my $empty = put('');
my $unsigned = 'is not signed by the CA of that name, or that CA may not sign revocation lists (its key usage)';
for my $case (
    ['good.pem', 'ok'], ['good.der', 'ok'], ['none.pem', 'ok'], ['endless.pem', 'ok'], ['numbered.pem', 'ok'], ['users.pem', 'ok'],
    ['reason.pem', 'ok'], ['removed.pem', 'ok'], ['numbers.pem', 'ok'], ['two.pem', 'ok'], [put("Certificate Revocation List (CRL):\n$pem\n# end\n"), 'ok'],
    [put($pem =~ s/\n/\r\n/gr), 'ok'],
    ['past.pem', 'warns mtls_authz: @1@: list NAME is stale: a revocation list has passed its nextUpdate; fetch a newer one'],
    ['delta.pem', ": the revocation list of $ISSUER is a delta list, which only says what has changed; give the complete one"],
    ['indirect.pem', ": the revocation list of $ISSUER is an indirect one, which is for other CAs' certificates, too; give the list of each CA itself"],
    ['attributes.pem', ": the revocation list of $ISSUER is for attribute certificates only"],
    ['point.pem', ": the revocation list of $ISSUER has an issuing distribution point that cannot be read"],
    ['critical.pem', ": the revocation list of $ISSUER has a critical extension that is not known here"],
    ['entry.pem', ": the revocation list of $ISSUER has an entry with a critical extension, which is not known here"],
    ['forged.pem', ": the revocation list of $ISSUER $unsigned"],
    ['unsigned.pem', qq(: the revocation list of "CN=No CRLs" $unsigned)],
    ['client.pem', qq(: the revocation list of "CN=direct,O=Example\\\\, Inc.,C=DE" is of a CA that this server does not know: SSLCACertificateFile and SSLCACertificatePath have no certificate of that name)],
    ['unknown.pem', qq(: the revocation list of "CN=Example Issuing CA,O=Example Trust,C=DE" $unsigned)],
    ['future.pem', ": the revocation list of $ISSUER is not valid yet: its thisUpdate lies in the future (or this machine's clock is behind)"],
    ['when.pem', ": the revocation list of $ISSUER has a time that cannot be read"],
    ['until.pem', ": the revocation list of $ISSUER has a time that cannot be read"],
    ['nobody.pem', ': the revocation list of "" has an issuer that cannot be compared with that of a certificate'],
    ['nul.pem', ': the revocation list of "(a name that cannot be read)" has an issuer that cannot be compared with that of a certificate'],
    [$empty, ': holds no revocation list (X509 CRL) in PEM form'],
    [put(slurp(pki('ok.crt'))), ': holds no revocation list (X509 CRL) in PEM form'],
    [put(substr $pem, 0, 200), ': revocation list 1 is cut off or damaged'],
    [put($pem . substr $pem, 0, length($pem) - 10), ': revocation list 2 is cut off or damaged'],
    [put($pem . $pem =~ s/-----BEGIN/----BEGIN/r), ': has more END lines of revocation lists than lists that can be read: look at the BEGIN lines'],
    ['two.der', ': has something behind the revocation list'],
    [put(substr slurp(pki('good.der')), 0, 100), ': is no revocation list, neither in PEM nor in DER form, or is cut off'],
) {
    my ($name, $sentence) = @$case;
    my $file = $name =~ m{/} ? $name : crl($name);
    my $said = sentence('crl', $file, conf => $CAS{tls});
    is($said, $sentence, 'revocation list ' . $name =~ s{.*/}{}r);
}

# ---- files in which nothing stands ----

for my $octets ('', "\n\r\n") {
    my $file = put($octets);
    my $warning = "warns mtls_authz: \@1\@: list NAME: $file is empty, so nobody is on it; if that is meant, write a comment into it";
    is(sentence('san.dns', $file), $warning, 'an empty list');
    is(sentence('kill', $file), $warning =~ s/list NAME/kill list/r, 'an empty kill list');
}
is(sentence('kill', put("# nobody\n")), 'ok', 'a comment says that it is meant');

# ---- files that cannot be read ----

my $secret = put("shop.example.org\n");
chmod 0, $secret;
is(sentence('san.dns', $secret), ': cannot be read: Permission denied', 'not allowed to read');
my $large = put('');
truncate $large, 512 * 1024 * 1024 + 1;
is(sentence('san.dns', $large), ': is larger than 512 MB', 'a file that is too large');
unlink $large;
is(sentence('san.dns', "$dir/nosuch"), ': cannot be read: No such file or directory', 'no file');
is(sentence('san.dns', $dir), ': is no file (a directory, a pipe or a device)', 'a directory');
is(sentence('san.dns', '/dev/null'), ': is no file (a directory, a pipe or a device)', 'a device');
is(sentence('crl', "$dir/*.none"), ': no file matches this pattern', 'a pattern without files');
is(sentence('crl', "$dir/none/*.pem"), ': the directory cannot be read: No such file or directory', 'a pattern without its directory');

# ---- what the good ones hold ----

my ($lines, @good) = ('');
for my $case (@GOOD) {
    my ($field, $octets, @in) = @$case;
    $lines .= configuration($field, put($octets));
    push @good, ["/n$number", "$field: " . shown($octets), ok => $in[0], other => $in[1]];
}
mkdir "$dir/crls" or die $!;
for my $case (['good.pem', 1, 0], ['good.der', 1, 0], ['none.pem', 0, 0], ['stranger.pem', 0, 0], ['two.pem', 1, 1], ['past.pem', 1, 0],
              ['reason.pem', 1, 0], ['removed.pem', 1, 0], ['crls', 1, 1]) {
    my ($file, @in) = @$case;
    $number++;
    spew("$dir/crls/$_.crl", slurp(pki("$_.pem"))) for qw(good stranger two);
    $lines .= configuration('crl', $file eq 'crls' ? "$dir/crls/*.c?[l]" : pki($file));
    push @good, ["/n$number", "CRL $file", bare => $in[0], other => $in[1], ok => 0];
}
$number++;
$lines .= configuration('crl', pki('numbers.pem'));
my $numbers = "/n$number";
my $server = start_server(tls => $lines, conf => $CAS{tls});
is(client()->request($server, $numbers, cert => "serial-$_")->{status}, $ODD{$_}[1] ? 404 : 403, "serial number $ODD{$_}[0]: " . ($ODD{$_}[1] ? '' : 'not ') . 'on it')
    for sort keys %ODD;
for my $cert (qw(ok other bare)) {
    my @cases = grep { my (undef, undef, %in) = @$_; exists $in{$cert} } @good;
    my @responses = client()->many($server, { cert => $cert, http => '1.1', tls => '1.3' }, map { { path => $_->[0] } } @cases);
    for my $case (@cases) {
        my (undef, $name, %in) = @$case;
        is((shift @responses)->{status}, $in{$cert} ? 404 : 403, "$name: $cert is " . ($in{$cert} ? 'in it' : 'not in it'));
    }
}

# ---- one that is stale from the start ----

my $past = pki('past.pem');
my $stale = start_server(conf => $CAS{tls}, log_format => '%U %>s %{MTLS_STALE_LISTS}e', tls => <<"END");
    MTLSList revoked serial "crl:$past"
    <Location "/on">
        <RequireAll>
            Require mtls
            Require not mtls in revoked
        </RequireAll>
    </Location>
    <Location "/strict">
        <RequireAll>
            Require mtls
            Require not mtls in revoked
            Require expr "-z %{reqenv:MTLS_STALE_LISTS}"
        </RequireAll>
    </Location>
END
for my $case (['/on', 'direct', 404], ['/on', 'bare', 403], ['/strict', 'direct', 403], ['/strict', 'bare', 403], ['/index.html', 'direct', 200]) {
    my ($path, $cert, $status) = @$case;
    $stale->mark;
    is(client()->request($stale, $path, cert => $cert)->{status}, $status, "a stale list: $path, $cert: $status");
    my $names = $path eq '/index.html' ? '-' : 'revoked';
    is(($stale->access_log(qr/^\Q$path\E /))[0], "$path $status $names", "MTLS_STALE_LISTS: $names");
}
done_testing;
