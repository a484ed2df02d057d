#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 9: what "client-auth: need" is in Spring; curl with --cert, --key, --pass and --cacert,
# with -k, with neither.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(9, 'spring-service.conf');
my ($server) = $recipe->run_through(client(), 'jvm', 8080, '/api/', ca => 'trusted.pem');

# Who had no connection is in no access log. A line is written when the client has its answer already.
my @lines;
MTLS::Server::wait_for(sub { @lines = split /\n/, slurp($server->dir . '/example_log'); @lines >= 5 });
is(scalar(grep { / 200 / } @lines), 2, 'those two that the rule names were let in');
is(scalar(grep { / 403 / } @lines), 3, 'those three with a certificate that has no rule were not');
is(scalar @lines, 5, 'and nobody else came as far as a request');
$recipe->names_clients($server, qr{^curl/\d+});
$recipe->finish;
done_testing;
