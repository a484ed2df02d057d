#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Writers of all manners swap two lists that contradict each other, while clients ask: each answer is that of one of the two.
use MTLS::Test;
use MTLS::Lists;
use JSON::PP ();
use Time::HiRes qw(sleep time);

my $SECONDS = $ENV{MTLS_SWAP_SECONDS} // 20;
make_certificate('always' => { san => [['dns', 'first.example.org'], ['dns', 'last.example.org']] });
my $dir = list_dir();

# a lets in ok, b lets in other. Who is in both finds two entries, the first and the last line: they agree in each.
sub text {
    my ($version) = @_;
    my $who = $version eq 'a' ? 'shop' : 'other';
    return join '', "first.example.org v=$version w=$version\n", (map { "h$_.example.com v=$version w=$version role=\"filler of a line\"\n" } 1 .. 400),
        "$who.example.org v=$version w=$version\n", (map { "x$_.example.com v=$version\n" } 1 .. 400), "last.example.org v=$version w=$version\n";
}

# Pieces end at line ends and within lines. The pauses are short against the time that a file must have been still; where the
# machine has made one long the writer says so, since what it had written by then may have been taken for all of it.
my $STILL = 1.2;
sub slowly {
    my ($path, $text, $mode) = @_;
    my $before = time;
    open my $file, $mode, $path or die "$path: $!\n";
    my $piece = int(length($text) / 8);
    for my $i (0 .. 8) {
        spew("$path.late~", '') if time > $before + $STILL / 2;
        $before = time;
        my $at = $i * $piece;
        my $end = $i % 2 && $i < 8 ? index($text, "\n", $at + $piece) + 1 : $at + $piece;
        sysseek $file, $at, 0;
        syswrite $file, substr $text, $at, $end - $at;
        sleep 0.1;
    }
    close $file;
}

sub sync {
    my ($name, $text, @how) = @_;
    spew("$dir/$name.source~", $text);
    system('rsync', '--checksum', @how, "$dir/$name.source~", "$dir/$name") == 0 or die "rsync: $?\n";
}

# How a writer makes version n of a list the next one. All of them begin with what put() has left.
my %WRITER = (
    rename => sub { my ($name, $text) = @_; put($name, $text) },
    slow => sub { my ($name, $text) = @_; slowly("$dir/$name", $text, '>') },
    remove => sub { my ($name, $text) = @_; unlink "$dir/$name"; sleep 0.5; slowly("$dir/$name", $text, '>') },
    away => sub { my ($name, $text) = @_; unlink "$dir/$name"; sleep 3; spew("$dir/$name", $text) },
    rsync => sub { my ($name, $text) = @_; sync($name, $text) },
    inplace => sub { my ($name, $text) = @_; sync($name, $text, '--inplace') },
    # As Kubernetes does with the files of a ConfigMap.
    symlink => sub {
        my ($name, $text, $n) = @_;
        mkdir "$dir/k8s/..$n";
        spew("$dir/k8s/..$n/$name", $text);
        symlink "..$n", "$dir/k8s/..data_tmp";
        rename "$dir/k8s/..data_tmp", "$dir/k8s/..data" or die $!;
        symlink "..data/$name", "$dir/k8s/$name" if !-l "$dir/k8s/$name";
        unlink "$dir/k8s/..@{[ $n - 1 ]}/$name";
        rmdir "$dir/k8s/..@{[ $n - 1 ]}";
    },
);
my @NAMES = sort keys %WRITER;
mkdir "$dir/k8s";
put($_, text('a')) for grep { $_ ne 'symlink' } @NAMES;
$WRITER{symlink}->('symlink', text('a'), 0);

my $tls = "MTLSListInterval 2s\n";
for my $name (@NAMES) {
    my $path = $name eq 'symlink' ? "$dir/k8s/$name" : "$dir/$name";
    $tls .= <<"END";
    MTLSList $name san.dns file:$path
    <Location "/in/$name">
        Require mtls in $name
        Header always set X-V "expr=%{MTLS:label.$name.v}"
    </Location>
    <Location "/same/$name">
        <RequireAny>
            <RequireAll>
                Require mtls in $name
                Require mtls label.$name.v a
                Require not mtls label.$name.w b
                Require mtls label.$name.w a
            </RequireAll>
            <RequireAll>
                Require mtls label.$name.v b
                Require mtls in $name
                Require not mtls label.$name.v a
                Require mtls label.$name.w b
            </RequireAll>
        </RequireAny>
        Header always set X-V "expr=%{MTLS:label.$name.w}"
    </Location>
END
}
my $server = start_server(tls => $tls, log_level => 'core:warn', conf => <<'END');
    <IfModule !mpm_prefork_module>
        StartServers 2
        MinSpareThreads 17
        MaxSpareThreads 48
    </IfModule>
END

# What may be seen: status and label.
my %RIGHT = (
    ok => { '404 a' => 1, '403 ' => 1 }, other => { '404 b' => 1, '403 ' => 1 }, always => { '404 a' => 1, '404 b' => 1 },
);

my @CLIENTS = map { my $http = $_; map { [$http, $_] } 0, 1 } mpm() eq 'prefork' ? '1.1' : ('1.1', '2');
my @processes;
sub begin {
    my ($work) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        eval { $work->(); 1 } or print STDERR "# $@";
        POSIX::_exit($@ ? 1 : 0);
    }
    push @processes, $pid;
}

# Until then, and on until each client has seen both versions of all lists; not for ever.
my $end = time + $SECONDS;
my $last = $end + 120;
sub goes_on { return time < $end || (time < $last && grep { !-e "$dir/seen-$_" } 0 .. $#CLIENTS) }
for my $name (@NAMES) {
    begin(sub {
        my $n = 0;
        while (goes_on()) {
            $n++;
            $WRITER{$name}->($name, text($n % 2 ? 'b' : 'a'), $n);
            sleep 2.2;
        }
    });
}
for my $i (0 .. $#CLIENTS) {
    begin(sub {
        my ($http, $keeps) = @{ $CLIENTS[$i] };
        my ($client, %seen) = MTLS::Client->new;
        my @paths = map { ("/in/$_", "/same/$_") } @NAMES;
        my $has_all = sub { !grep { my $cert = $_; grep { my $path = $_; grep { !$seen{"$cert $path $_"} } keys %{ $RIGHT{$cert} } } @paths } keys %RIGHT };
        while (time < $end || (time < $last && !$has_all->())) {
            for my $cert (sort keys %RIGHT) {
                my @r = $client->many($server, { cert => $cert, http => $http, $keeps ? (conn => $cert) : () }, map { { path => $_ } } @paths);
                $seen{"$cert $paths[$_] $r[$_]{status} " . ($r[$_]->header('X-V') // '')}++ for 0 .. $#paths;
            }
        }
        spew("$dir/seen-$i", JSON::PP->new->encode(\%seen));
        undef $client;
    });
}
my $failed = 0;
for my $pid (@processes) {
    waitpid $pid, 0;
    $failed++ if $?;
}
ok(!$failed, 'writers and clients went on until the end');

my %outcomes;
for my $i (0 .. $#CLIENTS) {
    my $seen = JSON::PP->new->decode(slurp("$dir/seen-$i"));
    my (%wrong, $n);
    for my $what (keys %$seen) {
        my ($cert, $path, $outcome) = split / /, $what, 3;
        $n += $seen->{$what};
        $outcomes{$path}{"$cert $outcome"} += $seen->{$what};
        $wrong{$what} = $seen->{$what} if !$RIGHT{$cert}{$outcome};
    }
    ok(!%wrong, "HTTP/$CLIENTS[$i][0]" . ($CLIENTS[$i][1] ? ', open connections' : '') . ": each of $n answers is right") or diag explain \%wrong;
}
for my $name (@NAMES) {
    my @versions = said($server, qr/list $name: version \d+ is in force/);
    ok(@versions >= 2, "$name: there were " . @versions . ' versions');
    for my $path ("/in/$name", "/same/$name") {
        my @missing = grep { my $cert = $_; grep { !$outcomes{$path}{"$cert $_"} } keys %{ $RIGHT{$cert} } } sort keys %RIGHT;
        ok(!@missing, "$path: both versions were seen") or diag explain $outcomes{$path};
    }
    my @bad = grep { !/cannot be read: No such file/ } said($server, qr/list $name: \Q$dir\E/);
    @bad = grep { !/the last line has no end|is empty/ } @bad if -e "$dir/$name.late~";
    ok(!@bad, "$name: nothing half written was judged") or diag join "\n", @bad;
}
ok(scalar said($server, qr/list away: .*No such file/), 'one that stays away is missed');
done_testing;
