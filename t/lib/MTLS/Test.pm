# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Test;
# What a test begins with: "use MTLS::Test;" gives it Test::More and all that t/README.md describes.
use strict;
use warnings;
use Test::More;
use MTLS::Backend;
use MTLS::Client;
use MTLS::Env qw(top build module pki certificates own_pki logs httpd mpm free_port slurp spew python);
use MTLS::Server;

my @FUNCTIONS = qw(
    client start_server main_server start_backend configtest ok_config refused_config make_certificate make_crls outlive tls_matrix
    ticket_keys three_children
    top build module pki certificates logs httpd mpm free_port slurp spew python
);

sub import {
    my $caller = caller;
    strict->import;
    warnings->import;
    Test::More->export_to_level(1);
    no strict 'refs';
    *{"${caller}::$_"} = \&{$_} for @FUNCTIONS;
}

# The client: one per test program.
my $client;
my $outlived = 0;
sub client { return $client //= MTLS::Client->new }

sub start_server  { return MTLS::Server->start(@_) }
sub main_server   { return MTLS::Server->main }
# A line for outside of virtual hosts: ticket keys that all servers with it share, in all their generations.
sub ticket_keys   { return sprintf qq{LoadModule ticket_module "%s/mod_ticket.so"\n}, build() }
# Lines for outside of virtual hosts: three children as long as nobody needs more, and no fewer.
sub three_children {
    return mpm() eq 'prefork' ? "StartServers 3\nMinSpareServers 3\n" : "StartServers 3\nMinSpareThreads 48\nMaxSpareThreads 48\n";
}
sub start_backend { return MTLS::Backend->start(@_) }
sub configtest    { return MTLS::Server::configtest(@_) }

# The configuration is accepted, and the output holds every one of the patterns.
sub ok_config {
    my ($name, $parts, @patterns) = @_;
    my $result = configtest(ref $parts ? %$parts : (conf => $parts));
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return fail($name) || diag($result->{output}) if $result->{exit} || $result->{signal};
    my @missing = grep { $result->{output} !~ $_ } @patterns;
    return ok(!@missing, $name) || diag("not found: @missing\n$result->{output}");
}

# The configuration is refused, in words, with a sentence that matches: a string (the whole sentence) or a pattern.
sub refused_config {
    my ($name, $parts, $sentence) = @_;
    my $result = configtest(ref $parts ? %$parts : (conf => $parts));
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return fail("$name: accepted") || diag($result->{output}) if !$result->{exit} && !$result->{signal};
    return fail("$name: killed by signal $result->{signal}") if $result->{signal};
    return ref $sentence ? like($result->{sentence}, $sentence, $name) : is($result->{sentence}, $sentence, $name);
}

# One more certificate: make_certificate(name => { row as in t/pki/make-pki.py }).
sub make_certificate {
    my ($name, $row) = @_;
    my $text = JSON::PP->new->ascii->canonical->encode($row);
    system(python(), top() . '/t/pki/make-pki.py', pki(), 'add', $name, $text, own_pki()) == 0
        or die "make-pki.py could not make $name\n";
    return $name;
}

# Connections that outlive their certificate, on which it was used for PATH while it was good: outlive($server, PATH, { row },
# { http => '1.1' }, ...) gives what to ask with on each. On a machine that is slow the certificate lives longer.
sub outlive {
    my ($server, $path, $row, @hows) = @_;
    for my $lifetime (5, 15, 45, 135) {
        my $good = time + $lifetime - 1;
        my $name = make_certificate("short-lived-$lifetime-" . ++$outlived, { %$row, not_after => $lifetime });
        my $until = time + $lifetime;
        my $n = 0;
        my @kept = map { { %$_, cert => $name, conn => "$name " . ++$n } } @hows;
        my $ask = sub { return grep { client()->request($server, $path, %$_)->{status} } @kept };
        next if $ask->() < @kept || time >= $good;
        for (my $round = 1; time <= $until; $round++) {
            sleep 1;
            $ask->() if $round % 5 == 0;      # or the server would close them
        }
        return @kept;
    }
    die "no certificate lives long enough\n";
}

# Revocation lists: make_crls(FILE => { row as in t/pki/make-crl.py }, ...); pki(FILE) is the path.
sub make_crls {
    my (%rows) = @_;
    my $text = JSON::PP->new->ascii->canonical->encode(\%rows);
    system(python(), top() . '/t/pki/make-crl.py', pki(), $text, own_pki()) == 0 or die "make-crl.py could not make them\n";
}

# The columns that every TLS case is run in: HTTP version, TLS version, full or resumed handshake.
sub tls_matrix {
    my @matrix;
    for my $http (mpm() eq 'prefork' ? '1.1' : ('1.1', '2')) {
        for my $tls ('1.2', '1.3') {
            push @matrix, map { { http => $http, tls => $tls, resumed => $_ } } 0, 1;
        }
    }
    return @matrix;
}

1;
