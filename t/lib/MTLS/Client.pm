# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Client;
# Drives t/lib/client.py: one process, any number of connections and requests. See t/README.md.
use strict;
use warnings;
use IPC::Open2;
use Scalar::Util 'weaken';
use JSON::PP ();
use MTLS::Env qw(top pki python);

my $json = JSON::PP->new->latin1->canonical;
my %clients;
our %responses;     # by port: how many have been received

sub new {
    my ($class) = @_;
    my $pid = open2(my $from, my $to, python(), top() . '/t/lib/client.py');
    my $self = bless { pid => $pid, from => $from, to => $to }, $class;
    weaken($clients{$self} = $self);
    return $self;
}

# No connection to this port stays open: a server that is to stop would wait for it.
sub leave {
    my ($port) = @_;
    $_->do({ close_port => $port + 0 }) for values %clients;
}

# How many connections to this port are kept open.
sub kept {
    my ($port) = @_;
    my $kept = 0;
    $kept += $_->do({ kept => $port + 0 })->{kept} for values %clients;
    return $kept;
}

# One job as client.py understands it.
sub do {
    my ($self, $job) = @_;
    local $SIG{PIPE} = 'IGNORE';
    # JSON::PP writes "1" or 1 as the scalar was last used; ports must be numbers.
    my %job = %$job;
    $job{port} += 0 if defined $job{port};
    print { $self->{to} } $json->encode(\%job), "\n";
    $self->{to}->flush;
    my $line = readline $self->{from};
    defined $line or die "client.py has died\n";
    my $answer = $json->decode($line);
    $responses{ $job{port} // '' } += @{ $answer->{responses} };
    return $answer;
}

# How to connect, in words of the tests: cert => name in the test PKI (or none), the rest as client.py has it.
sub job {
    my ($server, %how) = @_;
    my %job = map { exists $how{$_} ? ($_ => $how{$_}) : () }
        qw(http tls sni key alpn pha session save conn change close plain port timeout);
    $job{port} //= $how{plain} ? $server->http_port : $server->https_port;
    if (defined $how{cert}) {
        @job{qw(cert key)} = (pki("$how{cert}.chain.pem"), pki("$how{cert}.key"));
    }
    return \%job;
}

# Several requests on one connection: a list of responses, see one.
sub many {
    my ($self, $server, $how, @requests) = @_;
    my $answer = $self->do({ %{ job($server, %$how) }, requests => \@requests });
    my %common = map { $_ => $answer->{$_} } grep { $_ ne 'responses' } keys %$answer;
    my @responses = map { MTLS::Response->new({ %common, error => undef, %$_ }) } @{ $answer->{responses} };
    # What went wrong went wrong with the request that has no response.
    while (@responses < @requests) {
        push @responses, MTLS::Response->new({ status => 0, headers => [], body => '', %common });
    }
    return @responses;
}

# One request on a connection of its own (or a named one): { status, headers, body, trailers, tls, cipher,
# alpn, reused, error }; status 0 where there is no response. With resumed => 1 the connection resumes the
# session of another one that was made and used before; "maybe" lets the server refuse to resume.
sub request {
    my ($self, $server, $path, %how) = @_;
    my $resumed = delete $how{resumed};
    if ($resumed) {
        my %first = map { exists $how{$_} ? ($_ => $how{$_}) : () } qw(cert http tls sni key port);
        $how{session} = 'resumed ' . ++$self->{sessions};
        $self->request($server, '/', %first, save => $how{session});
    }
    my @given = grep { exists $how{$_} } qw(method headers body trailers raw bare);
    my ($response) = $self->many($server, \%how, { path => $path, map { $_ => $how{$_} } @given });
    if (($resumed // 0) eq '1' && !$response->{reused}) {
        die 'the session was not resumed: ' . ($response->{error} // 'a full handshake') . "\n";
    }
    return $response;
}

# The request behind one that was answered with $status and a goodbye, on the same named connection: status 0 where the
# connection has ended. HTTP/2's goodbye comes behind the response: a client who is quick enough is answered as before once more.
sub behind_goodbye {
    my ($self, $server, $path, $status, %how) = @_;
    my $last;
    for (1 .. 20) {
        $last = $self->request($server, $path, %how);
        return $last if ($how{http} // '') ne '2' || $last->{status} != $status;
        select undef, undef, undef, 0.05;
    }
    return $last;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $!);
    delete $clients{$self};
    close $self->{to};
    waitpid $self->{pid}, 0;
}

package MTLS::Response;
use strict;
use warnings;

sub new { my ($class, $self) = @_; return bless $self, $class }

# All values of a header, by name without case.
sub header {
    my ($self, $name) = @_;
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } @{ $self->{headers} };
    return wantarray ? @values : $values[0];
}

# What a backend of t/lib/backend.py has seen.
sub seen {
    my ($self) = @_;
    return $self->{seen} //= JSON::PP->new->latin1->decode($self->{body});
}

# The values that the backend has seen of a header, by its exact name where lines are raw.
sub backend_header {
    my ($self, $name) = @_;
    my $seen = $self->seen;
    my @pairs = map { ref $_ ? $_ : [ /^([^:]*):[ \t]*(.*)$/s ] } @{ $seen->{headers} // $seen->{params} };
    return map { $_->[1] } grep { $_->[0] eq $name } @pairs;
}

1;
