#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Which headers a location sends: sections laid over each other, what the operator sets himself, and
# what is left of an outer request's headers behind redirects and in subrequests - nothing.
use MTLS::Test;
use MTLS::Lists;

my $backend = start_backend('http', 'fcgi');
my $port = $backend->port('http');
my $dead = free_port();
my $htdocs = top() . '/t/logs/50export';
mkdir $htdocs;
mkdir "$htdocs/$_" for qw(dir dir2 ssi fallback);
spew("$htdocs/ssi/page.shtml", "one <!--#include virtual=\"/b/inner\" --> two <!--#include virtual=\"/none/inner\" --> "
     . "three <!--#include virtual=\"/a/inner\" -->\n");
spew("$htdocs/ssi/error.shtml", "sorry <!--#include virtual=\"/a/inner\" -->\n");
my $lines = <<"END";
    DocumentRoot "$htdocs"
    MTLSHeader X-Base subject.cn
    ProxyPass "/dir/" "!"
    ProxyPass "/dir2/" "!"
    ProxyPass "/ssi/" "!"
    ProxyPass "/fallback/" "!"
    ProxyPass "/rewrite/" "!"
    ProxyPass "/fail/" "balancer://pair/"
    ProxyPass "/fcgi/" "fcgi://127.0.0.1:@{[ $backend->port('fcgi') ]}/"
    ProxyPass "/" "http://127.0.0.1:$port/"
    <Proxy "balancer://pair">
        BalancerMember "http://127.0.0.1:$dead" lbset=0
        BalancerMember "http://127.0.0.1:$port" lbset=1
    </Proxy>
    <Directory "$htdocs">
        Require all granted
        Options +Includes
    </Directory>
    <FilesMatch "shtml\$">
        SetOutputFilter INCLUDES
    </FilesMatch>
    <Location "/a/">
        MTLSExport rfc9440 puppet
        MTLSHeader X-Single serial
        MTLSHeader X-Literal "=from here"
    </Location>
    <Location "/a/replaced/">
        MTLSExport nginx
    </Location>
    <Location "/a/plus/">
        MTLSExport +azure
    </Location>
    <Location "/a/minus/">
        MTLSExport -puppet
    </Location>
    <Location "/a/both/">
        MTLSExport +azure -rfc9440
    </Location>
    <Location "/a/both/again/">
        MTLSExport +rfc9440 -azure
    </Location>
    <Location "/a/none/">
        MTLSExport none
    </Location>
    <Location "/a/none/plus/">
        MTLSExport +azure
    </Location>
    <Location "/a/single/">
        MTLSHeader x_single sha256
        MTLSHeader X-LITERAL none
    </Location>
    <Location "/a/single/off/">
        MTLSHeader X.Single none
        MTLSHeader X-Base none
    </Location>
    <Location "/a/if/">
        <If "%{HTTP:X-Ask} == 'more'">
            MTLSExport +azure
            MTLSHeader X-Single "=if"
        </If>
        <ElseIf "%{HTTP:X-Ask} == 'none'">
            MTLSExport none
        </ElseIf>
    </Location>
    <Location "/twice/">
        MTLSExport puppet pulp tomcat undertow
        MTLSHeader X-Base none
    </Location>
    <Location "/b/">
        MTLSExport azure
        MTLSHeader X-Base none
    </Location>
    <Location "/none/">
        MTLSHeader X-Base none
    </Location>
    <Location "/set/">
        MTLSExport rfc9440
        RequestHeader set Client-Cert operators
        RequestHeader set client_cert operators
        RequestHeader append Client-Cert-Chain operators
        RequestHeader set X-Client-Cert operators
        RequestHeader set ssl_client_verify operators
    </Location>
    <Location "/set/none/">
        MTLSExport none
    </Location>
    <Location "/error/">
        MTLSHeader X-Base none
        RequestHeader set X-ARR-ClientCert operators
    </Location>
    <Location "/failed/">
        ErrorDocument 404 /error/status/404
        MTLSExport azure
    </Location>
    <Location "/failed/here">
        RequestHeader set ssl_client_verify operators
    </Location>
    ProxyErrorOverride On 404
    RewriteEngine On
    RewriteRule "^/rewrite/proxied\$" "http://127.0.0.1:$port/" [P]
    RewriteRule "^/rewrite/through\$" "/b/x" [PT]
    <Directory "$htdocs/dir">
        DirectoryIndex /b/index
    </Directory>
    <Directory "$htdocs/dir2">
        MTLSExport rfc9440
        RewriteEngine On
        RewriteRule "^through\$" "/b/x" [PT]
        RewriteRule "^proxied\$" "http://127.0.0.1:$port/" [P]
    </Directory>
    <Directory "$htdocs/fallback">
        MTLSExport rfc9440
        FallbackResource /b/fallback
    </Directory>
    <Location "/ssi/">
        MTLSExport nginx
    </Location>
    <Location "/rewrite/">
        MTLSExport rfc9440
    </Location>
    <Location "/small/">
        MTLSExport rfc9440
        MTLSMaxHeaders 500
    </Location>
    <Location "/many/">
        MTLSExport xfcc
    </Location>
    <Location "/one/">
        MTLSHeader X-One san.uri
    </Location>
    <Location "/named/">
        MTLSUser subject.cn
        MTLSExport remote-user
    </Location>
    <Location "/refused/">
        ErrorDocument 403 /ssi/error.shtml
        Require mtls subject.cn nobody
    </Location>
END
my $server = start_server(tls => $lines, conf => "MTLSOnSpoof reject\n", log_level => 'mtls_authz:debug');

# Everything of ours in a request that a backend received: name, and whose value it is.
my %MANAGED = map { $_ => 1 } qw(client-cert client-cert-chain x-client-cert x-client-dn x-client-verify x-arr-clientcert
    x-single x-literal x-base x-one ssl-client-verify ssl-client-subject-dn ssl-client-issuer-dn ssl-client-cert
    ssl-cipher ssl-session-id ssl-cipher-usekeysize ssl-secure-protocol secure-protocol x-forwarded-client-cert x-remote-user);
sub managed {
    my ($seen) = @_;
    my @found;
    for (map { ref $_ ? "$_->[0]: $_->[1]" : $_ } @{ $seen->{headers} // $seen->{params} }) {
        my ($name, $value) = /^([^:]*):\s*(.*)$/;
        my $folded = lc($name) =~ s/[^a-z0-9]/-/gr;
        push @found, $value eq 'operators' ? "$folded=operator" : $folded if $MANAGED{$folded};
    }
    return join ' ', sort @found;
}

my $A = 'client-cert client-cert-chain x-base x-client-cert x-client-dn x-client-verify x-literal x-single';
my @CASES = (
    # path, managed headers, more
    ['/x', 'x-base'],
    ['/a/x', $A],
    ['/a/replaced/x', 'ssl-client-cert ssl-client-issuer-dn ssl-client-subject-dn ssl-client-verify x-base x-literal x-single'],
    ['/a/plus/x', "$A x-arr-clientcert"],
    ['/a/minus/x', 'client-cert client-cert-chain x-base x-literal x-single'],
    ['/a/both/x', 'x-arr-clientcert x-base x-client-cert x-client-dn x-client-verify x-literal x-single'],
    ['/a/both/again/x', $A],
    ['/a/none/x', 'x-base x-literal x-single'],
    ['/a/none/plus/x', 'x-arr-clientcert x-base x-literal x-single'],
    ['/a/single/x', 'client-cert client-cert-chain x-base x-client-cert x-client-dn x-client-verify x-single'],
    ['/a/single/off/x', 'client-cert client-cert-chain x-client-cert x-client-dn x-client-verify'],
    ['/a/if/x', $A],
    ['/a/if/x', "$A x-arr-clientcert", headers => [['X-Ask', 'more']]],
    ['/a/if/x', 'x-base x-literal x-single', headers => [['X-Ask', 'none']]],
    ['/twice/x', 'secure-protocol ssl-cipher ssl-cipher-usekeysize ssl-client-cert ssl-secure-protocol ssl-session-id '
        . 'x-client-cert x-client-dn x-client-verify'],
    ['/none/x', ''],
    ['/set/x', 'client-cert client-cert-chain ssl-client-verify=operator x-base x-client-cert=operator'],
    ['/set/none/x', 'client-cert-chain=operator client-cert=operator client-cert=operator ssl-client-verify=operator x-base '
        . 'x-client-cert=operator'],
    ['/fail/x', 'x-base'],
    ['/rewrite/proxied', 'client-cert client-cert-chain x-base'],
    ['/rewrite/through', 'x-arr-clientcert'],
    ['/dir/', 'x-arr-clientcert'],
    ['/dir2/through', 'x-arr-clientcert'],
    ['/dir2/proxied', 'client-cert client-cert-chain x-base'],
    ['/fallback/nothing', 'x-arr-clientcert'],
    ['/failed/status/404', 'x-arr-clientcert=operator', status => 404],
    ['/named/x', 'x-base x-remote-user'],
);
for my $case (@CASES) {
    my ($path, $expected, %more) = @$case;
    my $status = delete $more{status} // 200;
    for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
        next if $http eq '2' && $path eq '/set/none/x';     # mod_headers' own two spellings
        $backend->mark;
        my $r = client()->request($server, $path, cert => 'ok', http => $http,
            headers => [map { [$http eq '2' ? lc $_->[0] : $_->[0], $_->[1]] } @{ $more{headers} // [] }]);
        my $seen = ($backend->received)[-1];
        my $title = "$path" . ($more{headers} ? " ($more{headers}[0][1])" : '') . ", HTTP/$http";
        is($r->{status}, $status, "$title: $status");
        is($seen ? managed($seen) : 'not received', join(' ', sort split ' ', $expected), "$title: what the backend gets");
        my @named = grep { $MANAGED{ lc($_->[0]) =~ s/[^a-z0-9]/-/gr } } @{ $r->{headers} };
        is(scalar @named, 0, "$title: nothing of it in the response");
    }
}
unlike($server->error_log, qr/spoofed-header/, 'our own headers are no forgery, on no redirect');

# What the operator set in the location before survives a redirect, as without us.
$backend->mark;
client()->request($server, '/failed/here/status/404', cert => 'ok');
is(join(' | ', map { managed($_) } $backend->received), 'ssl-client-verify=operator x-arr-clientcert x-base | '
   . 'ssl-client-verify=operator x-arr-clientcert=operator', "the operator's header is his on the redirected request, too");

# ---- subrequests ----

$backend->mark;
my $r = client()->request($server, '/ssi/page.shtml', cert => 'ok');
is($r->{status}, 200, 'a page with three included parts');
is(join(' | ', map { managed($_) } $backend->received), "x-arr-clientcert |  | $A",
   'each part gets what its own location exports, whatever was sent before');
$backend->mark;
$r = client()->request($server, '/refused/x', cert => 'ok');
is($r->{status}, 403, 'a refused request with an error page that includes another location');
is(join(' | ', map { managed($_) } $backend->received), '', 'nobody is named to the included location');

# ---- denials by the export itself ----

my @DENIED = (
    ['/small/', 'ok', 'too-large', qr/; \d+ bytes of identity headers, MTLSMaxHeaders is 500;/],
    ['/many/', 'many-sans', 'too-large', qr/; \d+ bytes of identity headers, MTLSMaxHeaders is 32768;/],
    ['/one/', 'comma-uri', 'ambiguous', qr/; for header X-One;/],
    ['/named/', 'two-cns', 'ambiguous', qr/; for header X-Remote-User;/],
    ['/x', 'two-cns', undef],
    ['/small/', 'bare', undef],
    ['/one/', 'two-spiffe', undef],
    ['/one/', 'other', undef],
);
for my $case (@DENIED) {
    my ($path, $cert, $reason, $detail) = @$case;
    $server->mark;
    $backend->mark;
    my $r = client()->request($server, $path, cert => $cert);
    my @lines = grep { /access denied/ } split /\n/, $server->error_log;
    is($r->{status}, $reason ? 403 : 200, "$path, $cert: " . ($reason // 'served'));
    is(scalar @lines, $reason ? 1 : 0, "$path, $cert: lines in the log");
    next if !$reason;
    like($lines[0], qr/reason: $reason \(/, "$path, $cert: the log says so");
    like($lines[0], $detail, "$path, $cert: and how it came") if $detail;
    is(scalar($backend->received), 0, "$path, $cert: the backend hears nothing");
}

# ---- TRACE ----

for my $case (['/a/x', []], ['/a/x', [['Max-Forwards', '0']]], ['/x', [['Max-Forwards', '0']]], ['/ssi/page.shtml', []]) {
    my $r = client()->request($server, $case->[0], cert => 'ok', method => 'TRACE', headers => $case->[1]);
    my $title = "TRACE $case->[0] " . join ' ', map { @$_ } @{ $case->[1] };
    like($r->{body}, qr/TRACE/, "$title: is answered");
    unlike($r->{body}, qr/^(?:Client-Cert|X-Single|X-Literal|X-Base|X-Client|ssl-client)/mi, "$title: without our headers");
    unlike($r->{body}, qr/Anne|from here/, "$title: and without their values");
}

# ---- pages of the server about itself, and what comes back ----

my $private = list_dir();
put('partners', 'shop.example.org partner=secret-label', 'like:*.secret-name.example');
put('gone', 'sha256 ' . digest_of('other'));
my $pages = start_server(conf => "ExtendedStatus on\n", tls => sprintf <<'END', $private, $private, $backend->port('http'));
    MTLSListInterval 1s
    MTLSList partners san.dns file:%s/partners
    MTLSKillList %s/gone
    MTLSUser subject.cn
    MTLSExport nginx xfcc:subject,uri
    MTLSHeader X-Partner label.partners.partner
    ProxyPass /info !
    ProxyPass /status !
    ProxyPass / http://127.0.0.1:%d/
    <Location "/">
        Require mtls in partners
    </Location>
    <Location "/info">
        SetHandler server-info
        Require all granted
    </Location>
    <Location "/status">
        SetHandler server-status
        Require all granted
    </Location>
END
my $known = client()->request($pages, '/x', cert => 'ok');
is(join(' ', $known->backend_header('X-Partner')), 'secret-label', 'what is private is in use');
# In the company of t/all/72neighbours.t mod_perl and mod_lua are told to say who it is.
my $back = join "\n", map { join ': ', @$_ } grep { $_->[0] !~ /^X-(?:Perl|Lua)$/ } @{ $known->{headers} };
unlike($back, qr/Anne|secret|partner|client-cert|ssl-client/i, 'the client is told nothing of it');
for my $path ('/info', '/info?config', '/info?mod_mtls_authz.c', '/info?hooks', '/info?list', '/info?server', '/status', '/status?auto') {
    my $page = client()->request($pages, $path);
    is($page->{status}, 200, "$path answers");
    unlike($page->{body}, qr/secret-|Anne Example|@{[ substr digest_of('other'), 0, 12 ]}/i, '... and shows nothing of lists and clients');
}
like(client()->request($pages, '/info?mod_mtls_authz.c')->{body}, qr/MTLSList/, 'mod_info shows the lines of the configuration');

# ---- values stay with their connection and their location ----

my %SUBJECT = (ok => 'Anne Example', other => 'Otto Other', direct => 'direct');
for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
    for my $cert (sort keys %SUBJECT, sort keys %SUBJECT) {
        my @paths = ('/x', '/a/single/x', '/a/x', '/none/x', '/b/x') x 4;
        my @r = client()->many($server, { cert => $cert, http => $http, conn => "$cert $http" },
            map { { path => $_, wait => $http eq '1.1' } } @paths);
        my @wrong;
        for my $i (0 .. $#paths) {
            my ($base) = map { /^X-Base: (.*)/i ? $1 : () } map { ref $_ ? "$_->[0]: $_->[1]" : $_ } @{ $r[$i]->seen->{headers} };
            my $expected = $paths[$i] =~ /none|b/ ? '' : $SUBJECT{$cert};
            push @wrong, "$paths[$i]: " . ($base // '') if ($base // '') ne $expected;
            push @wrong, "$paths[$i]: " . managed($r[$i]->seen) if $paths[$i] eq '/b/x' && managed($r[$i]->seen) ne 'x-arr-clientcert';
        }
        is("@wrong", '', "HTTP/$http, $cert: " . @paths . ' requests on one connection, each with its own');
    }
}

# A certificate that comes in the middle of a connection.
my $late = start_server(tls => <<"END");
    SSLVerifyClient none
    ProxyPass "/" "http://127.0.0.1:$port/"
    MTLSExport nginx
    MTLSHeader X-Base subject.cn
    <Location "/late/">
        SSLVerifyClient require
    </Location>
END
my @r = client()->many($late, { cert => 'ok', pha => 1, tls => '1.3' }, map { { path => $_ } } '/x', '/late/x', '/x');
is(join(' | ', map { $_->{status} == 200 ? join ' ', $_->backend_header('X-Base'), $_->backend_header('ssl-client-verify') : $_->{status} } @r),
   'NONE | Anne Example SUCCESS | Anne Example SUCCESS', 'post-handshake authentication: values follow the certificate');
done_testing;
