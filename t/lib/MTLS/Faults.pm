# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Faults;
# What is to go wrong in servers that are started while one of these is there: the page that the library of t/faults
# reads. Faults.h there has the same members.
use strict;
use warnings;
use MTLS::Env qw(build logs slurp spew);

my @NUMBERS = qw(kind ours from to places armed fail_at counted failed seconds calls error hits);
my %AT = map { $NUMBERS[$_] => 8 * $_ } 0 .. $#NUMBERS;
my ($PATH_SIZE, $WHERE_SIZE) = (256, 512);
my $PATH = 8 * @NUMBERS;
my $WHERE = $PATH + $PATH_SIZE;
my $SIZE = $WHERE + $WHERE_SIZE;
my %KIND = (malloc => 1, pool => 2);
my %CALL = (open => 1, stat => 2, fstat => 4, read => 8, short => 16, mmap => 32, write => 64, partial => 128, truncate => 256, cut => 512);
my $count = 0;

sub new {
    my ($class) = @_;
    my $library = build() . '/faults.so';
    -e $library or die "$library is not built: make -f Makefile.apxs unit\n";
    my $file = sprintf '%s/faults-%d-%d', logs(), $$, ++$count;
    spew($file, "\0" x $SIZE);
    open my $page, '+<:raw', $file or die "$file: $!\n";
    return bless { file => $file, page => $page, library => $library }, $class;
}

# Runs this; the programs that it starts read the page.
sub around {
    my ($self, $work) = @_;
    local @ENV{qw(LD_PRELOAD MTLS_FAULTS)} = @$self{qw(library file)};
    return $work->();
}

# seek and what follows go past Perl's buffers.
sub put {
    my ($self, $at, $octets) = @_;
    sysseek $self->{page}, $at, 0;
    syswrite $self->{page}, $octets;
}

sub get {
    my ($self, $at, $size) = @_;
    sysseek $self->{page}, $at, 0;
    sysread $self->{page}, my ($octets), $size;
    return $octets;
}

sub set    { my ($self, $name, $number) = @_; $self->put($AT{$name}, pack 'q', $number) }
sub number { my ($self, $name) = @_; return unpack 'q', $self->get($AT{$name}, 8) }

# Where a function lies in the module: the offsets of its first octet, and of the one behind its last.
sub range_of {
    my ($function) = @_;
    my $module = build() . '/mod_mtls_authz.so';
    my ($at, $size) = `nm -S '$module'` =~ /^(\w+) (\w+) [tT] \Q$function\E$/m or die "$module has no function $function\n";
    return (hex $at, hex($at) + hex $size);
}

# From now on the n-th piece of memory is refused, once; n => 0: they are counted. kind => 'malloc' or 'pool'; ours => 1: only
# those that the module asks for, or what it calls; inside => 'function': only that function of it; places => 1: of those with
# the same callers only the first.
sub arm {
    my ($self, %how) = @_;
    my ($from, $to) = $how{inside} ? range_of($how{inside}) : (0, 0);
    $self->set($_, 0) for qw(kind counted failed);
    $self->put($WHERE, "\0");
    $self->set($_ => $how{$_} // 0) for qw(ours places);
    $self->set(from => $from);
    $self->set(to => $to);
    $self->set(fail_at => $how{n});
    $self->set(armed => ++$self->{armed});
    $self->set(kind => $KIND{ $how{kind} } // die "no such kind: $how{kind}");
}

sub disarm  { $_[0]->set(kind => 0) }
sub counted { $_[0]->number('counted') }
sub failed  { $_[0]->number('failed') }
sub where   { return $_[0]->get($WHERE, $WHERE_SIZE) =~ /^([^\0]*)/ ? $1 : '' }

# From now on these calls fail so for every path, and every file open under one, in which the text occurs.
sub break_files {
    my ($self, $path, $error, @calls) = @_;
    my $calls = 0;
    $calls |= $CALL{$_} // die "no such call: $_" for @calls;
    $self->set(calls => 0);
    $self->set(hits => 0);
    $self->set(error => 0 + $error);
    $self->put($PATH, pack "Z$PATH_SIZE", $path);
    $self->set(calls => $calls);
}

sub mend_files { $_[0]->set(calls => 0) }
sub hits       { $_[0]->number('hits') }

# The wall clock is so many seconds ahead, or behind.
sub clock { my ($self, $seconds) = @_; $self->set(seconds => $seconds) }

sub DESTROY { my ($self) = @_; unlink $self->{file} }

1;
