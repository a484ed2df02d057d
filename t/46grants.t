#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Who was let in is let in again without a walk through the rules, where it is this module alone that decides and nothing can
# have changed. Here something else decides, or has changed: nobody is let in for what was true of another request.
use MTLS::Test;
use MTLS::Cases;
use JSON::PP ();

my $HTTP2 = mpm() ne 'prefork';
my $htdocs = logs() . "/grants-$$";
mkdir $_ for $htdocs, map { "$htdocs/$_" } qw(sub late index allowed files);
spew("$htdocs/$_", 'here') for 'x', 'sub/x', 'late/x', 'index/x', 'allowed/x', 'files/x', 'files/secret';
spew("$htdocs/sub/.htaccess", "Require all denied\n");
spew("$htdocs/allowed/.htaccess", "Require all granted\n");
spew("$htdocs/files/.htaccess", "<Files secret>\nRequire all denied\n</Files>\n");

my ($ANNE, $OTTO) = map { "Require mtls subject.cn is \"$_\"" } 'Anne Example', 'Otto Other';
my ($YES, $NO) = ('?yes', '?no');
my $NOT_NO = q(Require expr "%{QUERY_STRING} != 'no'");

# What stands in a section within one that lets in Anne: [name, lines, [request, who gets in]...]. A request is a query and
# a method; Anne is "a", Otto "o", and what httpd's documentation says of these lines is what is expected.
my @INNER = (
    ['plain', $ANNE, ['', 'a'], [$NO, 'a']],
    ['nothing', '', ['', 'a']],
    ['otto', $OTTO, ['', 'o']],
    ['denied', 'Require all denied', ['', '']],
    ['address', 'Require ip 192.0.2.1', ['', '']],
    ['here', 'Require ip 127.0.0.1', ['', 'ao']],
    ['granted', 'Require all granted', ['', 'ao']],
    ['and-denied', "AuthMerging And|Require all denied", ['', '']],
    ['and-otto', "AuthMerging And|$OTTO", ['', '']],
    ['and-expr', "AuthMerging And|$NOT_NO", [$YES, 'a'], [$NO, '']],
    ['or-otto', "AuthMerging Or|$OTTO", ['', 'ao']],
    ['or-expr', qq(AuthMerging Or|Require expr "%{QUERY_STRING} == 'yes'"), [$YES, 'ao'], [$NO, 'a']],
    ['off-otto', "AuthMerging Off|$OTTO", ['', 'o']],
    ['and-alone', 'AuthMerging And', ['', 'a']],
    ['forbidden', 'AuthzSendForbiddenOnFailure On', ['', 'a']],
    ['limit', "<Limit POST>|$OTTO|</Limit>", ['', 'ao'], ['', 'o', 'POST']],
    ['limit-get', "<Limit GET>|$ANNE|</Limit>|<Limit POST>|$OTTO|</Limit>", ['', 'a'], ['', 'o', 'POST']],
    ['except', "<LimitExcept GET>|$OTTO|</LimitExcept>", ['', 'ao'], ['', 'o', 'POST']],
    ['limit-all', "<RequireAll>|$ANNE|</RequireAll>|<Limit POST>|Require all denied|</Limit>", ['', 'a'], ['', 'a', 'POST']],
    ['all-expr', "<RequireAll>|$ANNE|$NOT_NO|</RequireAll>", [$YES, 'a'], [$NO, '']],
    ['any-expr', qq($OTTO|Require expr "%{QUERY_STRING} == 'yes'"), [$YES, 'ao'], [$NO, 'o']],
    ['none-expr', qq(<RequireAll>|$ANNE|<RequireNone>|Require expr "%{QUERY_STRING} == 'no'"|</RequireNone>|</RequireAll>),
        [$YES, 'a'], [$NO, '']],
    ['none-otto', "<RequireAll>|$ANNE|<RequireNone>|$OTTO|</RequireNone>|</RequireAll>", ['', 'a']],
    ['none-anne', "<RequireAll>|Require mtls eku is clientAuth|<RequireNone>|$ANNE|</RequireNone>|</RequireAll>", ['', 'o']],
    ['not-otto', "<RequireAll>|$ANNE|Require not mtls subject.cn is \"Otto Other\"|</RequireAll>", ['', 'a']],
    ['alias', "<RequireAll>|$ANNE|Require quiet|</RequireAll>", [$YES, 'a'], [$NO, '']],
    ['our-alias', 'Require is-otto', ['', 'o']],
    ['if', "$ANNE|<If \"%{QUERY_STRING} == 'no'\">|Require all denied|</If>", [$YES, 'a'], [$NO, '']],
    ['if-otto', "$ANNE|<If \"%{QUERY_STRING} == 'no'\">|$OTTO|</If>", [$YES, 'a'], [$NO, 'o']],
    ['if-else', "<If \"%{QUERY_STRING} == 'no'\">|Require ip 192.0.2.1|</If>|<Else>|$ANNE|</Else>", [$YES, 'a'], [$NO, '']],
    ['backstop', "MTLSBackstop on|$ANNE", ['', 'a']],
    ['backstop-not', "MTLSBackstop on|<RequireAll>|$ANNE|Require not mtls subject.cn is \"Otto Other\"|</RequireAll>", ['', 'a']],
    ['satisfy-any', "Satisfy Any|Order deny,allow|Deny from all|$ANNE", ['', 'a']],
    ['satisfy-allow', "Satisfy Any|Order deny,allow|Allow from all|$OTTO", ['', 'ao']],
    ['satisfy-all', "Order allow,deny|Allow from all|Deny from env=refused|$ANNE", [$YES, 'a'], [$NO, '']],
    ['report', "MTLSMode report|$OTTO", ['', 'ao']],
    ['clock', "<RequireAll>|$ANNE|Require mtls remaining > 60s|</RequireAll>", ['', 'a']],
);
my @FILES = (
    # In the file system, where Anne may read: [path, who]
    ['/files/x', 'a'], ['/files/sub/x', ''], ['/files/allowed/x', 'ao'], ['/files/files/x', 'a'], ['/files/files/secret', ''],
    ['/files/index/', ''],
);
my $backend = start_backend('http');
my $port = $backend->port('http');
my $server = start_server(conf => <<"END", tls => <<"TLS");
    <AuthzProviderAlias expr quiet "%{QUERY_STRING} != 'no'">
    </AuthzProviderAlias>
    <AuthzProviderAlias mtls is-otto "subject.cn is 'Otto Other'">
    </AuthzProviderAlias>
    <Directory "$htdocs">
        AllowOverride AuthConfig
        $ANNE
    </Directory>
    <Directory "$htdocs/index">
        DirectoryIndex /t/otto/x
    </Directory>
END
    SSLVerifyClient optional_no_ca
    MTLSAuditLog audit.log all
    Alias "/files/" "$htdocs/"
    SetEnvIf Request_URI . nothing
    SetEnvIfExpr "%{QUERY_STRING} == 'no'" refused
    ProxyPass "/far/" "http://127.0.0.1:$port/far/"
    <Proxy "http://127.0.0.1:$port/far/">
        $ANNE
    </Proxy>
    <Proxy "http://127.0.0.1:$port/far/no/">
        Require all denied
    </Proxy>
    <Proxy "http://127.0.0.1:$port/far/otto/">
        $OTTO
    </Proxy>
    <Location "/t/">
        $ANNE
    </Location>
@{[ map { my ($name, $lines) = @$_; "    <Location \"/t/$name/\">\n" . join('', map { "        $_\n" } split /\|/, $lines) . "    </Location>\n" } @INNER ]}
    # The same section within several others.
    <LocationMatch "/and\$">
        AuthMerging And
        $ANNE
    </LocationMatch>
    <LocationMatch "/or\$">
        AuthMerging Or
        $ANNE
    </LocationMatch>
    <LocationMatch "/limited\$">
        <Limit GET>
            $ANNE
        </Limit>
    </LocationMatch>
    <LocationMatch "/replaced\$">
        $ANNE
    </LocationMatch>
    ProxyPass "/x/" "http://127.0.0.1:$port/x/"
    <Location "/x/one/">
        $ANNE
        MTLSHeader X-One subject.cn
        MTLSHeader X-Both "=one"
    </Location>
    <Location "/x/two/">
        $ANNE
        MTLSHeader X-Two serial
        MTLSHeader X-Both "=two"
    </Location>
    <LocationMatch "^/x/[a-z]*/more">
        MTLSHeader X-More san.dns
        MTLSHeader X-Both none
    </LocationMatch>
TLS

# [path, method, who]
my @cases = (
    (map { my ($name, undef, @requests) = @$_; map { ["/t/$name/x$_->[0]", $_->[2] // 'GET', $_->[1]] } @requests } @INNER),
    (map { ["/t/$_->[0]/and$_->[1]", 'GET', $_->[2]] } ['here', '', 'a'], ['denied', '', ''], ['address', '', ''], ['otto', '', ''],
        ['plain', '', 'a'], ['all-expr', $YES, 'a'], ['all-expr', $NO, ''], ['granted', '', 'a']),
    (map { ["/t/$_->[0]/or$_->[1]", 'GET', $_->[2]] } ['denied', '', 'a'], ['otto', '', 'ao'], ['here', '', 'ao'], ['plain', '', 'a']),
    (map { ["/t/$_->[0]/replaced$_->[1]", 'GET', 'a'] } ['denied', ''], ['otto', ''], ['all-expr', $NO], ['plain', '']),
    ['/t/denied/limited', 'GET', 'a'], ['/t/denied/limited', 'POST', 'ao'],
    ['/t/x', 'GET', 'a'], (map { [$_->[0], 'GET', $_->[1]] } @FILES),
    ['/far/x', 'GET', 'a'], ['/far/no/x', 'GET', ''], ['/far/otto/x', 'GET', 'o'],
);
sub verdict { return $_[0]{status} == 403 ? 0 : $_[0]{status} =~ /^(?:200|404|405)$/ ? 1 : "status $_[0]{status}" }

sub compare {
    my ($name, $cert, $options, $wait, @order) = @_;
    my $who = $cert eq 'ok' ? 'a' : 'o';
    my @got = map { verdict($_) } client()->many($server, { cert => $cert, %$options },
                                                 map { { path => $_->[0], method => $_->[1], wait => $wait } } @order);
    my @wrong = grep { $got[$_] ne ($order[$_][2] =~ /$who/ ? 1 : 0) } 0 .. $#order;
    ok(@got == @order && !@wrong, "$name $cert: " . @order . ' requests')
        or diag(map { "$_. $order[$_][1] $order[$_][0]: $got[$_]\n" } @wrong);
}

# Each order on one connection: what was granted first must not be granted elsewhere, nor the other way round.
for my $http ('1.1', $HTTP2 ? '2' : ()) {
    for my $cert ('ok', 'other') {
        compare("HTTP/$http, three times each", $cert, { http => $http }, 1, map { ($_) x 3 } @cases);
        compare("HTTP/$http, round and back", $cert, { http => $http }, 1, @cases, reverse(@cases), @cases);
        # Between any two requests one that is granted.
        compare("HTTP/$http, with a grant in between", $cert, { http => $http }, 1, map { (['/t/plain/x', 'GET', 'a'], $_) } @cases);
        # Not more streams than the server lets run at a time.
        my @streams = $http eq '2' ? map { ($_) x 2 } @cases : ();
        compare('HTTP/2, side by side', $cert, { http => 2 }, 0, splice @streams, 0, 60) while @streams;
    }
}

# ---- .htaccess comes and goes while a connection is open ----

my %kept = (cert => 'ok', conn => 'htaccess', http => '1.1');
for my $step (['as it was', '', 1], ['denied by .htaccess', "Require all denied\n", 0], ['and no longer', '', 1],
              ['merged by .htaccess', "AuthMerging And\nRequire ip 192.0.2.1\n", 0], ['methods', "<Limit GET>\nRequire all denied\n</Limit>\n", 0],
              ['granted', "Require all granted\n", 1], ['a file of it', "<Files x>\nRequire all denied\n</Files>\n", 0], ['gone', undef, 1]) {
    my ($name, $text, $wanted) = @$step;
    defined $text ? spew("$htdocs/late/.htaccess", $text) : unlink "$htdocs/late/.htaccess";
    is(verdict(client()->request($server, '/files/late/x', %kept)), $wanted, ".htaccess: $name") for 1 .. 2;
}

# ---- two exports on one connection ----

sub told { my ($seen) = @_; return join ' ', map { "$_=" . (($seen->backend_header($_))[0] // '-') } qw(X-One X-Two X-More X-Both) }
my $serial = (split /=/, qx(openssl x509 -noout -serial -in "@{[ pki('ok.crt') ]}"))[1] =~ s/\s//gr;
my %told = (one => qr/^X-One=Anne Example X-Two=- X-More=- X-Both=one$/i, two => qr/^X-One=- X-Two=\Q$serial\E X-More=- X-Both=two$/i);
for my $http ('1.1', $HTTP2 ? '2' : ()) {
    my @order = (('one', 'two') x 3, 'two', 'two', 'one', 'one');
    my @responses = client()->many($server, { cert => 'ok', http => $http }, map { { path => "/x/$_/y" } } @order);
    like(told($responses[$_]), $told{ $order[$_] }, "HTTP/$http: /x/$order[$_]/ is told its own, " . ($_ + 1)) for 0 .. $#order;
    my @more = client()->many($server, { cert => 'ok', http => $http }, map { { path => "/x/$_/more" }, { path => "/x/$_/y" } } ('one', 'two') x 2);
    like(told($more[0]), qr/^X-One=Anne Example X-Two=- X-More=\S+ X-Both=-$/, "HTTP/$http: two sections together");
    is(told($more[4]), told($more[0]), '... again');
    like(told($more[2]), qr/^X-One=- X-Two=\S+ X-More=\S+ X-Both=-$/, '... of two others');
    is(told($more[6]), told($more[2]), '... again');
    like(told($more[1]), $told{one}, '... and each by itself in between');
    like(told($more[3]), $told{two}, '... and the other one');
}

# ---- a grant that is given again looks like the first one ----

my @rounds = map { client()->request($server, "/t/$_/told", cert => 'ok', conn => 'told', http => '1.1') } ('none-otto') x 3, ('backstop') x 3;
is(join(' ', map { verdict($_) } @rounds), '1 1 1 1 1 1', 'granted six times');
# A line is written when the client has its answer already.
my (@lines, %same);
MTLS::Server::wait_for(sub { @lines = grep { m{/told"} } split /\n/, slurp($server->dir . '/audit.log'); @lines >= 6 });
for my $line (map { JSON::PP->new->decode($_) } @lines) {
    push @{ $same{ $line->{path} } }, JSON::PP->new->canonical->encode({ map { $_ => $line->{$_} } qw(decision reason rules) });
    ok(@{ $line->{rules} }, "$line->{path}: the lines that were asked are told");
}
is(scalar(keys %{ { map { $_ => 1 } @$_ } }), 1, 'all three are told alike') or diag(join "\n", @$_) for values %same;
is(join(' ', map { scalar @$_ } values %same), '3 3', 'and each of the six');
done_testing;
