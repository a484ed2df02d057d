#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The forging matrix over every kind of backend that httpd can proxy to, and in each of them every profile's headers:
# once, and with the bytes that independent encoders make of the same certificate (t/golden).
use MTLS::Test;

my @names = map { /^-\t(\S+)$/ ? $1 : () } qx(@{[ build() ]}/unit/list_names);
ok(@names > 70, @names . ' guarded names');

sub fold { return lc($_[0]) =~ s/[^a-z0-9]/-/gr }
my %guarded = map { fold($_) => 1 } @names;

# A forged name's spellings, and how often it is sent.
sub mixed { my $n = 0; return $_[0] =~ s/[-_.]/('_', '.', '-')[$n++ % 3]/ger }
my @SPELLINGS = (
    ['as it is',    sub { $_[0] }],
    ['upper case',  sub { uc $_[0] }],
    ['lower case',  sub { lc $_[0] }],
    ['underscores', sub { lc $_[0] =~ s/-/_/gr }],
    ['dots',        sub { lc $_[0] =~ s/[-_]/./gr }],
    ['mixed marks', sub { lc mixed($_[0]) }],
    ['sent twice',  sub { lc $_[0] =~ s/_/-/gr }, 2],
);
# What else a client may say to have mod_proxy take headers out; %s is all names of the profile.
my @CONNECTIONS = (
    ['a second line', ['Connection', 'keep-alive'], ['connection', '%s']],
    ['semicolons', ['Connection', 'keep-alive;%s']],
    ['all tokens', ['Connection', 'close, %s']],       # the last: it ends the connection
);
my $HARMLESS = 'x-harmless';

# ---- backends: kind, the URL's beginning, what else the location needs ----

my $backend = start_backend(qw(http https h2 h2c fcgi scgi uwsgi ajp));
my %UPGRADE = (headers => [['Upgrade', 'websocket']], status => 101, connection => 'Upgrade');
my @BACKENDS = (
    { name => 'http',      url => url('http') },
    { name => 'https',     url => url('https') =~ s/127.0.0.1/localhost/r },
    { name => 'h2c',       url => url('h2c') },
    { name => 'h2',        url => url('h2') =~ s/127.0.0.1/localhost/r },
    { name => 'fcgi',      url => url('fcgi') },
    { name => 'scgi',      url => url('scgi') },
    { name => 'uwsgi',     url => url('uwsgi') },
    { name => 'ajp',       url => url('ajp') },
    { name => 'upgrade',   url => url('http') =~ s/127.0.0.1/localhost/r, more => 'upgrade=websocket', %UPGRADE },
    { name => 'wstunnel',  url => url('ws', 'http'), %UPGRADE },
);

sub url { my ($scheme, $kind) = @_; return "$scheme://127.0.0.1:" . $backend->port($kind // $scheme) }
sub prefix { return '/' . $_[0]{name} =~ tr/ /-/r }


sub proxy_lines {
    my ($to) = @_;
    return sprintf qq(ProxyPass "%s/" "%s/" %s\n), prefix($to), $to->{url}, $to->{more} // '';
}

# Balancers whose first member fails: no connection at all, or a response that counts as a failure. Each fails once.
my $dead = free_port();
my %FAILS = (
    'dead'      => ['http', "http://127.0.0.1:$dead"],
    'dead-fcgi' => ['fcgi', "fcgi://127.0.0.1:$dead"],
    'sick'      => ['http', url('http') . '/status/503'],
);

sub balancer_lines {
    my ($name, $index) = @_;
    my ($kind, $first) = @{ $FAILS{$name} };
    return <<"END";
        ProxyPass "/$name-$index/" "balancer://$name-$index/" failonstatus=503
        <Proxy "balancer://$name-$index">
            BalancerMember $first
            BalancerMember @{[ url($kind) ]} status=+H
        </Proxy>
END
}

# ---- what must arrive, by certificate and profile ----

# ok: everything; direct: no chain; utf8-cn, comma-cn: characters that formats differ about.
my @CERTIFICATES = qw(ok direct utf8-cn comma-cn);
my (%golden, %words);

sub read_golden {
    my ($cert) = @_;
    my $chain = $cert eq 'direct' ? '/dev/null' : pki('intermediate.crt');
    my @command = (python(), '-B', top() . '/t/golden/expect.py', pki("$cert.crt"), $chain, pki('server.crt'));
    open my $from, '-|', @command or die "expect.py: $!";
    for my $line (<$from>) {
        chomp $line;
        my ($word, $name, $value) = $line =~ /^(\S+)\t([^:]+): (.*)$/ or die "expect.py: $line";
        push @{ $golden{$cert}{$word} }, [$name, $value];
        $words{$word} = $guarded{ fold($name) } = 1;     # an option may be a name of its own
    }
    close $from or die "expect.py: $?";
}
read_golden($_) for @CERTIFICATES;
my @words = sort keys %words;
my %profiles = map { /^([^:]+)/ => 1 } @words;
my @table = slurp(top() . '/include/tbl/profiles.h') =~ /^MTLS_PROFILE\("([^"]+)"/mg;
is_deeply([sort keys %profiles], [sort @table], @words . ' forms of all ' . @table . ' profiles');

my $locations = join '', map { "<LocationMatch \"^/[^/]+/p/$_/\">\nMTLSExport $words[$_]\n</LocationMatch>\n" }
    0 .. $#words;
my $balancers = join '', map { my $name = $_; map { balancer_lines($name, $_) } 0 .. $#words } sort keys %FAILS;
my $lines = join('', map { proxy_lines($_) } @BACKENDS) . <<"END";
    SSLProxyEngine on
    SSLProxyVerify require
    SSLProxyCACertificateFile "\@PKI\@/ca.pem"
    ProxyWebsocketFallbackToProxyHttp off
    MTLSUser subject.cn
    <Location "/set-handler/">
        SetHandler "proxy:@{[ url('fcgi') ]}"
    </Location>
    Header always set X-TLS "%{SSL_CIPHER}s %{SSL_CIPHER_USEKEYSIZE}s %{SSL_SESSION_ID}s %{SSL_PROTOCOL}s"
    $locations
END
my $server = start_server(tls => "$lines$balancers", plain => $lines, log_level => 'error',
                          conf => "MTLSGuard all\nLimitRequestFields 1000\nLogLevel error\n");

my @CALLERS = (
    (map { ["$_", { cert => $_, http => '1.1' }] } @CERTIFICATES),
    ['nobody',         { http => '1.1' }],
    ['plain HTTP',     { http => '1.1', plain => 1 }],
    (mpm() eq 'prefork' ? () : (['ok, HTTP/2', { cert => 'ok', http => '2' }], ['nobody, HTTP/2', { http => '2' }])),
);

# ---- what a backend received: [name as it came, value] ----

my %FOLDS = map { $_ => 1 } qw(fcgi scgi uwsgi);

# Headers only: gateway interfaces and AJP have other names beside them, which are the server's own.
sub pairs {
    my ($seen) = @_;
    my @pairs = map { ref $_ ? $_ : [/^([^:]*):\s*(.*)$/s] }
        @{ $seen->{headers} // $seen->{params} }, @{ $seen->{trailers} // [] };
    my $mark = $FOLDS{ $seen->{kind} } ? qr/^HTTP_/ : $seen->{kind} eq 'ajp' ? qr/^header:/ : return @pairs;
    return map { $_->[0] =~ /$mark(.*)/ ? [$1, $_->[1]] : () } @pairs;
}

# How this kind of backend sees a header's name.
sub arrives {
    my ($kind, $name) = @_;
    return $FOLDS{$kind} ? uc($name) =~ s/[^A-Z0-9]/_/gr : $kind eq 'h2c' ? lc $name : $name;
}

sub show { return join "\n", sort map { "$_->[0]: $_->[1]" } @_ }
sub identity { my ($seen) = @_; return grep { $guarded{ fold($_->[0]) } } pairs($seen) }

sub forgeries {
    my ($seen) = @_;
    my @all = map { @{ $seen->{$_} // [] } } qw(headers params trailers);
    return grep { "@$_" =~ /forged/ } map { ref $_ ? [map { $_ // '' } @$_] : [split /:/, $_, 2] } @all;
}

# What is the connection's own: by mod_ssl's word, or where the answer is a tunnel's, by the client's.
sub connection_facts {
    my ($seen, $response) = @_;
    my ($session) = map { $_->[1] =~ /^([0-9a-f]{64})$/ } grep { fold($_->[0]) eq 'ssl-session-id' } pairs($seen);
    my @facts = defined $response->header('X-TLS') ? split(/ /, $response->header('X-TLS'))
        : ($response->{cipher}, $response->{cipher} =~ /256/ ? 256 : 128, $session // '', $response->{tls});
    my %fact;
    @fact{qw(CIPHER BITS SESSION TLS)} = @facts;
    $fact{SESSION} = lc $fact{SESSION};
    return %fact;
}

sub expected {
    my ($seen, $cert, $word, $response) = @_;
    my $kind = $seen->{kind};
    # httpd gives gateway interfaces no header whose name has an underscore.
    my @lines = grep { !($FOLDS{$kind} && $_->[0] =~ /_/) } @{ $golden{$cert}{$word} // [] };
    my %fact = connection_facts($seen, $response);
    return show(map { [arrives($kind, $_->[0]), $_->[1] =~ s/\@(CIPHER|BITS|SESSION|TLS)\@/$fact{$1}/gr] } @lines);
}

# ---- requests ----

my $cells = 0;

# A request to this backend; a WebSocket's goes with its own two headers, and on a connection of its own.
sub request_to {
    my ($to, $path, @headers) = @_;
    my @connection = grep { lc $_->[0] eq 'connection' } @headers;
    if ($to->{connection}) {
        my $first = shift @connection;
        unshift @connection, ['Connection', join ', ', $to->{connection}, $first ? $first->[1] : ()];
    }
    return { path => prefix($to) . $path,
             headers => [[$HARMLESS, 'stays'], @{ $to->{headers} // [] }, @connection,
                         grep { lc $_->[0] ne 'connection' } @headers] };
}

sub ask {
    my ($how, $to, @requests) = @_;
    $backend->mark;
    my @batches = $to->{status} ? map { [$_] } @requests : [@requests];     # a tunnel has its connection for itself
    my @responses = map { client()->many($server, { %$how, timeout => 60 }, @$_) } @batches;
    return (\@responses, [$backend->received]);
}

sub forge {
    my ($spelling, @forged) = @_;
    my ($word, $spell, $times) = @$spelling;
    return map { my $name = $spell->($_); (["$name", "forged $word"]) x ($times // 1) } @forged;
}

# Where nothing is exported, nothing in our names arrives.
sub test_forged {
    my ($who, $how, $to) = @_;
    # HTTP/2 has no capital letters in names; httpd resets such streams.
    my @spellings = grep { $how->{http} ne '2' || $_->[1]->('Aa-Bb') !~ /[A-Z]/ } @SPELLINGS;
    my ($responses, $seen) = ask($how, $to, map { request_to($to, '/open/', forge($_, @names)) } @spellings);
    my @bad;
    for my $n (grep { $seen->[$_] } 0 .. $#spellings) {
        push @bad, map { "$spellings[$n][0]: $_->[0]: $_->[1]" } identity($seen->[$n]), forgeries($seen->[$n]);
    }
    my $title = "$to->{name}, $who";
    is(join("\n", @bad), '', "$title: no spelling arrives");
    is(scalar @$seen, scalar @spellings, "$title: each request arrives");
    is(scalar(grep { my $at = $_; grep { fold($_->[0]) eq $HARMLESS } pairs($at) } @$seen), scalar @spellings,
       "$title: with its harmless header");
    my @statuses = map { $_->{status} } @$responses;
    is("@statuses", join(' ', map { $to->{status} // 200 } @spellings), "$title: status")
        or diag($responses->[0]{error} // '', grep { /error\]/ } split /^/, $server->error_log);
    $cells += @names * @spellings;
}

# Where a profile is exported, it arrives once, whatever the client says beside it.
sub test_profiles {
    my ($who, $how, $to) = @_;
    my @bad;
    my @variants = $how->{http} eq '2' ? () : $to->{status} ? $CONNECTIONS[-1] : @CONNECTIONS;
    for my $index (0 .. $#words) {
        my $word = $words[$index];
        my @own = map { $_->[0] } @{ $golden{ok}{$word} };
        my $spelling = $SPELLINGS[2 + $index % (@SPELLINGS - 2)];
        my $tokens = join ', ', map { ($_, mixed($_)) } @own;
        my @requests = map { request_to($to, "/p/$index/", @$_) } [], [forge($spelling, @own)],
            map { my (undef, @lines) = @$_; [map { [$_->[0], $_->[1] =~ s/%s/$tokens/r] } @lines] } @variants;
        my ($responses, $seen) = ask($how, $to, @requests);
        for my $n (0 .. $#requests) {
            my $case = join ' ', $word, ('as it is', "forged $spelling->[0]", map { $_->[0] } @variants)[$n];
            push @bad, "$case: not received" and next if !$seen->[$n];
            my $got = show(identity($seen->[$n]));
            my $want = defined $how->{cert} ? expected($seen->[$n], $how->{cert}, $word, $responses->[$n]) : undef;
            push @bad, "$case:\n$got\nnot\n$want" if defined $want && $got ne $want;
            push @bad, map { "$case: $_->[0]: $_->[1]" } forgeries($seen->[$n]);
            push @bad, "$case: somebody is named:\n$got" if !defined $want && $got =~ /BEGIN|SUCCESS|CN=|:\s*true|MII/;
        }
        push @bad, "$word: more than asked" if @$seen > @requests;
        $cells += @own * @requests;
    }
    is(join("\n", @bad), '', "$to->{name}, $who: each header of each profile once, right and not to be removed");
}

for my $to (@BACKENDS) {
    for my $caller (@CALLERS) {
        my ($who, $how) = @$caller;
        next if $to->{status} && ($how->{http} eq '2' || $who eq 'direct' || $who eq 'comma-cn');
        test_forged($who, $how, $to);
        test_profiles($who, $how, $to);
    }
}

# The request that is sent once more, to the next member: the same headers, once.
for my $name (sort keys %FAILS) {
    my $how = { cert => 'ok', http => '1.1' };
    my (@bad, $tries);
    for my $index (0 .. $#words) {
        my @own = map { $_->[0] } @{ $golden{ok}{ $words[$index] } };
        my $request = { path => "/$name-$index/p/$index/", headers => [forge($SPELLINGS[5], @own)] };
        my ($responses, $seen) = ask($how, { status => 1 }, $request, $request);     # 503 ends a connection
        $tries += @$seen;
        for my $n (0 .. $#$seen) {
            my $want = expected($seen->[$n], 'ok', $words[$index], $responses->[$n]);
            my $got = show(identity($seen->[$n]));
            push @bad, "$words[$index]:\n$got\nnot\n$want" if $got ne $want;
            push @bad, map { "$words[$index]: $_->[0]: $_->[1]" } forgeries($seen->[$n]);
        }
        push @bad, "$words[$index]: the second answer is $responses->[1]{status}" if $responses->[1]{status} != 200;
        $cells += @own * 2;
    }
    is($tries, 2 * @words, "$name: two requests were received for each");
    is(join("\n", @bad), '', "$name: each header once on the second try")
        or diag(grep { /error\]/ } split /^/, $server->error_log);
    my $failed = () = $server->error_log =~ /balancer:\/\/$name-\d+\b|Forcing worker|disabling worker for/g;
    cmp_ok($failed, '>=', scalar @words, "$name: the first member did fail, each time");
    $server->mark;
}

# mod_proxy_fcgi would leave out a variable of more than 16 kB without a word: half an identity is none.
my %large = map { $_ => make_certificate("large-$_", { extensions => [['1.3.6.1.4.1.99999.9', JSON::PP::false(),
    sprintf '0483%06x%s', $_, '00' x $_]] }) } 6000, 11500, 12500, 20000;
my ($rfc9440) = grep { $words[$_] eq 'rfc9440' } 0 .. $#words;
my @SIZES = (
    ['http', 20000, 200], ['fcgi', 6000, 200], ['fcgi', 11500, 200], ['fcgi', 12500, 403], ['fcgi', 20000, 403],
    ['set-handler', 11500, 200], ['set-handler', 12500, 403], ['dead-fcgi-0', 11500, 200], ['dead-fcgi-0', 12500, 403],
);
for my $case (@SIZES) {
    my ($kind, $octets, $status) = @$case;
    $server->mark;
    my ($responses, $seen) = ask({ cert => $large{$octets} }, {}, { path => "/$kind/p/$rfc9440/" });
    is($responses->[0]{status}, $status, "$kind, a certificate with $octets more octets: $status");
    my @found = map { $_->[1] =~ /^:(.*):$/s } grep { fold($_->[0]) eq 'client-cert' } map { pairs($_) } @$seen;
    my $pem = join '', grep { !/^-/ } split /\n/, slurp(pki("$large{$octets}.crt"));
    is("@found", $status == 200 ? $pem : '', "$kind, $octets: the whole certificate or nothing");
    like($server->error_log, qr/reason: too-large.*header Client-Cert is larger than mod_proxy_fcgi passes on/,
         "$kind, $octets: the log says why") if $status == 403;
}

ok($cells > 20000, "$cells cells: " . @names . ' names, ' . @SPELLINGS . ' spellings, ' . @CALLERS . ' callers, '
   . @BACKENDS . ' kinds of backends, ' . @words . ' forms of profiles');
diag("$cells cells");
done_testing;
