#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 10: Go on both sides of the gateway.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(10, 'go-service.conf');
$ENV{GOCACHE} = $recipe->dir . '/go-cache';
@ENV{qw(GOFLAGS GOTOOLCHAIN GOPROXY CGO_ENABLED)} = ('-p=1', 'local', 'off', '0');
my ($server) = $recipe->run_through(client(), 'eku', 8080, '/hello');

# What a client says of itself reaches no service.
my $forged = $recipe->run('openssl x509 -in other-cert.pem -outform der | base64 -w 0');
my $curl = 'curl -s --cacert ca-cert.pem --cert client-cert.pem --key client-key.pem';
is($recipe->run($recipe->replaced("$curl -H 'Client-Cert: :$forged:' https://localhost/hello")), "hello, CN=client\n",
   'a forged Client-Cert is replaced');
$recipe->names_clients($server, qr{^Go-http-client/\d+});
$recipe->finish;
done_testing;
