#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Loaded but unconfigured the module changes nothing: two servers that differ in its LoadModule line alone give the
# same bytes, to the client, to the backend, to programs and to the logs.
use MTLS::Test;

my @FULL = grep { !$_->{resumed} } tls_matrix();
my $htdocs = logs() . "/unconfigured-$$";
mkdir $htdocs;
spew("$htdocs/page.shtml", '[<!--#printenv -->]');
my $backend = start_backend('http', 'fcgi');
my $lines = <<"END";
    DocumentRoot "$htdocs"
    SSLVerifyClient optional_no_ca
    MergeTrailers On
    ProxyPass "/b/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    ProxyPass "/f/" "fcgi://127.0.0.1:@{[ $backend->port('fcgi') ]}/"
    RequestHeader set X-Client-DN "%{SSL_CLIENT_S_DN}s"
    <Directory "$htdocs">
        Require all granted
        Options +Includes
        AddType text/html .shtml
        AddOutputFilter INCLUDES .shtml
    </Directory>
    <Location "/stock/">
        Require ssl-verify-client
    </Location>
    <Location "/no/">
        Require all denied
    </Location>
    ErrorDocument 403 /cgi-bin/dump.py
    ErrorDocument 404 /b/error
END
my %LOG = (log_format => '%m %U %>s %u %{MTLS_REASON}e %{SSL_CLIENT_VERIFY}x %{SSL_SESSION_RESUMED}x');
my %server = (with => start_server(tls => $lines, %LOG), without => start_server(tls => $lines, ours => 'no', %LOG));

# What differs from server to server and from connection to connection, whoever runs it. Words of Allow stand in the order
# in which httpd has sorted handlers that claim no order.
my $CHANGES = 'REMOTE_PORT|UNIQUE_ID|H2_STREAM_TAG|SSL_SESSION_ID|DATE_\w+|LAST_MODIFIED|SERVER_SIGNATURE';
sub alike {
    my ($server, $text) = @_;
    my $ports = join '|', $server->http_port, $server->https_port;
    my $dir = $server->dir;
    $text =~ s/^Allow: (.*)$/'Allow: ' . join ',', sort split m{,}, $1/gime;
    return $text =~ s/\b(?:$ports)\b/PORT/gr =~ s/\Q$dir\E/DIR/gr =~ s/^(date|last-modified): .*$/$1/gimr
        =~ s/^(\[?(?:REDIRECT_)*(?:$CHANGES)=).*$/$1/gmr;
}

# A response as text; what a backend or program says it was given, one thing to a line.
sub whole {
    my ($server, $response) = @_;
    my @lines = ("$response->{status} $response->{version}", map({ "$_->[0]: $_->[1]" } @{ $response->{headers} }));
    if ($response->{body} =~ /^\{"/) {
        my $seen = $response->seen;
        # The length is that of other ports; how soon a program ends decides between it and chunks.
        @lines = grep { !/^(?:content-length|transfer-encoding): /i } @lines;
        push @lines, map { my $part = $_; map { ref $_ ? "$_->[0]=$_->[1]" : "$part $_" } ref $seen->{$part} ? @{ $seen->{$part} } : $seen->{$part} }
            sort keys %$seen;
    }
    else {
        push @lines, $response->{body};
    }
    return alike($server, join "\n", @lines);
}

my @FORGED = map { [$_ => 'of the client'] } qw(client-cert client_cert x-client-dn x_client.dn ssl-client-verify x-remote-user
                                                x-forwarded-client-cert x-webauth-user remote_user);
# path, headers, more; over HTTP/1.1 alone where that is said
my @REQUESTS = (
    ['/b/plain', []], ['/b/forged', \@FORGED], ['/b/..%3b/%2e%2e/x;y//z', \@FORGED], ['/f/forged', \@FORGED],
    ['/b/connection', [@FORGED, ['connection', 'close, Client-Cert, X-Client-DN']], {}, '1.1'],
    ['/b/upgrade', [['connection', 'upgrade, x-client-dn'], ['upgrade', 'nonsense']], {}, '1.1'],
    ['/b/trailers', [['te', 'trailers']], { method => 'POST', body => 'abc', trailers => [['client-cert', 'of the client']] }],
    ['/f/trailers', [['te', 'trailers']], { method => 'POST', body => 'abc', trailers => [['x-client-dn', 'of the client']] }],
    ['/page.shtml', \@FORGED], ['/cgi-bin/dump.py', \@FORGED], ['/stock/', \@FORGED], ['/no/', \@FORGED], ['/none', \@FORGED],
    ['/b/options', [], { method => 'OPTIONS' }], ['/b/trace', \@FORGED, { method => 'TRACE' }],
    ['/b/strange', [], { method => 'PROPFIND' }],
);
my $cells = 0;
for my $column (@FULL, { http => '1.1', plain => 1 }) {
    for my $cert ($column->{plain} ? undef : (undef, 'ok', 'stranger', 'selfsigned')) {
        for my $request (@REQUESTS) {
            my ($path, $headers, $more, $only) = @$request;
            next if $only && $only ne $column->{http};
            my $name = join ' ', "HTTP/$column->{http}", $column->{tls} ? "TLS $column->{tls}" : 'no TLS', $cert // 'nobody', $path;
            my %said = map {
                $_ => whole($server{$_}, client()->request($server{$_}, $path, %{ $more // {} }, %$column, cert => $cert, headers => $headers))
            } keys %server;
            is($said{with}, $said{without}, $name);
            $cells++;
        }
    }
}
ok($cells > 100, "$cells answers were compared");

# Sessions are made and resumed as ever, mod_ssl's mistakes included.
for my $column (tls_matrix()) {
    next if !$column->{resumed};
    my %seen = map { $_ => client()->request($server{$_}, '/stock/', %$column, resumed => 'maybe', cert => 'selfsigned') } keys %server;
    my $name = "HTTP/$column->{http} TLS $column->{tls}";
    is($seen{with}{$_}, $seen{without}{$_}, "$name, second session: $_") for qw(reused status);
}

# The comparison can fail: one directive of the module makes a difference.
my $configured = start_server(tls => "$lines\nMTLSGuard all", %LOG);
my ($column) = @FULL;
my %how = (%$column, headers => \@FORGED, cert => 'ok');
isnt(whole($configured, client()->request($configured, '/b/forged', %how)),
     whole($server{without}, client()->request($server{without}, '/b/forged', %how)), 'one directive, and there is a difference');
client()->request($server{with}, '/b/forged', %how);        # for the logs

$_->stop for values %server;
my %access = map { $_ => join "\n", sort split /\n/, slurp($server{$_}->dir . '/access_log') } keys %server;
is($access{with}, $access{without}, 'the access logs are the same');
my @names = $server{with}->said =~ /(\S*mtls_authz\S*)/g;
is("@names", '', 'the error log does not know the module');
done_testing;
