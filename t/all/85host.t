#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 5: a whole host for clients with a certificate; a page with the reason, or no handshake.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(5, 'require-certificate.conf');
my $pki = $recipe->dir . '/certs/nginx';
my $port = free_port();
$recipe->shows_its_lines;
$recipe->replace(8080 => $port);
$recipe->carry_out('Certificates');
my %mine = (mtls_backend => "http://127.0.0.1:$port", mtls_server_cert => "$pki/server-cert.pem",
            mtls_server_key => "$pki/server-key.pem", mtls_client_ca => "$pki/ca-cert.pem");
$recipe->begins_one_way(client(), '/', %mine);
my $server = $recipe->serve(%mine);
$recipe->carry_out('See that it works');
$recipe->carry_out('What a failure looks like');
$recipe->names_clients($server, qr{^curl/\d+});
$server->stop;

$server = $recipe->serve(%mine, mtls_ask => 'require');
$recipe->carry_out('The handshake failure instead');
$recipe->names_clients($server, qr{^curl/\d+});
$recipe->finish;
done_testing;
