#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The reference documentation says what the module does: its tables are the registries', every directive
# has an entry, its examples are accepted.
use MTLS::Test;
use File::Copy 'copy';

my $docs = top() . '/docs';
my $program = build() . '/tools/mtls-doc';
my $update = top() . '/tools/update-docs.pl';
my $copy = logs() . "/docs-$$";
mkdir $copy or die "$copy: $!";

sub copy_docs { copy($_, $copy) or die "$_: $!" for glob "$docs/*.md" }
sub run { return scalar qx(/usr/bin/perl "$update" "$program" "$copy" 2>&1) }

# ---- the tables ----

copy_docs();
is(run(), '', 'the tables can be printed');
my @files = qw(directives.md fields.md headers.md lists.md monitoring.md reasons.md rules.md);
for my $file (@files) {
    ok(slurp("$docs/$file") eq slurp("$copy/$file"), "$file is up to date") or diag("make -f Makefile.apxs docs");
}

# The check can fail: what somebody has changed, or taken out, is found.
spew("$copy/reasons.md", slurp("$copy/reasons.md") =~ s/the certificate has expired/all is well/r);
run();
ok(slurp("$copy/reasons.md") eq slurp("$docs/reasons.md"), 'a changed table is printed again');
spew("$copy/reasons.md", slurp("$copy/reasons.md") =~ s/<!-- table: reasons -->\n//r);
like(run(), qr/reasons\.md: 0 tables begin and 1 end/, 'half a table is refused');
copy_docs();
spew("$copy/reasons.md", slurp("$copy/reasons.md") =~ s/<!-- table: .*<!-- end -->\n//sr);
like(run(), qr/no file has the tables reasons/, 'a missing table is refused');
spew("$copy/reasons.md", slurp("$docs/reasons.md") =~ s/table: reasons/table: causes/r);
like(run(), qr/reasons\.md: there is no table 'causes'/, 'an unknown table is refused');

# Rows, counted in the registries' own files.
for my $case (['fields', 'MTLS_FIELD'], ['reasons', 'MTLS_REASON'], ['types', 'MTLS_TYPE'], ['operators', 'MTLS_OPERATOR'],
              ['attributes', 'MTLS_ATTRIBUTE'], ['profiles', 'MTLS_PROFILE'], ['metrics', 'MTLS_METRIC']) {
    my ($table, $macro) = @$case;
    my $rows = () = slurp(top() . "/include/tbl/$table.h") =~ /^\Q$macro\E\(/mg;
    my $printed = () = qx("$program" $table) =~ /^\| [^-]/mg;
    ok($rows > 5, "$table: $rows rows");
    is($printed - 1, $rows, "$table: all are printed");
}
my $empty = join '', grep { /^\|/ && /\| *\|/ } split /^/, qx("$program" reasons);
is($empty, '', 'no reason lacks a cell');

# ---- directives ----

my $text = slurp("$docs/directives.md");
my %entries = map { $_ => 1 } $text =~ /^## (MTLS\w+)$/mg;
my %commands;
for my $file (glob(top() . '/src/*.c'), top() . '/mod_mtls_authz.c') {
    $commands{$_} = 1 for slurp($file) =~ /AP_INIT_\w+\("(\w+)"/g;
}
ok(keys %commands >= 10, 'directives of the module: ' . keys %commands);
is(join(' ', grep { !$entries{$_} } sort keys %commands), '', 'each has an entry');
is(join(' ', grep { !$commands{$_} } sort keys %entries), '', 'each entry has a directive');
for my $entry (split /^(?=## )/m, $text) {
    my ($name) = $entry =~ /^## (.*)$/m or next;
    next if $name !~ /^(?:MTLS|Require|AuthType)/;
    like($entry, qr/^\| $_: \| \S/m, "$name: $_") for qw(Description Syntax Default Context);
    my $anchor = lc $name =~ s/ /-/gr;
    like($text, qr/\[\Q$name\E\]\(#\Q$anchor\E\)/, "$name is in the list");
    like($entry, qr/\n\n    \S/, "$name: an example");
}
# Nobody else lists them: httpd tells what it knows.
my $listed = configtest(conf => '', arguments => ['-L'])->{output};
is(join(' ', grep { !/^MTLS/ || !$entries{$_} } map { /^(MTLS\w+)/ } split /\n/, $listed), '', 'httpd -L knows no other');
for my $name (sort keys %entries) {
    my ($where) = $listed =~ /^\Q$name\E \(mod_mtls_authz\.c\)\n(?:\t.*\n)*?\t(Allowed in .*)$/m;
    my ($context) = $text =~ /^## \Q$name\E\n.*?^\| Context: \| (.*?) \|$/ms;
    is($context, { 'Allowed in *.conf only outside <Directory>, <Files>, <Location>, or <If>' => 'server config, virtual host',
                   'Allowed in *.conf anywhere' => 'server config, virtual host, directory' }->{ $where // '' } // $where,
       "$name: the context is httpd's");
}

# ---- examples ----

# Files that the examples name.
my %file = map { $_ => pki('ca.pem') } map { /pem:(conf\/[\w-]+\.pem)/g } map { slurp($_) } map({ "$docs/$_" } @files);
ok(keys %file > 3, 'examples name files');
sub with_files { return $_[0] =~ s{pem:(conf/[\w-]+\.pem)}{"pem:" . pki($1 =~ /ca\.pem/ ? 'ca.pem' : 'ok.crt')}ger }

# Lists: those of the tests where they have one of that name, else a comment alone. Revocation lists of the root.
make_crls('docs.crl' => { issuer => 'root', revoked => ['bare'] });
spew("$copy/none.list", "# nothing yet\n");
sub with_lists {
    return $_[0] =~ s{\bfile:conf/([\w-]+\.list)}{'file:' . list_file($1)}ger =~ s{^(\s*MTLSKillList )conf/([\w-]+\.list)}{$1 . list_file($2)}gmer
        =~ s{\bcrl:conf/\S+}{'crl:' . pki('docs.crl')}ger;
}
sub list_file { my $file = top() . "/t/lists/$_[0]"; return -e $file ? $file : "$copy/none.list" }

my $fields = qx("$program" fields);
my @rules = $fields =~ /\| `Require mtls ([^`]+)` \|$/mg;
my @headers = $fields =~ /\| `(MTLSHeader [^`]+)` \|$/mg;
is(@rules + @headers, () = ($fields =~ /^\| `/mg), 'each field has an example');
ok(@rules > 30 && @headers > 5, @rules . ' rules and ' . @headers . ' headers');
ok_config('the examples of the fields are accepted',
          join '', with_lists("MTLSList partners san.dns file:conf/partners.list\n"), "<Location />\n<RequireAny>\n", map({ with_files("Require mtls $_\n") } @rules), "</RequireAny>\n",
          map({ "$_\n" } @headers), "</Location>\n");

# Operators have theirs in rules.md, types an operand in their table.
my $rules = slurp("$docs/rules.md");
for my $operator (map { /^\| `([^`]+)`/ } split /\n/, qx("$program" operators)) {
    like($rules, qr/^ +Require mtls \S+ \Q$operator\E(?: \S|$)/m, "an example of $operator");
}
my @bare = grep { !/\| `[^|]*` \|$/ && !/export only/ } grep { /^\| [^-]/ } split /\n/, qx("$program" types);
is(scalar @bare, 1, 'each type for rules has an operand: only the head of the table has none') or diag(join "\n", @bare);

# Every indented block with directives, by itself, in the virtual host with TLS. Forms are no examples.
my $FORM = qr/\bOPERATOR\b|\bPROFILE\b|\bFORMAT\b/;
my $DIRECTIVE = qr/^\s*(?:<\/?(?:Location|VirtualHost|Require|If)|MTLS\w+ |Require mtls )/m;
my $blocks = 0;
for my $file (@files) {
    my @blocks = map { s/^    //mgr } slurp("$docs/$file") =~ /\n\n((?:    [^\n]*\n|\n(?=    ))+)/g;
    for my $block (@blocks) {
        next if $block !~ $DIRECTIVE || $block =~ $FORM;
        $block =~ s/^(\s*)(SSL\w+File|ServerName) .*\n//mg;
        $block =~ s/^(\s*)SSLEngine on$/$1SSLEngine on\n$1SSLCertificateFile "\@PKI@\/server.crt"\n$1SSLCertificateKeyFile "\@PKI@\/server.key"/m;
        $block =~ s/\*:(?:443|8140)/127.0.0.1:1/;
        $block = with_lists($block);
        $block =~ s{^(\s*(?:CustomLog|MTLSAuditLog) )logs/(\S+)}{$1"\@DIR\@/$2"}mg;
        $block = "<Location \"/example/\">\n$block</Location>\n" if $block =~ /^(?:<Require|Require)/m;
        my ($first) = $block =~ /^\s*(?:<Location "\/example\/">\n)?(.*)/;
        $blocks++;
        my $result = configtest($block =~ /<VirtualHost/ ? 'conf' : 'tls', with_files($block),
                                modules => [@MTLS::Env::MODULES, qw(ldap authnz_ldap)]);
        my @said = grep { /mtls_authz: \S+:\d+: (?!MTLSMode report: )/ } split /\n/, $result->{output};
        ok(!$result->{exit} && !$result->{signal} && !@said, "$file: $first is accepted without a warning that something is wrong")
            or diag($result->{output});
    }
}
ok($blocks > 15, "$blocks examples were loaded");

# ---- promises, and the tests that show them ----

my $model = slurp("$docs/threat-model.md");
my @promises = $model =~ /^\| (\d+) \| (.*) \| (.*) \|$/mg;
is(@promises / 3, 8, 'the threat model has eight promises');
while (my ($number, $promise, $shown) = splice @promises, 0, 3) {
    my @tests = $shown =~ /`(t\/[\w\/-]+\.t)`/g;
    ok(@tests > 0, "promise $number has tests: @tests");
    is(join(' ', grep { !-e top() . "/$_" } @tests), '', '... which exist');
}
is(join(' ', grep { !-e top() . "/$_" } map { /`(t\/[\w\/-]+\.(?:t|sh))`/g } map { slurp($_) } glob("$docs/*.md"), top() . '/SECURITY.md'), '',
   'so does every test that a document names');
my ($limits) = $model =~ /^## Known limits\n(.*)/ms;
is(join(' ', grep { !/^\| \*\*.*?\*\*.* \| \S.* \|$/ } grep { /^\|/ && !/^\|-|^\| what \|/ } split /\n/, $limits), '',
   'each known limit has something to do about it');

# ---- words that the documentation may use ----

my %slugs = map { $_ => 1 } slurp(top() . '/include/tbl/reasons.h') =~ /MTLS_REASON\(\w+, "([\w-]+)"/g;
my @named = map { /reason(?: is)? `([a-z-]+)`/g } map { slurp($_) } map({ "$docs/$_" } @files);
ok(@named > 3, 'reasons are named: ' . @named);
is(join(' ', grep { !$slugs{$_} } @named), '', 'all of them exist');
done_testing;
