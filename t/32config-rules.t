#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Require mtls, written wrongly, and what httpd -t says; between them its good forms. Fields, operators, values.
use MTLS::Test;
use MTLS::Cases;

my $pki = pki();
my $cert = slurp(pki('ok.crt'));
spew("$pki/damaged.pem", $cert . substr($cert, 0, 200) . "\n-----END CERTIFICATE-----\n");
spew("$pki/none.pem", "no certificate here\n");
spew("$pki/mistyped.pem", $cert . $cert =~ s/-----BEGIN/----BEGIN/r);
spew("$pki/bundle.pem", "# two of them\n$cert\nand\n$cert" . slurp(pki('ok.key')));
run_cases(do { local $/; scalar <DATA> }, $0);

# The path is longer than the system's longest.
my $long = 'x' x 5000;
is((said_of(conf => "<Location />\nRequire mtls sha256 pem:$long\n</Location>"))[0],
   "Require mtls: sha256: 'pem:$long' is not a usable path", 'a path that is too long');
done_testing;
__DATA__
Require mtls
! ok

Require mtls nonsense x
! Require mtls: unknown field 'nonsense'; known are @FIELDS@

Require mtls subjct.cn x
! Require mtls: unknown field 'subjct.cn', did you mean 'subject.cn'? Known are @FIELDS@

Require mtls cn alice
! Require mtls: unknown field 'cn', did you mean 'subject.cn'? Known are @FIELDS@

Require mtls DNS a.example
! Require mtls: unknown field 'DNS', did you mean 'san.dns'? Known are @FIELDS@

Require mtls SSL_CLIENT_S_DN_CN alice
! Require mtls: unknown field 'SSL_CLIENT_S_DN_CN'; known are @FIELDS@

MTLSList partners san.dns file:@LISTS@/partners.list
<Location "/x">
Require mtls Partners
</Location>
! Require mtls: 'Partners' is a list and no field: a rule says 'in Partners', and what its entries say is label.Partners.NAME

Require mtls partners x
! Require mtls: unknown field 'partners'; known are @FIELDS@

Require mtls is x
! Require mtls: unknown field 'is'; known are @FIELDS@

Require mtls verify SUCCESS
! Require mtls: field 'verify' is for headers and variables only

Require mtls certificate present
! Require mtls: field 'certificate' is for headers and variables only

Require mtls subject.cn
! Require mtls: 'subject.cn' alone says nothing: write 'subject.cn present', or a value behind it

Require mtls SAN.DNS
! Require mtls: 'san.dns' alone says nothing: write 'san.dns present', or a value behind it

Require mtls subject.cn is
! Require mtls: 'subject.cn is' needs a value

Require mtls key.bits >=
! Require mtls: 'key.bits >=' needs a value

Require mtls subject.cn present yes
! Require mtls: subject.cn: 'yes' is too much: 'present' takes no value

Require mtls subject.cn present
! ok

Require mtls subject.cn >= 5
! Require mtls: operator '>=' does not fit 'subject.cn' (text), which takes is, like, matches, present

Require mtls san.ip like 192.*
! Require mtls: operator 'like' does not fit 'san.ip' (IP address), which takes is, present

Require mtls subject matches ".*CN=a.*"
! Require mtls: operator 'matches' does not fit 'subject' (distinguished name), which takes is, present

Require mtls subject.cn covers a.example
! Require mtls: operator 'covers' does not fit 'subject.cn' (text), which takes is, like, matches, present

Require mtls subject.cn contains anne
! Require mtls: 'contains' is not an operator: 'subject.cn' takes is, like, matches, present; if it is a value, write 'is' before it

Require mtls san.dns == a.example
! Require mtls: '==' is not an operator: 'san.dns' takes is, covers, like, matches, present; if it is a value, write 'is' before it

Require mtls subject.cn machtes a b
! Require mtls: 'machtes' is not an operator: 'subject.cn' takes is, like, matches, present; if it is a value, write 'is' before it

Require mtls subject.cn is contains anne
! ok

Require mtls subject.cn contains
! ok

Require mtls san.dns < a
! Require mtls: operator '<' does not fit 'san.dns' (DNS name), which takes is, covers, like, matches, present

Require mtls subject.cn is like
! ok

Require mtls subject.cn like ""
! Require mtls: subject.cn: '' is empty

Require mtls subject.cn matches ""
! Require mtls: subject.cn: '' is empty

Require mtls san.dns ""
! Require mtls: san.dns: '' is empty

Require mtls subject ""
! Require mtls: subject: '' is empty

Require mtls ku ""
! Require mtls: ku: '' is empty

Require mtls subject.cn like "a	b"
! Require mtls: subject.cn: 'a\x09b' is not UTF-8 text without control characters

Require mtls subject.cn matches (
! Require mtls: subject.cn: '(' is not a regular expression: it cannot be understood at offset 1

Require mtls subject.cn matches "a)|(b"
! Require mtls: subject.cn: 'a)|(b' is not a regular expression: it cannot be understood at offset 1

Require mtls san.dns covers 192.0.2.7
! Require mtls: san.dns: '192.0.2.7' is an IP address, which no DNS name covers: 'san.ip' is for addresses

Require mtls san.dns 192.0.2.7
! ok

Require mtls subject.cn matches "anne(*ACCEPT)"
! Require mtls: subject.cn: 'anne(*ACCEPT)' has (*ACCEPT), with which the beginning of a value would pass for all of it

Require mtls san.dns covers *.example.org
! Require mtls: san.dns: '*.example.org' is a pattern: 'covers' takes the host name that a certificate's name shall cover

Require mtls san.dns covers a/b
! Require mtls: san.dns: 'a/b' is not a DNS name: letters, digits, '-', '_', '.' and '*' are allowed

Require mtls san.dns a.example b,example
! Require mtls: san.dns: 'b,example' is not a DNS name: letters, digits, '-', '_', '.' and '*' are allowed

Require mtls san.dns münchen.example
! Require mtls: san.dns: 'm\xC3\xBCnchen.example' is not a DNS name in ASCII: write its A-label, which begins with xn--

Require mtls subject.cn "a	b"
! Require mtls: subject.cn: 'a\x09b' is not text: it has control characters or is not well-formed UTF-8

Require mtls san.uri https://münchen.example/
! Require mtls: san.uri: 'https://m\xC3\xBCnchen.example/' is not a URI: it has characters outside ASCII, which a certificate carries percent-encoded

Require mtls san.email anne@münchen.example
! Require mtls: san.email: 'anne@m\xC3\xBCnchen.example' is not a mail address with an ASCII domain: write the domain's A-label, which begins with xn--

Require mtls san.email "an	ne@example.org"
! Require mtls: san.email: 'an\x09ne@example.org' is not text: it has control characters or is not well-formed UTF-8

Require mtls san.email jürgen@example.org
! ok

Require mtls ski 0a1
! Require mtls: ski: '0a1' is not hexadecimal: two digits for each octet are needed, colons between octets are allowed

Require mtls aki :0a
! Require mtls: aki: ':0a' is not hexadecimal: two digits for each octet are needed, colons between octets are allowed

Require mtls sha256 0a1b
! Require mtls: sha256: '0a1b' is not a SHA-256 digest: 64 hexadecimal digits are needed

Require mtls ca.spki.sha256 sha256:abc
! Require mtls: ca.spki.sha256: 'sha256:abc' is not a SHA-256 digest: 64 hexadecimal digits are needed

Require mtls sha256 pki/alice.crt
! Require mtls: sha256: 'pki/alice.crt' is not a SHA-256 digest: 64 hexadecimal digits are needed; for a file write pem:PATH

Require mtls san.dns a.example file:x.pem
! Require mtls: san.dns: 'file:x.pem' is not a DNS name: letters, digits, '-', '_', '.' and '*' are allowed

Require mtls spki.sha256 FILE:alice
! Require mtls: spki.sha256: 'FILE:alice' is not a SHA-256 digest: 64 hexadecimal digits are needed; for a file write pem:PATH

Require mtls sha1 0a1b
! Require mtls: sha1: '0a1b' is not a SHA-1 digest: 40 hexadecimal digits are needed

Require mtls sha1 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD
! ok

Require mtls serial 0x
! Require mtls: serial: '0x' is not a serial number: hexadecimal digits are needed, colons between octets and a '-' in front are allowed

Require mtls serial 12g4
! Require mtls: serial: '12g4' is not a serial number: hexadecimal digits are needed, colons between octets and a '-' in front are allowed

Require mtls serial --1
! Require mtls: serial: '--1' is not a serial number: hexadecimal digits are needed, colons between octets and a '-' in front are allowed

Require mtls san.ip 192.0.2
! Require mtls: san.ip: '192.0.2' is not an IP address or a network such as 192.0.2.0/24 or 2001:db8::/32

Require mtls san.ip 192.0.2.0/33
! Require mtls: san.ip: '192.0.2.0/33' is not a network: behind the slash a number from 0 to 32 is needed

Require mtls san.ip 2001:db8::/129
! Require mtls: san.ip: '2001:db8::/129' is not a network: behind the slash a number from 0 to 128 is needed

Require mtls san.ip 192.0.2.0/
! Require mtls: san.ip: '192.0.2.0/' is not a network: behind the slash a number from 0 to 32 is needed

Require mtls san.ip 192.0.2.0/024
! Require mtls: san.ip: '192.0.2.0/024' is not a network: behind the slash a number from 0 to 32 is needed

Require mtls san.ip 192.0.2.9/24
! Require mtls: san.ip: '192.0.2.9/24' is not a network: it has bits set behind the prefix; the network is 192.0.2.0/24

Require mtls san.ip 2001:db8::1/32
! Require mtls: san.ip: '2001:db8::1/32' is not a network: it has bits set behind the prefix; the network is 2001:db8::/32

Require mtls san.ip 192.0.2.1 192.0.2.0/25 2001:db8::/32
! ok

Require mtls not-after < 2030-01-01
! Require mtls: not-after: '2030-01-01' is not a time in RFC 3339 form such as 2027-01-01T00:00:00Z

Require mtls not-before >= 2030-02-30T00:00:00Z
! Require mtls: not-before: '2030-02-30T00:00:00Z' is not a time in RFC 3339 form such as 2027-01-01T00:00:00Z

Require mtls not-after < 2130-01-01T00:00:00+01:00
! ok

Require mtls key.bits >= 2k
! Require mtls: key.bits: '2k' is no whole number

Require mtls key.bits >= -1
! Require mtls: key.bits: '-1' is no whole number

Require mtls key.bits >= 99999999999999999999
! Require mtls: key.bits: '99999999999999999999' is too large a number

Require mtls remaining >= 7
! Require mtls: remaining: '7' is not a duration: a whole number followed by s, m, h, d or w

Require mtls remaining >= 7days
! Require mtls: remaining: '7days' is not a duration: a whole number followed by s, m, h, d or w

Require mtls remaining >= 1h30m
! Require mtls: remaining: '1h30m' is not a duration: a whole number followed by s, m, h, d or w

Require mtls lifetime <= 99999999999999999999d
! Require mtls: lifetime: '99999999999999999999d' is too long a duration

Require mtls lifetime <= 99999999999999999w
! Require mtls: lifetime: '99999999999999999w' is too long a duration

Require mtls lifetime <= 13w
! ok

Require mtls san.rid 1.2.x
! Require mtls: san.rid: '1.2.x' is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1

Require mtls san.rid 3.1
! Require mtls: san.rid: '3.1' is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1

Require mtls san.rid 1.2.03
! Require mtls: san.rid: '1.2.03' is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1

Require mtls san.rid 1.40.1
! Require mtls: san.rid: '1.40.1' is not an object identifier: behind 0 and 1 the second number is below 40

Require mtls policy 1.2.99999999999999999999999999999999999999999999999999999
! Require mtls: policy: '1.2.99999999999999999999999999999999999999999999999999999' is not an object identifier: one of its numbers is too large

Require mtls ext.1.2.x gold
! Require mtls: unknown field 'ext.1.2.x': '1.2.x' behind 'ext.' is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1

Require mtls san.other. gate
! Require mtls: unknown field 'san.other.': '' behind 'san.other.' is empty

Require mtls ext.1.3.6.1.4.1.99999.7 gold
! ok

Require mtls subject.cn alice # the admin
! Require mtls: '#' would be read as a value: there are no comments behind a line; put it in quotes if it is meant as a value

Require mtls subject.cn is alice #the admin
! Require mtls: '#the' would be read as a value: there are no comments behind a line; put it in quotes if it is meant as a value

Require mtls subject.cn alice "# the admin" a#b '#'
! ok

Require mtls subject.cn alice or bob
! Require mtls: 'or' would be read as a value: values side by side are alternatives without it; put it in quotes if it is meant as a value

Require mtls subject.cn like alice* || bob*
! Require mtls: '||' would be read as a value: values side by side are alternatives without it; put it in quotes if it is meant as a value

Require mtls subject.cn alice AND subject.ou Payments
! Require mtls: 'AND' would be read as a value: lines hold together within <RequireAll>; put it in quotes if it is meant as a value

Require not mtls subject.ou Payments && subject.cn alice
! Require mtls: '&&' would be read as a value: lines hold together within <RequireAll>; put it in quotes if it is meant as a value

Require mtls subject.cn or
! Require mtls: 'or' would be read as a value: values side by side are alternatives without it; put it in quotes if it is meant as a value

Require mtls subject.cn "or" 'And' "&&" "||" order android a||b
! ok

Require mtls subject.cn "this or that" "Smith and Sons"
! ok

Require mtls subject.cn is not "Otto Other"
! Require mtls: 'not' would be read as a value: a line is negated as a whole, by Require not mtls; put it in quotes if it is meant as a value

Require mtls san.dns is NOT a.example.org
! Require mtls: 'NOT' would be read as a value: a line is negated as a whole, by Require not mtls; put it in quotes if it is meant as a value

Require mtls subject.cn is ! Otto
! Require mtls: '!' would be read as a value: a line is negated as a whole, by Require not mtls; put it in quotes if it is meant as a value

Require mtls subject.cn Anne != Otto
! Require mtls: '!=' would be read as a value: a line is negated as a whole, by Require not mtls; put it in quotes if it is meant as a value

Require mtls subject.cn is like Ot*
! Require mtls: 'like' would be read as a value: one operator stands behind the field; put it in quotes if it is meant as a value

Require mtls subject.cn matches ^a$ matches ^b$
! Require mtls: 'matches' would be read as a value: one operator stands behind the field; put it in quotes if it is meant as a value

Require mtls subject.cn is = Otto
! Require mtls: '=' would be read as a value: one operator stands behind the field; put it in quotes if it is meant as a value

Require mtls subject.cn is == Otto
! Require mtls: '==' would be read as a value: one operator stands behind the field; put it in quotes if it is meant as a value

Require mtls subject.cn is "not" 'like' "=" "matches" nothing a=b
! ok

Require mtls subject.c DE IN IS NO
! ok

Require mtls subject.cn is is
! ok

Require mtls subject.cn Anne not
! ok

Require mtls subject.cn alice, bob
! Require mtls: 'alice,' would be read as a value: values are parted by blanks, without commas; put it in quotes if it is meant as a value

Require mtls subject.cn "alice" , "bob"
! Require mtls: ',' would be read as a value: values are parted by blanks, without commas; put it in quotes if it is meant as a value

Require mtls subject.cn "alice","bob"
! Require mtls: ',\"bob\"' would be read as a value: values are parted by blanks, without commas; put it in quotes if it is meant as a value

Require mtls subject.cn "Example, Inc." "Example," ',' Smith,Anne
! ok

Require mtls subject CN=alice,OU=Payments "CN=bob,O=Example\, Inc."
! ok

Require mtls subject CN=alice, OU=Payments
! Require mtls: subject: 'CN=alice,' is not a distinguished name in RFC 4514 form such as "CN=web,O=Example": an attribute and '=' are needed at ''; a name that has blanks stands in quotes as a whole

Require mtls key.bits >= 2048 # strong
! Require mtls: key.bits: '#' is no whole number

Require mtls subject.cn "alice
! Require mtls: the quote before 'alice' is never closed

Require mtls subject.cn bob 'alice or
! Require mtls: the quote before 'alice or' is never closed

Require mtls subject.cn "alice\"
! Require mtls: the quote before 'alice\"' is never closed

Require mtls subject.cn "alice\\" 'O"Neill' O'Brien "say \"yes\"" a"
! ok

<AuthzProviderAlias mtls shop "subject.cn alice # bob">
</AuthzProviderAlias>
! Can't parse 'Require mtls subject.cn alice # bob': Require mtls: '#' would be read as a value: there are no comments behind a line; put it in quotes if it is meant as a value (behind the alias' name everything belongs into one pair of quotes)

<AuthzProviderAlias mtls shop "subject.cn alice '# bob'">
</AuthzProviderAlias>
! ok

Require mtls eku clientauthentication
! Require mtls: eku: 'clientauthentication' is not the name of an extended key usage; known are @PURPOSES@, or write its object identifier

Require mtls eku 1.3.6.
! Require mtls: eku: '1.3.6.' is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1

Require mtls policy anypolicies
! Require mtls: policy: 'anypolicies' is not the name of a certificate policy; known are anyPolicy, or write its object identifier

Require mtls ku signing
! Require mtls: ku: 'signing' is not the name of a key usage; known are digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement, keyCertSign, cRLSign, encipherOnly, decipherOnly, contentCommitment

Require mtls key.type ecdsa
! Require mtls: key.type: 'ecdsa' is not the name of a key type; known are rsa, rsa-pss, ec, ed25519, ed448

Require mtls key.curve P-257
! Require mtls: key.curve: 'P-257' is not the name of an elliptic curve that OpenSSL knows, such as P-256, secp256k1 or brainpoolP256r1

Require mtls sigalg sha256
! Require mtls: sigalg: 'sha256' is not the name of a signature algorithm that OpenSSL knows, such as sha256WithRSAEncryption, ecdsa-with-SHA256 or ED25519

Require mtls tls.version >= 1.3
! Require mtls: tls.version: '1.3' is not a TLS version; known are TLSv1, TLSv1.1, TLSv1.2, TLSv1.3

Require mtls key.type EC ed25519
! ok

Require mtls sha256 pem:@DIR@/missing.pem
! Require mtls: sha256: 'pem:@DIR@/missing.pem' cannot be read: No such file or directory

Require mtls serial pem:@PKI@/none.pem
! Require mtls: serial: 'pem:@PKI@/none.pem' holds no certificate in PEM form

Require mtls issuer pem:@PKI@
! Require mtls: issuer: 'pem:@PKI@' holds no certificate in PEM form

Require mtls sha256 pem:@PKI@/mistyped.pem
! Require mtls: sha256: 'pem:@PKI@/mistyped.pem' has 2 END lines of certificates, but only 1 of them can be read: look at the BEGIN lines

Require mtls sha256 pem:@PKI@/bundle.pem
! ok

Require mtls spki.sha256 pem:@PKI@/damaged.pem
! Require mtls: spki.sha256: 'pem:@PKI@/damaged.pem' is damaged behind certificate 1

Require mtls ski pem:@PKI@/bare.crt
! Require mtls: ski: 'pem:@PKI@/bare.crt' holds a certificate (number 1) whose ski is absent or cannot be read

Require mtls sha256 pem:
! Require mtls: sha256: 'pem:' holds no certificate in PEM form

Require mtls ca.sha256 pem:@PKI@/ca.pem pem:@PKI@/root.crt
! ok

Require mtls subject web
! Require mtls: subject: 'web' is not a distinguished name in RFC 4514 form such as "CN=web,O=Example": an attribute and '=' are needed at 'web'; a name that has blanks stands in quotes as a whole

Require mtls subject "CN=web,=Example"
! Require mtls: subject: 'CN=web,=Example' is not a distinguished name in RFC 4514 form such as "CN=web,O=Example": an attribute and '=' are needed at '=Example'; a name that has blanks stands in quotes as a whole

Require mtls subject NAME=web
! Require mtls: subject: 'NAME=web' is not a distinguished name: unknown attribute 'NAME'; known are @ATTRIBUTES@ and object identifiers

Require mtls subject "/NAME=web"
! Require mtls: subject: '/NAME=web' is not a distinguished name in slash form: '/NAME=web' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject "/CN"
! Require mtls: subject: '/CN' is not a distinguished name in slash form: '/CN' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject "/C=DE/ON=Example/CN=a"
! Require mtls: subject: '/C=DE/ON=Example/CN=a' is not a distinguished name in slash form: '/ON=Example' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject "/C=DE/O = Example/CN=a"
! Require mtls: subject: '/C=DE/O = Example/CN=a' is not a distinguished name in slash form: '/O = Example' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject "/C=DE//CN=a"
! Require mtls: subject: '/C=DE//CN=a' is not a distinguished name in slash form: '/' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject "/O=https://example.org/CN=a"
! Require mtls: subject: '/O=https://example.org/CN=a' is not a distinguished name in slash form: '/' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject "/CN=a+b"
! Require mtls: subject: '/CN=a+b' is not a distinguished name in slash form: '+b' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject "/CN=a+NAME=b/O=c"
! Require mtls: subject: '/CN=a+NAME=b/O=c' is not a distinguished name in slash form: '+NAME=b' does not begin with an attribute and '='; known are @ATTRIBUTES@, the names that OpenSSL has and object identifiers; write \/ or \+ where one is meant within a value

Require mtls subject /uid=a1
! Require mtls: subject: '/uid=a1' is not a distinguished name in slash form: what stands before '=' in '/uid=a1' is one attribute to OpenSSL and another one here; write its object identifier

Require mtls subject "/C=DE,O=Example"
! Require mtls: subject: '/C=DE,O=Example' is a distinguished name that can be read in two ways at ',O=Example'; write it in RFC 4514 form such as "CN=web,O=Example"

Require mtls subject "/O=Example\\/CN=a"
! Require mtls: subject: '/O=Example\\/CN=a' is a distinguished name that can be read in two ways at '\\/CN=a'; write it in RFC 4514 form such as "CN=web,O=Example"

Require mtls subject "/O=Example/CN=\\x61"
! Require mtls: subject: '/O=Example/CN=\\x61' is a distinguished name that can be read in two ways at '\\x61'; write it in RFC 4514 form such as "CN=web,O=Example"

Require mtls subject CN=#0101ff
! Require mtls: subject: 'CN=#0101ff' is not a distinguished name: a value behind '#' must be the hexadecimal DER of a character string

Require mtls subject CN=a\b
! Require mtls: subject: 'CN=a\\b' is not a distinguished name in RFC 4514 form: a backslash must stand before a special character or two hexadecimal digits at '\\b'

Require mtls subject CN=a;b
! Require mtls: subject: 'CN=a;b' is not a distinguished name in RFC 4514 form: ", ;, < and > need a backslash in front at ';b'

Require mtls subject "CN=a ,=b"
! Require mtls: subject: 'CN=a ,=b' is not a distinguished name in RFC 4514 form: a value begins or ends with a blank that has no backslash in front

Require mtls subject CN=#0c0161x
! Require mtls: subject: 'CN=#0c0161x' is not a distinguished name in RFC 4514 form: ',' or '+' is needed at 'x'

Require mtls subject "CN=a	b"
! Require mtls: subject: 'CN=a\x09b' is not a distinguished name: a value has control characters or is not well-formed UTF-8

Require mtls subject "C = DE, O = Example, CN = web"
! Require mtls: subject: 'C = DE, O = Example, CN = web' is openssl's print of a distinguished name; in RFC 4514 form it is CN=web,O=Example,C=DE

Require mtls subject "CN=web, O=Example"
! Require mtls: subject: 'CN=web, O=Example' is not a distinguished name in RFC 4514 form: write O=Example,CN=web if it is openssl's print (most general part first), or CN=web,O=Example if its most specific part comes first

Require mtls subject "CN= web"
! Require mtls: subject: 'CN= web' is not a distinguished name in RFC 4514 form: write CN=web

Require mtls subject CN=web,O=Example
! ok

Require mtls subject "/C=DE/O=Example/CN=web"
! ok

Require mtls subject "/C=DE/postalCode=10115/O=Example, Inc./CN=anne+UID=a1/2.5.4.15=https:\\/\\/example.org"
! ok

Require mtls in
! Require mtls: 'in' needs the name of a list: in LIST [LIST...]

Require mtls in partners
! mtls_authz: list 'partners' is named (@1@) and nowhere defined: MTLSList partners FIELD file:PATH is missing; defined are none

Require mtls in "my partners"
! Require mtls: list 'my partners' is no name: a letter, then letters, digits, '-' and '_'

Require mtls in 9
! Require mtls: list '9' is no name: a letter, then letters, digits, '-' and '_'

Require mtls label.partners is x
! Require mtls: 'label.partners' needs a list and a label: label.LIST.NAME

Require mtls label.partners. is x
! Require mtls: label '' is no name: a letter, then letters, digits, '-' and '_'

Require mtls label.partners.role.main is x
! Require mtls: label 'role.main' is no name: a letter, then letters, digits, '-' and '_'

Require mtls label..role is x
! Require mtls: list '' is no name: a letter, then letters, digits, '-' and '_'

Require mtls label.partners.role >= 3
! Require mtls: operator '>=' does not fit 'label.partners.role' (text), which takes is, like, matches, present

Require mtls label.partners.role
! Require mtls: 'label.partners.role' alone says nothing: write 'label.partners.role present', or a value behind it

MTLSList partners san.dns file:@LISTS@/partners.list
MTLSList devices serial file:@LISTS@/serials.list
<Location "/x">
Require mtls in partners partner
</Location>
! mtls_authz: list 'partner' is named (@4@) and nowhere defined: MTLSList partner FIELD file:PATH is missing; defined are partners, devices

MTLSKillList @LISTS@/kill.list
<Location "/x">
Require mtls in kill
</Location>
! mtls_authz: list 'kill' is named (@3@) and nowhere defined: MTLSList kill FIELD file:PATH is missing; defined are none

MTLSList partners san.dns file:@LISTS@/partners.list
<Location "/x">
Require mtls label.partners.rolle is billing
</Location>
! mtls_authz: field 'label.partners.rolle' (@3@): no entry of list 'partners' has a label 'rolle'; it has role, user

MTLSUser label.Nobody.name
! mtls_authz: list 'nobody' is named (@1@) and nowhere defined: MTLSList nobody FIELD file:PATH is missing; defined are none

MTLSList partners san.dns file:@LISTS@/partners.list
# label.partners.name-2 label.partners.names
MTLSHeader X-Role "=label.partners.name-2 label.partners.names"
MTLSUser label.partners.name
! mtls_authz: field 'label.partners.name' (@4@): no entry of list 'partners' has a label 'name'; it has role, user

MTLSList partners san.dns file:@LISTS@/partners.list
MTLSUser label.partners.user
MTLSHeader X-Role label.PARTNERS.Role
<Location "/x">
<RequireAny>
Require mtls label.partners.role billing
Require mtls label.partners.role like read*
Require mtls label.partners.role matches [a-z]+
Require mtls label.partners.user present
</RequireAny>
</Location>
! ok
