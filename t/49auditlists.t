#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The audit log tells which version of which list a decision was made with, and in which mode.
use MTLS::Test;
use MTLS::Lists;
use JSON::PP ();
use Time::HiRes 'time';

my $dir = list_dir();
put('partners', 'shop.example.org role=billing');
put('kill', '# nobody');
put('other', 'bare.example.org');
my $server = start_server(log_level => 'mtls_authz:debug', conf => qq(MTLSAuditLog "$dir/audit" all\n) . three_children(), tls => <<"END");
    MTLSListInterval 1s
    MTLSList partners san.dns file:$dir/partners
    MTLSList other san.dns file:$dir/other
    MTLSKillList $dir/kill
    <Location "/partners">
        Require mtls in partners
    </Location>
    <Location "/label">
        MTLSMode report
        Require mtls label.partners.role is reader
    </Location>
    <Location "/either">
        MTLSMode report
        Require mtls in other partners
    </Location>
    <Location "/plain">
        Require mtls
    </Location>
END
sub lines { return map { JSON::PP::decode_json($_) } split /\n/, slurp("$dir/audit") }

# Lines are written behind the responses, by whichever child it was: each question has a path of its own.
my ($asked, @asked) = (0);
sub ask {
    my ($path, $cert, @wanted) = @_;
    my $own = "$path/" . $asked++;
    client()->request($server, $own, cert => $cert, http => '1.1');
    push @asked, [$own, $cert, @wanted];
}
# What is asked, and what the line has to say: decision, mode, lists.
ask('/partners', 'ok', 'allow', 'enforce', { partners => 1 });
ask('/partners', 'other', 'deny', 'enforce', { partners => 1 });
ask('/label', 'ok', 'would-deny', 'report', { partners => 1 });
ask('/either', 'ok', 'allow', 'report', { partners => 1, other => 1 });
ask('/plain', 'ok', 'allow', 'enforce', undef);
put('partners', 'other.example.org role=reader');
await($server, qr/list partners: version 2 is in force/);
everywhere($server, 'partners', 2);
ask('/partners', 'ok', 'deny', 'enforce', { partners => 2 });
put('kill', '# line 1', 'san.dns shop.example.org');
await($server, qr/kill list: version 2 is in force/);
everywhere($server, undef, 2);
ask('/plain', 'ok', 'deny', 'enforce', { 'kill list' => 2 });
ask('/partners', 'nul-dns', 'deny', 'enforce', { 'kill list' => 2 });

# Version n has him on line n. While children take it up one after the other each tells of the one that it has looked into.
my $until = time + 120;
for my $version (3 .. 9) {
    put('kill', ('# not here') x ($version - 1), 'san.dns shop.example.org');
    while (!said($server, qr/kill list: version $version is in force/) && time < $until) {
        client()->request($server, "/changing/$_", cert => 'ok', http => '1.1') for 1 .. 5;
    }
    client()->request($server, "/changing/$_", cert => 'ok', http => '1.1') for 1 .. 20;
}
$server->stop;

my @lines = lines();
for my $case (@asked) {
    my ($path, $cert, @wanted) = @$case;
    my @found = grep { $_->{path} eq $path } @lines;
    is(scalar @found, 1, "$path: a line");
    is_deeply([ @{ $found[0] }{qw(decision mode lists)} ], \@wanted, "$path $cert: $wanted[0]");
}
my %seen = map { ($_->{detail} =~ s/.*://r) . " $_->{lists}{'kill list'}" => 1 } grep { $_->{path} =~ m{^/changing} } @lines;
my %wrong = map { my ($line, $version) = split / /; $line == $version ? () : ($_ => 1) } keys %seen;
ok(!%wrong, 'line and version belong together') or diag explain \%wrong;
is(scalar(grep { $_ eq '9 9' } keys %seen), 1, 'up to the last one');
done_testing;
