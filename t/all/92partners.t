#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 12: two organisations, each a server for the other; certificates signed by the partner, and
# partners' CAs that are pinned.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(12, 'partners-signed.conf');
my $pinned = bless { %$recipe, example => 'partners-pinned.conf' }, 'MTLS::Recipe';
my $pki = $recipe->dir . '/certs/partners';
my $port = free_port();
$recipe->shows_its_lines;
$recipe->replace(8080 => $port);
$recipe->carry_out('Certificates');

# The logs of the one that is started last are those that commands look into.
sub organisation {
    my ($form, $name, $how, %mine) = @_;
    %mine = (%mine, mtls_name => "$name.localhost", mtls_backend => "http://127.0.0.1:$port",
             mtls_server_cert => "$pki/$name-server-cert.pem", mtls_server_key => "$pki/$name-server-key.pem");
    return $form->begins_one_way(client(), '/beta/orders', %mine, mtls_name => 'localhost') if $how eq 'one way';
    my $server = $form->serve(%mine);
    $recipe->replace("https://$name.localhost/" => "https://$name.localhost:" . $server->https_port . '/');
    return $server;
}

my %alpha = (mtls_client_ca => "$pki/alpha-ca-cert.pem", mtls_partner => 'beta');
organisation($recipe, 'alpha', 'one way', %alpha);
my $beta = organisation($recipe, 'beta', 'mutual',
                        mtls_client_ca => "$pki/beta-ca-cert.pem", mtls_partner => 'alpha');
my $alpha = organisation($recipe, 'alpha', 'mutual', %alpha);
$recipe->carry_out('See that it works');
$recipe->carry_out('What a failure looks like');
$recipe->names_clients($_, qr{^curl/\d+}) for $alpha, $beta;
$_->stop for $alpha, $beta;

$recipe->carry_out('Each trusts the partner\'s CA, pinned');
my %second = (mtls_second => 'gamma', mtls_second_ca => "$pki/gamma-own-ca.pem");
%alpha = (%second, mtls_client_ca => "$pki/alpha-partners.pem", mtls_first => 'beta',
          mtls_first_ca => "$pki/beta-own-ca.pem");
organisation($pinned, 'alpha', 'one way', %alpha);
$beta = organisation($pinned, 'beta', 'mutual', %second, mtls_client_ca => "$pki/beta-partners.pem",
                     mtls_first => 'alpha', mtls_first_ca => "$pki/alpha-own-ca.pem");
$alpha = organisation($pinned, 'alpha', 'mutual', %alpha);
$recipe->carry_out('See that the pins hold');

# Beta's CA takes the name of Gamma's: a pin is the key, not the name.
$recipe->run('openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=Gamma CA" -keyout false-ca-key.pem -out false-ca.pem; '
    . 'openssl req -newkey rsa:2048 -nodes -subj "/CN=orders" -keyout false-key.pem -out false.csr;'
    . 'openssl x509 -req -in false.csr -CA false-ca.pem -CAkey false-ca-key.pem -CAcreateserial -out false-cert.pem '
    . '-extfile <(printf authorityKeyIdentifier=keyid)');
spew("$pki/false-partners.pem", slurp("$pki/alpha-partners.pem") . slurp("$pki/false-ca.pem"));
my $deceived = organisation($pinned, 'alpha', 'mutual', %alpha, mtls_client_ca => "$pki/false-partners.pem");
my $command = 'curl -s --cacert server-ca-cert.pem --cert false-cert.pem --key false-key.pem https://alpha.localhost/gamma/orders';
is($recipe->run($recipe->replaced($command)), "Denied: no-match\n", 'a CA of the same name with another key is another CA');
$recipe->names_clients($_, qr{^curl/\d+}) for $alpha, $beta, $deceived;
$recipe->finish;
done_testing;
