#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Memory that is not there: the n-th piece that somebody asks for, once, while the server starts or while it answers.
# Whatever else goes wrong then, nobody is let in who should not be, no header of a client's reaches the backend in our
# names, and none of ours half: one whose value cannot be made is absent, as one that cannot be read is. A child that ends
# for want of memory is what httpd does. When there is memory again all is as it was.
#
# An ordinary run tries some of them, MTLS_FAULTS=all each ("make -f Makefile.apxs faults"), MTLS_FAULTS=40 so many of each
# kind. MTLS_FAULTS_ONLY="^request, malloc": only the campaigns whose names match.
use MTLS::Test;
use MTLS::Faults;
use MTLS::Lists;
use MIME::Base64;
use IO::Socket::INET;
use File::Path 'remove_tree';
use Time::HiRes 'time';

my $most = $ENV{MTLS_FAULTS} // 10;
$ENV{MTLS_FAULTS_ONLY} //= '';
my $only = qr/$ENV{MTLS_FAULTS_ONLY}/;
my $faults = MTLS::Faults->new;

# ---- what is written, and what must come of it ----

my $der = der_of('ok');
my $chain = openssl('x509', '-in', pki('intermediate.crt'), '-outform', 'der');
my $pem = openssl('x509', '-in', pki('ok.crt'));
my ($subject) = openssl('x509', '-in', pki('ok.crt'), '-noout', '-subject', '-nameopt', 'RFC2253') =~ /^subject=(.*)$/m;
my ($serial) = openssl('asn1parse', '-in', pki('ok.crt')) =~ /prim: INTEGER\s+:(\w{8,})/;
my %EXPECTED = (
    'Client-Cert' => ':' . encode_base64($der, '') . ':', 'Client-Cert-Chain' => ':' . encode_base64($chain, '') . ':',
    'X-Sha' => digest_of('ok'), 'X-Spki' => spki_of('ok'), 'X-Dn' => $subject, 'X-Role' => 'billing', 'X-WEBAUTH-USER' => 'Anne Example',
    'X-Dns' => 'shop.example.org,*.shop.example.org', 'X-Serial' => $serial, 'X-Pem' => $pem =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger,
);
my @FORGED = map { [$_, "forged $_"] } (map { s/-/_/r } keys %EXPECTED), keys %EXPECTED, 'X-SSL-Client-CN', 'ssl-client-verify';
push @FORGED, ['X-Harmless', 'stays'];
my %HARMLESS = map { $_ => 1 } qw(host x-harmless connection x-forwarded-for x-forwarded-host x-forwarded-server via max-forwards);

put('partners.list', '# entries: 2', digest_of('ok') . ' role=billing', '0' x 64);
put('blocked.list', 'other.example.org');
put('kill.list', 'sha256 ' . digest_of('bare'));
put('ca.pem', slurp(pki('intermediate.crt')));
my ($dir, $spki, $sha1) = (list_dir(), spki_of('ok'), openssl('x509', '-in', pki('ok.crt'), '-noout', '-fingerprint', '-sha1') =~ /=(\S+)/);

# A location for each rule that is not true for this client; nothing else denies there.
my @DENIED = (
    'mtls san.dns is other.example.org', 'mtls subject "CN=Otto Other,O=Example\\\\, Inc.,C=DE"', 'mtls in blocked', 'mtls remaining >= 9000d',
    'not mtls subject.cn matches ".*(Anne|Berta).*"', 'not mtls in partners', 'not mtls ca.sha256 pem:' . "$dir/ca.pem",
    "not mtls spki.sha256 $spki", "not mtls sha1 $sha1", 'not mtls key.bits >= 200', 'not mtls key.type ec', 'not mtls eku clientAuth',
    'not mtls san.upn like **', 'not mtls san.dirname present', 'not mtls ext.1.3.6.1.4.1.99999.7 gold', 'not mtls label.partners.role billing',
    'not mtls not-after > 2020-01-01T00:00:00Z', 'not mtls tls.version TLSv1.2 TLSv1.3', 'not mtls ku digitalSignature',
    'not mtls serial ' . $serial, 'not mtls policy present', 'not mtls chain.length >= 2', "user nobody",
);
my $locations = join '', map { <<"END" } 0 .. $#DENIED;
    <Location "/denied/$_/">
        <RequireAll>
            Require mtls
            Require $DENIED[$_]
        </RequireAll>
    </Location>
END
my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my @CONF = (
    mpm => 'prefork', without => [qw(http2 proxy_http2 dav dav_fs cgid substitute reflector)],
    conf => "<AuthzProviderAlias mtls staff \"eku clientAuth\">\n</AuthzProviderAlias>\n", tls => <<"END");
    Timeout 10
    MTLSList partners sha256 "file:$dir/partners.list"
    MTLSList blocked san.dns "file:$dir/blocked.list"
    MTLSKillList "$dir/kill.list"
    MTLSAuditLog "$dir/audit.log" all
    MTLSUser subject.cn
    MTLSEnv on
    ErrorDocument 403 "no"
    ProxyPass "/" "$origin/"
    <Location "/allowed/">
        MTLSBackstop on
        MTLSExport rfc9440 remote-user:X-WEBAUTH-USER
        MTLSHeader X-Sha sha256
        MTLSHeader X-Spki spki.sha256
        MTLSHeader X-Dn subject
        MTLSHeader X-Dns san.dns
        MTLSHeader X-Serial serial
        MTLSHeader X-Role label.partners.role
        MTLSHeader X-Pem certificate pem-url
        <RequireAll>
            Require staff
            Require mtls in partners
            Require mtls ca.spki.sha256 pem:$dir/ca.pem
            Require mtls san.uri like "spiffe://example.org/ns/*/sa/web"
            Require mtls subject.cn matches "Anne .*"
            Require not mtls san.dns like "other.**"
            <RequireNone>
                Require mtls in blocked
                Require mtls key.bits < 200
            </RequireNone>
        </RequireAll>
    </Location>
    <Location "/backstop/">
        MTLSBackstop on
        Require all granted
    </Location>
$locations
END

# How: certificate, TLS version, what is resumed; and which paths. All but /allowed/ with "ok" is to be denied.
my @DENIED_PATHS = ('/backstop/x', map { "/denied/$_/x" } 0 .. $#DENIED);
my @CONNECTIONS = (
    [{ cert => 'ok', tls => '1.2', save => 'first' }, '/allowed/x', @DENIED_PATHS, '/allowed/y'],
    [{ cert => 'ok', tls => '1.2', session => 'first' }, @DENIED_PATHS, '/allowed/z'],
    [{ cert => 'bare', tls => '1.3' }, '/allowed/bare', '/backstop/bare'],
    [{ cert => 'other', tls => '1.3' }, '/allowed/other', '/denied/0/other', '/denied/2/other'],
    [{ tls => '1.3' }, '/allowed/nobody', '/denied/1/nobody'],
);
my @FEW = ([{ cert => 'ok', tls => '1.3' }, '/allowed/x', '/denied/4/x', '/denied/0/x']);
# "other" is what the first two of them ask for.
my %GRANTED = map { $_ => 1 } '/allowed/x', '/allowed/y', '/allowed/z', '/denied/0/other', '/denied/2/other';

# ---- one pass: what was wrong with it, and how many were let in ----

sub wrong_headers {
    my ($seen, $fails) = @_;
    my (%found, @wrong);
    for my $line (@{ $seen->{headers} }) {
        my ($name, $value) = $line =~ /^([^:]*):[ \t]*(.*)$/s;
        next if $HARMLESS{ lc $name };
        push @wrong, "$name: $value" if !defined $EXPECTED{$name} || $EXPECTED{$name} ne $value || $found{$name}++;
    }
    return @wrong, map { "no $_" } grep { !$found{$_} && !$fails } keys %EXPECTED;
}

my $said = '';

sub requests {
    my @requests = map { { path => $_, headers => [@FORGED] } } @_;
    push @{ $requests[-1]{headers} }, ['Connection', 'close, X-Sha, Client-Cert'];
    return @requests;
}

sub visit {
    my ($server, $few, $fails) = @_;
    my ($reached, @wrong) = (0);
    $backend->mark;
    for my $connection ($few ? @FEW : @CONNECTIONS) {
        my ($how, @paths) = @$connection;
        my @responses = client()->many($server, { http => '1.1', timeout => 20, %$how }, requests(@paths));
        for my $i (0 .. $#responses) {
            my $status = $responses[$i]{status};
            push @wrong, "$paths[$i] with " . ($how->{cert} // 'nothing') . ": $status" if $status && $status < 400 && !$GRANTED{ $paths[$i] };
        }
    }
    for my $seen ($backend->received) {
        my ($path) = $seen->{request} =~ /^\S+ (\S+)/;
        $reached++;
        push @wrong, "$path has reached the backend" if !$GRANTED{$path};
        push @wrong, map { "$path: $_" } $path =~ m{^/allowed/} ? wrong_headers($seen, $fails) : grep { /forged/ } @{ $seen->{headers} };
    }
    my $all = $few ? 1 : keys %GRANTED;
    return ($reached == $all, @wrong);
}

# ---- with memory that fails ----

sub start_one {
    my $server = eval { $faults->around(sub { start_server(@CONF, arguments => ['-X']) }) };
    $said = $@ if !$server;
    return ($server, $server ? undef : $@ =~ /^the server did not start: (.*)/ ? $1 : $@);
}

# A server listens before its child has begun: one that answers has. What is no request makes nothing that later ones need.
sub await_child {
    my ($server) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->http_port) or return;
    print $socket "?\r\n\r\n";
    readline $socket;
}

sub remove { my ($server) = @_; $server->stop; remove_tree($server->dir) }

# Each of them: a word for how it ended, and what was wrong. arm() is for the moment from which on memory may fail.
my ($standing, $rules);
my %unnoted;         # by what came of it: how often a virtual host's CAs could not be noted
my %CAMPAIGNS = (
    test => sub {
        my ($arm) = @_;
        $arm->();
        my $result = $faults->around(sub { configtest(@CONF, arguments => ['-D', 'DUMP_MTLS']) });
        $faults->disarm;
        return ("signal $result->{signal}") if $result->{signal};
        $said = $result->{output};
        return ('refused') if $result->{exit};
        my $told = join '', $said =~ /^(\S+: Require .*\n|\S+: <Authz.*\n|mtls_authz: \d+ rules\n)/mg;
        $rules //= $told;
        return ('accepted', $told eq $rules ? () : "accepted with other rules:\n$said");
    },
    start => sub {
        my ($arm) = @_;
        $arm->();
        my ($server, $why) = start_one();
        $faults->disarm;
        return $why =~ /it hangs/ ? ('hangs', $why) : ($why) if !$server;
        my ($all, @wrong) = visit($server);
        my $end = $all ? 'works' : 'denies';
        $unnoted{$end}++ if slurp($server->dir . '/error_log') =~ /no memory to note which CAs/;
        remove($server);
        return ($end, @wrong);
    },
    request => sub {
        my ($arm, %how) = @_;
        my $server = $standing // (start_one())[0];
        await_child($server) if !$standing;
        $standing = undef;
        $arm->();
        my ($all, @wrong) = visit($server, $how{few}, 1);
        $faults->disarm;
        my $ended = $server->ended;
        if (!$ended) {
            my ($later, @later) = visit($server, $how{few});
            push @wrong, map { "afterwards: $_" } @later, $later ? () : 'who should be let in is not';
            return ($all ? 'works' : 'denies', @wrong) if $how{warm} && ($standing = $server);
        }
        remove($server);
        return ($ended // ($all ? 'works' : 'denies'), @wrong);
    },
);

sub numbers {
    my ($total, $most) = @_;
    return 1 .. $total if $total <= $most;
    return map { 1 + int($_ * ($total - 1) / ($most - 1)) } 0 .. $most - 1;
}

# what: see above; kind, ours, inside, places: see MTLS::Faults, of those inside each one is tried; warm: the same server, as
# long as it lives; few: one connection with three requests.
sub campaign {
    my ($what, %how) = @_;
    my $name = join ', ', $what, $how{kind}, $how{inside} // (), grep { $how{$_} } qw(ours places few warm);
    return if $name !~ $only;
    my ($begun, $run, %ends, @bad) = (time, $CAMPAIGNS{$what});
    my $count = sub { $faults->arm(%how, n => 0) };
    my ($end, @wrong) = $run->($count, %how);
    is(join("\n", $end, @wrong), $what eq 'test' ? 'accepted' : 'works', "$name: nothing fails yet") or diag $said;
    $run->($count, %how) if $how{warm};      # what is made once for all requests has been made
    my $total = $faults->counted;
    cmp_ok($total, '>', 10, "$name: memory is asked for $total times");
    my ($failed, @numbers) = (0, numbers($total, $how{inside} || $most eq 'all' ? $total : $most));
    for my $n (@numbers) {
        ($end, @wrong) = $run->(sub { $faults->arm(%how, n => $n) }, %how);
        $failed += $faults->failed;
        $ends{$end}++;
        # Signal 6 is how httpd ends for want of memory. Where the module has no part in it others may end as they like.
        push @wrong, $end if $end =~ /hangs/ || ($end =~ /signal (?!6\b)/ && length $faults->where);
        push @bad, map { "$n (frames @{[ $faults->where ]}): $_" } @wrong;
    }
    remove($standing) if $standing;
    $standing = undef;
    ok(!@bad, "$name: one of them fails") or diag join "\n", @bad;
    cmp_ok($failed, '>=', 0.8 * @numbers, "$name: $failed have failed");
    printf STDERR "figures: %s: %d of %d, %d failed, %s; %d seconds\n", $name, scalar @numbers, $total, $failed,
        join(', ', map { "$ends{$_} $_" } sort keys %ends), time - $begun if $ENV{MTLS_FAULTS};
    return 1;
}

campaign('test', kind => 'malloc', ours => 1);
my $written = () = join("\n", @CONF) =~ /^\s*(?:Require (?:not )?mtls|<AuthzProviderAlias mtls)\b/mg;
like($rules, qr/^mtls_authz: $written rules$/m, "all $written rules that are written are told") if $rules;
campaign('test', kind => 'malloc');
campaign('test', kind => 'pool', ours => 1);
campaign('start', kind => 'malloc', ours => 1, places => 1);
campaign('start', kind => 'malloc', places => 1);
campaign('start', kind => 'malloc', ours => 1, inside => 'mtls_session_init_server')
    and ok($unnoted{denies} && $unnoted{works} == $unnoted{denies},
           'where CAs are not noted when the configuration is read for the second time everybody is denied');
campaign('request', kind => 'malloc', ours => 1, few => 1, warm => 1);
campaign('request', kind => 'malloc', few => 1, warm => 1);
campaign('request', kind => 'malloc', ours => 1, places => 1);
campaign('request', kind => 'malloc', places => 1);
campaign('request', kind => 'pool', ours => 1, places => 1);
done_testing;
