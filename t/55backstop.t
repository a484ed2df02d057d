#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Ways around the rules. Every attack is made twice: where MTLSBackstop is off, to see that it is one, and where it is
# on, by nobody, by a client of another location, and by the client that the rules mean.
use MTLS::Test;
use File::Path 'make_path';

my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $www = logs() . "/www-$$";
my %FILES = (
    'open/page.txt' => 'OPEN', 'open/with.shtml' => '[<!--#include virtual="/protected/secret.txt" -->]',
    'open/forgets.shtml' => '[<!--#include virtual="/forgotten/secret.txt" -->]',
    'open/file.shtml' => '[<!--#include file="beside.txt" -->]', 'open/beside.txt' => 'SECRET', 'open/denied.html' => 'SORRY',
    'protected/secret.txt' => 'SECRET', 'protected/index.html' => 'SECRET', 'protected/own.shtml' => '[<!--#include file="secret.txt" -->]',
    'forgotten/secret.txt' => 'SECRET', 'negotiated/page.html' => 'SECRET', 'negotiated-open/page.html' => 'SECRET',
    'index-open/guarded.html' => 'SECRET', 'index-guarded/open.html' => 'SECRET', 'rewritten/x' => '', 'files/open.html' => 'SECRET',
    'fallback/x' => '', 'fallback-open/x' => '', 'protected/fallback/x' => '', 'listed/a.html' => 'SECRET', 'listed/b.html' => 'SECRET',
);
for my $file (sort keys %FILES) {
    make_path("$www/$file" =~ s{/[^/]*$}{}r);
    spew("$www/$file", $FILES{$file});
}

# LINE is the rule; EXEMPT is what an operator writes for what anybody may see.
my $LINE = 'Require mtls san.dns is shop.example.org';
my $EXEMPT = "MTLSBackstop off\nRequire all granted";
my $BODY = <<"END";
    DocumentRoot "$www"
    AllowEncodedSlashes NoDecode
    TraceEnable extended
    ProxyRequests On
    AllowCONNECT 1-65535
    MTLSPathCheck off
    AddOutputFilter INCLUDES .shtml
    AddType text/html .shtml
    <Directory "$www">
        Options +Includes +MultiViews +Indexes
        Require all granted
    </Directory>
    RewriteEngine On
    RewriteRule "^/rw/proxied/(.*)" "$origin/\$1" [P]
    RewriteRule "^/rw/passed/in" "/app/protected/x" [PT]
    RewriteRule "^/app/protected/rw-out" "/app/x" [PT]
    RewriteRule "^/rw/sent" "/app/x" [R]
    Alias "/other-name/" "$www/protected/"
    AliasMatch "^/~([a-z]+)/(.*)" "$www/\$1/\$2"
    ProxyPass "/app/" "$origin/app/"
    ProxyPass "/raw/" "$origin/raw/" nocanon
    ErrorDocument 404 "not there"
    <LocationMatch "^/(?:app/|raw/)?protected/">
        $LINE
    </LocationMatch>
    <Location "/app/protected/inner/">
        Require all granted
    </Location>
    <Location "/app/protected/merged/">
        AuthMerging Or
        Require all granted
    </Location>
    <Location "/app/protected/both/">
        AuthMerging And
        Require all granted
    </Location>
    <Location "/app/satisfy/">
        $LINE
        Satisfy Any
        Order allow,deny
        Allow from all
    </Location>
    <Location "/app/satisfy/closed/">
        $LINE
        Satisfy Any
        Order deny,allow
        Deny from all
    </Location>
    <Location "/app/beside/">
        Require all granted
        $LINE
    </Location>
    <Location "/app/alias/">
        Require partner
    </Location>
    <Location "/app/negated/">
        <RequireAll>
            Require all granted
            Require not mtls san.dns is other.example.org
        </RequireAll>
    </Location>
    <Location "/app/limit/">
        <Limit GET>
            $LINE
        </Limit>
    </Location>
    <Location "/app/except/">
        <LimitExcept GET>
            $LINE
        </LimitExcept>
    </Location>
    <If "%{REQUEST_METHOD} == 'GET' && %{REQUEST_URI} =~ m#^/app/if/#">
        $LINE
    </If>
    <Location "/app/preflight/">
        $LINE
        <If "%{REQUEST_METHOD} == 'OPTIONS'">
            $EXEMPT
        </If>
    </Location>
    <LocationMatch "^/open/">
        $EXEMPT
    </LocationMatch>
    <Location "/open/beside.txt">
        MTLSBackstop \@BACKSTOP\@
    </Location>
    <Directory "$www/rewritten">
        RewriteEngine On
        RewriteRule "^inside\$" "/protected/secret.txt"
        RewriteRule "^forgotten\$" "/forgotten/secret.txt"
        $EXEMPT
    </Directory>
    <Directory "$www/forgotten">
        RewriteEngine On
        RewriteRule "^proxied\$" "$origin/x" [P]
        RewriteRule "^sent\$" "/app/x" [R]
    </Directory>
    <Directory "$www/index-open">
        DirectoryIndex guarded.html
        $EXEMPT
        <Files "guarded.html">
            MTLSBackstop \@BACKSTOP\@
            $LINE
        </Files>
    </Directory>
    <Directory "$www/index-guarded">
        DirectoryIndex open.html
        $LINE
        <Files "open.html">
            Require all granted
        </Files>
    </Directory>
    <Directory "$www/negotiated">
        $LINE
    </Directory>
    <Directory "$www/listed">
        $LINE
    </Directory>
    <Directory "$www/fallback">
        FallbackResource /protected/secret.txt
        $EXEMPT
    </Directory>
    <Directory "$www/fallback-open">
        FallbackResource /forgotten/secret.txt
        $EXEMPT
    </Directory>
    <Directory "$www/protected/fallback">
        FallbackResource /forgotten/secret.txt
    </Directory>
    Action show-guarded "/app/protected/action" virtual
    Action show-forgotten "/app/action" virtual
    <Location "/action/guarded">
        SetHandler show-guarded
        $EXEMPT
    </Location>
    <Location "/action/forgotten">
        SetHandler show-forgotten
        $EXEMPT
    </Location>
    <Location "/error/">
        $EXEMPT
    </Location>
    ProxyPass "/error/proxied" "$origin/error"
    Alias "/error/local.html" "$www/open/denied.html"
    ScriptAlias "/error/cgi" "\@HTDOCS\@/../cgi-bin/dump.py"
    <Location "/app/words/">
        ErrorDocument 403 "SORRY %{reqenv:MTLS_REASON}"
    </Location>
    <Location "/app/local/">
        ErrorDocument 403 /error/local.html
    </Location>
    <Location "/app/cgi/">
        ErrorDocument 403 /error/cgi
    </Location>
    <Location "/app/remote/">
        ErrorDocument 403 /error/proxied
    </Location>
    <Location "/app/nowhere/">
        ErrorDocument 403 /forgotten/secret.txt
    </Location>
END

my %PORT = map { $_ => free_port() } 'off', 'on', 'report';
my $PROTOCOLS = mpm() eq 'prefork' ? 'http/1.1' : 'h2 http/1.1';
my $hosts = '';
for my $backstop (sort keys %PORT) {
    my ($switch, $mode) = $backstop eq 'report' ? ('on', 'report') : ($backstop, 'enforce');
    $hosts .= <<"END" . $BODY =~ s/\@BACKSTOP\@/$switch/gr . "</VirtualHost>\n";
Listen 127.0.0.1:$PORT{$backstop}
<VirtualHost 127.0.0.1:$PORT{$backstop}>
    Protocols $PROTOCOLS
    SSLEngine on
    SSLCertificateFile "\@PKI\@/server.crt"
    SSLCertificateKeyFile "\@PKI\@/server.key"
    SSLCACertificateFile "\@PKI\@/ca.pem"
    SSLVerifyDepth 10
    SSLVerifyClient optional
    MTLSBackstop $switch
    MTLSMode $mode
    Header always set X-Reason "expr=%{reqenv:MTLS_REASON}"
END
}
my $alias = qq{<AuthzProviderAlias mtls partner "san.dns is shop.example.org">\n</AuthzProviderAlias>\n};
my $server = start_server(conf => $alias . $hosts);

# What is asked for (a path, or method and path), and the answers to nobody, another client, and the client of the rules:
# with the backstop off, with it on.
my ($OPEN, $SHUT, $RULE) = ('200 200 200', '403 403 403', '403 403 200');
my @ROWS = (
    # Nothing is lost where the rules hold.
    ['GET /protected/secret.txt', $RULE, $RULE],
    ['GET /app/protected/x', $RULE, $RULE],
    ['HEAD /app/protected/x', $RULE, $RULE],
    ['POST /app/protected/x', $RULE, $RULE],
    ['OPTIONS /app/protected/x', $RULE, $RULE],
    ['OPTIONS /protected/secret.txt', $RULE, $RULE],
    ['FROB /app/protected/x', $RULE, $RULE],
    ['GET /open/page.txt', $OPEN, $OPEN],
    # No rule was written here, or one for another path.
    ['GET /app/x', $OPEN, $SHUT],
    ['HEAD /app/x', $OPEN, $SHUT],
    ['POST /app/x', $OPEN, $SHUT],
    ['PUT /app/x', $OPEN, $SHUT],
    ['OPTIONS /app/x', $OPEN, $SHUT],
    ['OPTIONS /forgotten/secret.txt', $OPEN, $SHUT],
    ['FROB /app/x', $OPEN, $SHUT],
    ['TRACE /app/x', $OPEN, $SHUT],
    ['TRACE /forgotten/secret.txt', $OPEN, $SHUT],
    ['TRACE /protected/secret.txt', $OPEN, $SHUT],
    ['TRACE /open/page.txt', $OPEN, $OPEN],
    ['GET /forgotten/secret.txt', $OPEN, $SHUT],
    ['GET /forgotten/none.txt', '404 404 404', $SHUT],
    # A path that the backend reads as one with a rule. (MTLSPathCheck is off here.)
    ['GET /app/protected;a=b/x', $OPEN, $SHUT],
    ['GET /app/open/..;/protected/x', $OPEN, $SHUT],
    ['GET /app/open/..%3b/protected/x', $OPEN, $SHUT],
    ['GET /app/PROTECTED/x', $OPEN, $SHUT],
    ['GET /app/protected%5Cx', $OPEN, $SHUT],
    ['GET /app/open/..%5Cprotected/x', $OPEN, $SHUT],
    ['GET /app/open/..%2fprotected/x', $OPEN, $SHUT],
    ['GET /app/%252e%252e/app/protected/x', $OPEN, $SHUT],
    ['GET /app/open%2f..%2fprotected/x', $OPEN, $SHUT],
    ['GET /raw/open/%2e%2e%2fprotected/x', $OPEN, $SHUT],
    ['GET /raw/open#/../protected/x', '400 400 400', '400 400 400'],
    ['GET /app/open/../protected/x', $RULE, $RULE],
    ['GET /app/open/%2e%2e/protected/x', $RULE, $RULE],
    ['GET /app//protected///x', $RULE, $RULE],
    ['GET //app/protected/x', $RULE, $RULE],
    ['GET /app/protected%00x', '404 404 404', '404 404 404'],
    ['GET https://HERE/app/x', $OPEN, $SHUT],
    ['GET https://HERE/app/protected/x', $RULE, $RULE],
    # Lines that do not hold, or are not asked.
    ['GET /app/protected/inner/x', $OPEN, $SHUT],
    ['GET /app/protected/merged/x', $OPEN, $RULE],
    ['GET /app/protected/both/x', $RULE, $RULE],
    ['GET /app/satisfy/x', $OPEN, $SHUT],
    ['GET /app/satisfy/closed/x', $RULE, $RULE],
    ['GET /app/beside/x', $OPEN, $SHUT],
    ['GET /app/alias/x', $RULE, $RULE],
    ['GET /app/negated/x', '403 403 200', $SHUT],
    ['GET /app/limit/x', $RULE, $RULE],
    ['HEAD /app/limit/x', $RULE, $RULE],
    ['POST /app/limit/x', $OPEN, $SHUT],
    ['FROB /app/limit/x', $OPEN, $SHUT],
    ['GET /app/except/x', $OPEN, $SHUT],
    ['POST /app/except/x', $RULE, $RULE],
    ['GET /app/if/x', $RULE, $RULE],
    ['POST /app/if/x', $OPEN, $SHUT],
    # Another name for the same file.
    ['GET /other-name/secret.txt', $OPEN, $SHUT],
    ['GET /~protected/secret.txt', $OPEN, $SHUT],
    # Redirected within.
    ['GET /rw/proxied/x', $OPEN, $SHUT],
    ['GET /rw/passed/in', $RULE, $RULE],
    ['GET /app/protected/rw-out', $OPEN, $SHUT],
    ['GET /rw/sent', '302 302 302', '302 302 302'],
    ['GET /rewritten/inside', $RULE, $RULE],
    ['GET /rewritten/forgotten', $OPEN, $SHUT],
    ['GET /forgotten/proxied', $OPEN, $SHUT],
    ['GET /forgotten/sent', '302 302 302', $SHUT],
    ['GET /index-open/', $RULE, $RULE],
    ['GET /index-guarded/', $RULE, $SHUT],
    ['GET /protected/', $RULE, $RULE],
    ['GET /negotiated/page', $RULE, $RULE],
    ['GET /negotiated-open/page', $OPEN, '404 404 404'],
    ['GET /fallback/none', $RULE, $RULE],
    ['GET /fallback-open/none', $OPEN, $SHUT],
    ['GET /protected/fallback/none', '403 403 200', $SHUT],
    ['GET /action/guarded', $RULE, $RULE],
    ['GET /action/forgotten', $OPEN, $SHUT],
);

# Pages that are answered with 200 or 403 whatever is in them: path, body for nobody and for the client, off and on.
my $ERROR = qr/^\[\[an error occurred/;
my @PAGES = (
    ['/open/with.shtml', [$ERROR, qr/^\[SECRET\]/], [$ERROR, qr/^\[SECRET\]/]],
    ['/open/forgets.shtml', [qr/^\[SECRET\]/, qr/^\[SECRET\]/], [$ERROR, $ERROR]],
    ['/open/file.shtml', [qr/^\[SECRET\]/, qr/^\[SECRET\]/], [$ERROR, $ERROR]],
    ['/protected/own.shtml', [qr/403 Forbidden/, qr/^\[SECRET\]/], [qr/403 Forbidden/, qr/^\[SECRET\]/]],
    ['/listed/', [qr/403 Forbidden/, qr/a\.html.*b\.html/s], [qr/403 Forbidden/, qr/a\.html.*b\.html/s]],
    ['/app/words/x', [qr/"request"/, qr/"request"/], [qr/^SORRY no-certificate$/, qr/^SORRY backstop$/]],
    ['/app/local/x', [qr/"request"/, qr/"request"/], [qr/^SORRY$/, qr/^SORRY$/]],
    ['/app/cgi/x', [qr/"request"/, qr/"request"/], [qr/"MTLS_REASON", "no-certificate"/, qr/"MTLS_REASON", "backstop"/]],
    ['/app/remote/x', [qr{"GET /app/remote}, qr{"GET /app/remote}], [qr{"GET /error }, qr{"GET /error }]],
    ['/app/nowhere/x', [qr/"request"/, qr/"request"/], [qr/403 Forbidden/, qr/403 Forbidden/]],
);

my @WHO = ([nobody => undef], [other => 'other'], [ok => 'ok']);
my @HTTP = mpm() eq 'prefork' ? ('1.1') : ('1.1', '2');

sub ask {
    my ($backstop, $http, $cert, @targets) = @_;
    my @requests = map { my ($method, $path) = split / /, s/HERE/localhost:$PORT{$backstop}/r, 2; { method => $method, path => $path } } @targets;
    my %how = (port => $PORT{$backstop}, http => $http, cert => $cert);
    my @responses;
    while (@responses < @requests) {         # a response of 400 ends its connection
        my @more = client()->many($server, \%how, @requests[@responses .. $#requests]);
        push @responses, shift @more, grep { $_->{status} } @more;
    }
    return @responses;
}

for my $http (@HTTP) {
    # HTTP/2 has a scheme and an authority of its own, and no TRACE in mod_http2.
    my @rows = grep { $http eq '1.1' || $_->[0] !~ /https:|^TRACE/ } @ROWS;
    for my $backstop ('off', 'on') {
        my @answers = map { [ask($backstop, $http, $_->[1], map { $_->[0] } @rows)] } @WHO;
        for my $i (0 .. $#rows) {
            my ($target, @wanted) = @{ $rows[$i] };
            my $got = join ' ', map { $_->[$i]{status} } @answers;
            is($got, $wanted[$backstop eq 'on'], "HTTP/$http, backstop $backstop: $target");
            my @leaks = grep { $_->[$i]{status} != 200 && $_->[$i]{body} =~ /SECRET|"request"/ } @answers;
            is(scalar @leaks, 0, "HTTP/$http, backstop $backstop: $target: a refusal has no content") if @leaks;
        }
        for my $page (@PAGES) {
            my ($path, @wanted) = @$page;
            my ($for_nobody, $for_ok) = @{ $wanted[$backstop eq 'on'] };
            like((ask($backstop, $http, undef, "GET $path"))[0]{body}, $for_nobody, "HTTP/$http, backstop $backstop: $path, nobody");
            like((ask($backstop, $http, 'ok', "GET $path"))[0]{body}, $for_ok, "HTTP/$http, backstop $backstop: $path, the client");
        }
    }
}

# Where it only reports, whatever it would refuse is served, with its reason, and everything else is as it is.
my ($served, $same) = (0, 0);
for my $http (@HTTP) {
    my @rows = grep { $http eq '1.1' || $_->[0] !~ /https:|^TRACE/ } @ROWS;
    for my $who (@WHO) {
        my %answers = map { $_ => [ask($_, $http, $who->[1], map { $_->[0] } @rows)] } 'on', 'report';
        for my $i (0 .. $#rows) {
            my ($on, $report) = map { $answers{$_}[$i] } 'on', 'report';
            my ($would, $says) = map { $_->header('X-Reason') // '' } $on, $report;
            my $refused = $on->{status} == 403 && $would ne '';
            $refused ? $served++ : $same++;
            my $name = "HTTP/$http, only reported: $rows[$i][0], $who->[0]";
            # With all its variants refused, a page is not there.
            next if $rows[$i][0] eq 'GET /negotiated-open/page';
            is($says, $refused ? "would-deny:$would" : $would, $name) if $rows[$i][0] !~ /^TRACE/;     # has no such header
            $refused ? isnt($report->{status}, 403, "$name: served") : is($report->{status}, $on->{status}, "$name: as it is");
        }
    }
}
ok($served > 60 && $same > 20, "$served answers that would be refusals, $same others");

# Past all paths.
sub raw { my ($backstop, $text) = @_; return client()->request($server, '/', port => $PORT{$backstop}, raw => $text) }
my $elsewhere = "127.0.0.1:" . $backend->port('http');
for my $row (['CONNECT', "CONNECT $elsewhere HTTP/1.1\r\nHost: $elsewhere\r\n\r\nGET /x HTTP/1.1\r\nConnection: close\r\n\r\n", 200, 403],
             ['a forward proxy', "GET $origin/x HTTP/1.1\r\nHost: $elsewhere\r\n\r\n", 200, 403],
             ['OPTIONS *', "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, 200]) {
    my ($name, $text, $off, $on) = @$row;
    is(raw(off => $text)->{status}, $off, "$name, backstop off");
    is(raw(on => $text)->{status}, $on, "$name, backstop on");
}

# One method can be for everybody: what the documentation tells those who have to let preflights pass.
for my $http (@HTTP) {
    is(join(' ', map { $_->{status} } ask('on', $http, undef, 'OPTIONS /app/preflight/x', 'GET /app/preflight/x',
                                          'OPTIONS /app/protected/x')), '200 403 403', "HTTP/$http: preflights pass, and nothing else");
}

# A verdict is for one request, on a connection that lives on.
my @turns = ('GET /app/protected/x', 'GET /app/x', 'GET /protected/secret.txt', 'GET /forgotten/secret.txt', 'GET /open/page.txt') x 8;
for my $http (@HTTP) {
    is(join(' ', map { $_->{status} } ask('on', $http, 'ok', @turns)), join(' ', ('200 403 200 403 200') x 8),
       "HTTP/$http: one verdict each");
}
if (@HTTP > 1) {
    my @requests = map { { path => $_ % 2 ? '/app/x' : '/app/protected/x', wait => $_ == 39 ? 1 : 0 } } 0 .. 39;
    my @answers = client()->many($server, { port => $PORT{on}, http => '2', cert => 'ok' }, @requests);
    is(join(' ', map { $_->{status} } @answers), join(' ', ('200 403') x 20), 'HTTP/2: one verdict each, forty at once');
}
done_testing;
