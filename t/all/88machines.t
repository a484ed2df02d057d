#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 8: an egress gateway at 127.0.0.2, a guarded gateway at 127.0.0.3, which is cut off: down, silent,
# and in the middle of an answer. The egress is never restarted.
use MTLS::Test;
use MTLS::Recipe;
use POSIX ();

my $recipe = MTLS::Recipe->new(8, 'far-gateway.conf');
my $near = bless { %$recipe, example => 'near-egress.conf' }, 'MTLS::Recipe';
my $pki = $recipe->dir . '/certs/eku';
my %port = map { $_ => free_port() } qw(service far);
$recipe->shows_its_lines;
$recipe->replace(8080 => $port{service});
$recipe->carry_out('Certificates');

my %mine = (mtls_backend => "http://127.0.0.1:$port{service}", mtls_server_cert => "$pki/far-cert.pem",
            mtls_server_key => "$pki/far-key.pem", mtls_client_ca => "$pki/ca-cert.pem", mtls_near => '127.0.0.2');
sub far { return $recipe->serve(%mine, mtls_address => "127.0.0.3:$port{far}\nListen 127.0.0.3:$port{far}") }

# The very next request is answered.
sub is_back {
    my ($how) = @_;
    my $answer = $recipe->run($recipe->replaced('curl -s http://localhost:8000/far/hello'));
    is($answer, "hello from the far side\n", "it is $how, at once");
}

my $text = $near->configuration(
    mtls_address => '127.0.0.1:@HTTPS_PORT@', mtls_near => '127.0.0.2', mtls_far => "https://127.0.0.3:$port{far}",
    mtls_server_ca => "$pki/ca-cert.pem", mtls_client_pem => "$pki/client.pem", mtls_patience => 2,
    mtls_log => '@DIR@/egress_log');
my $egress = start_server(conf => $text);
unlike($egress->said, qr/\[mtls_authz:(?:warn|error)\]/, 'near-egress.conf starts without a warning of the module');

$recipe->begins_one_way(client(), '/far/hello', %mine);
my $far = far();
$recipe->replace('http://localhost:8000/' => 'http://localhost:' . $egress->https_port . '/',
                 'https://127.0.0.3/' => "https://127.0.0.3:$port{far}/",
                 '/var/log/apache2/near_error.log' => $egress->dir . '/error_log');
$recipe->carry_out('See that it works');
$recipe->carry_out('What a failure looks like');
$recipe->names_clients($far, qr{^curl/\d+});

$far->stop;
$recipe->carry_out('The far gateway is down');
$far = far();
is_back('up');

# A process group that is stopped is silent, and its sockets stay: as with a cable that is unplugged.
kill STOP => -$far->pid;
$recipe->carry_out('The far machine answers no longer');
kill CONT => -$far->pid;
$recipe->carry_out('It is back');

my $command = $recipe->replaced('curl -s --limit-rate 2M -o part http://localhost:8000/far/large');
my $status = do {
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        $recipe->run($command);
        POSIX::_exit($? >> 8);
    }
    MTLS::Server::wait_for(sub { -s "$pki/part" }) or die "nothing arrives\n";
    kill KILL => -$far->pid;
    waitpid $pid, 0;
    $? >> 8;
};
is($status, 18, 'cut off in the middle of an answer: curl says that something is missing');
cmp_ok(-s "$pki/part", '<', -s "$pki/site/far/large", 'and something is');
$far->stop;
$far = far();
is_back('again');
is(() = slurp($egress->dir . '/error_log') =~ /resuming normal operations/g, 1, 'the egress has been started once');
$recipe->finish;
done_testing;

END { local ($?, $!); kill CONT => -$far->pid if $far && $far->pid }
