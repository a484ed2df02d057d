#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a client names in Connection, in trailers and in lines that are hardly HTTP: our header arrives
# once and with our value, behind every kind of backend, and what is harmless works as ever.
use MTLS::Test;
use MIME::Base64;

my @KINDS = qw(http h2c fcgi scgi uwsgi ajp);
my %SCHEME = (h2c => 'h2c');
my $backend = start_backend(@KINDS);
sub origin { my ($kind) = @_; return ($SCHEME{$kind} // $kind) . '://127.0.0.1:' . $backend->port($kind) }

my $ours = ':' . encode_base64(join('', map { decode_base64($_) } slurp(pki('ok.crt')) =~ /-----\n(.*?)-----END/s), '') . ':';
my $passes = join '', map { sprintf "ProxyPass \"/%s/\" \"%s/\"\n", $_, origin($_) } @KINDS;
my $users = top() . '/t/logs/50connection.users';
my $htdocs = top() . '/t/logs/50connection';
mkdir $_ for $htdocs, "$htdocs/through";
spew($users, "anne:{SHA}" . encode_base64(pack('H*', 'd033e22ae348aeb5660fc2140aec35850c4da997'), '') . "\n");     # admin
my $lines = <<"END";
    ProxyPass "/ws/" "@{[ origin('http') ]}/" upgrade=websocket
    $passes
    MTLSExport rfc9440
    DocumentRoot "$htdocs"
    <Directory "$htdocs/through">
        Require all granted
        RewriteEngine On
        RewriteRule "^x\$" "/fcgi/x" [PT]
    </Directory>
    <Location "/fcgi/">
        SetEnv proxy-sendcl 1
    </Location>
    <Location "/http/form/">
        KeptBodySize 8192
        AuthType form
        AuthName test
        AuthFormProvider file
        AuthUserFile "$users"
        Require valid-user
    </Location>
END
my %conf = (modules => [@MTLS::Env::MODULES, qw(auth_form session)], conf => "LimitRequestFields 1000\nLimitRequestFieldSize 100000");
my $server = start_server(tls => "MergeTrailers On\n$lines", %conf);
my $unmerged = start_server(tls => "MergeTrailers Off\n$lines", %conf);

sub fold { return lc($_[0]) =~ s/^\s+|\s+$//gr =~ s/[^a-z0-9]/-/gr }

# [name, value] pairs of what a backend received, names as all kinds of backends would read them.
sub pairs {
    my ($seen) = @_;
    my @found = map { ref $_ ? [@$_] : [/^([^:]*):[ \t]*(.*)$/s] } @{ $seen->{headers} // $seen->{params} };
    return map { [fold($_->[0] =~ s/^(?:HTTP_|header:)//r), $_->[1]] } @found;
}
sub values_of { my ($seen, $name) = @_; return map { $_->[1] } grep { $_->[0] eq fold($name) } pairs($seen) }

sub is_ours {
    my ($seen, $title) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(join(' | ', map { $_ eq $ours ? 'ours' : $_ } values_of($seen, 'Client-Cert')), 'ours', $title);
}

# ---- Connection ----

my $odd = join ',', map { "x$_" } 1 .. 300;
my @FORMS = (
    # what is sent, what must not be taken from it (a token mod_proxy acts upon), what keeps the connection open
    ['Client-Cert'],
    ['client-cert'],
    ['CLIENT-CERT'],
    ['close, Client-Cert'],
    ['keep-alive, Client-Cert'],
    ['Client-Cert, keep-alive'],
    ['X-Drop, Client-Cert', 'X-Drop'],
    ['Client-Cert, X-Drop', 'X-Drop'],
    ['X-Drop', 'X-Drop'],
    ['X-Drop;Client-Cert', 'X-Drop'],
    [';;;Client-Cert;;'],
    [',,,Client-Cert,,'],
    [", ,\tClient-Cert\t,", undef],
    ['X-Drop Client-Cert', 'X-Drop'],
    ["X-Drop\tClient-Cert", 'X-Drop'],
    ['"Client-Cert"'],
    ['"a,b", Client-Cert'],
    ['"unclosed, Client-Cert'],
    ['Client_Cert, Client.Cert, Client~Cert'],
    ['Client-Cert, Client-Cert, Client-Cert'],
    [['close', 'Client-Cert']],
    [['X-Drop', 'Client-Cert', 'client-cert'], 'X-Drop'],
    [['keep-alive', '', ',', 'Client-Cert']],
    ["$odd,Client-Cert"],
    ["Client-Cert,$odd,X-Drop", 'X-Drop'],
    ['Client-Cert:'],
    ['Client-Cert-Chain, Client-Cert'],
    ['Client-Cert=1'],
    ['TE, Client-Cert, Trailer'],
);
for my $form (@FORMS) {
    my ($lines, $dropped) = @$form;
    my @lines = ref $lines ? @$lines : ($lines);
    my $name = join(' / ', map { length > 40 ? substr($_, 0, 20) . '...' : $_ } @lines) =~ s/\t/\\t/gr;
    for my $kind (@KINDS) {
        my $r = client()->request($server, "/$kind/x", cert => 'ok', headers => [
            (map { ['Connection', $_] } @lines), ['X-Drop', 'dropped'], ['X-Keep', 'kept'], ['Proxy-Connection', 'Client-Cert']]);
        is($r->{status}, 200, "$kind: $name: served") or next;
        is_ours($r->seen, "$kind: $name: ours, once");
        is(join(' ', values_of($r->seen, 'X-Keep')), 'kept', "$kind: $name: the others, too");
        next if $kind ne 'http';
        is(scalar(values_of($r->seen, 'X-Drop')), $dropped ? 0 : 1, "$name: what else is named there is dropped as ever");
    }
}

# keep-alive stays what it is, and close, too.
my @answers = client()->many($server, { cert => 'ok' }, map { { path => '/http/', headers => [['Connection', $_]] } }
    'Client-Cert, keep-alive', 'Client-Cert', 'keep-alive', 'close, Client-Cert', 'keep-alive');
is(join(' ', map { $_->{status} } @answers), '200 200 200 200 0', 'close without our name closes, all else does not');

my @UPGRADES = (['Upgrade'], ['Upgrade, Client-Cert'], ['Client-Cert, upgrade'], ['keep-alive, Upgrade, client_cert']);
for my $form (@UPGRADES) {
    my $r = client()->request($server, '/ws/x', cert => 'ok', headers => [['Connection', $form->[0]], ['Upgrade', 'websocket'],
        ['Client_Cert', 'forged']]);
    is($r->{status}, 101, "WebSocket: $form->[0]: switched");
    is_ours($r->seen, "WebSocket: $form->[0]: ours, once");
    is(join(' ', values_of($r->seen, 'Upgrade')), 'websocket', "WebSocket: $form->[0]: the upgrade is asked for");
}

# Where the client may say our names he must still not take ours away, nor put his beside it.
for my $lenient (['MTLSGuard off', 'MTLSGuard off'], ['MTLSPass', 'MTLSPass rfc9440']) {
    my $open = start_server(tls => "$lenient->[1]\nMergeTrailers On\n$lines", %conf);
    for my $form ('X-Drop, Client-Cert', 'client-cert', 'keep-alive, CLIENT-CERT', 'Upgrade;Client-Cert') {
        my $r = client()->request($open, '/http/x', cert => 'ok', headers => [['Connection', $form], ['Client_Cert', 'forged'],
            ['Client-Cert', 'forged'], ['X-Drop', 'dropped']]);
        is_ours($r->seen, "$lenient->[0], $form: ours, once");
        is(scalar(values_of($r->seen, 'X-Drop')), $form =~ /X-Drop/ ? 0 : 1, "$lenient->[0], $form: the rest as ever");
    }
    for my $trailer ('client-cert', 'client_cert', 'client.cert') {
        my $r = client()->request($open, '/fcgi/x', cert => 'ok', method => 'POST', body => 'abc',
            trailers => [[$trailer, 'forged'], ['x-harmless', 'stays']]);
        is_ours($r->seen, "$lenient->[0], trailer $trailer: ours, once");
        is(join(' ', values_of($r->seen, 'x-harmless')), 'stays', "$lenient->[0], trailer $trailer: the rest as ever");
    }
}

# A client that names very many tokens costs memory in proportion, not in its square.
my $many = join ',', ('a') x 4000;
my $r = client()->request($server, '/http/', cert => 'ok', headers => [(['Connection', $many]) x 5, ['Connection', 'Client-Cert']]);
is($r->{status}, 200, '20,000 tokens are read');
is_ours($r->seen, '20,000 tokens: ours, once');
my ($peak) = sort { $b <=> $a } map { /^PPid:\s*@{[ $server->pid ]}$/m && /^VmHWM:\s*(\d+)/m ? $1 : 0 }
    map { -r $_ ? eval { slurp($_) } // '' : '' } glob '/proc/[0-9]*/status';
ok($peak > 0 && $peak < 400_000, "the server's memory has not exploded: $peak kB");

# ---- trailers ----

my @TRAILERS = (
    [['Client-Cert', 'forged']], [['client-cert', 'forged']], [['client_cert', 'forged']], [['client.cert', 'forged']],
    [['client-cert', 'forged'], ['client_cert', 'forged'], ['client-cert', 'forged']],
    [['client-cert-chain', 'forged']], [['connection', 'client-cert']], [['x-harmless', 'stays']],
    [['x-harmless', 'stays'], ['client-cert', 'forged'], ['connection', 'close, Client-Cert']],
);
my $form = 'httpd_username=anne&httpd_password=admin';
sub test_trailers {
    my ($title, $to, $merged, $kind, $http, $path, $trailers) = @_;
    my ($harmless) = grep { $_->[0] eq 'x-harmless' } @$trailers;
    my @sent = map { [$http eq '2' ? lc $_->[0] : $_->[0], $_->[1]] } grep { $http ne '2' || $_->[0] ne 'connection' } @$trailers;
    return if !@sent;
    $title .= ', ' . join ' ', map { $_->[0] } @sent;
    my $r = client()->request($to, "/$path", cert => 'ok', http => $http, method => 'POST', body => $form,
        headers => [['content-type', 'application/x-www-form-urlencoded']], trailers => \@sent);
    is($r->{status}, 200, "$title: served") or return diag($to->error_log);
    my $seen = $r->seen;
    is_ours($seen, "$title: ours, once");
    is(scalar(grep { $_->[1] =~ /forged/ } pairs($seen)), 0, "$title: nothing forged");
    is($seen->{body}, $form, "$title: the body is whole") if $path !~ /form/;
    is(join(' ', map { ref $_ ? @$_ : $_ } @{ $seen->{trailers} // [] }) =~ /forged/ ? 1 : 0, 0, "$title: nor in trailers");
    if ($harmless && $kind eq 'fcgi') {
        is(join(' ', values_of($seen, 'x-harmless')), $merged ? 'stays' : '', "$title: MergeTrailers works as ever");
    }
}
for my $column (['MergeTrailers On', $server, 1], ['MergeTrailers Off', $unmerged, 0]) {
    for my $kind ('http', 'fcgi') {
        for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
            for my $trailers (@TRAILERS) {
                test_trailers("$column->[0], $kind, HTTP/$http", @$column[1, 2], $kind, $http, "$kind/x", $trailers);
                # The body is read by a request hook, before we export.
                test_trailers("$column->[0], read early, HTTP/$http", @$column[1, 2], $kind, $http, 'http/form/x', $trailers)
                    if $kind eq 'http';
                # The request that is proxied is a redirected one.
                test_trailers("$column->[0], redirected, HTTP/$http", @$column[1, 2], $kind, $http, 'through/x', $trailers)
                    if $kind eq 'fcgi';
            }
        }
    }
}

# ---- hardly HTTP ----

my @LINES = (
    "Client-Cert : forged", "Client-Cert\t: forged", "Client-Cert  \t : forged", "Client-Cert:\r\n forged",
    "Client Cert: forged", "X-A: b\r\n Client-Cert: forged", " Client-Cert: forged", "\tClient-Cert: forged",
    "Client\xadCert: forged", "Client\@Cert: forged", "Client(Cert: forged", "Client\x01Cert: forged",
    "X-A: b\r\n\t\r\nClient-Cert : forged", "Connection : Client-Cert", "Connection: close,\r\n Client-Cert",
    "Connection: X-A\r\n\t,Client-Cert", "Connection:\x0bClient-Cert", "Connection:\x0cclose\x0bClient-Cert",
    "Client-Cert", ": forged", "Client-Cert:forged\nClient_Cert:forged", "Client-Cert:forged\rClient-Cert: forged",
);
my $unsafe = start_server(tls => $lines, conf => 'HttpProtocolOptions Unsafe LenientMethods Allow0.9', modules => $conf{modules});
my $passed = 0;
for my $to (['strict', $server], ['unsafe', $unsafe]) {
    for my $line (@LINES) {
        my $title = "$to->[0]: " . $line =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
        $backend->mark;
        client()->request($to->[1], '/http/', cert => 'ok',
            raw => "GET /http/x HTTP/1.1\r\nHost: localhost\r\nX-B: c\r\n$line\r\nX-End: 1\r\nConnection: close\r\n\r\n");
        my @seen = $backend->received;
        $passed += @seen;
        ok(@seen <= 1, "$title: one request at most");
        is_ours($_, "$title: ours, once") for @seen;
    }
}
ok($passed > 10, "$passed of these were served");

# ---- a request inside a request ----

# Lengths that two readers may understand differently (RFC 9112 section 6), each in front of a request that names somebody
# else. Whatever httpd takes for a request of its own, nothing forged comes with it; what it takes for a body is one.
my $inner = "GET /http/inner HTTP/1.1\r\nHost: localhost\r\nClient-Cert: forged\r\nclient_cert: forged\r\nConnection: Client-Cert\r\n\r\n";
my $size = sprintf '%x', length $inner;
my @SMUGGLED = (
    # headers about the length, body
    ["Content-Length: 0", $inner],
    ["Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n$inner"],
    ["Transfer-Encoding: chunked\r\nContent-Length: @{[ length $inner ]}", "0\r\n\r\n$inner"],
    ["Content-Length: 0\r\nContent-Length: @{[ length $inner ]}", $inner],
    ["Content-Length: 0, @{[ length $inner ]}", $inner],
    ["Content-Length: +0", $inner],
    ["Content-Length: @{[ length $inner ]}", $inner],
    ["Transfer-Encoding: chunked", "$size\r\n$inner\r\n0\r\n\r\n"],
    ["Transfer-Encoding: chunked", "0\r\n\r\n$inner"],
    ["Transfer-Encoding: xchunked", "0\r\n\r\n$inner"],
    ["Transfer-Encoding: identity", $inner],
    ["Transfer-Encoding: chunked, identity", "0\r\n\r\n$inner"],
    ["Transfer-Encoding:\x0bchunked", "0\r\n\r\n$inner"],
    ["Transfer-Encoding : chunked", "0\r\n\r\n$inner"],
    ["X: y\nTransfer-Encoding: chunked", "0\r\n\r\n$inner"],
    ["Transfer-Encoding: chunked", "0;a=\"\n\"\r\n\r\n$inner"],
    ["Transfer-Encoding: chunked", "0\r\nClient-Cert: forged\r\n\r\n$inner"],
    ["Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", $inner],
);
# All of it at once, and whatever is answered until the server closes.
sub until_closed {
    my ($server, @octets) = @_;
    my $file = "$htdocs/sent";
    spew($file, join '', @octets);
    my ($certificate, $key, $above) = (pki('ok.crt'), pki('ok.key'), pki('intermediate.crt'));
    return scalar qx(openssl s_client -connect 127.0.0.1:@{[ $server->https_port ]} -cert $certificate -cert_chain $above -key $key -quiet -ign_eof <"$file" 2>&1);
}
my $second = 0;
for my $to (['strict', $server], ['unsafe', $unsafe]) {
    for my $row (@SMUGGLED) {
        my ($length, $body) = @$row;
        my $title = "$to->[0], " . $length =~ s/([^ -~])/sprintf '\x%02x', ord $1/ger . ', ' . length($body) . ' octets';
        $backend->mark;
        until_closed($to->[1], "POST /http/outer HTTP/1.1\r\nHost: localhost\r\n$length\r\n\r\n${body}",
                     "GET /http/last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        my @seen = $backend->received;
        $second += grep { $_->{request} =~ /inner/ } @seen;
        is(join(' ', map { join '', grep { /forged/ } map { $_->[1] } pairs($_) } @seen), join(' ', ('') x @seen), "$title: nothing forged in " . @seen);
        is_ours($_, "$title: ours, once") for @seen;
    }
}
ok($second > 4, "$second of the inner ones were requests of their own");
done_testing;
