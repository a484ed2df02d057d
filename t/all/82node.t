#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 2: Node.js on both sides of the gateway; the client's key in PEM, encrypted, and in PKCS#12.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(2, 'node-service.conf');
my ($server, %mine) = $recipe->run_through(client(), 'node', 3000, '/api/');

# What a client says of itself is not heard, in no spelling.
my $forged = $recipe->run(q{perl -0pe 's/\n/%0A/g; s/ /%20/g' other-cert.pem});
for my $name (qw(ssl-client-cert SSL_CLIENT_CERT Ssl.Client.Cert)) {
    my $curl = "curl -s --cacert ca-cert.pem --cert client-cert.pem --key client-key.pem -H 'ssl-client-verify: SUCCESS'";
    is($recipe->run($recipe->replaced("$curl -H '$name: $forged' https://localhost/api/")),
       "hello, CN=client (serial number 01)\n", "a forged $name is replaced");
}
is($recipe->run("curl -s -H 'ssl-client-verify: SUCCESS' -H 'ssl-client-cert: $forged' $mine{mtls_backend}/"),
   "hello, CN=other (serial number 77)\n", 'which the service itself would believe');

# A stranger whose CA has the same default subject is no client of this one.
$recipe->run('mkdir stranger && ../../conf-examples/pki/make-pki.sh stranger node');
is($recipe->run($recipe->replaced('node client.js https://localhost/api/ ca=ca-cert.pem cert=stranger/node/client-cert.pem '
    . 'key=stranger/node/client-key.pem 2>&1')) =~ /^(200|403)/ ? $1 : 'no connection', 'no connection',
   'the same names from a CA of the same name: the handshake fails');
$recipe->names_clients($server, qr{^Node\.js/\d+});
$recipe->finish;
done_testing;
