# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Recipe;
# A section of docs/recipes.md, carried out: its lines of configuration are those of its example, and its
# commands print what it says they print.
#
#     my $recipe = MTLS::Recipe->new(1, 'jvm-service.conf');
#     $recipe->carry_out('Certificates');              the commands under this heading, in order
#     my $server = $recipe->serve(mtls_backend => ...);    a server with the example, these lines of it changed
#     $recipe->carry_out('See that it works');
#     $recipe->shows_its_lines;
#     $recipe->finish;                                 no command of the section was left out
#
# Sections with one service behind the server go this way, with the files of certs/jvm and a port in the place of 8080:
#
#     my ($server, %define) = $recipe->run_through(client(), 'jvm', 8080, '/api/');
#
# A command is a line "    $ ..."; the indented lines below it are its output, "..." in them is anything. One that ends
# in " &" is a service: it runs until the test ends, and its first line of output has been seen.
use strict;
use warnings;
use Cwd ();
use File::Path 'make_path';
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use MTLS::Env qw(top logs mpm slurp free_port);
use MTLS::Server;

my @services;

sub new {
    my ($class, $number, $example) = @_;
    my ($text) = slurp(top() . '/docs/recipes.md') =~ /^(## \Q$number\E\. .*?)(?=^## |\z)/ms
        or die "docs/recipes.md has no section $number\n";
    my $self = bless { number => $number, example => $example, text => $text, replace => {}, ran => 0 }, $class;
    $self->{dir} = $self->{cwd} = logs() . "/recipe-$number-$$";
    make_path($self->{dir});
    # The commands are meant for the top of the source tree.
    symlink top() . "/$_", "$self->{dir}/$_" or die "$_: $!" for qw(conf-examples t docs);
    like($text, qr/\(\.\.\/conf-examples\/\Q$example\E\)/, "section $number links its example");
    return $self;
}

sub dir { $_[0]{dir} }

# In commands and in what they print, the first is written for the second.
sub replace {
    my ($self, %pairs) = @_;
    @{ $self->{replace} }{ keys %pairs } = values %pairs;
}

sub replaced {
    my ($self, $text) = @_;
    my @from = sort { length $b <=> length $a } keys %{ $self->{replace} } or return $text;
    my $pattern = join '|', map { quotemeta } @from;
    return $text =~ s/($pattern)/$self->{replace}{$1}/gr;
}

# ---- configuration ----

# The example with these Define lines changed. one_way => 1: without the lines that make it mutual.
sub configuration {
    my ($self, %define) = @_;
    my $text = slurp(top() . "/conf-examples/$self->{example}");
    $text =~ s/^ *# >>> mutual\n.*?^ *# <<<\n//msg or die "$self->{example} marks no lines" if delete $define{one_way};
    for my $name (keys %define) {
        $text =~ s/^(Define[ \t]+\Q$name\E[ \t]+).*$/$1$define{$name}/m or die "$self->{example} has no Define $name\n";
    }
    return mpm() eq 'prefork' ? $text : "Protocols h2 http/1.1\n$text";
}

# A server with it. Commands that speak of https://localhost and of Debian's logs mean this one.
sub serve {
    my ($self, %define) = @_;
    my $text = $self->configuration(mtls_address => '127.0.0.1:@HTTPS_PORT@', mtls_log => '@DIR@/example_log', %define);
    my $server = MTLS::Server->start(conf => "LogLevel mtls_authz:info ssl:info\n$text");
    unlike($server->said, qr/\[mtls_authz:(?:warn|error)\]/, "$self->{example} starts without a warning of the module");
    $self->replace('https://localhost/' => 'https://localhost:' . $server->https_port . '/',
                   '/var/log/apache2/mtls_access.log' => $server->dir . '/example_log',
                   '/var/log/apache2/error.log' => $server->dir . '/error_log');
    $self->replace('HTTP/2.0' => 'HTTP/1.1') if mpm() eq 'prefork';
    return $server;
}

# Without the marked lines everybody gets in, certificate or not.
sub begins_one_way {
    my ($self, $client, $path, %define) = @_;
    my $server = $self->serve(%define, one_way => 1);
    is($client->request($server, $path)->{status}, 200, "$self->{example} without its marked lines is one-way TLS");
    $server->stop;
}

# The section from its lines to its failures; what Define lines were changed to is returned behind the server. PATH is
# served before TLS is mutual. ca: another file than ca-cert.pem.
sub run_through {
    my ($self, $client, $kind, $printed_port, $path, %how) = @_;
    my $pki = $self->dir . "/certs/$kind";
    my $port = free_port();
    $self->shows_its_lines;
    $self->replace($printed_port => $port);
    $self->carry_out('Certificates');
    my %define = (mtls_backend => "http://127.0.0.1:$port", mtls_server_cert => "$pki/server-cert.pem",
                  mtls_server_key => "$pki/server-key.pem", mtls_client_ca => "$pki/" . ($how{ca} // 'ca-cert.pem'));
    $self->begins_one_way($client, $path, %define);
    my $server = $self->serve(%define);
    $self->carry_out('See that it works');
    $self->carry_out('What a failure looks like');
    return ($server, %define);
}

# The block of the section in which "+" marks what makes TLS mutual is the example's virtual host.
sub shows_its_lines {
    my ($self) = @_;
    my ($block) = $self->{text} =~ /^```diff\n(.*?)^```$/ms or return fail("section $self->{number} has no diff block");
    my @expected = example_lines($self->{example});
    ok(grep({ /^\+/ } @expected) && grep({ /^ / } @expected), "$self->{example} has lines of both kinds");
    is($block, join('', @expected), "section $self->{number} shows the lines of $self->{example}");
}

# The lines of an example from its first virtual host on, without comments: " " before each, "+" before mutual ones.
sub example_lines {
    my ($example) = @_;
    my ($mark, @lines) = (' ');
    for my $line (slurp(top() . "/conf-examples/$example") =~ /^<VirtualHost.*/ms ? split /\n/, $& : ()) {
        $mark = '+' if $line =~ /# >>> mutual/;
        $mark = ' ' if $line =~ /# <<</;
        next if $line =~ /^\s*(?:#|$)/;
        push @lines, "$mark $line\n";
    }
    return @lines;
}

# ---- commands ----

# [command, lines of output] under a heading, or in the whole section.
sub commands {
    my ($self, $heading) = @_;
    my $text = $self->{text};
    if (defined $heading) {
        ($text) = $text =~ /^### \Q$heading\E\n(.*?)(?=^### |\z)/ms or die "section $self->{number} has no '$heading'\n";
    }
    my @commands;
    while ($text =~ /^    \$ (.*(?:\\\n.*)*)\n((?:    (?!\$ ).*\n)*)/mg) {
        my ($command, $output) = ($1, $2);
        push @commands, [$command, $output =~ s/^    //mgr];
    }
    return @commands;
}

sub carry_out {
    my ($self, $heading) = @_;
    my @commands = $self->commands($heading);
    ok(scalar @commands, "section $self->{number} has commands under '$heading'");
    for my $pair (@commands) {
        my ($command, $expected) = map { $self->replaced($_) } @$pair;
        $self->{ran}++;
        if ($command =~ /^cd (\S+)$/) {
            ok(-d ($self->{cwd} = "$self->{cwd}/$1"), "$self->{number}: $pair->[0]");
        }
        elsif ($command =~ s/ &$//) {
            my $line = $self->spawn($command);
            like("$line\n", pattern($expected), "$self->{number}: $pair->[0]");
        }
        else {
            $self->try_command($pair->[0], $command, pattern($expected));
        }
    }
}

# What was said of a command's output as a pattern for all of it. Blanks at the end of a line are not written there.
sub pattern {
    my ($expected) = @_;
    my $pattern = join '.*?', map { quotemeta =~ s/\\\n/ *\n/gr } split /\.\.\./, $expected, -1;
    return qr/\A$pattern\s*\z/s;
}

# Log lines are written after the response: commands that only look may look again.
sub try_command {
    my ($self, $label, $command, $pattern) = @_;
    my $until = time + ($command =~ /^(?:tail|grep) / ? 20 : 0);
    my $output;
    do {
        sleep 0.05 if defined $output;
        $output = $self->run($command);
    } while ($output !~ $pattern && time < $until);
    like($output, $pattern, "$self->{number}: $label") or diag("$command\n$output");
}

# A command's output and errors, where the section's commands have come to.
sub run {
    my ($self, $command) = @_;
    my $before = Cwd::getcwd();
    chdir $self->{cwd} or die "$self->{cwd}: $!";
    open my $from, '-|', 'bash', '-c', "exec 2>&1 </dev/null; $command" or die "bash: $!";
    my $output = do { local $/; scalar <$from> } // '';
    close $from;
    my $status = $?;
    chdir $before;
    $? = $status;
    return $output;
}

# A service; returns the first line it prints.
sub spawn {
    my ($self, $command) = @_;
    my $pid = open(my $from, '-|') // die "fork: $!";
    if (!$pid) {
        chdir $self->{cwd};
        open STDIN, '<', '/dev/null';
        open STDERR, '>&', \*STDOUT;
        exec 'bash', '-c', "exec $command" or POSIX::_exit(127);
    }
    push @services, [$pid, $from];
    my $line = readline $from;
    defined $line or die "it has ended: $command\n";
    chomp $line;
    return $line;
}

sub finish {
    my ($self) = @_;
    my @all = $self->commands;
    is($self->{ran}, scalar @all, "all commands of section $self->{number} were carried out");
}

# The clients that the example's access log names: every pattern is among them.
sub names_clients {
    my ($self, $server, @patterns) = @_;
    my %seen;
    MTLS::Server::wait_for(sub {
        %seen = map { $_ => 1 } slurp($server->dir . '/example_log') =~ /client="([^"]+)"$/mg;
        !grep { my $pattern = $_; !grep { $_ =~ $pattern } keys %seen } @patterns;
    });
    my @clients = sort grep { $_ ne '-' } keys %seen;
    for my $pattern (@patterns) {
        ok(scalar(grep { $_ =~ $pattern } @clients), "section $self->{number}: the access log names a client like $pattern");
    }
    diag("recipe $self->{number} was driven by: @clients");
}

END {
    local ($?, $!);
    for my $service (@services) {
        kill TERM => $service->[0];
        close $service->[1];
    }
}

1;
