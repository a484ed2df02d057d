#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The C unit programs, each of their tests as one of ours. They link the core without the server.
use MTLS::Test;
use TAP::Parser;

sub run_program {
    my ($program) = @_;
    (my $name = $program) =~ s{.*/}{};
    my $pid = open(my $from, '-|') // die "fork: $!";
    if (!$pid) {
        $ENV{CMOCKA_MESSAGE_OUTPUT} = 'TAP';
        open STDERR, '>&', \*STDOUT;
        exec split(' ', $ENV{MTLS_UNIT_WRAPPER} // ''), $program or POSIX::_exit(127);
    }
    my $output = do { local $/; scalar <$from> } // '';
    close $from;
    my $status = $?;
    my $parser = TAP::Parser->new({ tap => $output });
    while (my $line = $parser->next) {
        next if !$line->is_test;
        my $passed = $line->is_actual_ok && !$line->has_skip && !$line->has_todo;
        ok($passed, "$name: " . $line->description =~ s/^- //r);
    }
    my @problems = ($parser->parse_errors, $parser->tests_run ? () : 'no tests were run', $status ? "status $status" : ());
    ok(!@problems, "$name: all of its tests were run") or diag(join("\n", @problems), "\n$output");
}

my @sources = glob top() . '/t/unit/test_*.c';
ok(scalar @sources, 'there are unit programs');
for my $source (@sources) {
    my ($name) = $source =~ m{([^/]+)\.c$};
    my $program = build() . "/unit/$name";
    -x $program ? run_program($program) : fail("$name is not built");
}
done_testing;
