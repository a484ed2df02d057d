#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What is counted is what happened, to the request: many clients at once, event and prefork, graceful restarts in
# the middle of it that change the configuration, too, and children that are killed. What is expected is counted by the clients.
use MTLS::Test;
use JSON::PP;
use POSIX ();

my $REQUESTS = $ENV{MTLS_REQUESTS} // 1500;
my $CLIENTS = 4;
my $BATCH = 25;           # requests of one connection

# [certificate, path, status, section, mode, decision, reason]
my @KINDS = (
    ['ok', '/orders/', 404, '<Location /orders/>', 'enforce', 'granted', 'granted'],
    ['other', '/orders/', 403, '<Location /orders/>', 'enforce', 'denied', 'no-match'],
    [undef, '/orders/', 403, '<Location /orders/>', 'enforce', 'denied', 'no-certificate'],
    ['other', '/watched/', 404, '<Location /watched/>', 'report', 'would-deny', 'no-match'],
    ['ok', '/watched/', 404, '<Location /watched/>', 'report', 'granted', 'granted'],
    ['ok', '/kept/', 403, '<Location /kept/>', 'enforce', 'denied', 'backstop'],
    [undef, '/open/', 404, '', 'enforce', 'not-asked', undef],
);

my $SECTIONS = <<'END';
    <Location "/orders/">
        Require mtls subject.cn is "Anne Example"
    </Location>
    <Location "/watched/">
        MTLSMode report
        Require mtls subject.cn is "Anne Example"
    </Location>
END
my $BACKSTOP = <<'END';
    <Location "/kept/">
        MTLSBackstop on
    </Location>
END
my $STATUS = <<'END';
    <Location "/mtls-status">
        SetHandler mtls-status
        Require mtls
    </Location>
END

# One client: its requests are those of the kinds in turn, a kind for each connection, and more of them while the file $while
# is there. Says how many of each were answered; what the server closed unanswered was not counted there either.
sub drive {
    my ($server, $number, $requests, $while) = @_;
    my $client = MTLS::Client->new;
    my %answered;
    for (my $i = $number; $requests > 0 || -e $while; $i++) {
        my ($certificate, $path, $status, @key) = @{ $KINDS[$i % @KINDS] };
        my @batch = map { { path => $path, headers => [['X-SSL-Client-Verify', 'SUCCESS']] } } 1 .. ($requests > 0 && $requests < $BATCH ? $requests : $BATCH);
        my @got = grep { $_->{status} } $client->many($server, { cert => $certificate }, @batch);
        $answered{ join "\n", map { $_ // '' } @key } += @got;
        $answered{connections}{ $certificate ? 'verified' : 'none' }++ if @got;
        $answered{wrong} += grep { $_->{status} != $status } @got;
        $requests -= @got;
    }
    return \%answered;
}

# Several at once, in processes of their own, and meanwhile whatever else is to happen: they go on until it has.
sub drive_all {
    my ($server, $meanwhile) = @_;
    my $while = $server->dir . '/meanwhile';
    spew($while, '') if $meanwhile;
    my @from;
    for my $number (1 .. $CLIENTS) {
        my $pid = open(my $from, '-|') // die "fork: $!";
        if (!$pid) {
            my $answered = eval { drive($server, $number, int $REQUESTS / $CLIENTS, $while) } // { wrong => $@ };
            print JSON::PP->new->canonical->encode($answered), "\n";
            close STDOUT;
            POSIX::_exit(0);
        }
        push @from, $from;
    }
    my $done = !$meanwhile || eval { $meanwhile->(); 1 };
    my $error = $@;
    unlink $while;
    die $error if !$done;
    my %sum;
    for my $from (@from) {
        my $answered = decode_json(scalar <$from>);
        my $connections = delete $answered->{connections};
        $sum{connections}{$_} += $connections->{$_} for keys %$connections;
        $sum{$_} += $answered->{$_} for keys %$answered;
        close $from;
    }
    return \%sum;
}

sub counted {
    my ($server) = @_;
    my $metrics = decode_json(client()->request($server, '/mtls-status?format=json', cert => 'ok')->{body})->{metrics};
    my %counted;
    for my $row (@{ $metrics->{mtls_authz_decisions_total} }) {
        next if ($row->{section} // '') =~ /mtls-status/ || !$row->{value};
        next if $row->{vhost} !~ /:@{[ $server->https_port ]}$/;
        $counted{ join "\n", map { $_ // '' } @$row{qw(section mode decision reason)} } = $row->{value};
    }
    my ($removed) = map { $_->{value} } @{ $metrics->{mtls_authz_removed_headers_total} };
    my %connections = map { $_->{certificate} => $_->{value} } @{ $metrics->{mtls_authz_connections_total} };
    return (\%counted, $removed // 0, \%connections);
}

sub shown { my ($counts) = @_; return join '', map { my $key = s/\n/ /gr; "$key: $counts->{$_}\n" } sort keys %$counts }

for my $mpm (qw(event prefork)) {
    my $server = start_server(mpm => $mpm, tls => $SECTIONS . $BACKSTOP . $STATUS);
    my (%expected, $removed);

    # What is counted when a request is over is there a moment later.
    my $compare = sub {
        my ($what) = @_;
        my ($counted, $removals);
        MTLS::Server::wait_for(sub { ($counted, $removals) = counted($server); shown($counted) eq shown(\%expected) });
        is(shown($counted), shown(\%expected), "$mpm: $what: every decision was counted, once");
        is($removals, $removed, "$mpm: $what: and every header that was removed");
    };
    my $add = sub {
        my ($sum) = @_;
        is(delete $sum->{wrong}, 0, "$mpm: every answer is the expected one");
        my $connections = delete $sum->{connections};
        $expected{$_} += $sum->{$_} for keys %$sum;
        $removed += $sum->{$_} for keys %$sum;
        return $connections;
    };

    my (undef, undef, $before) = counted($server);
    my $connections = $add->(drive_all($server));
    $compare->('many clients');
    my (undef, undef, $after) = counted($server);
    is($after->{none} - $before->{none}, $connections->{none}, "$mpm: connections without a certificate");
    cmp_ok($after->{verified} - $before->{verified}, '>', $connections->{verified}, "$mpm: and with one, those of this test among them");

    # Restarts while requests are answered: sections come, go and change places.
    my $new = join '', map { "<Location \"/new/$_/\">\nRequire mtls\n</Location>\n" } 1 .. 3;
    my $sum = sub { my ($counted) = counted($server); my $all = 0; $all += $_ for values %$counted; return $all };
    my $goes_on = sub { my $before = $sum->(); return MTLS::Server::wait_for(sub { $sum->() > $before }) };
    my @went_on;
    $add->(drive_all($server, sub {
        push @went_on, $goes_on->();
        for my $sections ($new . $BACKSTOP . $SECTIONS . $STATUS, $STATUS . $SECTIONS . $BACKSTOP) {
            $server->graceful(tls => $sections);
            push @went_on, $goes_on->();
        }
    }));
    is(scalar(grep { $_ } @went_on), 3, "$mpm: requests were answered before, between and after the restarts");
    $compare->('across two graceful restarts');

    # Children that are killed take nothing with them, and those that take their places count on.
    kill KILL => MTLS::Server::children($server->pid);
    MTLS::Server::wait_for(sub { client()->request($server, '/mtls-status', cert => 'ok')->{status} == 200 }) or fail('nobody answers any more');
    $compare->('after all children were killed');
    $add->(drive_all($server));
    $compare->('and then');
    $server->stop;
    my $log = $server->dir . '/error_log';
    spew($log, join '', map { "$_\n" } grep { !/exit signal Killed \(9\)/ } split /\n/, slurp($log));     # t/99log.t looks for others
}
done_testing;
