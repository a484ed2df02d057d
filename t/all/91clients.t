#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 11: Python (urllib, requests), openssl s_client, wget, and Chromium, of which pictures are taken.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(11, 'every-client.conf');
my $pki = $recipe->dir . '/certs/eku';
$recipe->shows_its_lines;
$recipe->carry_out('Certificates');
my %mine = (mtls_site => "$pki/site",
            mtls_server_cert => "$pki/server-cert.pem", mtls_server_key => "$pki/server-key.pem",
            mtls_client_ca => "$pki/ca-cert.pem");
$recipe->begins_one_way(client(), '/pages/welcome.html', %mine);
my $server = $recipe->serve(%mine);
# HTTP/2 is the server's business: the pages speak of one that has it.
$recipe->replace('localhost:443' => '127.0.0.1:' . $server->https_port,
                 mpm() eq 'prefork' ? ('HTTP/2.0' => 'HTTP/1.1') : ());
$recipe->carry_out($_) for 'Python', 'openssl s_client', 'wget', 'A browser', 'What a failure looks like';

# The pictures: PNG of the window's size, and not the same for those who were let in and those who were not.
my %picture = map { $_ => slurp("$pki/$_.png") } qw(allowed nobody other);
for my $name (sort keys %picture) {
    my ($width, $height) = unpack 'x16 N N', $picture{$name};
    is(join('x', substr($picture{$name}, 1, 3), $width, $height), 'PNGx800x400', "$name.png is a picture of the page");
}
isnt($picture{allowed}, $picture{nobody}, 'one sees whether one was let in');
isnt($picture{nobody}, $picture{other}, 'and why not');
$recipe->names_clients($server, qr{^Python-urllib/\d+}, qr{^python-requests/\d+}, qr{^s_client \(OpenSSL \d+},
                       qr{^Wget/\d+}, qr{HeadlessChrome/\d+});
$recipe->finish;
done_testing;
