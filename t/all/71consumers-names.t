#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Readers of names that others have written, on the subjects of all certificates that these tests have and of hundreds made by
# chance: javax.naming.ldap of the JDK, and python-ldap, which asks OpenLDAP. What they read is what the certificate holds.
use MTLS::Test;
use MTLS::Consumer;
use JSON::PP ();
use MIME::Base64 'encode_base64';

# The header that holds a name, and how it gets out of it. XFCC: of what stands in quotes only \" and \\ are escapes.
my %NAME = (
    'ssl-client-subject-dn' => sub { $_[0] }, 'cf-cert-subject-dn' => sub { $_[0] },
    'X-Forwarded-Client-Cert' => sub { $_[0] =~ /(?:^|;)Subject="((?:[^"\\]|\\.)*)"(?:;|$)/ ? $1 =~ s/\\(["\\])/$1/gr : undef },
);
# RFC 4519, RFC 2985, and the names that OpenSSL has for other types; readers do not mind their case.
my %OID = map { lc $_->[0] => $_->[1] } (
    [CN => '2.5.4.3'], [SN => '2.5.4.4'], [serialNumber => '2.5.4.5'], [C => '2.5.4.6'], [L => '2.5.4.7'], [ST => '2.5.4.8'],
    [street => '2.5.4.9'], [O => '2.5.4.10'], [OU => '2.5.4.11'], [title => '2.5.4.12'], [GN => '2.5.4.42'],
    [organizationIdentifier => '2.5.4.97'], [DC => '0.9.2342.19200300.100.1.25'], [UID => '0.9.2342.19200300.100.1.1'],
    [emailAddress => '1.2.840.113549.1.9.1'], [businessCategory => '2.5.4.15'],
    [postalCode => '2.5.4.17'],
);

my $source = top() . '/t/all/consumers/names';
my $rules = top() . '/t/rules';
my $own = MTLS::Env::own_pki();
my $dir = work_dir('names');
system(python(), "$rules/certificates.py", pki(), $own) == 0 or die 'certificates.py';
system(python(), "$rules/hostile.py", pki(), $own, 300, $ENV{MTLS_SEED} // 1) == 0 or die 'hostile.py';
is(system('javac', '-d', $dir, "$source/Names.java"), 0, 'the reader compiles');

sub output_of { open my $from, '-|', @_ or die "$_[0]: $!"; local $/; my $text = scalar <$from>; close $from; return $text }

sub lines_of {
    my ($command, $file) = @_;
    my $json = JSON::PP->new->utf8->allow_nonref;
    return map { $json->decode($_) } split /\n/, output_of('sh', '-c', "$command <'$file'");
}

my $by_python = python() . " '$source/names.py'";
my $by_java = "java -cp '$dir' Names";

# Every name that a header has. Where a subject cannot be read safely there is none.
my (@rows, %of);
my $list = "$dir/list";
spew($list, join '', map { "$_\n" } certificates());
my $known = JSON::PP->new->utf8->decode(output_of(python(), "$rules/facts.py", '2026-01-01T00:00:00Z', $list));
my @profiles = map { ('--profile', $_) } qw(nginx cloudflare xfcc:subject);
my @explain = (build() . '/tools/mtls-explain', '--json', @profiles, grep { $known->{$_} } certificates());
for my $certificate (@{ JSON::PP->new->utf8->decode(output_of(@explain)) }) {
    for my $header (@{ $certificate->{headers} }) {
        my $reader = $NAME{ $header->{name} // '' };
        my $name = $reader && defined $header->{value} ? $reader->($header->{value}) : undef;
        push @rows, { file => $certificate->{file}, header => $header->{name}, name => $name } if defined $name;
    }
}
cmp_ok(scalar @rows, '>', 600, 'names: ' . @rows);

spew("$dir/python", join '', map { "$_->{file}\t" . encode_base64($_->{name}, '') . "\n" } @rows);
spew("$dir/java", join '', map { encode_base64($_->{name}, '') . "\n" } @rows);
my @python = lines_of($by_python, "$dir/python");
my @java = lines_of($by_java, "$dir/java");
is(scalar @python, scalar @rows, 'python-ldap has seen them all');
is(scalar @java, scalar @rows, 'and the JDK');

# What is read of each attribute must be its text, or, where the name has the octets of its DER, these.
sub told_apart {
    my ($read, $holds) = @_;
    return $read if !ref $read;
    return 'has ' . @$read . ' RDNs' if @$read != @$holds;
    for my $i (0 .. $#$holds) {
        my @values = map { [$OID{ lc $_->[0] } // $_->[0], $_->[1]] } @{ $read->[$i] };
        my @left = @{ $holds->[$i] };
        for my $value (@values) {
            my ($type, $text) = @$value;
            my ($at) = grep { $left[$_][0] eq $type && ($left[$_][1] eq $text || $left[$_][2] eq $text) } 0 .. $#left;
            return "RDN $i: $type=$text" if !defined $at;
            splice @left, $at, 1;
        }
        return "RDN $i: $left[0][0] is missing" if @left;
    }
    return '';
}

sub reads_well {
    my ($reader, $row, $read, $holds) = @_;
    my ($certificate) = $row->{file} =~ m{([^/]+)\.crt$};
    my $same = is(told_apart($read, $holds), '', "$certificate: $row->{header} to $reader");
    diag(JSON::PP->new->ascii->canonical->encode({ %$row, read => $read, holds => $holds })) if !$same;
    return $same;
}

# Where the readers are wrong themselves: a blank that is "\20" at the end of a name is none to the JDK's LdapName; python-ldap
# gives octets as text, and to OpenLDAP a blank behind "\\" is an escaped one.
my %seen;
for my $i (0 .. $#rows) {
    my ($name, $holds) = ($rows[$i]{name}, $python[$i]{holds});
    $seen{'with escapes'}++ if $name =~ /\\/;
    $seen{JDK} += reads_well('the JDK', $rows[$i], $java[$i], $holds) if $name !~ /\\20$/;
    $seen{'python-ldap'} += reads_well('python-ldap', $rows[$i], $python[$i]{reads}, $holds) if $name !~ /=#|\\\\ /;
}
cmp_ok($seen{$_} // 0, '>', 200, "$_: " . ($seen{$_} // 0)) for 'JDK', 'python-ldap', 'with escapes';

# A name that is not escaped is another one to both: they would tell.
my $unescaped = encode_base64('CN=anne,CN=admin', '') . "\n";
my $anne = [[['2.5.4.3', 'anne,CN=admin', '']]];
spew("$dir/python", "$rows[0]{file}\t$unescaped");
isnt(told_apart((lines_of($by_python, "$dir/python"))[0]{reads}, $anne), '', 'python-ldap tells a name that is not escaped');
spew("$dir/java", $unescaped);
isnt(told_apart((lines_of($by_java, "$dir/java"))[0], $anne), '', 'and so does the JDK');
done_testing;
