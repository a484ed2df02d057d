#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 1: a JVM behind the gateway, asked by java.net.http.HttpClient with PKCS#12 stores.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(1, 'jvm-service.conf');
my ($server, %mine) = $recipe->run_through(client(), 'jvm', 8080, '/api/');

# What a client says of itself reaches no service.
my $forged = $recipe->run('openssl x509 -in other-cert.pem -outform der | base64 -w 0');
my $curl = "curl -s --cacert ca-cert.pem --cert client-cert.pem --key client-key.pem";
is($recipe->run($recipe->replaced("$curl -H 'Client-Cert: :$forged:' https://localhost/api/")), "hello, CN=client\n",
   'a forged Client-Cert is replaced');
is($recipe->run("curl -s -H 'Client-Cert: :$forged:' $mine{mtls_backend}/"), "hello, CN=other\n",
   'which the service itself would believe: it listens on the loopback address for that');
$recipe->names_clients($server, qr{^Java-http-client/\d+});
$recipe->finish;
done_testing;
