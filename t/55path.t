#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# MTLSPathCheck: paths that a backend may read differently are refused, all others pass, wherever it is switched on,
# and the query string is the application's own.
use MTLS::Test;

my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $server = start_server(plain => <<"PLAIN", tls => <<"END");
    HttpProtocolOptions Unsafe
    ErrorDocument 400 "400 %{reqenv:MTLS_REASON}"
    ProxyPass "/" "$origin/" nocanon
    MTLSPathCheck strict
PLAIN
    ErrorDocument 400 "400 %{reqenv:MTLS_REASON}"
    AllowEncodedSlashes NoDecode
    ProxyPass "/" "$origin/"
    <Location "/">
        Require all granted
    </Location>
    <Location "/s/">
        MTLSPathCheck strict
    </Location>
    <Location "/s/off/">
        MTLSPathCheck off
    </Location>
    <Location "/b/">
        MTLSBackstop on
        Require mtls
    </Location>
    <Location "/b/off/">
        MTLSPathCheck off
    </Location>
    <If "%{HTTP:X-Check} == 'strict'">
        MTLSPathCheck strict
    </If>
    RewriteEngine On
    RewriteRule "^/s/passed" "/s/a;b" [PT]
    RewriteRule "^/s/proxied" "$origin/a;b/" [P]
END

# What stands behind the location's path: refused where the check is strict, or harmless.
my @DOUBTFUL = (qw(
    a;b=c/d ..;/x ; a; a%3bb a%3B..%3b/x a%2fb %2Fb a%5cb ..%5Cx a%25b %252e%252e/x %252fx a//b // a/./b ./x %2e/x a/%2E%2e/b
    a/%2e a/..
), 'a\\b', '..\\x');
my @HARMLESS = (
    '', 'a', 'a/', 'a/b.tar.gz', '.a', '..a/b', 'a..', 'a/...', '%2e%2e%2e', '~anne', 'a:b', '@me', "a+b,c=d!\$&'()*", 'Gr%C3%B6%C3%9Fe',
    '%E6%97%A5/', 'a%20b', 'a%2eb', 'a%3fb', '?x=/../', '?a;b', 'a?%2f%5c%25%00//\\', 'a/?a=/./%3b', '-_.~',
);
my @HTTP = mpm() eq 'prefork' ? ('1.1') : ('1.1', '2');

sub ask {
    my ($how, @paths) = @_;
    my @requests = map { { path => $_, headers => $how->{headers} // [] } } @paths;
    my @responses;
    while (@responses < @requests) {         # a response of 400 ends its connection
        my @more = client()->many($server, $how, @requests[@responses .. $#requests]);
        push @responses, shift @more, grep { $_->{status} } @more;
    }
    return @responses;
}

# Where, and whether the check is on there.
my @PLACES = (
    ['/s/', 1, {}],
    ['/s/off/', 0, {}],
    ['/b/', 1, { cert => 'ok' }],
    ['/b/off/', 0, { cert => 'ok' }],
    ['/n/', 0, {}],
    ['/n/', 1, { headers => [['x-check', 'strict']] }],
);
for my $http (@HTTP) {
    for my $place (@PLACES) {
        my ($path, $strict, $how) = @$place;
        my $where = "HTTP/$http, $path" . ($how->{headers} ? ', <If>' : '');
        # Dot segments lead out of a location before it is looked at: those that stay.
        my @doubtful = grep { $path eq '/n/' || !m{^(?:a/|\.)?\.?(?:%2e|\.)+(?:/|$)}i } @DOUBTFUL;
        my @answers = ask({ %$how, http => $http }, map { "$path$_" } @doubtful, @HARMLESS);
        for my $target (@doubtful) {
            my $answer = shift @answers;
            my $said = $answer->{status} == 400 ? $answer->{body} : $answer->{status};
            is($said, $strict ? '400 ambiguous-path' : 200, "$where: $target");
        }
        is((shift @answers)->{status}, 200, "$where: $_") for @HARMLESS;
    }
}

# Before anybody asks who it is, and whoever it is.
for my $cert (undef, 'other', 'expired') {
    my ($answer) = ask({ cert => $cert }, '/b/a;b');
    my $wanted = ($cert // '') eq 'expired' ? '' : '400 ambiguous-path';      # mod_ssl ends the handshake
    is($answer->{body} // '', $wanted, ($cert // 'nobody') . ' is refused for the path');
}

# The path of the absolute form, and what is no path.
my $here = 'localhost:' . $server->https_port;
for my $row (["https://$here/s/a;b", 400], ["https://$here/s/a", 200], ["https://$here/s/a?;", 200], ["HTTPS://$here/s/..%2fa", 400],
             ["https://$here/s/a//b", 400], ["https://$here/s/a#;", 400]) {
    my ($target, $status) = @$row;
    is((ask({}, $target))[0]{status}, $status, "the target $target");
}

# With "nocanon" the backend gets all of the target, also what a lenient server takes for a fragment.
for my $row (['/a?b#/../c', 200], ['/a#c', 200], ['/a#/../c', 400], ['/a#?/../c', 200]) {
    my ($target, $status) = @$row;
    is((ask({ plain => 1 }, $target))[0]{status}, $status, "lenient, the target $target");
}

# What the server makes of a path itself is its own business.
is((ask({}, $_))[0]{status}, 200, $_) for '/s/passed', '/s/proxied';

# A denial like any other: one line, MTLS_REASON in the access log.
$server->mark;
ask({}, '/s/logged;x');
like(($server->access_log(qr{logged}))[0], qr/ 400 - ambiguous-path$/, 'the access log has the reason');
my @lines = grep { /access denied/ } split /\n/, $server->error_log;
is(scalar @lines, 1, 'one line in the error log');
like($lines[0], qr{reason: ambiguous-path \(.*\); GET /s/logged;x; it has a path parameter \(;\)}, 'it says what the path has');
done_testing;
