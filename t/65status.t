#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The status page: what it says as HTML, as JSON and for Prometheus, to whom, and that nothing a client chooses is
# more than text in it.
use MTLS::Test;
use JSON::PP;

my $server = start_server(conf => <<'END', tls => <<'TLS');
    <Location "/server-status">
        SetHandler server-status
        Require all granted
    </Location>
END
    <Location "/orders/">
        Require mtls subject.cn is "Anne Example"
    </Location>
    <Location "/reports/">
        <RequireAll>
            Require mtls
            Require ip 127.0.0.1
        </RequireAll>
    </Location>
    <LocationMatch "^/healthz$">
        Require all granted
    </LocationMatch>
    <Location "/plain/">
        Require ip 127.0.0.1
    </Location>
    <LocationMatch ^/quo"ted\.x>
        Require mtls
    </LocationMatch>
    <Location "/kept/">
        MTLSBackstop on
    </Location>
    <Location "/both/">
        <RequireAll>
            Require mtls subject.cn like "Otto *"
            Require not mtls subject.cn is "Otto Other"
        </RequireAll>
    </Location>
    <Location "/watched/">
        MTLSMode report
        Require mtls subject.cn is "Anne Example"
        MTLSHeader X-Client san.dns
        <If "%{QUERY_STRING} == 'inner'">
            Require mtls subject.ou is "Nobody"
        </If>
    </Location>
    <Location "/mtls-status">
        SetHandler mtls-status
        Require mtls
    </Location>
    <Location "/mtls-status-named">
        SetHandler mtls-status
        MTLSStatusSubjects on
        Require mtls
    </Location>
TLS

sub status { my ($query, %how) = @_; return client()->request($server, '/mtls-status' . $query, cert => 'ok', %how) }
sub json { return decode_json(status('?format=json', @_)->{body}) }

# The value of a metric with these labels, as the JSON form has it.
sub value {
    my ($name, %labels) = @_;
    my @found = grep { my $row = $_; !grep { ($row->{$_} // '') ne $labels{$_} } keys %labels } @{ json()->{metrics}{$name} };
    my $sum = 0;
    $sum += $_->{value} for @found;
    return $sum;
}

# What is counted when a request is over is there a moment after its response.
sub becomes {
    my ($expected, $what, $name, %labels) = @_;
    my $value;
    MTLS::Server::wait_for(sub { ($value = value($name, %labels)) == $expected });
    is($value, $expected, $what);
}

my $vhost = 'localhost:' . $server->https_port;
my $DECISIONS = 'mtls_authz_decisions_total';

# ---- decisions ----

# [certificate, path, options, status, section, decision, reason, mode (enforce)]
my @REQUESTS = (
    ['ok', '/orders/1', {}, 404, '<Location /orders/>', 'granted', 'granted'],
    ['other', '/orders/1', {}, 403, '<Location /orders/>', 'denied', 'no-match'],
    [undef, '/orders/1', {}, 403, '<Location /orders/>', 'denied', 'no-certificate'],
    ['expired', '/orders/1', {}, 403, '<Location /orders/>', 'denied', 'unverified'],
    ['other', '/reports/', {}, 404, '<Location /reports/>', 'granted', 'granted'],
    ['other', '/both/', {}, 403, '<Location /both/>', 'denied', 'no-match'],
    ['ok', '/watched/', {}, 404, '<Location /watched/>', 'granted', 'granted', 'report'],
    ['other', '/watched/', {}, 404, '<Location /watched/>', 'would-deny', 'no-match', 'report'],
    [undef, '/watched/', {}, 404, '<Location /watched/>', 'would-deny', 'no-certificate', 'report'],
    ['other', '/kept/x', {}, 403, '<Location /kept/>', 'denied', 'backstop'],
    [undef, '/kept/x', {}, 403, '<Location /kept/>', 'denied', 'no-certificate'],
    ['other', '/kept//x', {}, 400, '<Location /kept/>', 'denied', 'ambiguous-path'],
    [undef, '/healthz', {}, 404, '', 'not-asked', ''],
    [undef, '/plain/', {}, 404, '', 'not-asked', ''],
    ['other', '/index.html', {}, 200, '', 'not-asked', ''],
    [undef, '/index.html', { plain => 1 }, 200, undef, 'not-asked', ''],
);
my %expected;
for my $case (@REQUESTS) {
    my ($certificate, $path, $options, $status, $section, $decision, $reason, $mode) = @$case;
    for my $times (1 .. 2) {
        my $got = client()->request($server, $path, cert => $certificate, %$options)->{status};
        # The expired one may not get through the handshake at all.
        next if $certificate && $certificate eq 'expired' && !$got;
        is($got, $status, "$path: " . ($certificate // 'nobody'));
        $expected{ join "\n", $section // '-', $decision, $reason, $mode // 'enforce' }++;
    }
}
for my $key (sort keys %expected) {
    my ($section, $decision, $reason, $mode) = split /\n/, $key, -1;
    my %where = $section eq '-' ? (vhost => 'localhost:' . $server->http_port) : (vhost => $vhost, section => $section);
    becomes($expected{$key}, "$section $decision $reason", $DECISIONS, %where, decision => $decision, reason => $reason,
            mode => $mode);
}

# ---- sections ----

my %sections = map { ("$_->{vhost} $_->{section}" => $_) } @{ json()->{sections} };
my %STATES = (
    '<Location /orders/>' => ['rules', 1, 0, 'off'], '<Location /reports/>' => ['rules', 1, 1, 'off'],
    '<LocationMatch ^/healthz$>' => ['open', 0, 1, 'off'], '<Location /plain/>' => ['other rules', 0, 1, 'off'],
    '<LocationMatch ^/quo"ted\\.x>' => ['rules', 1, 0, 'off'], '<Location /both/>' => ['rules', 2, 0, 'off'],
    '<Location /watched/>' => ['report-only', 1, 0, 'off'],
    "<Location /watched/> <If %{QUERY_STRING} == 'inner'>" => ['report-only', 1, 0, 'off'], '<Location /kept/>' => [undef, 0, 0, 'on'], '<Location /mtls-status>' => ['rules', 1, 0, 'off'],
);
for my $section (sort keys %STATES) {
    my $row = $sections{"$vhost $section"};
    is_deeply([@$row{qw(state rules others backstop)}], $STATES{$section}, "$section: what stands there");
    my ($file, $line) = $row->{file} =~ /^(.*):(\d+)$/;
    my $written = (split /\n/, slurp($server->dir . "/$file"))[$line - 1];
    is($written =~ s/^\s+//r =~ s/ "(.*)">/ $1>/r, $section =~ s/.* (?=<)//r, '  ... and where');
}
is(scalar(grep { /^\Q$vhost\E / } keys %sections), keys(%STATES) + 1, 'no other in this virtual host but one');

# ---- the last denials, and certificates ----

my $recent = json()->{recent}[0];
is($recent->{reason}, 'ambiguous-path', 'the last denial stands first');
is($recent->{path}, '/kept/x', '  ... its path, as the error log has it');
is_deeply([sort map { "$_->{path} $_->{reason}" } grep { $_->{decision} eq 'would-deny' } @{ json()->{recent} }],
          [('/watched/ no-certificate') x 2, ('/watched/ no-match') x 2], 'would-denials are told from denials');
my ($both) = grep { $_->{path} eq '/both/' } @{ json()->{recent} };
like((split /\n/, slurp($server->dir . '/httpd.conf'))[($both->{rule} =~ /:(\d+)$/)[0] - 1], qr/Require not mtls/,
     'of several lines the one that stood against it');
my ($no_match) = grep { $_->{path} eq '/orders/1' && $_->{reason} eq 'no-match' } @{ json()->{recent} };
chomp(my $digest = `openssl x509 -in "@{[ pki('other.crt') ]}" -outform DER | openssl dgst -sha256 -r`);
is($no_match->{sha256}, substr($digest, 0, 16), 'a denial: the beginning of the digest');
like((split /\n/, slurp($server->dir . '/httpd.conf'))[($no_match->{rule} =~ /:(\d+)$/)[0] - 1], qr/Require mtls subject\.cn/,
     '  ... the rule');
like($server->error_log, qr/no-match.*id \Q$no_match->{id}\E/, '  ... the id of its line in the error log');
is($no_match->{subject}, undef, '  ... no subject');
my $named = client()->request($server, '/mtls-status-named?format=json', cert => 'ok');
my ($with_subject) = grep { $_->{reason} eq 'no-match' && $_->{decision} eq 'denied' } @{ decode_json($named->{body})->{recent} };
like($with_subject->{subject}, qr/CN=Otto Other/, '  ... its subject, where the operator asks for it');
unlike(status('')->{body}, qr/Otto/, 'and nowhere else');

my %seen = map { $_->{sha256} => $_ } @{ json()->{certificates} };
is($seen{ substr $digest, 0, 16 }{not_after},
   qx(openssl x509 -in "@{[ pki('other.crt') ]}" -noout -enddate -dateopt iso_8601) =~ s/^notAfter=(\S+) (\S+)\n/$1T$2/r,
   'a certificate that was seen, and when it runs out');

# ---- connections ----

my %connections = map { $_->{certificate} => $_->{value} } @{ json()->{metrics}{mtls_authz_connections_total} };
client()->request($server, '/healthz') for 1 .. 3;
client()->request($server, '/healthz', http => '2') for mpm() eq 'prefork' ? () : 1 .. 2;
client()->many($server, { cert => 'other' }, map { { path => '/orders/' } } 1 .. 5);
my $more = mpm() eq 'prefork' ? 3 : 5;
becomes($connections{none} + $more, 'connections without a certificate', 'mtls_authz_connections_total', certificate => 'none');
my $verified = value('mtls_authz_connections_total', certificate => 'verified');
my $now = value('mtls_authz_connections_total', certificate => 'verified');
is($now, $verified + 1, 'a connection with one is counted once');

# Certificates of all kinds, and what is read of them: in a server that takes them unverified, too.
my $OPEN_PAGE = <<'TLS';
    <Location "/mtls-status">
        SetHandler mtls-status
        Require all granted
    </Location>
    <Location "/x">
        Require mtls
    </Location>
TLS
my $lax = start_server(tls => "SSLVerifyClient optional_no_ca\n$OPEN_PAGE");
my $numbers = sub {
    my $metrics = decode_json(client()->request($lax, '/mtls-status?format=json', plain => 0)->{body})->{metrics};
    return (map({ ($_->{certificate} => $_->{value}) } @{ $metrics->{mtls_authz_connections_total} }), read => $metrics->{mtls_authz_certificates_read_total}[0]{value});
};
my %at_first = $numbers->();
client()->many($lax, { cert => $_ }, ({ path => '/x' }) x 4) for ('stranger') x 2, ('ok') x 3, ('selfsigned') x 2, 'bare';
client()->request($lax, '/x', plain => 1) for 1 .. 4;
my %at_last;
# The question is a connection without one, too.
MTLS::Server::wait_for(sub { %at_last = $numbers->(); $at_last{read} - $at_first{read} == 4 && $at_last{unverified} - $at_first{unverified} == 4 });
is($at_last{unverified} - $at_first{unverified}, 4, 'connections with a certificate that is not verified');
is($at_last{verified} - $at_first{verified}, 4, '  ... and those with a verified one');
is($at_last{read} - $at_first{read}, 4, '  ... which is read once for each');
$lax->stop;

# ---- removed headers ----

client()->request($server, '/index.html', headers => [['X-SSL-Client-Verify', 'SUCCESS'], ['x_ssl_client_verify', 'SUCCESS']]);
my @removed = @{ json()->{metrics}{mtls_authz_removed_headers_total} };
is(scalar @removed, 1, 'headers that were removed: one name');
is(lc $removed[0]{header}, 'x-ssl-client-verify', '  ... as the guard calls it') or diag(explain(\@removed));
is($removed[0]{value}, 2, '  ... in both spellings');

# ---- the forms ----

# [query, method, status, content type]
my @FORMS = (
    ['', 'GET', 200, 'text/html; charset=utf-8'],
    ['', 'HEAD', 200, 'text/html; charset=utf-8'],
    ['?format=html', 'GET', 200, 'text/html; charset=utf-8'],
    ['?format=json', 'GET', 200, 'application/json'],
    ['?format=json', 'HEAD', 200, 'application/json'],
    ['?x=1&format=prometheus', 'GET', 200, 'text/plain; version=0.0.4; charset=utf-8'],
    ['?format=xml', 'GET', 400],
    ['?format=', 'GET', 400],
    ['?format=JSON', 'GET', 400],
    ['?show=nothing', 'GET', 400],
    ['', 'POST', 405],
    ['', 'PUT', 405],
    ['', 'DELETE', 405],
    ['?format=json', 'PATCH', 405],
);
for my $case (@FORMS) {
    my ($query, $method, $status, $type) = @$case;
    my $response = status($query, method => $method);
    is($response->{status}, $status, "$method $query");
    if ($type) {
        is($response->header('Content-Type'), $type, '  ... its type');
        is($response->header('Cache-Control'), 'no-store', '  ... kept by nobody');
        is($response->header('X-Content-Type-Options'), 'nosniff', '  ... and taken for nothing else');
    }
    is($response->{body}, '', '  ... without a body') if $method eq 'HEAD';
    is(join(',', grep { $_ ne 'TRACE' } sort split /,/, $response->header('Allow')), 'GET,HEAD', '  ... what is allowed') if $status == 405;
}
is(client()->request($server, '/mtls-status')->{status}, 403, 'a location that is guarded shows nothing to strangers');

# ---- Prometheus: what it says is what JSON says ----

my %from_text;
my $metrics = status('?format=prometheus')->{body};
for my $line (grep { !/^#/ } split /\n/, $metrics) {
    my ($name, $labels, $value) = $line =~ /^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+)\})? (\d+)$/ or fail("a line: $line"), next;
    my %labels = map { /^([a-z]+)="(.*)"$/ } ($labels // '') =~ /([a-z]+="(?:[^"\\]|\\.)*")/g;
    s/\\(.)/$1/g for values %labels;
    my $key = join ' ', $name, map { "$_=$labels{$_}" } sort keys %labels;
    ok(!exists $from_text{$key}, "once: $key");
    $from_text{$key} = $value;
}
my %from_json;
my $all = json()->{metrics};
for my $name (keys %$all) {
    for my $row (@{ $all->{$name} }) {
        $from_json{ join ' ', $name, map { "$_=$row->{$_}" } grep { $_ ne 'value' && defined $row->{$_} } sort keys %$row } = $row->{value};
    }
}
is(join("\n", sort keys %from_text), join("\n", sort keys %from_json), 'the same values in both forms');
my @rows = slurp(top() . '/include/tbl/metrics.h') =~ /^MTLS_METRIC\(\w+, "(\w+)", "(\w+)"/mg;
while (my ($name, $type) = splice @rows, 0, 2) {
    like($metrics, qr/^# HELP $name \S.*\n# TYPE $name $type\n$name\b/m, "$name is there") if exists $all->{$name} && @{ $all->{$name} };
    like($name, $type eq 'counter' ? qr/_total$/ : qr/(?<!_total)$/, '  ... counters end in _total');
}
for my $reason (slurp(top() . '/include/tbl/reasons.h') =~ /^MTLS_REASON\(\w+, "([\w-]+)"/mg) {
    like($metrics, qr/^\Q$DECISIONS\E\{[^}]*section="<Location \/orders\/>"[^}]*reason="$reason"\} \d+$/m, "a section with rules has a counter for $reason");
}

# ---- HTML ----

# Octets that are dangerous in a page, in what a client chooses: its path and its certificate.
make_certificate(hostile => { subject => [[CN => q(<script>alert("1")</script>&amp;'`--><img src=x onerror=alert(2)>)]] });
make_certificate(lengthy => { subject => [[CN => "\x{e4}" x 60], [OU => "\x{20ac}" x 64], [O => "<b>\x{1f511}" x 12]] });
client()->request($server, '/orders/lengthy', cert => 'lengthy');
my $nasty = '/orders/%3Cscript%3E%22%27%26lt;%0a%00x<b>"\'&';
client()->request($server, $nasty, cert => 'hostile');
client()->request($server, '/orders/<script>alert(3)</script>', cert => 'hostile');
for my $path ('/mtls-status', '/mtls-status-named') {
    my $page = client()->request($server, $path, cert => 'ok')->{body};
    unlike($page, qr/<script|<img|<b>"/i, "$path: no element of a client's");
    like($page, qr/&lt;Location \/orders\/&gt;/, "$path: names of sections are escaped");
    my @elsewhere = grep { /\b(?:src|href|srcset|action)\s*=\s*"?(?!"?\?format=)/i } $page =~ /<[^>]*>/g;
    is("@elsewhere", '', "$path: nothing from elsewhere");
    unlike($page, qr/url\(|\@import/i, "$path: nor in its style");
    unlike($page, qr/[^\x0a\x20-\x7e]/, "$path: printable");
    my @open = $page =~ /<(table|thead|tbody|tr|th|td|div|h2|p|ul|li|b|a)\b/g;
    my @shut = $page =~ /<\/(table|thead|tbody|tr|th|td|div|h2|p|ul|li|b|a)>/g;
    is(join(' ', sort @open), join(' ', sort @shut), "$path: each element is closed");
    like($page, qr/prefers-color-scheme:dark/, "$path: dark, if the reader likes it");
    like($page, qr/<meta name="viewport" content="width=device-width,initial-scale=1">/, "$path: fit for a phone");
}
my $page = client()->request($server, '/mtls-status-named', cert => 'ok');
like($page->{body}, qr/&lt;script&gt;/, 'a hostile name is shown as text');
like($page->header('Content-Security-Policy'), qr/^default-src 'none'; style-src 'unsafe-inline';/, 'and no script would run');
my $shown = eval { decode_json(client()->request($server, '/mtls-status-named?format=json', cert => 'ok')->{body}) };
ok($shown, 'JSON parses') or diag($@);
my ($lengthy) = grep { $_->{path} eq '/orders/lengthy' } @{ $shown->{recent} };
like($lengthy->{subject}, qr/^[ -~]{100,400}$/, 'a name that is too long is cut, and is text');

# A host that a client makes up, where the server takes what comes.
my $lenient = start_server(conf => 'HttpProtocolOptions Unsafe',
                           tls => "UseCanonicalName Off\nMTLSWhatIf on\nMTLSAuditLog audit.log\n$OPEN_PAGE");
my ($taken, $pages) = (0, 0);
for my $host ('x"><script>alert(1)</script>', "a'onload=x", 'a<b>c', '{"a":1}', "\xff\xfe", 'a&lt;b', 'a b', '[::1]"', '\\"') {
    for my $path ('/x', '/mtls-status', '/mtls-status?show=what-if', '/mtls-status?format=json', '/mtls-status?format=prometheus') {
        my $response = client()->request($lenient, '/', raw => "GET $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n");
        $taken++ if $path eq '/x' && $response->{status} == 403;
        next if $response->{status} != 200;
        $pages++;
        unlike($response->{body}, qr/<script|<b>(?!\d)|<[^>]*onload/, "$path with a host of its own: no element of it") if $path !~ /format/;
        ok(eval { decode_json($response->{body}) }, "$path with a host of its own: JSON") or diag($response->{body}) if $path =~ /json/;
    }
}
ok($pages, "$pages pages with such a host");
my $audited = $lenient->dir . '/audit.log';
is(scalar(grep { !eval { decode_json($_) } } -e $audited ? split /\n/, slurp($audited) : ()), 0, "every one of $taken lines in the audit log can be read");
$lenient->stop;

# ---- mod_status ----

my $whole = client()->request($server, '/server-status')->{body};
like($whole, qr/mod_mtls_authz.*mtls_authz_decisions_total/s, 'mod_status has a part about it');
unlike($whole, qr/<script>alert|Otto/, '  ... without anything that clients chose');
my $short = client()->request($server, '/server-status?auto')->{body};
like($short, qr/^mtls_authz_decisions_total: [1-9]\d*$/m, '  ... also for programs');

# ---- lists ----

my $dir = MTLS::Server::new_directory('lists');
sub put { my ($name, $text) = @_; spew("$dir/.new", $text); rename "$dir/.new", "$dir/$name" or die "$dir/$name: $!\n" }
put('partners', "shop.example.org role=billing\nother.example.org\n");
put('kill', "# nobody\n");
# Each process looks after its lists in its own time: here one answers.
my $ONE = "<IfModule mpm_prefork_module>\nMaxRequestWorkers 1\n</IfModule>\n"
    . "<IfModule !mpm_prefork_module>\nServerLimit 1\nMaxRequestWorkers 16\n</IfModule>\n";
$server = start_server(conf => $ONE, tls => <<"TLS");
    MTLSListInterval 1s
    MTLSList partners san.dns file:$dir/partners
    MTLSKillList $dir/kill
    <Location "/mtls-status">
        SetHandler mtls-status
        <RequireAny>
            Require mtls
            Require mtls in partners
        </RequireAny>
    </Location>
TLS
sub list { my ($name) = @_; return (grep { $_->{list} eq $name } @{ json()->{lists} })[0] }
my $list = list('partners');
is_deeply([@$list{qw(state kind field path version entries why)}], ['good', 'file', 'san.dns', "$dir/partners", 1, 2, undef], 'a list');
cmp_ok(value('mtls_authz_list_loaded_timestamp_seconds', list => 'partners'), '>', time - 120, '  ... and when it was read');
is_deeply([map { $_->{list} } @{ json()->{lists} }], ['partners', 'kill list'], 'all of them');
is(list('kill list')->{kind}, 'kill list', 'the kill list is one, too');
is(list('kill list')->{entries}, 0, '  ... an empty one');
put('partners', "shop.example.org role=billing\nother.example.org\nthird.example.org\n");
ok(MTLS::Server::wait_for(sub { list('partners')->{version} == 2 }, 20), 'another version comes into force');
is(list('partners')->{entries}, 3, '  ... with more entries');
is(value('mtls_authz_list_version', list => 'partners'), 2, '  ... and the metric says so');
put('partners', "shop.example.org role=\"billing\n");
ok(MTLS::Server::wait_for(sub { list('partners')->{state} eq 'failed' }, 20), 'a bad file is seen');
$list = list('partners');
is_deeply([@$list{qw(version entries)}], [2, 3], '  ... the version before stays in force');
like($list->{why}, qr/partners:1/, '  ... and the page says where it is bad');
is(value('mtls_authz_list_bad', list => 'partners'), 1, '  ... and the metric');
cmp_ok(value('mtls_authz_list_failures_total', list => 'partners'), '>=', 1, '  ... and counts it');

# ---- certificates that run out ----

make_certificate(days5 => { subject => [[CN => 'five']], not_after => 5 * 86400 });
make_certificate(hours20 => { subject => [[CN => 'twenty']], not_after => 20 * 3600 });
make_certificate(days20 => { subject => [[CN => 'twenty days']], not_after => 20 * 86400 });
make_certificate(days60 => { subject => [[CN => 'sixty']], not_after => 60 * 86400 });
make_certificate(old => { subject => [[CN => 'renewed']], not_after => 3 * 86400 });
make_certificate(new => { subject => [[CN => 'renewed']], not_after => 90 * 86400 });
my %warning = (conf => 'MTLSExpiryWarning 14d', tls => <<'TLS');
    <Location "/mtls-status">
        SetHandler mtls-status
        Require mtls
    </Location>
TLS
$server = start_server(%warning);
sub expiring { my %all = map { $_->{within} => $_->{value} } @{ json()->{metrics}{mtls_authz_expiring_certificates} }; return \%all }
status('', cert => $_) for qw(days5 hours20 days20 days60 old);
MTLS::Server::wait_for(sub { @{ json()->{certificates} } >= 6 });
is_deeply(expiring(), { expired => 0, '1d' => 1, '7d' => 3, '14d' => 3, '30d' => 5 }, 'certificates by the time that is left');
my @ends = map { $_->{not_after} } @{ json()->{certificates} };
is("@ends", join(' ', sort @ends), 'the one that runs out first stands in front');
is(value('mtls_authz_next_expiry_timestamp_seconds'),
   qx(date -d "\$(openssl x509 -in "@{[ pki('hours20.crt') ]}" -noout -enddate | cut -d= -f2)" +%s) + 0, 'when that is');
status('', cert => 'new');
MTLS::Server::wait_for(sub { expiring()->{'7d'} == 2 });
is_deeply(expiring(), { expired => 0, '1d' => 1, '7d' => 2, '14d' => 2, '30d' => 4 }, 'one that was renewed is not counted');
make_certificate("workload-$_->[0]-$_->[1]", { subject => [], san => [['uri', "spiffe://example.org/$_->[0]"]], not_after => $_->[1] * 86400 })
    for ['one', 2], ['two', 80], ['one', 85];
status('', cert => $_) for 'workload-one-2', 'workload-two-80';
MTLS::Server::wait_for(sub { expiring()->{'7d'} == 3 });
is(expiring()->{'7d'}, 3, 'one of another workload without a subject does not renew it');
status('', cert => 'workload-one-85');
MTLS::Server::wait_for(sub { expiring()->{'7d'} == 2 });
is(expiring()->{'7d'}, 2, '  ... its own does');

# A day ends at midnight, Greenwich time: not now.
sleep 1 while time % 86400 > 86400 - 180;
# Many connections, versions of HTTP and processes, and a restart: a line for each certificate.
for my $round (1 .. 2) {
    for my $http (mpm() eq 'prefork' ? ('1.1') : ('1.1', '2')) {
        status('', cert => $_, http => $http) for ('days5', 'hours20', 'days60') x 3;
    }
    $server->graceful if $round == 1;
}
my @lines = sort $server->said =~ /\[mtls_authz:warn\].*(a client's certificate runs out in .*?; subject "[^"]*")/g;
@lines = grep { !/; subject "-"/ } @lines;
is(scalar @lines, 3, 'a line for each that runs out soon, however often it is seen') or diag(join "\n", @lines);
like("@lines", qr/in (?:19|20) hours, at [^;]* GMT; subject "CN=twenty"/, '  ... in hours');
like("@lines", qr/in [23] days, at [^;]* GMT; subject "CN=renewed"/, '  ... in days');
like("@lines", qr/in [45] days, at [^;]* GMT; subject "CN=five"/, '  ... whose it is');
is(expiring()->{'1d'}, 1, 'and all is known after a restart');
$server = start_server(%warning, tls => "MTLSExpiryWarning off\n$warning{tls}");
status('', cert => 'days5') for 1 .. 3;
unlike($server->said, qr/runs out/, 'where a virtual host says off there is none');

# ---- no configuration of ours ----

my $bare = start_server(tls => "<Location \"/s\">\nSetHandler mtls-status\nRequire all granted\n</Location>");
is(client()->request($bare, '/s')->{status}, 503, 'where nothing of ours is in use there is nothing to show');
done_testing;
