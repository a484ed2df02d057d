#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Lists while the server runs: good changes are taken up, bad ones are not, each of them is told once, and mended files count again.
use MTLS::Test;
use MTLS::Lists;
use Socket;
use Time::HiRes qw(sleep time);

my $dir = list_dir();
my $GOOD = "shop.example.org role=billing\n";
sub path { return "$dir/$_[0]" }
sub in_place { my ($name, $text) = @_; spew(path($name), $text) }       # as editors and "cat >" write

# What a writer does to a good file, and what is said of it (behind the path).
my %BAD = (
    'bad-line' => [sub { put($_[0], $GOOD, 'no_host!name.example') }, qr/:2: 'no_host!name\.example' /],
    'bad-label' => [sub { put($_[0], $GOOD, 'other.example.org reader') }, qr/:2: 'reader' is no label/],
    'bad-in-place' => [sub { in_place($_[0], "$GOOD\x00\n") }, qr/:2: is not UTF-8 text/],
    'contradiction' => [sub { put($_[0], $GOOD, '# more', 'shop.example.org role=x') }, qr/:3: stands on line 1 already, with other labels/],
    'cut-in-line' => [sub { in_place($_[0], "shop.example.org role=bill") }, qr/:1: the last line has no end/],
    'cut-to-a-line' => [sub { truncate path($_[0]), length($GOOD) - 1 }, qr/:1: the last line has no end/],
    'long-line' => [sub { put($_[0], $GOOD, 'x' x 10000) }, qr/:2: is longer than 8192 octets/],
    'quote' => [sub { put($_[0], '"shop.example.org role=x', $GOOD) }, qr/:1: has a quote that is not closed/],
    'utf-16' => [sub { put($_[0], "\xff\xfes\0h\0o\0p\0") }, qr/:1: is not UTF-8 text/],
    'crl' => [sub { put($_[0], slurp(pki('intermediate.crl.pem'))) }, qr/:1: /],
    'emptied' => [sub { truncate path($_[0]), 0 }, qr/: is empty, and had 1 entries before/],
    'empty-renamed' => [sub { put($_[0]) }, qr/: is empty, and had 1 entries before/],
    'line-ends-only' => [sub { put($_[0], "\n\r\n\n") }, qr/: is empty, and had 1 entries before/],
    'removed' => [sub { unlink path($_[0]) }, qr/: cannot be read: No such file/],
    'directory' => [sub { unlink path($_[0]); mkdir path($_[0]) }, qr/: is no file \(a directory/],
    'unreadable' => [sub { chmod 0, path($_[0]) }, qr/: cannot be read: Permission denied/],
    'dangling' => [sub { unlink path($_[0]); symlink 'nowhere', path($_[0]) }, qr/: cannot be read: No such file/],
    'circle' => [sub { unlink path($_[0]); symlink $_[0], path($_[0]) }, qr/: cannot be read: Too many levels/],
    'pipe' => [sub { unlink path($_[0]); system 'mkfifo', path($_[0]) }, qr/: is no file \(a directory, a pipe/],
    'socket' => [sub { unlink path($_[0]); socket my $s, AF_UNIX, SOCK_STREAM, 0; chdir $dir; bind $s, pack_sockaddr_un($_[0]) or die; chdir top() },
                 qr/: is no file /],
    'device' => [sub { unlink path($_[0]); symlink '/dev/zero', path($_[0]) }, qr/: is no file /],
    'huge' => [sub { truncate path($_[0]), 600 * 1024 * 1024 }, qr/: is larger than 512 MB/],
    'no-directory' => [sub { rename "$dir/sub", "$dir/away" }, qr/: cannot be read: No such file/, 'sub/file'],
    'closed-directory' => [sub { chmod 0, "$dir/closed" }, qr/: cannot be read: Permission denied/, 'closed/file'],
);
isnt($>, 0, 'whoever may read everything sees no unreadable file');
mkdir "$dir/$_" for 'sub', 'closed';
my %file = map { $_ => $BAD{$_}[2] // $_ } keys %BAD;
put($file{$_}, $GOOD) for keys %BAD;
put($_, $GOOD) for 'good', 'touched', 'same';
put('old', $GOOD);

# A list's name begins with a letter and has no slash: it is the file's. Three children: one tells.
my @names = sort keys %BAD, 'good', 'touched', 'same', 'old';
my $lists = join '', map { "MTLSList $_ san.dns file:$dir/@{[ $file{$_} // $_ ]}" . (/^old|^removed/ ? ' stale=1s' : '') . "\n" } @names;
my $rules = join '', map { "<Location \"/$_\">\nRequire mtls in $_\n</Location>\n" } @names;
my $server = start_server(tls => "MTLSListInterval 1s\n$lists$rules<Location \"/two\">\nRequire mtls in removed old\n</Location>\nScriptAlias \"/two/\" \"\@HTDOCS\@/../cgi-bin/\"\n",
                          log_format => '%P %U %>s %{MTLS_STALE_LISTS}e', conf => three_children());
sub status { my ($path, $cert) = @_; return client()->request($server, $path, cert => $cert // 'ok')->{status} }

is(status("/$_"), 404, "$_: at the start") for @names;
is(status('/good', 'other'), 403, 'nobody else');
sleep 1.2;                                       # so long nothing has changed
$server->mark;
utime time, time, path('touched');
put('same', $GOOD);
put('good', 'other.example.org');
put('old', 'shop.example.org', 'no_host!');
$BAD{$_}[0]->($file{$_}) for sort keys %BAD;

# Good ones first: the file has changed, if only its time.
for my $name ('good', 'touched', 'same') {
    is(scalar await($server, qr/list $name: version 2 is in force, with 1 entries, from \Q$dir\E\/$name$/), 1, "$name: told");
}
becomes(404, sub { status('/good', 'other') }, 'the new one is let in');
becomes(403, sub { status('/good') }, 'the old one is not');
for my $name (sort keys %BAD) {
    my ($line) = await($server, qr/mtls_authz:error.* list $name: /);
    like($line // 'nothing', qr/list $name: \Q$dir\E\/$file{$name}$BAD{$name}[1].*; version 1 with 1 entries stays in force$/, "$name: told");
    is(status("/$name"), 404, "$name: the last good version stays");
    is(status("/$name", 'other'), 403, "$name: as it was");
}

# Two of them count as old after a second without a good file.
for my $name ('old', 'removed') {
    is(scalar await($server, qr/mtls_authz:warn.* list $name: version 1 is stale: no good file has been seen since/), 1, "$name: said to be stale");
}
becomes('removed old', sub { status('/two', 'other'); ($server->access_log(qr{ /two 403}))[-1] =~ s/.* 403 //r }, 'a variable names those that were asked');
becomes('404 old', sub { status('/old'); ($server->access_log(qr{ /old }))[-1] =~ s/.* \/old //r }, 'a rule that holds has asked a stale list, too');
becomes('removed', sub { my %seen = map { @$_ } @{ client()->request($server, '/two/dump.py', cert => 'ok')->seen->{params} }; $seen{MTLS_STALE_LISTS} // '' },
        'only those that were asked');

# Each is read again once in a while. Nothing is said again.
put('old', '# nothing changes but the reason', 'still_wrong!');
await($server, qr/list old: .*still_wrong/);
sleep 8.5;
for my $name (sort keys %BAD) {
    my @lines = said($server, qr/list $name: \Q$dir\E/);
    is(scalar @lines, 1, "$name: told once, by all children together") or diag join "\n", @lines;
}
is(scalar said($server, qr/list old: \Q$dir\E/), 2, 'told again for another reason');
is(scalar said($server, qr/list $_: version/), 1, "$_: told once") for 'good', 'touched', 'same', 'old', 'removed';

# And back. What was made impossible is taken away first.
chmod 0700, "$dir/closed";
rename "$dir/away", "$dir/sub";
for my $name (sort grep { !/directory$|^unreadable$/ || $_ eq 'directory' } keys %BAD) {
    rmdir path($name) or unlink path($name);
    put($file{$name}, 'other.example.org');
}
chmod 0600, path('unreadable');
put('old', $GOOD);
for my $name (sort keys %BAD) {
    is(scalar await($server, qr/list $name: version 2 is in force/), 1, "$name: mended");
    my $is_same = $name =~ /^(?:no-directory|closed-directory|unreadable)$/;
    becomes($is_same ? 404 : 403, sub { status("/$name") }, "$name: what it says now") ;
    becomes($is_same ? 403 : 404, sub { status("/$name", 'other') }, "$name: for another");
}
await($server, qr/list old: version 2/);
becomes('-', sub { status('/two'); ($server->access_log(qr{ /two 404}))[-1] =~ s/.* //r }, 'nothing is stale any more');
my %pid = map { (split)[0] => 1 } $server->access_log;
ok(keys %pid > 1, 'several children have answered: ' . keys %pid) if mpm() ne 'prefork';
done_testing;
