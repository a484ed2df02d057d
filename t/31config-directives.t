#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Each directive, written wrongly, and what httpd -t says; between them its good forms.
use MTLS::Test;
use MTLS::Cases;

run_cases(do { local $/; scalar <DATA> }, $0);

sub refused { my ($config, $sentence) = @_; is((said_of(conf => $config))[0], $sentence, $config =~ s/[^ -~]/?/gr) }

# Names that HTTP, the connection, the client's credentials or mod_proxy need (RFC 9110, RFC 9112, RFC 7239), in
# spellings that a backend may fold to the same one.
my %OWNED = (
    'it belongs to the HTTP message itself' => [qw(Host Content-Length Content-Type Transfer-Encoding Trailer Expect
        Range If-Match If-None-Match Accept Accept-Encoding Cache-Control Date Origin Referer User-Agent Sec-Fetch-Site)],
    'it belongs to the connection, and proxies remove it' =>
        [qw(Connection Proxy-Connection Keep-Alive TE Upgrade HTTP2-Settings)],
    'it carries the client\'s own credentials to the backend' => [qw(Authorization Proxy-Authorization Cookie)],
    'mod_proxy sets it' => [qw(X-Forwarded-For X-Forwarded-Host X-Forwarded-Server Forwarded Via Max-Forwards)],
);
for my $why (sort keys %OWNED) {
    for my $name (@{ $OWNED{$why} }) {
        my %spelling = map { $_ => 1 } $name, lc $name, uc($name) =~ tr/-/_/r, $name =~ tr/-/./r;
        for my $spelt (sort keys %spelling) {
            refused("MTLSHeader $spelt subject.cn", "MTLSHeader: header '$spelt' cannot be exported: $why");
        }
    }
}
my $TOKEN = 'a header name consists of letters, digits and !#$%&\'*+-.^_`|~';
for my $name ('X Name', 'X:Name', 'X(Name)', 'X,Name', 'X/Name', 'X=Name', 'X@Name', 'X[Name]', 'X{Name}', "X\tName", "X\x{e4}") {
    my $shown = join '', map { ord >= 0x20 && ord() <= 0x7e ? $_ : sprintf '\\x%02X', ord } split //, $name;
    refused("MTLSHeader \"$name\" subject.cn", "MTLSHeader: header '$shown' cannot be exported: $TOKEN");
}
for my $name (qw(X-Client-Name X_Client_Name X.Client.Name Client-Cert Tea Hosts Accepted Via-Cert)) {
    ok_config("MTLSHeader $name", "MTLSHeader $name subject.cn");
}
my $too_long = 'x' x 5000;
refused("MTLSAuditLog $too_long", "MTLSAuditLog: '$too_long' is no path");
done_testing;
__DATA__
MTLSExport
! MTLSExport: needs a profile, or none

MTLSExport nosuch
! MTLSExport: unknown profile 'nosuch'; known are @PROFILES@

MTLSExport "x\y"
! MTLSExport: unknown profile 'x\\y'; known are @PROFILES@

MTLSExport -nosuch
! MTLSExport: unknown profile 'nosuch'; known are @PROFILES@

MTLSExport NGINX
! MTLSExport: unknown profile 'NGINX'; known are @PROFILES@

MTLSExport none nginx
! MTLSExport: 'none' stands alone

MTLSExport nginx none
! MTLSExport: 'none' stands alone

MTLSExport +none
! MTLSExport: unknown profile 'none'; known are @PROFILES@

MTLSExport nginx +xfcc
! MTLSExport: either all words begin with + or -, or none does

MTLSExport -nginx xfcc
! MTLSExport: either all words begin with + or -, or none does

MTLSExport nginx
MTLSExport xfcc
! MTLSExport: stands twice in this section; write all profiles on one line

MTLSExport nginx nginx
! MTLSExport: profile 'nginx' is named twice

MTLSExport xfcc:uri xfcc:dns
! MTLSExport: profile 'xfcc' is named twice

MTLSExport +xfcc -xfcc
! MTLSExport: profile 'xfcc' is named twice

MTLSExport -xfcc:uri
! MTLSExport: '-xfcc:uri' takes the whole profile out: write '-xfcc'

MTLSExport nginx:cert
! MTLSExport: profile 'nginx' takes no options

MTLSExport nginx:
! MTLSExport: profile 'nginx': nothing stands behind the colon

MTLSExport xfcc:uri,nosuch
! MTLSExport: profile 'xfcc' has no option 'nosuch'; it takes cert, chain, subject, uri, dns

MTLSExport xfcc:uri,
! MTLSExport: profile 'xfcc': an option is missing beside a comma, where no blank is allowed; it takes cert, chain, subject, uri, dns

MTLSExport xfcc:uri,dns,uri
! MTLSExport: profile 'xfcc' has option 'uri' twice

MTLSExport vault:Host
! MTLSExport: profile 'vault' cannot use the header name 'Host': it belongs to the HTTP message itself

MTLSExport remote-user:Proxy_Connection
! MTLSExport: profile 'remote-user' cannot use the header name 'Proxy_Connection': it belongs to the connection, and proxies remove it

MTLSExport "remote-user:X User"
! MTLSExport: profile 'remote-user' cannot use the header name 'X User': a header name consists of letters, digits and !#$%&'*+-.^_`|~

MTLSHeader X-Name
! MTLSHeader takes two or three arguments, one identity header: NAME FIELD [FORMAT], NAME "=literal", or NAME none

MTLSHeader X-Name subject.cn text more
! MTLSHeader takes two or three arguments, one identity header: NAME FIELD [FORMAT], NAME "=literal", or NAME none

MTLSHeader X-Name nonsense
! MTLSHeader: unknown field 'nonsense'; known are @FIELDS@; if a text is meant, write "=nonsense"

MTLSHeader X-Name subjekt.cn
! MTLSHeader: unknown field 'subjekt.cn', did you mean 'subject.cn'? Known are @FIELDS@

MTLSHeader X-Name subject.nosuch
! MTLSHeader: unknown field 'subject.nosuch'; known are @FIELDS@

MTLSHeader X-Name subject.1.2x
! MTLSHeader: unknown field 'subject.1.2x': '1.2x' behind 'subject.' is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1

MTLSHeader X-Auth mtls
! MTLSHeader: unknown field 'mtls'; known are @FIELDS@; if a text is meant, write "=mtls"

MTLSHeader X-Auth "front	door"
! MTLSHeader: unknown field 'front\x09door'; known are @FIELDS@; if a text is meant, write "=front\x09door"

MTLSHeader X-Name ext.
! MTLSHeader: unknown field 'ext.': '' behind 'ext.' is empty

MTLSHeader X-Name subject.cn nosuch
! MTLSHeader: unknown format 'nosuch'; known are @FORMATS@

MTLSHeader X-Name subject.cn ascii
! MTLSHeader: unknown format 'ascii'; known are @FORMATS@

MTLSHeader X-Name subject.cn hex
! MTLSHeader: field 'subject.cn' cannot be written as 'hex'; it takes text, utf8, sf, base64, base64url, list-comma, list-base64

MTLSHeader X-Name not-after unix-time
! MTLSHeader: unknown format 'unix-time'; known are @FORMATS@

MTLSHeader X-Name not-after text
! MTLSHeader: field 'not-after' cannot be written as 'text'; it takes rfc3339, unix, openssl-time, asn1-time

MTLSHeader X-Name none text
! MTLSHeader: 'none' takes no format

MTLSHeader X-Name "=word" text
! MTLSHeader: '=word' is a literal and takes no format

MTLSHeader X-Name "="
! MTLSHeader: the literal behind '=' is empty

MTLSHeader X-Name "= word"
! MTLSHeader: literal '= word' must be printable ASCII without a blank at its begin or end

MTLSHeader X-Name "=wörd"
! MTLSHeader: literal '=w\xC3\xB6rd' must be printable ASCII without a blank at its begin or end

MTLSHeader X-Name subject.cn
MTLSHeader x_name subject.o
! MTLSHeader: header 'x_name' was set on line 1 of this section already, as 'X-Name'

MTLSHeader X-Name none
MTLSHeader X.NAME subject.o
! MTLSHeader: header 'X.NAME' was set on line 1 of this section already, as 'X-Name'

MTLSHeader Host none
! MTLSHeader: header 'Host' cannot be exported: it belongs to the HTTP message itself

MTLSHeader authorization "=Basic YTpi"
! MTLSHeader: header 'authorization' cannot be exported: it carries the client's own credentials to the backend

MTLSHeader X-FORWARDED_FOR san.ip
! MTLSHeader: header 'X-FORWARDED_FOR' cannot be exported: mod_proxy sets it

MTLSHeader -- subject.cn
! MTLSHeader: header '--' cannot be exported: a header name needs a letter or a digit

MTLSMaxHeaders
! MTLSMaxHeaders takes one argument, most bytes of identity headers that are added to a request; over it the request is denied

MTLSMaxHeaders 0
! MTLSMaxHeaders: '0' is not a number of bytes from 1 to 2147483647

MTLSMaxHeaders 8k
! MTLSMaxHeaders: '8k' is not a number of bytes from 1 to 2147483647

MTLSMaxHeaders -1
! MTLSMaxHeaders: '-1' is not a number of bytes from 1 to 2147483647

MTLSMaxHeaders 99999999999999999999999
! MTLSMaxHeaders: '99999999999999999999999' is not a number of bytes from 1 to 2147483647

MTLSMaxHeaders 2147483648
! MTLSMaxHeaders: '2147483648' is not a number of bytes from 1 to 2147483647

MTLSMaxHeaders 2147483647
! ok

MTLSUser
! MTLSUser takes one, two or three arguments, the user name from the certificate: FIELD [FORMAT] [match=REGEX]

MTLSUser nosuch
! MTLSUser: unknown field 'nosuch'; known are @FIELDS@

MTLSUser verify
! MTLSUser: 'verify' says nothing about who the client is

MTLSUser Certificate
! MTLSUser: 'Certificate' says nothing about who the client is

MTLSUser san.email nosuch
! MTLSUser: 'nosuch' is neither match=REGEX nor a format for one value; 'san.email' takes text, utf8, base64, base64url

MTLSUser san.email list-comma
! MTLSUser: 'list-comma' is neither match=REGEX nor a format for one value; 'san.email' takes text, utf8, base64, base64url

MTLSUser san.email ascii
! MTLSUser: 'ascii' is neither match=REGEX nor a format for one value; 'san.email' takes text, utf8, base64, base64url

MTLSUser san.email hex
! MTLSUser: field 'san.email' (mail address) cannot be written as 'hex'; it takes text, utf8, base64, base64url

MTLSUser subject text
! MTLSUser: field 'subject' (distinguished name) cannot be written as 'text'; it takes rfc4514, rfc4514-utf8, slash, der-name-base64

MTLSUser san.email match=(
! MTLSUser: 'match=(' is not a regular expression: it cannot be understood at offset 1

MTLSUser san.email "match=(a))(b"
! MTLSUser: 'match=(a))(b' is not a regular expression: it cannot be understood at offset 3

MTLSUser san.email match=
! MTLSUser: 'match=' has no group: the user name is what its first (...) catches

MTLSUser san.email match=[^@]+
! MTLSUser: 'match=[^@]+' has no group: the user name is what its first (...) catches

MTLSUser san.email match=(?:[^@]+)@example\.org
! MTLSUser: 'match=(?:[^@]+)@example\\.org' has no group: the user name is what its first (...) catches

MTLSUser subject.cn match=\(a\)
! MTLSUser: 'match=\\(a\\)' has no group: the user name is what its first (...) catches

MTLSUser san.email match=(.+) match=(.+)
! MTLSUser: match= stands twice

MTLSUser san.email text utf8
! MTLSUser: 'utf8' is one word too many: FIELD [FORMAT] [match=REGEX]

MTLSUser san.email match=(.+) text
! MTLSUser: 'text' is one word too many: FIELD [FORMAT] [match=REGEX]

MTLSUser subject.cn utf8 "match=(?<who>\p{L}+)"
! ok

MTLSEnv perhaps
! MTLSEnv must be On or Off

MTLSEnv
! MTLSEnv must be On or Off

MTLSBackstop strict
! MTLSBackstop must be On or Off

MTLSBackstop
! MTLSBackstop must be On or Off

MTLSPathCheck on
! MTLSPathCheck: unknown word 'on'; known are strict, off

MTLSPathCheck
! MTLSPathCheck takes one argument, refuse request targets that a backend may read differently: strict or off

MTLSMode dry-run
! MTLSMode: unknown word 'dry-run'; known are enforce, report

MTLSMode
! MTLSMode takes one argument, refuse what the rules refuse, or serve it and say so: enforce or report

MTLSMode ENFORCE
! ok

MTLSGuard some
! MTLSGuard: unknown word 'some'; known are all, used, off

MTLSGuard all used
! MTLSGuard takes one argument, which header names are removed from what clients send: all, used or off

<Location "/x">
MTLSGuard all
</Location>
! MTLSGuard not allowed in <Location> context

MTLSAuditLog
! MTLSAuditLog takes 1-2 arguments, denials as lines of JSON: PATH or "|program", and all for granted requests, too

MTLSAuditLog ""
! MTLSAuditLog takes 1-2 arguments, denials as lines of JSON: PATH or "|program", and all for granted requests, too

MTLSAuditLog /nonexistent/audit.log
! MTLSAuditLog: '/nonexistent/audit.log' is in a directory that does not exist

MTLSAuditLog @DIR@
! MTLSAuditLog: '@DIR@' is a directory: name a file in it

MTLSAuditLog "|"
! MTLSAuditLog: '|' names no program behind the |

MTLSAuditLog "|$"
! MTLSAuditLog: '|$' names no command behind the |$

MTLSAuditLog "|/nonexistent/rotatelogs audit.log 86400"
! MTLSAuditLog: '|/nonexistent/rotatelogs audit.log 86400' names a program that does not exist: /nonexistent/rotatelogs

MTLSAuditLog "||/nonexistent/rotatelogs audit.log"
! MTLSAuditLog: '||/nonexistent/rotatelogs audit.log' names a program that does not exist: /nonexistent/rotatelogs

MTLSAuditLog audit.log some
! MTLSAuditLog: unknown word 'some'; known are all

MTLSAuditLog audit.log
MTLSAuditLog other.log
! MTLSAuditLog: stands twice in this virtual host; one log has all decisions

<Location "/x">
MTLSAuditLog audit.log
</Location>
! MTLSAuditLog not allowed in <Location> context

MTLSAuditLog audit.log ALL
! ok

MTLSAuditLog "|/bin/cat"
! ok

MTLSAuditLog "|$exec cat >/dev/null"
! ok

MTLSOnSpoof deny
! MTLSOnSpoof: unknown word 'deny'; known are strip, reject

MTLSOnSpoof
! MTLSOnSpoof takes one argument, what happens to a request with a guarded header: strip or reject

<Directory "/">
MTLSOnSpoof reject
</Directory>
! MTLSOnSpoof not allowed in <Directory> context

MTLSPass
! MTLSPass requires at least one argument, header names or profiles that clients of this virtual host may send

MTLSPass nginx Host
! MTLSPass: 'Host' is neither a profile nor a header to pass: it belongs to the HTTP message itself

MTLSPass "X Name"
! MTLSPass: 'X Name' is neither a profile nor a header to pass: a header name consists of letters, digits and !#$%&'*+-.^_`|~

MTLSPass xfcc:uir
! MTLSPass: profile 'xfcc' has no option 'uir'; it takes cert, chain, subject, uri, dns

MTLSPass vault:
! MTLSPass: profile 'vault': nothing stands behind the colon

<If "true">
MTLSPass nginx
</If>
! MTLSPass not allowed in <If> context

MTLSStatusSubjects
! MTLSStatusSubjects must be On or Off

MTLSStatusSubjects some
! MTLSStatusSubjects must be On or Off

MTLSWhatIf
! MTLSWhatIf must be On or Off

MTLSWhatIf perhaps
! MTLSWhatIf must be On or Off

<Location "/x">
MTLSWhatIf on
</Location>
! MTLSWhatIf not allowed in <Location> context

MTLSWhatIf on
! ok

MTLSExpiryWarning
! MTLSExpiryWarning takes one argument, a log line for each client certificate and day that runs out within this time: DURATION or off

MTLSExpiryWarning 14
! MTLSExpiryWarning: '14' is not a duration: a whole number followed by s, m, h, d or w, or off

MTLSExpiryWarning "14 days"
! MTLSExpiryWarning: '14 days' is not a duration: a whole number followed by s, m, h, d or w, or off

MTLSExpiryWarning -1d
! MTLSExpiryWarning: '-1d' is not a duration: a whole number followed by s, m, h, d or w, or off

MTLSExpiryWarning 99999999999999999999d
! MTLSExpiryWarning: '99999999999999999999d' is too long a duration, or off

MTLSExpiryWarning 14d
! ok

MTLSExpiryWarning OFF
! ok

MTLSList
! MTLSList: NAME FIELD file:PATH|crl:PATH [stale=DURATION] is meant

MTLSList partners san.dns
! MTLSList: NAME FIELD file:PATH|crl:PATH [stale=DURATION] is meant

MTLSList partners san.dns file:x stale=1d more
! MTLSList: NAME FIELD file:PATH|crl:PATH [stale=DURATION] is meant

MTLSList my.partners san.dns file:x
! MTLSList: list 'my.partners' is no name: a letter, then letters, digits, '-' and '_'

MTLSList 2nd san.dns file:x
! MTLSList: list '2nd' is no name: a letter, then letters, digits, '-' and '_'

MTLSList "" san.dns file:x
! MTLSList: list '' is no name: a letter, then letters, digits, '-' and '_'

MTLSList partners nonsense file:x
! MTLSList: unknown field 'nonsense'; known are @FIELDS@

MTLSList partners san.dsn file:x
! MTLSList: unknown field 'san.dsn', did you mean 'san.dns'? Known are @FIELDS@

MTLSList partners remaining file:x
! MTLSList: field 'remaining' cannot be looked up in a list: it is another one with each request

MTLSList partners label.devices.role file:x
! MTLSList: field 'label.devices.role' cannot be looked up in a list: it is another one with each request

MTLSList partners label.devices file:x
! MTLSList: 'label.devices' needs a list and a label: label.LIST.NAME

MTLSList partners certificate file:x
! MTLSList: field 'certificate' cannot be looked up in a list: it is for headers and variables only

MTLSList partners san.dns conf/partners.list
! MTLSList: 'conf/partners.list' is no source of a list: file:PATH or crl:PATH is meant

MTLSList partners san.dns file:
! MTLSList: '' is not a usable path

MTLSList revoked san.uri crl:conf/ca.crl
! MTLSList: revocation lists name serial numbers: write 'serial' instead of 'san.uri'

MTLSList partners san.dns file:@LISTS@/partners.list old
! MTLSList: 'old' is one word too many: NAME FIELD file:PATH|crl:PATH [stale=DURATION] is meant

MTLSList partners san.dns file:@LISTS@/partners.list stale=soon
! MTLSList: 'soon' is not a duration: a whole number followed by s, m, h, d or w

MTLSList partners san.dns file:@LISTS@/partners.list stale=
! MTLSList: '' is empty

MTLSList partners san.dns file:@LISTS@/partners.list
MTLSList Partners san.uri file:@LISTS@/others.list
! MTLSList: list 'partners' is defined in @1@ already

MTLSList partners san.dns file:@LISTS@/partners.list stale=2d
<Location "/x">
Require mtls in partners
</Location>
! ok

# Named before it is defined, in upper case, and in another virtual host.
<Location "/x">
Require mtls in Partners
</Location>
<VirtualHost 127.0.0.1:1>
MTLSList PARTNERS SAN.DNS FILE:@LISTS@/partners.list STALE=1w
</VirtualHost>
! ok

<Location "/x">
MTLSList partners san.dns file:@LISTS@/partners.list
</Location>
! MTLSList not allowed in <Location> context

MTLSList partners san.dns file:@LISTS@/nosuch.list
! mtls_authz: list partners (@1@): @LISTS@/nosuch.list: cannot be read: No such file or directory

MTLSList partners san.dns file:@LISTS@
! mtls_authz: list partners (@1@): @LISTS@: is no file (a directory, a pipe or a device)

MTLSList revoked serial crl:@LISTS@/*.crl
! mtls_authz: list revoked (@1@): @LISTS@/*.crl: no file matches this pattern

MTLSList revoked serial crl:@LISTS@/nosuch/*.crl
! mtls_authz: list revoked (@1@): @LISTS@/nosuch/*.crl: the directory cannot be read: No such file or directory

MTLSList partners san.uri file:@LISTS@/serials.list
<Location "/x">
Require mtls label.partners.role is billing
</Location>
! mtls_authz: field 'label.partners.role' (@3@): no entry of list 'partners' has a label 'role'; it has no labels at all

MTLSKillList
! MTLSKillList takes one argument, a file with certificates that are denied everything, on open connections, too

MTLSKillList a b
! MTLSKillList takes one argument, a file with certificates that are denied everything, on open connections, too

MTLSKillList @LISTS@/kill.list
MTLSKillList @LISTS@/kill.list
! MTLSKillList: there is one already, in @1@, and it is for all virtual hosts

MTLSKillList @LISTS@/nosuch.list
! mtls_authz: kill list (@1@): @LISTS@/nosuch.list: cannot be read: No such file or directory

MTLSKillList @LISTS@/partners.list
! mtls_authz: kill list (@1@): @LISTS@/partners.list:2: 'shop.example.org' is no field of a kill list: FIELD VALUE is meant, with one of sha256, spki.sha256, spiffe, san.uri, san.dns, subject, ca.sha256, ca.spki.sha256, serial

MTLSKillList @LISTS@/kill.list
! ok

<If "true">
MTLSKillList @LISTS@/kill.list
</If>
! MTLSKillList not allowed in <If> context

MTLSListInterval
! MTLSListInterval takes one argument, within which time a change of a list's file is in force

MTLSListInterval 0s
! MTLSListInterval: '0s' is not from 1s to 1h

MTLSListInterval 2h
! MTLSListInterval: '2h' is not from 1s to 1h

MTLSListInterval often
! MTLSListInterval: 'often' is not a duration: a whole number followed by s, m, h, d or w

MTLSListInterval 500ms
! MTLSListInterval: '500ms' is not a duration: a whole number followed by s, m, h, d or w

MTLSListInterval 1h
! ok

MTLSListInterval 1s
! ok

<Directory "/srv">
MTLSListInterval 5s
</Directory>
! MTLSListInterval not allowed in <Directory> context
