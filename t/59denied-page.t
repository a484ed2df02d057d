#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# conf-examples/denied-page: a page for each reason, the right one for each that can be brought about, also where the
# backstop is on; HTML that a screen reader can use and that loads nothing.
use MTLS::Test;

my $directory = top() . '/conf-examples/denied-page';
my $page = slurp("$directory/denied.shtml");
# A request that was granted sees no page.
my %slugs = map { $_ => 1 } grep { $_ ne 'granted' } slurp(top() . '/include/tbl/reasons.h') =~ /^MTLS_REASON\(\w+, "([\w-]+)"/mg;
ok(keys %slugs > 15, 'reasons: ' . keys %slugs);

# ---- the page as a file ----

my %text;
$text{$1} = $2 while $page =~ /<!--#(?:el)?if expr="v\('reason'\) == '([\w-]+)'" -->\n(.*?)(?=<!--#(?:elif|else) )/gs;
is(join(' ', sort keys %text), join(' ', sort keys %slugs), 'a text for each reason, and none for others');
my %title;
for my $slug (sort keys %text) {
    my ($title) = $text{$slug} =~ m{^<h1>(.+)</h1>\n<p>.+?</p>\n<h2>What you can do</h2>\n<(p|ul)>.+</\2>\n\z}s;
    ok($title, "$slug: what happened, and what to do");
    push @{ $title{ $title // '' } }, $slug;
    unlike($text{$slug}, qr/\b(?:mod_|TLS|SSL|CA|X\.509|header|vhost|proxy|httpd|Apache|MTLS|Require)\b/, "$slug: plain words");
}
is(join(' ', map { "@$_" } grep { @$_ > 1 } values %title), '', 'each has a title of its own');

# What is sent, as a person would see it.
sub check_html {
    my ($html, $name) = @_;
    my $said = qx(@{[ python() ]} -c '
import sys
from html.parser import HTMLParser
VOID = {"meta", "br", "link", "img"}
class Check(HTMLParser):
    open, seen = [], []
    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID: self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: print("unbalanced", tag, self.getpos())
check = Check(convert_charrefs=True)
check.feed(open(sys.argv[1], encoding="utf-8").read())
check.close()
tags = [tag for tag, _ in check.seen]
if check.open: print("open:", check.open)
for tag in ("html", "title", "main", "h1", "h2"):
    if tags.count(tag) != 1: print(tags.count(tag), tag)
for tag, attrs in check.seen:
    if tag in ("script", "link", "img", "iframe", "object", "form", "base") or {"src", "href", "srcset", "style", "onclick"} & set(attrs): print("loads:", tag, attrs)
if dict(check.seen[0][1]).get("lang") != "en": print("no language")
' "$html" 2>&1);
    is($said, '', "$name: HTML in order, and nothing is loaded");
}

# ---- the page as an answer ----

my $example = slurp("$directory/denied-page.conf");
$example =~ s/^Define mtls_denied_page\s+\K.*$/$directory\/denied.shtml/m or die;
$example =~ s/^Define mtls_denied_contact\s+\K.*$/"the <help> desk"/m or die;
my $backend = start_backend('http');
my $lines = <<"END";
    $example
    ProxyPass "/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    SetEnvIf Request_URI "^/as/([a-z-]+)\$" MTLS_REASON=\$1
    <Location "/as/">
        Require all denied
    </Location>
    <Location "/valid/">
        Require mtls
    </Location>
    <Location "/cn/">
        Require mtls subject.cn is nobody
    </Location>
    <Location "/user/">
        AuthType mtls
        MTLSUser san.email match=^(root)\@.*
        Require valid-user
    </Location>
    <Location "/single/">
        Require mtls
        MTLSUser subject.cn
        MTLSExport remote-user
    </Location>
    <Location "/small/">
        Require mtls
        MTLSExport rfc9440
        MTLSMaxHeaders 100
    </Location>
    <Location "/path/">
        Require mtls
        MTLSPathCheck strict
    </Location>
    <Location "/backstop/">
        Require all granted
    </Location>
    <Location "/foreign/">
        Require ip 192.0.2.1
    </Location>
END
my @CASES = (
    # slug, status, path, how
    ['no-tls', 403, '/valid/x', plain => 1, cert => undef],
    ['no-certificate', 403, '/valid/x', cert => undef],
    ['unverified', 403, '/valid/x', cert => 'stranger'],
    ['malformed', 403, '/cn/x', cert => 'control-cn'],
    ['no-match', 403, '/cn/x'],
    ['no-match', 403, '/cn/x', method => 'POST', body => 'a=b'],
    ['ambiguous', 403, '/single/x', cert => 'two-cns'],
    ['no-user', 403, '/user/x'],
    ['too-large', 403, '/small/x'],
    ['ambiguous-path', 400, '/path/a;b'],
    ['spoofed-header', 400, '/valid/x', headers => [['client_cert', 'x']]],
);
my @BACKSTOP = (['backstop', 403, '/backstop/x'], ['no-certificate', 403, '/backstop/x', cert => undef]);
my $written = logs() . "/denied-$$.html";

sub title_of { my ($slug) = @_; my ($title) = $text{$slug} =~ m{<h1>(.*?)</h1>}; return $title }

sub check_answer {
    my ($name, $response, $status, $title, $slug) = @_;
    is($response->{status}, $status, "$name: $status");
    is(($response->header('Content-Type'))[0], 'text/html;charset=utf-8', "$name: the type") if $response->header('Content-Type') !~ /; /;
    is(join('', $response->{body} =~ m{<h1>(.*?)</h1>}g), $title, "$name: $title");
    unlike($response->{body}, qr/<!--|\[an error|\$MTLS|Licensed/, "$name: nothing is left of the instructions");
    like($response->{body}, qr{ask the &lt;help&gt; desk, and tell}, "$name: whom to ask");
    my ($told) = $response->{body} =~ m{<b>([\w-]+)</b>,\n+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n};
    is($told, $slug, "$name: what to tell them") if $slug;
    unlike($response->{body}, qr/Anne|Example, Inc|anne\@example/, "$name: nothing of the certificate");
    spew($written, $response->{body});
    check_html($written, $name);
}

for my $backstop (0, 1) {
    my $on = $backstop ? "MTLSBackstop on\n" : '';
    my $server = start_server(tls => "SSLVerifyClient optional_no_ca\n$on$lines", plain => $lines, conf => 'MTLSOnSpoof reject');
    my $with = $backstop ? ', with the backstop' : '';
    for my $case (@CASES, $backstop ? @BACKSTOP : ()) {
        my ($slug, $status, $path, %how) = @$case;
        for my $http (mpm() eq 'prefork' || $how{plain} ? '1.1' : ('1.1', '2')) {
            $server->mark;
            $backend->mark;
            my $response = client()->request($server, $path, (exists $how{cert} ? () : (cert => 'ok')), %how, http => $http);
            check_answer("$slug, HTTP/$http$with", $response, $status, title_of($slug), $slug);
            my ($log) = grep { /access denied/ } split /\n/, $server->error_log;
            my ($id) = ($log // '') =~ /access denied, reason: $slug .* id (\S+)$/;
            # The header is found before a request has its id.
            my $shown = $slug eq 'spoofed-header' ? undef : $id;
            ok($id, "$slug, HTTP/$http$with: the log says so");
            is(($response->{body} =~ /^, id (\S+)$/m)[0], $shown, "$slug, HTTP/$http$with: the id is the log's");
            is(scalar(() = $backend->received), 0, "$slug, HTTP/$http$with: nothing reaches the backend");
        }
    }
    next if $backstop;
    for my $slug (sort keys %slugs) {
        check_answer("$slug, as said by somebody", client()->request($server, "/as/$slug", cert => 'ok'), 403, title_of($slug), $slug);
    }
    check_answer('no reason of ours', client()->request($server, '/foreign/x', cert => 'ok'), 403, 'You are not allowed to see this page');
    check_answer('a bad request', client()->request($server, '/valid/%', cert => 'ok'), 400, 'This address cannot be used');
    is(client()->request($server, '/denied-page/x', cert => 'ok')->{status}, 404, 'nothing below it');
    like(client()->request($server, '/denied-page', cert => undef)->{body}, qr/You are not allowed/, 'whoever asks for the page itself reads it');
}

# One that runs out while it is used.
my $server = start_server(tls => $lines);
my ($kept) = outlive($server, '/valid/x', {}, { http => '1.1' });
my $response = client()->request($server, '/valid/x', %$kept);
check_answer('expired', $response, 403, title_of('expired'), 'expired');

ok_config('it passes httpd -t at the server, too', $example);
done_testing;
