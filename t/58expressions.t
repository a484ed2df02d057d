#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Fields in expressions, %{MTLS:FIELD} and mtls('FIELD'), wherever the server takes them; and where it must not.
use MTLS::Test;
use MTLS::Lists;
use File::Path 'make_path';

my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $www = logs() . "/www-$$";
make_path("$www/$_") for 'htaccess', 'htaccess-rule', 'htaccess-if', 'htaccess-user', 'ssi';
spew("$www/htaccess/.htaccess", qq{Require expr "mtls('subject.cn') == 'Anne Example'"\n});
spew("$www/htaccess-rule/.htaccess", "Require mtls\n");
spew("$www/htaccess-if/.htaccess", qq{<If "%{MTLS:subject.cn} == 'Anne Example'">\nHeader set X-In in\n</If>\n});
spew("$www/htaccess-user/.htaccess", "MTLSUser subject.cn\n");
spew("$www/$_/x.html", 'CONTENT') for 'htaccess', 'htaccess-rule', 'htaccess-if', 'htaccess-user';
spew("$www/ssi/page.shtml", q{[<!--#if expr="mtls('subject.cn') == 'Anne Example'" -->ANNE<!--#else -->ELSE<!--#endif -->]});
spew("$www/ssi/variable.shtml", q{[<!--#if expr="%{MTLS:subject.cn} == 'Anne Example'" -->ANNE<!--#else -->ELSE<!--#endif -->]});

# Expressions, and whether they are true for ok, other, nobody, a self-made certificate, and one with an odd name.
my @EXPRESSIONS = (
    [q{mtls('subject.cn') == 'Anne Example'}, '10000'],
    [q{%{MTLS:subject.cn} == 'Anne Example'}, '10000'],
    [q{%{MTLS:Subject.CN} == 'Anne Example'}, '10000'],
    [q{%{mtls:subject.cn} == 'Anne Example'}, '10000'],
    [q{mtls('subject.cn') =~ /^Otto/}, '01000'],
    [q{mtls('subject.cn') == ''}, '00111'],
    [q{-z mtls('subject.cn')}, '00111'],
    [q{-n %{MTLS:san.uri}}, '11000'],
    [q{mtls('subject.ou') == 'Payments'}, '00000'],
    [q{mtls('subject.ou') == 'Payments,Back Office'}, '10000'],
    [q{'Payments' in mtls('subject.ou')}, '10000'],
    [q{'Back Office' in mtls('subject.ou')}, '10000'],
    [q{'Sales' in mtls('subject.ou')}, '00000'],
    [q{'' in mtls('subject.ou')}, '00000'],
    [q{'other.example.org' in mtls('san.dns')}, '01000'],
    [q{'2001:db8::7' in mtls('san.ip')}, '10000'],
    [q{mtls('ca') == ''}, '11111'],                       # two names with commas in them: never the first of them
    [q{mtls('verify') == 'SUCCESS'}, '11001'],
    [q{mtls('verify') == 'NONE'}, '00100'],
    [q{mtls('verify') == 'FAILED:unverified'}, '00010'],
    [q{mtls('key.bits') -ge 256}, '11001'],
    [q{mtls('remaining') -gt 1000}, '11001'],
    [q{mtls('user') == 'Anne Example'}, '00000'],         # a section is chosen before there is a user
    [q{tolower(mtls('subject.cn')) == 'anne example'}, '10000'],
    [q{mtls('subject.cn') == %{MTLS:subject.cn}}, '11111'],
);
my $ifs = '';
for my $i (0 .. $#EXPRESSIONS) {
    $ifs .= qq{<If "$EXPRESSIONS[$i][0]">\nRequestHeader set X-True-$i 1\n</If>\n};
}

my $server = start_server(tls => <<"END", log_format => '%U %>s');
    SSLVerifyClient optional_no_ca
    DocumentRoot "$www"
    AddOutputFilter INCLUDES .shtml
    AddType text/html .shtml
    <Directory "$www">
        Options +Includes
        Require all granted
        AllowOverride All
    </Directory>
    MTLSUser subject.cn
    ProxyPass "/p/" "$origin/"
    ErrorDocument 403 "for %{MTLS:subject.cn}."
    <Location "/p/require">
        Require expr "mtls('subject.cn') == 'Anne Example' && 'shop.example.org' in mtls('san.dns')"
    </Location>
    <Location "/p/header">
        RequestHeader set X-Set "expr=%{MTLS:subject.cn}/%{MTLS:subject.ou}/%{MTLS:subject.dc}/"
        RequestHeader set X-If 1 "expr='Payments' in mtls('subject.ou')"
        RequestHeader set X-User "expr=%{MTLS:user}"
        Header set X-Set "expr=%{MTLS:san.uri}"
    </Location>
    <Location "/p/ifs">
        $ifs
    </Location>
    SetEnvIfExpr "mtls('san.uri') =~ m#^spiffe://example.org/ns/([^/]+)#" NAMESPACE=\$1
    RequestHeader set X-Namespace "%{NAMESPACE}e" env=NAMESPACE
    RewriteEngine On
    RewriteCond expr "mtls('subject.cn') =~ /^(Anne)/"
    RewriteRule "^/rewrite\$" "$origin/%1" [P]
END

my @WHO = ('ok', 'other', undef, 'stranger', 'nul-cn');
my @HTTP = mpm() eq 'prefork' ? ('1.1') : ('1.1', '2');
sub ask { my ($path, $cert, %how) = @_; return client()->request($server, $path, cert => $cert, %how) }
sub heard { my ($name, @asked) = @_; return join '; ', ask(@asked)->backend_header($name) }

for my $http (@HTTP) {
    my @true = map { my $response = ask('/p/ifs', $_, http => $http); [map { scalar $response->backend_header("X-True-$_") } 0 .. $#EXPRESSIONS] } @WHO;
    for my $i (0 .. $#EXPRESSIONS) {
        is(join('', map { $_->[$i] ? 1 : 0 } @true), $EXPRESSIONS[$i][1], "HTTP/$http, <If>: $EXPRESSIONS[$i][0]");
    }
    is(join(' ', map { ask('/p/require', $_, http => $http)->{status} } @WHO), '200 403 403 403 403', "HTTP/$http, Require expr");
}
is(join(' ', map { ask('/rewrite', $_)->{status} } @WHO), '200 404 404 404 404', 'RewriteCond expr');
like(ask('/rewrite', 'ok')->seen->{request}, qr{^GET /Anne }, 'its groups');
is(heard('X-Set', '/p/header', 'ok'), 'Anne Example/Payments,Back Office//', 'RequestHeader expr=');
is(heard('X-Set', '/p/header', undef), '///', 'RequestHeader expr=, nobody');
is(heard('X-Set', '/p/header', 'percent-cn'), 'anne%250d%250aX-Admin: yes///', 'RequestHeader expr=, an odd name');
is(heard('X-If', '/p/header', $_), $_ eq 'ok' ? '1' : '', "RequestHeader on condition, $_") for 'ok', 'other', 'stranger';
is(heard('X-User', '/p/header', 'ok'), 'Anne Example', 'the user, once there is one');
is(ask('/p/header', 'ok')->header('X-Set'), 'spiffe://example.org/ns/shop/sa/web', 'Header expr=');
is(heard('X-Namespace', '/p/x', $_), 'shop', "SetEnvIfExpr, $_") for 'ok', 'other';
is(heard('X-Namespace', '/p/x', $_), '', 'SetEnvIfExpr, ' . ($_ // 'nobody')) for undef, 'stranger';
is(ask('/p/require', 'other')->{body}, 'for Otto Other.', 'ErrorDocument');
is(ask('/p/require', 'stranger')->{body}, 'for .', 'ErrorDocument, a certificate that nobody verified');

# Whoever was refused, and by whom: the backend of the error page learns no more of him than of somebody without a certificate.
put('kill', 'sha256 ' . digest_of('other'));
my @PLACES = ('none', 'fits', 'fits-not', 'present', 'listed', 'verified');
my %RULE = (
    'none' => 'Require all granted',
    'fits' => q{Require expr "mtls('subject.cn') =~ /Anne|Otto/"},
    'fits-not' => q{<RequireAll>|Require all granted|Require not expr "mtls('subject.cn') =~ /Anne|Otto/"|</RequireAll>},
    'present' => q{Require expr "-n %{MTLS:user} \|\| -n mtls('san.dns')"},
    'listed' => q{Require expr "'Payments' in mtls('subject.ou') \|\| 'other.example.org' in mtls('san.dns')"},
    'verified' => q{Require expr "mtls('verify') == 'SUCCESS'"},
);
my $denied = join '', map { my $rule = $RULE{$_} =~ s/(?<!\\)\|(?!Otto)/\n/gr =~ tr/\\//dr; <<"END" } @PLACES;
    <Location "/err/$_">
        $rule
    </Location>
    <LocationMatch "^/(?:ours|theirs|rewritten|served)/$_\$">
        ErrorDocument 403 "/err/$_"
        ErrorDocument 404 "/err/$_"
    </LocationMatch>
END
my $refusing = start_server(tls => <<"END");
    MTLSKillList "@{[ list_dir() ]}/kill"
    MTLSUser subject.cn
    ErrorDocument 403 /err/none
    ProxyPass "/err/" "$origin/"
    RequestHeader set X-Who "expr=%{MTLS:subject.cn}/%{MTLS:user}/%{MTLS:sha256}"
    RequestHeader set X-Verify "expr=%{MTLS:verify}"
    RequestHeader set X-Early "expr=%{MTLS:subject.cn}" early
    <If "mtls('subject.cn') =~ /Anne|Otto/ || 'Payments' in mtls('subject.ou')">
        RequestHeader set X-If 1
    </If>
    <Location "/ours/">
        Require mtls subject.cn nobody
    </Location>
    <Location "/ours/text">
        ErrorDocument 403 "for %{MTLS:subject.cn}, %{MTLS:reason}"
    </Location>
    <Location "/theirs/">
        Require all denied
    </Location>
    <Location "/rewritten/">
        RewriteEngine On
        RewriteRule "^" "-" [F]
    </Location>
    <Location "/served/">
        RewriteEngine On
        RewriteRule "^" "-" [R=404]
    </Location>
    $denied
END
# What the backend of the error page hears, or that there is no page.
sub page {
    my ($path, $cert, $http) = @_;
    my $response = client()->request($refusing, $path, cert => $cert, http => $http);
    return $response->{status} if $response->{body} !~ /^\{/;
    return join ';', map { join ',', $response->backend_header($_) } 'X-Who', 'X-Early', 'X-If', 'X-Verify';
}
for my $http (@HTTP) {
    for my $by ('ours', 'theirs', 'rewritten') {
        for my $cert ('ok', undef) {
            my $anonymous = '//;;;' . ($cert ? 'SUCCESS' : 'NONE');
            my %wanted = ('none' => $anonymous, 'fits' => 403, 'fits-not' => $anonymous, 'present' => 403, 'listed' => 403,
                          'verified' => $cert ? $anonymous : 403);
            is(page("/$by/$_", $cert, $http), $wanted{$_}, "HTTP/$http, refused by $by, " . ($cert // 'nobody') . ", $_") for @PLACES;
        }
    }
    is(page('/served/x', 'other', $http), '//;;;SUCCESS', "HTTP/$http, killed");
    is(page('/served/none', 'ok', $http) =~ s/[0-9a-f]{64}/HASH/r, 'Anne Example/Anne Example/HASH;Anne Example;1;SUCCESS',
       "HTTP/$http, an error page of a request that nobody refused");
    my $text = client()->request($refusing, '/ours/text', cert => 'ok', http => $http);
    is("$text->{status} $text->{body}", '403 for Anne Example, no-match', "HTTP/$http, a text");
}

# Where the server would compile it in the request.
my $SENTENCE = qr/mtls\(\) is for the server's configuration, not for \.htaccess or pages/;
for my $row (['/htaccess/x.html', 500, $SENTENCE], ['/htaccess-if/x.html', 500, $SENTENCE],
             ['/htaccess-rule/x.html', 500, qr/Require mtls is not allowed in \.htaccess/], ['/htaccess-user/x.html', 500, qr/MTLSUser not allowed here/],
             ['/ssi/page.shtml', 200, $SENTENCE], ['/ssi/variable.shtml', 200, $SENTENCE]) {
    my ($path, $status, $sentence) = @$row;
    for my $cert ('ok', undef) {
        $server->mark;
        my $response = ask($path, $cert);
        my $who = $cert // 'nobody';
        is($response->{status}, $status, "$path, $who: $status");
        unlike($response->{body}, qr/CONTENT|ANNE/, "$path, $who: nothing is shown");
        like($server->error_log, $sentence, "$path, $who: the log says why");
    }
}
is(ask('/p/require', 'ok')->{status}, 200, 'and the server lives');

# Words that are no field, and fields that are no constant.
for my $row (
    [q{Require expr "mtls('subject.cnn') == 'x'"}, qr/mtls\(\): unknown field 'subject\.cnn', did you mean 'subject\.cn'\?/],
    [q{Require expr "%{MTLS:nonsense} == 'x'"}, qr/mtls\(\): unknown field 'nonsense'; known are /],
    [q{Require expr "mtls('ext.1.2.x') == 'x'"}, qr/mtls\(\): unknown field 'ext\.1\.2\.x'/],
    [q{Require expr "mtls('subject.') == 'x'"}, qr/mtls\(\): unknown field 'subject\.'/],
    [q{Require expr "mtls(%{HTTP:X-Field}) == 'x'"}, qr/mtls\(\) takes the name of a field, as a constant/],
    [q{Require expr "mtls('') == 'x'"}, qr/mtls\(\) takes the name of a field, as a constant/],
    [q{Require expr "mtls('subject' . '.cn') == 'x'"}, qr/mtls\(\) takes the name of a field, as a constant|unknown field|syntax error/],
    [q{Require expr "'x' in mtls('san.dsn')"}, qr/unknown field 'san\.dsn', did you mean 'san\.dns'\?/],
    [q{Require expr "'x' in mtls(%{HTTP:X-Field})"}, qr/mtls\(\) takes the name of a field, as a constant/],
    [q{Header set X "expr=%{MTLS:nonsense}"}, qr/unknown field 'nonsense'/],
    [q{SetEnvIfExpr "mtls('nonsense') == ''" X}, qr/unknown field 'nonsense'/],
    [qq{RewriteEngine On\nRewriteCond expr "mtls('nonsense') == ''"\nRewriteRule ^ -}, qr/unknown field 'nonsense'/],
    [qq{<If "%{MTLS:nonsense} == ''">\nHeader set X y\n</If>}, qr/unknown field 'nonsense'/],
    [q{ErrorDocument 403 "%{MTLS:nonsense}"}, qr/unknown field 'nonsense'/],
) {
    my ($lines, $sentence) = @$row;
    refused_config($lines =~ tr/\n/ /r, "<Location \"/x\">\n$lines\n</Location>", $sentence);
}
ok_config('all fields that rules have, and some', join "\n", '<Location "/x">', (map { qq{Require expr "mtls('$_') == 'x'"} }
    'subject', 'issuer.dc', 'subject.2.5.4.42', 'san.other.1.3.6.1.4.1.99999.2', 'ext.1.3.6.1.4.1.99999.7', 'policy', 'sni', 'user', 'reason',
    'tls.session-id', 'ca.spki.sha256'), '</Location>');

# An hour later.
my $LIFE = 6;
make_certificate(fleeting => { not_after => $LIFE, subject => [['CN', 'fleeting']], eku => ['clientAuth'], issuer => 'root' });
my $until = time + $LIFE;
is(ask('/p/header', 'fleeting', conn => 'fleeting')->{status}, 200, 'a connection');
sleep 1 while time <= $until;
is(heard('X-Set', '/p/header', 'fleeting', conn => 'fleeting'), '///', 'a certificate that has expired on its connection has no values');
done_testing;
