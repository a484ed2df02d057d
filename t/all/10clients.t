#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Clients as people use them: each gets in with its certificate, and stays out without or with another's.
use MTLS::Test;

my $server = start_server(tls => <<'END');
<Location "/">
    Require mtls san.dns is shop.example.org
</Location>
END
my $url = 'https://localhost:' . $server->https_port . '/index.html';
my $connect = '-connect 127.0.0.1:' . $server->https_port;

sub certificate {
    my ($options, $name) = @_;
    return '' if !defined $name;
    return sprintf $options, pki("$name.chain.pem"), pki("$name.key");
}

# [what, command with %s for its certificate's options, these options, environment, what the status is found by]
my @CLIENTS = (
    ['curl, HTTP/1.1, TLS 1.2', "curl -sk --http1.1 --tls-max 1.2 -o /dev/null -w '%%{http_code}' %s $url",
     '--cert "%s" --key "%s"', qr/^(\d{3})$/m],
    ['curl, HTTP/1.1, TLS 1.3', "curl -sk --http1.1 --tlsv1.3 -o /dev/null -w '%%{http_code}' %s $url",
     '--cert "%s" --key "%s"', qr/^(\d{3})$/m],
    ['curl, HTTP/2', "curl -sk --http2 -o /dev/null -w '%%{http_code} HTTP/%%{http_version}' %s $url",
     '--cert "%s" --key "%s"', mpm() eq 'prefork' ? qr/^(\d{3}) / : qr{^(\d{3}) HTTP/2}],
    ['openssl s_client', "printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | openssl s_client $connect -quiet %s 2>&1",
     '-cert "%1$s" -cert_chain "%1$s" -key "%2$s"', qr{^HTTP/1\.1 (\d{3}) }m],
    ['nghttp', "nghttp -nv %s $url 2>&1", '--cert="%s" --key="%s"', qr/:status: (\d{3})/],
);
for my $client (@CLIENTS) {
    my ($what, $command, $options, $status) = @$client;
    next if $what eq 'nghttp' && mpm() eq 'prefork';
    for my $case (['ok', 200], ['other', 403], [undef, 403]) {
        my ($name, $expected) = @$case;
        my $line = sprintf $command, certificate($options, $name);
        my $output = qx($line);
        my ($found) = $output =~ $status;
        is($found, $expected, "$what with " . ($name // 'nothing')) or diag("$line\n$output");
    }
}
done_testing;
