#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The house: a room includes only itself and rooms to its left, the core knows nothing of httpd, every
# header stands alone, and the module shows one symbol.
use MTLS::Test;

# Rooms from left to right: name, what it may know besides the C library (a: APR, o: OpenSSL, h: httpd, j: jansson),
# its files without "mtls_" and suffix, in src/ and include/.
my @ROOMS = (
    [text    => 'a',   qw(apart text time words)],
    [reason  => '',    qw(reason)],
    [memory  => 'a',   qw(shared counters radar recent)],
    [sheet   => 'a',   qw(sheet)],
    [value   => 'ao',  qw(der type oid operand name dn dn_label dn_parse dn_slash dn_written dn_print)],
    [digest  => 'ao',  qw(digest)],
    [cert    => 'ao',  qw(field reading x509 san spiffe extension connection cert)],
    [format  => 'ao',  qw(format format_dn format_octets format_text encode)],
    [match   => 'ao',  qw(match relation glob pem)],
    [memo    => 'a',   qw(memo)],
    [versions => 'a',  qw(pages versions files)],
    [list    => 'ao',  qw(index index_make index_block list_read list_lines list_crl list_state list_load list list_keep)],
    [header  => 'a',   qw(header header_name profile render parts guard)],
    [record  => 'ao',  qw(record castore)],
    [tree    => 'ah',  qw(tree)],
    [conf    => 'ah',  qw(conf host keeper zone ruling)],
    [peer    => 'aoh', qw(ssl session hangup peer)],
    [path    => 'a',   qw(path)],
    [request => 'ah',  qw(request)],
    [audit   => 'aoh', qw(describe audit)],
    [auditlog => 'aohj', qw(auditjson auditlog)],
    [decide  => 'ah',  qw(identity backstop target vary kill)],
    [strip   => 'ah',  qw(strip trailer)],
    [export  => 'ah',  qw(sent export)],
    [require => 'ah',  qw(trial grant require)],
    [variables  => 'ah', qw(environment expression)],
    [directives => 'ah', qw(directive list_directives identity_directives directives)],
    [tally   => 'aoh', qw(tally)],
    [status  => 'ahj', qw(metric panel html status_format status status_html status_json status_prometheus)],
    [whatif  => 'aohj', qw(suppose whatif whatif_page whatif_json whatif_html)],
    [check   => 'ah',  qw(section finding warn warn_tls warn_rule warn_section warn_backstop warn_status cache roll
                          check_lists check)],
    [dump    => 'ah',  qw(dump)],
    [front   => 'aoh', qw(mod_mtls_authz)],
);
my $C_LIBRARY = qr{^(?:assert|ctype|errno|inttypes|limits|signal|stdarg|stddef|stdint|stdio|stdlib|strings?|time|stdatomic|fcntl|unistd|arpa/inet|sys/mman)\.h$};

my (%rank, %may, %room);
for my $i (0 .. $#ROOMS) {
    my ($name, $may, @files) = @{ $ROOMS[$i] };
    @rank{@files} = ($i) x @files;
    @may{@files} = ($may) x @files;
    @room{@files} = ($name) x @files;
}

sub stem { $_[0] =~ m{([^/]+)\.[ch]$} ? $1 =~ s/^mtls_//r : die $_[0] }

# Why a file may not include what it includes, or nothing.
sub objection {
    my ($file, $bracket, $header) = @_;
    my $stem = stem($file);
    my %may = map { $_ => 1 } split //, $may{$stem};
    return if $header =~ m{^tbl/[a-z_]+\.h$};
    if ($header =~ m{^(?:[a-z/]*/)?mtls_\w+\.h$}) {
        my $other = stem($header);
        return "$header has no room" if !defined $rank{$other};
        return "room $room{$other} is not to the left of $room{$stem}" if $rank{$other} > $rank{$stem};
        return;
    }
    return if $header =~ $C_LIBRARY;
    return $may{j} ? () : 'this room does not know jansson' if $header eq 'jansson.h';
    return $may{a} ? () : 'this room does not know APR' if $header =~ /^ap[ru]_?\w*\.h$/;
    return $may{o} ? () : 'this room does not know OpenSSL' if $header =~ m{^openssl/\w+\.h$};
    return $may{h} ? () : 'this room does not know httpd';
}

my @files = map { substr $_, length(top()) + 1 }
            glob join ' ', map { top() . "/$_" } qw(mod_mtls_authz.c src/*.c src/*.h include/*.h);
my %stems = map { stem($_) => 1 } @files;
my $arrows = 0;
my %headers_of;
for my $file (@files) {
    ok(defined $rank{ stem($file) }, "$file has a room") or next;
    my @objections;
    for my $line (split /\n/, slurp(top() . "/$file")) {
        my ($bracket, $header) = $line =~ /^\s*#\s*include\s*([<"])([^>"]+)/ or next;
        $arrows++;
        push @{ $headers_of{$file} }, $header if $file =~ /\.h$/;
        my $why = objection($file, $bracket, $header);
        push @objections, "$header: $why" if $why;
    }
    ok(!@objections, "$file includes nothing from its right") or diag(join "\n", @objections);
}
ok($arrows > 50, "the check has looked at something: $arrows arrows");
for my $stem (sort keys %rank) {
    ok($stems{$stem}, "$stem, which has a room, exists");
}

# What the build takes for httpd's side is what the table says.
my ($listed) = slurp(top() . '/Makefile.apxs') =~ /^HTTPD_ROOMS := ((?:.*\\\n)*.*)$/m;
my @by_build = sort grep { !/^\\$/ } split ' ', $listed;
my @by_table = sort grep { $may{$_} =~ /h/ && -e top() . "/src/mtls_$_.c" } keys %may;
is("@by_build", "@by_table", 'HTTPD_ROOMS in Makefile.apxs are the rooms that know httpd');

# Object files tell the same.
my @objects = glob build() . '/core/*.o';
ok(scalar @objects, 'there are core objects');
for my $object (@objects) {
    my @foreign = grep { /\bap_|\bmtls_authz_module\b/ } split /\n/, qx(nm -u "$object");
    is("@foreign", '', substr($object, length build()) . ' needs nothing of httpd');
}

# Every header can be the first one.
my @command = grep { !/^-(?:l|L|Wl,|pipe|O\d|g$)/ } split ' ', slurp(build() . '/flags');
my @core_command = grep { !m{^-I.*(?:apache2|httpd)} } @command;
for my $header (grep { /\.h$/ } @files) {
    my @compiler = $may{ stem($header) } && $may{ stem($header) } =~ /h/ ? @command : @core_command;
    my $source = build() . '/alone.c';
    spew($source, "#include \"$header\"\n");
    my $output = qx(cd "@{[ top() ]}" && @compiler -I. -fsyntax-only "$source" 2>&1);
    ok($? == 0, "$header compiles alone") or diag($output);
}

is(join(' ', map { /(\S+)$/ } split /\n/, qx(nm -D --defined-only "@{[ module() ]}")), 'mtls_authz_module',
   'the module exports its record and nothing else');
my $libraries = qx(objdump -p "@{[ module() ]}");
for my $library (qw(libssl.so libcrypto.so)) {
    like($libraries, qr/NEEDED\s+\Q$library\E/, "the module names $library, so that it loads before mod_ssl");
}

done_testing;
