# Licensed under the Apache License, Version 2.0; see LICENSE.
package MTLS::Env;
# Where everything is. t/run.sh sets the variables; nothing is guessed beyond them.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(top build module pki certificates own_pki logs httpd mpm load_modules free_port slurp spew python);

# Everything that any test may need. All of them must be there: a module that is missing stops the run.
our @MODULES = qw(
    access_compat actions alias allowmethods asis auth_basic authn_core authn_file authz_core authz_groupfile
    authz_host authz_user autoindex cache cache_disk cache_socache cgid dav dav_fs dir env expires headers
    http2 include info lbmethod_byrequests macro mime negotiation proxy proxy_ajp proxy_balancer proxy_connect
    proxy_fcgi proxy_http proxy_http2 proxy_scgi proxy_uwsgi proxy_wstunnel reflector remoteip reqtimeout
    request rewrite setenvif slotmem_shm socache_shmcb ssl status substitute unique_id
);

# Modules of others, in every server of a run with MTLS_NEIGHBOURS=last (our LoadModule line behind theirs) or first.
our @NEIGHBOURS = qw(md lua perl security2 evasive20 auth_openidc);
our $NEIGHBOUR_LINES = <<'END';
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecDataDir "@DIR@"
SecTmpDir "@DIR@"
SecRule REQUEST_HEADERS|ARGS "@contains neighbour-attack" "id:1,phase:1,deny,status:403"
SecRule ARGS|REQUEST_BODY "@contains neighbour-attack" "id:2,phase:2,deny,status:403"
DOSPageCount 1000000
DOSSiteCount 1000000
DOSLogDir "@DIR@"
OIDCClientID nobody
OIDCRedirectURI /oidc/redirect
OIDCCryptoPassphrase neighbours
OIDCProviderIssuer https://issuer.example
OIDCProviderAuthorizationEndpoint https://issuer.example/authorize
MDStoreDir "@DIR@/md"
LuaHookFixups "@HTDOCS@/../neighbours/hooks.lua" fixups
PerlSwitches -I@HTDOCS@/../neighbours
PerlModule Neighbours
PerlFixupHandler Neighbours::fixups
END

sub neighbours { return $ENV{MTLS_NEIGHBOURS} // '' }

sub setting {
    my ($name) = @_;
    return $ENV{$name} // die "$name is not set: run the tests with t/run.sh\n";
}

sub top    { setting('MTLS_TOP') }
sub build  { setting('MTLS_BUILD') }
sub module { build() . '/mod_mtls_authz.so' }
sub logs   { top() . '/t/logs' }
sub httpd  { setting('MTLS_HTTPD') }
sub mpm    { setting('MTLS_MPM') }
sub python { '/usr/bin/python3' }

# A file of the test PKI, or one that this test program has made; without a file: the PKI's directory.
sub pki {
    my ($file) = @_;
    return setting('MTLS_PKI') if !defined $file;
    for my $directory (own_pki(), setting('MTLS_PKI')) {
        return "$directory/$file" if -e "$directory/$file";
    }
    die "there is no $file in the test PKI: see t/pki/make-pki.py\n";
}

# Every certificate there is, by path.
sub certificates { return sort map { glob "$_/*.crt" } pki(), own_pki() }

# Where make_certificate puts what one test program, with the processes it forks, wants for itself: others run at the same time.
my $program = $$;
sub own_pki { return setting('MTLS_PKI') . "-$program" }

# LoadModule lines. modules => [names] instead of all; without => [names]; ours => 'first', 'last' or 'no'.
sub load_modules {
    my (%how) = @_;
    my %without = map { $_ => 1 } @{ $how{without} // [] };
    my $prefork = ($how{mpm} // mpm()) eq 'prefork';
    my @all = (@MODULES, neighbours() && !$how{bare} ? @NEIGHBOURS : ());
    my @names = grep { !$without{$_} && !($prefork && $_ eq 'http2') } @{ $how{modules} // \@all };
    my $ours = $how{ours} // (neighbours() || 'last');
    my $line = sprintf "LoadModule mtls_authz_module \"%s\"\n", module();
    my $others = '';
    for my $name ('mpm_' . ($how{mpm} // mpm()), @names) {
        my $file = setting('MTLS_MODULES') . "/mod_$name.so";
        -e $file or die "$file is missing: install apache2-bin\n";
        $others .= "LoadModule ${name}_module \"$file\"\n";
    }
    return $ours eq 'no' ? $others : $ours eq 'first' ? $line . $others : $others . $line;
}

# A port of 127.0.0.1 that is this program's as long as it runs. A socket that is bound and does not listen keeps the kernel
# from handing the port to whoever asks for any, here or in a test beside this one, and from nobody who names it: servers
# set SO_REUSEADDR, too.
my @kept;
sub free_port {
    require IO::Socket::INET;
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Proto => 'tcp', ReuseAddr => 1)
        or die "no port: $!";
    push @kept, $socket;
    return $socket->sockport;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$in> // '';
}

sub spew {
    my ($file, $text) = @_;
    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
}

1;
