#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Which CAs vouched for a client: the verified chain, not what the client sent; the same on resumed sessions, in every child
# of the server, and never out of a session whose verification nobody here has seen.
use MTLS::Test;
use MIME::Base64 'encode_base64';

my $PROTOCOLS = mpm() eq 'prefork' ? 'http/1.1' : 'h2 http/1.1';
my $backend = start_backend('http');

# ---- what is to be expected, by openssl ----

sub der { my ($file) = @_; return scalar qx{openssl x509 -in '@{[ pki("$file.crt") ]}' -outform DER} }

sub sha256 {
    my ($name) = @_;
    my ($hex) = qx{openssl x509 -in '@{[ pki("$name.crt") ]}' -noout -fingerprint -sha256} =~ /=(\S+)/ or die "no $name";
    return lc $hex =~ s/://gr;
}

sub spki {
    my ($name) = @_;
    my $command = "openssl x509 -in '@{[ pki(\"$name.crt\") ]}' -noout -pubkey | openssl pkey -pubin -outform DER";
    my ($hex) = qx{$command | openssl dgst -sha256} =~ /([0-9a-f]{64})/ or die "no $name";
    return $hex;
}

# What is known of a client above whom these CAs stand, the trust anchor last.
sub known_of {
    my @above = @_;
    my @sent = map { ':' . encode_base64(der($_), '') . ':' } @above[0 .. $#above - 1];
    return { 'X-CA-SHA256' => join(',', map { sha256($_) } @above), 'X-CA-SPKI' => join(',', map { spki($_) } @above),
             'X-Chain-Length' => 1 + @above, 'Client-Cert-Chain' => join(', ', @sent) };
}

# ---- clients that send more or less than they should ----

# Other tests look through the PKI at the same time: what is made here is kept apart.
my $own = MTLS::Env::own_pki();
mkdir $own;

sub client_sends {
    my ($new, $leaf, @above) = @_;
    spew("$own/$new.chain.pem", join '', map { slurp(pki("$_.crt")) } $leaf, @above);
    spew("$own/$new.key", slurp(pki("$leaf.key")));
    return $new;
}
client_sends('ok-alone', 'ok');
client_sends('ok-root', 'ok', 'intermediate', 'root');
client_sends('ok-noise', 'ok', 'stranger-ca', 'twin-ca', 'other', 'intermediate', 'stranger');
client_sends('direct-noise', 'direct', 'intermediate', 'twin-ca');
client_sends('twin-noise', 'twin', 'intermediate', 'root');

# Sixteen CAs, one above the other: more than a session remembers.
sub openssl { system("(openssl @_) 2>/dev/null") == 0 or die "openssl @_" }
my @deep = map { "level$_" } reverse 1 .. 15;
sub make_deep {
    my $dir = $own;
    spew("$dir/level.ext", "basicConstraints=critical,CA:true\n");
    spew("$dir/leaf.ext", "extendedKeyUsage=clientAuth\n");
    my $issuer = 'root';
    for my $name (reverse(@deep), 'deep') {
        my $kind = $name eq 'deep' ? 'leaf' : 'level';
        openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$name -keyout $dir/$name.key",
                "| openssl x509 -req -CA", pki("$issuer.crt"), '-CAkey', pki("$issuer.key"), "-days 2 -extfile $dir/$kind.ext",
                "-set_serial 0x@{[ unpack 'H*', $name ]} -out $dir/$name.crt");
        $issuer = $name;
    }
    client_sends('deep', 'deep', @deep);
}
make_deep();

# ---- the server: twice, with tickets and without ----

spew(pki() . '/ca-known.pem', join '', map { slurp(pki("$_.crt")) } qw(root intermediate twin-ca));
my %PORT = (ticket => free_port(), 'server cache' => free_port());

# For stock httpd nothing of ours stands in it.
sub hosts {
    my ($stock) = @_;
    my $text = ticket_keys();
    $text .= sprintf <<'END', $backend->port('http') if !$stock;
        ErrorDocument 403 "reason %%{reqenv:MTLS_REASON}"
        ProxyPass / http://127.0.0.1:%d/
        <Location />
            MTLSMaxHeaders 200000
            MTLSExport rfc9440
            MTLSHeader X-CA-SHA256 ca.sha256
            MTLSHeader X-CA-SPKI ca.spki.sha256
            MTLSHeader X-Chain-Length chain.length
        </Location>
END
    my %RULES = (
        root => 'ca.sha256 pem:@PKI@/root.crt', intermediate => 'ca.sha256 pem:@PKI@/intermediate.crt',
        'intermediate-key' => 'ca.spki.sha256 pem:@PKI@/intermediate.crt', twin => 'ca.sha256 pem:@PKI@/twin-ca.crt',
        'twin-key' => 'ca.spki.sha256 pem:@PKI@/twin-ca.crt', stranger => 'ca.sha256 pem:@PKI@/stranger-ca.crt',
        all => 'ca.sha256 pem:@PKI@/ca-known.pem', issuer => 'issuer pem:@PKI@/intermediate.crt',
        name => 'ca "CN=Example Issuing CA,O=Example Trust,C=DE"', short => 'chain.length <= 2',
    );
    $text .= "<Location /$_/>\nRequire mtls $RULES{$_}\n</Location>\n" for $stock ? () : sort keys %RULES;
    $text .= "<Location /not-twin/>\n<RequireAll>\nRequire mtls\nRequire not mtls $RULES{twin}\n</RequireAll>\n</Location>\n"
        if !$stock;
    for my $resume (sort keys %PORT) {
        my $tickets = $resume eq 'ticket' ? 'on' : 'off';
        $text .= <<"END";
            Listen 127.0.0.1:$PORT{$resume}
            <VirtualHost 127.0.0.1:$PORT{$resume}>
                ServerName localhost:$PORT{$resume}
                Protocols $PROTOCOLS
                SSLEngine on
                SSLCertificateFile "\@PKI\@/server.crt"
                SSLCertificateKeyFile "\@PKI\@/server.key"
                SSLCACertificateFile "\@PKI\@/ca-known.pem"
                SSLVerifyClient optional
                SSLVerifyDepth 30
                SSLSessionTickets $tickets
            </VirtualHost>
END
    }
    return $text;
}

my %PARTS = (log_format => '%P %X %U %>s', conf => three_children() . hosts());
my $server = start_server(%PARTS);

# ---- the answers ----

my @PATHS = qw(all intermediate intermediate-key issuer name not-twin root short stranger twin twin-key);
my @ISSUED = qw(all intermediate intermediate-key issuer name not-twin root);
my @TWIN = qw(all issuer name short twin twin-key);
my %ROW = (
    # what the client sends => the CAs that vouch for it, and the rules that hold
    'ok' => [['intermediate', 'root'], @ISSUED],
    'ok-alone' => [['intermediate', 'root'], @ISSUED],
    'ok-root' => [['intermediate', 'root'], @ISSUED],
    'ok-noise' => [['intermediate', 'root'], @ISSUED],
    'direct' => [['root'], qw(all not-twin root short)],
    'direct-noise' => [['root'], qw(all not-twin root short)],
    'twin' => [['twin-ca'], @TWIN],
    'twin-noise' => [['twin-ca'], @TWIN],
    'big' => [['intermediate', 'root'], @ISSUED],
    'deep' => [[@deep, 'root'], qw(all not-twin root)],
);
my %KNOWN = map { $_ => known_of(@{ $ROW{$_}[0] }) } keys %ROW;

# One connection: is everything as it should be, was the session resumed, and which child was it?
sub check {
    my ($name, $cert, %how) = @_;
    $server->mark;
    my ($told, @answers) = client()->many($server, { cert => $cert, %how }, { path => '/' }, map { { path => "/$_/" } } @PATHS);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $headers = $told->{status} == 200 ? { map { $_ => join ', ', $told->backend_header($_) } keys %{ $KNOWN{$cert} } }
        : "$told->{status} " . ($told->{error} // $told->{body});
    my $rules = join ' ', map { my $s = $answers[$_]{status}; $s == 200 ? $PATHS[$_] : $s == 403 ? () : "$PATHS[$_]:$s" } 0 .. $#PATHS;
    my (undef, @holds) = @{ $ROW{$cert} };
    is_deeply([$headers, $rules], [$KNOWN{$cert}, "@holds"], $name) or diag explain [$headers, $rules];
    my ($pid) = ($server->access_log(1))[0] =~ /^(\d+)/;
    return ($told->{reused}, $pid);
}

my @HOW = map { my $http = $_; map { my $tls = $_; map { [$http, $tls, $_] } sort keys %PORT } '1.2', '1.3' }
    mpm() eq 'prefork' ? ('1.1') : ('1.1', '2');
for my $cert (sort keys %ROW) {
    for my $case ($cert =~ /noise|alone|root/ ? grep { $_->[0] eq '1.1' } @HOW : @HOW) {
        my ($http, $tls, $resume) = @$case;
        my %how = (port => $PORT{$resume}, http => $http, tls => $tls);
        my $name = "$cert, HTTP/$http, TLS $tls";
        my (undef, $pid) = check("$name, full", $cert, %how, save => "$cert @$case");
        my ($reused, $other) = check("$name, resumed by $resume or not", $cert, %how, session => "$cert @$case");
        # Too long for the record, and not resumed; the other may be too large for the cache.
        next if $cert eq 'big' || ($cert eq 'deep' && ok(!$reused, "$name, $resume: a full handshake"));
        ok($reused, "$name, resumed by $resume: it is");
        next if $cert !~ /^(?:ok|twin)$/;
        # Until another child has had it.
        for (my $tries = 0; $other == $pid && $tries < 100; $tries++) {
            ($reused, $other) = check("$name, resumed by $resume, maybe by another child", $cert, %how, session => "$cert @$case");
        }
        ok($reused && $other != $pid, "$name, resumed by $resume: by another child");
    }
}

# ---- what was remembered before a restart ----

my %before = map { ("@$_" => [client()->many($server, { cert => 'ok', http => $_->[0], tls => $_->[1], port => $PORT{ $_->[2] },
                                                         save => "before @$_" }, { path => '/' })]) } @HOW;
$server->graceful;
for my $case (@HOW) {
    my ($http, $tls, $resume) = @$case;
    check("a session from before a restart, HTTP/$http, TLS $tls, $resume", 'ok', port => $PORT{$resume}, http => $http,
          tls => $tls, session => "before @$case");
}
$server->stop;

# ---- tickets of another server with the same key, which knows nothing of us ----

my @FOREIGN = grep { $_->[2] eq 'ticket' } @HOW;
sub foreign {
    my ($way, $case) = @_;
    my ($http, $tls) = @$case;
    my ($response) = client()->many($server, { cert => 'ok', http => $http, tls => $tls, port => $PORT{ticket},
                                               $way => "foreign @$case" }, { path => '/' });
    return $response;
}
$server = start_server(conf => hosts('stock'), ours => 'no');
for my $case (@FOREIGN) {
    is(foreign(save => $case)->{status}, 200, "stock httpd gives a ticket, HTTP/$case->[0], TLS $case->[1]");
    ok(foreign(session => $case)->{reused}, '... and resumes it');
}
$server->stop;
$server = start_server(%PARTS);
for my $case (@FOREIGN) {
    my ($http, $tls) = @$case;
    my $name = "a foreign ticket, HTTP/$http, TLS $tls";
    my %how = (port => $PORT{ticket}, http => $http, tls => $tls);
    my ($reused) = check("$name: the right answer", 'ok', %how, session => "foreign @$case", save => "ours @$case");
    ok(!$reused, "$name: by a full handshake");
    ($reused) = check("$name: the one we gave instead", 'ok', %how, session => "ours @$case");
    ok($reused, "$name: is resumed");
}
# The same server once more, or another one with these keys, which does not trust all of these CAs, knows a newer revocation list,
# or looks into the one that both have.
my $KNOWN = 'SSLCACertificateFile "@PKI@/ca-known.pem"';
my $LISTED = qq{$KNOWN\nSSLCARevocationFile "\@PKI\@/intermediate.crl.pem"};
my @STRICTER = (
    # client, what the stricter one trusts, and the laxer one
    ['twin', 'SSLCACertificateFile "@PKI@/ca.pem"', $KNOWN],
    ['other', "$LISTED\nSSLCARevocationCheck leaf", $KNOWN],
    ['other', "$LISTED\nSSLCARevocationCheck leaf", $LISTED],
    ['other', "$LISTED\nSSLCARevocationCheck leaf", "$LISTED\nSSLCARevocationCheck none"],
);
sub trusting { my ($lines) = @_; return start_server(%PARTS, conf => $PARTS{conf} =~ s/SSLCACertificateFile .*/$lines/gr) }
sub at_ticket_host {
    my ($cert, $case, @how) = @_;
    my ($response) = client()->many($server, { cert => $cert, http => $case->[0], tls => $case->[1], port => $PORT{ticket}, @how },
                                    { path => '/' });
    return $response;
}
for my $row (@STRICTER) {
    my ($cert, $strict, $lax) = @$row;
    $server->stop;
    $server = trusting($lax);
    my %given = map { ("@$_" => at_ticket_host($cert, $_, save => "laxer @$_")->{status}) } @FOREIGN;
    $server->stop;
    $server = trusting($strict);
    for my $case (@FOREIGN) {
        my $name = "a ticket of a laxer server, $cert, HTTP/$case->[0], TLS $case->[1]";
        is($given{"@$case"}, 200, "$name: good there");
        is(at_ticket_host('ok', $case)->{status}, 200, "$name: others come in here, too");
        my $shown = at_ticket_host($cert, $case, session => "laxer @$case");
        ok(!$shown->{status} && !$shown->{reused}, "$name: worth nothing here") or diag explain $shown;
    }
}

# Two virtual hosts of one file, which is included twice: each is looked at by itself.
my @TWICE = (free_port(), free_port());
spew("$own/twice.conf", <<'END' =~ s/\@PKI\@/pki()/gre);
    Listen 127.0.0.1:${AT}
    <VirtualHost 127.0.0.1:${AT}>
        ServerName localhost:${AT}
        SSLEngine on
        SSLCertificateFile "@PKI@/server.crt"
        SSLCertificateKeyFile "@PKI@/server.key"
        SSLCACertificateFile "@PKI@/ca-known.pem"
        SSLCARevocationFile "@PKI@/intermediate.crl.pem"
        SSLCARevocationCheck ${LOOK}
        SSLVerifyClient optional
        SSLVerifyDepth 30
        <Location />
            Require mtls
        </Location>
    </VirtualHost>
END
sub looking {
    return start_server(conf => ticket_keys() . join '', map { "Define AT $TWICE[$_]\nDefine LOOK $_[$_]\nInclude $own/twice.conf\n" } 0, 1);
}
sub twice {
    my ($index, $cert, @how) = @_;
    my ($response) = client()->many($server, { cert => $cert, port => $TWICE[$index], @how }, { path => '/' });
    return join ' ', $response->{status} || 'none', $response->{reused} ? 'resumed' : ();
}
for my $row (['none', 'leaf'], ['leaf', 'none']) {
    my ($strict, $lax) = $row->[0] eq 'leaf' ? (0, 1) : (1, 0);
    $server->stop;
    $server = looking('none', 'none');
    is(twice($strict, 'other', tls => $_, save => "twice $_"), '200', "host $strict of one file, TLS $_: looks into no list") for '1.2', '1.3';
    $server->stop;
    $server = looking(@$row);
    for my $tls ('1.2', '1.3') {
        is(twice($_, 'ok', tls => $tls), '200', "host $_ of one file, TLS $tls: others come in") for 0, 1;
        is(twice($strict, 'other', tls => $tls, session => "twice $tls"), 'none', "host $strict of one file, TLS $tls: looks now, and its ticket is worth nothing");
        is(twice($lax, 'other', tls => $tls), '200', "host $lax of one file, TLS $tls: does not look");
    }
}

done_testing;
