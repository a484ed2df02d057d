#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# MTLSMode report where something else has a say, too: rules of others, identity, the guard, the backstop, sections laid
# over each other, and requests that go from a section that reports into one that enforces, or the other way round.
# (t/34rules.t, t/54truth.t, t/55verdict.t and t/55backstop.t compare both modes over their whole tables.)
use MTLS::Test;
use File::Path 'make_path';

my $backend = start_backend('http', 'fcgi');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $www = logs() . "/www-$$";
make_path("$www/$_") for qw(page part index index-report rewritten fallback fallback-out);
spew("$www/part/x.txt", "SECRET\n");
spew("$www/killed", qx(openssl x509 -in "@{[ pki('bare.crt') ]}" -noout -fingerprint -sha256) =~ /=([0-9A-F:]+)/ ? "sha256 $1\n" : die);
spew("$www/partners", "nobody.example.org\n");
spew("$www/index/index.html", "SECRET\n");
spew("$www/index-report/index.html", "SECRET\n");
spew("$www/page/parts.shtml", qq{[<!--#include virtual="/report/part.txt" -->][<!--#include virtual="/enforce/part.txt" -->]});
spew("$www/page/same.shtml", qq{[<!--#include virtual="/page/x.txt" -->][<!--#include virtual="/page/x.txt" -->][<!--#echo var="MTLS_REASON" -->]});
spew("$www/page/x.txt", "SECRET\n");

my ($NO, $YES) = ('Require mtls san.dns is nobody.example.org', 'Require mtls');
my $BASIC = qq{AuthType Basic\nAuthName "people"\nAuthUserFile "\@DIR\@/users"};
# Sections /NAME/ and what is written in them, proxied. All are in a virtual host that reports.
my %SECTION = (
    'report' => $NO,
    'enforce' => "MTLSMode enforce|$NO",
    'not' => '<RequireAll>|Require not mtls subject.cn is "Anne Example"|Require all granted|</RequireAll>',
    'none' => '<RequireAll>|Require all granted|<RequireNone>|Require mtls subject.cn is "Anne Example"|Require mtls subject.cn is "x"|</RequireNone>|</RequireAll>',
    'alias' => 'Require partner',
    'all-ip' => "<RequireAll>|$NO|Require ip 127.0.0.1|</RequireAll>",
    'all-other-ip' => "<RequireAll>|$NO|Require ip 192.0.2.1|</RequireAll>",
    'other-ip-all' => "<RequireAll>|Require ip 192.0.2.1|$NO|</RequireAll>",
    'true-other-ip' => "<RequireAll>|$YES|Require ip 192.0.2.1|</RequireAll>",
    'any-ip' => "$NO|Require ip 127.0.0.1",
    'any-other-ip' => "$NO|Require ip 192.0.2.1",
    'not-ip' => "<RequireAll>|$NO|Require not ip 192.0.2.1|</RequireAll>",
    'not-this-ip' => "<RequireAll>|$NO|Require not ip 127.0.0.1|</RequireAll>",
    'expr' => qq{<RequireAll>|$NO|Require expr "%{MTLS:subject.cn} == 'Otto Other'"|</RequireAll>},
    'denied' => "<RequireAll>|$NO|Require all denied|</RequireAll>",
    'alone-denied' => 'Require all denied',
    'limit' => "<Limit POST>|$NO|</Limit>",
    'basic-all' => "$BASIC|<RequireAll>|$NO|Require valid-user|</RequireAll>",
    'basic-any' => "$BASIC|$NO|Require valid-user",
    'basic-or' => "$BASIC|<RequireAny>|<RequireAll>|$NO|Require ip 127.0.0.1|</RequireAll>|Require user bob|</RequireAny>",
    'basic-none' => "<RequireAll>|$NO|Require valid-user|</RequireAll>",
    'user' => "MTLSUser subject.uid|<RequireAll>|$NO|Require user anne|</RequireAll>",
    'user-only' => 'MTLSUser subject.uid|AuthType mtls|Require user anne',
    'user-or' => "MTLSUser subject.uid|AuthType mtls|<RequireAny>|<RequireAll>|$NO|Require ip 127.0.0.1|</RequireAll>|Require user anne|</RequireAny>",
    'name' => "MTLSUser subject.cn|$NO",
    'satisfy' => "$NO|Satisfy Any|Order deny,allow|Deny from all",
    'closed' => "$NO|Satisfy All|Order deny,allow|Deny from all",
    'outer' => "MTLSMode enforce|$NO",
    'outer/and' => "MTLSMode report|AuthMerging And|$YES",
    'outer/or' => "MTLSMode report|AuthMerging Or|$NO",
    'outer/off' => "MTLSMode report|$NO",
    'outer/silent' => 'MTLSMode report',
    'twice' => "MTLSMode report|MTLSMode enforce|$NO",
    'twice/and' => "MTLSMode report|AuthMerging And|$YES",
    'plain' => $NO,
    'plain/and' => "AuthMerging And|$YES",
    'plain/enforce' => "MTLSMode enforce|AuthMerging And|$YES",
    'export' => "MTLSExport nginx remote-user:X-Who|MTLSUser subject.cn|$NO",
    'large' => "MTLSExport nginx|MTLSHeader X-Cn subject.cn|MTLSMaxHeaders 20|$YES",
    'large/enforce' => 'MTLSMode enforce',
    'several' => "MTLSHeader X-Cn subject.cn|MTLSHeader X-Who user|MTLSUser subject.ou|$YES",
    'both' => "MTLSHeader X-Cn subject.cn|MTLSMaxHeaders 5|$NO",
    'env' => "MTLSHeader X-Reason-Was reason|$NO",
    'forgotten' => 'MTLSBackstop on',
    'forgotten/enforce' => 'MTLSMode enforce',
    'backstop' => "MTLSBackstop on|$NO",
    'alone-listed' => 'Require mtls in partners',
    'path' => "MTLSPathCheck strict|$NO",
);
sub lines_of { my ($name) = @_; return $SECTION{$name} =~ tr/|/\n/r }
my $sections = join '', map { qq{<Location "/$_/">\n@{[ lines_of($_) ]}\n</Location>\n} } sort { length $a <=> length $b || $a cmp $b } keys %SECTION;

sub configuration {
    my ($mode) = @_;
    return <<"END";
    SSLVerifyClient optional_no_ca
    DocumentRoot "$www"
    MTLSMode $mode
    MTLSList partners san.dns "file:$www/partners"
    MTLSKillList "$www/killed"
    MTLSOnSpoof reject
    Header always set X-Reason "expr=%{reqenv:MTLS_REASON}"
    AddOutputFilter INCLUDES .shtml
    <Directory "$www">
        Options +Includes
        Require all granted
    </Directory>
    Alias "/report/part.txt" "$www/part/x.txt"
    Alias "/enforce/part.txt" "$www/part/x.txt"
    Alias "/report/file/" "$www/part/"
    Alias "/enforce/file/" "$www/part/"
    ProxyPass "/report/part.txt" !
    ProxyPass "/enforce/part.txt" !
    ProxyPass "/report/file/" !
    ProxyPass "/enforce/file/" !
    ProxyPass "/report/missing" !
    Alias "/report/missing" "$www/missing"
    <Directory "$www/page">
        $NO
    </Directory>
    <Directory "$www/index">
        <Files "index.html">
            MTLSMode enforce
            $NO
        </Files>
    </Directory>
    <Directory "$www/index-report">
        MTLSMode enforce
        DirectoryIndex index.html
        <Files "index.html">
            MTLSMode report
            $NO
        </Files>
    </Directory>
    <Directory "$www/rewritten">
        RewriteEngine On
        RewriteRule "^in\$" "/enforce/file/x.txt"
        RewriteRule "^out\$" "/report/file/x.txt"
        $NO
    </Directory>
    <Directory "$www/fallback">
        FallbackResource /enforce/file/x.txt
        $NO
    </Directory>
    <Directory "$www/fallback-out">
        MTLSMode enforce
        FallbackResource /report/file/x.txt
        $NO
    </Directory>
    <Location "/enforce/rw">
        RewriteEngine On
        RewriteRule "." "/report/file/x.txt"
    </Location>
    <Location "/sorry">
        Require all granted
    </Location>
    <Location "/program">
        $NO
    </Location>
    ScriptAlias "/program" "\@HTDOCS\@/../cgi-bin/dump.py"
    ProxyPass "/program" !
    <Location "/gateway/">
        $NO
    </Location>
    ProxyPass "/gateway/" "fcgi://127.0.0.1:@{[ $backend->port('fcgi') ]}/"
    <LocationMatch "^/(?:sometimes|never)/">
        $NO
        <If "%{QUERY_STRING} == 'report'">
            MTLSMode report
        </If>
    </LocationMatch>
    <Location "/never/">
        MTLSMode enforce
        $NO
    </Location>
    ProxyPass "/sometimes/" "$origin/sometimes/"
    ProxyPass "/never/" "$origin/never/"
    <If "%{REQUEST_URI} == '/if/x'">
        MTLSMode report
        $NO
    </If>
    ProxyPass "/if/" "$origin/if/"
    ScriptAlias "/sorry" "\@HTDOCS\@/../cgi-bin/dump.py"
    <Location "/enforce/page">
        ErrorDocument 403 /report/file/x.txt
    </Location>
    <Location "/report/missing">
        ErrorDocument 404 /sorry
    </Location>
    $sections
@{[ map { qq{    ProxyPass "/$_/" "$origin/$_/"\n} } sort grep { !m{/} } keys %SECTION ]}
END
}

my $alias = qq{<AuthzProviderAlias mtls partner "$1">\n</AuthzProviderAlias>\n} if $NO =~ /mtls (.*)/;
my %server = map { $_ => start_server(conf => $alias, tls => configuration($_), log_level => 'mtls_authz:info',
                                      log_format => '%>s %U %u %{MTLS_REASON}e') } 'report', 'enforce';
for my $each (values %server) {
    for my $row (['-bc', 'anne', 'secret'], ['-b', 'bob', 'secret']) {
        system("htpasswd $row->[0] @{[ $each->dir ]}/users $row->[1] $row->[2] 2>/dev/null") == 0 or die 'htpasswd';
    }
}
my $server = $server{report};
my %PASSWORD = (anne => 'Basic YW5uZTpzZWNyZXQ=', bob => 'Basic Ym9iOnNlY3JldA==', wrong => 'Basic Ym9iOndyb25n');   # bob:wrong

# Path, certificate, then status and reason; for requests with a password its owner. Then what enforce says if that is not
# 403 and the same reason.
my @ROWS = (
    ['/report/x', 'other', '200 would-deny:no-match'],
    ['/report/x', undef, '200 would-deny:no-certificate'],
    ['/report/x', 'selfsigned', '200 would-deny:unverified'],
    ['/not/x', 'ok', '200 would-deny:no-match'],
    ['/not/x', 'other', '200', '200'],
    ['/not/x', 'nul-cn', '200 would-deny:malformed'],
    ['/none/x', 'ok', '200 would-deny:no-match'],
    ['/none/x', 'other', '200', '200'],
    ['/alias/x', 'ok', '200 would-deny:no-match'],
    # The rules of others.
    ['/all-ip/x', 'ok', '200 would-deny:no-match'],
    ['/all-other-ip/x', 'ok', '403 no-match'],
    ['/other-ip-all/x', 'ok', '403'],
    ['/true-other-ip/x', 'ok', '403'],
    ['/any-ip/x', 'ok', '200', '200'],
    ['/any-other-ip/x', 'ok', '403 no-match'],
    ['/not-ip/x', 'ok', '200 would-deny:no-match'],
    ['/not-this-ip/x', 'ok', '403 no-match'],
    ['/expr/x', 'ok', '403 no-match'],
    ['/expr/x', 'other', '200 would-deny:no-match'],
    ['/denied/x', 'ok', '403 no-match'],
    ['/alone-denied/x', 'ok', '403'],
    ['/limit/x', 'ok', '200', '200'],
    ['POST /limit/x', 'ok', '200 would-deny:no-match'],
    ['/satisfy/x', 'ok', '200 would-deny:no-match'],
    ['/closed/x', 'ok', '403'],
    # A password is asked for where it would be without our lines, or where enforce asks for it.
    ['/basic-all/x', 'ok', '401 no-match', '403 no-match'],
    ['/basic-all/x anne', 'ok', '200 would-deny:no-match'],
    ['/basic-all/x wrong', 'ok', '401 no-match', '403 no-match'],
    ['/basic-any/x', 'ok', '401 no-match', '401 no-match'],
    ['/basic-any/x anne', 'ok', '200', '200'],
    ['/basic-any/x wrong', undef, '401 no-certificate', '401 no-certificate'],
    ['/basic-or/x', 'ok', '401 no-match', '401 no-match'],
    ['/basic-or/x wrong', 'ok', '401 no-match', '401 no-match'],
    ['/basic-or/x bob', 'ok', '200', '200'],
    ['/basic-or/x anne', 'ok', '200 would-deny:no-match', '401 no-match'],
    ['/basic-none/x', 'ok', '403 no-match'],
    # A user from the certificate.
    ['/user/x', 'ok', '200 would-deny:no-match'],
    ['/user/x', 'other', '403 no-match'],
    ['/user/x', undef, '403 no-certificate'],
    ['/user-only/x', 'ok', '200', '200'],
    ['/user-only/x', 'other', '403 no-user'],
    ['/user-only/x', undef, '403 no-certificate'],
    ['/user-or/x', 'ok', '200', '200'],
    ['/user-or/x', 'other', '200 would-deny:no-user'],
    ['/user-or/x', undef, '200 would-deny:no-certificate'],
    # Sections laid over each other, and requests that change sections.
    ['/enforce/x', 'ok', '403 no-match'],
    ['/outer/and/x', 'ok', '403 no-match'],
    ['/outer/or/x', 'ok', '403 no-match'],
    ['/outer/off/x', 'ok', '200 would-deny:no-match', '200 would-deny:no-match'],
    ['/outer/silent/x', 'ok', '403 no-match'],
    ['/twice/x', 'ok', '403 no-match'],              # the last line holds
    ['/twice/and/x', 'ok', '403 no-match'],
    ['/plain/and/x', 'ok', '200 would-deny:no-match'],
    ['/plain/enforce/x', 'ok', '403 no-match'],
    ['/sometimes/x', 'ok', '200 would-deny:no-match'],
    ['/sometimes/x?report', 'ok', '200 would-deny:no-match', '200 would-deny:no-match'],
    ['/never/x?report', 'ok', '403 no-match'],       # what a section says of its own lines holds in an <If>, too
    ['/if/x', 'ok', '200 would-deny:no-match', '200 would-deny:no-match'],
    ['/index/', 'ok', '403 no-match'],
    ['/index-report/', 'ok', '200 would-deny:no-match', '200 would-deny:no-match'],
    ['/index-report/', undef, '200 would-deny:no-certificate', '200 would-deny:no-certificate'],
    ['/rewritten/in', 'ok', '403 no-match'],
    ['/rewritten/out', 'ok', '200 would-deny:no-match'],
    ['/fallback/none', 'ok', '403 no-match'],
    ['/fallback-out/none', 'ok', '403 no-match'],
    ['/enforce/rw', 'ok', '403 no-match'],
    # What else may refuse.
    ['/export/x', 'ok', '200 would-deny:no-match'],
    ['/large/x', 'ok', '200 would-deny:too-large'],
    ['/large/enforce/x', 'ok', '403 too-large'],
    ['/several/x', 'ok', '200 would-deny:ambiguous'],
    ['/both/x', 'ok', '200 would-deny:no-match'],
    ['/forgotten/x', 'ok', '200 would-deny:backstop'],
    ['/forgotten/x', undef, '200 would-deny:no-certificate'],
    ['/forgotten/enforce/x', 'ok', '403 backstop'],
    ['/backstop/x', 'ok', '200 would-deny:no-match'],
    ['/report/x', 'bare', '403 killed', '403 killed'],
    ['/forgotten/x', 'bare', '403 killed', '403 killed'],
    ['/alone-listed/x', 'ok', '200 would-deny:no-match'],
    ['/forgotten/..;/x', 'ok', '400 ambiguous-path', '400 ambiguous-path'],
    ['/path/a;b', 'ok', '400 ambiguous-path', '400 ambiguous-path'],
);

sub target_of { my ($row) = @_; return $row->[0] =~ m{^(?:([A-Z]+) )?(\S+)(?: (\w+))?$} }

sub answer {
    my ($mode, $http, $row) = @_;
    my ($method, $path, $who) = target_of($row);
    my $response = client()->request($server{$mode}, $path, http => $http, cert => $row->[1], method => $method // 'GET',
                                     $who ? (headers => [['authorization', $PASSWORD{$who}]]) : ());
    my $told = join ' ', $response->{status}, grep { length } $response->header('X-Reason') // '';
    return ($told, $response);
}

for my $http ('1.1', mpm() eq 'prefork' ? () : '2') {
    for my $row (@ROWS) {
        my ($path, $cert, $report, $enforce) = @$row;
        my $name = join ' ', "HTTP/$http", $path, $cert // 'nobody';
        $enforce //= $report =~ /^200 would-deny:(.*)/ ? "403 $1" : $report;
        my ($told, $response) = answer('report', $http, $row);
        is($told, $report, "$name, report");
        is($response->header('WWW-Authenticate') ? 401 : 0, $report =~ /^401/ ? 401 : 0, '  ... with a challenge where a password helps');
        is((answer('enforce', $http, $row))[0], $enforce, "$name, enforce");
    }
}

# The kill list where the certificate comes with the location: asked in the middle of the rules.
my $late = start_server(tls => <<"END", log_level => 'mtls_authz:info');
    SSLVerifyClient none
    MTLSMode report
    MTLSKillList "$www/killed"
    <Location "/late/">
        SSLVerifyClient require
        $NO
    </Location>
END
for my $tls ('1.2', '1.3') {
    for my $case (['bare', 403, 'access denied, reason: killed'], ['ok', 404, 'would deny, reason: no-match']) {
        my ($cert, $status, $line) = @$case;
        $late->mark;
        is(client()->request($late, '/late/x', cert => $cert, http => '1.1', tls => $tls, pha => 1)->{status}, $status,
           "$cert, asked for late in TLS $tls: $status");
        is(join(',', $late->error_log =~ /((?:would deny|access denied), reason: [\w-]+)/g), $line, "  ... $line");
    }
}

# What is written outside of virtual hosts holds in each that says nothing else, and so do sections that are written there.
my $outer = start_server(log_format => '%s %U %{MTLS_REASON}e', conf => <<"END", tls => <<"TLS", plain => <<'PLAIN');
    MTLSMode report
    <Location "/everywhere/">
        $NO
    </Location>
    <Location "/enforced/">
        MTLSMode enforce
        $NO
    </Location>
END
    <Location "/here/">
        $NO
    </Location>
    <Location "/here/enforced/">
        MTLSMode enforce
    </Location>
    <LocationMatch "/here/.*/again/">
        MTLSMode report
    </LocationMatch>
TLS
    MTLSMode enforce
    <Location "/reports/">
        MTLSMode report
        Require mtls
    </Location>
PLAIN
for my $case (['/everywhere/x', 0, '404 would-deny:no-match'], ['/enforced/x', 0, '403 no-match'], ['/here/x', 0, '404 would-deny:no-match'],
              ['/here/enforced/x', 0, '403 no-match'], ['/here/enforced/again/x', 0, '404 would-deny:no-match'],
              ['/everywhere/x', 1, '403 no-tls'], ['/enforced/x', 1, '403 no-tls'], ['/reports/x', 1, '404 would-deny:no-tls']) {
    my ($path, $plain, $wanted) = @$case;
    $outer->mark;
    client()->request($outer, $path, plain => $plain, $plain ? () : (cert => 'ok'));
    is(($outer->access_log(1))[0], join(' ', (split ' ', $wanted)[0], $path, (split ' ', $wanted)[1]), "$path, " . ($plain ? 'another virtual host' : 'one that says nothing'));
}
$outer->stop;

# ---- who the client is said to be ----

sub seen { my ($path, %more) = @_; return client()->request($server, $path, %more) }

my $named = seen('/export/x', cert => 'ok');
is(join(',', $named->backend_header('X-Who')), 'Anne Example', 'who would be denied and is verified is named to the backend');
for my $case ([nobody => undef], [unverified => 'selfsigned']) {
    my ($name, $cert) = @$case;
    my $response = seen('/export/x', cert => $cert);
    unlike($response->{body}, qr/Anne|SUCCESS|X-Who|ssl-client-subject/i, "$name: served without identity");
    is($response->{status}, 200, '  ... but served');
}
# A certificate that runs out while its connection lives.
my @kept = outlive($server, '/export/x', { subject => [[CN => 'Anne Example']] }, map { { http => $_ } } '1.1', mpm() eq 'prefork' ? () : '2');
for my $kept (@kept) {
    my $response = seen('/export/x', %$kept);
    is($response->{status} . ' ' . $response->header('X-Reason'), '200 would-deny:expired', "HTTP/$kept->{http}: whose certificate has expired meanwhile is served");
    is(join(',', $response->backend_header('ssl-client-verify')), 'FAILED:expired', '  ... and that it has is all that the backend is told');
    unlike($response->{body}, qr/Anne|SUCCESS|X-Who|ssl-client-subject/i, '  ... without identity');
}
for my $path ('/large/x', '/several/x', '/both/x') {
    my $response = seen($path, cert => 'ok');
    is($response->{status}, 200, "$path is served");
    unlike($response->{body}, qr/X-Cn|X-Who|ssl-client|Anne/i, '  ... with no header rather than half of them');
}
is(join(',', seen('/env/x', cert => 'ok')->backend_header('X-Reason-Was')), 'would-deny:no-match', 'the field reason says it, too');
for my $path ('/export/x', '/large/x') {
    is(seen($path, cert => 'ok', headers => [['X-Cn', 'Eve'], ['X-Who', 'Eve']])->{status}, 400, "$path: the guard refuses all the same");
}

sub user_of {
    my ($path, %more) = @_;
    $server->mark;
    seen($path, %more);
    return ($server->access_log(qr/ \Q$path\E /))[0] =~ /^\d+ \S+ (.*) \S+$/ ? $1 : '?';
}
is(user_of('/name/x', cert => 'ok'), 'Anne Example', 'a certificate names the user');
is(user_of('/name/x', cert => 'selfsigned'), '-', 'one that is not verified names nobody');
is(user_of('/basic-all/x', cert => 'ok', headers => [['authorization', $PASSWORD{anne}]]), 'anne', 'a password does');
is(user_of('/basic-or/x', cert => 'ok', headers => [['authorization', $PASSWORD{anne}]]), 'anne', 'also one that was not needed');
is(user_of('/report/x', cert => 'ok', headers => [['authorization', $PASSWORD{wrong}]]), '-', 'a name without a proof is no user');

# ---- what is said ----

sub lines_for {
    my ($path, %more) = @_;
    $server->mark;
    my $response = seen($path, cert => 'ok', %more);
    return ($response, grep { /\Q$path\E|denied|would deny/ } split /\n/, $server->error_log);
}

my ($response, @lines) = lines_for('/not/x');
is(scalar @lines, 1, 'one line for a request that would be denied') or diag(join "\n", @lines);
like($lines[0], qr/\[mtls_authz:error\].* would deny, reason: no-match \(no rule lets this certificate in\); GET \/not\/x; \S+:\d+ \(negated: Require mtls subject\.cn is "Anne Example"\): true; subject ".*CN=Anne Example.*"; issuer ".*"; serial "0A1B2C3D4E5F60718293"; sha256 "[0-9a-f]{16}"; id \S+$/,
     '  ... which says all that a denial says');
($response, @lines) = lines_for('/all-other-ip/x');
is(scalar(grep { /authz_core:error.*AH01630/ } @lines), 1, 'httpd says what it has denied');
is(scalar(grep { /access denied, reason: no-match.*; MTLSMode is report, and other rules refuse it, too; / } @lines), 1, '  ... and so do we');
is(scalar @lines, 2, '  ... once') or diag(join "\n", @lines);
($response, @lines) = lines_for('/other-ip-all/x');
is(join(' ', map { /(AH\d+)/ } @lines), 'AH01630', 'what others deny is said by httpd alone');
($response, @lines) = lines_for('/rewritten/out');
is(scalar(grep { /would deny/ } @lines), 1, 'a redirected request is reported once');
($response, @lines) = lines_for('/rewritten/in');
is(scalar(grep { /would deny/ } @lines) . scalar(grep { /access denied/ } @lines), '11', 'reported, then redirected and denied: both are said');
($response, @lines) = lines_for('/backstop/x');
is(scalar @lines, 1, 'the backstop has nothing to add');
$server->mark;
seen('/report/x');
like($server->error_log, qr/\[mtls_authz:info\].*would deny, reason: no-certificate/, 'a scanner is reported at level info');
is(seen('/report/missing', cert => 'ok')->{body} =~ /"MTLS_REASON", "([^"]*)"/ ? $1 : '', 'would-deny:no-match', 'an error page of the application can read it');
is(seen($_, cert => 'ok')->{body} =~ /MTLS_REASON(?:", "|: ?)([\w:-]*)/ ? $1 : '', 'would-deny:no-match', "the application at $_ can read it") for '/program', '/gateway/x';
$server->mark;
seen('/report/x', cert => 'ok');
like(($server->access_log(qr{/report/x}))[0], qr{^200 /report/x - would-deny:no-match$}, 'the access log has it');

($response, @lines) = lines_for('/enforce/page');
is("$response->{status} $response->{body}", "403 SECRET\n", 'a section that only reports serves an error page');
like("@lines", qr/access denied, reason: no-match/, '  ... and says what was denied,');
unlike($server->error_log, qr/would deny/, '  ... but nothing new of the request');

# Parts of a page: each by its own section's mode.
$server->mark;
my $page = seen('/page/parts.shtml', cert => 'ok');
like($page->{body}, qr/^\[SECRET\n\]\[\[an error occurred/, 'a part of a section that enforces is refused');
is(join(' ', map { /(would deny|access denied).*GET (\S+);/ ? "$1 $2" : () } split /\n/, $server->error_log =~ s/(GET \S+?);.*/$1;/gr),
   'would deny /page/parts.shtml would deny /report/part.txt access denied /enforce/part.txt', '  ... and each has its line');
$server->mark;
like(seen('/page/same.shtml', cert => 'ok')->{body}, qr/^\[SECRET\n\]\[SECRET\n\]\[would-deny:no-match\]/, 'parts of the same section are served');
is(scalar(() = $server->error_log =~ /would deny/g), 1, '  ... with one line for all');

# TRACE, which httpd answers before all rules.
for my $case (['/forgotten/x', 200], ['/forgotten/enforce/x', 403]) {
    my ($path, $status) = @$case;
    $server->mark;
    is(client()->request($server, $path, method => 'TRACE', cert => 'ok')->{status}, $status, "TRACE $path: $status");
    like($server->error_log, $status == 200 ? qr/would deny, reason: backstop/ : qr/access denied, reason: backstop/, '  ... and a line');
}
done_testing;
