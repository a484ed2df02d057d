#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The forging matrix: no spelling of no guarded name reaches a backend with a client's value, whoever
# asks, however and wherever; what we export arrives once, as without the forgery; and where a request
# is denied, nobody is told who the client is. The names are the module's own (t/unit/list_names.c).
use MTLS::Test;
use MIME::Base64;

my (%names_of, %profile_of);
for (qx(@{[ build() ]}/unit/list_names)) {
    my ($profile, $name) = /^(\S+)\t(\S+)$/ or die "list_names: $_";
    push @{ $names_of{$profile} }, $name;
}
my @names = @{ delete $names_of{'-'} // [] };
my @profiles = sort keys %names_of;
ok(@names > 70 && @profiles > 15, @names . ' guarded names, ' . @profiles . ' profiles');

sub fold { return lc($_[0]) =~ s/[^a-z0-9]/-/gr }
my %guarded = map { fold($_) => 1 } @names;
is_deeply([sort keys %guarded], [sort keys %{ { map { fold($_) => 1 } map { @$_ } values %names_of } }],
          'every name of every profile is guarded, and nothing else');

# How a forged name is spelled, and how often it is sent.
sub mixed { my $n = 0; return $_[0] =~ s/[-_.]/('_', '.', '-')[$n++ % 3]/ger }
my @SPELLINGS = (
    ['as it is',     sub { $_[0] }],
    ['lower case',   sub { lc $_[0] }],
    ['upper case',   sub { uc $_[0] }],
    ['underscores',  sub { lc $_[0] =~ s/-/_/gr }],
    ['hyphens',      sub { lc $_[0] =~ s/_/-/gr }],
    ['dots',         sub { lc $_[0] =~ s/[-_]/./gr }],
    ['mixed marks',  sub { lc mixed($_[0]) }],
    ['odd marks',    sub { lc $_[0] =~ s/[-_]/~/gr }],
    ['sent twice',   sub { lc $_[0] }, 2],
);
my $HARMLESS = 'x-harmless';

sub forge {
    my ($spelling, @forged) = @_;
    my ($word, $spell, $times) = @$spelling;
    my $mark = 'forged-' . $word =~ tr/ /-/r;
    return [$HARMLESS, 'stays'], map { my $name = $spell->($_); ([$name, "$mark $_"]) x ($times // 1) } @forged;
}

my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $locations = join '', map { "<Location \"/p/$_/\">\nMTLSExport $_\n</Location>\n" } @profiles;
my $lines = <<"END";
    ErrorDocument 400 /error/status/400
    ErrorDocument 403 /error/status/403
    ProxyPass "/" "$origin/"
    MTLSUser subject.cn
    <Location "/error/">
        MTLSExport rfc9440 nginx haproxy remote-user gcp cloudflare
    </Location>
    <Location "/denied/">
        Require mtls san.dns is nobody.example.org
        MTLSExport rfc9440 nginx
    </Location>
    <Location "/denied/elsewhere/">
        Require ip 192.0.2.1
        MTLSExport rfc9440 nginx
    </Location>
    $locations
END
my $server = start_server(
    tls => "SSLVerifyClient optional_no_ca\n$lines", plain => "Protocols h2c http/1.1\n$lines", log_level => 'warn',
    conf => "MTLSGuard all\nLimitRequestFields 1000\n");

my @CALLERS = (
    ['TLS, certificate',         { cert => 'ok', http => '1.1' }],
    ['TLS, nobody',              { http => '1.1' }],
    ['TLS, self-made',           { cert => 'stranger', http => '1.1' }],
    ['plain',                    { plain => 1, http => '1.1' }],
    ['TLS, certificate, HTTP/2', { cert => 'ok', http => '2' }],
    ['TLS, nobody, HTTP/2',      { http => '2' }],
    ['plain, HTTP/2',            { plain => 1, http => '2' }],
);
@CALLERS = grep { $_->[1]{http} ne '2' } @CALLERS if mpm() eq 'prefork';

# Places without our headers: path, status, whether only HTTP/1.1 can ask so.
my @PLACES = (
    ['served',                   '/open/x', 200],
    ['denied by us',             '/denied/x', 403],
    ['denied by somebody else',  '/denied/elsewhere/x', 403],
    ['a path that is none',      '/p/rfc9440/%zz', 400],
    ['no Host',                  '/p/rfc9440/', 400, 'HTTP/1.1 only'],
);

my $cells = 0;

# Requests on one connection; what the backend received of them, forged or ours, by line.
sub ask {
    my ($how, @requests) = @_;
    $backend->mark;
    my @responses = client()->many($server, { %$how, timeout => 60 }, @requests);
    return (\@responses, $backend->received);
}

sub pairs { my ($seen) = @_; return map { [/^([^:]*):\s*(.*)$/s] } @{ $seen->{headers} } }
sub forgeries { return grep { $_->[1] =~ /forged/ } map { pairs($_) } @_ }
sub identity { return grep { $guarded{ fold($_->[0]) } } map { pairs($_) } @_ }
sub show { return join "\n", map { "$_->[0]: $_->[1]" } @_ }

# HTTP/2 knows no capital letters in names: such requests need not be answered, so they go by themselves.
sub is_capital { return grep { $_->[0] =~ /[A-Z]/ } @{ $_[0]{headers} } }

sub test_places {
    my ($who, $how) = @_;
    for my $place (@PLACES) {
        my ($where, $path, $status, $old) = @$place;
        next if $old && $how->{http} eq '2';
        for my $spelling (@SPELLINGS) {
            my %request = (path => $path, headers => [forge($spelling, @names)]);
            if ($old) {
                $request{raw} = join "\r\n", "GET $path HTTP/1.1", (map { "$_->[0]: $_->[1]" } @{ $request{headers} }),
                    'Connection: close', '', '';
            }
            my ($responses, @seen) = ask($how, \%request);
            my $capital = $how->{http} eq '2' && is_capital(\%request);
            my $title = "$who, $where, $spelling->[0]";
            my @bad = (forgeries(@seen), identity(@seen));
            is(show(@bad), '', "$title: nothing forged, nobody named");
            if (!$capital) {
                is($responses->[0]{status}, $status, "$title: $status");
                is(scalar(grep { lc $_->[0] eq $HARMLESS } map { pairs($_) } @seen), 1,
                   "$title: once at the backend, with its harmless header");
            }
            $cells += @names;
        }
    }
}

# Our headers beside the client's: each profile in its own location, all spellings on one connection.
sub test_profiles {
    my ($who, $how) = @_;
    my @spellings = grep { $how->{http} ne '2' || $_->[0] !~ /upper|as it is/ } @SPELLINGS;
    for my $profile (@profiles) {
        my @own = @{ $names_of{$profile} };
        my @requests = map { { path => "/p/$profile/", headers => [forge($_, @own)] } } @spellings;
        my ($responses, @seen) = ask($how, { path => "/p/$profile/" }, @requests);
        my $clean = show(identity($seen[0]));
        my @different = grep { show(identity($seen[$_])) ne $clean } 1 .. $#seen;
        my %count;
        $count{ fold($_->[0]) }++ for identity($seen[0]);
        my @bad = ((map { $spellings[$_ - 1][0] } @different), map { $_->[1] } forgeries(@seen));
        is("@bad", '', "$who, profile $profile: as if nothing had been forged");
        is(join(' ', grep { $count{$_} > 1 } sort keys %count), '', "$who, profile $profile: each header once");
        is(scalar(grep { $_->{status} == 200 } @$responses), 1 + @spellings, "$who, profile $profile: all served");
        is(scalar @seen, 1 + @spellings, "$who, profile $profile: all received");
        isnt($clean, '', "$who, profile $profile: there is something of ours") if ($how->{cert} // '') eq 'ok';
        $cells += @own * @spellings;
    }
}

for my $caller (@CALLERS) {
    test_places(@$caller);
    test_profiles(@$caller);
}

# What ours are, by somebody else's word.
my $der = encode_base64(join('', map { decode_base64($_) } slurp(pki('ok.crt')) =~ /-----\n(.*?)-----END/s), '');
my %EXPECTED = (
    rfc9440 => ["Client-Cert: :$der:"], vault => ["X-Client-Cert: $der"], azure => ["X-ARR-ClientCert: $der"],
    nginx => ['ssl-client-verify: SUCCESS'], haproxy => ['X-SSL-Client-CN: Anne Example'],
    'remote-user' => ['X-Remote-User: Anne Example'],
);
for my $profile (sort keys %EXPECTED) {
    my (undef, $seen) = ask({ cert => 'ok' }, { path => "/p/$profile/", headers => [forge($SPELLINGS[3], @names)] });
    my @found = map { "$_->[0]: $_->[1]" } identity($seen);
    for my $line (@{ $EXPECTED{$profile} }) {
        is(scalar(grep { $_ eq $line } @found), 1, "profile $profile: the certificate's own value") or diag(show(pairs($seen)));
    }
}

ok($cells > 10000, "$cells cells: " . @names . ' names, ' . @SPELLINGS . ' spellings, ' . @CALLERS . ' callers, '
   . @PLACES . ' places and ' . @profiles . ' profiles');
diag("$cells cells");
done_testing;
