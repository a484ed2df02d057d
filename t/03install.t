#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What "make install" and "make deps" do, without a compiler: where files go, what is said, what is refused.
use MTLS::Test;
use File::Path 'make_path';

my $dir = logs() . "/install-$$";
make_path("$dir/bin", "$dir/empty");

# An apxs that says what we want.
sub fake_apxs {
    my ($modules, $config) = @_;
    spew("$dir/bin/apxs", "#!/bin/sh\ncase \$2 in LIBEXECDIR) echo $modules ;; SYSCONFDIR) echo $config ;; esac\n");
    chmod 0755, "$dir/bin/apxs";
    return "$dir/bin/apxs";
}

sub run { my ($command) = @_; my $output = qx(cd "@{[ top() ]}" && $command 2>&1); return ($? >> 8, $output) }

sub install {
    my ($apxs, $root) = @_;
    return run(qq{DESTDIR="$root" PREFIX=/usr/local BUILD="@{[ build() ]}" APXS="$apxs" sh tools/install.sh});
}

sub files { my ($root) = @_; return join ' ', sort map { s/^\Q$root\E//r =~ s/\n//r } qx(find "$root" -type f) }

my $TOOLS = '/usr/local/bin/mtls-explain /usr/local/bin/mtls-list '
    . '/usr/local/share/man/man1/mtls-explain.1 /usr/local/share/man/man1/mtls-list.1';

# ---- a server that was built by hand ----

my ($exit, $output) = install(fake_apxs('/opt/httpd/modules', '/opt/httpd/conf'), "$dir/plain");
is($exit, 0, 'elsewhere: it installs');
is(files("$dir/plain"), "/opt/httpd/modules/mod_mtls_authz.so $TOOLS", 'elsewhere: the module and its tools');
like($output, qr{^To load it: LoadModule mtls_authz_module /opt/httpd/modules/mod_mtls_authz\.so$}m, 'elsewhere: the line to write');
unlike($output, qr/a2enmod/, 'elsewhere: no word of a2enmod');

# ---- Debian's layout ----

make_path("$dir/debian/etc/apache2/mods-available");
my $debian = fake_apxs('/usr/lib/apache2/modules', "/etc/apache2");
($exit, $output) = install($debian, "$dir/debian");
is($exit, 0, 'Debian: it installs');
is(files("$dir/debian"), '/etc/apache2/mods-available/mtls_authz.conf /etc/apache2/mods-available/mtls_authz.load '
   . "/usr/lib/apache2/modules/mod_mtls_authz.so $TOOLS", 'Debian: and what a2enmod looks for');
like($output, qr/^To load it: a2enmod mtls_authz, then reload the server$/m, 'Debian: the command');
my $load = slurp("$dir/debian/etc/apache2/mods-available/mtls_authz.load");
like($load, qr/^# Depends: ssl$/m, 'a2enmod takes mod_ssl along');
like($load, qr{^LoadModule mtls_authz_module /usr/lib/apache2/modules/mod_mtls_authz\.so$}m, 'the path has no DESTDIR in it');
my $conf = slurp("$dir/debian/etc/apache2/mods-available/mtls_authz.conf");
is(join('', grep { !/^#/ } split /^/, $conf), '', 'mtls_authz.conf changes nothing: it is comment');
my $example = join '', map { s/^#    //r } grep { /^#    / } split /^/, $conf;
$example =~ s{/etc/ssl/my-clients-ca\.pem}{pki('ca.pem')}e or die 'mtls_authz.conf names another file';
ok_config('what it shows is accepted', { tls => $example });

# Installed again, the operator's file stays.
spew("$dir/debian/etc/apache2/mods-available/mtls_authz.conf", "# mine\n");
($exit, $output) = install($debian, "$dir/debian");
is(slurp("$dir/debian/etc/apache2/mods-available/mtls_authz.conf"), "# mine\n", "an upgrade leaves the operator's file alone");
like($output, qr/mtls_authz\.conf is kept as it is$/m, 'and says so');

# Nothing outside of DESTDIR: this user could not write there anyway, so what fails is seen.
($exit, $output) = install($debian, "$dir/bin/apxs");
isnt($exit, 0, 'a DESTDIR that is no directory stops it');

# ---- deps ----

# Nothing is there but these; the first apt-get writes down what it was asked for.
sub commands {
    my ($where, %script) = @_;
    make_path($where);
    for my $name (qw(id find mktemp cat rm env tee chmod true sh)) {
        my ($path) = grep { -x } map { "$_/$name" } '/usr/bin', '/bin' or die "no $name";
        symlink $path, "$where/$name";
    }
    spew("$where/$_", "#!/bin/sh\n$script{$_}\n"), chmod 0755, "$where/$_" for keys %script;
    return qq{env -u YES PATH="$where" /bin/bash tools/deps.sh};
}
my $none = commands("$dir/none");
my $user = commands("$dir/user", 'apt-get' => 'exit 1', sudo => 'exit 1');
my $root = commands("$dir/root", 'apt-get' => qq{echo "\$*" >>"$dir/asked"}, sudo => "shift\nexec \"\$@\"");
# [what, command, exit, what it says]
for my $case (
    ['unknown purpose', "$none nonsense", 2, qr/^deps\.sh: no packages are known for 'nonsense'$/m],
    ['no apt-get', "$none build </dev/null", 1, qr/^Missing, by their Debian names: gcc .*\. Install what this system calls them\.$/m],
    ['no rights', "$user build </dev/null", 1, qr/^Missing packages\. As root, run:\n    apt-get install --no-install-recommends gcc /m],
) {
    my ($what, $command, $status, $sentence) = @$case;
    my ($exit, $output) = run($command);
    is($exit, $status, "deps, $what: exit $status");
    like($output, $sentence, "deps, $what: the sentence");
}
ok(!-e "$dir/asked", 'deps has installed nothing where it may not');
for my $how ('env -u YES', 'env YES=1') {
    unlink "$dir/asked";
    ($exit, $output) = run("$root build </dev/null" =~ s/env -u YES/$how/r);
    like($output, qr/^installing: gcc .*\bapache2-dev\b/m, "$how, nobody to ask: it says what it is about to install");
    like($output, qr/^installed: gcc .*\bapache2-dev\b/m, '... and what it has installed');
    like(slurp("$dir/asked"), qr/ install --no-install-recommends gcc .*\bapache2-dev\b/, '... and has asked apt-get for it');
}
($exit, $output) = run('env YES=1 bash tools/deps.sh build test');
is("$exit$output", '0', 'what is there is not installed: not a word');

# ---- help ----

($exit, $output) = run('make -s -f Makefile.apxs help');
is($exit, 0, 'help');
my ($targets) = slurp(top() . '/Makefile.apxs') =~ /^\.PHONY: (all .*)$/m;
for my $target (split ' ', $targets) {
    next if $target =~ /^(?:help|tools)$/;
    like($output, qr/^  \Q$target\E /m, "help tells of $target");
}
done_testing;
