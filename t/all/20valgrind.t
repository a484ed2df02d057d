#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The unit programs once more, each access to memory watched.
use MTLS::Test;

qx(valgrind --version) =~ /^valgrind-/ or die "valgrind is missing: install valgrind\n";
$ENV{MTLS_UNIT_WRAPPER} = 'valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite';
do(top() . '/t/20unit.t') // die $@ || $!;
