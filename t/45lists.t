#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Lists: who is in them, what labels say, and what becomes of changes, good ones and bad ones.
use MTLS::Test;

my $dir = logs() . "/lists-$$";
mkdir $dir;
sub put { my ($name, $text) = @_; spew("$dir/.new", $text); rename "$dir/.new", "$dir/$name" or die "$dir/$name: $!\n"; }

put('partners', <<'END');
# who they are
shop.example.org  role=billing user="anne b"
other.example.org role=reader
END
put('kill', "# nobody\n");
my $server = start_server(log_level => 'mtls_authz:info', tls => <<"END");
    MTLSListInterval 1s
    MTLSList partners san.dns file:$dir/partners
    MTLSKillList $dir/kill
    <Location "/member">
        Require mtls in partners
    </Location>
    <Location "/billing">
        Require mtls label.partners.role is billing
    </Location>
    <Location "/not">
        <RequireAll>
            Require mtls
            Require not mtls in partners
        </RequireAll>
    </Location>
END
sub status { my ($path, $cert, @more) = @_; client()->request($server, $path, cert => $cert, @more)->{status} }

for my $case (['/member', 'ok', 404], ['/member', 'bare', 403], ['/billing', 'ok', 404], ['/billing', 'other', 403],
              ['/not', 'ok', 403], ['/not', 'bare', 404], ['/member', undef, 403]) {
    my ($path, $cert, $wanted) = @$case;
    is(status($path, $cert), $wanted, join ' ', $path, $cert // 'nobody');
}
my %on = (conn => 'h2', http => '2', cert => 'ok');
is(client()->request($server, '/member', %on)->{status}, 404, 'h2 before');
is(client()->request($server, '/member', conn => 'h1', cert => 'ok')->{status}, 404, 'h1 before');
put('kill', "san.dns shop.example.org\n");
my $until = time + 20;
select undef, undef, undef, 0.1 until $server->error_log =~ /kill list: version 2 is in force/ || time > $until;
for my $open ([h2 => '2'], [h1 => '1.1']) {
    my ($conn, $http) = @$open;
    is(client()->request($server, '/member', conn => $conn, http => $http, cert => 'ok')->{status}, 403, "$conn: killed");
}
like(client()->request($server, '/member', conn => 'h2', http => '2', cert => 'ok')->{error}, qr/GOAWAY/, 'h2: goodbye');
is(status('/member', 'other'), 404, 'nobody else is');
done_testing;
