#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Where directives and rules may stand, aliases, negation, header names that collide, expressions.
use MTLS::Test;
use MTLS::Cases;
use File::Path 'make_path';

run_cases(do { local $/; scalar <DATA> }, $0);

# ---- good forms in every section ----

# What may stand side by side in one section.
my @SECTION_FORMS = (
    ['MTLSExport xfcc:uri,cert remote-user:X-WEBAUTH-USER', 'MTLSHeader X-Name subject.cn utf8', 'MTLSHeader X-Gate "=front door"',
     'MTLSHeader X-None none', 'MTLSMaxHeaders 8192', 'MTLSUser san.email match=(.+)@example\.org', 'MTLSEnv on', 'MTLSBackstop on',
     'MTLSPathCheck strict', 'MTLSMode enforce', 'MTLSStatusSubjects on'],
    ['MTLSExport +puppet -xfcc', 'MTLSUser subject rfc4514', 'MTLSEnv Off', 'MTLSBackstop off', 'MTLSPathCheck OFF'],
    ['MTLSExport none', 'MTLSUser san.upn'],
);
my @SERVER_FORMS = (
    ['MTLSGuard all', 'MTLSPass X-Client-Cert nginx vault:X-Cert xfcc:uri', 'MTLSOnSpoof strip', 'MTLSAuditLog audit.log all', 'MTLSWhatIf on', 'MTLSExpiryWarning 2w'],
    ['MTLSGuard Used', 'MTLSPass kong', 'MTLSOnSpoof reject'],
    ['MTLSGuard off'],
);
my @RULE_FORMS = (
    ['Require mtls'],
    ['<RequireAll>', 'Require mtls remaining >= 1h', 'Require not mtls subject.ou Guests', '</RequireAll>'],
    ['<RequireAll>', 'Require mtls', '<RequireNone>', 'Require mtls subject.cn Otto', '</RequireNone>', '</RequireAll>'],
);
my @SECTIONS = (
    ['<Location "/x">'], ['<LocationMatch "^/x$">'], ['<Directory "/srv">'], ['<DirectoryMatch "^/srv/">'], ['<Files "*.html">'],
    ['<FilesMatch "\.cgi$">'], ['<If "true">'], ['<Proxy "*">'], ['<Location "/x">', '<If "true">'], ['<Directory "/srv">', '<Files "a">'],
);

sub within {
    my ($section, @lines) = @_;
    return join "\n", @$section, @lines, map { /^<(\w+)/ ? "</$1>" : die } reverse @$section;
}

for my $form (@SECTION_FORMS, @SERVER_FORMS) {
    is_deeply([said_of($_ => join "\n", @$form)], [undef], "$_: @$form") for qw(conf tls);
}
for my $section (@SECTIONS) {
    for my $form (@SECTION_FORMS, @RULE_FORMS) {
        my ($refusal) = said_of(tls => within($section, @$form));
        is($refusal, undef, "@$section @$form");
    }
    for my $line ('MTLSGuard all', 'MTLSPass nginx', 'MTLSOnSpoof strip', 'MTLSAuditLog audit.log', 'MTLSExpiryWarning 1d') {
        my ($refusal) = said_of(tls => within($section, $line));
        like($refusal, qr/^\w+ not allowed in <\w+> context$/, "@$section $line: refused");
    }
}

# ---- <Limit> ----

# "MTLSBackstop off" for one method would have been for all: no setting knows methods.
for my $limit ('<Limit OPTIONS>', '<LimitExcept GET>') {
    for my $line (map { @$_ } @SECTION_FORMS) {
        my ($name) = $line =~ /^(\w+)/;
        my ($refusal) = said_of(tls => within(['<Location "/x">', $limit], 'Require mtls', $line));
        is($refusal, "$name cannot occur within <Limit> or <LimitExcept> section", "$limit $line: refused");
    }
}

# ---- .htaccess ----

my $root = MTLS::Server::new_directory('htdocs');
my $begin = qr{\Q$root\E/};
my $FORBIDDEN = qr/not allowed here/;
my %HTACCESS = (
    rule   => ['Require mtls', qr{${begin}rule/\.htaccess: Require mtls is not allowed in \.htaccess: write it in the server's configuration}],
    field  => ['Require mtls san.dns a.example', qr{${begin}field/\.htaccess: Require mtls is not allowed in \.htaccess: write it in the}],
    if     => ["<If \"mtls('subject.cn') == 'x'\">\nDirectoryIndex a\n</If>",
               qr{${begin}if/\.htaccess: .*mtls\(\) is for the server's configuration, not for \.htaccess or pages}],
    map { my ($name) = /^(\w+)/; (lc $name => [$_, qr{${begin}\L$name\E/\.htaccess: $name $FORBIDDEN}]) }
        'MTLSExport nginx', 'MTLSHeader X-Name subject.cn', 'MTLSMaxHeaders 10', 'MTLSUser subject.cn', 'MTLSEnv on', 'MTLSBackstop off',
        'MTLSPathCheck off', 'MTLSMode report', 'MTLSGuard off', 'MTLSPass nginx', 'MTLSOnSpoof strip',
        'MTLSStatusSubjects on', 'MTLSExpiryWarning 1d',
);
# Behind an alias nobody sees that he is negated, in .htaccess as little as at the start.
my $ALIAS = qr/'Require [^']+' negates the alias of \S+:\d+: an alias of mtls cannot be negated, because it does not see that it is; write 'Require not mtls ...' in the server's configuration/;
my %ALIASED = (
    'not' => "<RequireAll>\nRequire all granted\nRequire not guests\n</RequireAll>",
    'none' => "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire Guests\n</RequireNone>\n</RequireAll>",
    'deep' => "<RequireAll>\nRequire all granted\n<RequireNone>\n<RequireAny>\nRequire ip 192.0.2.1\nRequire \"guests\"\n</RequireAny>\n</RequireNone>\n</RequireAll>",
);
$HTACCESS{"alias-$_"} = [$ALIASED{$_}, $ALIAS] for keys %ALIASED;
my $server = start_server(tls => <<"END", conf => "MTLSGuard used\n<AuthzProviderAlias mtls guests \"subject.cn 'Otto Other'\">\n</AuthzProviderAlias>");
    DocumentRoot "$root"
    <Directory "$root">
        AllowOverride All
        Require all granted
    </Directory>
END
make_path("$root/good");
spew("$root/good/index.html", "good\n");
spew("$root/good/.htaccess", "DirectoryIndex index.html\n");
is(client()->request($server, '/good/index.html')->{status}, 200, 'a .htaccess without anything of ours is fine');
spew("$root/good/.htaccess", "Require guests\n");
is(client()->request($server, '/good/index.html', cert => $_)->{status}, $_ eq 'other' ? 200 : 403, "an alias in .htaccess: $_") for 'other', 'ok';
is(client()->request($server, '/good/index.html')->{status}, 403, 'an alias in .htaccess: nobody');
for my $name (sort keys %HTACCESS) {
    my ($text, $pattern) = @{ $HTACCESS{$name} };
    make_path("$root/$name");
    spew("$root/$name/index.html", "$name\n");
    spew("$root/$name/.htaccess", "$text\n");
    $server->mark;
    is(client()->request($server, "/$name/index.html", cert => 'ok')->{status}, 500, "in .htaccess: $text");
    like($server->error_log, $pattern, '  ... and the log says what to do');
}
like($server->said, qr/main server: MTLSGuard used, 0 header names/, 'the start says what is guarded');
$server->stop;

# AllowOverrideList lets a .htaccess have what sections have, if the one who writes that insists on it: not these.
my %OVERRIDING = map { my ($name) = /^(\w+)/; ($name => $_) }
    'MTLSExport nginx', 'MTLSHeader X-Name subject.cn', 'MTLSMaxHeaders 10', 'MTLSUser subject.cn', 'MTLSEnv on', 'MTLSBackstop off',
    'MTLSPathCheck off', 'MTLSMode report', 'MTLSStatusSubjects on';
my $DIRECTIVES = slurp(top() . '/src/mtls_directives.c');
is(join(' ', sort keys %OVERRIDING), join(' ', sort $DIRECTIVES =~ /"(\w+)", \w+, NULL, SECTIONS/g), 'every directive of sections');
for my $backstop ('MTLSBackstop on', '') {
    $server = start_server(tls => <<"END");
        DocumentRoot "$root"
        $backstop
        <Directory "$root">
            AllowOverride None
            AllowOverrideList @{[ sort keys %OVERRIDING ]}
            Require all granted
        </Directory>
END
    for my $name (sort keys %OVERRIDING) {
        make_path("$root/list");
        spew("$root/list/index.html", "list\n");
        spew("$root/list/.htaccess", "$OVERRIDING{$name}\n");
        $server->mark;
        my $response = client()->request($server, '/list/index.html', cert => 'ok');
        is($response->{status}, 500, join ', ', 'in .htaccess, with AllowOverrideList', $OVERRIDING{$name}, $backstop || ());
        like($server->error_log, qr{\Q$root\E/list/\.htaccess: $name cannot occur within htaccess files}, '... and the log says so');
    }
    $server->stop;
}

# ---- without mod_authz_core ----

# Its directives are known to this module, too: they must not be taken for nothing.
for my $line ('Require all denied', 'AuthMerging And', 'AuthzSendForbiddenOnFailure On', 'Require mtls') {
    my ($name) = $line =~ /(\w+)/;
    refused_config("without mod_authz_core: $line", { bare => 1, without => ['authz_core'], conf => "<Location />\n$line\n</Location>" },
                   qr/^$name: mod_authz_core is needed for this: load it$/);
}

# ---- without mod_ssl ----

my %without_ssl = (without => ['ssl', 'http2']);
is((said_of(conf => $_, %without_ssl))[0],
   'mtls_authz: mod_ssl is needed to see client certificates: load it (on Debian: a2enmod ssl)', "without mod_ssl: $_")
    for "<Location />\nRequire mtls\n</Location>", 'MTLSExport nginx', 'MTLSGuard all', "<If \"mtls('subject.cn') == 'x'\">\n</If>";
is_deeply([said_of(conf => 'KeepAlive on', %without_ssl)], [undef], 'without mod_ssl, and nothing of ours: fine');
# Another module that speaks TLS does not make up for it; beside mod_ssl it is not believed.
my $OTHER_TLS = sprintf qq{LoadModule other_tls_module "%s/mod_other_tls.so"\n}, build();
is((said_of(conf => "$OTHER_TLS<Location />\nRequire mtls\n</Location>", %without_ssl))[0],
   'mtls_authz: mod_ssl is needed to see client certificates: load it (on Debian: a2enmod ssl)', 'TLS by another module');
my $backend = start_backend('http');
my $other = start_server(conf => sprintf <<'END', $OTHER_TLS, $backend->port('http'));
    %s
    ErrorDocument 403 "%%{reqenv:MTLS_REASON}"
    MTLSExport nginx rfc9440
    MTLSHeader X-CN subject.cn
    MTLSUser subject.cn
    ProxyPass / http://127.0.0.1:%d/
    <Location "/mtls/">
        Require mtls
    </Location>
    <Location "/not/">
        <RequireAll>
            Require mtls
            Require not mtls subject.cn "Otto Other"
        </RequireAll>
    </Location>
    <Location "/backstop/">
        MTLSBackstop on
        Require all granted
    </Location>
    <Location "/verified/">
        Require expr "%%{HTTPS} == 'on'"
    </Location>
END
for my $path ('/mtls/', '/not/', '/backstop/') {
    my $response = client()->request($other, $path, plain => 1);
    is("$response->{status} $response->{body}", '403 unverified', "a client that another module has verified: $path");
    is(client()->request($other, $path, cert => 'ok')->{status}, $path eq '/backstop/' ? 403 : 200, '  ... and one that mod_ssl has');
}
my $seen = client()->request($other, '/verified/', plain => 1);
is($seen->{status}, 200, 'httpd takes its word, where it is asked');
is(join(' ', $seen->backend_header('ssl-client-verify')), 'FAILED:unverified', '  ... a backend is not told that it is verified');
is(join(' ', map { $seen->backend_header($_) } qw(X-CN Client-Cert ssl-client-subject-dn ssl-client-cert)), '', '  ... nor who it is');
my $plain = start_server(%without_ssl);
is(client()->request($plain, '/', plain => 1)->{status}, 200, '  ... it starts and serves');

# ---- a good alias ----

my $alias = start_server(tls => <<'END', conf => <<'END');
    <Location "/">
        Require shop
    </Location>
END
    <AuthzProviderAlias mtls shop "san.dns is shop.example.org">
    </AuthzProviderAlias>
END
is(client()->request($alias, '/', cert => $_->[0])->{status}, $_->[1], "by alias: " . ($_->[0] // 'nobody'))
    for ['ok', 200], ['other', 403], [undef, 403];
done_testing;
__DATA__
<RequireAll>
Require mtls
</RequireAll>
! <RequireAll not allowed here

[tls]
<Location "/x">
<RequireAll>
Require mtls
Require not mtls
</RequireAll>
</Location>
! Require not mtls, without a field, would let in whoever has no valid certificate: name a field

<Location "/x">
<RequireAll>
Require mtls
<RequireNone>
Require mtls
</RequireNone>
</RequireAll>
</Location>
! Require not mtls, without a field, would let in whoever has no valid certificate: name a field

<Location "/x">
<RequireAll>
Require mtls
Require not mtls san.dns
</RequireAll>
</Location>
! Require mtls: 'san.dns' alone says nothing: write 'san.dns present', or a value behind it

<Location "/x">
Require not mtls san.dns a.example
</Location>
! negative Require directive has no effect in <RequireAny> directive

[conf]
<AuthzProviderAlias mtls shop san.dns is shop.example.org>
</AuthzProviderAlias>
! Can't parse 'Require mtls san.dns': Require mtls: 'san.dns' alone says nothing: write 'san.dns present', or a value behind it (behind the alias' name everything belongs into one pair of quotes)

<AuthzProviderAlias mtls shop san.dms shop.example.org>
</AuthzProviderAlias>
! Can't parse 'Require mtls san.dms': Require mtls: unknown field 'san.dms', did you mean 'san.dns'? Known are @FIELDS@ (behind the alias' name everything belongs into one pair of quotes)

<AuthzProviderAlias mtls shop "san.dns is shop.example.org">
</AuthzProviderAlias>
<Location "/x">
<RequireAll>
Require all granted
Require not shop
</RequireAll>
</Location>
! mtls_authz: 'Require not shop' in @6@ negates the alias of @1@: an alias of mtls cannot be negated, because it does not see that it is; write 'Require not mtls ...' there instead

<Location "/x">
<RequireAll>
Require all granted
<RequireNone>
Require "shop"
</RequireNone>
</RequireAll>
</Location>
<AuthzProviderAlias mtls "shop" "san.dns is shop.example.org">
</AuthzProviderAlias>
! Unknown Authz provider: shop

<AuthzProviderAlias mtls "shop" "san.dns is shop.example.org">
</AuthzProviderAlias>
<Location "/x">
<RequireAll>
Require all granted
<RequireNone>
<RequireAny>
Require "shop"
</RequireAny>
</RequireNone>
</RequireAll>
</Location>
! mtls_authz: 'Require "shop"' in @8@ negates the alias of @1@: an alias of mtls cannot be negated, because it does not see that it is; write 'Require not mtls ...' there instead

<AuthzProviderAlias mtls shop>
</AuthzProviderAlias>
<Location "/x">
<RequireAll>
Require all granted
Require not shop
</RequireAll>
</Location>
! mtls_authz: 'Require not shop' in @6@ negates the alias of @1@: an alias of mtls cannot be negated, because it does not see that it is; write 'Require not mtls ...' there instead

<AuthzProviderAlias mtls shop "san.dns is shop.example.org">
</AuthzProviderAlias>
<AuthzProviderAlias shop store "x">
</AuthzProviderAlias>
! mtls_authz: the alias of @3@ is made of the alias of @1@, which no server survives when it is asked; write <AuthzProviderAlias mtls ...> for both

<AuthzProviderAlias ip office "192.0.2.0/24">
</AuthzProviderAlias>
<AuthzProviderAlias mtls shop "san.dns is shop.example.org">
</AuthzProviderAlias>
<Location "/x">
<RequireAll>
Require shop
Require not office
</RequireAll>
</Location>
! ok

[tls]
MTLSExport kong vault
! mtls_authz: profile kong (@1@) and profile vault (@1@) both set 'X-Client-Cert' in one location, to different values; export one of them

MTLSExport kong puppet pulp
! ok

MTLSExport kong
MTLSHeader x_client.cert certificate der-base64
! mtls_authz: profile kong (@1@) and MTLSHeader x_client.cert (@2@) both set 'x_client.cert' in one location, to different values; export one of them

MTLSExport kong
MTLSHeader x-client-cert certificate pem-url
! ok

MTLSExport xfcc
<Location "/x">
MTLSExport +cloudfoundry
</Location>
! mtls_authz: profile xfcc (@1@) and profile cloudfoundry (@3@) both set 'X-Forwarded-Client-Cert' in one location, to different values; export one of them

MTLSExport xfcc
<Location "/x">
MTLSExport +cloudfoundry -xfcc
</Location>
! ok

MTLSExport xfcc
<Location "/x">
MTLSExport cloudfoundry
</Location>
! ok

<Location "/">
MTLSExport puppet
</Location>
<Location "/x">
MTLSExport +vault
</Location>
! mtls_authz: profile puppet (@2@) and profile vault (@5@) both set 'X-Client-Cert' in one location, to different values; export one of them

<Location "/">
MTLSExport puppet
</Location>
<Location "/x">
MTLSExport +kong
</Location>
! ok

<Location "/a">
MTLSExport puppet
</Location>
<Location "/b">
MTLSExport +vault
</Location>
! ok

<Location "/a">
MTLSExport puppet
<If "true">
MTLSHeader X_CLIENT_CERT "=none"
</If>
</Location>
! mtls_authz: profile puppet (@2@) and MTLSHeader X_CLIENT_CERT (@4@) both set 'X_CLIENT_CERT' in one location, to different values; export one of them

<Location "/a">
MTLSExport puppet
</Location>
<Directory "/srv">
MTLSExport +vault
</Directory>
! mtls_authz: profile puppet (@2@) and profile vault (@5@) both set 'X-Client-Cert' in one location, to different values; export one of them

<Location "/x">
<If "mtls('nonsense') == 'x'">
</If>
</Location>
! Cannot parse condition clause: mtls(): unknown field 'nonsense'; known are @FIELDS@

<Location "/x">
<If "mtls('') == 'x'">
</If>
</Location>
! Cannot parse condition clause: mtls() takes the name of a field, as a constant: mtls('subject.cn')

<Location "/x">
<If "%{MTLS:subject.nm} == 'x'">
</If>
</Location>
! Cannot parse condition clause: mtls(): unknown field 'subject.nm', did you mean 'subject.cn'? Known are @FIELDS@

<Location "/x">
<If "mtls(%{REQUEST_URI}) == 'x'">
</If>
</Location>
! Cannot parse condition clause: mtls() takes the name of a field, as a constant: mtls('subject.cn')

<Location "/x">
Require expr "mtls('subject.cn') == 'x' && 'a' in mtls('san.dns') && %{MTLS:verify} == 'SUCCESS'"
</Location>
! ok

RewriteEngine on
RewriteCond expr "mtls('san.dms') == 'x'"
RewriteRule ^ - [F]
! RewriteCond: cannot compile expression "mtls('san.dms') == 'x'" mtls(): unknown field 'san.dms', did you mean 'san.dns'? Known are @FIELDS@

Header set X-Name "expr=%{mtls:subjectcn}"
! Can't parse value expression : mtls(): unknown field 'subjectcn', did you mean 'subject.cn'? Known are @FIELDS@
