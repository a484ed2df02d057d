#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 4: many services by path behind one host, a public CA's certificate and a private CA for clients.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(4, 'many-services.conf');
my $pki = $recipe->dir . '/certs/public';
my %port = map { $_ => free_port() } qw(8000 3000 8080 http);
$recipe->shows_its_lines;
$recipe->replace(map({ $_ => $port{$_} } qw(8000 3000 8080)), 'http://localhost/' => "http://localhost:$port{http}/");
$recipe->carry_out('Certificates');
my %mine = (
    mtls_http_address => "127.0.0.1:$port{http}\nListen 127.0.0.1:$port{http}", mtls_url => 'https://localhost:@HTTPS_PORT@',
    mtls_server_cert => "$pki/live/localhost/fullchain.pem", mtls_server_key => "$pki/live/localhost/privkey.pem",
    mtls_challenges => "$pki/challenges", mtls_client_ca => "$pki/ca-cert.pem", mtls_site => "$pki/site",
    mtls_fast => "http://127.0.0.1:$port{8000}", mtls_next => "http://127.0.0.1:$port{3000}",
    mtls_boot => "http://127.0.0.1:$port{8080}",
);
$recipe->begins_one_way(client(), $_, %mine) for qw(/fast/react/ /next/ /react/ /boot/);
my $server = $recipe->serve(%mine);
$recipe->carry_out('See that it works');
$recipe->carry_out('What a failure looks like');

# Where the services listen: every socket with one of their ports, by the kernel's own list.
for my $port (@port{qw(8000 3000 8080)}) {
    my @addresses = map { /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A / && hex $2 == $port ? $1 : () }
                    map { split /\n/, -e "/proc/net/$_" ? slurp("/proc/net/$_") : '' } qw(tcp tcp6);
    is_deeply([grep { !/^0100007F$|^0000000000000000FFFF00000100007F$/ } @addresses], [], 'a service listens on 127.0.0.1 alone');
    ok(scalar @addresses, 'and does listen');
}
$recipe->names_clients($server, qr{^curl/\d+});
$recipe->finish;
done_testing;
