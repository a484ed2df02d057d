#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# conf-examples/php-fpm.conf, conf-examples/uwsgi.conf and conf-examples/cgi.conf with PHP-FPM, uWSGI and plain CGI:
# variables that only the server can set.
use MTLS::Test;
use MTLS::Consumer;
use File::Copy 'copy';
use File::Path 'make_path';

my $source = top() . '/t/all/consumers';

sub start_php {
    my ($dir, $port) = @_;
    my ($fpm) = sort glob '/usr/sbin/php-fpm*' or die "php-fpm is missing: install php-fpm\n";
    make_path("$dir/public", "$dir/members", "$dir/other");
    copy("$source/php/who.php", "$dir/$_/who.php") or die for qw(public members other);
    spew("$dir/fpm.conf", <<"END");
[global]
error_log = $dir/log
[www]
listen = 127.0.0.1:$port
pm = static
pm.max_children = 2
END
    start_process('PHP-FPM', $port, "$dir/out", $fpm, '-F', '-y', "$dir/fpm.conf");
}

sub start_uwsgi {
    my ($dir, $port) = @_;
    start_process('uWSGI', $port, "$dir/log", qw(uwsgi --plugin python3 --die-on-term --buffer-size 32768 --master),
                  '--socket', "127.0.0.1:$port", '--wsgi-file', "$source/python/who.py");
}

sub place_scripts {
    my ($dir) = @_;
    for my $name (qw(public members other)) {
        copy("$source/python/who.py", "$dir/$name") or die;
        chmod 0755, "$dir/$name";
    }
}

# What the three say: REMOTE_USER; subject.cn; sha256; verify; the certificate, where the example exports it.
sub says {
    my ($name, $user, $certificate) = @_;
    my $header = $certificate ? rfc9440($name) : 'none';
    return "client $user; $user; @{[ fingerprint($name) ]}; SUCCESS; $header\n";
}

my %PHP = (dir => work_dir('php'), port => free_port());
my %UWSGI = (dir => work_dir('uwsgi'), port => free_port());
my %CGI = (dir => work_dir('cgi'));
start_php(@PHP{qw(dir port)});
start_uwsgi(@UWSGI{qw(dir port)});
place_scripts($CGI{dir});

my $stranger = rfc9440('stranger');
# Names that would be the variables', were it not for HTTP_ in front; and the certificate's in three spellings.
my @VARIABLES = map { [$_ => 'forged'] } qw(REMOTE_USER Remote-User MTLS_SHA256 MTLS-Verify HTTP_REMOTE_USER);
my @CERTIFICATE = map { [$_ => $stranger] } qw(Client-Cert client_cert Client.Cert HTTP_CLIENT_CERT);

# [example, definitions, paths for everybody / members / nobody, whether the certificate is exported]
my @EXAMPLES = (
    ['php-fpm.conf', { mtls_files => $PHP{dir}, mtls_php => "fcgi://127.0.0.1:$PHP{port}" },
     [map { "/$_/who.php" } qw(public members other)], 0],
    ['uwsgi.conf', { mtls_backend => "uwsgi://127.0.0.1:$UWSGI{port}" }, ['/public/1', '/members/1', '/other/1'], 1],
    ['cgi.conf', { mtls_scripts => $CGI{dir} }, [map { "/cgi-bin/$_" } qw(public members other)], 0],
);
for my $example (@EXAMPLES) {
    my ($file, $define, $paths, $exported) = @$example;
    my ($public, $members, $other) = @$paths;
    my $server = serve_example($file, %$define);
    my @forged = (@VARIABLES, @CERTIFICATE);
    my $nobody = qr/^client none; none; none; NONE; none\n\z/;
    drive($server,
        # allowed
        ['ok', $members, [], 200, says('ok', 'Anne Example', $exported)],
        ['ok', $public, [], 200, says('ok', 'Anne Example', $exported)],
        ['other', $public, [], 200, says('other', 'Otto Other', $exported)],
        ['comma-cn', $public, [], 200, says('comma-cn', 'anne,CN=admin,O=Root', $exported)],
        ['utf8-cn', $public, [], 200,
         says('utf8-cn', '%C3%84nne Gr%C3%B6%C3%9Fe %E6%97%A5%E6%9C%AC %F0%9F%94%91', $exported)],
        # denied
        ['other', $members, [], 403],
        ['ok', $other, [], 403],
        # absent
        [undef, $public, [], 200, $nobody],
        [undef, $members, [], 403],
        # forged
        [undef, $public, \@forged, 200, $nobody],
        [undef, $members, \@forged, 403],
        ['ok', $members, \@forged, 200, says('ok', 'Anne Example', $exported)],
        ['ok', $members, [[Connection => 'keep-alive, Client-Cert']], 200, says('ok', 'Anne Example', $exported)],
    );
    $server->stop;
}
done_testing;
