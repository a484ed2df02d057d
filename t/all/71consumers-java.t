#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# conf-examples/tomcat.conf with Tomcat and its SSLValve: a servlet sees the client's certificate, and nobody else's.
use MTLS::Test;
use MTLS::Consumer;
use File::Copy 'copy';
use File::Path 'make_path';

my $home = '/usr/share/tomcat10';
my ($api) = grep { -e } map { ("$_/tomcat10-servlet-api.jar", "$_/servlet-api.jar") } "/usr/share/java", "$home/lib";
$api or die "the servlet API is missing: install tomcat10-common\n";
my $base = work_dir('tomcat');
my $source = top() . '/t/all/consumers/tomcat';
my $port = free_port();
make_path(map { "$base/$_" } qw(conf logs temp work webapps/app/WEB-INF/classes));
spew("$base/conf/server.xml", slurp("$source/server.xml") =~ s/\@PORT\@/$port/r);
spew("$base/conf/web.xml", '<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0"/>');
is(system('javac', '-cp', $api, '-d', "$base/webapps/app/WEB-INF/classes", "$source/WhoServlet.java"), 0,
   'the servlet compiles');

@ENV{qw(CATALINA_HOME CATALINA_BASE CATALINA_TMPDIR)} = ($home, $base, "$base/temp");
start_process('Tomcat', $port, "$base/logs/out", "$home/bin/catalina.sh", 'run');
my $server = serve_example('tomcat.conf', mtls_backend => "http://127.0.0.1:$port");

sub says { my ($name) = @_; return qr/^client @{[ fingerprint($name) ]} of 1, TLS_\S+ (?:128|256)\n\z/ }
my $NOBODY = qr/^client none of 0, /;
my $forged = pem_in_a_header('stranger');
my $spaces = slurp(pki('stranger.crt')) =~ s/\n(?=.)/ /gr =~ s/\n//r;
my @FORGED = ([ssl_client_escaped_cert => $forged], ['SSL-Client-Escaped-Cert' => $forged],
              [ssl_client_cert => $spaces], ['ssl.client.cert' => $spaces]);

asked_directly($port, '/app/', [[ssl_client_escaped_cert => $forged]], qr/^client @{[ fingerprint('stranger') ]} of 1/);
asked_directly($port, '/app/', [[ssl_client_cert => $spaces]], qr/^client @{[ fingerprint('stranger') ]} of 1/);
drive($server,
    # allowed
    ['ok', '/app/shop/1', [], 200, says('ok')],
    ['spiffe', '/app/shop/1', [], 200, says('spiffe')],
    ['other', '/app/public/1', [], 200, says('other')],
    ['utf8-cn', '/app/public/1', [], 200, says('utf8-cn')],
    # denied
    ['other', '/app/shop/1', [], 403],
    ['ok', '/app/', [], 403],
    ['other', '/app/public/..;/shop/1', [], 400],
    # absent
    [undef, '/app/public/1', [], 200, $NOBODY],
    [undef, '/app/shop/1', [], 403],
    # forged
    (map { [undef, '/app/public/1', [$_], 200, $NOBODY] } @FORGED),
    [undef, '/app/shop/1', \@FORGED, 403],
    ['ok', '/app/shop/1', \@FORGED, 200, says('ok')],
    ['ok', '/app/shop/1', [[Connection => 'keep-alive, ssl_client_escaped_cert, ssl_cipher']], 200, says('ok')],
);
done_testing;
