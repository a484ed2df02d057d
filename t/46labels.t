#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Labels: what the entries of a certificate say, in rules, headers, variables, expressions and user names.
use MTLS::Test;
use MTLS::Lists;

make_certificate('both' => { san => [['dns', 'shop.example.org'], ['dns', 'other.example.org']] });
make_certificate('twice' => { san => [['dns', 'shop.example.org'], ['dns', 'shop2.example.org']] });
make_certificate('plain' => { san => [['dns', 'plain.example.org']] });
make_certificate('odd' => { san => [['dns', 'odd.example.org']] });
my @CERTIFICATES = qw(ok other both twice plain odd bare nul-dns);

put('partners', <<'END');
shop.example.org    role=billing  user="anne b"  team=a
shop2.example.org   role=billing  user=bob       Team=a
other.example.org   role=reader   team=a
plain.example.org
odd.example.org     role="x=\"y\\" user=*
like:o*.example.org team=a
END
put('networks', '192.0.2.0/24 role=net zone=near', '192.0.2.7 zone=here');
# Before any entry has a label, any label may come.
put('later', '# nobody yet');

my $backend = start_backend('http');
my $origin = 'http://127.0.0.1:' . $backend->port('http');
my $dir = list_dir();

# Rules, and who is let in.
my %RULE = (
    'role-billing' => ['Require mtls label.partners.role is billing', qw(ok twice)],
    'role-word' => ['Require mtls label.partners.role billing reader', qw(ok twice other)],
    'role-case' => ['Require mtls label.partners.role Billing'],
    'name-case' => ['Require mtls LABEL.Partners.ROLE billing', qw(ok twice)],
    'role-present' => ['Require mtls label.partners.role present', qw(ok twice other odd)],
    'role-like' => ['Require mtls label.partners.role like *i*', qw(ok twice)],
    'role-matches' => ['Require mtls label.partners.role matches "(billing|reader)"', qw(ok twice other)],
    'role-odd' => ['Require mtls label.partners.role "x=\"y\\\\"', qw(odd)],
    'user' => ['Require mtls label.partners.user "anne b"', qw(ok both)],
    'team' => ['Require mtls label.partners.team a', qw(ok other both twice odd)],
    'net' => ['Require mtls label.networks.role net', qw(ok)],
    'zone' => ['Require mtls label.networks.zone near here'],
    'later' => ['Require mtls label.later.any present'],
    # Who has no such label is not "not billing" by that alone; who has two is neither.
    'not-billing' => ["<RequireAll>\nRequire mtls\nRequire not mtls label.partners.role billing\n</RequireAll>", qw(other plain odd bare)],
    'not-present' => ["<RequireAll>\nRequire mtls\nRequire not mtls label.partners.role present\n</RequireAll>", qw(plain bare)],
    'none' => ["<RequireAll>\nRequire mtls in partners\n<RequireNone>\nRequire mtls label.partners.role reader\n</RequireNone>\n</RequireAll>", qw(ok twice plain odd)],
    'in-and' => ["<RequireAll>\nRequire mtls in partners\nRequire mtls label.partners.user bob\n</RequireAll>"],
    'if' => ["Require mtls in partners\n<If \"mtls('label.partners.role') == 'reader'\">\nRequire all denied\n</If>", qw(ok both twice plain odd)],
    'expr' => [q(Require expr "%{MTLS:label.partners.role} == 'billing'"), qw(ok twice)],
    'expr-in' => [q(Require expr "'a' in mtls('label.partners.team')"), qw(ok other both twice odd)],
    'user-any' => ["MTLSUser label.partners.user\nAuthType mtls\nRequire user \"anne b\" \"*\"", qw(ok both odd)],
    'user-valid' => ["MTLSUser label.partners.user\nAuthType mtls\nRequire valid-user", qw(ok both odd)],
);
my $sections = join '', map { "<Location \"/rule/$_\">\n$RULE{$_}[0]\n</Location>\n" } sort keys %RULE;

my $server = start_server(log_format => '%U %>s %u %{MTLS_REASON}e %{MTLS_LABEL_PARTNERS_ROLE}e', tls => <<"END");
    $sections
    MTLSEnv on
    MTLSListInterval 1s
    MTLSList partners san.dns file:$dir/partners
    MTLSList networks san.ip file:$dir/networks
    MTLSList later san.dns file:$dir/later
    ProxyPass "/header/" "$origin/"
    ProxyPass "/strict/" "$origin/"
    <Location "/header/">
        MTLSHeader X-User label.partners.user
        MTLSHeader X-Zone label.networks.zone
        Header always set X-Role "expr=%{MTLS:label.partners.team}" "expr=-n %{MTLS:label.partners.team}"
    </Location>
    <Location "/strict/">
        MTLSHeader X-Role label.partners.role
    </Location>
    <Location "/cgi-bin/">
        MTLSUser label.partners.user
    </Location>
    <Location "/page/">
        Options +Includes
        SetOutputFilter INCLUDES
    </Location>
    Alias "/page/" "$dir/"
    <Directory "$dir">
        Require all granted
    </Directory>
    ErrorDocument 404 /cgi-bin/dump.py
END

sub ask { my ($path, $cert) = @_; return client()->request($server, $path, cert => $cert, conn => $cert // 'nobody') }
sub status { my ($path, $cert) = @_; return client()->request($server, $path, cert => $cert)->{status} }

for my $name (sort keys %RULE) {
    my (undef, @allowed) = @{ $RULE{$name} };
    my %allowed = map { $_ => 1 } @allowed;
    my %wrong;
    for my $cert (@CERTIFICATES) {
        my ($status, $wanted) = (ask("/rule/$name", $cert)->{status}, $allowed{$cert} ? 404 : $name =~ /^user/ ? 401 : 403);
        $wrong{$cert} = "$status instead of $wanted" if $wanted == 404 ? $status != 404 : $status !~ /^40[13]$/;
    }
    ok(!%wrong, "rule $name") or diag explain \%wrong;
}

# Several entries that differ leave no value; those that agree leave one.
$server->mark;
ask('/rule/role-billing', $_) for qw(both other plain nul-dns);
is_deeply([map { (split)[3] } $server->access_log(qr{^/rule}, 4)], [qw(ambiguous no-match no-match malformed)], 'reasons');

my %HEADER = (ok => ['anne b', 'a'], other => [undef, 'a'], both => ['anne b', 'a'], plain => [undef, undef],
              odd => ['*', 'a'], bare => [undef, undef]);
for my $cert (sort keys %HEADER) {
    my $response = ask('/header/', $cert);
    my ($user, $team) = @{ $HEADER{$cert} };
    is_deeply([$cert eq 'ok' ? () : $response->backend_header('X-Zone')], [], "$cert: X-Zone") if $response->{status} == 200;
    next if is($response->{status}, $cert eq 'ok' ? 403 : 200, "$cert: headers") && $cert eq 'ok';
    is_deeply([$response->backend_header('X-User')], [defined $user ? $user : ()], "$cert: X-User");
    is($response->header('X-Role'), $team, "$cert: expression");
}
is(ask('/header/', 'twice')->{status}, 403, 'two users are none');
is_deeply([ask('/strict/', 'twice')->backend_header('X-Role')], ['billing'], 'said twice is said');
is(ask('/strict/', 'both')->{status}, 403, 'two roles are none');

sub variables { my ($cert) = @_; return { map { @$_ } @{ ask('/cgi-bin/dump.py', $cert)->seen->{params} } } }
my %seen = map { $_ => variables($_) } qw(ok other both twice plain bare);
is($seen{ok}{MTLS_LABEL_PARTNERS_ROLE}, 'billing', 'variable');
is($seen{ok}{MTLS_LABEL_PARTNERS_USER}, 'anne b', 'variable with a blank');
is($seen{ok}{MTLS_LABEL_NETWORKS_ROLE}, 'net', 'variable of another list');
is($seen{ok}{MTLS_LABEL_NETWORKS_ZONE}, undef, 'no variable for two values');
is($seen{ok}{REMOTE_USER}, 'anne b', 'user');
is($seen{both}{MTLS_LABEL_PARTNERS_ROLE}, undef, 'no variable for two roles');
is($seen{both}{MTLS_LABEL_PARTNERS_TEAM}, 'a', 'one for a team that is the same');
is($seen{twice}{REMOTE_USER}, undef, 'two users are none');
is($seen{other}{REMOTE_USER}, undef, 'no user');
is_deeply([grep { /^MTLS_LABEL/ } keys %{ $seen{$_} }], [], "$_: no variables") for qw(plain bare);
ok(!exists $seen{ok}{MTLS_STALE_LISTS}, 'nothing is stale');

# An error page and a part of a page see what the request sees.
my $page = { map { @$_ } @{ ask('/nowhere', 'ok')->seen->{params} } };
is($page->{MTLS_LABEL_PARTNERS_ROLE}, 'billing', 'error page');
put('page.shtml', '<!--#include virtual="/rule/expr"-->[<!--#echo var="MTLS_LABEL_PARTNERS_ROLE" -->]');
is(ask('/page/page.shtml', 'ok')->{body} =~ /\[(\w+)\]/ && $1, 'billing', 'page with parts');

# A label that comes while the server runs.
put('later', 'shop.example.org any=1');
await($server, qr/list later: version 2 is in force/);
becomes(404, sub { status('/rule/later', 'ok') }, 'a new label is seen');
# And one that goes: nobody has it any more.
put('partners', 'shop.example.org team=a');
await($server, qr/list partners: version 2 is in force/);
becomes(403, sub { status('/rule/role-billing', 'ok') }, 'a label that is gone lets nobody in');
becomes(404, sub { status('/rule/team', 'ok') }, 'another is there');

refused_config('a label that no entry has', { tls => "MTLSList p san.dns file:$dir/partners\n<Location />\nRequire mtls label.p.rolle x\n</Location>" },
               qr/no entry of list 'p' has a label 'rolle'; it has team/);
refused_config('a list that is nowhere', { tls => "<Location />\nRequire mtls in p\n</Location>" }, qr/list 'p' is named \(\S+httpd\.conf:\d+\) and nowhere defined/);
done_testing;
