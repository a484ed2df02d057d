#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The status page with those who read it: Prometheus' own tools, and a browser with a client certificate, of which the
# picture in docs/monitoring.md is taken. And the counters over many requests.
use MTLS::Test;
use File::Copy 'copy';
use JSON::PP;
use POSIX ();

my $dir = MTLS::Server::new_directory('status');
my ($example) = map { slurp(top() . "/conf-examples/$_") } 'status.conf';

# What the example is, with a section that only reports and a few requests, so that there is something to see.
my $backend = start_backend('http');
my %define = (mtls_address => '*:@HTTPS_PORT@', mtls_name => 'localhost', mtls_server_cert => '@PKI@/server.crt',
              mtls_server_key => '@PKI@/server.key', mtls_client_ca => '@PKI@/ca.pem',
              mtls_backend => 'http://127.0.0.1:' . $backend->port('http'));
my ($lines) = $example =~ /<VirtualHost [^\n]*\n(.*)<\/VirtualHost>/s;
$lines =~ s/\$\{(\w+)\}/$define{$1} \/\/ die $1/ge;
$lines =~ s/^\s*(?:SSL|ServerName)\S* .*\n//mg;
my $server = start_server(mpm => 'event', tls => $lines . <<'END', log_level => 'mtls_authz:info');
    <Location "/reports/">
        MTLSMode report
        Require mtls san.email is anne@example.org
    </Location>
    <LocationMatch "^/healthz$">
        Require all granted
    </LocationMatch>
END
make_certificate(soon => { subject => [[CN => 'Sensor 17']], not_after => 5 * 86400 });
make_certificate(sooner => { subject => [[CN => 'Sensor 18']], not_after => 20 * 3600 });
for my $round (1 .. 20) {
    client()->request($server, '/orders/', cert => $_) for qw(ok other soon sooner);
    client()->request($server, '/reports/', cert => $_) for 'ok', $round % 4 ? () : ('other');
    client()->request($server, '/orders/', $round % 5 ? (cert => 'ok') : ());
    client()->request($server, '/healthz', headers => $round % 7 ? [] : [['Client-Cert', ':Zm9yZ2Vk:']]);
}
client()->request($server, '/mtls-status', cert => 'other');

# ---- one line a day for each certificate that runs out ----

my @warned = $server->error_log =~ /(a client's certificate runs out in .*)/g;
is(scalar @warned, 2, 'two certificates run out within the time that was given: two lines') or diag(join "\n", @warned);
like($_, qr/in (?:\d+ days|\d+ hours), at .* GMT; subject "CN=Sensor 1[78]"/, "$_") for @warned;

# ---- Prometheus ----

sub run { my ($command) = @_; my $output = qx($command 2>&1); return ($? >> 8, $output) }

my $metrics = client()->request($server, '/mtls-status?format=prometheus', cert => 'ok')->{body};
spew("$dir/metrics", $metrics);
my ($exit, $said) = run("promtool check metrics <'$dir/metrics'");
is($said, '', 'promtool has nothing to say about the metrics');
is($exit, 0, '  ... and takes them');
spew("$dir/metrics", $metrics =~ s/^# HELP.*\n//mgr);
isnt((run("promtool check metrics <'$dir/metrics'"))[0], 0, '  ... as it would not, were they different');

# Names that somebody has written, in labels: sections, lists, hosts.
spew("$dir/list", "shop.example.org\n");
my $odd = start_server(mpm => 'event', tls => <<'END' =~ s/LIST/$dir\/list/r);
    ServerName odd-name.example.org
    MTLSList a-list_2 san.dns "file:LIST"
    <LocationMatch ^/a\.b\\{2,3}(?:x|y)"q$>
        Require mtls in a-list_2
    </LocationMatch>
    <Location "/größe/'{}/">
        Require mtls
        <If "%{QUERY_STRING} == 'a\nb{}=,'">
            Require mtls subject.cn x
        </If>
    </Location>
    <Location "/mtls-status">
        SetHandler mtls-status
        Require mtls
    </Location>
END
client()->request($odd, "/gr%C3%B6%C3%9Fe/'{}/", cert => 'ok');
my $read = client()->request($odd, '/mtls-status?format=prometheus', cert => 'ok')->{body};
like($read, qr/^mtls_authz_section_rules\{[^\n]*\\"[^\n]*\} 1$/m, 'a section whose name has a quote');
spew("$dir/odd", $read);
is((run("promtool check metrics <'$dir/odd'"))[1], '', '  ... and promtool reads that, too');
$odd->stop;

my $text = slurp(top() . '/docs/monitoring.md');
my ($rules) = $text =~ /\n((?:    [^\n]*\n)+)/ ? grep { /^    groups:/ } $text =~ /((?:^    .*\n)+)/mg : ();
spew("$dir/rules.yml", $rules =~ s/^    //mgr);
($exit, $said) = run("promtool check rules '$dir/rules.yml'");
is($exit, 0, 'the alerts in docs/monitoring.md are rules that Prometheus takes') or diag($said);
my ($scrape) = grep { /^    scrape_configs:/ } $text =~ /((?:^    .*\n)+)/mg;
my $config = $scrape =~ s/^    //mgr;
$config =~ s{/etc/prometheus/server-ca\.pem}{pki('ca.pem')}e or die;
$config =~ s{/etc/prometheus/monitoring\.pem}{pki('ok.chain.pem')}e or die;
$config =~ s{/etc/prometheus/monitoring\.key}{pki('ok.key')}e or die;
$config =~ s{www\.example\.org:443}{'localhost:' . $server->https_port}e or die;
spew("$dir/prometheus.yml", "global:\n  scrape_interval: 1s\n$config");
($exit, $said) = run("promtool check config '$dir/prometheus.yml'");
is($exit, 0, 'and the configuration beside them is one') or diag($said);

# Every metric that alerts and dashboard name is there, and every expression is one.
my $dashboard = decode_json(slurp(top() . '/docs/grafana-dashboard.json'));
my @expressions = map { $_->{expr} } map { @{ $_->{targets} } } @{ $dashboard->{panels} };
push @expressions, map { $_->{expr} } @{ $dashboard->{annotations}{list} };
ok(@expressions > 10, 'expressions of the dashboard: ' . @expressions);
my %known = map { $_ => 1 } slurp(top() . '/include/tbl/metrics.h') =~ /^MTLS_METRIC\(\w+, "(\w+)"/mg;
is(join(' ', grep { !$known{$_} } map { /(mtls_authz_\w+)/g } @expressions, $rules), '', 'alerts and dashboard name metrics that exist');
my $all = "groups:\n- name: dashboard\n  rules:\n";
my $n = 0;
$all .= sprintf "  - record: e%d\n    expr: '%s'\n", $n++, s/\$__(?:rate_)?interval/5m/gr =~ s/\$instance/.*/gr =~ s/'/''/gr for @expressions;
spew("$dir/dashboard.yml", $all);
($exit, $said) = run("promtool check rules '$dir/dashboard.yml'");
is($exit, 0, 'and their expressions are such of Prometheus') or diag($said);

# Prometheus itself, with the certificate, scrapes it.
my $port = MTLS::Env::free_port();
my $pid = fork() // die "fork: $!";
if (!$pid) {
    open STDOUT, '>', "$dir/prometheus.log";
    open STDERR, '>&', \*STDOUT;
    exec 'prometheus', "--config.file=$dir/prometheus.yml", "--storage.tsdb.path=$dir/data", "--web.listen-address=127.0.0.1:$port"
        or POSIX::_exit(127);
}
my $answer;
MTLS::Server::wait_for(sub {
    $answer = qx(curl -s 'http://127.0.0.1:$port/api/v1/query?query=sum(mtls_authz_decisions_total%7Bdecision%3D%22would-deny%22%7D)');
    return $answer =~ /"value"/;
}, 60);
like($answer, qr/"value":\[[\d.]+,"5"\]/, 'Prometheus has read them') or diag(slurp("$dir/prometheus.log"));
kill TERM => $pid;
waitpid $pid, 0;

# ---- a browser ----

my $password = 'browser';
run("openssl pkcs12 -export -in '@{[ pki('ok.chain.pem') ]}' -inkey '@{[ pki('ok.key') ]}' -name me -passout pass:$password -out '$dir/ok.p12'");
my ($status, $page) = run("cd '$dir' && WINDOW=1200,880 bash '@{[ top() ]}/t/all/browser/browse.sh' https://localhost:" . $server->https_port
                          . "/mtls-status status.png '@{[ pki('ca.pem') ]}' ok.p12 $password");
is($status, 0, 'Chromium shows the page') or diag($page);
like($page, qr/Client certificates at localhost/, '  ... its heading');
like($page, qr/would-deny/, '  ... what would be denied');
my $picture = -e "$dir/status.png" ? slurp("$dir/status.png") : '';
is(substr($picture, 1, 3), 'PNG', '  ... and a picture of it');
copy("$dir/status.png", $ENV{MTLS_PICTURES}) if $ENV{MTLS_PICTURES};
my $kept = slurp(top() . '/docs/images/status.png');
is(substr($kept, 1, 3), 'PNG', 'the one in the documentation is a picture, too');
cmp_ok(length $kept, '<', 200_000, '  ... of a bearable size');
$server->stop;
done_testing;
