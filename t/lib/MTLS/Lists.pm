# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Lists;
# Files of lists, as writers leave them, and what the server says of them.
use strict;
use warnings;
use Exporter 'import';
use IPC::Open3;
use Digest::SHA 'sha256_hex';
use File::Path 'make_path';
use Test::More ();
use Time::HiRes qw(sleep time);
use MTLS::Env qw(logs pki spew slurp python top);
our @EXPORT = qw(list_dir put await everywhere said digest_of der_of spki_of becomes openssl);

# A directory of this test program's own.
my $program = $$;
sub list_dir {
    my $dir = logs() . "/lists-$program";
    make_path($dir);
    return $dir;
}

# The good way: nobody ever sees half a file.
sub put {
    my ($name, @lines) = @_;
    my $path = list_dir() . "/$name";
    spew("$path.new~", join '', map { /\n\z/ ? $_ : "$_\n" } @lines);
    rename "$path.new~", $path or die "$path: $!\n";
    return $path;
}

# The lines of the error log (since the mark) that match.
sub said {
    my ($server, $pattern) = @_;
    return grep { $_ =~ $pattern } split /\n/, $server->error_log;
}

# Wait until there are so many of them.
sub await {
    my ($server, $pattern, $lines) = @_;
    my $until = time + 60;
    my @found;
    sleep 0.02 while (@found = said($server, $pattern)) < ($lines // 1) && time < $until;
    return @found;
}

# Wait until no child looks into an older version of a list, the kill list if its name is undef. One child tells that a version
# is in force, each tells at debug level that it has it; who has not said anything yet is too young to have an older one. The
# server needs log_level => 'mtls_authz:debug'.
sub everywhere {
    my ($server, $name, $version) = @_;
    my $who = defined $name ? "list $name" : 'kill list';
    my ($until, @late) = (time + 60);
    do {
        my ($log, %has) = slurp($server->dir . '/error_log');
        $has{$1} = $2 while $log =~ /\[pid (\d+)[^\n]*\Q$who\E: this child looks into version (\d+)$/gm;
        die "no child tells what it has: log_level is not mtls_authz:debug\n" if !%has;
        @late = grep { defined $has{$_} && $has{$_} < $version } MTLS::Server::children($server->pid);
        sleep 0.02 if @late;
    } while @late && time < $until;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is("@late", '', "$who: version $version in all children");
}

# What openssl's command line says.
sub openssl {
    my (@words) = @_;
    my $pid = open3(my $to, my $from, undef, 'openssl', @words);
    close $to;
    binmode $from;
    my $output = do { local $/; scalar <$from> } // '';
    waitpid $pid, 0;
    die "openssl @words: $output\n" if $?;
    return $output;
}

sub der_of    { return openssl('x509', '-in', pki("$_[0].crt"), '-outform', 'der') }
sub digest_of { return sha256_hex(der_of($_[0])) }

sub spki_of {
    my ($name) = @_;
    my $key = list_dir() . "/$name.public~";
    spew($key, openssl('x509', '-in', pki("$name.crt"), '-noout', '-pubkey'));
    return sha256_hex(openssl('pkey', '-pubin', '-in', $key, '-outform', 'der'));
}

# Children take a version up one after the other: ask until the answer is the wanted one.
sub becomes {
    my ($wanted, $ask, $name) = @_;
    my $until = time + 60;
    my $got;
    sleep 0.05 while ($got = $ask->()) ne $wanted && time < $until;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is($got, $wanted, $name);
}

1;
