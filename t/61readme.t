#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# README.md keeps its word: its files exist, its configuration loads and does what it says, and the demo's
# table has the rows that are shown.
use MTLS::Test;

my $readme = slurp(top() . '/README.md');

my @files = $readme =~ /\]\(([^)#:]+)\)/g;
ok(@files > 8, 'README.md names files');
ok(-e top() . "/$_", "README.md: there is $_") for @files;

# "before" and "after" stand side by side.
my ($block) = $readme =~ /^(    # before .*?\n)\n/ms or die 'README.md has no "before" and "after"';
my $column = index $block, '# after';
my $before = join "\n", map { substr $_, 0, $column } split /\n/, $block;
my $after = join "\n", map { length > $column ? substr $_, $column : '' } split /\n/, $block;
ok_config('the lines of "before" load without the module', { tls => $before, ours => 'no' });
my $backend = start_backend('http');
my $proxy = sprintf qq{ProxyPass "/" "http://127.0.0.1:%d/"\n}, $backend->port('http');
my $server = start_server(tls => "$proxy$after");
for my $case (['ok', 200, 'SUCCESS'], [undef, 403]) {
    my ($cert, $status, $verify) = @$case;
    my $response = client()->request($server, '/orders/', cert => $cert);
    is($response->{status}, $status, '"after": ' . ($cert // 'nobody'));
    is_deeply([ $response->backend_header('X-Client-Verify') ], [$verify], '"after": the header') if $verify;
}

# What is added to a virtual host that has TLS already.
my ($added) = $readme =~ /^In the virtual host.*?\n\n(.*?)\n\n/ms or die 'README.md has nothing to add';
$added =~ s{/etc/ssl/mtls/clients-ca.pem}{\@PKI\@/ca.pem} or die 'README.md names another file';
$server = start_server(tls => "$proxy$added");
for my $case (['ok', 200], ['other', 403, 'no-match'], [undef, 403, 'no-certificate']) {
    my ($cert, $status, $reason) = @$case;
    $server->mark;
    is(client()->request($server, '/orders/', cert => $cert)->{status}, $status, 'added: ' . ($cert // 'nobody'));
    like($server->error_log, qr/access denied, reason: $reason /, "added: $reason in the log") if $reason;
}

# The rows of the table, as tools/demo/table.py calls them: %s stands for anything.
my $table = slurp(top() . '/tools/demo/table.py');
my %known = map { $_ => quotemeta =~ s/\\%s/.+/r } $table =~ /(?:self\.row\(|^        \()"([^"]+)"/mg;
my @shown = $readme =~ /^ *(\d+)  (\S.*?)(?:  |$)/mg;
my ($number, %used) = (0);
ok(keys %known > 20, 'table.py has rows: ' . keys %known);
while (my ($n, $label) = splice @shown, 0, 2) {
    is($n, ++$number, "README.md: row $n");
    my ($row) = grep { $label =~ /^$known{$_}$/ } sort keys %known;
    ok($row, "README.md: the demo has the row '$label'") and $used{$row} = 1;
}
is_deeply([sort keys %used], [sort keys %known], 'README.md shows each row of the demo');
done_testing;
