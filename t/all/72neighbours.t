#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# In one server with what others put there: mod_security2, mod_evasive, mod_auth_openidc, mod_remoteip, mod_cache, mod_rewrite,
# mod_lua, mod_perl and mod_md, each with something to do, our LoadModule line behind theirs and before.
use MTLS::Test;
use Digest::SHA 'hmac_sha256';
use File::Path 'make_path';
use IO::Select;
use IO::Socket::INET;
use MIME::Base64 'encode_base64url';
use POSIX ();
use TAP::Parser;

my $backend = start_backend('http');
my $port = $backend->port('http');
my $DN = 'emailAddress=anne@example.org,UID=anne,CN=Anne Example,';
my @HTTP = mpm() eq 'prefork' ? '1.1' : ('1.1', '2');
my $LINES = <<"END";
    MergeTrailers On
    MTLSUser subject.cn
    MTLSEnv on
    MTLSHeader X-Client-DN subject
    ErrorDocument 401 /error/status/401
    ErrorDocument 403 /error/status/403
    RewriteEngine on
    RewriteCond "%{HTTP:X-Client-DN}" forged
    RewriteRule "." "-" [F]
    RewriteRule "^/rewritten/(.*)" "http://127.0.0.1:$port/\$1" [P]
    RewriteRule "^/other-name/(.*)" "/rule/\$1" [PT]
    ProxyPass "/" "http://127.0.0.1:$port/"
    <Location "/rule/">
        Require mtls subject.cn "Anne Example"
    </Location>
    <Location "/rewritten/">
        Require mtls subject.cn "Anne Example"
    </Location>
    <Location "/elsewhere/">
        <RequireAll>
            Require mtls
            Require ip 192.0.2.9
        </RequireAll>
    </Location>
    <Location "/oidc/">
        AuthType openid-connect
        OIDCUnAuthAction 401
        <RequireAll>
            Require mtls
            Require valid-user
        </RequireAll>
    </Location>
    <Location "/oidc-beside/">
        AuthType openid-connect
        Require mtls
    </Location>
    <Location "/oauth/">
        AuthType oauth20
        OIDCUnAuthAction 401
        <RequireAll>
            Require mtls subject.cn "Anne Example"
            Require claim sub:token-anne
        </RequireAll>
    </Location>
END
my $CONF = <<"END";
RemoteIPHeader X-Far
RemoteIPInternalProxy 127.0.0.1
OIDCOAuthVerifySharedKeys plain##0123456789abcdef0123456789abcdef
OIDCOAuthRemoteUserClaim sub
END

# A signed token, by RFC 7515 and 7519.
sub token {
    my ($subject, $key) = @_;
    my $signed = join '.', map { encode_base64url($_) } '{"alg":"HS256"}', sprintf '{"sub":"%s","exp":4102444800}', $subject;
    return join '.', $signed, encode_base64url(hmac_sha256($signed, $key // '0123456789abcdef0123456789abcdef'));
}
sub bearer { return [['Authorization', 'Bearer ' . token(@_)]] }

my @FORGED = ([['X-Client-DN', 'forged']], [['x_client_dn', 'forged']], [['x.client.dn', 'forged'], ['Client-Cert', 'forged']]);
my @CASES = (
    # what, path, certificate, how, status, whose name the backend is told
    ['a rule',                  '/rule/x', 'ok', {}, 200, 'anne'],
    ['a rule',                  '/rule/x', 'other', {}, 403],
    ['a rule',                  '/rule/x', undef, {}, 403],
    ['no rule',                 '/x', 'ok', {}, 200, 'anne'],
    ['no rule',                 '/x', undef, {}, 200],
    (map { ['forged', '/rule/x', 'ok', { headers => $_ }, 200, 'anne'], ['forged', '/x', undef, { headers => $_ }, 200] } @FORGED),
    ['Connection',              '/x', 'ok', { old => 1, headers => [['Connection', 'close, X-Client-DN']] }, 200, 'anne'],
    ['mod_rewrite [P]',         '/rewritten/x', 'ok', {}, 200, 'anne'],
    ['mod_rewrite [P]',         '/rewritten/x', 'other', {}, 403],
    ['mod_rewrite [PT]',        '/other-name/x', 'ok', {}, 200, 'anne'],
    ['mod_rewrite [PT]',        '/other-name/x', undef, {}, 403],
    ['mod_security2, header',   '/rule/x', 'ok', { headers => [['X-Any', 'neighbour-attack']] }, 403],
    ['mod_security2, argument', '/rule/x?q=neighbour-attack', 'ok', {}, 403],
    ['mod_security2, body',     '/rule/x', 'ok', { method => 'POST', body => 'q=neighbour-attack', headers =>
                                 [['Content-Type', 'application/x-www-form-urlencoded']] }, 403],
    ['mod_security2 sees what the client forged', '/x', undef, { headers => [['x.client.dn', 'neighbour-attack']] }, 403],
    ['mod_security2, a body that passes', '/rule/x', 'ok', { method => 'POST', body => 'q=1' }, 200, 'anne'],
    ['mod_security2, a trailer', '/rule/x', 'ok', { method => 'POST', body => 'q=1', trailers => [['X-Client-DN', 'forged']] }, 200, 'anne'],
    ['mod_remoteip',            '/elsewhere/x', 'ok', { headers => [['X-Far', '192.0.2.9']] }, 200, 'anne'],
    ['mod_remoteip',            '/elsewhere/x', 'ok', { headers => [['X-Far', '192.0.2.8']] }, 403],
    ['mod_remoteip',            '/elsewhere/x', undef, { headers => [['X-Far', '192.0.2.9']] }, 403],
    ['mod_auth_openidc, no session', '/oidc/x', 'ok', {}, 401],
    ['mod_auth_openidc, no certificate', '/oidc/x', undef, {}, 403],
    ['mod_auth_openidc, nothing for it to do', '/oidc-beside/x', 'ok', {}, 200, 'anne'],
    ['mod_auth_openidc, nothing for it to do', '/oidc-beside/x', undef, {}, 403],
    ['a token',                 '/oauth/x', 'ok', { headers => bearer('token-anne') }, 200, 'anne'],
    ['a token of somebody else', '/oauth/x', 'ok', { headers => bearer('token-bob') }, 401],
    ['a token with another key', '/oauth/x', 'ok', { headers => bearer('token-anne', 'x' x 32) }, 401],
    ['a token, another certificate', '/oauth/x', 'other', { headers => bearer('token-anne') }, 403],
    ['a token, no certificate', '/oauth/x', undef, { headers => bearer('token-anne') }, 403],
);

for my $order (qw(last first)) {
    local $ENV{MTLS_NEIGHBOURS} = $order;
    my $server = start_server(tls => $LINES, conf => $CONF, log_level => 'mtls_authz:info');
    for my $http (@HTTP) {
        for my $case (@CASES) {
            my ($what, $path, $cert, $how, $status, $who) = @$case;
            my %how = %$how;
            next if delete $how{old} && $http ne '1.1';
            for my $part (grep { $how{$_} } qw(headers trailers)) {
                $how{$part} = [map { [$http eq '2' ? lc $_->[0] : $_->[0], $_->[1]] } @{ $how{$part} }];
            }
            $backend->mark;
            my $r = client()->request($server, $path, cert => $cert, http => $http, %how);
            my @seen = $backend->received;
            my @names = map { map { /^((?:x.client.dn|client.cert)): (.*)/i ? "$1=$2" : () } @{ $_->{headers} } } @seen;
            my $title = "ours $order, HTTP/$http: $what, $path, " . ($cert // 'nobody');
            is($r->{status}, $status, "$title: $status") or diag($server->error_log =~ /([^\n]+)\n\z/);
            my $user = $status != 200 ? '-' : $path =~ m{^/oauth/} ? 'token-anne' : $who ? 'Anne Example' : '-';
            my $verify = $status != 200 ? '-' : $who ? 'SUCCESS' : 'NONE';
            is($r->header('X-Lua'), "$user|$verify|-", "$title: what mod_lua sees in its fixups");
            # Where the AuthType is another module's, and was not needed, the user is there a little later.
            my $early = $path =~ m{^/oidc-beside/} ? '-' : $user;
            is($r->header('X-Perl'), "$early|-|-", "$title: what mod_perl does");
            ok($who ? @names == 1 && $names[0] =~ /^X-Client-DN=\Q$DN\E/i : !@names, "$title: the backend is told " . ($who // 'nobody'))
                or diag("@names");
        }
    }
}
# ---- each with a server of its own ----

# A connection that another proxy announces by the PROXY protocol: everything behind its first line is passed on.
sub announced {
    my ($port, $line) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5) or die "listen: $!";
    my $pid = fork() // die "fork: $!";
    return ($listen->sockport, $pid) if $pid;
    while (my $client = $listen->accept) {
        my $server = IO::Socket::INET->new("127.0.0.1:$port") or next;
        $server->syswrite($line);
        my $both = IO::Select->new($client, $server);
        RELAY: while (my @ready = $both->can_read) {
            for my $from (@ready) {
                $from->sysread(my $octets, 65536) or last RELAY;
                ($from == $client ? $server : $client)->syswrite($octets);
            }
        }
    }
    POSIX::_exit(0);
}

my $dir = logs() . "/neighbours-$$";
mkdir $dir or die "$dir: $!";
spew("$dir/index.html", "kept\n");
for my $order (qw(last first)) {
    local $ENV{MTLS_NEIGHBOURS} = $order;

    # mod_evasive: who asks too often is refused, and its error page is told nobody.
    my $server = start_server(tls => $LINES, conf => "${CONF}DOSPageCount 3\nDOSPageInterval 60\nDOSBlockingPeriod 60\n");
    $backend->mark;
    my @responses = client()->many($server, { cert => 'ok' }, ({ path => '/rule/often' }) x 8);
    my @seen = $backend->received;
    is(scalar @seen, 8, "ours $order, mod_evasive: the backend has been asked for all, or for an error page");
    my %known = (200 => 0, 403 => 0);
    for my $i (0 .. $#seen) {
        my $told = grep { /^X-Client-DN: / } @{ $seen[$i]{headers} };
        $known{ $responses[$i]{status} }++ if $told == ($responses[$i]{status} == 200);
    }
    is($known{200} + $known{403}, 8, '... and told who it is where it is let in');
    cmp_ok($known{$_}, '>', 0, "... $_: $known{$_}") for 200, 403;
    is(client()->request($server, '/rule/often')->{status}, 403, '... nobody is refused all the same');

    # mod_remoteip with the PROXY protocol: the address is the announced one, the certificate is the client's.
    $server = start_server(tls => "RemoteIPProxyProtocol On\n$LINES", conf => $CONF);
    my ($port, $relay) = announced($server->https_port, "PROXY TCP4 192.0.2.9 192.0.2.1 1234 443\r\n");
    for my $case (['ok', '/rule/x', 200], ['ok', '/elsewhere/x', 200], ['other', '/rule/x', 403], [undef, '/elsewhere/x', 403]) {
        my ($cert, $path, $status) = @$case;
        $server->mark;
        is(client()->request($server, $path, cert => $cert, port => $port)->{status}, $status,
           "ours $order, PROXY protocol: $path, " . ($cert // 'nobody') . ": $status");
        like($server->error_log, qr/client 192\.0\.2\.9.*access denied, reason: no-match/, '... the log has the announced address')
            if $cert && $cert eq 'other';
    }
    kill KILL => $relay;
    waitpid $relay, 0;

    # mod_cache, in its place behind authorization.
    $server = start_server(conf => "CacheQuickHandler off\nCacheRoot \"$dir\"\n", tls => <<"END");
        Alias "/kept/" "$dir/"
        <Location "/kept/">
            CacheEnable disk
            Require mtls subject.cn "Anne Example"
        </Location>
        <Directory "$dir">
            CacheHeader on
        </Directory>
        CacheHeader on
END
    my @answers = map { client()->request($server, '/kept/index.html', cert => $_) } 'ok', 'ok', 'other', undef, 'ok';
    is(join(' ', map { $_->{status} } @answers), '200 200 403 403 200', "ours $order, mod_cache: what is kept is not for everybody");
    like($answers[$_]->header('X-Cache'), qr/^(?:HIT|REVALIDATE) /, '... and it is kept') for 1, 4;

    # mod_md: it gives the server its certificate, and answers to a certificate authority that no rule lets in.
    my $managed = free_port();
    my $store = "$dir/md-$order";
    $server = start_server(plain => "ServerName md.example.org\nMTLSBackstop on\n", conf => <<"END");
        <MDomainSet md.example.org>
            MDCertificateFile "\@PKI\@/server.crt"
            MDCertificateKeyFile "\@PKI\@/server.key"
        </MDomainSet>
        $CONF
        Listen 127.0.0.1:$managed
        <VirtualHost 127.0.0.1:$managed>
            ServerName md.example.org
            SSLEngine on
            SSLCACertificateFile "\@PKI\@/ca.pem"
            SSLVerifyClient optional
            SSLVerifyDepth 10
            MTLSBackstop on
            $LINES
        </VirtualHost>
END
    for my $how (tls_matrix()) {
        next if $how->{http} eq '2';
        my $title = "ours $order, mod_md, TLS $how->{tls}, " . ($how->{resumed} ? 'resumed' : 'full');
        for my $case (['ok', 200], ['other', 403]) {
            my $r = client()->request($server, '/rule/x', %$how, cert => $case->[0], port => $managed);
            is($r->{status}, $case->[1], "$title: $case->[0]");
        }
    }
    my $challenges = $server->dir . '/md/challenges/md.example.org';
    make_path($challenges);
    spew("$challenges/acme-http-01.txt", 'token.thumbprint');
    my @host = ([Host => 'md.example.org']);
    my $r = client()->request($server, '/.well-known/acme-challenge/token', plain => 1, headers => \@host);
    is("$r->{status} $r->{body}", '200 token.thumbprint', "ours $order, mod_md: the answer to the authority, also where the backstop is on");
    is(client()->request($server, '/x', plain => 1, headers => \@host)->{status}, 403, '... and nothing else is there without TLS');
}

# ---- what the suite says of its core in their company ----

sub passes {
    my ($order, $test) = @_;
    local $ENV{MTLS_NEIGHBOURS} = $order;
    my $parser = TAP::Parser->new({ exec => [$^X, top() . "/$test"], merge => 1 });
    my ($passed, @failed) = (0);
    while (my $line = $parser->next) {
        next if !$line->is_test;
        $line->is_ok && !$line->has_skip ? $passed++ : push @failed, $line->as_string;
    }
    ok(!@failed && $passed && !$parser->exit && !$parser->parse_errors, "ours $order: $test: $passed tests") or diag(join "\n", @failed);
}
for my $order (qw(last first)) {
    passes($order, $_) for qw(t/40peer.t t/50guard.t t/50export.t t/55backstop.t t/56identity.t);
}
done_testing;
