#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# httpd -t -D DUMP_MTLS: every rule that was compiled, and no other.
use MTLS::Test;

sub dumped {
    my ($conf, @more) = @_;
    my $result = configtest(conf => $conf, arguments => ['-D', 'DUMP_MTLS', @more]);
    is($result->{exit}, 0, 'the configuration is accepted') or diag $result->{output};
    return map { s{^\S*/httpd\.conf:\d+: }{}r } grep { /: Require |: <Authz|^mtls_authz: \d+ rules?/ } split /\n/, $result->{output};
}

for my $case (
    ['nothing', '', '0 rules'],
    ['other providers', "<Location \"/a\">\nRequire all denied\nRequire ssl\n</Location>", '0 rules'],
    ['one', "<Location \"/a\">\nRequire mtls\n</Location>", '<Location /a>: Require mtls', '1 rules'],
    ['negated', <<'END',
<Location "/a">
    <RequireAll>
        require mtls san.dns is a.example
        <RequireNone>
            Require mtls san.dns is b.example
        </RequireNone>
        Require not mtls subject.cn is \
            "Anne  B"
    </RequireAll>
    <If "-n 'x'">
        Require mtls eku present
    </If>
</Location>
END
     '<Location /a>: Require mtls san.dns is a.example', '<Location /a>: Require mtls san.dns is b.example (negated)',
     '<Location /a>: Require mtls subject.cn is             "Anne  B" (negated)', q(<Location /a> <If -n 'x'>: Require mtls eku present),
     '4 rules'],
    ['an alias', "<AuthzProviderAlias mtls staff \"subject.o is Staff\">\n</AuthzProviderAlias>\n<Location \"/a\">\nRequire staff\n</Location>",
     '<AuthzProviderAlias>: mtls subject.o is Staff', '1 rules'],
    ['octets outside ASCII', "<Location \"/a\">\nRequire mtls subject.cn is J\xC3\xBCrg\n</Location>",
     '<Location /a>: Require mtls subject.cn is J'."\xC3\xBCrg", '1 rules'],
    ['what is not read', "<IfDefine NEVER>\n<Location \"/a\">\nRequire mtls\n</Location>\n</IfDefine>", '0 rules'],
) {
    my ($name, $conf, @lines) = @$case;
    my @wanted = map { /^<Loc/ ? "localhost $_" : /^\d/ ? "mtls_authz: $_" : $_ } @lines;
    is(join("\n", dumped($conf)), join("\n", @wanted), $name);
}

my $twice = configtest(tls => "<Location \"/b\">\nRequire mtls\n</Location>", plain => "<Location \"/c\">\nRequire mtls\n</Location>",
                       arguments => ['-D', 'DUMP_MTLS']);
like($twice->{output}, qr{^\S+/httpd\.conf:\d+: localhost:1 <Location /c>: Require mtls$}m, 'the virtual host is named');
like($twice->{output}, qr{^\S+/httpd\.conf:\d+: localhost:2 <Location /b>: Require mtls$}m, 'each of them');
unlike(configtest(conf => "<Location \"/a\">\nRequire mtls\n</Location>")->{output}, qr/Require/, 'only if it is asked for');
unlike(configtest(conf => "<Location \"/a\">\nRequire mtls nonsense\n</Location>", arguments => ['-D', 'DUMP_MTLS'])->{output},
       qr/\d rules/, 'nothing where the configuration is refused');
done_testing;
