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

MTLSMode report
<Location "/x">
Require mtls
MTLSUser san.email
MTLSUser subject.cn
</Location>
MTLSMode enforce
! warns @5@: MTLSUser stands twice in this section: this line holds, and not that of @4@; remove one of them
! warns @7@: MTLSMode stands twice in this section: this line holds, and not that of @1@; remove one of them
! warns @1@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in sections that have rules, of which there are none yet; a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

MTLSBackstop on
MTLSBackstop off
MTLSPathCheck strict
MTLSPathCheck off
MTLSGuard all
MTLSGuard used
MTLSGuard off
MTLSOnSpoof strip
MTLSOnSpoof reject
MTLSEnv off
MTLSEnv on
! warns @2@: MTLSBackstop stands twice in this section: this line holds, and not that of @1@; remove one of them
! warns @4@: MTLSPathCheck stands twice in this section: this line holds, and not that of @3@; remove one of them
! warns @6@: MTLSGuard stands twice in this section: this line holds, and not that of @5@; remove one of them
! warns @7@: MTLSGuard stands twice in this section: this line holds, and not that of @6@; remove one of them
! warns @9@: MTLSOnSpoof stands twice in this section: this line holds, and not that of @8@; remove one of them
! warns @11@: MTLSEnv stands twice in this section: this line holds, and not that of @10@; remove one of them

MTLSUser san.email
MTLSGuard used
MTLSGUARD Used
MTLSBackstop off
<Location "/x">
MTLSUser subject.cn
MTLSBackstop on
<If "%{QUERY_STRING} == 'a'">
MTLSUser serial
</If>
</Location>
<Location "/x">
MTLSUser subject.cn
</Location>
! ok

MTLSExport kong
RequestHeader set X_Client_Cert x
RequestHeader append x-client-cert x env=y
RequestHeader unset X-Client-Cert
RequestHeader set X-Client-Name x
! warns @2@: RequestHeader X_Client_Cert: where 'X-Client-Cert' is exported by MTLSExport or MTLSHeader, that value replaces this one
! warns @3@: RequestHeader x-client-cert: where 'X-Client-Cert' is exported by MTLSExport or MTLSHeader, that value replaces this one

MTLSPass ngnix X-Client-Cert
! warns @1@: MTLSPass ngnix does nothing: MTLSGuard removes no header of this name, and there is no such profile; correct or remove it

MTLSGuard used
MTLSPass RFC9440 X-Mine
! warns @2@: MTLSPass RFC9440 does nothing: MTLSGuard removes no header of this name, and there is no such profile; correct or remove it
! warns @2@: MTLSPass X-Mine does nothing: MTLSGuard removes no header of this name, and there is no such profile; correct or remove it

MTLSPass X-Mine
MTLSPass nginx vault:X-Other x_client_cert
<Location "/x">
MTLSHeader X-Mine subject.cn
</Location>
! ok

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

SSLVHostSNIPolicy insecure
<Location "/x">
Require mtls
</Location>
! warns @1@: SSLVHostSNIPolicy insecure lets a certificate that one virtual host has verified into another one that trusts other CAs; write secure, or name the CA in each rule (ca.spki.sha256)

SSLVHostSNIPolicy authonly
<Location "/x">
Require mtls
</Location>
! ok

HttpProtocolOptions Unsafe Require1.0
<Location "/x">
MTLSExport rfc9440
</Location>
! warns @1@: HttpProtocolOptions Unsafe takes header names with control characters in them, which a backend may read as a name that MTLSGuard removes; leave Unsafe out

HttpProtocolOptions Strict
<Location "/x">
MTLSExport rfc9440
</Location>
! ok

HttpProtocolOptions Unsafe
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

MTLSMode report
SSLVerifyClient optional_no_ca
<Location "/x">
Require mtls
</Location>
! warns @1@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in <Location /x> (@3@); a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

SSLVerifyClient optional_no_ca
<Location "/x">
MTLSMode report
Require mtls
</Location>
! warns @1@: SSLVerifyClient optional_no_ca accepts certificates that nobody has verified, which no Require mtls line lets in; write SSLVerifyClient optional
! warns @3@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in <Location /x> (@2@); a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

[conf]
MTLSMode report
<VirtualHost 127.0.0.1:2>
ServerName a.example
SSLEngine on
SSLVerifyClient optional_no_ca
SSLCertificateFile @PKI@/server.crt
SSLCertificateKeyFile @PKI@/server.key
<Location "/x">
Require mtls
</Location>
</VirtualHost>
<VirtualHost 127.0.0.1:3>
MTLSMode enforce
ServerName b.example
SSLEngine on
SSLVerifyClient optional_no_ca
SSLCertificateFile @PKI@/server.crt
SSLCertificateKeyFile @PKI@/server.key
<Location "/x">
Require mtls
</Location>
</VirtualHost>
! warns @16@: SSLVerifyClient optional_no_ca accepts certificates that nobody has verified, which no Require mtls line lets in; write SSLVerifyClient optional
! warns @1@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in <Location /x> (@8@); a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

[tls]
SSLVerifyClient none
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

MTLSBackstop on
<Location "/">
Require mtls
</Location>
<Location "/x">
Require all granted
</Location>
! warns @6@: the Require lines of this section replace those of @3@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or MTLSBackstop off if it is meant so: MTLSBackstop is on and refuses every request here

<Location "/">
MTLSBackstop on
Require mtls
</Location>
<Location "/x">
AuthMerging Off
MTLSBackstop on
Require ip 192.0.2.0/24
</Location>
! warns @8@: the Require lines of this section replace those of @3@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or MTLSBackstop off if it is meant so: MTLSBackstop is on and refuses every request here

MTLSBackstop on
<Location "/">
Require mtls
</Location>
<Location "/x">
AuthMerging Or
Require ip 192.0.2.0/24
</Location>
<Location "/y">
MTLSBackstop off
Require all granted
</Location>
! ok

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

<LocationMatch "^/x">
Require mtls
</LocationMatch>
<Location "/">
Require user anne
</Location>
! warns @5@: the Require lines of this section replace those of @2@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

<Location "/">
Require all granted
</Location>
<Directory "/srv">
Require mtls
</Directory>
! warns @2@: the Require lines of this section replace those of @5@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

<Location "/">
Require user anne
</Location>
<LocationMatch "^/x">
Require mtls
</LocationMatch>
<If "%{REQUEST_URI} == '/x'">
Require mtls
</If>
! ok

<Location "/x">
Require mtls
<If "%{REQUEST_METHOD} == 'GET'">
Require ip 192.0.2.0/24
</If>
</Location>
! warns @4@: the Require lines of this section replace those of @2@, and 'Require mtls' no longer counts here; write AuthMerging And to keep it, or AuthMerging Off if it is meant so

MTLSMode report
<Location "/x">
Require mtls
</Location>
! warns @1@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in <Location /x> (@2@); a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

MTLSMode report
MTLSBackstop on
<Location "/x">
<If "%{QUERY_STRING} == 'a'">
Require mtls
</If>
</Location>
<Location "/y">
Require all granted
</Location>
<Location "/z">
MTLSMode enforce
Require mtls
</Location>
! warns @1@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in <Location /x> <If %{QUERY_STRING} == 'a'> (@4@), all of localhost:2; a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

MTLSMode report
! warns @1@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in sections that have rules, of which there are none yet; a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

<Location "/x">
MTLSMode report
<If "%{QUERY_STRING} == 'a'">
Require mtls
</If>
</Location>
! warns @2@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in <Location /x> (@1@), <Location /x> <If %{QUERY_STRING} == 'a'> (@3@); a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

<Location "/x">
MTLSMode Report
Require mtls
</Location>
<Location "/y">
MTLSMode enforce
Require mtls
</Location>
<Directory "/srv">
MTLSMode report
<Files "a">
MTLSMode REPORT
</Files>
</Directory>
! warns @2@: MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in <Location /x> (@1@), <Directory /srv> (@9@), <Directory /srv> <Files a> (@11@); a line 'would deny' in the log says so; write enforce when nobody stands there who is meant to get in

<Location "/mtls-status">
SetHandler mtls-status
</Location>
! warns @2@: SetHandler mtls-status without a Require line: whoever can reach this server sees the status page; say who may, with Require mtls or Require ip in this section

<Location "/mtls-status">
SetHandler MTLS-status
Require ip 192.0.2.1
</Location>
! ok

<Location "/admin">
Require mtls
</Location>
<Location "/admin/mtls-status">
SetHandler mtls-status
</Location>
! ok

<Location "/admin/">
Require mtls
</Location>
<Location "/administration">
SetHandler mtls-status
</Location>
! warns @5@: SetHandler mtls-status without a Require line: whoever can reach this server sees the status page; say who may, with Require mtls or Require ip in this section

<Location "/mtls-status">
Require ip 192.0.2.1
<If "%{REQUEST_METHOD} == 'GET'">
SetHandler mtls-status
</If>
</Location>
! ok

<Location "/mtls-status">
<If "%{REQUEST_METHOD} == 'GET'">
Require ip 192.0.2.1
</If>
SetHandler mtls-status
</Location>
! warns @5@: SetHandler mtls-status without a Require line: whoever can reach this server sees the status page; say who may, with Require mtls or Require ip in this section

<Directory "/mtls-status">
Require mtls
</Directory>
<Location "/mtls-status">
SetHandler mtls-status
</Location>
! warns @5@: SetHandler mtls-status without a Require line: whoever can reach this server sees the status page; say who may, with Require mtls or Require ip in this section

<Location "/server-status">
SetHandler server-status
</Location>
! ok
