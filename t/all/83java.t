#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 3: a Java client with its own trust manager, or the JVM's trust store, and PKCS#12 without password.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(3, 'java-client.conf');
my $pki = $recipe->dir . '/certs/java';
$recipe->shows_its_lines;
$recipe->carry_out('Certificates');
my %mine = (mtls_files => "$pki/site", mtls_clients => "$pki/client-cert.pem", mtls_client_ca => "$pki/ca-cert.pem",
            mtls_server_cert => "$pki/server-cert.pem", mtls_server_key => "$pki/server-key.pem");
$recipe->begins_one_way(client(), '/files/report.txt', %mine);
my $server = $recipe->serve(%mine);
$recipe->carry_out('See that it works');
$recipe->carry_out('What a failure looks like');
$recipe->names_clients($server, qr{^Java-http-client/\d+});
$recipe->finish;
done_testing;
