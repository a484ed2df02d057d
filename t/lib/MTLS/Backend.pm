# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Backend;
# Drives t/lib/backend.py. See t/README.md.
use strict;
use warnings;
use IPC::Open2;
use JSON::PP ();
use MTLS::Env qw(top logs python slurp);

# The kinds that are wanted: http https h2 h2c fcgi scgi uwsgi ajp.
sub start {
    my ($class, @kinds) = @_;
    (my $test = $0) =~ s{.*/|\.t$}{}g;
    my $log = sprintf '%s/backend-%s-%d-%s', logs(), $test, $$, join '-', @kinds;
    my $pid = open2(my $from, my $to, python(), top() . '/t/lib/backend.py', '--log', $log, @kinds);
    my $ports = readline $from;
    defined $ports or die "backend.py did not start\n";
    return bless { pid => $pid, from => $from, to => $to, log => $log, mark => 0,
                   ports => JSON::PP::decode_json($ports) }, $class;
}

sub port {
    my ($self, $kind) = @_;
    return $self->{ports}{$kind} // die "no backend of kind $kind was started\n";
}

# The requests that were received since the mark, all kinds, in order.
sub received {
    my ($self) = @_;
    my $json = JSON::PP->new->latin1;
    return map { $json->decode($_) } split /\n/, substr slurp($self->{log}), $self->{mark};
}

sub mark { $_[0]{mark} = -s $_[0]{log} // 0 }

sub DESTROY {
    my ($self) = @_;
    local ($?, $!);
    close $self->{to};
    waitpid $self->{pid}, 0;
}

1;
