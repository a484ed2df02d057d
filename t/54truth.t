#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
# Every row of docs/truth-tables.md: the document is what t/truth/model.py says, and the server agrees with it.
use MTLS::Test;
use JSON::PP;

my @model = (python(), top() . '/t/truth/model.py');
sub model { open my $pipe, '-|', @model, @_ or die "@model: $!"; local $/; return scalar <$pipe> }

my ($documented) = slurp(top() . '/docs/truth-tables.md') =~ /<!-- table: truth -->\n(.*)<!-- end -->/s;
is($documented, model(), 'docs/truth-tables.md is what the model says');

my $table = decode_json(model('--json'));
ok(@{ $table->{rows} } > 30, 'the model has rows');

my @ANNE = (issuer => 'intermediate', subject => [['CN', 'Anne Example']], eku => ['clientAuth']);
my $lifetime = 10;
make_certificate('truth-short', { @ANNE, not_after => $lifetime });
my $until = time + $lifetime;
my %certificate = ('no certificate' => undef, unverified => 'selfsigned', expired => 'truth-short', matching => 'ok',
                   'not matching' => 'other', malformed => 'nul-cn');
is_deeply([sort keys %certificate], [sort @{ $table->{states} }], 'a certificate for each column');

my $alias = <<'END';
    <AuthzProviderAlias mtls partner "subject.cn is \"Anne Example\"">
    </AuthzProviderAlias>
END
my $server = start_server(conf => $alias, tls => "SSLVerifyClient optional_no_ca\n" . model('--config'));
system('htpasswd', '-bc', $server->dir . '/users', 'anne', 'secret') == 0 or die 'htpasswd';
my $basic = 'Basic YW5uZTpzZWNyZXQ=';    # anne:secret

# Opened while it is good; the requests follow when it is not.
my %expired = (cert => 'truth-short', conn => 'truth-expired');
isnt(client()->request($server, '/alone', http => '1.1', %expired)->{status}, 403, 'the short certificate is good at first');

# Let in is whatever is not a refusal: there is nothing at these paths.
sub verdict { my ($status) = @_; return $status == 404 ? 200 : $status }

sub check_rows {
    my ($column, %options) = @_;
    my @rows = map { ([$_, undef], grep { defined $_->[1] } [$_, $_->{with_password}[$column]]) } @{ $table->{rows} };
    my @requests = map { { path => $_->[0]{path}, defined $_->[1] ? (headers => [['authorization', $basic]]) : () } } @rows;
    my @responses = client()->many($server, \%options, @requests);
    for my $i (0 .. $#rows) {
        my ($row, $with_password) = @{ $rows[$i] };
        is(verdict($responses[$i]{status}), $with_password // $row->{answers}[$column],
            join ' ', $row->{name}, "[$table->{states}[$column]]", $options{http}, defined $with_password ? 'with a password' : ());
    }
}

for my $column (0 .. $#{ $table->{states} }) {
    my $state = $table->{states}[$column];
    next if $state eq 'expired';
    check_rows($column, http => $_, cert => $certificate{$state}) for '1.1', mpm() eq 'prefork' ? () : '2';
}
sleep 1 while time <= $until;
my ($column) = grep { $table->{states}[$_] eq 'expired' } 0 .. $#{ $table->{states} };
check_rows($column, http => '1.1', %expired);

for my $refused (@{ $table->{refused} }) {
    refused_config("$refused->{name} is refused", { conf => $alias, tls => join "\n", @{ $refused->{config} } },
        qr/\Q$refused->{sentence}/);
}
done_testing;
