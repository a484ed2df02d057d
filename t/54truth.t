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
my %certificate = ('no certificate' => undef, unverified => 'selfsigned', expired => 'a connection that outlives it', matching => 'ok',
                   'not matching' => 'other', malformed => 'nul-cn');
is_deeply([sort keys %certificate], [sort @{ $table->{states} }], 'a certificate for each column');

my $alias = <<'END';
    <AuthzProviderAlias mtls partner "subject.cn is \"Anne Example\"">
    </AuthzProviderAlias>
END
my %server = map { $_ => start_server(conf => $alias, tls => <<"END" . model('--config')) } 'enforce', 'report';
    SSLVerifyClient optional_no_ca
    Header always set X-Reason "expr=%{reqenv:MTLS_REASON}"
    MTLSMode $_
END
system('htpasswd', '-bc', $_->dir . '/users', 'anne', 'secret') == 0 or die 'htpasswd' for values %server;
my $basic = 'Basic YW5uZTpzZWNyZXQ=';    # anne:secret

# Let in is whatever is not a refusal: there is nothing at these paths.
sub verdict { my ($status) = @_; return $status == 404 ? 200 : $status }

# What the section that reports must say, by what the one that enforces has said.
sub reason_of {
    my ($enforced, $status) = @_;
    my $reason = $enforced->header('X-Reason') // '';
    return $status == 200 && verdict($enforced->{status}) != 200 ? "would-deny:$reason" : $reason;
}

my $would = 0;

sub check_rows {
    my ($column, $options_of) = @_;
    my @rows = map { ([$_, undef], grep { defined $_->[1] } [$_, $_->{with_password}[$column]], [$_, $_->{reports_with_password}[$column]]) } @{ $table->{rows} };
    my %seen;
    @rows = grep { !$seen{ $_->[0]{name} . (defined $_->[1] ? ' with' : '') }++ } @rows;
    my @requests = map { { path => $_->[0]{path}, defined $_->[1] ? (headers => [['authorization', $basic]]) : () } } @rows;
    my %responses = map { $_ => [client()->many($server{$_}, $options_of->{$_}, @requests)] } keys %server;
    for my $i (0 .. $#rows) {
        my ($row, $password) = ($rows[$i][0], defined $rows[$i][1]);
        my ($enforced, $reported) = map { $responses{$_}[$i] } 'enforce', 'report';
        my $name = join ' ', $row->{name}, "[$table->{states}[$column]]", $options_of->{enforce}{http}, $password ? 'with a password' : ();
        is(verdict($enforced->{status}), ($password ? $row->{with_password}[$column] : undef) // $row->{answers}[$column], $name);
        my $wanted = $row->{$password ? 'reports_with_password' : 'reports'}[$column];
        is(verdict($reported->{status}), $wanted, "$name, only reported");
        is($reported->header('X-Reason') // '', reason_of($enforced, $wanted), "$name, only reported: the reason");
        $would += ($reported->header('X-Reason') // '') =~ /^would-deny:\w/;
        is($reported->header('WWW-Authenticate') ? 401 : 0, $wanted == 401 ? 401 : 0, "$name, only reported: a challenge where one is needed");
    }
}

for my $column (0 .. $#{ $table->{states} }) {
    my $state = $table->{states}[$column];
    next if $state eq 'expired';
    for my $http ('1.1', mpm() eq 'prefork' ? () : '2') {
        my %options = (http => $http, cert => $certificate{$state});
        check_rows($column, { enforce => \%options, report => \%options });
    }
}
my ($column) = grep { $table->{states}[$_] eq 'expired' } 0 .. $#{ $table->{states} };
my %expired = map { $_ => outlive($server{$_}, '/alone', { @ANNE }, { http => '1.1' }) } sort keys %server;
check_rows($column, \%expired);
ok($would > 50, "$would times a denial was only reported");

for my $refused (@{ $table->{refused} }) {
    refused_config("$refused->{name} is refused", { conf => $alias, tls => join "\n", @{ $refused->{config} } },
        qr/\Q$refused->{sentence}/);
}
done_testing;
