#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/recipes.md, 7: httpd (egress.conf) and nginx (egress.nginx) attach client certificates for applications
# that know none, in front of two-hosts.conf.
use MTLS::Test;
use MTLS::Recipe;

my $recipe = MTLS::Recipe->new(7, 'egress.conf');
my $guarded = bless { %$recipe, example => 'two-hosts.conf' }, 'MTLS::Recipe';
my $pki = $recipe->dir . '/certs/nginx';
my %port = map { $_ => free_port() } qw(service nginx second);
$recipe->shows_its_lines;
$recipe->replace(8080 => $port{service});
$recipe->carry_out('Certificates');
my %gateway = (mtls_backend => "http://127.0.0.1:$port{service}", mtls_server_cert => "$pki/server-cert.pem",
               mtls_server_key => "$pki/server-key.pem", mtls_client_ca => "$pki/ca-cert.pem",
               mtls_address => "\"127.0.0.1:\@HTTPS_PORT\@ 127.0.0.1:$port{second}\"\nListen 127.0.0.1:$port{second}");
$guarded->{cwd} = $recipe->{cwd};
$guarded->begins_one_way(client(), '/pro-dev/', %gateway);
my $server = $guarded->serve(%gateway);
my $https = $server->https_port;

# The egress has a log and an address of its own.
sub egress {
    my (%how) = @_;
    my $text = $recipe->configuration(
        mtls_address => '127.0.0.1:@HTTPS_PORT@', mtls_log => '@DIR@/egress_log', mtls_server_ca => "$pki/ca-cert.pem",
        mtls_pro_dev => "https://localhost:$https", mtls_pro_dev_pem => "$pki/pro-dev.pem",
        mtls_reports => "https://localhost:$port{second}", mtls_reports_pem => "$pki/reports.pem", %how);
    my $egress = start_server(conf => "ProxyVia full\n$text");
    unlike($egress->said, qr/\[mtls_authz:(?:warn|error)\]/, 'egress.conf starts without a warning of the module');
    $recipe->replace('http://localhost:8000/' => 'http://localhost:' . $egress->https_port . '/');
    return $egress;
}

sub nginx_file {
    my $text = slurp(top() . '/conf-examples/egress.nginx');
    $text =~ s/127\.0\.0\.1:443/127.0.0.1:$https/g;
    $text =~ s/127\.0\.0\.1:8001/127.0.0.1:$port{nginx}/;
    $text =~ s{/etc/ssl/mtls/}{$pki/}g;
    spew("$pki/egress.nginx", $text);
    my $paths = join '', map { "    ${_}_temp_path $pki/nginx-$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
    spew("$pki/nginx.conf", "pid $pki/nginx.pid;\nerror_log stderr notice;\nevents { }\n"
        . "http {\n    access_log $pki/nginx-access.log;\n$paths    include $pki/egress.nginx;\n}\n");
    $recipe->replace('http://localhost:8001/' => "http://127.0.0.1:$port{nginx}/");
}

my $egress = egress();
nginx_file();
$recipe->carry_out('See that it works');
$recipe->carry_out('What a failure looks like');
$recipe->carry_out('nginx names no host: 421');

# An upstream that is somebody else, or that another CA has vouched for, is not talked to.
$recipe->run('../../conf-examples/pki/make-pki.sh strange eku');
for my $case (['a CA that has not issued it', 'https://localhost:' . $https, "$pki/strange/eku/ca-cert.pem"],
              ['a name that its certificate does not have', 'https://127.0.0.1:' . $https, "$pki/ca-cert.pem"]) {
    my ($what, $url, $ca) = @$case;
    my $strict = egress(mtls_pro_dev => $url, mtls_server_ca => $ca);
    my $command = "curl -s -o /dev/null -w '%{http_code}' http://localhost:8000/pro-dev-proxy/";
    my $status = $recipe->run($recipe->replaced($command));
    like($status, qr/^50[02]$/, "the egress does not talk to an upstream of $what");
    $strict->stop;
}
my $one_way = egress(one_way => 1);
$recipe->carry_out('The egress without its certificates');
$recipe->names_clients($server, qr{^curl/\d+});
$recipe->finish;
done_testing;
