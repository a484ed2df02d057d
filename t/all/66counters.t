#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# t/66counters.t with a hundred thousand requests, made by a faster client.
use MTLS::Test;
use JSON::PP;
use Time::HiRes qw(sleep);

my $load = build() . '/bench/load';
-x $load or die "$load is missing: make -f Makefile.apxs bench-tools\n";
my $REQUESTS = 100_000;

# [certificate, path, status, section, mode, decision, reason, share of the requests]
my @KINDS = (
    ['ok', '/orders/', 404, '<Location /orders/>', 'enforce', 'granted', 'granted', 0.4],
    ['other', '/orders/', 403, '<Location /orders/>', 'enforce', 'denied', 'no-match', 0.2],
    [undef, '/orders/', 403, '<Location /orders/>', 'enforce', 'denied', 'no-certificate', 0.1],
    ['other', '/watched/', 404, '<Location /watched/>', 'report', 'would-deny', 'no-match', 0.2],
    [undef, '/open/', 404, '', 'enforce', 'not-asked', '', 0.1],
);
my $SECTIONS = <<'END';
    <Location "/orders/">
        Require mtls subject.cn is "Anne Example"
    </Location>
    <Location "/watched/">
        MTLSMode report
        Require mtls subject.cn is "Anne Example"
    </Location>
    <Location "/mtls-status">
        SetHandler mtls-status
        Require mtls
    </Location>
END

# Each connection asks 50 times; what the server closes before, as it may, is asked again by nobody, and not counted.
sub drive_all {
    my ($server, $meanwhile) = @_;
    my (@from, %sum, $all);
    for my $kind (@KINDS) {
        my ($certificate, $path, $status, @rest) = @$kind;
        my @command = ($load, '--port', $server->https_port, '--expect', $status, '--open', 4,
                       '--connections', int($REQUESTS * $kind->[-1] / 50),
                       $certificate ? ('--cert', pki("$certificate.chain.pem"), '--key', pki("$certificate.key")) : (), "$path*50");
        open(my $from, '-|', @command) or die "$load: $!";
        push @from, [$kind, $from];
    }
    $meanwhile->() if $meanwhile;
    for my $pair (@from) {
        my ($kind, $from) = @$pair;
        my $result = decode_json(do { local $/; scalar <$from> });
        close $from;
        unlike($result->{first_error} // '', qr/^status/, "$kind->[1] " . ($kind->[0] // 'nobody') . ': every answer is the expected one');
        $sum{ join ' ', @$kind[3 .. 6] } += $result->{requests};
        $all += $result->{requests};
    }
    return (\%sum, $all);
}

sub counted {
    my ($server) = @_;
    my $metrics = decode_json(client()->request($server, '/mtls-status?format=json', cert => 'ok')->{body})->{metrics};
    my %counted;
    for my $row (@{ $metrics->{mtls_authz_decisions_total} }) {
        next if ($row->{section} // '') =~ /mtls-status/ || !$row->{value} || $row->{vhost} !~ /:@{[ $server->https_port ]}$/;
        $counted{ join ' ', map { $_ // '' } @$row{qw(section mode decision reason)} } = $row->{value};
    }
    return \%counted;
}

sub shown { my ($counts) = @_; return join '', map { "$_: $counts->{$_}\n" } sort keys %$counts }

for my $mpm (qw(event prefork)) {
    my $server = start_server(mpm => $mpm, tls => $SECTIONS);
    my @between;
    my ($expected, $requests);
    for my $restarts (0, 3) {
        my ($sum, $all) = drive_all($server, sub {
            for my $restart (1 .. $restarts) {
                sleep 1;
                $server->graceful(tls => "<Location \"/new/$restart/\">\nRequire mtls\n</Location>\n$SECTIONS");
                push @between, shown(counted($server));
            }
        });
        $expected->{$_} += $sum->{$_} for keys %$sum;
        $requests += $all;
        my $counted;
        MTLS::Server::wait_for(sub { shown($counted = counted($server)) eq shown($expected) });
        is(shown($counted), shown($expected), "$mpm: every decision was counted, once");
    }
    cmp_ok($requests, '>=', $REQUESTS, "$mpm: $requests requests");
    is(scalar(grep { $_ ne shown($expected) } @between), 3, "$mpm: the restarts were in the middle of it");
    $server->stop;
}
done_testing;
