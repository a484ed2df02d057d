#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# User names: what MTLSUser makes of a certificate, who needs it, and that nobody's user becomes another's.
use MTLS::Test;
use File::Path 'make_path';

make_certificate('empty-uid' => { subject => [['CN', 'x'], ['UID', '']], eku => ['clientAuth'], issuer => 'root' });

my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $www = logs() . "/www-$$";
make_path("$www/index", "$www/ssi", "$www/pages");
spew("$www/index/index.shtml", '[<!--#echo var="REMOTE_USER" -->]');
my @PARTS = ('/c/uid', '/c/all', '/c/valid-cn', '/c/cut', '/c/basic-any', '/c/basic', '/c/hash', '/c/valid');
spew("$www/ssi/page.shtml", join "\n", (map { qq{<!--#include virtual="$_" -->} } @PARTS), '<!--#echo var="REMOTE_USER" -->');

my $BASIC = qq{AuthType Basic\nAuthName "people"\nAuthUserFile "\@DIR\@/users"};
my $GROUP = qq{AuthGroupFile "\@DIR\@/groups"};

# Sections, by name: what is written in them. /c/NAME answers with its environment, /b/NAME is proxied.
my %SECTION = (
    'rule' => 'MTLSUser subject.cn|Require mtls',
    'all' => 'MTLSUser subject.cn|Require all granted',
    'nobody' => 'Require all granted',
    'uid' => 'MTLSUser subject.uid|Require all granted',
    'several' => 'MTLSUser subject.ou|Require mtls',
    'hash' => 'MTLSUser sha256 hex-upper|Require mtls',
    'utf8' => 'MTLSUser subject.cn utf8|Require mtls',
    'cut' => 'MTLSUser san.upn match=([^@]+)@corp\.example\.org|Require mtls',
    'cut-open' => 'MTLSUser san.upn match=([^@]+)@corp|Require mtls',
    'cut-to-nothing' => 'MTLSUser san.upn match=(x*)anne@corp\.example\.org|AuthType mtls|Require valid-user',
    'valid' => 'MTLSUser subject.uid|AuthType mtls|Require valid-user',
    'valid-cn' => 'MTLSUser subject.cn|AuthType mtls|Require valid-user',
    'valid-several' => 'MTLSUser subject.ou|AuthType mtls|Require valid-user',
    'valid-no-match' => 'MTLSUser subject.uid match=(b.*)|AuthType mtls|Require valid-user',
    'valid-no-maker' => 'AuthType mtls|Require valid-user',
    'valid-no-type' => 'MTLSUser subject.uid|Require valid-user',
    'valid-sni' => 'MTLSUser sni|AuthType mtls|Require valid-user',
    'user' => 'MTLSUser subject.uid|AuthType MTLS|Require user anne',
    'user-other' => 'MTLSUser subject.uid|AuthType mtls|Require user otto ann annex Anne',
    'group' => "MTLSUser subject.uid|AuthType mtls|$GROUP|Require group staff",
    'group-other' => "MTLSUser subject.uid|AuthType mtls|$GROUP|Require group guests",
    'both' => 'MTLSUser subject.uid|AuthType mtls|<RequireAll>|Require mtls san.dns is shop.example.org|Require user anne|</RequireAll>',
    'either' => 'MTLSUser subject.uid|AuthType mtls|<RequireAny>|Require mtls san.dns is other.example.org|Require user anne|</RequireAny>',
    'not-user' => 'MTLSUser subject.cn|AuthType mtls|<RequireAll>|Require mtls|Require not user "Otto Other"|</RequireAll>',
    'basic' => "$BASIC|Require valid-user",
    'basic-cert' => "$BASIC|MTLSUser subject.cn|Require valid-user",
    'basic-all' => "$BASIC|MTLSUser subject.cn|<RequireAll>|Require mtls|Require valid-user|</RequireAll>",
    'basic-any' => "$BASIC|MTLSUser subject.cn|<RequireAny>|Require mtls san.dns is shop.example.org|Require valid-user|</RequireAny>",
    'basic-name' => "$BASIC|MTLSUser subject.cn|Require user \"Anne Example\"",
    'satisfy' => "$BASIC|MTLSUser subject.cn|Require valid-user|Satisfy Any|Order deny,allow|Deny from all",
    'satisfy-rule' => "$BASIC|MTLSUser subject.cn|Require mtls|Satisfy Any|Order deny,allow|Deny from all",
    # mod_ssl's own user, which is there before anybody asks.
    'ssl-alone' => 'SSLUserName SSL_CLIENT_S_DN_CN|Require user "Otto Other"',
    'ssl-cut' => 'SSLUserName SSL_CLIENT_S_DN_CN|MTLSUser subject.cn match=svc-(.+)|Require user "Otto Other"',
    'ssl-valid' => 'SSLUserName SSL_CLIENT_S_DN_CN|MTLSUser subject.uid|AuthType mtls|Require valid-user',
    'ssl-rule' => 'SSLUserName SSL_CLIENT_S_DN_CN|MTLSUser subject.uid|Require mtls',
    'ssl-all' => 'SSLUserName SSL_CLIENT_S_DN_CN|MTLSUser subject.uid|Require all granted',
    'satisfy-open' => 'MTLSUser subject.cn|AuthType mtls|Require user nobody|Satisfy Any|Order allow,deny|Allow from all',
);
my $sections = join '', map { my $lines = $SECTION{$_} =~ tr/|/\n/r; qq{<LocationMatch "^/[bc]/$_\$">\n$lines\n</LocationMatch>\n} }
    sort keys %SECTION;

my $server = start_server(tls => <<"END", log_format => '%U %>s %u %{MTLS_REASON}e');
    # A connection is kept while all of the rest is asked.
    KeepAliveTimeout 600
    SSLVerifyClient optional_no_ca
    DocumentRoot "$www"
    AddOutputFilter INCLUDES .shtml
    AddType text/html .shtml
    ScriptAliasMatch "^/c/" "\@HTDOCS\@/../cgi-bin/dump.py"
    ProxyPass "/b/" "$origin/b/"
    <LocationMatch "^/b/">
        MTLSExport remote-user
        MTLSHeader X-User user
    </LocationMatch>
    $sections
    <Directory "$www">
        Options +Includes
        Require all granted
    </Directory>
    <Directory "$www/index">
        DirectoryIndex index.shtml
        MTLSUser subject.cn
        <Files "index.shtml">
            MTLSUser subject.uid
        </Files>
    </Directory>
    <Location "/ssi/">
        MTLSUser subject.uid
        AuthType mtls
        Require valid-user
    </Location>
    RewriteEngine On
    RewriteRule "^/c/passed\$" "-" [PT]
    <Location "/c/passed">
        MTLSUser subject.cn
        Require mtls
        SetHandler pass-on
    </Location>
    <Location "/c/refused">
        MTLSUser subject.cn
        Require mtls san.dns is nobody.example.org
        ErrorDocument 403 /c/uid
    </Location>
    <Location "/c/bob-refused">
        $BASIC
        MTLSUser subject.cn
        Require user alice
        AuthzSendForbiddenOnFailure On
        ErrorDocument 403 /c/nobody
    </Location>
    Action pass-on "/c/nobody" virtual
END
spew($server->dir . '/groups', "staff: anne otto\nguests: otto\n");
system('htpasswd', '-bc', $server->dir . '/users', 'bob', 'secret') == 0 or die 'htpasswd';
my @PASSWORD = (['authorization', 'Basic Ym9iOnNlY3JldA==']);    # bob:secret
my @WRONG = (['authorization', 'Basic Ym9iOndyb25n']);           # bob:wrong

sub params { my ($response) = @_; return { map { @$_ } @{ $response->seen->{params} } } }

# What came of it: the status, and behind 200 who the CGI program thinks it is.
sub outcome {
    my ($response) = @_;
    my $challenge = $response->header('www-authenticate') ? ' challenge' : '';
    return $response->{status} . $challenge if $response->{status} != 200;
    my $params = params($response);
    return '200' . (defined $params->{REMOTE_USER} ? " $params->{REMOTE_USER} by $params->{AUTH_TYPE}" : '');
}

my $CN = '200 Anne Example by mtls';
my $UID = '200 anne by mtls';
my $BOB = '200 bob by Basic';
# Section, and what nobody, "other", "ok" and an unverified client get: without a password, and with bob's.
my @ROWS = (
    ['rule', ['403', '200 Otto Other by mtls', $CN, '403']],
    ['all', ['200', '200 Otto Other by mtls', $CN, '200']],
    ['nobody', ['200', '200', '200', '200']],
    ['uid', ['200', '200', $UID, '200']],
    ['several', ['403', '200', '200', '403']],
    ['cut', ['403', '200', $UID, '403']],
    ['cut-open', ['403', '200', '200', '403']],
    ['cut-to-nothing', ['403', '403', '403', '403']],
    ['valid', ['403', '403', $UID, '403']],
    ['valid-cn', ['403', '200 Otto Other by mtls', $CN, '403']],
    ['valid-several', ['403', '403', '403', '403']],
    ['valid-no-match', ['403', '403', '403', '403']],
    ['valid-no-maker', ['403', '403', '403', '403']],
    ['valid-no-type', ['403', '403', $UID, '403']],
    ['user', ['403', '403', $UID, '403']],
    ['user-other', ['403', '403', '403', '403']],
    ['group', ['403', '403', $UID, '403']],
    ['group-other', ['403', '403', '403', '403']],
    ['both', ['403', '403', $UID, '403']],
    ['either', ['403', '200', $UID, '403']],
    ['not-user', ['403', '403', $CN, '403']],
    ['satisfy-open', ['200', '200 Otto Other by mtls', $CN, '200']],
    ['ssl-cut', ['403', '403', '403', '403']],
    ['ssl-valid', ['403', '403', $UID, '403']],
    ['ssl-rule', ['403', '200', $UID, '403']],
    ['ssl-all', ['200', '200', $UID, '200']],
    # Where another AuthType asks, its user is the one that rules look at.
    ['basic', [('401 challenge') x 4], [($BOB) x 4]],
    ['basic-cert', [('401 challenge') x 4], [($BOB) x 4]],
    ['basic-all', ['403', '401 challenge', '401 challenge', '403'], ['403', $BOB, $BOB, '403']],
    ['basic-any', ['401 challenge', '401 challenge', $CN, '401 challenge'], [$BOB, $BOB, $CN, $BOB]],
    ['basic-name', [('401 challenge') x 4], [('401 challenge') x 4]],
    ['satisfy', [('401 challenge') x 4], [($BOB) x 4]],
    ['satisfy-rule', ['403', '200 Otto Other by mtls', $CN, '403'], ['403', '200 Otto Other by mtls', $CN, '403']],
);
my @WHO = (undef, 'other', 'ok', 'stranger');
my @HTTP = mpm() eq 'prefork' ? ('1.1') : ('1.1', '2');

sub check_rows {
    my ($http, $column, $words, $headers, $index) = @_;
    my @rows = grep { $_->[$index] } @ROWS;
    my @answers = client()->many($server, { http => $http, cert => $WHO[$column] }, map { { path => "/c/$_->[0]", headers => $headers } } @rows);
    for my $i (0 .. $#rows) {
        my $title = join ' ', "HTTP/$http:", $rows[$i][0], $WHO[$column] // 'nobody', $words;
        is(outcome($answers[$i]), $rows[$i][$index][$column], $title);
    }
}

# The one that expires: a user at first, none when its hour is over, on the same connection.
my $LIFE = 8;
make_certificate(hasty => { not_after => $LIFE, subject => [['CN', 'hasty'], ['UID', 'anne']], eku => ['clientAuth'], issuer => 'root' });
my $until = time + $LIFE;
my %hasty = (cert => 'hasty', conn => 'hasty');
is(outcome(client()->request($server, '/c/valid', %hasty)), $UID, 'a certificate that is valid still');

for my $http (@HTTP) {
    for my $column (0 .. $#WHO) {
        check_rows($http, $column, '', [], 1);
        check_rows($http, $column, 'with a password', \@PASSWORD, 2);
    }
}
is(outcome(client()->request($server, '/c/basic-any', headers => \@WRONG)), '401 challenge', 'a wrong password is one');
is(outcome(client()->request($server, '/c/basic-any', cert => 'ok', headers => \@WRONG)), $CN, 'which the certificate does without');

is(outcome(client()->request($server, '/c/ssl-alone', cert => 'other')), '200 Otto Other by ClientCert', "mod_ssl's own user, where there is no MTLSUser");

# Odd names: section, certificate, outcome.
for my $row (
    ['valid-cn', 'nul-cn', '403'], ['rule', 'nul-cn', '200'], ['valid-cn', 'control-cn', '403'], ['rule', 'control-cn', '200'],
    ['valid-cn', 'two-cns', '403'], ['rule', 'two-cns', '200'], ['valid-cn', 'no-subject', '403'], ['valid', 'empty-uid', '403'],
    ['rule', 'no-subject', '200'], ['uid', 'empty-uid', '200'],
    ['rule', 'percent-cn', '200 anne%250d%250aX-Admin: yes by mtls'], ['rule', 'comma-cn', '200 anne,CN=admin,O=Root by mtls'],
    ['rule', 'null-word-cn', '200 (null) by mtls'], ['rule', 'utf8-cn', '200 %C3%84nne Gr%C3%B6%C3%9Fe %E6%97%A5%E6%9C%AC %F0%9F%94%91 by mtls'],
    ['utf8', 'utf8-cn', "200 \xc3\x84nne Gr\xc3\xb6\xc3\x9fe \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x91 by mtls"],
) {
    my ($section, $cert, $wanted) = @$row;
    is(outcome(client()->request($server, "/c/$section", cert => $cert)), $wanted, "$section, $cert");
}
my ($sha256) = qx(openssl x509 -noout -fingerprint -sha256 -in @{[ pki('ok.crt') ]}) =~ /=(.*)/;
is(outcome(client()->request($server, '/c/hash', cert => 'ok')), '200 ' . $sha256 =~ tr/://dr . ' by mtls', 'hash: a format');

# To backends, and never another AuthType's.
sub told {
    my ($path, %how) = @_;
    my $response = client()->request($server, $path, %how);
    return $response->{status} if $response->{status} != 200;
    return join ' ', map { my $name = $_; map { "$name: $_" } $response->backend_header($name) } 'X-Remote-User', 'X-User';
}
for my $row (
    ['rule', 'ok', [], 'X-Remote-User: Anne Example X-User: Anne Example'],
    ['rule', undef, [], 403], ['nobody', 'ok', [], ''], ['all', undef, [], ''], ['uid', 'other', [], ''],
    ['cut', 'ok', [], 'X-Remote-User: anne X-User: anne'],
    ['several', 'ok', [], 403],                                     # ambiguous, since it is exported
    ['basic', 'ok', \@PASSWORD, ''], ['basic-cert', undef, \@PASSWORD, ''],
    ['basic-cert', 'ok', \@PASSWORD, 'X-Remote-User: Anne Example X-User: Anne Example'],
    ['basic-any', 'ok', [], 'X-Remote-User: Anne Example X-User: Anne Example'],
) {
    my ($section, $cert, $headers, $wanted) = @$row;
    is(told("/b/$section", cert => $cert, headers => $headers), $wanted, join ' ', 'the backend hears', $section, $cert // 'nobody', scalar @$headers);
}

# From one section into another.
is(client()->request($server, '/index/', cert => 'ok')->{body}, '[anne]', "an index file's own MTLSUser");
is(client()->request($server, '/index/', cert => 'other')->{body}, '[(none)]', "nothing stays of the directory's");
my $page = client()->request($server, '/ssi/page.shtml', cert => 'ok')->{body};
my @users = map { /"REMOTE_USER", "(.*?)"/ ? $1 : $_ } grep { /\S/ } split /\n/, $page;
is(join(', ', @users[0 .. 4, 6 .. 8]), join(', ', 'anne', 'Anne Example', 'Anne Example', 'anne', 'Anne Example', $sha256 =~ tr/://dr, 'anne', 'anne'),
   'each subrequest its own');
like($users[5], qr/an error occurred/, 'and none where a password is asked for');
is(outcome(client()->request($server, '/c/passed', cert => 'ok')), '200', 'an internal redirect to a section without MTLSUser');
my $refused = client()->request($server, '/c/refused', cert => 'ok');
is($refused->{status}, 403, 'refused');
is(params($refused)->{$_}, undef, "the page that says so does not say who it was: $_") for 'REMOTE_USER', 'REDIRECT_REMOTE_USER', 'AUTH_TYPE';
my $bobs = params(client()->request($server, '/c/bob-refused', headers => \@PASSWORD, cert => 'ok'));
is($bobs->{REDIRECT_REMOTE_USER}, 'bob', "another AuthType's user is not ours to take away");

# The log: why, and the user.
$server->mark;
for my $row (['valid-several', 'ok', 'ambiguous'], ['valid', 'other', 'no-user'], ['valid', undef, 'no-certificate'],
             ['valid', 'stranger', 'unverified'], ['valid-cn', 'nul-cn', 'malformed'], ['valid-no-maker', 'ok', 'no-user'],
             ['ssl-cut', 'other', 'no-user'], ['ssl-cut', 'ok', 'no-user'], ['ssl-valid', 'other', 'no-user']) {
    my ($section, $cert, $reason) = @$row;
    client()->request($server, "/c/$section?$reason", cert => $cert);
    like(($server->access_log(qr{^/c/$section 403 - \Q$reason\E$}))[0], qr/403/, "$section: $reason");
}
# The error log says which MTLSUser it was, and what it found.
sub users_line {
    my ($section, %how) = @_;
    $server->mark;
    client()->request($server, "/c/$section", %how);
    return join "\n", grep { /a rule asks for a user/ } split /\n/, $server->error_log;
}
for my $row (['valid-several', 'ok', 'the certificate has 2 of subject.ou'], ['valid', 'other', 'the certificate has no subject.uid'],
             ['valid-no-match', 'ok', "match= does not fit the certificate's subject.uid, or catches nothing"],
             ['cut-to-nothing', 'ok', "match= does not fit the certificate's san.upn, or catches nothing"],
             ['ssl-cut', 'other', "match= does not fit the certificate's subject.cn, or catches nothing"],
             ['valid', 'empty-uid', "the certificate's subject.uid is empty"], ['valid-cn', 'nul-cn', "the certificate's subject.cn cannot be known"],
             ['valid-sni', 'ok', 'the connection has no sni', sni => '']) {
    my ($section, $cert, $wanted, %how) = @$row;
    my ($file, $line, $words, $why) = users_line($section, cert => $cert, %how) =~ /; a rule asks for a user; (\S+):(\d+) \((MTLSUser .*?)\): (.*?); subject "/;
    is($why, $wanted, "$section, $cert: what was found");
    my ($written) = (split /\n/, slurp($file // '/dev/null'))[($line // 1) - 1];
    is($words, $written =~ s/\\/\\\\/gr, "$section, $cert: which MTLSUser");      # httpd doubles them
}
like(users_line('valid-no-maker', cert => 'ok'), qr/; a rule asks for a user, and no MTLSUser makes one; subject "/, 'no MTLSUser at all');
for my $row (['valid', 'stranger', qr/; a rule asks for a user; subject "/], ['valid', undef, qr/; a rule asks for a user; id /]) {
    my ($section, $cert, $wanted) = @$row;
    like(users_line($section, cert => $cert), $wanted, "$section, " . ($cert // 'nobody') . ': the reason says enough');
}

client()->request($server, '/c/rule', cert => 'ok');
ok($server->access_log(qr{^/c/rule 200 Anne Example -$}), '%u in the access log');
client()->request($server, '/c/user-other', cert => 'ok');
ok($server->access_log(qr{^/c/user-other 403 anne -$}), '%u of a user who may not');

sleep 1 while time <= $until;
is(outcome(client()->request($server, '/c/valid', %hasty)), '403', 'expired by now: 403');
ok($server->access_log(qr{^/c/valid 403 - expired$}), 'and no user');
is(outcome(client()->request($server, '/c/all', cert => 'hasty', conn => 'hasty')), '200', 'where nobody needs one there is none');
done_testing;
