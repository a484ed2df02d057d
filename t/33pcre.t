#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# "matches": the whole of one attribute's value, never a printed name; UTF-8; nothing escapes the anchors; an expression that
# takes too many steps denies both ways, is in the log, and costs nobody else anything. What a pattern means is PCRE's
# documentation (pcre2pattern(3)), written down by hand.
use MTLS::Test;

my %subjects = (
    ax => [['CN', 'ax']], xb => [['CN', 'xb']], a => [['CN', 'a']], b => [['CN', 'b']],
    two => [['CN', 'anne'], ['OU', 'admin']], comma => [['CN', 'anne,OU=admin']],
    umlaut => [['CN', "\x{e4}\x{20ac}\x{1f511}"]], stars => [['CN', '(*ACCEPT)']], dots => [['CN', 'a.b|c']],
    long => [['CN', 'a' x 60000 . '!']], quoted => [['CN', 'x"y\\z']], separator => [['CN', "a\x{2028}b\x{85}c"]],
);
my @certificates = sort keys %subjects;
make_certificate("pcre-$_", { subject => $subjects{$_} }) for @certificates;

my @rows = (    # pattern as the configuration has it, who is let in; everybody else is not
    ['a|b', qw(a b)],
    ['(a|b)', qw(a b)],
    ['a', qw(a)],
    ['^a$|^b$', qw(a b)],
    ['a|b.*', qw(a b)],
    ['.*b', qw(b xb)],
    ['a*', qw(a)],
    ['(?i)A', qw(a)],
    ['A'],
    ['[[:alpha:]]{2}', qw(ax xb)],
    ['\\\\w', qw(a b)],
    ['anne', qw(two)],
    ['.*admin.*', qw(comma)],
    ['anne,OU=admin', qw(comma)],
    ['CN=.*'],
    ['.*,O=.*'],
    ['(anne)(?!,).*', qw(two)],
    ['anne(?=,).*', qw(comma)],
    ['...', qw(umlaut)],
    ['.', qw(a b)],
    ['ä.🔑', qw(umlaut)],
    ['ä..🔑'],
    ['(?i)Ä€🔑', qw(umlaut)],
    ['\\\\x{e4}\\\\x{20ac}.', qw(umlaut)],
    ['[ä][^a].', qw(umlaut)],
    ['a[^.]b.c', qw(separator)],
    ['a\\\\.b\\\\|c', qw(dots)],
    ['\\\\Qa.b|c\\\\E', qw(dots)],
    ['[(][*].CCEPT.', qw(stars)],
    ['\\\\(\\\\*A.*', qw(stars)],
    ['x\\"y.z', qw(quoted)],
    ['x.y\\\\\\\\z', qw(quoted)],
    ['(?<first>a)x|(?<second>x)b', qw(ax xb)],
    ['(a)\\\\1?', qw(a)],
    ['(*COMMIT)a', qw(a)],
    ['a+!', qw(long)],
    ['a{30000}.*', qw(long)],
);

# Expressions that would get out of the anchors, or are none.
my @refused = ('a)|(b', 'a)|.*(?:b', '(a', 'a)', '[a', 'a\\\\', '\\\\Qa', '(?x)a #', '(?#a', 'a(*ACCEPT)', '(?:a(*ACCEPT)b|c)', 'a(*ACCEPT:x)',
               '(*LIMIT_MATCH=4000000000)a', '(*UTF)a', '(*NO_START_OPT)a', '*a', 'a{2,1}', '(?<n', '\\\\x{d800}', "a\xff", '(?P>none)', '');

my $limited = <<'END';
    <Location "/limited">
        Require mtls subject.cn matches "^(a+)+$"
    </Location>
    <Location "/second">
        Require mtls subject.cn matches "^(a+)+$" "a+!"
    </Location>
    <Location "/not">
        <RequireAll>
            Require not mtls subject.cn matches "^(a+)+$"
            Require all granted
        </RequireAll>
    </Location>
    <Location "/none">
        <RequireAll>
            <RequireNone>
                Require mtls subject.cn matches "(a*)*b"
            </RequireNone>
            Require all granted
        </RequireAll>
    </Location>
    <Location "/any">
        <RequireAny>
            Require mtls subject.cn matches "^(a+)+$"
            Require mtls subject.cn like "a*"
        </RequireAny>
    </Location>
    <Location "/user">
        MTLSUser subject.cn match=((a+)+)
        <RequireAll>
            Require mtls
            Require valid-user
        </RequireAll>
    </Location>
    <Location "/open">
        Require mtls
    </Location>
END
my $sections = join '', map { qq(    <Location "/row/$_/">\n        Require mtls subject.cn matches "$rows[$_][0]"\n    </Location>\n) } 0 .. $#rows;

# What the whole server says of expressions is for others.
for my $options ('', 'RegexDefaultOptions +ICASE -DOTALL') {
    my $server = start_server(conf => "$options\n", tls => $sections . $limited, log_level => 'mtls_authz:info');
    for my $name (@certificates) {
        my @responses = client()->many($server, { cert => "pcre-$name", http => '1.1' }, map { { path => "/row/$_/" } } 0 .. $#rows);
        for my $i (0 .. $#rows) {
            my ($pattern, @in) = @{ $rows[$i] };
            is($responses[$i]{status}, (grep { $_ eq $name } @in) ? 404 : 403, "$name: '$pattern' $options");
        }
    }
    next if $options;

    # ---- limits ----

    $server->mark;
    my @cases = (    # path, certificate, status
        ['limited', 'long', 403], ['limited', 'a', 404], ['limited', 'b', 403], ['second', 'long', 404],
        ['not', 'long', 403], ['not', 'b', 404], ['not', 'a', 403], ['none', 'long', 403], ['none', 'a', 404], ['none', 'b', 403],
        ['any', 'long', 404], ['user', 'long', 403], ['user', 'a', 404],
    );
    for my $case (@cases) {
        my ($path, $name, $status) = @$case;
        my ($response, $next) = client()->many($server, { cert => "pcre-$name", http => '1.1' }, { path => "/$path" }, { path => '/open' });
        is($response->{status}, $status, "$name at /$path");
        is($next->{status}, 404, "$name at /$path: the connection goes on");
    }
    my $log = $server->error_log;
    for my $path (qw(limited not none)) {
        my @lines = grep { m{GET /$path; } } split /\n/, $log;
        my @said = grep { /no-match \(the regular expression ran into its limit\)/ } @lines;
        is(scalar @said, 1, "/$path: the log says that the expression gave up") or diag($log);
        ok(@lines > @said, "/$path: and does not where it did not");
    }
    like($log, qr/MTLSUser: the regular expression ran into its limit/, 'likewise of MTLSUser');
    unlike($log, qr{GET /any; }, 'a request that another line lets in is no denial');

    # Twenty at once keep nobody waiting for ever.
    my @many = client()->many($server, { cert => 'pcre-long', http => mpm() eq 'prefork' ? '1.1' : '2' },
        map { { path => '/limited', wait => $_ == 20 ? 1 : 0 } } 1 .. 20);
    is(scalar(grep { $_->{status} == 403 } @many), 20, 'twenty requests at once are all denied');
    is(client()->request($server, '/open', cert => 'ok')->{status}, 404, 'and the server goes on serving');
    unlike($server->error_log, qr/exit signal|Segmentation/, 'no child has died');
}

# ---- refused at the start ----

sub refused_rule { my ($name, $rule, $sentence) = @_; refused_config($name, qq(<Location "/">\nRequire mtls $rule\n</Location>), $sentence) }

my $words = qr/^Require mtls: subject\.cn: '.*' (?:is not a regular expression: |has \(\*ACCEPT\)|is empty)/s;
refused_rule("refused: '" . s/[^ -~]/?/gr . "'", qq(subject.cn matches "$_"), $words) for @refused;
refused_rule('a second expression', 'subject.cn matches a "b("', qr/'b\(' is not a regular expression/);
refused_rule("no expression on $_", "$_ matches .*", qr/operator 'matches' does not fit '\Q$_\E'/)
    for qw(subject issuer san.dirname ca serial sha256 san.ip not-after eku key.type tls.version);
refused_config("refused by MTLSUser: $_", "MTLSUser subject.cn match=$_", qr/is not a regular expression|\(\*ACCEPT\)/) for 'a)|(b', '(a)(*ACCEPT)x';
done_testing;
