#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# docs/rollout.md, step by step: its lines load and do what it says, and its queries answer what was done.
use MTLS::Test;

my $guide = slurp(top() . '/docs/rollout.md');
my @steps = split /^## \d\. .*\n/m, $guide;
is(scalar @steps, 6, 'five steps');

# The indented blocks of a step: lines for the server, and commands.
sub blocks { my ($step) = @_; return map { s/^    //mgr } $steps[$step] =~ /((?:^    .*\n)+)/mg }
my (%lines, %queries);
for my $step (1 .. 5) {
    for my $block (blocks($step)) {
        if ($block =~ /^ *(?:jq|grep) /) { push @{ $queries{$step} }, $block }
        elsif ($block !~ /^sum /) { push @{ $lines{$step} }, $block }
    }
}
is(join(' ', map { $_ . ':' . @{ $lines{$_} // [] } . '/' . @{ $queries{$_} // [] } } 1 .. 5), '1:2/1 2:1/0 3:0/3 4:1/1 5:2/1',
   'lines and queries of each step');

# A server with some lines of the guide in its virtual host, what clients ask it, and what it has written.
my $runs = 0;
sub run {
    my ($lines, @requests) = @_;
    my $log = logs() . "/rollout-$$-" . $runs++ . '.json';
    $lines =~ s/^LoadModule .*\n//m;
    $lines =~ s{/etc/ssl/mtls/clients-ca.pem}{\@PKI\@/ca.pem};
    my $global = $lines =~ s/^MTLSAuditLog logs\/mtls\.json all\n//m;
    my $server = start_server(conf => $global ? qq(MTLSAuditLog "$log" all\n) : '', tls => $lines);
    my @statuses = map { client()->request($server, $_->[1], cert => $_->[0])->{status} } @requests;
    spew("$log.errors", $server->error_log);
    $server->stop;
    return ($log, @statuses);
}

sub ask {
    my ($query, $log) = @_;
    $query =~ s{logs/mtls\.json}{$log} || $query =~ s{logs/error_log}{$log.errors} or die "a query without a log: $query";
    my $answer = qx($query);
    is($?, 0, "it runs: $query");
    return [ map { s/^\s+//r } split /\n/, $answer ];
}

my @CLIENTS = (['ok', '/orders/1'], ['ok', '/orders/2'], ['other', '/orders/1'], ['bare', '/reports/x'], [undef, '/orders/1'], ['ok', '/public']);
my $first = join '', @{ $lines{1} };

# 1 and 2: everybody is served (404: there is nothing at these paths), and would-be denials are written down.
my ($log, @statuses) = run("$first$lines{2}[0]", @CLIENTS);
is("@statuses", '404 404 404 404 404 404', 'nobody is refused while the rules report');
my $denied = ask($queries{3}[0], $log);
is(scalar @$denied, 3, 'three would have been denied') or diag explain $denied;
like("@$denied", qr{1 no-match\t[^\t]*Otto[^\t]*\t/orders/1}, 'one by name');
like("@$denied", qr{1 no-certificate\t127\.0\.0\.1\t/orders/1}, 'one by address');
my $used = ask($queries{3}[1], $log);
is(scalar @$used, 1, 'one line has let somebody in');
like($used->[0], qr/^2 \S+:\d+$/, 'twice');
is_deeply(ask($queries{3}[2], $log), ['3'], 'the number of would-be denials');

# Whoever nobody has verified is served and named; what TLS refuses all the same is found in the error log.
my @STRANGERS = (['stranger', '/orders/1'], ['stranger', '/public'], ['expired', '/orders/1'], ['future', '/public'], ['ok', '/orders/1']);
($log, @statuses) = run("$first$lines{2}[0]", @STRANGERS);
is("@statuses", '404 404 0 0 404', 'a CA that is missing does no harm, a certificate that has expired ends the handshake');
$denied = ask($queries{3}[0], $log);
is(scalar @$denied, 1, 'what the audit log has of them') or diag explain $denied;
like($denied->[0], qr{^1 unverified\t[^\t]*CN=[^\t]*\t/orders/1$}, 'the one who was served, by name');
is(join(' ', map { /Verification: Error \((\d+)\)/ } @{ ask($queries{1}[0], $log) }), '10 9', 'what the error log has of the others');

# 4: one section enforces, the other goes on reporting.
my ($reports) = $lines{2}[0] =~ m{(<Location "/reports/">.*?</Location>\n)}s;
($log, @statuses) = run("$first$lines{4}[0]$reports", @CLIENTS);
is("@statuses", '404 404 403 404 403 404', 'one location enforces');
is(scalar @{ ask($queries{4}[0], $log) }, 2, 'two were denied');
is_deeply(ask($queries{3}[2], $log), ['1'], 'and one would be elsewhere');

# 5: the backstop reports first, and then holds.
my $audit = "MTLSAuditLog logs/mtls.json all\n" . $lines{1}[1];
my $all = $lines{5}[1];
($log, @statuses) = run($audit . $lines{2}[0] . $all, @CLIENTS);
is("@statuses", '404 404 403 403 403 404', 'the rules enforce, the backstop only reports');
is_deeply(ask($queries{5}[0], $log), ['1 /public'], 'what it has found');
($log, @statuses) = run($audit . $lines{2}[0] . ($all =~ s/^\s*MTLSMode .*\n//mgr), @CLIENTS);
is("@statuses", '404 404 403 403 403 403', 'a configuration without the word enforces');

# and TLS is told to refuse whom it cannot verify.
my $verified = $lines{1}[1] =~ s/^SSLVerifyClient .*\n/$lines{5}[0]/mr;
($log, @statuses) = run("MTLSAuditLog logs/mtls.json all\n$verified$lines{2}[0]", @STRANGERS);
is("@statuses", '0 0 0 0 404', 'nobody who is not verified gets past the handshake');
is_deeply([ map { /Verification: Error \((\d+)\)/ } @{ ask($queries{1}[0], $log) } ], [20, 20, 10, 9], 'and the error log says why');
done_testing;
