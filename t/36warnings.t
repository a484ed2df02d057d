#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What will surprise is said at the start: each warning, and beside it a configuration like it that is well.
use MTLS::Test;
use MTLS::Cases;

run_cases(do { local $/; scalar <DATA> }, $0);

# A virtual host behind "Listen ... https" or port 443 has its engine on without a line that says so.
my $vhost = "<VirtualHost 127.0.0.1:%d>\nSSLVerifyClient optional\nSSLCertificateFile \@PKI\@/server.crt\n"
          . "SSLCertificateKeyFile \@PKI\@/server.key\n<Location />\nRequire mtls\n</Location>\n</VirtualHost>";
for my $case (['Listen 127.0.0.1:3 https', 3, 0], ['Listen 127.0.0.1:443', 443, 0], ['Listen 127.0.0.1:443 http', 443, 1],
              ['Listen 127.0.0.1:3', 3, 1], ["Listen 127.0.0.1:3 https\nListen 127.0.0.1:4", 4, 1], ["Listen 127.0.0.1:3\nSSLEngine on", 3, 0]) {
    my ($listen, $port, $warns) = @$case;
    my (undef, @warnings) = said_of(conf => "$listen\n" . sprintf $vhost, $port);
    is(scalar(grep { /SSLEngine is not on/ } @warnings), $warns, "$listen, a virtual host on port $port: " . ($warns ? 'warned' : 'well'));
}
my (undef, @warnings) = said_of(conf => "<Location />\nRequire mtls\n</Location>", without => ['ssl', 'http2']);
is("@warnings", '', 'without mod_ssl one sentence is enough');

# What the warning about mod_rewrite says to write works.
my $rewrite = start_server(tls => <<'END');
    RewriteEngine on
    RewriteCond expr "mtls('subject.cn') =~ /^(\w+)/"
    RewriteRule ^/mine$ /home/%1 [R=302,L]
END
like(client()->request($rewrite, '/mine', cert => 'ok')->header('location'), qr{/home/Anne$}, 'a certificate in RewriteRule');
is(client()->request($rewrite, '/mine')->header('location'), undef, '  ... and none without one');

# The same at a real start.
my $server = start_server(tls => "<Location />\nRequire mtls\nRequire mtls subject.cn x\n</Location>");
like($server->error_log, qr/^mtls_authz: \S+httpd\.conf:\d+: two Require mtls lines side by side/m, 'a start warns, too');
done_testing;
__DATA__
[tls]
<Location "/x">
Require mtls san.dns a.example
Require mtls san.dns b.example
Require mtls san.dns c.example
</Location>
! warns @3@: two Require mtls lines side by side: these are alternatives; write <RequireAll> if all must hold, <RequireAny> if one is enough

<Location "/x">
<RequireAny>
Require mtls san.dns a.example
Require mtls san.dns b.example
</RequireAny>
</Location>
! ok

MTLSExport kong
RequestHeader set X_Client_Cert x
RequestHeader append x-client-cert x env=y
RequestHeader unset X-Client-Cert
RequestHeader set X-Client-Name x
! warns @2@: RequestHeader X_Client_Cert: where 'X-Client-Cert' is exported by MTLSExport or MTLSHeader, that value replaces this one
! warns @3@: RequestHeader x-client-cert: where 'X-Client-Cert' is exported by MTLSExport or MTLSHeader, that value replaces this one

RewriteEngine on
RewriteCond %{MTLS:subject.cn} ^Anne
RewriteRule ^ - [F]
! warns @2@: %{MTLS:...} is always empty here; write RewriteCond expr "mtls('FIELD') ..."

RewriteEngine on
RewriteRule ^/mine$ /home/%{mtls:user} [PT]
! warns @2@: %{MTLS:...} is always empty here; catch it with RewriteCond expr "mtls('FIELD') =~ /(.+)/" and write %1

RewriteEngine on
RewriteCond expr "mtls('subject.cn') =~ /^(Anne)/"
RewriteRule ^/mine$ /home/%1 [PT]
RewriteCond %{HTTP:MTLS} x
RewriteRule ^ - [F]
! ok

[plain]
<Location "/x">
Require mtls
</Location>
! warns @2@: no client can show a certificate here, because SSLEngine is not on in this virtual host: no rule will hold and no identity be exported; write this line into a virtual host with SSLEngine on

MTLSExport nginx
MTLSUser subject.cn
! warns @1@: no client can show a certificate here, because SSLEngine is not on in this virtual host: no rule will hold and no identity be exported; write this line into a virtual host with SSLEngine on

MTLSExport none
MTLSGuard all
! ok

[tls]
SSLEngine off
<Location "/x">
Require mtls
</Location>
! warns @3@: no client can show a certificate here, because SSLEngine is not on in this virtual host: no rule will hold and no identity be exported; write this line into a virtual host with SSLEngine on

SSLVerifyClient none
MTLSExport nginx
<Location "/x">
Require mtls
</Location>
! ok

[conf]
<VirtualHost 127.0.0.1:2>
ServerName a.example
SSLEngine on
SSLCertificateFile @PKI@/server.crt
SSLCertificateKeyFile @PKI@/server.key
<Location "/x">
<RequireAll>
Require mtls subject.o Example
</RequireAll>
</Location>
</VirtualHost>
! warns @8@: no client is asked for a certificate here: no rule will hold and no identity be exported; write SSLVerifyClient optional into this virtual host

SSLVerifyClient optional
<VirtualHost 127.0.0.1:2>
ServerName a.example
SSLEngine on
SSLCertificateFile @PKI@/server.crt
SSLCertificateKeyFile @PKI@/server.key
<Location "/x">
Require mtls subject.o Example
</Location>
</VirtualHost>
! ok

<AuthzProviderAlias mtls shop "san.dns shop.example.org">
</AuthzProviderAlias>
<VirtualHost 127.0.0.1:2>
ServerName a.example
SSLEngine on
SSLVerifyClient none
SSLCertificateFile @PKI@/server.crt
SSLCertificateKeyFile @PKI@/server.key
<Location "/x">
Require shop
</Location>
</VirtualHost>
! warns @10@: no client is asked for a certificate here: no rule will hold and no identity be exported; write SSLVerifyClient optional into this virtual host

<Location "/x">
Require mtls
</Location>
! ok

[tls]
<Location "/x">
SSLVerifyClient require
Require mtls
</Location>
! warns @2@: SSLVerifyClient require within <Location> asks for the certificate in the middle of a connection, which HTTP/2 forbids and most clients refuse in TLS 1.3; write SSLVerifyClient optional into the virtual host, and only Require mtls here

<Directory "/srv">
SSLVerifyClient optional
</Directory>
<Location "/x">
Require mtls
</Location>
! warns @2@: SSLVerifyClient optional within <Directory> asks for the certificate in the middle of a connection, which HTTP/2 forbids and most clients refuse in TLS 1.3; write SSLVerifyClient optional into the virtual host, and only Require mtls here

SSLVerifyClient require
<Location "/x">
SSLVerifyClient none
Require mtls
</Location>
! ok

<Location "/x">
SSLVerifyClient require
</Location>
MTLSEnv on
! ok

SSLVerifyClient optional_no_ca
<Location "/x">
Require mtls
</Location>
! warns @1@: SSLVerifyClient optional_no_ca accepts certificates that nobody has verified, which no Require mtls line lets in; write SSLVerifyClient optional

SSLVerifyClient optional_no_ca
! ok

SSLOptions +StdEnvVars +OptRenegotiate
<Location "/x">
Require mtls
</Location>
! warns @1@: SSLOptions OptRenegotiate verifies certificates again without a handshake, where its outcome cannot be seen: such clients count as not verified; leave OptRenegotiate out, and write SSLVerifyClient optional into the virtual host

SSLOptions +StdEnvVars -OptRenegotiate
<Location "/x">
Require mtls
</Location>
! ok

<Location "/">
Require mtls
</Location>
<Location "/x">
Require ip 192.0.2.0/24
</Location>
! warns @5@: the Require lines of this section replace those of @2@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

<Location "/">
Require mtls
</Location>
<Location "/x">
AuthMerging And
Require ip 192.0.2.0/24
</Location>
<Location "/y">
AuthMerging Off
Require all granted
</Location>
<Location "/z">
Require mtls subject.ou Payments
</Location>
<Location "/closed">
Require all denied
</Location>
<Location "/free">
MTLSBackstop off
Require all granted
</Location>
! ok

<Location "/app">
<RequireAll>
Require mtls subject.ou Payments
</RequireAll>
</Location>
<LocationMatch "^/app/free$">
Require all granted
</LocationMatch>
<Location "/apple">
Require all granted
</Location>
<Location "/app/free">
Require all granted
</Location>
! warns @13@: the Require lines of this section replace those of @3@, and 'Require mtls subject.ou Payments' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

<Location "/app/free">
Require mtls
</Location>
<Location "/app">
Require valid-user
</Location>
! warns @5@: the Require lines of this section replace those of @2@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

<Directory "/srv/app/">
Require ip 192.0.2.0/24
</Directory>
<Directory "/srv">
Require mtls
</Directory>
! warns @2@: the Require lines of this section replace those of @5@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

<Directory "/srv">
Require ip 192.0.2.0/24
</Directory>
<Directory "/srv/app">
Require mtls
</Directory>
<Location "/srv/app">
Require all granted
</Location>
! ok

<Location "/x">
Require mtls
<If "%{REQUEST_METHOD} == 'GET'">
Require ip 192.0.2.0/24
</If>
</Location>
! warns @4@: the Require lines of this section replace those of @2@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

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
! ok

<Location "/x">
Satisfy Any
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
! warns @5@: 'Require all granted' stands beside Require mtls as an alternative, but nothing passes MTLSBackstop, which is on here, without a Require mtls line; leave this line out

MTLSBackstop on
<Location "/x">
<RequireAll>
Require mtls
Require ip 192.0.2.0/24
</RequireAll>
</Location>
! ok

<Location "/x">
Require ip 192.0.2.0/24
Require mtls
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

[conf]
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
