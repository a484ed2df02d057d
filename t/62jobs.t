#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The ten jobs of docs/rules.md: each configuration is taken from there, started and driven. Only paths, ports and
# addresses are changed, and one key identifier.
use MTLS::Test;
use MTLS::Server;
use File::Path 'make_path';
use POSIX ();

# ---- certificates and files ----

sub sensor { return [['O', 'Example, Inc.'], ['OU', 'Sensors'], ['serialNumber', $_[0]], ['CN', 'sensor']] }
make_certificate(sensor => { subject => sensor('A-17') });
make_certificate(stolen => { subject => sensor('A-18') });
make_certificate('sensor-long' => { subject => sensor('A-19'), not_after => 100 * 86400 });
make_certificate('sensor-rsa' => { subject => sensor('A-20'), key => 'rsa' });
make_certificate('sensor-root' => { subject => sensor('A-21'), issuer => 'root' });
make_certificate('bob' => { san => [['upn', 'bob@corp.example.org']] });
make_certificate('wild' => { san => [['upn', 'a*@corp.example.org']] });
make_certificate('elsewhere' => { san => [['upn', 'anne@corp.example.net']] });
make_certificate('two-upns' => { san => [['upn', 'anne@corp.example.org'], ['upn', 'bob@corp.example.org']] });
make_certificate('two-mails' => { san => [['email', 'anne@example.org'], ['email', 'bob@example.org']] });
make_certificate('mail-elsewhere' => { san => [['email', 'anne@example.org.evil.example']] });
make_certificate('evil-domain' => { san => [['uri', 'spiffe://example.org.evil.example/ns/shop/sa/web']] });
make_certificate('new-ok' => { subject => [['OU', 'Payments'], ['CN', 'new']], issuer => 'twin-ca', chain => [] });

my %FILE = (
    'server.crt' => 'server.crt', 'server.key' => 'server.key', 'stolen.pem' => 'stolen.crt',
    map({ $_ => 'ca.pem' } qw(spire-bundle.pem cards-ca.pem devices.pem people-ca.pem clients-ca.pem puppet-ca.pem)),
    map({ $_ => 'ca-all.pem' } qw(partners.pem both-cas.pem)),
    map({ $_ => 'intermediate.crt' } qw(alpha-ca.pem devices-ca.pem old-ca.pem)),
    map({ $_ => 'twin-ca.crt' } qw(beta-ca.pem new-ca.pem)),
);
my ($old_ca) = `openssl x509 -in "@{[ pki('intermediate.crt') ]}" -noout -ext subjectKeyIdentifier` =~ /^\s+([0-9A-F:]{59})/m or die;
$old_ca = lc $old_ca =~ s/://gr;

# ---- what each job says, by its heading: [certificate, path, status, reason, what the backend is told] ----

my ($uri, $sha) = ('spiffe://example.org/ns/shop/sa', qr/^Hash=[0-9a-f]{64};URI=/);
sub pem { my ($name) = @_; return qr/^:[A-Za-z0-9+\/]+=*:$/ }
my %JOBS = (
    'SPIFFE gateway' => [
        ['ok', '/orders/1', 200, '-', 'X-Forwarded-Client-Cert' => qr/;URI=\Q$uri\E\/web$/],
        ['other', '/stock/', 200, '-', 'X-Forwarded-Client-Cert' => qr/;URI=\Q$uri\E\/other$/],
        ['other', '/orders/1', 403, 'no-match'], ['evil-domain', '/stock/', 403, 'no-match'],
        ['two-spiffe', '/stock/', 403, 'no-match'], ['ok', '/', 403, '-'], [undef, '/orders/1', 403, 'no-certificate'],
    ],
    'Smart cards to LDAP groups' => [
        ['ok', '/wiki/', 200, '-', 'X-Remote-User' => 'anne'],
        ['bob', '/wiki/', 403, '-'], ['wild', '/wiki/', 403, 'no-user'], ['elsewhere', '/wiki/', 403, 'no-user'],
        ['two-upns', '/wiki/', 403, 'ambiguous'], ['other', '/wiki/', 403, 'no-user'], ['ok', '/', 403, '-'],
        [undef, '/wiki/', 403, 'no-certificate'],
    ],
    'Partners with their own CA' => [
        ['ok', '/alpha/', 200, '-', 'Client-Cert' => pem('ok')], ['twin', '/beta/', 200, '-', 'Client-Cert' => pem('twin')],
        ['ok', '/beta/', 403, 'no-match'], ['twin', '/alpha/', 403, 'no-match'], ['direct', '/alpha/', 403, 'no-match'],
        ['ok', '/alpha/..;/beta/', 400, 'ambiguous-path'], ['ok', '/alpha/%2e%2e/beta/', 400, 'ambiguous-path'],
        ['ok', '/', 403, '-'], [undef, '/alpha/', 403, 'no-certificate'],
    ],
    'Device fleet' => [
        ['sensor', '/telemetry/', 200, '-', 'X-Device-Number' => 'A-17', 'X-Device-Key' => qr/^[0-9a-f]{64}$/],
        ['stolen', '/telemetry/', 403, 'no-match'], ['sensor-long', '/telemetry/', 403, 'no-match'],
        ['sensor-rsa', '/telemetry/', 403, 'no-match'], ['sensor-root', '/telemetry/', 403, 'no-match'],
        ['ok', '/telemetry/', 403, 'no-match'], ['sensor', '/', 403, '-'], [undef, '/telemetry/', 403, 'no-certificate'],
    ],
    'Keycloak' => [
        ['ok', '/realms/shop/', 200, '-', 'Client-Cert' => pem('ok'), 'Client-Cert-Chain' => pem('intermediate')],
        [undef, '/realms/shop/', 200, '-', 'Client-Cert' => undef], ['ok', '/resources/a.css', 200, '-', 'Client-Cert' => undef],
        ['ok', '/admin/', 200, '-', 'Client-Cert' => pem('ok'), 'X-Forwarded-Proto' => 'https'],
        ['other', '/admin/', 403, 'no-match'], [undef, '/admin/', 403, 'no-certificate'], ['ok', '/metrics', 403, '-'],
    ],
    'Ingress backend' => [
        ['ok', '/api/', 200, '-', 'ssl-client-verify' => 'SUCCESS', 'ssl-client-cert' => qr/^-----BEGIN%20CERTIFICATE-----%0A/],
        [undef, '/open/', 200, '-', 'ssl-client-verify' => 'NONE', 'ssl-client-cert' => undef],
        ['other', '/api/', 403, 'no-match'], [undef, '/api/', 403, 'no-certificate'], ['ok', '/', 403, '-'],
    ],
    'Puppet' => [
        ['bare', '/puppet/v3/catalog/bare', 200, '-', 'X-Client-Verify' => 'SUCCESS', 'X-Client-DN' => 'CN=bare',
         'X-Client-Cert' => qr/^-----BEGIN%20/],
        [undef, '/puppet-ca/v1/certificate/ca', 200, '-', 'X-Client-Verify' => 'NONE', 'X-Client-DN' => undef],
        [undef, '/puppet-ca/v1/certificate_request/new.example.org', 200, '-', 'X-Client-DN' => undef],
        [undef, '/puppet/v3/catalog/bare', 403, 'no-certificate'], ['ok', '/', 403, '-'],
        [undef, '/puppet-ca/v1/certificate_status/bare', 403, 'no-certificate'],
        [undef, '/puppet-ca/v1/certificate/../certificate_status/bare', 403, 'no-certificate'],
    ],
    'Grafana' => [
        ['ok', '/d/1', 200, '-', 'X-WEBAUTH-USER' => 'anne@example.org'],
        ['two-mails', '/d/1', 403, 'ambiguous'], ['mail-elsewhere', '/d/1', 403, 'no-match'], ['other', '/d/1', 403, 'no-match'],
        [undef, '/d/1', 403, 'no-certificate'],
    ],
    'Health check without a certificate' => [
        [undef, '/healthz', 200, '-', 'Client-Cert' => undef], ['ok', '/api/', 200, '-', 'Client-Cert' => pem('ok')],
        ['ok', '/healthz', 200, '-', 'Client-Cert' => undef], [undef, '/healthz/', 403, '-'],
        ['bare', '/api/', 403, 'no-match'], [undef, '/api/', 403, 'no-certificate'], ['ok', '/', 403, '-'],
    ],
    'CA rotation' => [
        ['ok', '/orders/', 200, '-', 'Client-Cert' => pem('ok')], ['new-ok', '/orders/', 200, '-', 'Client-Cert' => pem('new-ok')],
        ['other', '/orders/', 403, 'no-match'], ['twin', '/orders/', 403, 'no-match'], ['sensor-root', '/orders/', 403, 'no-match'],
        [undef, '/orders/', 403, 'no-certificate'], ['ok', '/', 403, '-'],
    ],
);

# Nobody else may say who he is: these are sent with every request, and the names that the job exports, in another spelling.
my @FORGED = qw(client_cert x_client.dn ssl_client-verify x.forwarded-client-cert x_remote_user);

# ---- a directory of people ----

my $slapd;
sub start_slapd {
    my $dir = logs() . "/slapd-$$";
    make_path("$dir/data");
    my $port = free_port();
    spew("$dir/slapd.conf", join '', map({ "include /etc/ldap/schema/$_.schema\n" } qw(core cosine inetorgperson)),
         qq{pidfile "$dir/pid"\ndatabase ldif\nsuffix "dc=example,dc=org"\ndirectory "$dir/data"\n});
    my @people = map { "dn: uid=$_,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: $_\ncn: $_\nsn: $_\n" } qw(anne bob);
    my @units = map { "dn: ou=$_,dc=example,dc=org\nobjectClass: organizationalUnit\nou: $_\n" } qw(people groups);
    spew("$dir/people.ldif", join "\n", "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n",
         @units, @people, "dn: cn=wiki,ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: wiki\n"
         . "member: uid=anne,ou=people,dc=example,dc=org\n");
    system('/usr/sbin/slapadd', '-f', "$dir/slapd.conf", '-l', "$dir/people.ldif") == 0 or die 'slapadd: install slapd';
    $slapd = fork() // die "fork: $!";
    if (!$slapd) {
        open STDERR, '>', "$dir/output";
        exec '/usr/sbin/slapd', '-f', "$dir/slapd.conf", '-h', "ldap://127.0.0.1:$port", '-d', '0' or POSIX::_exit(127);
    }
    MTLS::Server::wait_for(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) })
        or die 'slapd does not answer: ' . slurp("$dir/output");
    return $port;
}
END { local ($?, $!); if ($slapd) { kill TERM => $slapd; waitpid $slapd, 0 } }

# ---- the configurations ----

my ($section) = slurp(top() . '/docs/rules.md') =~ /^(## Ten jobs\n.*?)(?=^## |\z)/ms or die 'docs/rules.md has no jobs';
my %config;
my @order;
for my $job (split /^(?=### )/m, $section) {
    my ($title) = $job =~ /^### (.*)$/m or next;
    my ($block) = $job =~ /\n\n((?:    [^\n]*\n)*    <VirtualHost.*?\n    <\/VirtualHost>\n)/s or die "$title has no configuration";
    push @order, $title;
    $config{$title} = $block =~ s/^    //mgr;
}
is(scalar @order, 10, 'there are ten');
is(join("\n", sort @order), join("\n", sort keys %JOBS), 'each has its cases');

sub for_this_machine {
    my ($text, $backend, $ldap) = @_;
    $text =~ s/<VirtualHost \*:\d+>/<VirtualHost 127.0.0.1:\@HTTPS_PORT\@>/ or die;
    $text =~ s{http://127\.0\.0\.1:\d+/}{'http://127.0.0.1:' . $backend->port('http') . '/'}ge;
    $text =~ s{conf/([\w-]+\.\w+)}{pki($FILE{$1} // die "the test has no file for conf/$1")}ge;
    $text =~ s{ logs/}{ \@DIR\@/}g;
    $text =~ s{ldap://127\.0\.0\.1:389/}{ldap://127.0.0.1:$ldap/};
    $text =~ s{0a1b2c3d4e5f60718293a4b5c6d7e8f901234567}{$old_ca};
    return mpm() eq 'prefork' ? $text : "Protocols h2 http/1.1\n$text";
}

sub drive {
    my ($job, $server, $backend, $sni, $http, $case) = @_;
    my %exported = map { my (undef, undef, undef, undef, %told) = @$_; map { lc tr/-/_/r => 1 } keys %told } @{ $JOBS{$job} };
    delete $exported{x_forwarded_proto};            # the operator's own
    my ($cert, $path, $status, $reason, %told) = @$case;
    my $name = join ' ', "$job: HTTP/$http", $cert // 'nobody', $path;
    my @sent = map { [$_, 'forged'] } @FORGED, sort keys %exported;
    $server->mark;
    $backend->mark;
    my $response = client()->request($server, $path, cert => $cert, sni => $sni, http => $http, headers => \@sent);
    is($response->{status}, $status, "$name: $status") or diag($response->{error} // $response->{body}, $server->error_log);
    my @denials = $server->error_log =~ /access denied, reason: (\S+)/g;
    is("@denials", $reason eq '-' ? '' : $reason, "$name: $reason in the log");
    my @received = $backend->received;
    is(scalar @received, $status == 200 ? 1 : 0, "$name: the backend was asked") or return;
    is(join("\n", grep { /forged/ } map { ref $_ ? "@$_" : $_ } map { @{ $_->{headers} } } @received), '', "$name: nothing forged");
    for my $header (sort keys %told) {
        my @values = $response->backend_header($header);
        my $expected = $told{$header};
        ref $expected ? like($values[0] // '', $expected, "$name: $header") : is($values[0], $expected, "$name: $header");
        is(scalar @values, defined $expected ? 1 : 0, "$name: $header once");
    }
}

my $ldap = start_slapd();
my %parts = (modules => [@MTLS::Env::MODULES, qw(ldap authnz_ldap)]);
for my $job (@order) {
    my $backend = start_backend('http');
    my $text = for_this_machine($config{$job}, $backend, $ldap);
    my ($sni) = $text =~ /^\s*ServerName (\S+)/m;
    my $server = eval { start_server(conf => $text, %parts) };
    ok($server, "$job: the server starts") or diag($@), next;
    unlike($server->said, qr/^mtls_authz: \S+:\d+:|\[mtls_authz:(?:warn|error)\]/m, "$job: without a warning of the module");
    for my $case (@{ $JOBS{$job} }) {
        drive($job, $server, $backend, $sni, $_, $case) for mpm() eq 'prefork' ? '1.1' : ('1.1', '2');
    }
    if ($job eq 'CA rotation') {
        my @lines = split /\n/, slurp($server->dir . '/old_ca.log');
        ok(@lines > 0, 'CA rotation: the log tells of the old CA');
        is(scalar(grep { / 200 / && !/CN=Anne Example/ } @lines), 0, 'CA rotation: and of nobody else') or diag("@lines");
        is(scalar(grep { / 403 / && !/no-match/ } @lines), 0, 'CA rotation: why somebody was refused') or diag("@lines");
    }
    $server->stop;
}
done_testing;
