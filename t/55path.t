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

sub ask { return ask_server($server, @_) }

sub ask_server {
    my ($to, $how, @paths) = @_;
    my @requests = map { { path => $_, headers => $how->{headers} // [] } } @paths;
    my @responses;
    while (@responses < @requests) {         # a response of 400 ends its connection
        my @more = client()->many($to, $how, @requests[@responses .. $#requests]);
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

# However the server itself reads paths: nobody comes where he is not meant to be, by whatever way the rest of the path is served.
# Otto may go to protected/, Anne anywhere else.
my @READINGS = ('', 'MergeSlashes Off', 'AllowEncodedSlashes On', 'AllowEncodedSlashes NoDecode',
                "MergeSlashes Off\nAllowEncodedSlashes On", "MergeSlashes Off\nAllowEncodedSlashes NoDecode", 'UseCanonicalName On');
my @WAYS = qw(/pass /raw /rewrite /balancer /files);
my $PROTECTED = join '', map { qq{<Location "$_/protected/">\nAuthMerging Off\nRequire mtls subject.cn "Otto Other"\n</Location>\n} } @WAYS;
my @ROUNDABOUT = (
    '%s//protected/x', '/%s/protected/x', '//%s//protected//x', '%s/protected//x', '%s/./protected/x', '/.%s/protected/x',
    '%s/a/../protected/x', '%s/a//../protected/x', '%s//a/../protected/x', '%s/%%70rotected/x', '%s/protected%%2fx', '%s%%2fprotected/x',
    '%s%%2Fprotected%%2Fx', '%s/a%%2f..%%2fprotected/x', '%s/a/%%2e%%2e/protected/x', '%s/%%2e/protected/x', '%s/protected;a=b/x',
    '%s;a/protected/x', '%s/..;%s/protected/x', '%s/protected\\x', '%s/protected%%5cx', '%s/%%2570rotected/x', '%s/protected%%00/x', '%s/protected/../protected/x',
);
for my $reading (@READINGS) {
    my $read = start_server(tls => <<"END");
        $reading
        MTLSBackstop on
        ProxyPass "/pass/" "$origin/pass/"
        ProxyPass "/raw/" "$origin/raw/" nocanon
        <Proxy "balancer://pool">
            BalancerMember "$origin"
        </Proxy>
        ProxyPass "/balancer/" "balancer://pool/balancer/"
        Alias "/files/protected/" "\@HTDOCS\@/"
        Alias "/files/" "\@HTDOCS\@/"
        RewriteEngine On
        RewriteRule "^/+rewrite/(.*)" "$origin/rewrite/\$1" [P]
        <Location "/">
            Require mtls
        </Location>
        $PROTECTED
END
    (my $title = $reading || 'as usual') =~ s/\n/, /;
    for my $http (@HTTP) {
        for my $way (@WAYS) {
            my $file = $way eq '/files' ? 'index.html' : 'x';
            my @direct = ("$way/$file", "$way/protected/$file");
            for my $row (['ok', 200, 403], ['other', 200, 200], [undef, 403, 403]) {
                my ($cert, @wanted) = @$row;
                is(join(' ', map { $_->{status} } ask_server($read, { cert => $cert, http => $http }, @direct)), "@wanted",
                   "$title, HTTP/$http, $way: " . ($cert // 'nobody'));
            }
            my @targets = map { my $path = s/%s/$way/gr =~ s/%%/%/gr; $path =~ s/x$/$file/r } @ROUNDABOUT;
            for my $cert ('ok', undef) {
                my @in = grep { $_->[1] !~ /^4\d\d$/ } map { [ $_, (ask_server($read, { cert => $cert, http => $http }, $_))[0]{status} ] } @targets;
                is(join(', ', map { "@$_" } @in), '', "$title, HTTP/$http, $way: " . ($cert // 'nobody') . ' by no way round');
            }
        }
    }
    $read->stop;
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
like($lines[0], qr{reason: ambiguous-path \(.*\); GET /s/logged;x; it has a path parameter \(;\): /s/logged;x; }, 'it says what the path has');
# httpd has cleaned the path in front of it: what was sent stands behind, without what is nobody's to read.
$server->mark;
ask({}, '/s//logged?token=secret');
$server->access_log(qr{logged});
like($server->error_log, qr{GET /s/logged; it has an empty segment \(//\): /s//logged; }, 'the target as it was sent');
unlike($server->error_log, qr{secret}, '... and no query');
done_testing;
