#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Certificates as people make them: conf-examples/pki/make-pki.sh follows the guides to the letter, and each
# kind of certificate gets in where a rule says so, and nowhere else.
use MTLS::Test;
use JSON::PP ();

my $script = top() . '/conf-examples/pki/make-pki.sh';
my $certs = logs() . "/pki-$$";

# ---- the commands are the guides' ----

my (%listed, %scripted);
my $habit;
for my $line (split /\n/, slurp(top() . '/t/all/guides/commands.txt')) {
    $habit = $1 if $line =~ /^\[(\w+)\]$/;
    push @{ $listed{$habit} }, $line if $line =~ /^(?:openssl|keytool) /;
}
my $text = slurp($script) =~ s/\\\n\s*//gr;
while ($text =~ /^(\w+)\(\) \{\n(.*?)^\}/msg) {
    my ($name, $body) = ($1, $2);
    $scripted{$name} = [$body =~ /^\s*((?:openssl|keytool) .*)$/mg] if $name !~ /^(?:write|make)_/;
}
ok(keys %listed > 5, 'there are habits: ' . keys %listed);
is_deeply(\%scripted, \%listed, 'the commands of make-pki.sh are those of the guides');

# What must be among them, by habit.
my @PHRASES = (
    [jvm => 'openssl genrsa -out client-key.pem 4096', '-subj "/CN=client"', '-certfile ca-cert.pem', '-passout pass:changeit',
     'keytool -importcert -storetype PKCS12 -trustcacerts', 'openssl verify -CAfile ca-cert.pem'],
    [node => 'openssl req -x509 -newkey rsa:2048 -nodes -batch', 'openssl genpkey -algorithm RSA', '-set_serial 01',
     'openssl genrsa -aes256 -passout pass:secret', '-passin pass:secret', '<(printf "subjectAltName=DNS:localhost")'],
    [java => 'DNS:client.localhost,IP:127.0.0.1', '-passout pass: ', 'keytool -importkeystore', '-deststoretype JKS', '-outform der'],
    [nginx => '-days 36500', '-extfile server.ext', '-extfile client-ext.cnf', 'genrsa -out ca-key.pem 2048'],
    [eku => 'req -newkey rsa:2048 -nodes', 'extendedKeyUsage=clientAuth', '-set_serial 01'],
    [intermediate => 'basicConstraints=critical,CA:TRUE', '-untrusted intermediate-cert.pem'],
);
for my $row (@PHRASES) {
    my ($name, @phrases) = @$row;
    my $all = join "\n", @{ $listed{$name} };
    is(join(', ', grep { index($all, $_) < 0 } @phrases), '', "$name has its marks");
}

is(system('bash', $script, $certs), 0, 'make-pki.sh makes them all') or BAIL_OUT('no certificates');
like(qx(bash "$script" "$certs" nonsense 2>&1), qr/'nonsense' is none of: jvm node/, 'and knows no others');
my %verified = (jvm => 2, node => 2, java => 2, nginx => 2, eku => 2, intermediate => 1, public => 2);
for my $name (sort keys %verified) {
    my @ok = slurp("$certs/$name/make.log") =~ /^\S+: OK$/mg;
    is(scalar @ok, $verified{$name}, "$name: openssl verify says OK as often as it should");
}

# [file, command, what it must show, what it must not]
my @MADE = (
    ['jvm/client-cert.pem', 'x509 -noout -text -in', [qr/Public-Key: \(4096 bit\)/, qr/Subject: CN = client$/m], qr/X509v3/],
    ['node/ca-cert.pem', 'x509 -noout -subject -in', [qr/C = AU, ST = Some-State, O = Internet Widgits Pty Ltd/], qr/CN/],
    ['node/client-cert.pem', 'x509 -noout -text -in', [qr/Serial Number: 1 /, qr/DNS:localhost/, qr/\(2048 bit\)/], qr/Extended/],
    ['node/server-cert.pem', 'x509 -noout -text -in', [qr/Serial Number: 1 /, qr/DNS:localhost/], qr/Extended/],
    ['node/client-key-encrypted.pem', 'pkey -noout -passin pass:wrong -in', [qr/Could not read|unable to load/], qr/^$/],
    ['java/client-cert.pem', 'x509 -noout -text -in', [qr/DNS:client\.localhost, IP Address:127\.0\.0\.1/], qr/Extended/],
    ['nginx/client-cert.pem', 'x509 -noout -text -in',
     [qr/SSL Client, S\/MIME/, qr/Netscape Comment/, qr/Non Repudiation/, qr/DirName:\S.*\n\s*serial:/,
      qr/TLS Web Client Authentication, E-mail Protection/, qr/Not After : .* 21\d\d GMT/], qr/CA:TRUE/],
    ['nginx/server-cert.pem', 'x509 -noout -text -in', [qr/CA:FALSE/, qr/DNS:localhost, DNS:gateway\.localhost, IP Address:127/], qr/Extended/],
    ['public/live/localhost/fullchain.pem', 'crl2pkcs7 -nocrl -certfile', [qr/BEGIN PKCS7/], qr/BEGIN CERT/],
);
for my $case (@MADE) {
    my ($file, $command, $has, $lacks) = @$case;
    my $output = qx(openssl $command "$certs/$file" 2>&1);
    ok(!(grep { $output !~ $_ } @$has) && $output !~ $lacks, "$file is what it should be") or diag($output);
}
for my $case (['jvm/client.p12', 'changeit', 2], ['node/client.p12', 'secret', 1], ['java/client.p12', '', 1]) {
    my ($file, $password, $certificates) = @$case;
    my @found = map { /BEGIN CERTIFICATE/g } qx(openssl pkcs12 -in "$certs/$file" -nokeys -passin "pass:$password" 2>&1);
    is(scalar @found, $certificates, "$file holds $certificates");
}
for my $case (['jvm/truststore.p12', 'PKCS12'], ['java/truststore.p12', 'PKCS12'], ['java/truststore.jks', 'JKS']) {
    my ($file, $type) = @$case;
    my $output = qx(keytool -list -keystore "$certs/$file" -storetype $type -storepass changeit 2>&1);
    like($output, qr/^ca, .*trustedCertEntry/m, "$file trusts the CA");
}

# ---- a gateway for each ----

# habit, name of the gateway if it is another one => the server's CA, the CAs it trusts, the recipe's rule
my %GATEWAY = (
    jvm => ['ca-cert.pem', ['ca-cert.pem'], 'Require mtls subject "CN=client"'],
    node => ['ca-cert.pem', ['ca-cert.pem'], 'Require mtls subject.cn client'],
    java => ['server-ca-cert.pem', ['ca-cert.pem'], 'Require mtls spki.sha256 "pem:@CERTS@/client-cert.pem"'],
    nginx => ['ca-cert.pem', ['ca-cert.pem'],
              "<RequireAll>\nRequire mtls eku clientAuth\nRequire mtls subject \"CN=client,O=Example,C=DE\"\n</RequireAll>"],
    eku => ['ca-cert.pem', ['ca-cert.pem'], 'Require mtls subject.cn client'],
    intermediate => ['ca-cert.pem', ['ca-cert.pem'], 'Require mtls subject.cn client'],
    'intermediate known' => ['ca-cert.pem', ['ca-cert.pem', 'intermediate-cert.pem'], 'Require mtls subject.cn client'],
    public => ['public-ca-cert.pem', ['ca-cert.pem'],
               "<RequireAll>\nRequire mtls eku clientAuth\nRequire mtls subject.cn client\n</RequireAll>"],
);
my $backend = start_backend('http');
my (%port, $conf);
for my $name (sort keys %GATEWAY) {
    my ($directory) = $name =~ /^(\w+)/;
    my ($server_ca, $client_cas, $rule) = @{ $GATEWAY{$name} };
    my $dir = "$certs/$directory";
    $port{$name} = free_port();
    my $trusted = "$certs/trusted-$port{$name}.pem";
    spew($trusted, join '', map { slurp("$dir/$_") } @$client_cas);
    my $server = $name eq 'public' ? ["$dir/live/localhost/fullchain.pem", "$dir/live/localhost/privkey.pem"]
                                   : ["$dir/server-cert.pem", "$dir/server-key.pem"];
    $rule =~ s/\@CERTS\@/$dir/g;
    $conf .= <<"END";
Listen 127.0.0.1:$port{$name}
<VirtualHost 127.0.0.1:$port{$name}>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile "$server->[0]"
    SSLCertificateKeyFile "$server->[1]"
    SSLCACertificateFile "$trusted"
    SSLVerifyClient optional
    SSLVerifyDepth 3
    ProxyPass "/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    RequestHeader set X-Sent "%{SSL_CLIENT_CERT_CHAIN_0}s"
    MTLSHeader X-Sha256 sha256 hex-colon
    MTLSHeader X-Subject subject
    MTLSHeader X-Serial serial
    MTLSHeader X-Until not-after
    MTLSHeader X-Length chain.length
    <Location "/">
        Require all denied
    </Location>
    <Location "/any/">
        Require mtls
    </Location>
    <Location "/rule/">
        $rule
    </Location>
    <Location "/eku/">
        Require mtls eku clientAuth
    </Location>
</VirtualHost>
END
}
my $server = start_server(conf => $conf);

# What a client shows, as curl has it.
sub pem { my ($name, $key) = @_; return "--cert $name-cert.pem --key " . ($key // "$name-key.pem") }
my $ANOTHER = pem('other');
my $NOTHING = '';

# [gateway, what is shown, certificate (whose facts the backend is told), status of /any/, /rule/, /eku/; 000: no connection]
my @CASES = (
    ['jvm', pem('client'), 'client-cert.pem', 200, 200, 403],
    ['jvm', '--cert-type P12 --cert client.p12:changeit', 'client-cert.pem', 200, 200, 403],
    ['jvm', '--cert-type P12 --cert client.p12:wrong', undef, '000', '000', '000'],
    ['jvm', pem('server'), 'server-cert.pem', 200, 403, 403],
    ['node', pem('client'), 'client-cert.pem', 200, 200, 403],
    ['node', pem('client', 'client-key-encrypted.pem --pass secret'), 'client-cert.pem', 200, 200, 403],
    ['node', pem('client', 'client-key-encrypted.pem --pass wrong'), undef, '000', '000', '000'],
    ['node', '--cert-type P12 --cert client.p12:secret', 'client-cert.pem', 200, 200, 403],
    ['node', pem('server'), 'server-cert.pem', 200, 403, 403],
    ['java', pem('client'), 'client-cert.pem', 200, 200, 403],
    ['java', "--cert-type P12 --cert client.p12 --pass ''", 'client-cert.pem', 200, 200, 403],
    ['java', '--cert-type DER --cert client-cert.der --key-type DER --key client-key.der', 'client-cert.pem', 200, 200, 403],
    ['java', pem('server'), undef, '000', '000', '000'],
    ['nginx', pem('client'), 'client-cert.pem', 200, 200, 200],
    ['nginx', pem('server'), 'server-cert.pem', 200, 403, 403],
    ['eku', pem('client'), 'client-cert.pem', 200, 200, 200],
    ['eku', pem('server'), 'server-cert.pem', 200, 403, 403],
    ['intermediate', '--cert client-chain.pem --key client-key.pem', 'client-cert.pem', 200, 200, 200],
    ['intermediate', pem('client'), undef, '000', '000', '000'],
    ['intermediate', pem('server'), undef, '000', '000', '000'],
    ['intermediate known', pem('client'), 'client-cert.pem', 200, 200, 200],
    ['public', pem('client'), 'client-cert.pem', 200, 200, 200],
    ['public', pem('server'), undef, '000', '000', '000'],
    map({ [$_, $ANOTHER, 'other-cert.pem', 200, 403, 200] } sort keys %GATEWAY),
    map({ [$_, $NOTHING, undef, 403, 403, 403] } sort keys %GATEWAY),
);

# All three paths in one call: a list of [status, body].
sub ask {
    my ($gateway, $shown) = @_;
    my ($directory) = $gateway =~ /^(\w+)/;
    # With --cacert curl sends the chain that it can build from it. What is to be seen is what the file holds: -k. That the
    # server's certificate is good is seen where nothing is shown.
    my $trust = $shown ? '-k' : "--cacert $GATEWAY{$gateway}[0]";
    my @urls = map { "https://localhost:$port{$gateway}/$_/" } qw(any rule eku);
    # Each response begins with a line of its own, which no body has.
    my $output = qx(cd "$certs/$directory" && curl -s $trust $shown -w '\n=%{http_code}=\n' @urls 2>&1);
    my @answers;
    push @answers, [$2, $1] while $output =~ /(.*?)\n=(\d{3})=\n/sg;
    return @answers;
}

# What openssl says of a certificate, in the words of the headers.
sub facts {
    my ($file) = @_;
    my $output = qx(openssl x509 -in "$file" -noout -fingerprint -sha256 -subject -nameopt RFC2253 -serial -enddate -dateopt iso_8601);
    my ($sha256) = $output =~ /Fingerprint=(\S+)/;
    my ($subject) = $output =~ /^subject=(.*)$/m;
    my ($serial) = $output =~ /^serial=(\S+)$/m;
    my ($day, $time) = $output =~ /^notAfter=(\S+) (\S+)/m;
    return { 'X-Sha256' => lc $sha256, 'X-Subject' => $subject, 'X-Serial' => $serial, 'X-Until' => "${day}T$time" };
}

for my $case (@CASES) {
    my ($gateway, $shown, $certificate, @status) = @$case;
    my $label = "$gateway: " . ($shown || 'nothing');
    my @answers = ask($gateway, $shown);
    is(join(' ', map { $_->[0] } @answers), "@status", "$label: any, rule, eku: @status");
    next if !$certificate || $status[0] ne '200' || ($answers[0][0] // '') ne '200';
    my $seen = JSON::PP->new->latin1->decode($answers[0][1]);
    my %told = map { /^([^:]*):[ \t]*(.*)$/s ? ($1 => $2) : () } @{ $seen->{headers} };
    my $facts = facts("$certs/" . ($gateway =~ /^(\w+)/)[0] . "/$certificate");
    is_deeply({ map { $_ => $told{$_} } keys %$facts }, $facts, "$label: the backend is told what openssl says");
    my $length = $gateway =~ /^intermediate/ && $certificate eq 'client-cert.pem' ? 3 : 2;
    is($told{'X-Length'}, $length, "$label: the verified chain has $length certificates, whatever was sent");
    my $sent = $told{'X-Sent'} =~ /BEGIN/ ? 'a chain' : 'the certificate alone';
    is($sent, $shown =~ /chain\.pem|P12.*changeit/ ? 'a chain' : 'the certificate alone', "$label: the client sends $sent");
}

# What the recipes say of a client with the CA's default subject.
my $dir = "$certs/node";
qx(cd "$dir" && openssl req -newkey rsa:2048 -nodes -batch -keyout default-key.pem -out default.csr 2>&1 &&
   openssl x509 -req -in default.csr -CA ca-cert.pem -CAkey ca-key.pem -set_serial 03 -days 9 -out default-cert.pem 2>&1);
is(join(' ', map { $_->[0] } ask('node', pem('default'))), '000 000 000', 'a client with its issuer\'s subject looks self-signed');

# Two CAs with the default subject, both trusted: by their names they are one, by their keys they are two.
is(system('bash', $script, "$certs/twin", 'node'), 0, 'another CA with the default subject');
spew("$certs/both.pem", slurp("$dir/ca-cert.pem") . slurp("$certs/twin/node/ca-cert.pem"));
$server = start_server(tls => <<"END");
    SSLCACertificateFile "$certs/both.pem"
    <Location "/cgi-bin/dump.py/name">
        Require mtls issuer "pem:$dir/ca-cert.pem"
    </Location>
    <Location "/cgi-bin/dump.py/key">
        Require mtls ca.spki.sha256 "pem:$dir/ca-cert.pem"
    </Location>
END
for my $case (['node', 'name', 200], ['node', 'key', 200], ['twin/node', 'name', 200], ['twin/node', 'key', 403]) {
    my ($from, $path, $status) = @$case;
    my $url = 'https://localhost:' . $server->https_port . "/cgi-bin/dump.py/$path";
    is(qx(cd "$certs/$from" && curl -sk -o /dev/null -w '%{http_code}' @{[ pem('client') ]} $url), $status,
       "of two CAs with one name: the client of $from by the CA's $path");
}

# mtls-explain tells the same of a file, before there is a server.
for my $case (['jvm/client', 'subject "CN=client"', 'true'], ['jvm/server', 'subject "CN=client"', 'false'],
              ['jvm/client', 'eku clientAuth', 'false'], ['jvm/client', 'version 3', 'false'], ['eku/client', 'eku clientAuth', 'true'],
              ['node/server', 'san.dns localhost', 'true'], ['node/server', 'subject.cn client', 'false'],
              ['nginx/client', 'lifetime <= 400d', 'false'], ['jvm/client', 'lifetime <= 400d', 'true'],
              ['nginx/client', 'not-after >= 2050-01-01T00:00:00Z', 'true'], ['nginx/client', 'ku nonRepudiation', 'true'],
              ['nginx/client', 'eku emailProtection', 'true'], ['java/client', 'san.ip 127.0.0.0/8', 'true'],
              ['java/client', 'san.dns localhost', 'false']) {
    my ($file, $rule, $verdict) = @$case;
    my $output = qx("@{[ build() ]}/tools/mtls-explain" --rule '$rule' "$certs/$file-cert.pem" 2>&1);
    like($output, qr/^$verdict +\Q$rule\E$/m, "mtls-explain: $rule is $verdict of $file");
}
done_testing;
