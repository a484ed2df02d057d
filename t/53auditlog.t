#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# MTLSAuditLog: one JSON object for each denial, in a file or a pipe, true to the certificate whatever it holds, whole
# however many are written at once, and never in the way of a request.
use MTLS::Test;
use JSON::PP ();
use POSIX ();

my $rules = top() . '/t/rules';
my $own = MTLS::Env::own_pki();
system(python(), "$rules/certificates.py", pki(), $own) == 0 or die 'certificates.py';
my @http = mpm() eq 'prefork' ? '1.1' : ('1.1', '2');

sub output_of { open my $from, '-|', @_ or die "$_[0]: $!"; local $/; my $text = scalar <$from>; close $from; return $text }

# What Python's json makes of a file: [line or undef, length of the line] for each.
sub read_log {
    my ($file) = @_;
    return [] if !-e $file;
    return JSON::PP->new->decode(output_of(python(), '-c', <<'END', $file));
import json, sys
found = []
for line in open(sys.argv[1], "rb").read().split(b"\n")[:-1]:
    try:
        found.append([json.loads(line.decode("ascii")), len(line)])
    except ValueError:
        found.append([None, len(line)])
print(json.dumps(found))
END
}

sub lines_of { return map { $_->[0] } @{ read_log($_[0]) } }

# ---- every certificate there is ----

my $lines = <<'END';
    SSLVerifyClient optional_no_ca
    MTLSAuditLog audit.log
    <Location "/">
        Require all granted
    </Location>
    <Location "/none/">
        Require mtls subject.cn is "nobody at all"
    </Location>
END
my $server = start_server(tls => $lines);
my $log = $server->dir . '/audit.log';
my $now = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
my $list = logs() . "/audit-$$";
my @files = certificates();
spew($list, join '', map { "$_\n" } @files);
my $facts = JSON::PP->new->utf8->decode(output_of(python(), "$rules/facts.py", $now, $list));

# The members that a certificate's fields give: (member => text or list of texts), and those that are malformed.
sub expected {
    my ($fields) = @_;
    my (%expect, @malformed);
    for my $name (qw(subject issuer serial sha256 san.dns san.uri san.email san.ip san.upn san.dirname san.rid)) {
        my $field = $fields->{$name};
        push @malformed, $name if $field->{known} eq 'malformed';
        my @texts = $field->{known} eq 'present' ? map { $_->{text} } @{ $field->{values} } : ();
        $expect{$name} = $name =~ /^san/ ? \@texts : $texts[0];
    }
    return (\%expect, \@malformed);
}

# Whether what was told is the truth, or, where the line says that it was cut, the beginning of it.
sub agrees {
    my ($told, $truth, $cut) = @_;
    return !defined $told && !defined $truth if !defined $told || !defined $truth;
    if (ref $truth) {
        return 0 if @$told != @$truth && !($cut && @$told < @$truth);
        return !grep { !agrees($told->[$_], $truth->[$_], $cut) } 0 .. $#$told;
    }
    return $told eq $truth || ($cut && length $told && index($truth, $told) == 0);
}

my ($compared, $spoiled, $cut, $malformed, @kept) = (0, 0, 0, 0);
my %status;
for my $file (@files) {
    my ($name) = $file =~ m{([^/]+)\.crt$};
    $status{$file} = client()->request($server, "/none/$name", cert => $name)->{status};
}
my @asked = grep { $status{$_} } @files;                 # TLS itself has refused the others
my @told = @{ read_log($log) };
is(scalar @told, scalar @asked, 'as many lines as requests');
for my $file (@asked) {
    my ($name) = $file =~ m{([^/]+)\.crt$};
    my ($line, $length) = @{ shift @told // [] };
    is($status{$file}, 403, "$name: refused");
    ok($line && $line->{path} eq "/none/$name", "$name: a line, and Python can read it") or next;
    ok($length < 4096, "$name: $length octets");
    $compared++;
    next if $line->{reason} eq 'no-certificate' && push @kept, $name;    # nor does every client send what it has
    my $fact = $facts->{$file};
    next if !$fact || ($fact->{spoiled} && ++$spoiled);
    my %cut = map { $_ => 1 } @{ $line->{cut} // [] };
    my ($expect, $bad) = expected($fact->{fields});
    my %told = (map({ $_ => $line->{$_} } qw(subject issuer serial sha256)),
                map { ("san.$_" => $line->{san}{$_} // []) } qw(dns uri email ip upn dirname rid));
    my @wrong = grep { !agrees($told{$_}, $expect->{$_}, $cut{$_}) } sort keys %$expect;
    is("@wrong", '', "$name: what is told of it is true") or diag(JSON::PP->new->canonical->ascii->encode([\%told, $expect]));
    is("@{ $line->{malformed} // [] }", "@$bad", "$name: what cannot be read is named");
    $cut += %cut ? 1 : 0;
    $malformed += @$bad ? 1 : 0;
}
ok($compared > 150, "$compared certificates");
ok($cut >= 2, "$cut of them are cut");
ok($malformed > 5, "$malformed have a field that cannot be read");
ok(@kept < 5 && $spoiled < 20, "@kept are not sent, $spoiled more are spoiled");
$server->stop;

# ---- what else a line says ----

my $dump = <<'END';
    SSLVerifyClient optional_no_ca
    MTLSAuditLog all.log all
    <Location "/">
        Require all granted
    </Location>
    <Location "/rules/">
        <RequireAny>
            Require mtls subject.cn is first
            <RequireAll>
                Require mtls san.dns is shop.example.org
                Require not mtls subject.ou is "Payments"
            </RequireAll>
        </RequireAny>
    </Location>
    <Location "/any/">
        Require mtls
    </Location>
    <Location "/page/">
        Require mtls subject.cn is nobody
        ErrorDocument 403 /any/page.html
    </Location>
    <Location "/address/page/">
        ErrorDocument 403 /any/page.html
    </Location>
    <Location "/address/">
        <RequireAll>
            Require mtls
            Require ip 192.0.2.1
        </RequireAll>
    </Location>
    <Location "/single/">
        Require mtls
        MTLSHeader X-One subject.cn
        MTLSUser subject.cn
        MTLSExport remote-user
    </Location>
    <Location "/path/">
        MTLSPathCheck strict
    </Location>
    <Location "/report/">
        MTLSMode report
        Require mtls subject.cn is "Otto Other"
    </Location>
END
$server = start_server(tls => $dump, conf => "MTLSAuditLog \@DIR\@/main.log\nMTLSOnSpoof reject",
                       plain => "<Location \"/any/\">\nRequire mtls\n</Location>",
                       log_format => '%L %a %{begin:sec}t %{begin:msec_frac}t %>s');
$log = $server->dir . '/all.log';

sub place {
    my ($words) = @_;
    my $n = 0;
    for (split /\n/, slurp($server->dir . '/httpd.conf')) {
        $n++;
        return $server->dir . "/httpd.conf:$n" if /^\s*Require \Q$words\E$/;
    }
    die "no line with $words";
}

# The lines that a request brings, in either log.
my %size;
sub ask {
    my ($path, %how) = @_;
    $server->mark;
    my %before = map { $_ => scalar @{ read_log($server->dir . "/$_") } } qw(all.log main.log);
    my $response = client()->request($server, $path, cert => 'ok', %how);
    my ($access) = $server->access_log(1);
    my @new;
    for my $name (qw(all.log main.log)) {
        my @all = lines_of($server->dir . "/$name");
        push @new, map { { %$_, file => $name } } @all[$before{$name} .. $#all];
    }
    return ($response->{status}, [split ' ', $access], @new);
}

my @CASES = (
    # path, how, status, decision and reason of the line, "" for none
    ['/rules/x', {}, 403, 'deny no-match'],
    ['/rules/x', { cert => undef }, 403, 'deny no-certificate'],
    ['/rules/x', { cert => 'stranger' }, 403, 'deny unverified'],
    ['/rules/x', { method => 'PROPFIND' }, 403, 'deny no-match'],
    ['/any/x', {}, 404, 'allow granted'],
    ['/any/x', { cert => 'other' }, 404, 'allow granted'],
    ['/any/x', { cert => undef }, 403, 'deny no-certificate'],
    ['/any/x', { plain => 1, cert => undef }, 403, 'deny no-tls'],
    ['/page/x', {}, 403, 'deny no-match'],
    ['/report/x', {}, 404, 'would-deny no-match'],
    ['/report/x', { cert => undef }, 404, 'would-deny no-certificate'],
    ['/report/x', { cert => 'other' }, 404, 'allow granted'],
    ['/address/x', {}, 403, ''],
    ['/address/page/x', {}, 403, ''],
    ['/open/x', {}, 404, ''],
    ['/single/x', { cert => 'two-cns' }, 403, 'deny ambiguous'],
    ['/single/x', {}, 404, 'allow granted'],
    ['/path/a;b', {}, 400, 'deny ambiguous-path'],
    ['/any/x', { headers => [['client_cert', 'x']] }, 400, 'deny spoofed-header'],
    ['/any/%22%0a%7b%c3%a4%ff', {}, 404, 'allow granted'],
    ['/any/' . 'x' x 2000, {}, 404, 'allow granted'],
);
for my $case (@CASES) {
    for my $http (@http) {
        my ($path, $how, $status, $said) = @$case;
        next if $how->{plain} && $http eq '2';
        my ($got, $access, @new) = ask($path, %$how, http => $http);
        my $title = sprintf '%s %s, HTTP/%s', $how->{method} // 'GET', substr($path, 0, 20), $http;
        is($got, $status, "$title: $status");
        is(scalar @new, $said ? 1 : 0, "$title: " . ($said ? 'one line' : 'no line')) or next;
        my $line = $new[0] or next;
        is("$line->{decision} $line->{reason}", $said, "$title: $said");
        is($line->{file}, $how->{plain} ? 'main.log' : 'all.log', "$title: in the log of its virtual host");
        is($line->{mode}, $path =~ /report/ ? 'report' : 'enforce', "$title: mode");
        is($line->{method}, $how->{method} // 'GET', "$title: method");
        is($line->{client}, $access->[1], "$title: client");
        is($line->{host}, 'localhost', "$title: host") if ($line->{host} // '') ne '127.0.0.1';
        is($line->{id}, $access->[0], "$title: id") if $line->{decision} eq 'deny';
        is($line->{time}, POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime $access->[2]) . ".$access->[3]Z", "$title: time");
        ok($line->{text}, "$title: text");
        is(exists $line->{sha256} ? 1 : 0, exists $how->{cert} && !$how->{cert} ? 0 : 1, "$title: a certificate, if there is one");
    }
}
my (undef, undef, $line) = ask('/rules/x');
is_deeply($line->{rules}, [
    { line => place('mtls subject.cn is first'), rule => 'Require mtls subject.cn is first', result => 'no-match' },
    { line => place('mtls san.dns is shop.example.org'), rule => 'Require mtls san.dns is shop.example.org', result => 'true' },
    { line => place('not mtls subject.ou is "Payments"'), rule => 'Require not mtls subject.ou is "Payments"', result => 'true' },
], 'the rules that were tried');
(undef, undef, $line) = ask('/single/x', cert => 'two-cns');
like($line->{detail}, qr/^for header \S+$/, 'the detail');
(undef, undef, $line) = ask('/any/%22%0a%7b%c3%a4%ff');
is($line->{path}, '/any/%22%0A{%C3%A4%FF', 'a path is told as in the error log');
(undef, undef, $line) = ask('/any/' . 'x' x 2000);
is($line->{path}, '/any/' . 'x' x 995, 'a long path is cut');
is_deeply($line->{cut}, ['path'], 'and the line says so');
$server->stop;

# ---- many at once, in pipes ----

my %pipe = (
    program => '"|/usr/bin/tee -a @DIR@/program.log"',
    shell   => '"|$exec cat >>@DIR@/shell.log"',
    rotated => sprintf('"||%s @DIR@/rotated.%%%%s.log 3600"', -x '/usr/sbin/rotatelogs' ? '/usr/sbin/rotatelogs' : '/usr/bin/rotatelogs'),
    file    => 'file.log',
);
sub file_of { my ($kind) = @_; return glob $server->dir . "/$kind*.log" }

sub parallel {
    my ($kind, $tag) = @_;
    my ($sent, $denied) = (0, 0);
    for my $cert (qw(many-sans ok control-cn)) {
        for my $connection (1 .. 3) {
            my @requests = map { { path => "/none/$tag-$cert-$connection-$_", wait => 0 } } 1 .. 30;
            my @responses = client()->many($server, { cert => $cert, http => $http[-1] }, @requests);
            $sent += @requests;
            $denied += grep { $_->{status} == 403 } @responses;
        }
    }
    is($denied, $sent, "$kind: $sent requests are answered");
    return $sent;
}

for my $kind (sort keys %pipe) {
    $server = start_server(tls => $lines =~ s/MTLSAuditLog audit\.log/sprintf 'MTLSAuditLog %s', sprintf $pipe{$kind}/er);
    my $sent = parallel($kind, 'first');
    $server->graceful;
    $sent += parallel($kind, 'second');
    MTLS::Server::wait_for(sub { $sent <= grep { defined } map { @{ read_log($_) } } file_of($kind) });
    my @all = map { lines_of($_) } file_of($kind);
    is(scalar @all, $sent, "$kind: $sent lines");
    is(scalar(grep { !$_ } @all), 0, "$kind: each is whole");
    my %paths = map { ($_ ? $_->{path} : '') => 1 } @all;
    is(scalar keys %paths, $sent, "$kind: each request has its own");
    $server->stop;
}

# ---- a program that fails, and one that comes late ----

my $tall = $lines =~ s/MTLSAuditLog.*/MTLSAuditLog "|\/bin\/false"/r;
$server = start_server(tls => $tall, conf => 'ServerLimit 1');
my $sent = 0;
$sent += parallel('a program that fails', $_) for 1, 2;
my @said = $server->error_log =~ /MTLSAuditLog: '\|\/bin\/false' cannot be written: lines are lost until it can be/g;
ok(@said >= 1 && @said < $sent / 10, 'the error log says so, not for each line: ' . @said);
$server->stop;

my $late = $lines =~ s/MTLSAuditLog.*/MTLSAuditLog "|\$while [ ! -e go ]; do sleep 0.1; done; exec cat >>late.log"/r;
# A program of the server runs where the server was started: name everything.
$late =~ s{(?=\bgo \]|\blate\.log)}{\@DIR\@/}g;
$server = start_server(tls => $late, conf => mpm() eq 'prefork' ? 'MaxRequestWorkers 1' : 'ServerLimit 1');
$sent = parallel('a program that comes late', 'early');
like($server->error_log, qr/cannot be written: lines are lost/, 'a full pipe holds nobody up');
spew($server->dir . '/go', '');
my $written = $server->dir . '/late.log';
MTLS::Server::wait_for(sub {
    client()->request($server, '/none/late', cert => 'ok');
    $sent++;
    return -e $written && slurp($written) =~ m{/none/late"};
}) or fail('it is not written again');
my $lost = 0;
$lost += $_ for $server->error_log =~ /can be written again: this process has lost (\d+) lines/g;
ok($lost, "$lost lines are lost");
MTLS::Server::wait_for(sub { $sent <= $lost + @{ read_log($written) } });
is($lost + grep({ $_ } lines_of($written)), $sent, 'and counted: all others are there');
$server->stop;

# ---- a program that dies ----

my $mortal = $lines =~ s{MTLSAuditLog.*}{MTLSAuditLog "|/usr/bin/tee -a \@DIR\@/mortal.log"}r;
$server = start_server(tls => $mortal);
my $survives = $server->dir . '/mortal.log';
sub programs { return map { m{^/proc/(\d+)/} } grep { readlink($_ . 'exe') && readlink($_ . 'exe') =~ m{/tee$} && slurp($_ . 'cmdline') =~ /\Q$survives\E/ } glob '/proc/[0-9]*/' }
my @before;
MTLS::Server::wait_for(sub { @before = programs() });      # a shell becomes it
is(scalar @before, 1, 'a program reads');
$sent = parallel('a program', 'before');
MTLS::Server::wait_for(sub { $sent == @{ read_log($survives) } }) or fail('it has not read all');
kill KILL => @before;
$sent += parallel('a program that has died', 'after');
ok(MTLS::Server::wait_for(sub { my @now = programs(); @now == 1 && $now[0] != $before[0] }), 'httpd starts it again');
MTLS::Server::wait_for(sub { $sent <= @{ read_log($survives) } });
is(scalar(grep { $_ } lines_of($survives)), $sent, 'and no line is lost meanwhile');
$server->stop;

# ---- no room ----

$server = start_server(tls => $lines =~ s/MTLSAuditLog.*/MTLSAuditLog \/dev\/full/r);
$sent = parallel('a full device', 'full');
@said = $server->error_log =~ /\(28\)[^\n]*MTLSAuditLog: '\/dev\/full' cannot be written: lines are lost until it can be/g;
ok(@said >= 1 && @said < $sent / 10, 'the error log says so, not for each line: ' . @said);
$server->stop;

# Room for half a line: then the rest of the world finds some more, and any of the processes writes first. What limits a file
# for all processes of a server works like a disk that is full.
my $LIMIT = 2_000_000;
for my $mpm ('event', 'prefork') {
    my $room = logs() . "/room-$$-$mpm.log";
    spew($room, ('{"filled":"' . 'x' x 86 . qq("}\n)) x ($LIMIT / 100 - 2) . '{"filled":"' . 'x' x 46 . qq("}\n));
    local $ENV{MTLS_WRAPPER} = "prlimit --fsize=$LIMIT:unlimited";
    $server = start_server(mpm => $mpm, tls => $lines =~ s/MTLSAuditLog.*/MTLSAuditLog $room/r);
    local $ENV{MTLS_WRAPPER};
    my $before = @{ read_log($room) };
    my @denied = map { client()->request($server, "/none/$_", cert => 'ok')->{status} } 1 .. 20;
    is("@denied", '403 ' x 19 . '403', "$mpm: whoever is refused is refused without a log");
    is(-s $room, $LIMIT, "$mpm: half a line has found room");
    like($server->error_log, qr/MTLSAuditLog: '\Q$room\E' cannot be written/, "$mpm: and that it is lost is said");
    for my $pid ($server->pid, MTLS::Server::children($server->pid)) {
        system('prlimit', "--fsize=unlimited:unlimited", '--pid', $pid) == 0 or die 'prlimit';
    }
    client()->request($server, "/none/again-$_", cert => 'ok') for 1 .. 20;
    my @all = lines_of($room);
    is(scalar @all, $before + 1 + 20, "$mpm: with more room there are all lines again");
    is(join(' ', map { defined $all[$_] ? () : $_ - $before } 0 .. $#all), '0', "$mpm: and half a line spoils none but itself");
    like($server->error_log, qr/can be written again: this process has lost \d+ lines/, "$mpm: how many are lost is said");
    $server->stop;
}

# ---- moved away, as logrotate does it ----

$server = start_server(tls => $lines);
$log = $server->dir . '/audit.log';
client()->request($server, '/none/old', cert => 'ok');
rename $log, "$log.1" or die $!;
client()->request($server, '/none/moved', cert => 'ok');
$server->graceful;
client()->request($server, '/none/new', cert => 'ok');
is(join(' ', map { $_->{path} } lines_of("$log.1")), '/none/old /none/moved', 'a log that was moved away is written until the restart');
is(join(' ', map { $_->{path} } lines_of($log)), '/none/new', 'and its place is taken by another after it');
$server->stop;

# ---- logs that cannot be opened ----

for my $words ('/proc/version', '"|/etc/passwd"') {
    my $bare = $words =~ tr/"//dr;
    ok_config("$words can be seen by nobody who does not open it", "MTLSAuditLog $words");
    like(MTLS::Server->refuses(conf => "MTLSAuditLog $words") // 'it runs', qr/MTLSAuditLog: '\Q$bare\E' cannot be opened/,
         "$words: the start says so");
}
done_testing;
