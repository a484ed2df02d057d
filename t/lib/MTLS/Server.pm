# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Server;
# Throw-away servers with a few lines of configuration of their own, and configuration tests.
# See t/README.md.
use strict;
use warnings;
use File::Path 'make_path';
use POSIX ':sys_wait_h';
use Scalar::Util 'weaken';
use Time::HiRes qw(sleep time);
use MTLS::Client;
use MTLS::Env qw(top pki logs httpd load_modules free_port slurp spew);

my %running;
my $count = 0;
# Seconds until a server hangs that does not do what it was told; below a tool that looks at each of its steps it may take long.
my $PATIENCE = { memcheck => 600, tsan => 120 }->{ $ENV{MTLS_WATCH} // '' } // 20;

my $BASE = <<'END';
ServerRoot "@DIR@"
ServerName localhost
PidFile "@DIR@/httpd.pid"
DefaultRuntimeDir "@DIR@"
ErrorLog "@DIR@/error_log"
LogLevel info
@LOG_LEVEL@
LogFormat "%H %m %U %>s %u %{MTLS_REASON}e" mtls
CustomLog "@DIR@/access_log" "@LOG_FORMAT@"
DocumentRoot "@HTDOCS@"
TypesConfig /dev/null
AddType text/html .html
Timeout 20
KeepAliveTimeout 300
MaxKeepAliveRequests 0
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 3
    ThreadsPerChild 16
    MaxRequestWorkers 48
</IfModule>
<IfModule cgid_module>
    ScriptSock "@DIR@/cgid.sock"
</IfModule>
<IfModule ssl_module>
    LogLevel ssl:warn
    SSLSessionCache "shmcb:@DIR@/session-cache(512000)"
</IfModule>
<Directory />
    Options FollowSymLinks
    AllowOverride None
</Directory>
ScriptAlias /cgi-bin/ "@HTDOCS@/../cgi-bin/"
Listen 127.0.0.1:@HTTP_PORT@
Listen 127.0.0.1:@HTTPS_PORT@
@CONF@
<VirtualHost 127.0.0.1:@HTTP_PORT@>
@PLAIN@
</VirtualHost>
END

my $BARE = <<'END';
ServerName localhost
ErrorLog "@DIR@/error_log"
@CONF@
END

my $TLS = <<'END';
<VirtualHost 127.0.0.1:@HTTPS_PORT@>
    Protocols @PROTOCOLS@
    SSLEngine on
    SSLCertificateFile "@PKI@/server.crt"
    SSLCertificateKeyFile "@PKI@/server.key"
    SSLCACertificateFile "@PKI@/ca.pem"
    SSLVerifyClient optional
    SSLVerifyDepth 10
@TLS@
</VirtualHost>
END

# The whole configuration as text. conf: server level; plain, tls: inside the virtual hosts without and
# with TLS; log_level, log_format; modules, without, ours, mpm: see MTLS::Env::load_modules;
# bare => 1: modules and conf only. start and configtest take arguments => [words for httpd], too.
sub compose {
    my (%part) = @_;
    my $mpm = $part{mpm} // MTLS::Env::mpm();
    my %without = map { $_ => 1 } @{ $part{without} // [] };
    my $has_ssl = grep { $_ eq 'ssl' && !$without{ssl} } @{ $part{modules} // \@MTLS::Env::MODULES };
    my $text = $part{bare} ? $BARE : $has_ssl ? $BASE . $TLS : $BASE;
    $text = load_modules(%part, mpm => $mpm) . $text;
    my %value = (
        CONF => neighbours(%part) . ($part{conf} // ''), PLAIN => $part{plain} // '', TLS => $part{tls} // '',
        LOG_LEVEL => $part{log_level} ? "LogLevel $part{log_level}" : '', LOG_FORMAT => $part{log_format} // 'mtls',
        PROTOCOLS => $mpm eq 'prefork' ? 'http/1.1' : 'h2 http/1.1', PKI => pki(), HTDOCS => top() . '/t/htdocs',
        LISTS => top() . '/t/lists',
        DIR => $part{dir}, HTTP_PORT => $part{http_port} // 1, HTTPS_PORT => $part{https_port} // 2,
    );
    $value{LOG_FORMAT} =~ s/"/\\"/g;
    for my $name (qw(CONF PLAIN TLS LOG_FORMAT LOG_LEVEL PROTOCOLS PKI LISTS HTDOCS DIR HTTP_PORT HTTPS_PORT)) {
        $text =~ s/\@$name\@/$value{$name}/g;
    }
    return $text;
}

# The lines with which other people's modules do their work.
sub neighbours {
    my (%part) = @_;
    return MTLS::Env::neighbours() && !$part{bare} && !$part{modules} ? $MTLS::Env::NEIGHBOUR_LINES : '';
}

sub new_directory {
    my ($purpose) = @_;
    (my $test = $0) =~ s{.*/|\.t$}{}g;
    my $dir = sprintf '%s/servers/%s-%d-%s', logs(), $test, $$, $purpose;
    make_path($dir);
    return $dir;
}

# What "httpd -t" says: { exit, output, sentence, line }. sentence is the error alone, line the line of
# the composed file; both are undef where the configuration is fine.
my $test_directory;
sub configtest {
    my (%part) = @_ == 1 ? (conf => $_[0]) : @_;
    $test_directory //= new_directory('configtest');
    my $file = "$test_directory/httpd.conf";
    spew($file, compose(%part, dir => $test_directory));
    my $pid = open(my $from, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec httpd(), '-t', '-f', $file, @{ $part{arguments} // [] } or POSIX::_exit(127);
    }
    my $output = do { local $/; scalar <$from> } // '';
    close $from;
    my %result = (exit => $? >> 8, signal => $? & 127, output => $output);
    if ($output =~ /^AH00526: Syntax error on line (\d+) of .*?:\n(.*?)\n/m) {
        @result{qw(line sentence)} = ($1, $2);
    }
    elsif ($? && $output =~ /^(?:\[.*?\] )*(?:AH\d+: )?(?:\S*(?:apache2|httpd): )?([^\n]+)/m) {
        $result{sentence} = $1;
    }
    return \%result;
}

# The server that t/run.sh has started with Apache::Test.
sub main {
    my ($class) = @_;
    return bless { dir => logs(), main => 1, http_port => $ENV{MTLS_HTTP_PORT}, https_port => $ENV{MTLS_HTTPS_PORT},
                   mark => {} }, $class;
}

# Start one; dies with what the server said if it does not come up.
sub start {
    my ($class, %part) = @_;
    my $self;
    for my $try (1 .. 5) {
        $self = bless { %part, dir => new_directory(++$count), mark => {}, http_port => free_port(),
                        https_port => free_port() }, $class;
        spew("$self->{dir}/httpd.conf", compose(%$self));
        return $self if $self->run;
        # Somebody else was faster to take the port: try others.
        last if $self->said !~ /could not bind|Address already in use/;
    }
    die sprintf "the server did not start: %s\n%s\n", $self->{ended} // 'it hangs', $self->said;
}

# Like start for a configuration that must not come up: what the server said, or undef if it runs (it is stopped).
sub refuses {
    my ($class, %part) = @_;
    my $self = eval { $class->start(%part) };
    return $@ if !$self;
    $self->stop;
    return undef;
}

sub run {
    my ($self) = @_;
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
        # A process group of its own: the prefork MPM ends its whole group when it stops.
        setpgrp;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/output";
        open STDERR, '>&', \*STDOUT;
        exec split(' ', $ENV{MTLS_WRAPPER} // ''), httpd(), '-DFOREGROUND', @{ $self->{arguments} // [] },
            '-f', "$self->{dir}/httpd.conf"
            or POSIX::_exit(127);
    }
    my $until = time + 3 * $PATIENCE;
    while (time < $until) {
        if (waitpid($pid, WNOHANG) == $pid) {
            $self->{ended} = cause($?);
            return 0;
        }
        if (-s "$self->{dir}/httpd.pid" && slurp("$self->{dir}/httpd.pid") =~ /^$pid\b/) {
            @$self{qw(pid owner)} = ($pid, $$);
            weaken($running{$pid} = $self);
            return 1;
        }
        sleep 0.01;
    }
    kill KILL => $pid;
    waitpid $pid, 0;
    return 0;
}

sub cause { my ($status) = @_; return $status & 127 ? 'killed by signal ' . ($status & 127) : 'exit status ' . ($status >> 8) }

# Why it has ended by itself; undef as long as it runs.
sub ended {
    my ($self) = @_;
    if ($self->{pid} && waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
        $self->{ended} = cause($?);
        delete $running{ delete $self->{pid} };
    }
    return $self->{pid} ? undef : $self->{ended};
}

sub stop {
    my ($self) = @_;
    return if ($self->{owner} // 0) != $$;     # a forked test leaves it to its parent
    my $pid = delete $self->{pid} or return;
    $self->fall_silent;
    delete $running{$pid};
    kill TERM => $pid;
    my $until = time + $PATIENCE;
    while (waitpid($pid, WNOHANG) == 0) {
        if (time > $until) {
            kill KILL => $pid;
            waitpid $pid, 0;
            die "the server did not stop\n";
        }
        sleep 0.01;
    }
}

# Ends the client's connections and waits until the server has, too. Stopped in the middle of its work, a child of
# httpd crashes now and then while it exits, with or without the module; that would hide crashes that count.
sub fall_silent {
    my ($self) = @_;
    MTLS::Client::leave($self->{$_}) for qw(http_port https_port);
    wait_for(sub { !$self->open_connections }, 5);
}

# How many connections this server has: established, or closed by the client only (Linux).
sub open_connections {
    my ($self) = @_;
    my $open = sprintf '^\s*\d+: 0100007F:(?:%04X|%04X) \S+ (?:01|08) ', @$self{qw(http_port https_port)};
    return scalar(() = slurp('/proc/net/tcp') =~ /$open/mg);
}

# A graceful restart, with other lines if parts are given. Returns when the new generation serves.
sub graceful {
    my ($self, %part) = @_;
    if (%part) {
        @$self{ keys %part } = values %part;
        spew("$self->{dir}/httpd.conf", compose(%$self));
    }
    my $pattern = qr/resuming normal operations/;
    my $before = () = slurp("$self->{dir}/error_log") =~ /$pattern/g;
    my %pipes = map { $_ => 1 } held($self->{pid}, 'pipe');
    kill USR1 => $self->{pid};
    wait_for(sub { (() = slurp("$self->{dir}/error_log") =~ /$pattern/g) > $before })
        or die "no restart:\n" . $self->said;
    # A child of the old generation that still listens would take a connection and close it after one request; it may even have
    # been made after the signal. Children are told to end through a pipe that each generation has of its own.
    my %listening = map { $_ => 1 } held($self->{pid}, 'socket');
    my %new = map { $_ => 1 } grep { !$pipes{$_} } held($self->{pid}, 'pipe');
    my $listens = sub { grep { $listening{$_} } held($_[0], 'socket') };
    my $is_new = sub { grep { $new{$_} } held($_[0], 'pipe') };
    wait_for(sub { !grep { $listens->($_) && !$is_new->($_) } children($self->{pid}) })
        or die "the old generation still listens:\n" . $self->said;
}

sub children { return split ' ', slurp("/proc/$_[0]/task/$_[0]/children") }

# What sockets or pipes a process holds, by the kernel's names for them; none if there is no such process any more.
sub held {
    my ($pid, $kind) = @_;
    return grep { defined && /^$kind:/ } map { readlink } glob "/proc/$pid/fd/*";
}

sub wait_for {
    my ($claim, $seconds) = @_;
    my $until = time + ($seconds // $PATIENCE);
    while (!$claim->()) {
        return 0 if time > $until;
        sleep 0.01;
    }
    return 1;
}

sub dir        { $_[0]{dir} }
sub pid        { $_[0]{pid} }
sub http_port  { $_[0]{http_port} }
sub https_port { $_[0]{https_port} }

sub said {
    my ($self) = @_;
    return join '', map { -e "$self->{dir}/$_" ? slurp("$self->{dir}/$_") : '' } qw(output error_log);
}

# From here on error_log and access_log give new lines only. The access log is written after the response, but before
# the connection is closed: those that the client has closed are waited for. On the ones it keeps open, lines are
# counted, unless this server has other logs that they went to.
sub mark {
    my ($self) = @_;
    my $kept = 0;
    $kept += MTLS::Client::kept($self->{$_}) for qw(http_port https_port);
    wait_for(sub { $self->open_connections <= $kept }, 5);
    my $answered = 0;
    $answered += $MTLS::Client::responses{ $self->{$_} } // 0 for qw(http_port https_port);
    # Counted from the mark before: connections that broke have given lines without a response.
    my $awaited = $answered - ($self->{mark}{answered} // 0);
    if (-e "$self->{dir}/access_log" && !$self->{logs_elsewhere}) {
        my $arrived = sub { (() = $self->log_since_mark('access_log') =~ /\n/g) >= $awaited };
        $self->{logs_elsewhere} = !wait_for($arrived, 2);
    }
    $self->{mark}{answered} = $answered;
    $self->{mark}{$_} = -s "$self->{dir}/$_" // 0 for qw(error_log access_log);
}

sub log_since_mark {
    my ($self, $file) = @_;
    return '' if !-e "$self->{dir}/$file";
    return substr slurp("$self->{dir}/$file"), $self->{mark}{$file} // 0;
}

sub error_log { $_[0]->log_since_mark('error_log') }

# The lines of the access log that match; waits until there are at least so many (1), since they are written after
# the response.
sub access_log {
    my ($self, $pattern, $lines) = @_;
    ($pattern, $lines) = (qr/^/, $pattern) if !ref $pattern;
    my @found;
    wait_for(sub { @found = grep { $_ =~ $pattern } split /\n/, $self->log_since_mark('access_log');
                   @found >= ($lines // 1) })
        or die sprintf "%d such lines in the access log, not %d\n", scalar @found, $lines // 1;
    return @found;
}

sub DESTROY { local ($@, $?, $!); eval { $_[0]->stop } if !$_[0]{main} }

END {
    local ($?, $!);
    $_->stop for grep { defined } values %running;
}

1;
