#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Configurations with things wrong in them: httpd -t ends, neither crashes nor hangs, and what it accepts has every rule that
# is written: as many as a reader of the text finds, and each that mod_info shows.
#
# MTLS_MUTANTS of them (300), from MTLS_SEED (1) on; MTLS_MUTANT="911 1085": only these. MTLS_SANITIZED=asan: with the module of
# build/asan, which is built with AddressSanitizer ("make -f Makefile.apxs mutate COUNT=10000").
use MTLS::Test;
use MTLS::Cases;
use MTLS::Mutant;
use POSIX ();
use Time::HiRes 'time';

my $count = $ENV{MTLS_MUTANTS} // 300;
my $seed = $ENV{MTLS_SEED} // 1;
my @numbers = $ENV{MTLS_MUTANT} ? split ' ', $ENV{MTLS_MUTANT} : 0 .. $count - 1;
$count = @numbers;
my $workers = $ENV{JOBS} // 2;
my $sanitized = $ENV{MTLS_SANITIZED};
my $dir = logs() . "/mutants-$$";
mkdir $dir or die "$dir: $!";

# ---- what is right, or nearly: examples with the places of the tests, and the tables of the tests ----

my $examples = top() . '/conf-examples';
sub placed {
    my ($name, $value) = @_;
    return '127.0.0.1:2' if $name =~ /address/;
    return "$dir/log" if $name =~ /_log$/;
    return pki('server.key') if $name =~ /_key$/;
    return pki('server.crt') if $name =~ /_cert$/;
    return pki('ca.pem') if $name =~ /_cas?$/;
    return $value =~ m{([^/]+\.list)$} && -e "$examples/$1" ? "$examples/$1" : $value;
}
my @seeds = map { { part => 'conf', config => slurp($_) =~ s/^(Define (\S+)\s+)(\S+)$/$1 . placed($2, $3)/gemr } } glob "$examples/*.conf";
my $from_examples = @seeds;
for my $test (glob top() . '/t/3*.t') {
    my (undef, $data) = split /^__DATA__\n/m, slurp($test), 2;
    push @seeds, read_cases($data, $test) if defined $data;
}
my @rules = map { (split /\t/)[2] =~ s/\@\d+\@/@{[ pki() ]}/gr } grep { /^[^#\t][^\t]*\t[^\t]+\t\S/ } split /\n/, slurp(top() . '/t/rules/rules.tsv');
ok($from_examples > 25 && @seeds > 400 && @rules > 500, "$from_examples examples, " . (@seeds - $from_examples) . ' cases, ' . @rules . ' rules');
vocabulary(map { $_->{config} } @seeds);

# What is refused as it is stays so mostly: half of them are put together of rules, each of which is right.
sub parent {
    my @good = map { $rules[rand @rules] } 0 .. rand 8;
    return $seeds[rand @seeds] if rand() < 0.5;
    return { part => 'tls', config => join "\n", '<Location "/x">', '<RequireAll>', (map { (rand() < 0.3 ? 'Require not mtls ' : 'Require mtls ') . $_ } @good),
             '<RequireAny>', 'Require all granted', "Require mtls $rules[rand @rules]", '</RequireAny>', '</RequireAll>', '</Location>' };
}

# ---- one of them ----

my @command = ('timeout', '-s', 'KILL', 120);
my %how;
if ($sanitized) {
    my $module = build() . "/$sanitized/mod_mtls_authz.so";
    -e $module or die "$module is not built: make -f Makefile.apxs mutate\n";
    chomp(my $runtime = qx(gcc -print-file-name=libasan.so));
    push @command, 'env', "LD_PRELOAD=$runtime", 'ASAN_OPTIONS=detect_leaks=0:exitcode=99:allocator_may_return_null=1:detect_stack_use_after_return=1',
        'UBSAN_OPTIONS=print_stacktrace=1:exitcode=99';
    %how = (ours => 'no');
    $how{ours_line} = "LoadModule mtls_authz_module \"$module\"\n";
}
push @command, httpd(), '-t', '-D', 'DUMP_MTLS', '-D', 'DUMP_CONFIG', '-f';

sub test_config {
    my ($file, $part, $text) = @_;
    my $config = MTLS::Server::compose(ours => $how{ours} // 'last', dir => $dir, "$part" => $text);
    $config =~ s/^(?=ServerRoot)/$how{ours_line}/m if $how{ours_line};
    spew("$file.conf", $config);
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        open STDOUT, '>', "$file.said";
        open STDERR, '>&', \*STDOUT;
        exec @command, "$file.conf" or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($?, slurp("$file.said"));
}

# What is wrong with it; and its rules, undef where it is refused.
sub judge {
    my ($file, $part, $text) = @_;
    my ($status, $said) = test_config($file, $part, $text);
    return ("it crashes or hangs (status $status)", undef) if $status & 127 || $status >> 8 > 1;
    return ('a report', undef) if $said =~ /Sanitizer|runtime error:/;
    return ('', undef) if $status;
    my ($compiled) = $said =~ /^mtls_authz: (\d+) rules$/m or return ('no list of rules', 0);
    # mod_info: "# 105" is the line in front of each directive, which follows word by word.
    my $shown = grep { MTLS::Mutant::is_rule($_) } split /\n/, ($said =~ s/^\S+: .*Require mtls.*$//mgr);
    my $written = rules_written($text) // $shown;
    return ("$written rules are written, mod_info shows $shown, $compiled were compiled", $compiled)
        if $compiled != $shown || $compiled != $written;
    return ('', $compiled);
}

# ---- all of them ----

my $begun = time;
sub work {
    my ($worker, $to) = @_;
    for my $i (map { $numbers[$_] } grep { $_ % $workers == $worker } 0 .. $#numbers) {
        srand($seed * 1_000_000 + $i);
        my $parent = parent();
        my ($wrong, $rules) = judge("$dir/$worker", $parent->{part}, mutate($parent->{config}));
        rename "$dir/$worker.$_", "$dir/bad-$i.$_" for $wrong ? ('conf', 'said') : ();
        print $to join(' ', $i, $rules // 'refused', $wrong), "\n";
    }
}

my (%rules, @wrong, @from);
for my $worker (0 .. $workers - 1) {
    my $pid = open(my $from, '-|') // die "fork: $!";
    if (!$pid) {
        work($worker, \*STDOUT);
        STDOUT->flush;
        POSIX::_exit(0);
    }
    push @from, $from;
}
for my $from (@from) {
    while (<$from>) {
        my ($i, $rules, $wrong) = /^(\d+) (\S+) (.*)$/ or die $_;
        $rules{$i} = $rules;
        push @wrong, "$i: $wrong\n" . slurp("$dir/bad-$i.said") =~ s/^(.{2000}).*/$1/sr if $wrong;
    }
    close $from;
}
my @accepted = grep { $_ ne 'refused' } values %rules;
my $sum = 0;
$sum += $_ for @accepted;
is(scalar keys %rules, $count, "$count configurations were tried");
ok(!@wrong, 'each of them ends, and none has fewer rules than are written') or diag join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
ok($ENV{MTLS_MUTANT} || (@accepted > $count / 20 && @accepted < $count), @accepted . " were accepted, with $sum rules, the others were refused");
printf STDERR "figures: %d configurations with %s, seed %s: %d accepted with %d rules, %d refused, %d wrong; %d seconds\n", $count,
    $sanitized ? 'AddressSanitizer' : 'the module as it is', $seed, scalar @accepted, $sum, $count - @accepted, scalar @wrong, time - $begun
    if $ENV{MTLS_MUTANTS};
done_testing;
