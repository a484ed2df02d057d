#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Every denial explains itself: one line in the log with everything that was tried, and MTLS_REASON for
# access log and error page, whatever kind of page it is. No client can make the line say anything else.
use MTLS::Test;

my $backend = start_backend('http');
my $docs = top() . '/t/logs/52reason';
mkdir $docs;
spew("$docs/page.html", "local\n");
spew("$docs/error.shtml", "ssi <!--#echo var=\"MTLS_REASON\" --> <!--#echo var=\"REDIRECT_MTLS_REASON\" -->\n");
spew("$docs/outer.shtml", "before <!--#include virtual=\"/inner/x\" --> after\n");
my $six = join '', map { "Require mtls subject.cn is nobody-$_\n" } 1 .. 6;
my $lines = <<"END";
    DocumentRoot "$docs"
    <Directory "$docs">
        Require all granted
        Options +Includes
    </Directory>
    <FilesMatch "shtml\$">
        SetOutputFilter INCLUDES
    </FilesMatch>
    ProxyPass "/backend/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    <LocationMatch "^/(?:any|text|local|cgi|proxied|ssi|circle|inner)/">
        <RequireAny>
            Require mtls subject.cn is first
            Require mtls san.dns is second.example.org
            Require mtls key.bits >= 9999
        </RequireAny>
    </LocationMatch>
    <Location "/text/">
        ErrorDocument 403 "because of %{reqenv:MTLS_REASON}"
    </Location>
    <Location "/local/">
        ErrorDocument 403 /page.html
    </Location>
    <Location "/cgi/">
        ErrorDocument 403 /cgi-bin/dump.py
    </Location>
    <Location "/proxied/">
        ErrorDocument 403 /backend/status/403
    </Location>
    <Location "/ssi/">
        ErrorDocument 403 /error.shtml
    </Location>
    <Location "/circle/">
        ErrorDocument 403 /circle/again
    </Location>
    <Location "/nested/">
        <RequireAll>
            Require mtls tls.version >= TLSv1.2
            <RequireAny>
                Require mtls subject.cn is nested
                <RequireAll>
                    Require mtls subject.cn is deeper
                    Require mtls subject.cn is unasked
                </RequireAll>
            </RequireAny>
        </RequireAll>
    </Location>
    <Location "/not/">
        <RequireAll>
            Require mtls
            Require not mtls subject.cn is "Anne Example"
        </RequireAll>
    </Location>
    <Location "/none/">
        <RequireAll>
            Require mtls
            <RequireNone>
                Require mtls subject.o is "Example, Inc."
            </RequireNone>
        </RequireAll>
    </Location>
    <Location "/six/">
        <RequireAny>
            $six
        </RequireAny>
    </Location>
    <Location "/alias/">
        Require staff
    </Location>
    <Location "/second/">
        <RequireAny>
            Require mtls subject.cn is nobody
            Require mtls subject.cn is "Anne Example"
        </RequireAny>
    </Location>
    <Location "/address/">
        <RequireAny>
            Require mtls subject.cn is nobody
            Require ip 127.0.0.1
        </RequireAny>
    </Location>
    <Location "/others/">
        <RequireAll>
            Require mtls
            Require ip 192.0.2.1
        </RequireAll>
    </Location>
    <Location "/basic/">
        AuthType Basic
        AuthName test
        AuthBasicProvider file
        AuthUserFile /dev/null
        <RequireAny>
            Require mtls subject.cn is nobody
            Require valid-user
        </RequireAny>
    </Location>
    <LocationMatch "^(/backend)?/cn/">
        Require mtls subject.cn is nobody
    </LocationMatch>
    <Location "/valid/">
        Require mtls
    </Location>
    <Location "/user/">
        AuthType mtls
        MTLSUser san.email match=^(root)\@.*
        Require valid-user
    </Location>
    <Location "/single/">
        MTLSHeader X-One subject.cn
        MTLSUser subject.cn
        MTLSExport remote-user
    </Location>
    <Location "/small/">
        MTLSExport rfc9440
        MTLSMaxHeaders 100
    </Location>
    <Location "/path/">
        MTLSPathCheck strict
    </Location>
    <Location "/backstop/">
        MTLSBackstop on
        Require all granted
    </Location>
END
my $conf = <<'END';
    <AuthzProviderAlias mtls staff "subject.ou is Staff">
    </AuthzProviderAlias>
    MTLSOnSpoof reject
    LimitRequestLine 20000
END
my $format = '%m %U %>s %{MTLS_REASON}e %L';
my $server = start_server(tls => "SSLVerifyClient optional_no_ca\n$lines", plain => $lines, conf => $conf,
                          log_format => $format, log_level => 'info mtls_authz:debug');

# One request; the response, our denials in the log, and the access log's words.
sub ask {
    my ($path, %how) = @_;
    $server->mark;
    my $r = client()->request($server, $path, (exists $how{cert} ? () : (cert => 'ok')), %how);
    my ($access) = $server->access_log(1);
    my @log = split /\n/, $server->error_log;
    return ($r, [grep { /access denied/ } @log], [split ' ', $access], \@log);
}

# Where a line of these words stands behind another one: FILE:LINE. The virtual host with TLS is the last.
sub place {
    my ($words, $section) = @_;
    my $file = $server->dir . '/httpd.conf';
    my ($n, $inside, $at) = (0, 0, 0);
    for (split /\n/, slurp($file)) {
        $n++;
        $inside = /\Q$section\E/ if $section && /<Location/;
        $at = $n if /^\s*(?:Require|<AuthzProviderAlias)\s.*\Q$words\E|^\s*\Q$words\E$/ && ($inside || !$section);
    }
    return "$file:" . ($at || die "no line with $words");
}

# ---- what was tried ----

my @TRIED = (
    # path, certificate, status, what stands in the line of our Require lines, in order
    ['/any/', 'ok', 403, [
        [place('is first'), 'Require mtls subject.cn is first', 'no-match'],
        [place('second.example'), 'Require mtls san.dns is second.example.org', 'no-match'],
        [place('9999'), 'Require mtls key.bits >= 9999', 'no-match']]],
    ['/any/', 'control-cn', 403, [
        [place('is first'), 'Require mtls subject.cn is first', 'malformed'],
        [place('second.example'), 'Require mtls san.dns is second.example.org', 'no-match'],
        [place('9999'), 'Require mtls key.bits >= 9999', 'no-match']], 'malformed'],
    ['/nested/', 'ok', 403, [
        [place('TLSv1.2'), 'Require mtls tls.version >= TLSv1.2', 'true'],
        [place('is nested'), 'Require mtls subject.cn is nested', 'no-match'],
        [place('is deeper'), 'Require mtls subject.cn is deeper', 'no-match']]],
    ['/not/', 'ok', 403, [
        [place('Require mtls', '/not/'), 'Require mtls', 'true'],
        [place('not mtls subject.cn'), 'negated: Require mtls subject.cn is "Anne Example"', 'true']]],
    ['/none/', 'ok', 403, [
        [place('Require mtls', '/none/'), 'Require mtls', 'true'],
        [place('subject.o is'), 'negated: Require mtls subject.o is "Example, Inc."', 'true']]],
    ['/not/', 'control-cn', 403, [
        [place('Require mtls', '/not/'), 'Require mtls', 'true'],
        [place('not mtls subject.cn'), 'negated: Require mtls subject.cn is "Anne Example"', 'malformed']], 'malformed'],
    ['/not/', 'other', 404],
    ['/six/', 'ok', 403, [(map { [place("nobody-$_"), "Require mtls subject.cn is nobody-$_", 'no-match'] } 1 .. 5), 'and 1 more']],
    ['/alias/', 'ok', 403, [[place('mtls staff'), 'Require mtls subject.ou is Staff', 'no-match']]],
    ['/second/', 'ok', 404],
    ['/address/', 'ok', 404],
    ['/address/', undef, 404],
    ['/others/', 'ok', 403, undef, '-'],
    ['/basic/', 'ok', 401, [[place('mtls subject.cn is nobody', '/basic/'), 'Require mtls subject.cn is nobody', 'no-match']]],
);
for my $case (@TRIED) {
    my ($path, $cert, $status, $tried, $slug) = @$case;
    for my $http ($path eq '/basic/' || mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
        my ($r, $denials, $access, $log) = ask("${path}x", cert => $cert, http => $http);
        my $title = "$path, " . ($cert // 'nobody') . ", HTTP/$http";
        is($r->{status}, $status, "$title: $status");
        is(scalar @$denials, $tried ? 1 : 0, "$title: " . ($tried ? 'one line' : 'no line') . ' of ours') or diag(@$denials);
        is($access->[3], $tried ? $slug // 'no-match' : '-', "$title: MTLS_REASON in the access log");
        is(scalar(grep { /mtls_authz:/ } @$log), 0, "$title: nothing above trace") if !$tried;
        next if !$tried;
        my $line = $denials->[0] =~ s/\\\\/\\/gr;
        my @found = $line =~ /; (\S+:\d+ \(.*?\): [a-z-]+|and \d+ more)(?=;)/g;
        my @expected = map { ref $_ ? "$_->[0] ($_->[1]): $_->[2]" : $_ } @$tried;
        is(join("\n", @found), join("\n", @expected), "$title: what was tried") or diag($line);
        is(($line =~ /; id (\S+)$/)[0], $access->[4], "$title: the request's id is %L");
    }
}

# ---- who ----

sub openssl { my ($cert, @what) = @_; return qx(openssl x509 -in @{[ pki("$cert.crt") ]} -noout @what) =~ s/^[^=]*=\s*|\n$//gr }
make_certificate('fake-field', { subject => [['CN', 'x"; issuer "evil"; serial "00"; sha256 "0000000000000000"; id fake']] });
make_certificate('fake-line', { subject => [['CN', "x\n[Mon Jan 01] [mtls_authz:error] access denied, reason: granted"]] });
make_certificate('backslash', { subject => [['CN', 'a\\"; sha256 \\']] });
make_certificate('long', { subject => [['O', 'o' x 6000], ['CN', 'long']] });
make_certificate('long-serial', { serial => 7 });
my @PEOPLE = qw(ok other bare rsa multi-rdn quote-cn comma-cn plus-cn slash-cn percent-cn null-word-cn blank-cn utf8-cn
                fake-field backslash long long-serial no-subject);
for my $cert (@PEOPLE, qw(fake-line control-cn nul-cn bits-cn)) {
    my ($r, $denials) = ask('/cn/x', cert => $cert);
    is($r->{status}, 403, "$cert: refused");
    is(scalar @$denials, 1, "$cert: one line") or next;
    unlike($denials->[0], qr/[^ -~]/, "$cert: printable ASCII only");
    is(scalar(() = $denials->[0] =~ /; sha256 "/g), 1, "$cert: one field sha256");
    my @who = $denials->[0] =~ s/\\\\/\\/gr
        =~ /: [a-z-]+; subject "((?:[^"\\]|\\.)*)"; issuer "((?:[^"\\]|\\.)*)"; serial "([0-9A-F]+)"; sha256 "([0-9a-f]{16})"; id (\S+)$/;
    is(scalar @who, 5, "$cert: all of its fields") or next;
    my $subject = openssl($cert, '-subject', '-nameopt', 'RFC2253');
    $subject = substr($subject, 0, 1000) . '...' if length $subject > 1000;
    is($who[0], $cert eq 'no-subject' ? '-' : $subject, "$cert: subject") if grep { $_ eq $cert } @PEOPLE;
    is($who[1], openssl($cert, '-issuer', '-nameopt', 'RFC2253'), "$cert: issuer");
    is($who[2], openssl($cert, '-serial'), "$cert: serial");
    is($who[3], lc substr(openssl($cert, '-fingerprint', '-sha256') =~ tr/://dr, 0, 16), "$cert: SHA-256");
}

# ---- what was asked for ----

my @ASKED = (
    # the path as sent, as the line has it
    ['/cn/x', '/cn/x'],
    ['/cn/a%0ab', '/cn/a%0Ab'],
    ['/cn/%1b[2J%7f%0d', '/cn/%1B[2J%7F%0D'],
    ['/cn/%22;%20subject%20%22CN=admin%22', '/cn/%22;%20subject%20%22CN=admin%22'],
    ['/cn/;%20id%20fake', '/cn/;%20id%20fake'],
    ['/cn/%2525', '/cn/%2525'],
    ['/cn/100%25', '/cn/100%25'],
    ['/cn/%c3%a4%ff', '/cn/%C3%A4%FF'],
    ['/cn/back%5cslash', '/cn/back%5Cslash', '/cn/back\\slash'],
    ['/backend/cn/' . 'x' x 8000, '/backend/cn/' . 'x' x 988 . '...'],
    ['/backend/cn/' . '%20' x 2500, '/backend/cn/' . substr('%20' x 330, 0, 988) . '...'],
);
for my $case (@ASKED) {
    my ($sent, @logged) = @$case;
    my ($r, $denials) = ask($sent, method => 'PROPFIND');
    my $title = length $sent > 60 ? substr($sent, 0, 20) . '...' : $sent;
    is($r->{status}, 403, "$title: refused");
    is(scalar @$denials, 1, "$title: one line") or next;
    unlike($denials->[0], qr/[^ -~]/, "$title: printable ASCII only");
    my ($method, $path) = $denials->[0] =~ s/\\\\/\\/gr =~ /\); (\S+) (\S+); \S+:\d+ \(Require .*; sha256 "[0-9a-f]{16}"; id \S+$/;
    is($method, 'PROPFIND', "$title: the method");
    ok((grep { ($path // '') eq $_ } @logged), "$title: the path") or diag($denials->[0]);
}

# ---- error pages ----

my @PAGES = (
    # location, what the page shows
    ['/text/', qr/^because of no-match$/],
    ['/local/', qr/^local$/],
    ['/cgi/', qr/\["MTLS_REASON", "no-match"\].*\["REDIRECT_MTLS_REASON", "no-match"\]/s],
    ['/proxied/', qr/"kind": "http"/],
    ['/ssi/', qr/^ssi no-match no-match$/],
    ['/circle/', qr/Forbidden/],
);
for my $page (@PAGES) {
    for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
        my ($r, $denials, $access) = ask("$page->[0]x", http => $http);
        is($r->{status}, 403, "$page->[0], HTTP/$http: 403");
        like($r->{body}, $page->[1], "$page->[0], HTTP/$http: the page");
        is(scalar @$denials, 1, "$page->[0], HTTP/$http: one line") or diag(@$denials);
        is($access->[3], 'no-match', "$page->[0], HTTP/$http: MTLS_REASON in the access log");
        is(($denials->[0] =~ /; id (\S+)$/)[0], $access->[4], "$page->[0], HTTP/$http: the same id");
    }
}
my ($r, $denials, $access) = ask('/outer.shtml');
is($r->{status}, 200, 'a page that includes a refused one');
is(scalar @$denials, 1, 'the refused part is in the log');
like($denials->[0], qr{GET /inner/x; }, 'by its own path');
is($access->[3], 'no-match', "and in the main request's environment");
is(($denials->[0] =~ /; id (\S+)$/)[0], $access->[4], "under the main request's id");

# ---- every reason ----

my @REASONS = (
    # slug, level, status, path, how
    ['no-tls', 'info', 403, '/valid/x', plain => 1, cert => undef],
    ['no-certificate', 'info', 403, '/valid/x', cert => undef],
    ['unverified', 'error', 403, '/valid/x', cert => 'stranger'],
    ['unverified', 'error', 403, '/valid/x', cert => 'selfsigned'],
    ['malformed', 'error', 403, '/cn/x', cert => 'control-cn'],
    ['no-match', 'error', 403, '/cn/x'],
    ['ambiguous', 'error', 403, '/single/x', cert => 'two-cns'],
    ['no-user', 'error', 403, '/user/x'],
    ['too-large', 'error', 403, '/small/x'],
    ['ambiguous-path', 'error', 400, '/path/a;b'],
    ['backstop', 'error', 403, '/backstop/x'],
    ['spoofed-header', 'error', 400, '/valid/x', headers => [['Client_Cert', 'x']]],
);
for my $case (@REASONS) {
    my ($slug, $level, $status, $path, %how) = @$case;
    my ($r, $denials, $access) = ask($path, %how);
    is($r->{status}, $status, "$slug: $status");
    is(scalar @$denials, 1, "$slug: one line") or diag(@$denials);
    like($denials->[0] // '', qr/\[mtls_authz:$level\].*access denied, reason: $slug \([^()]+\); GET /, "$slug: at level $level");
    is($access->[3], $slug, "$slug: MTLS_REASON");
    is(($denials->[0] // '') =~ /sha256/ ? 1 : 0, exists $how{cert} && !defined $how{cert} ? 0 : 1,
       "$slug: with the certificate, if there is one");
}
my ($kept) = outlive($server, '/valid/x', { subject => [[CN => 'ephemeral']] }, {});
$server->mark;
$r = client()->request($server, '/valid/x', %$kept);
is($r->{status}, 403, 'expired: 403');
like($server->error_log, qr/mtls_authz:error\].*reason: expired \(.*; subject "CN=ephemeral"/, 'expired: in the log');
done_testing;
