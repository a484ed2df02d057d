#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What a rule has said of a certificate is kept for the connection: for that rule alone, in every order, in streams that
# run side by side, no longer than the certificate is good, and never for what asks the clock.
use MTLS::Test;

my $LIFE = 9;
make_certificate(brief => { not_after => $LIFE, issuer => 'root', subject => [['CN', 'Anne Example']], eku => ['clientAuth'] });
my $until = time + $LIFE;
my $server = start_server(tls => <<'END');
    SSLVerifyClient optional_no_ca
    <Location "/anne/">
        Require mtls subject.cn is "Anne Example"
    </Location>
    <Location "/otto/">
        Require mtls subject.cn is "Otto Other"
    </Location>
    <Location "/not-otto/">
        <RequireAll>
            Require all granted
            Require not mtls subject.cn is "Otto Other"
        </RequireAll>
    </Location>
    <Location "/both/">
        <RequireAll>
            Require mtls subject.cn like Anne*
            Require mtls subject.cn like *Other
        </RequireAll>
    </Location>
    <Location "/either/">
        Require mtls subject.cn like *Other
        Require mtls subject.cn like Anne*
    </Location>
    <Location "/remains/">
        Require mtls remaining > 4s
    </Location>
    <Location "/bare/">
        Require mtls
    </Location>
END
# What the names in the certificates say.
my %wanted = (
    ok    => { anne => 1, otto => 0, 'not-otto' => 1, both => 0, either => 1, bare => 1 },
    other => { anne => 0, otto => 1, 'not-otto' => 0, both => 0, either => 1, bare => 1 },
);
sub verdict { my ($status) = $_[0]->{status}; return $status == 403 ? 0 : $status == 404 ? 1 : "status $status" }

my %kept = (cert => 'brief', conn => 'kept', http => '1.1');
is(verdict(client()->request($server, "/$_/x", %kept)), 1, "good at first: $_") for qw(anne not-otto remains);

for my $http ('1.1', mpm() eq 'prefork' ? () : '2') {
    for my $cert (sort keys %wanted) {
        my @paths = sort keys %{ $wanted{$cert} };
        for my $order ([@paths, @paths], [reverse(@paths), @paths], [map { ($_) x 3 } @paths]) {
            for my $wait ($http eq '2' ? (0, 1) : 1) {
                my @got = map { verdict($_) } client()->many($server, { cert => $cert, http => $http },
                                                             map { { path => "/$_/x", wait => $wait } } @$order);
                is("@got", join(' ', map { $wanted{$cert}{$_} } @$order), "HTTP/$http $cert @$order" . ($wait ? '' : ', side by side'));
            }
        }
    }
}
sleep 1 while time <= $until - 4;
is(verdict(client()->request($server, '/remains/x', %kept)), 0, 'the clock is asked again');
sleep 1 while time <= $until;
is(verdict(client()->request($server, "/$_/x", %kept)), 0, "run out: $_") for qw(anne not-otto either bare);
done_testing;
