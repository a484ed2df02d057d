#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# A smart card's user principal name, cut to the name that a directory knows, decides with the directory's groups.
use MTLS::Test;
use IO::Socket::INET;
use File::Path 'make_path';
use Time::HiRes 'sleep';

my $dir = logs() . "/ldap-$$";
make_path("$dir/db");
my $port = free_port();
spew("$dir/slapd.conf", <<"END");
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $dir/slapd.pid
database mdb
suffix "dc=example,dc=org"
directory $dir/db
END
sub person { my ($uid) = @_; return "dn: uid=$uid,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: $uid\ncn: $uid\nsn: $uid\nmail: $uid\@example.org\n\n" }
sub group {
    my ($cn, @uids) = @_;
    return "dn: cn=$cn,dc=example,dc=org\nobjectClass: groupOfNames\ncn: $cn\n" . join('', map { "member: uid=$_,dc=example,dc=org\n" } @uids) . "\n";
}
spew("$dir/people.ldif", "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"
    . person('anne') . person('otto') . group('clerks', 'anne') . group('guests', 'otto'));
my ($slapd) = grep { -x } '/usr/sbin/slapd', '/usr/lib/openldap/slapd', '/usr/libexec/slapd';
system($slapd, '-T', 'add', '-f', "$dir/slapd.conf", '-l', "$dir/people.ldif") == 0 or die "slapadd failed: $?";
my $pid = fork() // die "fork: $!";
if (!$pid) {
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', "$dir/output";
    open STDERR, '>&', \*STDOUT;
    exec $slapd, '-d', '0', '-h', "ldap://127.0.0.1:$port", '-f', "$dir/slapd.conf" or POSIX::_exit(127);
}
END { local ($?, $!); if ($pid) { kill TERM => $pid; waitpid $pid, 0 } }
my $up;
for (1 .. 500) {
    last if $up = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
    sleep 0.02;
}
$up or die "slapd does not listen:\n" . slurp("$dir/output");
close $up;

# Cards: a name that the directory knows in the group, in another group, not at all, and one that would be a filter.
my @CARD = (issuer => 'intermediate', eku => ['clientAuth']);
make_certificate("card-$_->[0]" => { @CARD, subject => [['CN', 'card']], san => [['upn', $_->[1]]] })
    for ['otto', 'otto@corp.example.org'], ['eve', 'eve@corp.example.org'], ['elsewhere', 'anne@corp.example.org.evil.example'],
        ['star', '*@corp.example.org'], ['filter', 'x)(uid=anne@corp.example.org'], ['dn', 'anne,dc=example@corp.example.org'];

my $URL = qq{AuthLDAPURL "ldap://127.0.0.1:$port/dc=example,dc=org?uid"};
my %SECTION = (
    group => 'Require ldap-group cn=clerks,dc=example,dc=org',
    user => 'Require ldap-user anne',
    users => 'Require ldap-user otto eve',
    dn => 'Require ldap-dn uid=anne,dc=example,dc=org',
    filter => 'Require ldap-filter mail=anne@example.org',
    both => "<RequireAll>\nRequire mtls san.dns is shop.example.org\nRequire ldap-group cn=clerks,dc=example,dc=org\n</RequireAll>",
);
my $sections = join '', map { "<Location \"/$_/\">\n$URL\nAuthType mtls\n$SECTION{$_}\n</Location>\n" } sort keys %SECTION;
my $modules = join '', map { "LoadModule ${_}_module \"$ENV{MTLS_MODULES}/mod_$_.so\"\n" } 'ldap', 'authnz_ldap';
my $backend = start_backend('http');
my $server = start_server(conf => $modules, log_level => 'authnz_ldap:debug', tls => <<"END");
    SSLVerifyClient optional_no_ca
    MTLSUser san.upn match=([^@]+)\@corp\\.example\\.org
    ProxyPass "/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    $sections
END

# Section, and what each certificate gets.
my @WHO = ('ok', 'card-otto', 'card-eve', 'card-elsewhere', 'card-star', 'card-filter', 'card-dn', 'other', 'stranger', undef);
my @ROWS = (
    ['group',  '200 403 403 403 403 403 403 403 403 403'],
    ['user',   '200 403 403 403 403 403 403 403 403 403'],
    ['users',  '403 200 403 403 403 403 403 403 403 403'],
    ['dn',     '200 403 403 403 403 403 403 403 403 403'],
    ['filter', '200 403 403 403 403 403 403 403 403 403'],
    ['both',   '200 403 403 403 403 403 403 403 403 403'],
);
for my $row (@ROWS) {
    my ($section, $wanted) = @$row;
    is(join(' ', map { client()->request($server, "/$section/x", cert => $_)->{status} } @WHO), $wanted, $SECTION{$section} =~ tr/\n/ /r);
}

# A directory that is gone lets nobody in.
kill TERM => $pid;
waitpid $pid, 0;
$pid = 0;
my $gone = client()->request($server, '/both/y', cert => 'card-otto');
is($gone->{status}, 403, 'no directory, and no rule that holds');
isnt(client()->request($server, '/users/y', cert => 'card-eve')->{status}, 200, 'no directory, nobody gets in');
done_testing;
