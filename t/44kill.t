#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The kill list where the certificate comes late: a location asks for it by renegotiation or post-handshake authentication.
use MTLS::Test;

my $dir = logs() . "/kill-$$";
mkdir $dir;
spew("$dir/kill.list", "# taken away\nsan.dns shop.example.org\n");
my $server = start_server(tls => <<"END");
    SSLVerifyClient none
    Protocols http/1.1
    MTLSKillList $dir/kill.list
    ErrorDocument 403 "reason %{reqenv:MTLS_REASON}"
    <Location /asks/>
        SSLVerifyClient require
    </Location>
    <Location /ruled/>
        SSLVerifyClient require
        Require mtls
    </Location>
END

sub reason { my ($response) = @_; return $response->{body} =~ /^reason (\S+)/ ? $1 : $response->{status} }

for my $tls ('1.2', '1.3') {
    for my $case (['other', '/asks/', 404], ['ok', '/asks/', 'killed'], ['other', '/ruled/', 404], ['ok', '/ruled/', 'killed'],
                  ['ok', '/', 404]) {
        my ($cert, $path, $wanted) = @$case;
        my $response = client()->request($server, "${path}x", cert => $cert, tls => $tls, pha => 1, http => '1.1');
        is(reason($response), $wanted, "TLS $tls: $cert at $path");
        is($response->header('Connection'), 'close', 'and the connection ends') if $wanted eq 'killed';
    }
    # Known by now, the client is denied everything.
    my @responses = client()->many($server, { cert => 'other', tls => $tls, pha => 1, http => '1.1' }, { path => '/asks/x' }, { path => '/x' });
    is(join(' ', map { reason($_) } @responses), '404 404', "TLS $tls: who is not on it goes on");
}
done_testing;
