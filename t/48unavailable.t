#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Children that cannot reach the memory of the lists: nobody is let in by a list that nobody can look into, nor for not being in it.
# And a file system that does not answer: what is in force stays, and somebody says so.
use MTLS::Test;
use MTLS::Lists;

# A system that refuses to map that memory, to whoever only wants to read it, that does not come back from opening the file
# "slow", and that starts no thread, each for as long as there is another file.
my $dir = list_dir();
my ($refusal, $hanging, $threadless) = ("$dir/refused", "$dir/hanging", "$dir/threadless");
spew("$dir/refuse.c", <<"END");
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
    char name[64], target[64] = "";

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    if (fd >= 0 && prot == PROT_READ && readlink(name, target, sizeof(target) - 1) > 0 && strstr(target, "memfd:mtls-list")
        && !access("$refusal", F_OK)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return ((void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap"))(at, len, prot, flags, fd, offset);
}
int open(const char *path, int flags, ...)
{
    va_list more;
    int mode;

    va_start(more, flags);
    mode = va_arg(more, int);
    va_end(more);
    while (!strcmp(path, "$dir/slow") && !access("$hanging", F_OK))
        usleep(10000);
    return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
}
int open64(const char *path, int flags, ...)
{
    va_list more;
    int mode;

    va_start(more, flags);
    mode = va_arg(more, int);
    va_end(more);
    return open(path, flags, mode);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data)
{
    return access("$threadless", F_OK)
        ? ((int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create"))(thread, attributes, run, data)
        : EAGAIN;
}
END
is(system('gcc', '-shared', '-fPIC', '-o', "$dir/refuse.so", "$dir/refuse.c", '-ldl'), 0, 'a library that refuses');
put('people', 'shop.example.org role=billing');
put('slow', 'shop.example.org');
put('kill', 'san.dns nobody.example.org');

# Path, what stands there, the answer to "ok" while nothing can be reached, and afterwards.
my @RULES = (
    ['in', 'Require mtls in people', 'list-unavailable', 'let in'],
    ['not', "<RequireAll>\nRequire mtls\nRequire not mtls in people\n</RequireAll>", 'list-unavailable', 'no-match'],
    ['none', "<RequireAll>\nRequire mtls\n<RequireNone>\nRequire mtls in people\n</RequireNone>\n</RequireAll>", 'list-unavailable', 'no-match'],
    ['label', 'Require mtls label.people.role is billing', 'list-unavailable', 'let in'],
    ['not-label', "<RequireAll>\nRequire mtls\nRequire not mtls label.people.role is reader\n</RequireAll>", 'list-unavailable', 'let in'],
    ['beside', "<RequireAny>\nRequire mtls in people\nRequire mtls san.dns shop.example.org\n</RequireAny>", 'let in', 'let in'],
    ['without', 'Require mtls', 'let in', 'let in'],
    ['slow', 'Require mtls in slow', 'list-unavailable', 'let in'],
);
my $tls = "MTLSListInterval 1s\nErrorDocument 403 \"reason %{reqenv:MTLS_REASON}\"\nMTLSList people san.dns file:$dir/people\n"
    . "MTLSList slow san.dns file:$dir/slow stale=5s\n";
$tls .= "<Location \"/$_->[0]\">\n$_->[1]\n</Location>\n" for @RULES;
my $server;
sub answer {
    my ($path, $cert) = @_;
    my $response = client()->request($server, "/$path", cert => $cert);
    return $response->{status} == 404 ? 'let in' : $response->{body} =~ /^reason (\S+)/ ? $1 : $response->{status};
}
sub start {
    my ($more, $failing, @how) = @_;
    spew($failing // $refusal, '');
    local $ENV{LD_PRELOAD} = "$dir/refuse.so";
    return start_server(log_format => '%U %>s %{MTLS_STALE_LISTS}e', tls => $tls . $more, conf => three_children(), @how);
}

$server = start('');
is(answer($_->[0], 'ok'), $_->[2], "out of reach: $_->[0]") for @RULES;
is(answer($_->[0], undef), 'no-certificate', "out of reach: $_->[0], nobody") for @RULES;
unlink $refusal;
becomes($_->[3], sub { answer($_->[0], 'ok') }, "within reach again: $_->[0]") for @RULES;

# One child reads, and does not come back; another one says so, once. A child that cannot reach what is in force says so, too.
spew($hanging, '');
put('slow', 'other.example.org');
sleep 2;
spew($refusal, '');
put('people', 'other.example.org');
my ($stuck) = await($server, qr{mtls_authz:error.* list slow: \Q$dir\E/slow: nobody has looked at it for \d+ s: process \d+ is still reading, or stands still});
my ($reader) = ($stuck // '') =~ /process (\d+)/;
is(scalar(grep { $_ == ($reader // 0) } MTLS::Server::children($server->pid)), 1, 'a child that does not come back is named');
is(answer('slow', 'ok'), 'let in', 'what was in force stays');
becomes('slow', sub { answer('slow', 'ok'); (split ' ', ($server->access_log(qr{^/slow}))[-1])[2] }, 'and is stale');
my @behind = await($server, qr{mtls_authz:error.* list people: \Q$dir\E/people: version 2 is in force, and this child cannot reach it, .*: it has version 1});
ok(scalar @behind, 'a child that cannot reach a version says so');
is(scalar said($server, qr/list slow: .*nobody has looked/), 1, 'told once');
unlink $hanging, $refusal;
becomes('no-match', sub { answer('slow', 'ok') }, 'back again');
becomes('no-match', sub { answer('in', 'ok') }, 'within reach again');
$server->stop;

# The kill list is for everybody: whoever is known by a certificate could be on it.
put('people', 'shop.example.org role=billing');
$server = start("MTLSKillList $dir/kill\n");
is(answer($_, 'ok'), 'list-unavailable', "no kill list: $_") for 'without', 'beside', 'nowhere';
is(answer('nowhere', undef), 'let in', 'no kill list: who has no certificate is not on it');
unlink $refusal;
becomes('let in', sub { answer('without', 'ok') }, 'within reach again');
$server->stop;

# A child that can start no thread would not hear of whoever is revoked while it lives: it has no list, and its successor has.
my @threadless = ($threadless, mpm => 'prefork', without => [qw(http2 proxy_http2)], conf => "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\n");
put('slow', 'shop.example.org');
$server = start('', @threadless);
is(scalar await($server, qr/mtls_authz:crit.* no thread that keeps lists could be started: this child has none, and denies whatever needs one/), 1, 'no thread: said');
is(answer($_->[0], 'ok'), $_->[2], "no thread: $_->[0]") for @RULES;
unlink $threadless;
kill TERM => MTLS::Server::children($server->pid);
becomes($_->[3], sub { answer($_->[0], 'ok') }, "another child: $_->[0]") for @RULES;
$server->stop;
$server = start("MTLSKillList $dir/kill\n", @threadless);
is(answer($_, 'ok'), 'list-unavailable', "no thread, and a kill list: $_") for 'without', 'beside', 'nowhere';
is(answer('nowhere', undef), 'let in', 'no thread, and a kill list: who has no certificate is not on it');
unlink $threadless;
done_testing;
