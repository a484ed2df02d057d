#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 6: some paths of a host are open, some need a certificate.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(6, 'open-and-guarded.conf');
my ($server) = $recipe->run_through(client(), 'eku', 8080, '/mtls/hello');

# An open path tells a service nothing that a stranger says.
my $forged = $recipe->run('openssl x509 -in client-cert.pem -outform der | base64 -w 0');
for my $name (qw(Client-Cert client_cert CLIENT.CERT)) {
    is($recipe->run($recipe->replaced("curl -s --cacert ca-cert.pem -H '$name: :$forged:' https://localhost/boot/")),
       "hello, nobody\n", "a forged $name is not told on an open path");
}
$recipe->names_clients($server, qr{^curl/\d+});
$recipe->finish;
done_testing;
