#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Consumers that cannot run here, as readers written from what they have published (t/golden/consumers.py): each knows
# the client by its profile's headers, and nobody by a forgery.
use MTLS::Test;
use MTLS::Consumer;
use IPC::Open2;
use JSON::PP ();

# consumer, profile or a whole line; the third word: it reads a name instead of the certificate.
my @CONSUMERS = (
    ['Keycloak rfc9440', 'rfc9440'], ['OpenBao', 'rfc9440'], ['Keycloak nginx', 'nginx'], ['authentik', 'nginx'],
    ['Keycloak haproxy', 'keycloak-haproxy'], ['Keycloak apache', 'keycloak-apache'],
    ['Keycloak traefik', 'MTLSHeader X-Forwarded-Tls-Client-Cert certificate pem-url'], ['Traefik\'s services', 'traefik'],
    ['Keycloak envoy', 'xfcc:cert,chain'], ['Keycloak aws-elb-alb', 'alb'],
    ['Keycloak aws-elb-alb passthrough', 'alb:passthrough'], ['Envoy\'s services', 'xfcc'],
    ['Google\'s services', 'gcp'],
    ['Puppet Server', 'puppet'], ['Pulp', 'pulp'], ['Kong\'s services', 'kong'], ['Vault', 'vault'],
    ['ASP.NET Core', 'aspnet'], ['Azure App Service', 'azure'], ['Cloud Foundry', 'cloudfoundry'],
    ['CloudFront\'s origins', 'cloudfront'], ['Undertow', 'undertow'], ['Spring Security', 'nginx', 'name'],
);
my @CERTIFICATES = qw(ok other direct rsa ed448 utf8-cn quote-cn plus-cn comma-uri);
my %NAME = ('ok' => 'Anne Example', 'other' => 'Otto Other', 'direct' => 'direct', 'rsa' => 'rsa', 'ed448' => 'ed448');

my $backend = start_backend('http');
my $lines = sprintf qq(ProxyPass "/" "http://127.0.0.1:%d/"\n), $backend->port('http');
for (0 .. $#CONSUMERS) {
    my $what = $CONSUMERS[$_][1];
    $lines .= sprintf "<Location \"/%d/\">\n%s\n</Location>\n", $_, $what =~ / / ? $what : "MTLSExport $what";
}
my $server = start_server(tls => $lines);

my $json = JSON::PP->new->latin1->canonical;
my $reader = open2(my $from, my $to, python(), top() . '/t/golden/consumers.py');

# Whom a consumer takes these headers for.
sub taken_for {
    my ($consumer, @headers) = @_;
    print {$to} "$consumer\t", $json->encode(\@headers), "\n";
    $to->flush;
    my $answer = readline $from;
    chomp $answer;
    return $answer;
}

sub headers_of { return map { [/^([^:]*):[ \t]*(.*)$/s] } @{ $_[0]{headers} } }

# On one connection: what the backend received of each path.
sub received {
    my ($how, @headers) = @_;
    $backend->mark;
    client()->many($server, $how, map { { path => "/$_/", headers => $headers[$_] // [] } } 0 .. $#CONSUMERS);
    my %seen = map { $_->{request} =~ m{^GET /(\d+)/} ? ($1 => [headers_of($_)]) : () } $backend->received;
    return map { $seen{$_} // die "nothing was received for $CONSUMERS[$_][0]\n" } 0 .. $#CONSUMERS;
}

# Ours are there; and the same lines, sent by others, as a forgery that the consumer itself would believe.
my @stranger;
for my $name (@CERTIFICATES) {
    my @seen = received({ cert => $name });
    for my $index (0 .. $#CONSUMERS) {
        my ($consumer, $profile, $by_name) = @{ $CONSUMERS[$index] };
        my $expected = $by_name ? $NAME{$name} : fingerprint($name);
        next if !defined $expected;         # a name with separators in it: see below
        is(taken_for($consumer, @{ $seen[$index] }), $expected, "$consumer knows $name by $profile");
    }
    @stranger = @seen if $name eq 'other';
}

my $USUAL = qr/^(?:host|connection|x-forwarded-(?:for|host|server))$/i;
my @forged = map { [grep { $_->[0] !~ $USUAL } @$_] } @stranger;
my @folded = map { [map { [lc $_->[0] =~ tr/-/_/r, $_->[1]] } @$_] } @forged;
for my $way (['as they are', \@forged], ['folded', \@folded]) {
    my ($how, $headers) = @$way;
    my @nobody = received({}, @$headers);
    my @anne = received({ cert => 'ok' }, @$headers);
    for my $index (0 .. $#CONSUMERS) {
        my ($consumer, undef, $by_name) = @{ $CONSUMERS[$index] };
        is(taken_for($consumer, @{ $forged[$index] }), $by_name ? $NAME{other} : fingerprint('other'),
           "$consumer would believe the forgery") if $how eq 'as they are';
        is(taken_for($consumer, @{ $nobody[$index] }), 'none', "$consumer, forged $how by nobody");
        is(taken_for($consumer, @{ $anne[$index] }), $by_name ? $NAME{ok} : fingerprint('ok'),
           "$consumer, forged $how by somebody with a certificate");
    }
}

# An expired certificate is nobody, whatever headers say about it.
my $soon = make_certificate('soon', { not_after => 6 });
received({ cert => $soon, conn => 'soon' });
select undef, undef, undef, 7;
my @late = received({ cert => $soon, conn => 'soon' });
is(taken_for($CONSUMERS[$_][0], @{ $late[$_] }), 'none', "$CONSUMERS[$_][0], the certificate has expired meanwhile")
    for 0 .. $#CONSUMERS;
client()->do({ close => 'soon' });

# A regular expression over a name's text finds another's name in it: why nothing should be decided by that.
my ($dn) = grep { $_->[0] eq 'ssl-client-subject-dn' } @{ (received({ cert => 'comma-cn' }))[-1] };
is($dn->[1], 'CN=anne\,CN=admin\,O=Root,O=Example\, Inc.,C=DE', 'the name is escaped as RFC 4514 has it');
isnt(taken_for('Spring Security', $dn), 'admin', 'and a reader for its first CN does not get to the second');

close $to;
waitpid $reader, 0;
done_testing;
