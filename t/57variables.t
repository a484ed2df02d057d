#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Fields as variables of the environment: which there are, what is in them, and for whom there are none.
use MTLS::Test;
use File::Path 'make_path';

my $backend = start_backend('fcgi', 'http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $www = logs() . "/www-$$";
make_path("$www/index", "$www/rewritten");
spew("$www/page.shtml", join '|', map { qq{<!--#echo encoding="none" var="$_" -->} } qw(MTLS_SUBJECT_CN MTLS_SAN_IP_2 MTLS_SAN_IP MTLS_USER));
spew("$www/index/index.shtml", '<!--#echo var="MTLS_USER" -->');

my $server = start_server(log_format => '%U %{MTLS_SUBJECT_CN}e %{MTLS_SAN_DNS_1}e %{MTLS_VERIFY}e %{MTLS_REASON}e', tls => <<"END");
    SSLVerifyClient optional_no_ca
    DocumentRoot "$www"
    AddOutputFilter INCLUDES .shtml
    AddType text/html .shtml
    <Directory "$www">
        Options +Includes
        Require all granted
    </Directory>
    MTLSEnv on
    MTLSUser subject.uid
    ScriptAliasMatch "^/(?:c|off|rule|ambiguous|late)/" "\@HTDOCS\@/../cgi-bin/dump.py"
    ScriptAlias "/error" "\@HTDOCS\@/../cgi-bin/dump.py"
    ErrorDocument 403 /error
    ErrorDocument 404 /error
    ProxyPass "/f/" "fcgi://127.0.0.1:@{[ $backend->port('fcgi') ]}/"
    ProxyPass "/h/" "$origin/"
    <Location "/off/">
        MTLSEnv off
    </Location>
    <Location "/rule/">
        Require mtls san.dns is shop.example.org
    </Location>
    <LocationMatch "^/forbidden/">
        RewriteEngine On
        RewriteRule "^" "-" [F]
    </LocationMatch>
    <Location "/forbidden/fcgi">
        ErrorDocument 403 /f/denied
    </Location>
    <Location "/missing/">
        RewriteEngine On
        RewriteRule "^" "-" [R=404]
    </Location>
    <Location "/ambiguous/">
        MTLSUser subject.ou
        MTLSExport remote-user
    </Location>
    <Location "/late/">
        MTLSMaxHeaders 10
        MTLSHeader X-Subject subject
    </Location>
    <Location "/late/text">
        ErrorDocument 403 "no"
        SetEnvIf Request_URI "^" WHO=before
        SetEnv WHO behind
        Header always set X-Who "%{WHO}e"
    </Location>
    <Location "/h/">
        RequestHeader set X-From-Variable "%{MTLS_SUBJECT_CN}e"
        RequestHeader set X-From-None "%{MTLS_SUBJECT_DC}e" env=MTLS_SUBJECT_DC
    </Location>
    <Directory "$www/index">
        DirectoryIndex index.shtml
        <Files "index.shtml">
            MTLSUser subject.cn
        </Files>
    </Directory>
    <Directory "$www/rewritten">
        RewriteEngine On
        RewriteCond "%{ENV:MTLS_SUBJECT_UID}" "=anne"
        RewriteRule "^who\$" "/c/anne" [PT]
        RewriteRule "^rule\$" "/rule/anne" [PT]
        RewriteRule "^forbidden\$" "/forbidden/anne" [PT]
    </Directory>
END

sub variables {
    my ($path, %how) = @_;
    my $response = client()->request($server, $path, %how);
    my %all = map { @$_ } @{ $response->seen->{params} };
    return { map { $_ => $all{$_} } grep { /MTLS_|REMOTE_USER|AUTH_TYPE/ } keys %all };
}

# What other programs say of the certificate.
sub openssl { my $said = qx(openssl x509 -noout @_ -in @{[ pki('ok.crt') ]}); chomp $said; return $said =~ s/^[^=]*=\s*//r }
my %WANTED = (
    MTLS_SUBJECT_CN => 'Anne Example', MTLS_SUBJECT_O => 'Example, Inc.', MTLS_SUBJECT_UID => 'anne', MTLS_SUBJECT_EMAIL => 'anne@example.org',
    MTLS_SUBJECT_OU_1 => 'Payments', MTLS_SUBJECT_OU_2 => 'Back Office', MTLS_SUBJECT_OU => undef, MTLS_SUBJECT_OU_3 => undef,
    MTLS_SUBJECT_DC => undef, MTLS_ISSUER_CN => 'Example Issuing CA', MTLS_ISSUER => openssl('-issuer', '-nameopt', 'RFC2253'),
    MTLS_SAN_DNS_1 => 'shop.example.org', MTLS_SAN_DNS_2 => '*.shop.example.org', MTLS_SAN_DNS => undef,
    MTLS_SAN_IP_1 => '192.0.2.7', MTLS_SAN_IP_2 => '2001:db8::7', MTLS_SAN_URI => 'spiffe://example.org/ns/shop/sa/web',
    MTLS_SAN_UPN => 'anne@corp.example.org', MTLS_SAN_EMAIL => 'anne@example.org', MTLS_SAN_RID => '1.3.6.1.4.1.99999.1',
    MTLS_SPIFFE_TRUST_DOMAIN => 'example.org', MTLS_SPIFFE_PATH => '/ns/shop/sa/web', MTLS_VERSION => '3', MTLS_CHAIN_LENGTH => '3',
    MTLS_SERIAL => openssl('-serial'), MTLS_SHA256 => lc openssl('-fingerprint', '-sha256') =~ tr/://dr, MTLS_VERIFY => 'SUCCESS', MTLS_USER => 'anne',
    MTLS_KEY_TYPE => 'ec', MTLS_KEY_BITS => '256', MTLS_TLS_VERSION => 'TLSv1.3', MTLS_SNI => 'localhost',
    MTLS_CERTIFICATE => undef, MTLS_CHAIN => undef, MTLS_CHAIN_1 => undef, MTLS_REASON => undef,
);
for my $path ('/c/x', '/rule/x', '/f/x') {
    my $got = variables($path, cert => 'ok', tls => '1.3');
    is($got->{$_}, $WANTED{$_}, "$path, $_") for sort keys %WANTED;
    my @odd = grep { !/^(?:MTLS_[A-Z0-9_]+|REMOTE_USER|AUTH_TYPE)$/ || $got->{$_} eq '' } sort keys %$got;
    is("@odd", '', "$path: no other names, no empty values");
}

# Of two variables of one name the first one counts, whatever becomes of ours: SetEnv puts a second one behind what SetEnvIf has set.
for my $cert ('ok', 'many-sans') {
    my $response = client()->request($server, '/late/text', cert => $cert);
    is("$response->{status} @{[ $response->header('X-Who') // 'none' ]}", '403 before', "/late/text, $cert: the operator's variable");
}

# For whom there are none: path, certificate, what there is nevertheless.
for my $row (
    ['/c/x', undef, 'MTLS_VERIFY=NONE'],
    ['/c/x', 'stranger', 'MTLS_VERIFY=FAILED:unverified'],
    ['/c/x', 'selfsigned', 'MTLS_VERIFY=FAILED:unverified'],
    ['/f/x', undef, 'MTLS_VERIFY=NONE'],
    ['/f/x', 'stranger', 'MTLS_VERIFY=FAILED:unverified'],
    ['/off/x', 'ok', 'AUTH_TYPE=mtls REMOTE_USER=anne'],
    ['/off/x', undef, ''],
    # Denied: the page that says so gets the reason alone, whenever it was denied and by whom; no user either.
    ['/rule/x', undef, 'MTLS_REASON=no-certificate REDIRECT_MTLS_REASON=no-certificate'],
    ['/rule/x', 'other', 'MTLS_REASON=no-match REDIRECT_MTLS_REASON=no-match'],
    ['/late/x', 'ok', 'MTLS_REASON=too-large REDIRECT_MTLS_REASON=too-large'],
    ['/late/x', 'many-sans', 'MTLS_REASON=too-large REDIRECT_MTLS_REASON=too-large'],
    ['/ambiguous/x', 'ok', 'MTLS_REASON=ambiguous REDIRECT_MTLS_REASON=ambiguous'],
    ['/forbidden/x', 'ok', ''],
    ['/forbidden/fcgi', 'ok', ''],
    # ... nor of the request that led to the one that was denied.
    ['/rewritten/rule', 'other', 'MTLS_REASON=no-match REDIRECT_MTLS_REASON=no-match'],
    ['/rewritten/forbidden', 'ok', ''],
) {
    my ($path, $cert, $wanted) = @$row;
    my $got = variables($path, cert => $cert);
    is(join(' ', map { "$_=$got->{$_}" } sort keys %$got), $wanted, "$path, " . ($cert // 'nobody'));
}

# What was not denied: its error page is told.
my $missing = variables('/missing/x', cert => 'ok');
is(join(' ', map { $missing->{$_} // 'nothing' } 'MTLS_USER', 'REMOTE_USER', 'REDIRECT_MTLS_USER', 'REDIRECT_MTLS_SUBJECT_CN'),
   'anne anne anne Anne Example', 'an error page for another reason');

# A name that nobody can read brings no variable, its neighbours stay; odd text is one value, in ASCII.
for my $row (
    ['nul-cn', MTLS_SUBJECT_CN => undef], ['nul-cn', MTLS_SUBJECT_O => 'Example, Inc.'], ['control-cn', MTLS_SUBJECT_CN => undef],
    ['control-cn', MTLS_SUBJECT => undef], ['nul-dns', MTLS_SAN_DNS => undef], ['utf8-cn', MTLS_SUBJECT_CN => '%C3%84nne Gr%C3%B6%C3%9Fe %E6%97%A5%E6%9C%AC %F0%9F%94%91'],
    ['percent-cn', MTLS_SUBJECT_CN => 'anne%250d%250aX-Admin: yes'], ['null-word-cn', MTLS_SUBJECT_CN => '(null)'],
    ['quote-cn', MTLS_SUBJECT_CN => 'anne"; Role="admin'], ['two-cns', MTLS_SUBJECT_CN => undef], ['two-cns', MTLS_SUBJECT_CN_2 => 'admin'],
    ['many-sans', MTLS_SAN_DNS_1 => 'h0000.example'], ['many-sans', MTLS_SAN_DNS_4000 => 'h3999.example'],
    ['many-sans', MTLS_SAN_DNS_4001 => undef], ['many-sans', MTLS_SUBJECT_CN => 'many'],
) {
    my ($cert, $name, $wanted) = @$row;
    is(variables($cert eq 'many-sans' ? '/f/x' : '/c/x', cert => $cert)->{$name}, $wanted, "$cert, $name");
}

# A client cannot set one either.
my $forged = variables('/c/x', headers => [['mtls_user', 'admin'], ['MTLS-Subject-CN', 'admin'], ['Proxy', 'x']]);
is(join(' ', sort keys %$forged), 'HTTP_MTLS_SUBJECT_CN MTLS_VERIFY', 'headers stay behind their own prefix');

# Other readers.
is(client()->request($server, '/page.shtml', cert => 'ok')->{body}, 'Anne Example|2001:db8::7|(none)|anne', 'SSI');
is(client()->request($server, '/page.shtml')->{body}, '(none)|(none)|(none)|(none)', 'SSI, nobody');
is(client()->request($server, '/index/', cert => 'ok')->{body}, 'Anne Example', "an index file's own MTLSUser");
my $seen = client()->request($server, '/h/x', cert => 'ok');
is(join(' ', $seen->backend_header('X-From-Variable'), $seen->backend_header('X-From-None')), 'Anne Example', 'RequestHeader');

# What a certificate says is never taken for a format: no value is expanded once more.
make_certificate('template', { subject => [['CN', '%{SERVER_NAME}e $0 ${PATH} <!--#echo var="SERVER_NAME" -->']] });
my $template = '%25{SERVER_NAME}e $0 ${PATH} <!--#echo var="SERVER_NAME" -->';
is(variables('/c/x', cert => 'template')->{MTLS_SUBJECT_CN}, $template, 'words of formats, as they are');
is(join('', client()->request($server, '/h/x', cert => 'template')->backend_header('X-From-Variable')), $template, '... behind RequestHeader');
is(client()->request($server, '/page.shtml', cert => 'template')->{body} =~ /^([^|]*)/ && $1, $template, '... and SSI');

is(client()->request($server, '/rewritten/who', cert => 'ok')->{status}, 200, 'RewriteCond in a directory');
is(client()->request($server, '/rewritten/who', cert => 'other')->{status}, 404, 'RewriteCond, another client');
for my $row (['/c/log', 'ok', '/c/log Anne Example shop.example.org SUCCESS -'], ['/c/lag', undef, '/c/lag - - NONE -'],
             ['/c/lug', 'stranger', '/c/lug - - FAILED:unverified -'], ['/rule/log', 'other', '/rule/log - - - no-match'],
             ['/late/log', 'ok', '/late/log - - - too-large']) {
    my ($path, $cert, $wanted) = @$row;
    client()->request($server, $path, cert => $cert);
    is(($server->access_log(qr{^\Q$path\E }))[0], $wanted, "the access log, $path");
}
done_testing;
