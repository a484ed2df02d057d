#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Responses that depend on who the client is: "Vary" with the name of a header that only the backend sees is "*" for
# everybody else, other responses are as they were, and what mod_cache keeps of one client is not served to another, in
# whatever way it was told who he is.
use MTLS::Test;

# An application: it answers to the header that it gets, with the Vary lines that the query names.
my $dir = logs() . "/vary-$$";
mkdir $dir or die "$dir: $!";
spew("$dir/app.py", <<'END');
#!/usr/bin/python3
import os
import urllib.parse
for name, value in urllib.parse.parse_qsl(os.environ["QUERY_STRING"], keep_blank_values=True):
    print("%s: %s" % (name, value))
print("Content-Type: text/plain\nX-Made: %d\n" % os.getpid())
print("you are " + os.environ.get("HTTP_X_NAME", "nobody"))
END
chmod 0755, "$dir/app.py";

my $server = start_server(conf => <<"END", tls => <<'TLS');
    ScriptAlias "/app" "$dir/app.py"
    ScriptAlias "/plain" "$dir/app.py"
    ScriptAlias "/shared" "$dir/app.py"
    ScriptAlias "/error" "$dir/app.py"
    <Directory "$dir">
        Require all granted
    </Directory>
    CacheQuickHandler off
    CacheRoot "$dir"
    CacheLock off
END
    <Location "/app">
        MTLSHeader X-Name subject.cn
        MTLSExport rfc9440
    </Location>
    <Location "/shared">
        MTLSHeader X-Name subject.cn
        CacheEnable disk
        CacheDefaultExpire 600
    </Location>
    <Location "/plain">
        CacheEnable disk
        CacheDefaultExpire 600
    </Location>
    <Location "/error">
        MTLSHeader X-Name subject.cn
        Header always set Vary "Client-Cert, X-Name"
    </Location>
    <Location "/denied">
        MTLSHeader X-Name subject.cn
        Require mtls subject.cn nobody
        Header always set Vary "X-Name"
    </Location>
TLS

sub lines { return join '&', map { 'Vary=' . $_ =~ s/([^A-Za-z0-9*-])/sprintf '%%%02X', ord $1/ger } @_ }

# [what, path, certificate, Vary lines of the backend, Vary lines of the client]
my @CASES = (
    ['our header alone', '/app', 'ok', ['X-Name'], ['*']],
    ['a profile\'s header', '/app', 'ok', ['Client-Cert'], ['*']],
    ['its second header', '/app', 'ok', ['Client-Cert-Chain'], ['*']],
    ['lower case', '/app', 'ok', ['x-name'], ['*']],
    ['upper case', '/app', 'ok', ['CLIENT-CERT'], ['*']],
    ['as a gateway interface says it', '/app', 'ok', ['client_cert'], ['*']],
    ['first of several', '/app', 'ok', ['X-Name, Accept-Encoding'], ['*']],
    ['last of several', '/app', 'ok', ['Accept-Encoding,X-Name'], ['*']],
    ['blanks around', '/app', 'ok', ['Accept ,  X-Name  , Cookie'], ['*']],
    ['an empty element', '/app', 'ok', ['Accept,,X-Name'], ['*']],
    ['the second of two lines', '/app', 'ok', ['Accept-Encoding', 'X-Name'], ['*']],
    ['the first of two lines', '/app', 'ok', ['X-Name', 'Accept-Encoding'], ['*']],
    ['* already', '/app', 'ok', ['*'], ['*']],
    ['* beside our header', '/app', 'ok', ['*, X-Name'], ['*']],
    # unchanged
    ['no Vary', '/app', 'ok', [], []],
    ['others only', '/app', 'ok', ['Accept-Encoding,Cookie'], ['Accept-Encoding,Cookie']],
    ['a longer name', '/app', 'ok', ['X-Name-2'], ['X-Name-2']],
    ['a shorter name', '/app', 'ok', ['X-Nam'], ['X-Nam']],
    ['empty', '/app', 'ok', [''], ['']],
    ['nothing exported here', '/plain', 'ok', ['X-Name'], ['X-Name']],
    ['nothing exported of nobody', '/app', undef, ['X-Name,Client-Cert'], ['X-Name,Client-Cert']],
);
for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
    for my $case (@CASES) {
        my ($what, $path, $cert, $given, $expected) = @$case;
        my $response = client()->request($server, "$path?" . lines(@$given), cert => $cert, http => $http);
        is($response->{status}, 200, "HTTP/$http, $what: served") or diag($response->{body}, $server->error_log);
        is(join("\n", $response->header('Vary')), join("\n", @$expected), "HTTP/$http, $what");
    }
    my $error = client()->request($server, '/error?Status=404', cert => 'ok', http => $http);
    is($error->{status} . join("\n", '', $error->header('Vary')), "404\n*", "HTTP/$http, a response that is an error");
    my $denied = client()->request($server, '/denied', cert => 'ok', http => $http);
    is($denied->{status} . join("\n", '', $denied->header('Vary')), "403\nX-Name",
       "HTTP/$http, a denial was told nothing and varies with nothing");
}

# What is cached for one client: [certificate, whom the application names, whether it is asked again].
sub ask { my ($path, $cert) = @_; return client()->request($server, $path, cert => $cert) }
my $path = '/shared/1?Vary=X-Name&Cache-Control=public,max-age%3D600';
my $first = ask($path, 'ok');
like($first->{body}, qr/^you are Anne Example$/, 'the first client is answered');
is($first->header('Vary'), '*', 'caches between are told that it is hers alone');
my $second = ask($path, 'other');
like($second->{body}, qr/^you are Otto Other$/, 'another client does not get what was kept for the first');
like(ask($path, undef)->{body}, qr/^you are nobody$/, 'nor does one without a certificate');
my $again = ask($path, 'ok');
like($again->{body}, qr/^you are Anne Example$/, 'the first one gets hers again');
is($again->header('Vary'), '*', 'from the cache with the same Vary');
is($again->header('X-Made'), $first->header('X-Made'), 'and it was the cache that answered');

# The twin: without a certificate's name in it, one response serves everybody.
my $open = '/plain/1?Cache-Control=public,max-age%3D600';
is(ask($open, 'other')->header('X-Made'), ask($open, 'ok')->header('X-Made'), 'what does not vary is cached for all');
my $forged = client()->request($server, $path, headers => [['X-Name', 'Anne Example']]);
like($forged->{body}, qr/^you are nobody$/, 'a forged name does not find her response');

# ---- every way of telling, and every place where mod_cache may stand ----

spew("$dir/who.py", <<'END');
#!/usr/bin/python3
import os
import urllib.parse
for name, value in urllib.parse.parse_qsl(os.environ["QUERY_STRING"], keep_blank_values=True):
    print("%s: %s" % (name, value))
names = ("HTTP_X_NAME", "MTLS_SUBJECT_CN", "REDIRECT_MTLS_SUBJECT_CN", "REMOTE_USER", "REDIRECT_REMOTE_USER")
who = "/".join(sorted({os.environ[name] for name in names if name in os.environ})) or "nobody"
print("Content-Type: text/plain\n\nmade %d for %s" % (os.getpid(), who))
END
chmod 0755, "$dir/who.py";
my %PAGE = (short => '', long => '<!-- ' . 'x' x 300_000 . ' -->');
for my $part ('header', 'env', 'user', 'plain', 'kept-part') {
    for my $length (sort keys %PAGE) {
        spew("$dir/$length-$part.shtml", qq{$PAGE{$length}<!--#include virtual="/in/$part" -->\n});
        chmod 0755, "$dir/$length-$part.shtml";
    }
}

# Sections of /w/NAME, which answers itself, and of /in/NAME, which pages include.
my %TOLD = (
    'header' => 'MTLSHeader X-Name subject.cn',
    'env' => 'MTLSEnv on',
    'user' => 'MTLSUser subject.cn',
    'both' => 'MTLSHeader X-Name subject.cn|MTLSEnv on',
    'expression' => 'RequestHeader set X-Name "expr=%{MTLS:subject.cn}"',
    'if' => qq{<If "mtls('subject.cn') == 'Anne Example'">|RequestHeader set X-Name "Anne Example"|</If>},
    'list' => qq{<If "'Anne Example' in mtls('subject.cn')">|RequestHeader set X-Name "Anne Example"|</If>},
    'response' => 'Header set X-For "expr=%{MTLS:subject.cn}"',
    'marked' => 'MTLSEnv on|SetOutputFilter CACHE',
    'sent-on' => 'MTLSEnv on|RewriteEngine On|RewriteRule "^" "/w/plain-too" [PT]',
    'plain' => 'Require mtls',
    'plain-too' => '',
    'kept-part' => 'MTLSHeader X-Name subject.cn',
);
my $told = join '', map { my $lines = $TOLD{$_} =~ tr/|/\n/r; qq{<LocationMatch "^/(?:w|in)/$_\$">\n$lines\n</LocationMatch>\n} } sort keys %TOLD;

# [path, whether a response is kept for all, its query]
my @KEPT = (
    (map { ["/w/$_", 0, 'Cache-Control=max-age%3D600'] } 'header', 'env', 'user', 'both', 'expression', 'if', 'list', 'response', 'marked', 'sent-on'),
    (map { ["/w/$_", 0, 'Cache-Control=max-age%3D600&Vary=X-Name'] } 'env', 'user', 'both', 'expression', 'response'),
    (map { ["/w/$_", 1, 'Cache-Control=public,max-age%3D600'] } 'header', 'env', 'user', 'both', 'expression', 'if', 'response', 'marked'),
    ['/w/env', 1, 'Cache-Control=s-maxage%3D60'],
    (map { my $length = $_; map { ["/pages/$length-$_.shtml", 0, ''] } 'header', 'env', 'user' } sort keys %PAGE),
    # Nothing is told: as without this module.
    ['/w/plain', 1, 'Cache-Control=max-age%3D600'], ['/w/plain', 1, 'Cache-Control=max-age%3D600&Vary=X-Name'],
    (map { ["/pages/$_-plain.shtml", 1, ''] } sort keys %PAGE),
    # A page that is not kept, with a part that could be.
    ['/open/short-kept-part.shtml', 0, ''],
);
my $kept = start_server(conf => <<"END", tls => <<"TLS");
    CacheQuickHandler off
    CacheLock off
    CacheRoot "$dir"
    CacheDefaultExpire 600
    CacheIgnoreNoLastMod On
END
    ScriptAliasMatch "^/(?:w|in)/" "$dir/who.py"
    AliasMatch "^/(?:pages|open)/(.*)" "$dir/\$1"
    <Directory "$dir">
        Options +Includes
        AddOutputFilter INCLUDES .shtml
        AddType text/html .shtml
        XBitHack full
        Require all granted
    </Directory>
    CacheEnable disk "/w/"
    CacheEnable disk "/pages/"
    CacheEnable disk "/in/kept-part"
    $told
TLS
for my $case (@KEPT) {
    my ($path, $shared, $query) = @$case;
    my $target = $path . ($query ? "?$query" : '');
    my @got = map { [client()->request($kept, $target, cert => $_), $_] } 'ok', 'other', 'ok';
    my @made = map { my ($response) = @$_; join '/', $response->{status}, $response->{body} =~ /made (\d+)/ } @got;
    is(scalar(keys %{ { map { $_ => 1 } @made } }), $shared ? 1 : 3, "$target: " . ($shared ? 'kept' : 'asked each time')) or diag("@made");
    next if $shared;
    my @others = grep { my ($response, $cert) = @$_; my $other = $cert eq 'ok' ? 'Otto' : 'Anne';
                        join(' ', $response->{body}, $response->header('X-For')) =~ /$other/ } @got;
    is(scalar @others, 0, "$target: nobody gets what was made for another");
}
done_testing;
