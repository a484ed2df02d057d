#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# What `openssl x509 -nameopt compat` prints of a certificate's subject and issuer, written into a rule or a list, is this name or
# is refused, for every certificate that these tests have and for hundreds that are made by chance: never another name.
use MTLS::Test;

my $rules = top() . '/t/rules';
my $own = MTLS::Env::own_pki();
system(python(), "$rules/certificates.py", pki(), $own) == 0 or die 'certificates.py';
system(python(), "$rules/hostile.py", pki(), $own, $ENV{MTLS_HOSTILE} // 300, $ENV{MTLS_SEED} // 1) == 0 or die 'hostile.py';

my @rows;
for my $file (certificates()) {
    # Those that openssl cannot read are of no interest: it prints nothing of them.
    open my $from, '-|', "openssl x509 -in '$file' -noout -subject -issuer -nameopt compat 2>/dev/null" or die "openssl: $!";
    while (<$from>) {
        push @rows, [$file, $1, $2] if /^(subject|issuer)=(\/.*)$/;
    }
    close $from;
}
my $input = logs() . "/names-$$";
spew($input, join '', map { join("\t", @$_) . "\n" } @rows);
open my $from, '-|', "'" . build() . "/unit/list_prints' <'$input'" or die $!;
chomp(my @said = <$from>);
close $from;
is($?, 0, 'the program ends well');
is(scalar @said, scalar @rows, 'each name is judged: ' . @rows);
ok((grep { $_->[2] =~ /\// } @rows) > 400, 'there are many');

# openssl prints the octets of these string types: U+6D69 is "mi".
sub is_wide {
    my ($file, $which) = @_;
    open my $from, '-|', 'openssl', 'x509', '-in', $file, '-noout', "-$which", '-nameopt', 'RFC2253,show_type' or die "openssl: $!";
    return (join '', <$from>) =~ /=(?:BMP|UNIVERSAL)STRING:/;
}

my $NO_TEXT = qr/^is not a distinguished name: a value has control characters or is not well-formed UTF-8$/;
my $TWO_WAYS = qr/^is a distinguished name that can be read in two ways at '/;
my $UNKNOWN = qr/^is not a distinguished name in slash form: '[^']*' does not begin with an attribute and '='; /;
my (%n, @wrong);
for my $i (0 .. $#rows) {
    my ($file, $which, $name) = @{ $rows[$i] };
    my $said = $said[$i];
    # Nothing in it that openssl could have printed for another name, too; object identifiers are read up to 128 bits.
    my $is_plain = $name !~ /\\|,\s*[\w.-]+=/ && $name !~ /\d{39}/;
    my $is_right = $said eq 'same' || $said eq 'unreadable' || ($said eq 'another' ? is_wide($file, $which)
                 : !$is_plain && ($said =~ $NO_TEXT || ($said =~ $TWO_WAYS && $name =~ /\\|,/) || ($said =~ $UNKNOWN && $name =~ /\d{39}/)));
    push @wrong, "$file $which $name: $said" if !$is_right;
    $n{ $said =~ /^\w+$/ ? $said : 'refused' }++;
}
is(join("\n", @wrong), '', 'each is the same name or is refused');
cmp_ok($n{same}, '>', 400, "names that are read as they were printed: $n{same}, refused: $n{refused}, others: " . ($n{another} // 0));

# What of these names a user is likely to meet, by name.
for my $case (['postal', 'same'], ['multi-rdn', 'same'], ['slash-cn', $TWO_WAYS], ['comma-cn', $TWO_WAYS], ['plus-cn', $TWO_WAYS], ['signs', 'same'], ['ok', 'same']) {
    my ($name, $wanted) = @$case;
    my ($i) = grep { $rows[$_][0] =~ m{/\Q$name\E\.crt$} && $rows[$_][1] eq 'subject' } 0 .. $#rows;
    like($said[$i], ref $wanted ? $wanted : qr/^$wanted$/, "$name: $rows[$i][2]");
}
done_testing;
