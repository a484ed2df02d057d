#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The audit log tells which version of which list a decision was made with, and in which mode.
use MTLS::Test;
use JSON::PP ();

my $dir = logs() . "/auditlists-$$";
mkdir $dir;
sub put { my ($name, $text) = @_; spew("$dir/.new", $text); rename "$dir/.new", "$dir/$name" or die "$dir/$name: $!\n"; }
put(partners => "shop.example.org role=billing\n");
put(kill => "# nobody\n");
put(other => "bare.example.org\n");
my $server = start_server(log_level => 'mtls_authz:info', conf => qq(MTLSAuditLog "$dir/audit" all\n), tls => <<"END");
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
sub wait_for { my ($pattern) = @_; my $until = time + 30; select undef, undef, undef, 0.05 until $server->error_log =~ $pattern || time > $until }
sub ask { my ($path, $cert) = @_; client()->request($server, $path, cert => $cert, http => '1.1') }

# What is asked, and what the line has to say: decision, mode, lists.
my @asked = (
    ['/partners', 'ok', 'allow', 'enforce', { partners => 1 }],
    ['/partners', 'other', 'deny', 'enforce', { partners => 1 }],
    ['/label', 'ok', 'would-deny', 'report', { partners => 1 }],
    ['/either', 'ok', 'allow', 'report', { partners => 1, other => 1 }],
    ['/plain', 'ok', 'allow', 'enforce', undef],
);
ask(@$_[0, 1]) for @asked;
put(partners => "other.example.org role=reader\n");
wait_for(qr/list partners: version 2 is in force/);
push @asked, ['/partners', 'ok', 'deny', 'enforce', { partners => 2 }];
ask('/partners', 'ok');
put(kill => "san.dns shop.example.org\n");
wait_for(qr/kill list: version 2 is in force/);
push @asked, ['/plain', 'ok', 'deny', 'enforce', { 'kill list' => 2 }];
ask('/plain', 'ok');
$server->stop;
my @lines = map { JSON::PP::decode_json($_) } split /\n/, slurp("$dir/audit");
is(scalar @lines, scalar @asked, 'a line for each');
for my $i (0 .. $#asked) {
    my ($path, $cert, @wanted) = @{ $asked[$i] };
    is_deeply([ @{ $lines[$i] }{qw(decision mode lists)} ], \@wanted, "$path $cert: $wanted[0]");
}
done_testing;
