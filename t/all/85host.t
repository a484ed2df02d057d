#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 5: a whole host for clients with a certificate; a page with the reason, or no handshake.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(5, 'require-certificate.conf');
my ($server, %mine) = $recipe->run_through(client(), 'nginx', 8080, '/');
$recipe->names_clients($server, qr{^curl/\d+});
$server->stop;

$server = $recipe->serve(%mine, mtls_ask => 'require');
$recipe->carry_out('The handshake failure instead');
$recipe->names_clients($server, qr{^curl/\d+});
$recipe->finish;
done_testing;
