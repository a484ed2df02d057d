#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Files, shared memory and the clock that fail while the server runs: the last good lists stay in force, nobody is let in
# whom they do not let in, and when the fault is gone what has changed meanwhile is taken up. At the start a fault of a list
# stops the server.
use MTLS::Test;
use MTLS::Faults;
use MTLS::Lists;
use Errno qw(EIO EACCES EMFILE ENOMEM ENOSPC ESTALE EINTR);
use File::Temp ();

my $faults = MTLS::Faults->new;
my $dir = list_dir();

# Two states of the same files: in each of them one of the two clients is let in, the other is not.
my ($number, $entries) = (0, 0);
make_crls(map { $_ => { issuer => 'intermediate', revoked => [$_], number => 1 } } 'ok', 'other');
sub write_lists {
    my ($let_in) = @_;
    my $kept_out = $let_in eq 'ok' ? 'other' : 'ok';
    $entries = 1 + ++$number % 7;        # so that what is told of one version is not taken for another one's
    my @nobody = map { sprintf '%064x', $_ } 2 .. $entries;
    put('members', "# $number", digest_of($let_in), @nobody);
    put('blocked', "# $number", digest_of($kept_out), @nobody);
    put('kill', "# $number", map { "sha256 $_" } digest_of($kept_out), @nobody);
    put('crl', "# $number\n" . slurp(pki($kept_out)));
}

my %RULE = (members => 'Require mtls in members', blocked => "Require mtls\nRequire not mtls in blocked", crl => "Require mtls\nRequire not mtls in crl",
            kill => 'Require mtls');
my $locations = join '', map { "<Location \"/$_\">\n<RequireAll>\n$RULE{$_}\n</RequireAll>\n</Location>\n" } grep { $_ ne 'kill' } keys %RULE;
put('cas', slurp(pki('ca.pem')), slurp(pki('intermediate.crt')));
my $LISTS = <<"END";
    SSLCACertificateFile "$dir/cas"
    MTLSListInterval 1s
    MTLSList members sha256 "file:$dir/members"
    MTLSList blocked sha256 "file:$dir/blocked"
    MTLSList crl serial "crl:$dir/crl"
END
# The kill list has a server of its own: it would hide what the others say.
my %CONF = (lists => $LISTS . $locations, kill => "MTLSListInterval 1s\nMTLSKillList \"$dir/kill\"\n<Location \"/kill\">\n$RULE{kill}\n</Location>\n");
my @paths = sort keys %RULE;

write_lists('ok');
my %server = map { my $which = $_; $which => $faults->around(sub { start_server(tls => $CONF{$which}) }) } keys %CONF;
sub server_of { return $server{ $_[0] eq 'kill' ? 'kill' : 'lists' } }

# "ok ok ok ok": whom each path lets in.
sub state {
    my ($path) = @_;
    return join '+', grep { client()->request(server_of($path), "/$path", cert => $_)->{status} == 404 } 'ok', 'other';
}
sub states { return join ' ', map { state($_) } @paths }
sub all { return join ' ', ($_[0]) x @paths }
is(states(), all('ok'), 'at the start');

# ---- while the server runs: what fails, of which files, how; and what is said, undef: it is taken up nevertheless ----

my @FAULTS = (
    ['open: EIO', "$dir/", EIO, ['open'], qr/cannot be read: Input.output error/],
    ['open: EACCES', "$dir/", EACCES, ['open'], qr/cannot be read: Permission denied/],
    ['open: EMFILE', "$dir/", EMFILE, ['open'], qr/cannot be read: Too many open files/],
    ['stat: EIO', "$dir/", EIO, ['stat'], qr/cannot be read: Input.output error/],
    ['stat: EACCES', "$dir/", EACCES, ['stat'], qr/cannot be read: Permission denied/],
    ['stat: ESTALE', "$dir/", ESTALE, ['stat'], qr/cannot be read: Stale/],
    ['fstat: EIO', "$dir/", EIO, ['fstat'], qr/cannot be read: Input.output error/],
    ['read: EIO', "$dir/", EIO, ['read'], qr/cannot be read: Input.output error/],
    ['read: seven octets at a time', "$dir/", 0, ['short'], undef],
    ['read: the end too early', "$dir/", 0, ['cut'], qr/became shorter while it was read/],
    ['mmap: ENOMEM', '', ENOMEM, ['mmap'], qr/: .*(?:memory|Cannot allocate)/],
    ['shared memory: ENOSPC', '/memfd:mtls-list', ENOSPC, ['write'], qr/does not fit into memory/],
    ['shared memory: EIO', '/memfd:mtls-list', EIO, ['write'], qr/could not be copied into shared memory/],
    ['shared memory: seven octets at a time', '/memfd:mtls-list', 0, ['partial'], undef],
    ['shared memory: truncate', '/memfd:mtls-list', EIO, ['truncate'], qr/could not be copied into shared memory/],
    ['shared memory: mmap', '/memfd:mtls-list', ENOMEM, ['mmap'], ''],
);
my ($in, $next) = ('ok', 'other');
for my $case (@FAULTS) {
    my ($name, $path, $error, $calls, $said) = @$case;
    $_->mark for values %server;
    $faults->break_files($path, $error, @$calls);
    write_lists($next);
    if (!defined $said) {
        becomes(all($next), \&states, "$name: what was written is taken up");
        cmp_ok($faults->hits, '>', 0, "$name: that has happened");
    }
    else {
        if ($said) {
            for my $list (@paths) {
                my $who = $list eq 'kill' ? 'kill list' : "list $list";
                my ($line) = await(server_of($list), qr/mtls_authz: $who: .*stays in force/);
                like($line // 'nothing', $said, "$name: $list: said");
            }
        }
        else {
            # Nothing is wrong with the files: the new version is in force, and nobody has it.
            await(server_of($_), qr/in force, with \d entries, from \Q$dir\E\/$_$/) for @paths;
        }
        is(states(), all($in), "$name: the last good one stays in force");
        cmp_ok($faults->hits, '>', 0, "$name: that has happened");
    }
    $faults->mend_files;
    write_lists($next) if $said;      # else it would be tried again later, after some seconds
    becomes(all($next), \&states, "$name: and over");
    ($in, $next) = ($next, $in);
}

# ---- the clock ----

my $DAY = 86400;
for my $jump (1, -1, 2, -2, -400) {
    my $name = "the clock jumps by $jump days";
    Time::HiRes::sleep(0.5);          # all has been said, and the keepers wait for their next turn by the clock that is to be set
    $_->mark for values %server;
    $faults->clock($jump * $DAY);
    write_lists($next);
    # The certificates of the tests, their CAs' too, are those of now and later; a revocation list of tomorrow is not believed.
    if ($jump > 0) {
        becomes(all($next), \&states, "$name: what was written is taken up");
    }
    else {
        for my $list (@paths) {
            my $wanted = $list eq 'crl' ? qr/not valid yet: its thisUpdate lies in the future.*stays in force/ : qr/is in force, with $entries entries/;
            is(scalar await(server_of($list), qr/ (?:list )?$list(?: list)?: .*$wanted/), 1, "$name: $list: what was written is judged");
        }
        is(states(), all(''), "$name: nobody has a certificate that is valid");
    }
    is(scalar(grep { /is stale/ } map { split /\n/, $_->error_log } values %server), 0, "$name: nothing is called stale") if $jump > -400;
    $faults->clock(0);
    write_lists($next);
    becomes(all($next), \&states, "$name, and back: all is as it was written");
    ($in, $next) = ($next, $in);
}
for my $case (['short', 0, 404], ['short', 1, 403], ['short', 0, 404], ['future', 0, 403], ['future', 2, 404], ['expired', 0, 403], [$in, 0, 404], [$next, 0, 403]) {
    my ($cert, $days, $status) = @$case;
    $faults->clock($days * $DAY);
    my $got = client()->request(server_of('blocked'), '/blocked', cert => $cert)->{status};
    ok($got == $status || ($status == 403 && !$got), "$cert in $days days: $status") or diag $got;
}
# On a connection that stays open a certificate ends when the clock says so.
$faults->clock(0);
write_lists('other');
becomes('other', sub { state('blocked') }, 'so that "short" may come in');
for my $days (0, 1, 0, -40, 0) {
    $faults->clock($days * $DAY);
    my $got = client()->request(server_of('blocked'), '/blocked', cert => 'short', conn => 'long')->{status};
    is($got, $days ? 403 : 404, "a connection that stays open, the clock $days days ahead");
}
$faults->clock(0);

# ---- new children while shared memory cannot be mapped: nobody knows what is in a list, so nobody is let in ----

$faults->break_files('/memfd:mtls-list', ENOMEM, 'mmap');
$_->graceful for values %server;
is(states(), all(''), 'children without lists let nobody in');
$faults->mend_files;
becomes(all('other'), \&states, 'until they have them');

# ---- at the start: a fault of a list stops it ----

for my $case (grep { $_->[0] !~ /shared memory: mmap/ } @FAULTS) {
    my ($name, $path, $error, $calls, $said) = @$case;
    for my $which (sort keys %CONF) {
        $faults->break_files($path, $error, @$calls);
        my $result = $faults->around(sub { configtest(tls => $CONF{$which}) });
        $faults->mend_files;
        if (defined $said) {
            ok($result->{exit} && !$result->{signal}, "$name: $which: -t refuses") or diag $result->{output};
        }
        else {
            is($result->{exit}, 0, "$name: $which: -t accepts") or diag $result->{output};
        }
    }
}

# ---- the log of decisions cannot be written: requests are answered as ever, the loss is told ----

my $audit = "$dir/audit.log";
my $audited = $faults->around(sub { start_server(tls => <<"END") });
    MTLSAuditLog "$audit" all
    <Location "/in/">
        Require mtls san.dns is shop.example.org
    </Location>
END
sub answers { return join ' ', map { client()->request($audited, '/in/', cert => $_)->{status} } 'ok', 'other' }
sub lines { return grep { length } split /\n/, slurp($audit) }
is(answers(), '404 403', 'answers while it can be written');
is(scalar(lines()), 2, 'two lines');
for my $case (['ENOSPC', ENOSPC, 'write'], ['EIO', EIO, 'write'], ['seven octets', 0, 'partial']) {
    my ($name, $error, $call) = @$case;
    $audited->mark;
    my $before = lines();
    $faults->break_files($audit, $error, $call);
    is(answers(), '404 403', "$name: answered nevertheless");
    is(scalar(await($audited, qr/MTLSAuditLog: '\Q$audit\E' cannot be written: lines are lost until it can be/)), 1, "$name: told, once");
    $faults->mend_files;
    is(answers(), '404 403', "$name: and afterwards");
    is(scalar(await($audited, qr/MTLSAuditLog: .*can be written again: this process has lost 2 lines/)), 1, "$name: how many are lost is told");
    my @whole = grep { eval { JSON::PP::decode_json($_) } } lines();
    is(scalar(@whole), $before + 2, "$name: what is written afterwards can be read");
    spew($audit, join '', map { "$_\n" } @whole);
}
done_testing;
