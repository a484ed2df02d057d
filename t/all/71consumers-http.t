#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# conf-examples/django.conf with Django under gunicorn, and conf-examples/nodejs.conf with Express and the package
# structured-headers, both over plain HTTP: whoever reaches them is believed, so nobody else may.
use MTLS::Test;
use MTLS::Consumer;
use File::Copy 'copy';

my $source = top() . '/t/all/consumers';

sub test_django {
    my ($dir, $port) = (work_dir('django'), free_port());
    copy("$source/django/application.py", "$dir/application.py") or die;
    $ENV{WHO_DATABASE} = "$dir/database";
    start_process('gunicorn', $port, "$dir/log", 'gunicorn', '--bind', "127.0.0.1:$port", '--chdir', $dir,
                  'application');
    my @FORGED = map { [$_ => 'admin'] } qw(X-Remote-User x_remote_user X.Remote.User REMOTE_USER);
    asked_directly($port, '/members/', [['X-Remote-User', 'admin']], "client admin\n");
    asked_directly($port, '/members/', [['X_Remote_User', 'admin']], "client admin\n");
    my $server = serve_example('django.conf', mtls_backend => "http://127.0.0.1:$port");
    drive($server,
        # allowed
        ['ok', '/members/', [], 200, "client anne\n"],
        ['ok', '/public/', [], 200, "client none\n"],
        # denied
        ['other', '/members/', [], 403],
        ['ok', '/', [], 403],
        # absent
        [undef, '/public/', [], 200, "client none\n"],
        [undef, '/members/', [], 403],
        # forged
        (map { [undef, '/public/', [$_], 200, "client none\n"] } @FORGED),
        [undef, '/members/', \@FORGED, 403],
        ['other', '/members/', \@FORGED, 403],
        ['ok', '/members/', \@FORGED, 200, "client anne\n"],
        ['ok', '/members/', [[Connection => 'keep-alive, X-Remote-User']], 200, "client anne\n"],
        ['ok', '/members/', [[Connection => 'keep-alive'], [Connection => 'x_remote_user']], 200, "client anne\n"],
    );
    $server->stop;
}

# The packages of package-lock.json, and no others.
sub install_packages {
    my ($dir) = @_;
    copy("$source/node/$_", "$dir/$_") or die "$_: $!" for qw(package.json package-lock.json service.js .npmrc);
    my $said = qx(cd '$dir' && npm ci --cache '$dir/cache' 2>&1 </dev/null);
    is($?, 0, 'npm ci') or diag($said);
}

sub test_node {
    my ($dir, $port) = (work_dir('node'), free_port());
    install_packages($dir);
    start_process('Node.js', $port, "$dir/log", 'node', "$dir/service.js", $port);
    my %says = map { $_ => sprintf "client %s of 1+%d\n", fingerprint($_), $_ eq 'direct' ? 0 : 1 }
        qw(ok other direct utf8-cn rsa);
    my $stranger = rfc9440('stranger');
    my @FORGED = map { [$_ => $stranger] } qw(Client-Cert client_cert Client.Cert CLIENT-CERT);
    asked_directly($port, '/', [['Client-Cert', $stranger]], 'client ' . fingerprint('stranger') . " of 1+0\n");
    my $server = serve_example('nodejs.conf', mtls_backend => "http://127.0.0.1:$port");
    drive($server,
        # allowed
        ['ok', '/members/', [], 200, $says{ok}],
        (map { [$_, '/public/', [], 200, $says{$_}] } qw(other direct utf8-cn rsa)),
        # denied
        ['other', '/members/', [], 403],
        ['ok', '/', [], 403],
        ['big', '/public/', [], 403],
        # absent
        [undef, '/public/', [], 200, "client none\n"],
        [undef, '/members/', [], 403],
        # forged
        (map { [undef, '/public/', [$_], 200, "client none\n"] } @FORGED),
        [undef, '/members/', \@FORGED, 403],
        ['other', '/members/', \@FORGED, 403],
        ['ok', '/members/', \@FORGED, 200, $says{ok}],
        ['ok', '/members/', [[Connection => 'keep-alive, Client-Cert, client-cert-chain']], 200, $says{ok}],
    );
    $server->stop;
}

test_django();
test_node();
done_testing;
