#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What if: for each certificate and location, the status page says what a real request with that certificate gets,
# status, reason and headers; and nobody gets anything by asking.
use MTLS::Test;
use JSON::PP ();

my $json = JSON::PP->new->canonical;
my $backend = start_backend('http');
my $port = $backend->port('http');
my $sha256 = sub { qx(openssl x509 -in @{[ pki("$_[0].crt") ]} -noout -fingerprint -sha256) =~ s/.*=|\n//gr =~ tr/://dr };
my $kill_list = logs() . "/kill-$$";
make_certificate('lost', {});
make_certificate('large', { san => [map { ['dns', "h$_.example"] } 1 .. 1000] });
spew($kill_list, 'sha256 ' . $sha256->('lost') . "\n");
my $lines = <<"END";
    SSLVerifyClient optional_no_ca
    ProxyPass "/" "http://127.0.0.1:$port/"
    MTLSAuditLog audit.log all
    <Location "/status">
        ProxyPass "!"
        SetHandler mtls-status
        Require mtls subject.cn is "Anne Example"
        MTLSExport nginx
        MTLSEnv on
    </Location>
    <Location "/open/">
        Require all granted
        MTLSExport rfc9440 nginx
    </Location>
    <Location "/valid/">
        Require mtls
        MTLSExport xfcc:uri,cert
    </Location>
    <Location "/cn/">
        <RequireAll>
            Require mtls subject.cn like "*e*"
            Require mtls tls.version >= TLSv1.2
            Require not mtls subject.ou "Payments" "Guests"
        </RequireAll>
        MTLSHeader X-Name subject.cn
        MTLSHeader X-Until not-after
        MTLSHeader X-Version tls.version
        MTLSHeader X-Cipher tls.cipher
    </Location>
    <Location "/any/">
        <RequireAny>
            Require mtls subject.cn is first
            Require mtls san.dns is other.example.org shop.example.org
            Require mtls key.type rsa
        </RequireAny>
        MTLSHeader X-DNS san.dns list-comma
    </Location>
    <Location "/ca/">
        Require mtls ca.sha256 pem:@{[ pki('intermediate.crt') ]}
        MTLSHeader X-Length chain.length
        MTLSHeader X-Chain chain sf
    </Location>
    <Location "/user/">
        AuthType mtls
        MTLSUser subject.cn
        Require user "Otto Other" direct
        MTLSExport remote-user
    </Location>
    <Location "/single/">
        Require mtls
        MTLSUser subject.cn
        MTLSExport remote-user
    </Location>
    <Location "/small/">
        Require mtls
        MTLSExport rfc9440
        MTLSMaxHeaders 1500
    </Location>
    <Location "/path/">
        Require mtls
        MTLSPathCheck strict
    </Location>
    <Location "/backstop/">
        MTLSBackstop on
        Require all granted
    </Location>
    <Location "/backstop/rule/">
        Require mtls san.uri present
    </Location>
    <Location "/report/">
        MTLSMode report
        <RequireAll>
            Require mtls san.uri present
            Require mtls subject.cn is "Anne Example"
        </RequireAll>
        MTLSExport envoy:uri
    </Location>
    <Location "/address/">
        <RequireAll>
            Require mtls
            Require ip 192.0.2.1
        </RequireAll>
    </Location>
    <Location "/expression/">
        Require mtls
        <If "mtls('subject.cn') =~ /Otto/">
            Require all denied
        </If>
        MTLSHeader X-Name subject.cn
    </Location>
    <Location "/variable/">
        Require env MTLS_SAN_URI
        MTLSEnv on
    </Location>
    <Location "/sent/">
        ProxyPass "!"
        RewriteEngine On
        RewriteRule "/sent/valid\$" "/valid/x"
        RewriteRule "/sent/cn\$" "/cn/x?a=b"
        RewriteRule "/sent/report\$" "/report/x"
        RewriteRule "/sent/open\$" "/open/x"
        RewriteRule "/sent/twice\$" "/sent/cn"
    </Location>
    <Location "/sent/report">
        MTLSMode report
        Require mtls subject.cn is "Otto Other"
    </Location>
    <Location "/sent/open">
        Require mtls san.uri present
    </Location>
    <Location "/moved/">
        Redirect "/moved/" "/elsewhere/"
    </Location>
END
$lines =~ s/envoy:uri/xfcc:uri/;
my $server = start_server(tls => "MTLSWhatIf on\n$lines", plain => "MTLSWhatIf on\n" . $lines =~ s/SSLVerify.*\n//r, conf => "MTLSKillList $kill_list",
                          log_format => '%U %>s %{MTLS_REASON}e');
my @http = mpm() eq 'prefork' ? '1.1' : ('1.1', '2');

# ---- asking ----

sub encode { return join '', map { /[A-Za-z0-9]/ ? $_ : sprintf '%%%02X', ord } split //, $_[0] }

sub form { my (%pair) = @_; return join '&', map { "$_=" . encode($pair{$_}) } sort keys %pair }

# A question by POST: the response. cert => PEM; who, http, headers, type, body as they are, other pairs.
sub ask {
    my (%pair) = @_;
    my %how = map { exists $pair{$_} ? ($_ => delete $pair{$_}) : () } qw(who http headers type body query method path plain);
    my $body = $how{body} // form(format => 'json', %pair);
    return client()->request($server, $how{path} // '/status?show=what-if', cert => exists $how{who} ? $how{who} : 'ok', http => $how{http} // '1.1',
                             method => $how{method} // 'POST', body => $body, plain => $how{plain} // 0,
                             headers => [['content-type', $how{type} // 'application/x-www-form-urlencoded'], @{ $how{headers} // [] }]);
}

sub answer_of { my ($response) = @_; return eval { $json->decode($response->{body}) } // {} }

# What a real request gets: status, reason, what the backend was told of the client.
my $USUAL = qr/^(?:host|connection|x-forwarded-(?:for|host|server|proto)|x-real-ip|via|content-length|accept|user-agent)$/i;
sub real {
    my ($path, %how) = @_;
    $server->mark;
    my $response = client()->request($server, $path, %how);
    return [0] if !$response->{status};
    my ($access) = $server->access_log(1);
    my $seen = $response->{status} == 200 ? $response->seen : undef;
    my @pairs = grep { $_->[0] !~ $USUAL } map { [/^([^:]*):[ \t]*(.*)$/s] } @{ $seen ? $seen->{headers} : [] };
    my @told = sort map { "\L$_->[0]\E: $_->[1]" } @pairs;
    return [$response->{status}, (split ' ', $access)[2] =~ s/^-$//r, \@told];
}

# ---- the same as a real request ----

my @CERTIFICATES = qw(ok other direct bare spiffe two-cns control-cn comma-uri rsa stranger selfsigned twin large server-purpose expired future lost
                      quote-cn utf8-cn no-subject);
my @PATHS = qw(/open/x /valid/x /cn/x /any/x /ca/x /user/x /single/x /small/x /path/x /path/a;b /path/a//b /backstop/x /backstop/rule/x /report/x /address/x
               /expression/x /variable/x /moved/x /sent/valid /sent/cn /sent/report /sent/open /sent/twice);
my ($cells, $shaken, %outcomes) = (0, 0);
for my $cert (@CERTIFICATES) {
    for my $path (@PATHS) {
        # A killed client's HTTP/2 connection may end before its response.
        my $http = $cert eq 'lost' ? '1.1' : $http[$cells++ % @http];
        my ($status, $reason, $told) = @{ real($path, cert => $cert, http => $http) };
        $backend->mark;
        my $answer = answer_of(ask(cert => slurp(pki("$cert.chain.pem")), url => $path, http => $http));
        is(scalar(() = $backend->received), 0, "$cert $path HTTP/$http: no backend has been asked");
        my $name = "$cert $path HTTP/$http";
        $outcomes{ $answer->{outcome} // '' }++;
        if (!$status) {                  # TLS itself has refused it
            $shaken++;
            ok($answer->{trouble} && !$answer->{verified}, "$name: is not verified");
            next;
        }
        is($answer->{status}, $status, "$name: status $status") or diag($json->encode($answer));
        my $said = ($answer->{outcome} // '') eq 'would-deny' ? "would-deny:$answer->{reason}" : $answer->{reason} // '';
        is($said, $reason, "$name: reason $reason");
        my @headers = sort map { "\L$_->{name}\E: $_->{value}" } @{ $answer->{headers} };
        is(join("\n", @headers), join("\n", @{ $told // [] }), "$name: headers");
    }
}
ok($cells > 300 && $shaken < $cells / 5, "$cells cells, $shaken of them end in the handshake");
ok($outcomes{$_}, "outcome $_: " . ($outcomes{$_} // 0)) for qw(allow deny would-deny redirect);

my $answer = answer_of(ask(cert => slurp(pki('other.chain.pem')), url => '/cn/x'));
is_deeply([map { join ' ', "$_->{rule}: $_->{result}", $_->{asked} ? () : 'not asked' } @{ $answer->{rules} }],
          ['Require mtls subject.cn like "*e*": true', 'Require mtls tls.version >= TLSv1.2: true', 'Require not mtls subject.ou "Payments" "Guests": no-match'],
          'the lines that were asked');
$answer = answer_of(ask(cert => slurp(pki('ok.chain.pem')), url => '/any/x'));
is_deeply([map { join ' ', "$_->{rule}: $_->{result}", $_->{asked} ? () : 'not asked' } @{ $answer->{rules} }],
          ['Require mtls subject.cn is first: no-match', 'Require mtls san.dns is other.example.org shop.example.org: true',
           'Require mtls key.type rsa: no-match not asked'], 'and those beside them');
like($answer->{rules}[0]{line}, qr{/httpd\.conf:\d+$}, 'and where they stand');
$answer = answer_of(ask(cert => slurp(pki('other.chain.pem')), url => '/cn/x'));
is($answer->{certificate}{subject}, 'CN=Otto Other,O=Example\\, Inc.,C=DE', 'the certificate');
is(lc $answer->{certificate}{sha256}, lc $sha256->('other'), 'its digest');
is(answer_of(ask(cert => slurp(pki('other.chain.pem')), url => '/user/x'))->{user}, 'Otto Other', 'the user');
my $alone = answer_of(ask(cert => slurp(pki('other.crt')), url => '/valid/x'));
ok(!$alone->{verified}, 'without its intermediate it is not verified');
like($alone->{trouble}, qr/unable to get local issuer certificate/, 'and it is said why');
is($alone->{reason}, 'unverified', 'it is what an unverified client gets');
is(answer_of(ask(cert => slurp(pki('other.chain.pem')), url => '/status'))->{reason}, 'no-match', 'the status page itself: its rules are asked, too');
# What is written in a way that servers read differently: as the real request, in either spelling of the question.
my $here = 'https://localhost:' . $server->https_port;
for my $path ('/valid/a%2Fb', '/valid/a%5cb', '/valid/%zz', '/valid/%00', '//valid//x', '/open/../valid/x', '/valid/%2e%2e/cn/x', '/VALID/x', '/cn/x?/valid/',
              '/valid/x?q=%zz&q', '/path/x?a;b//c', '/path/%2e/x', '/nothing', '/%76alid/x', '/status?format=json&show=nothing', '/') {
    for my $cert ('ok', 'stranger') {
        my ($status, $reason) = @{ real($path, cert => $cert) };
        $status = 200 if $path =~ /status.*nothing/ && $status == 400;        # the handler's answer: the rules let him in
        for my $url ($path, "$here$path") {
            my $answer = answer_of(ask(cert => slurp(pki("$cert.chain.pem")), url => $url));
            is($answer->{status} . ' ' . ($answer->{reason} // ''), "$status $reason", "$cert $url") or diag($json->encode($answer));
        }
    }
}
is(answer_of(ask(cert => slurp(pki('other.chain.pem')), url => "\U$here\E/valid/x?a=b"))->{url}, '/valid/x?a=b', 'a whole URL');
is(answer_of(ask(cert => slurp(pki('other.chain.pem')), url => $_))->{url}, '/valid/x?a', "$_: what a browser keeps to itself")
    for '/valid/x?a#b?c', "$here/valid/x?a#b";
is(answer_of(ask(cert => slurp(pki('other.chain.pem')), url => 'https://localhost/valid/x', headers => [['host', $_]]))->{url}, '/valid/x',
   "the port of https is as good as none: Host $_") for 'localhost', 'localhost:443';
is(answer_of(ask(cert => slurp(pki('other.chain.pem')), url => '/sent/twice'))->{sent_on}, '/cn/x?a=b', 'where a rule of mod_rewrite sends it');
like(ask(body => form(cert => slurp(pki('other.chain.pem')), url => '/sent/valid'))->{body}, qr{sent on, to /valid/x, and}, '  ... on the page, too');
ok(!defined $answer->{note}, 'no note where clients are asked for certificates');

# By GET, typed by somebody.
my $get = '/status?show=what-if&format=json&url=/valid/x&cert=' . encode(slurp(pki('other.chain.pem')));
is(answer_of(client()->request($server, $get, cert => 'ok'))->{outcome}, 'allow', 'by GET');
is(answer_of(client()->request($server, $get, cert => 'ok', headers => [['sec-fetch-site', 'none']]))->{outcome}, 'allow', 'by GET, typed');

# As docs/monitoring.md has it.
my ($command) = slurp(top() . '/docs/monitoring.md') =~ /^    \$ (curl [^\n]*what-if[^\n]*\n {10}[^\n]*)/m or die 'no command';
$command =~ s/me\.pem/@{[ pki('ok.pem') ]}/;
$command =~ s/chain\.pem/@{[ pki('other.chain.pem') ]}/;
$command =~ s/www\.example\.org/'localhost:' . $server->https_port/e;
$command =~ s/^curl/"curl -s --cacert " . pki('ca.pem')/e;
$command =~ s{/mtls-status}{/status};
$command =~ s{/orders/7}{/cn/x};
is((eval { $json->decode(scalar qx($command)) } // {})->{outcome}, 'allow', 'by curl, as the documentation has it');

# ---- who may not ask, and what cannot be asked ----

my $good = slurp(pki('other.chain.pem'));
my %pem = (cert => $good, url => '/valid/x');
my $host = 'https://127.0.0.1:' . $server->https_port;
my @REFUSED = (
    # name, status, question, a word of the error
    ['nobody', 403, { %pem, who => undef }],
    ['somebody else', 403, { %pem, who => 'other' }],
    ['another site', 403, { %pem, headers => [['sec-fetch-site', 'cross-site']] }],
    ['another host of the site', 403, { %pem, headers => [['sec-fetch-site', 'same-site']] }],
    ['no site, by POST', 403, { %pem, headers => [['sec-fetch-site', 'none']] }],
    ['another origin', 403, { %pem, headers => [['origin', 'https://evil.example']] }],
    ['no origin', 403, { %pem, headers => [['origin', 'null']] }],
    ['another site, whatever its origin', 403, { %pem, headers => [['sec-fetch-site', 'cross-site'], ['origin', $host]] }],
    ['another method', 405, { %pem, method => 'PUT' }],
    ['another type', 415, { %pem, type => 'application/json' }],
    ['a type of a file', 415, { %pem, type => 'multipart/form-data; boundary=x' }],
    ['too much', 413, { body => 'format=json&cert=' . 'A' x 66000 }],
    ['too many pairs', 413, { body => join '&', map { "a$_=b" } 1 .. 100 }],
    ['no PEM', 400, { cert => 'hello', url => '/valid/x' }, qr/the text holds no certificate in PEM form/],
    ['an empty text', 400, { cert => '', url => '/valid/x' }, qr/holds no certificate/],
    ['damaged', 400, { cert => $good =~ s/MII/MIX/r, url => '/valid/x' }, qr/is damaged behind certificate 0/],
    ['a second one that is damaged', 400, { cert => $good =~ s/(END.*)MII/$1MIX/sr, url => '/valid/x' }, qr/is damaged behind certificate 1/],
    ['a mistyped line', 400, { cert => $good =~ s/BEGIN CERT/BEGINN CERT/r, url => '/valid/x' }, qr/2 END lines/],
    ['a private key', 400, { cert => slurp(pki('other.key')), url => '/valid/x' }, qr/this is a private key.*replace it/],
    ['a private key behind the certificate', 400, { cert => $good . slurp(pki('other.key')), url => '/valid/x' }, qr/this is a private key/],
    ['no URL', 400, { cert => $good }, qr/a URL is needed/],
    ['a word', 400, { cert => $good, url => 'valid' }, qr/begins with \//],
    ['another host', 400, { cert => $good, url => 'https://other.example/valid/x' }, qr/of another host/],
    ['another port', 400, { cert => $good, url => 'https://localhost:' . ($server->https_port + 1) . '/valid/x' }, qr/of another host, port/],
    ['the usual port, which is another', 400, { cert => $good, url => 'https://localhost/valid/x' }, qr/of another host, port/],
    ['another scheme', 400, { cert => $good, url => 'http://localhost:' . $server->https_port . '/valid/x' }, qr/of another host, port or scheme/],
    ['no scheme', 400, { cert => $good, url => 'localhost:' . $server->https_port . '/valid/x' }, qr/begins with|of another/],
    ['TRACE', 400, { %pem, method2 => 1, body => form(%pem, format => 'json', method => 'TRACE') }, qr/the method/],
    ['no method', 400, { %pem, body => form(%pem, format => 'json', method => 'G E T') }, qr/the method/],
);
delete $_->[2]{method2} for @REFUSED;
for my $case (@REFUSED) {
    my ($name, $status, $question, $error) = @$case;
    for my $http (@http) {
        next if $status == 413 && $http eq '2';          # more than this client may send at once
        $server->mark;
        my $response = ask(%$question, http => $http);
        is($response->{status}, $status, "$name, HTTP/$http: $status") or diag($response->{body});
        like(answer_of($response)->{error} // '', $error, "$name, HTTP/$http: it is said why") if $error;
        unlike($response->{body}, qr/"outcome"|PRIVATE KEY-----/, "$name, HTTP/$http: no answer");
        my $log = $server->error_log;
        is($log =~ /mtls_authz:warn.*what-if: somebody has pasted a private key/ ? 1 : 0, $name =~ /private key/ ? 1 : 0, "$name, HTTP/$http: a warning");
        unlike($log, qr/BEGIN|MII[A-Z]/, "$name, HTTP/$http: nothing of it in the log");
    }
}
is(ask(%pem, headers => [['sec-fetch-site', 'same-origin']])->{status}, 200, 'its own page may');
is(ask(%pem, headers => [['sec-fetch-site', 'same-origin'], ['origin', 'null']])->{status}, 200, 'also without a referrer');
is(client()->request($server, '/status?show=what-if', cert => 'ok', method => 'OPTIONS')->{status}, 200, 'OPTIONS tells which methods');

# ---- nobody gets anything by asking ----

my @HOSTILE = (
    ['/valid/x?' . form(%pem)], ['/valid/x?show=what-if&' . form(%pem)],
    ['/valid/x', headers => [['x-what-if', $good =~ s/\n//gr], ['show', 'what-if'], ['cert', 'x'], ['mtls-whatif', 'on']]],
    ['/valid/x', method => 'POST', body => form(%pem), headers => [['content-type', 'application/x-www-form-urlencoded']]],
    ['/status/../valid/x?' . form(%pem)], ['/valid/x?show=what-if&cert=' . encode($good) . '&url=/valid/x'],
);
for my $case (@HOSTILE) {
    my ($path, %how) = @$case;
    for my $http (@http) {
        is(client()->request($server, $path, %how, http => $http)->{status}, 403, substr("nobody, HTTP/$http, $path", 0, 60) . ': no other identity');
        my $response = client()->request($server, $path =~ s/valid/cn/r, %how, http => $http, cert => 'stranger');
        is($response->{status}, 403, substr("a stranger, HTTP/$http, $path", 0, 60) . ': no other identity');
    }
}
# Real requests between questions on one connection, in streams at once.
for my $connection ($http[-1] eq "2" ? 1 .. 3 : ()) {
    my @requests = map {
        $_ % 2 ? { path => '/open/x', wait => 0 }
               : { path => '/status?show=what-if', method => 'POST', wait => 0, body => form(%pem, url => '/open/x', format => 'json'),
                   headers => [['content-type', 'application/x-www-form-urlencoded']] } } 0 .. 29;
    my @responses = client()->many($server, { cert => 'ok', http => '2' }, @requests);
    is(join(' ', grep { $_ != 200 } map { $_->{status} } @responses), '', 'all are answered') or diag($server->error_log);
    my @real = grep { $_->{status} == 200 } map { $responses[$_] } grep { $_ % 2 } 0 .. 29;
    my %told = map { (join('', grep { /subject/i } @{ $_->seen->{headers} }) =~ /Anne/ ? 'Anne' : 'somebody else') => 1 } @real;
    is(join(' ', keys %told), 'Anne', 'real requests are the reader\'s own');
    my %answered = map { (answer_of($responses[$_])->{certificate}{subject} // '') => 1 } grep { !($_ % 2) } 0 .. 29;
    is(join(' ', keys %answered), 'CN=Otto Other,O=Example\\, Inc.,C=DE', 'answers are about the other one');
}

# ---- nothing is logged or counted ----

$server->mark;
my $before = slurp($server->dir . '/audit.log') =~ tr/\n//;
ask(cert => $good, url => $_) for qw(/cn/x /any/x /user/x /backstop/x /report/x /address/x /path/a;b);
ask(cert => slurp(pki('lost.chain.pem')), url => '/valid/x');
my @access = $server->access_log(8);
is(scalar(grep { !m{^/status 200 -$} } @access), 0, 'the access log has the questions only') or diag(@access);
my $log = $server->error_log;
is(scalar(() = $log =~ /mtls_authz:info\].* what-if: GET \S+ by the certificate with sha256 "[0-9a-f]{64}": (?:allow|deny|would-deny) /g), 8, 'a line for each, that says what-if');
unlike($log, qr/access denied|would deny|client denied|:error\]/, 'and no other');
my @audited = map { $json->decode($_) } (split /\n/, slurp($server->dir . '/audit.log'))[$before .. $before + 7];
is(scalar(grep { $_->{path} ne '/status' || $_->{decision} ne 'allow' } @audited), 0, 'the audit log has the questions only');
is($before + 8, slurp($server->dir . '/audit.log') =~ tr/\n//, 'and one line for each');

# The reader's own connection does not suffer for what is on the kill list.
for my $http (@http) {
    my @kept = client()->many($server, { cert => 'ok', http => $http }, map { { path => '/status?show=what-if&format=json&url=/valid/x&cert=' . encode($_) } }
                              map { slurp(pki("$_.chain.pem")) } qw(lost other lost other));
    is(join(' ', map { answer_of($_)->{reason} // 'granted' } @kept), 'killed granted killed granted', "HTTP/$http: the connection goes on");
    unlike($kept[0]->header('Connection') // '', qr/close/, "HTTP/$http: and nobody says that it ends");
}

# ---- for people ----

my ($page) = client()->request($server, '/status', cert => 'ok');
like($page->{body}, qr{<form method="post" action="\?show=what-if">}, 'the status page has the form');
my @PAGES = (
    # question, what the page says, as text
    [{ url => '/valid/x' }, 'It would be let in\.', 'Require mtls true yes', 'x-forwarded-client-cert', 'CN=Otto Other'],
    [{ url => '/any/x', cert => slurp(pki('ok.chain.pem')) }, 'It would be let in\.', 'Require mtls key.type rsa no-match no'],
    [{ url => '/report/x' }, 'It would be let in, because this section only reports', 'no-match \(no rule lets this certificate in\)'],
    [{ url => '/cn/x', cert => slurp(pki('stranger.crt')) }, 'It would be refused, with status 403', 'would not be verified: unable to get local issuer'],
    [{ url => '/address/x' }, 'It would be refused, with status 403', 'No line of Require mtls is the reason'],
    [{ url => '/moved/x' }, 'It would be sent elsewhere, with status 302'],
    [{ url => '/user/x' }, 'User: Otto Other'],
    [{ url => '/valid/<script>"x"', cert => slurp(pki('quote-cn.chain.pem')) }, 'GET /valid/<script>"x"', 'CN=anne.{1,3}; Role'],
    [{ url => '/valid/x', cert => '<script>"' }, 'No answer: the text holds no certificate', '<script>"'],
    [{ url => '/valid/x', cert => slurp(pki('other.key')) }, 'No answer: this is a private key'],
);
for my $case (@PAGES) {
    my ($question, @words) = @$case;
    my $response = ask(body => form(%pem, %$question));
    my $html = $response->{body};
    my $name = "the page about $question->{url}";
    like($response->header('Content-Type'), qr{^text/html; ?charset=utf-8$}i, "$name: HTML");
    like($response->header('Content-Security-Policy'), qr/default-src 'none'.*form-action 'self'/, "$name: runs nothing");
    is($response->header('Cache-Control'), 'no-store', "$name: is kept by nobody");
    unlike($html, qr/<script|PRIVATE KEY-----|<[^>]*\bon\w+=/i, "$name: nothing of it is markup");
    my $text = $html =~ s/<textarea[^>]*>(.*?)<\/textarea>/$1/sr =~ s/<[^>]*>/ /gr =~ s/&lt;/</gr =~ s/&gt;/>/gr =~ s/&quot;/"/gr =~ s/&amp;/&/gr =~ s/\s+/ /gr;
    like($text, qr/$_/i, "$name: $_") for @words;
}

# ---- off, and where there is no TLS ----

is(ask(%pem, who => undef, plain => 1)->{status}, 403, 'the page is guarded by its rules');
$server->graceful(tls => $lines);
is(ask(%pem)->{status}, 404, 'off by default');
$server->graceful(tls => "MTLSWhatIf off\n$lines");
is(ask(%pem)->{status}, 404, 'off');
$server->graceful(tls => $lines, conf => 'MTLSWhatIf on');
is(answer_of(ask(%pem))->{outcome}, 'allow', 'on at the server, for all virtual hosts');

# Where nobody is asked for a certificate the answer is a supposition, and says so.
my $unasked = $lines =~ s/SSLVerifyClient optional_no_ca/SSLVerifyClient none/r =~ s/(SetHandler mtls-status\n\s*)Require mtls.*/$1Require all granted/r;
$server->graceful(tls => "MTLSWhatIf on\n$unasked", conf => '');
is(client()->request($server, '/valid/x', cert => 'other')->{status}, 403, 'a real client is not known where nobody is asked');
my $supposed = answer_of(ask(%pem));
is($supposed->{outcome}, 'allow', 'what would be if he was');
like($supposed->{note}, qr/^this virtual host asks no client for a certificate/, '  ... and that he is not');
like(ask(body => form(%pem))->{body}, qr{<p class="warn">Supposed that he is asked for his certificate: this virtual host}, '  ... on the page, too');
done_testing;
