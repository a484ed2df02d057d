#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Rules that will surprise, and what does not go together with the backstop: each warning or refusal, and beside it a
# configuration like it that is well.
use MTLS::Test;
use MTLS::Cases;

run_cases(do { local $/; scalar <DATA> }, $0);
done_testing;
__DATA__
[tls]
Require mtls serial 0A1B
! warns @1@: a serial number is unique for its issuer only: another CA may issue the same one; put a Require mtls issuer or ca.spki.sha256 line beside it into <RequireAll>, or compare sha256 instead

<Location "/x">
<RequireAll>
Require mtls issuer.o Example
<RequireAny>
Require mtls serial 0A1B
Require mtls serial 0A1C
</RequireAny>
</RequireAll>
</Location>
! ok

<Location "/x">
<RequireAny>
Require mtls issuer.o Example
Require mtls serial is 0A1B 0A1C
</RequireAny>
</Location>
! warns @4@: a serial number is unique for its issuer only: another CA may issue the same one; put a Require mtls issuer or ca.spki.sha256 line beside it into <RequireAll>, or compare sha256 instead

<Location "/x">
<RequireAll>
Require mtls serial present
Require not mtls serial 0A1B
Require mtls ca.spki.sha256 pem:@PKI@/root.crt
Require mtls serial 0A1C
</RequireAll>
</Location>
! ok

Require mtls version > 3
! warns @1@: 'version > 3' can never hold: version is 1 to 3; correct or remove it

Require mtls version >= 3
! ok

Require mtls version is 2 4
! warns @1@: 'version is 4' can never hold: version is 1 to 3; correct or remove it

Require mtls chain.length < 1
! warns @1@: 'chain.length < 1' can never hold: chain.length is 1 or more; correct or remove it

Require mtls chain.length <= 1
! ok

Require mtls key.bits 0
! warns @1@: 'key.bits is 0' can never hold: key.bits is 1 or more; correct or remove it

Require mtls key.bits <= 0
! warns @1@: 'key.bits <= 0' can never hold: key.bits is 1 or more; correct or remove it

Require mtls remaining < 0d
! warns @1@: 'remaining < 0d' can never hold: remaining is 0s or more; correct or remove it

Require mtls tls.version > TLSv1.3
! warns @1@: 'tls.version > TLSv1.3' can never hold: tls.version is TLSv1 to TLSv1.3; correct or remove it

Require mtls tls.version >= TLSv1.3
! ok

Require mtls not-after < 2020-01-01T00:00:00Z
! warns @1@: 'not-after < 2020-01-01T00:00:00Z' can never hold: that is over, and rules hold for certificates only that are still valid; correct or remove it

Require mtls not-after > 2020-01-01T00:00:00Z
! ok

Require mtls not-before < 2020-01-01T00:00:00Z
! ok

Require mtls spiffe example.org/ns/shop/sa/web
! warns @1@: 'spiffe is example.org/ns/shop/sa/web' can never hold: that is not a SPIFFE ID, such as spiffe://example.org/ns/shop/sa/web; correct or remove it

Require mtls spiffe "spiffe://Example.org/ns/shop" spiffe://example.org/a//b
! warns @1@: 'spiffe is spiffe://Example.org/ns/shop' can never hold: that is not a SPIFFE ID, such as spiffe://example.org/ns/shop/sa/web; correct or remove it
! warns @1@: 'spiffe is spiffe://example.org/a//b' can never hold: that is not a SPIFFE ID, such as spiffe://example.org/ns/shop/sa/web; correct or remove it

Require mtls spiffe like https://example.org/**
! warns @1@: 'spiffe like https://example.org/**' can never hold: that is not a SPIFFE ID, such as spiffe://example.org/ns/shop/sa/web; correct or remove it

Require mtls spiffe like spiffe://example.org/ns/* **/sa/web s*//example.org/x
! ok

Require mtls spiffe.path ns/shop
! warns @1@: 'spiffe.path is ns/shop' can never hold: the path of a SPIFFE ID begins with a slash; correct or remove it

Require mtls spiffe.path like /ns/* **/web
! ok

Require mtls spiffe.trust-domain spiffe://example.org
! warns @1@: 'spiffe.trust-domain is spiffe://example.org' can never hold: a trust domain has lower-case letters, digits, '.', '-' and '_' only; correct or remove it

Require mtls spiffe.trust-domain example.org
! ok

Require mtls san.dns like https://*.example.org/
! warns @1@: 'san.dns like https://*.example.org/' can never hold: a DNS name has letters, digits, '-', '_' and '.' only; correct or remove it

Require mtls san.dns like *.example.org
! ok

Require mtls san.uri like https://münchen.example/**
! warns @1@: 'san.uri like https://m\xC3\xBCnchen.example/**' can never hold: a URI has ASCII characters only; correct or remove it

Require mtls san.dns a.example.org *.example.org
! warns @1@: '*.example.org' is no pattern here, but the value with this '*' in it; write 'san.dns like' for a pattern, or 'san.dns is' if it is meant so

Require mtls san.uri spiffe://example.org/*/sa/web spiffe://example.org/ns/**
! warns @1@: 'spiffe://example.org/*/sa/web' is no pattern here, but the value with this '*' in it; write 'san.uri like' for a pattern, or 'san.uri is' if it is meant so
! warns @1@: 'spiffe://example.org/ns/**' is no pattern here, but the value with this '*' in it; write 'san.uri like' for a pattern, or 'san.uri is' if it is meant so

Require mtls san.email *@example.org
! warns @1@: '*@example.org' is no pattern here, but the value with this '*' in it; write 'san.email like' for a pattern, or 'san.email is' if it is meant so

Require mtls subject.cn "alice *"
! warns @1@: 'alice *' is no pattern here, but the value with this '*' in it; write 'subject.cn like' for a pattern, or 'subject.cn is' if it is meant so

<Location "/x">
<RequireAny>
Require mtls san.dns is *.example.org
Require mtls san.dns like *.example.org
Require mtls subject.cn matches "a.*"
Require mtls subject "CN=*,O=Example"
</RequireAny>
</Location>
! ok

Require mtls subject "C=DE,O=Example,OU=Payments,CN=alice"
! warns @1@: 'C=DE,O=Example,OU=Payments,CN=alice' is in the order of few certificates; did you mean "CN=alice,OU=Payments,O=Example,C=DE"? Write 'subject is' if it is meant so

Require mtls issuer "/CN=Example Root CA/O=Example Trust" "CN=Example Root CA,O=Example Trust"
! warns @1@: '/CN=Example Root CA/O=Example Trust' is in the order of few certificates; did you mean "CN=Example Root CA,O=Example Trust"? Write 'issuer is' if it is meant so

Require mtls san.dirname "DC=org,DC=example,OU=a+L=b,CN=Anne"
! warns @1@: 'DC=org,DC=example,OU=a+L=b,CN=Anne' is in the order of few certificates; did you mean "CN=Anne,L=b+OU=a,DC=example,DC=org"? Write 'san.dirname is' if it is meant so

<Location "/x">
<RequireAny>
Require mtls subject is "C=DE,O=Example,OU=Payments,CN=alice"
Require mtls subject "CN=alice,OU=Payments,O=Example,C=DE" "/C=DE/O=Example/CN=alice" CN=alice "OU=a,CN=b" "C=DE,O=Example"
Require mtls subject "emailAddress=a@example.org,CN=alice,O=Example" "/O=Example/CN=alice/emailAddress=a@example.org"
Require mtls subject "CN=alice,CN=bob" "C=DE+CN=alice"
</RequireAny>
</Location>
! ok

Require mtls subject.cn pem:conf/client.pem
! warns @1@: 'pem:conf/client.pem' is compared as text: files stand for names, serial numbers, digests and key identifiers, and 'subject.cn' is none of these; write the value itself

Require mtls subject pem:@PKI@/ok.crt
! ok

MTLSBackstop on
<Location "/x">
Satisfy Any
Require mtls
</Location>
! warns @3@: Satisfy Any lets requests pass by Require mtls, and MTLSBackstop, which is on here, refuses them all the same; write Satisfy All

MTLSBackstop on
<Location "/x">
MTLSBackstop off
Satisfy Any
Require mtls
</Location>
<Location "/y">
Satisfy All
Require mtls
</Location>
! warns @4@: Satisfy Any lets pass by Require mtls whom Allow and Deny let in, which is everybody where they say nothing; write Satisfy All, or Require ip beside Require mtls in <RequireAny>

<Location "/x">
Satisfy Any
Require mtls
</Location>
! warns @2@: Satisfy Any lets pass by Require mtls whom Allow and Deny let in, which is everybody where they say nothing; write Satisfy All, or Require ip beside Require mtls in <RequireAny>

<Location "/x">
Order deny,allow
Deny from all
Allow from 192.0.2.0/24
<RequireAll>
Require not mtls subject.ou Guests
Require valid-user
</RequireAll>
SATISFY any
</Location>
! warns @9@: Satisfy Any lets pass by Require mtls whom Allow and Deny let in, which is everybody where they say nothing; write Satisfy All, or Require ip beside Require mtls in <RequireAny>

<Location "/x">
Satisfy All
Require mtls
</Location>
<Location "/y">
Satisfy Any
Require ip 192.0.2.0/24
</Location>
<Location "/z">
Satisfy Any
Order deny,allow
Deny from all
Require mtls
</Location>
! ok

MTLSBackstop on
<Location "/x">
Require ip 192.0.2.0/24
Require mtls
</Location>
! warns @3@: where 'Require ip 192.0.2.0/24' grants, the Require mtls line beside it is not needed or not asked, and MTLSBackstop, which is on here, refuses the request; write <RequireAll> if both must hold, or leave this line out

MTLSBackstop on
<Location "/x">
<RequireAny>
Require mtls
Require all granted
</RequireAny>
</Location>
! warns @5@: 'Require all granted' stands beside Require mtls as an alternative, but nothing passes MTLSBackstop, which is on here, without a Require mtls line; leave this line out, or write MTLSBackstop off into this section if it is for everybody

MTLSBackstop on
<Location "/x">
<RequireAll>
Require mtls
Require ip 192.0.2.0/24
</RequireAll>
</Location>
! ok

MTLSBackstop on
<Location "/x">
<RequireAny>
Require ip 192.0.2.0/24
<RequireAll>
Require mtls subject.ou Payments
Require mtls subject.cn alice
</RequireAll>
</RequireAny>
</Location>
! warns @4@: where 'Require ip 192.0.2.0/24' grants, the Require mtls line beside it is not needed or not asked, and MTLSBackstop, which is on here, refuses the request; write <RequireAll> if both must hold, or leave this line out

<Location "/x">
Require ip 192.0.2.0/24
Require mtls
</Location>
! ok

<Location "/x">
Require all granted
Require mtls subject.cn alice
</Location>
! warns @2@: 'Require all granted' stands beside Require mtls as an alternative, so that this rule keeps nobody out; leave this line out

<Location "/x">
<RequireAny>
<RequireAll>
Require mtls subject.ou Payments
Require mtls subject.cn alice
</RequireAll>
Require all Granted
</RequireAny>
</Location>
! warns @7@: 'Require all granted' stands beside Require mtls as an alternative, so that this rule keeps nobody out; leave this line out

MTLSBackstop on
<Location "/x">
MTLSBackstop off
Require all granted
Require mtls
</Location>
! warns @4@: 'Require all granted' stands beside Require mtls as an alternative, so that this rule keeps nobody out; leave this line out

<Location "/x">
<RequireAll>
Require all granted
Require not mtls subject.ou Guests
</RequireAll>
</Location>
<Location "/y">
<RequireAll>
Require all granted
<RequireNone>
Require mtls subject.ou Guests
</RequireNone>
</RequireAll>
</Location>
<Location "/z">
Require all denied
Require mtls
</Location>
<Location "/open">
Require all granted
<If "%{REQUEST_METHOD} == 'PUT'">
AuthMerging Off
Require mtls
</If>
</Location>
! ok

<Location "/x">
<Limit POST PUT>
Require mtls
</Limit>
</Location>
! warns @2@: Require mtls within <Limit POST PUT> is asked for these methods only: with others everybody gets in, unless another Require line of this section is for them; take <Limit> away

<Location "/x">
<LimitExcept GET>
<RequireAll>
Require mtls
Require not mtls subject.ou Guests
</RequireAll>
</LimitExcept>
<LimitExcept POST>
Require ip 192.0.2.0/24
</LimitExcept>
</Location>
! warns @2@: Require mtls within <LimitExcept GET> is not asked for these methods: with them everybody gets in, unless another Require line of this section is for them; take <LimitExcept> away

<Location "/x">
<Limit GET>
Require all granted
</Limit>
<LimitExcept GET>
Require mtls
</LimitExcept>
</Location>
<Location "/y">
<Limit POST>
Require ip 192.0.2.0/24
</Limit>
</Location>
<Location "/z">
MTLSBackstop on
<Limit POST>
Require mtls
</Limit>
</Location>
! ok

MTLSBackstop on
ProxyPass "/" "http://127.0.0.1:9/"
<Location "/health.z">
MTLSBackstop off
Require all granted
</Location>
! warns @4@: MTLSBackstop off holds for everything below /health.z, which is proxied: a backend may read such a path as one outside of it; exempt the one path with <LocationMatch "^/health\.z$">

MTLSBackstop on
<Location "/healthz">
ProxyPass "http://127.0.0.1:9/"
MTLSBackstop off
</Location>
! warns @4@: MTLSBackstop off holds for everything below /healthz, which is proxied: a backend may read such a path as one outside of it; exempt the one path with <LocationMatch "^/healthz$">

MTLSBackstop on
ProxyPass "/static" !
ProxyPass "/" "http://127.0.0.1:9/"
<Location "/static">
MTLSBackstop off
</Location>
<LocationMatch "^/healthz$">
MTLSBackstop off
</LocationMatch>
! ok

ProxyPass "/app" "http://127.0.0.1:9/"
<Location "/app">
MTLSBackstop on
</Location>
<Location "/other">
MTLSBackstop off
</Location>
! ok

MTLSBackstop on
CacheEnable disk /
! mtls_authz: CacheEnable in @2@ serves from the cache before any access check, past the MTLSBackstop of @1@: write CacheQuickHandler off into this virtual host

MTLSBackstop on
CacheEnable disk /
CacheQuickHandler on
! mtls_authz: CacheEnable in @2@ serves from the cache before any access check, past the MTLSBackstop of @1@: write CacheQuickHandler off into this virtual host

MTLSBackstop on
CacheEnable disk /
CacheQuickHandler off
! ok

MTLSBackstop off
CacheEnable disk /
! ok

CacheEnable disk /
<Location "/x">
Require mtls
</Location>
! warns @1@: CacheEnable serves from the cache before any access check: what one client was allowed to see is served to everybody, past the rules and exports of @3@; write CacheQuickHandler off into this virtual host

<Location "/x">
MTLSExport rfc9440
CacheEnable disk
</Location>
! warns @3@: CacheEnable serves from the cache before any access check: what one client was allowed to see is served to everybody, past the rules and exports of @2@; write CacheQuickHandler off into this virtual host

CacheEnable disk /
CacheQuickHandler off
<Location "/x">
Require mtls
MTLSExport rfc9440
</Location>
! ok

CacheEnable disk /
! ok

[conf]
<AuthzProviderAlias mtls shop "san.dns shop.example.org">
</AuthzProviderAlias>
<Location "/x">
Require shop
Require all granted
</Location>
! warns @5@: 'Require all granted' stands beside Require mtls as an alternative, so that this rule keeps nobody out; leave this line out

CacheEnable disk /
<Location "/x">
MTLSBackstop on
</Location>
! mtls_authz: CacheEnable in @1@ serves from the cache before any access check, past the MTLSBackstop of @3@: write CacheQuickHandler off outside of the virtual hosts

CacheEnable disk /
CacheQuickHandler off
<Location "/x">
MTLSBackstop on
</Location>
! ok

CacheEnable disk /
<VirtualHost 127.0.0.1:1>
ServerName b.example
MTLSBackstop on
</VirtualHost>
! mtls_authz: CacheEnable in @1@ serves from the cache before any access check, past the MTLSBackstop of @4@: write CacheQuickHandler off into this virtual host

MTLSBackstop on
<VirtualHost 127.0.0.1:1>
ServerName b.example
CacheEnable disk /
CacheQuickHandler off
</VirtualHost>
! ok

MTLSList partners san.dns file:@LISTS@/partners.list
! warns @1@: list 'partners' is used by no rule, header or variable: write Require mtls in partners, or remove it

MTLSList partners san.dns file:@LISTS@/partners.list
<Location "/x">
<RequireAll>
Require not mtls in partners
Require mtls
</RequireAll>
</Location>
! ok

MTLSList partners san.dns file:@LISTS@/partners.list
MTLSHeader X-Role label.partners.role
! ok

MTLSList partners san.dns file:@LISTS@/partners.list
RewriteEngine on
RewriteCond expr "%{MTLS:label.partners.role} == 'billing'"
RewriteRule ^/mine$ /billing
! ok

MTLSList partners san.dns file:@LISTS@/partners.list
MTLSEnv on
! ok

SSLCACertificateFile @PKI@/ca-all.pem
MTLSList devices serial file:@LISTS@/serials.list
<Location "/x">
Require mtls in devices
</Location>
! warns @4@: list 'devices' holds serial numbers, which are unique for their issuer only, and 2 CA certificates are trusted: put a Require mtls issuer or ca.spki.sha256 line beside it into <RequireAll>, or list sha256 instead

MTLSList devices serial file:@LISTS@/serials.list
<Location "/x">
Require mtls in devices
</Location>
! ok

SSLCACertificateFile @PKI@/ca-all.pem
MTLSList devices serial file:@LISTS@/serials.list
<Location "/x">
<RequireAll>
Require mtls ca.spki.sha256 pem:@PKI@/root.crt
Require mtls in devices
</RequireAll>
</Location>
<Location "/y">
<RequireAll>
Require mtls
Require not mtls in devices
</RequireAll>
</Location>
! ok

SSLCACertificateFile @PKI@/intermediate.crt
MTLSList revoked serial crl:@PKI@/intermediate.crl.pem
MTLSList devices san.dns file:@LISTS@/partners.list
<Location "/x">
Require mtls in devices Revoked
</Location>
! warns @5@: list 'revoked' is of revoked certificates, and this line lets in these and nobody else; to keep them out write Require not mtls in revoked, and Require mtls beside it, into <RequireAll>

SSLCACertificateFile @PKI@/intermediate.crt
MTLSList revoked serial crl:@PKI@/intermediate.crl.pem
<Location "/x">
<RequireAll>
Require mtls
Require not mtls in revoked
</RequireAll>
</Location>
<Location "/y">
<RequireAll>
Require mtls
<RequireNone>
Require mtls in revoked
</RequireNone>
</RequireAll>
</Location>
! ok
