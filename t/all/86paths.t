#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 6: some paths of a host are open, some need a certificate.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(6, 'open-and-guarded.conf');
my $pki = $recipe->dir . '/certs/eku';
my $port = free_port();
$recipe->shows_its_lines;
$recipe->replace(8080 => $port);
$recipe->carry_out('Certificates');
my %mine = (mtls_backend => "http://127.0.0.1:$port", mtls_server_cert => "$pki/server-cert.pem",
            mtls_server_key => "$pki/server-key.pem", mtls_client_ca => "$pki/ca-cert.pem");
$recipe->begins_one_way(client(), '/mtls/hello', %mine);
my $server = $recipe->serve(%mine);
$recipe->carry_out('See that it works');
$recipe->carry_out('What a failure looks like');

# An open path tells a service nothing that a stranger says.
my $forged = $recipe->run('openssl x509 -in client-cert.pem -outform der | base64 -w 0');
for my $name (qw(Client-Cert client_cert CLIENT.CERT)) {
    is($recipe->run($recipe->replaced("curl -s --cacert ca-cert.pem -H '$name: :$forged:' https://localhost/boot/")),
       "hello, nobody\n", "a forged $name is not told on an open path");
}
$recipe->names_clients($server, qr{^curl/\d+});
$recipe->finish;
done_testing;
