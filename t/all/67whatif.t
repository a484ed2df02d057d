#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The what-if form in a browser with a client certificate: filled in and sent by its own page, of which the picture in
# docs/monitoring.md is taken, and by the page of somebody else, who must not learn or do anything.
use MTLS::Test;
use File::Copy 'copy';

my $dir = MTLS::Server::new_directory('whatif');
my $backend = start_backend('http');
my $server = start_server(tls => <<"END", log_level => 'mtls_authz:info', log_format => '%m %U%q %>s');
    MTLSWhatIf on
    DocumentRoot "$dir"
    ProxyPass "/orders/" "http://127.0.0.1:@{[ $backend->port('http') ]}/"
    <Location "/orders/">
        <RequireAll>
            Require mtls issuer.cn is "Example Issuing CA"
            Require mtls subject.o is "Example, Inc."
            <RequireAny>
                Require mtls san.dns like "*.shop.example.org"
                Require mtls san.uri like "spiffe://example.org/ns/shop/**"
                Require mtls subject.ou is "Operations"
            </RequireAny>
        </RequireAll>
        MTLSHeader X-Client-Name subject.cn
        MTLSExport xfcc
    </Location>
    <Location "/mtls-status">
        SetHandler mtls-status
        Require mtls subject.ou is "Back Office"
    </Location>
END

sub run { my ($command) = @_; my $output = qx($command 2>&1); return ($? >> 8, $output) }

# A page that fetches the form, where it may, or has its own, fills it in and sends it.
sub page {
    my ($file, $origin, $script) = @_;
    my $pem = slurp(pki('other.chain.pem')) =~ s/\n/\\n/gr;
    spew("$dir/$file", <<"END");
<!DOCTYPE html><title>waiting</title><body><script>
const pem = "$pem";
function send(form) {
    form.url.value = "/orders/7";
    form.cert.value = pem;
    form.action = "$origin/mtls-status?show=what-if";
    document.body.replaceChildren(form);
    form.submit();
}
$script
</script>
END
}
page('own.html', '', <<'END');
const answer = new XMLHttpRequest();
answer.open("GET", "/mtls-status", false);
answer.send();
send(document.importNode(new DOMParser().parseFromString(answer.responseText, "text/html").forms[0], true));
END
page('foreign.html', 'https://localhost:' . $server->https_port, <<'END');
const form = document.createElement("form");
form.method = "post";
form.innerHTML = '<input name="url"><textarea name="cert"></textarea>';
send(form);
END
# ... or reads it, without anybody seeing.
spew("$dir/reading.html", <<"END");
<!DOCTYPE html><title>waiting</title><body><p id="told">nothing yet</p><script>
fetch("https://localhost:@{[ $server->https_port ]}/mtls-status?show=what-if", {
    method: "POST", credentials: "include", headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: "format=json&url=/orders/7&cert=" + encodeURIComponent("x") })
.then(answer => answer.text()).then(text => { told.textContent = "read: " + text; }, () => { told.textContent = "kept from it"; });
</script>
END

my $password = 'browser';
run("openssl pkcs12 -export -in '@{[ pki('ok.chain.pem') ]}' -inkey '@{[ pki('ok.key') ]}' -name me -passout pass:$password -out '$dir/ok.p12'");
sub browse {
    my ($url, $picture) = @_;
    $server->mark;
    return run("cd '$dir' && WINDOW=1100,900 PATIENCE=15000 bash '@{[ top() ]}/t/all/browser/browse.sh' '$url' $picture.png "
               . "'@{[ pki('ca.pem') ]}' ok.p12 $password");
}

# ---- its own page ----

my ($status, $page) = browse('https://localhost:' . $server->https_port . '/own.html', 'what-if');
is($status, 0, 'Chromium shows a page') or diag($page);
like($page, qr/GET \/orders\/7/, '  ... the answer to the question');
like($page, qr/It would be let in\./, '  ... which is what a request gets');
is(client()->request($server, '/orders/7', cert => 'other')->{status}, 200, '  ... as one shows');
like($page, qr/X-Client-Name\s*Otto Other/, '  ... with the headers');
like($page, qr/san\.uri like/, '  ... and the rules');
like($page, qr/CN=Otto Other/, '  ... about the certificate that was pasted');
unlike($page, qr/CN=Anne Example/, '  ... not about the one that the browser has shown');
my @posts = $server->access_log(qr/^POST/);
is("@posts", 'POST /mtls-status?show=what-if 200', '  ... by POST');
my $picture = -e "$dir/what-if.png" ? slurp("$dir/what-if.png") : '';
is(substr($picture, 1, 3), 'PNG', '  ... and a picture of it');
copy("$dir/what-if.png", $ENV{MTLS_PICTURES}) if $ENV{MTLS_PICTURES};

# ---- somebody else's ----

my $foreign = 'https://127.0.0.1:' . $server->https_port;
($status, $page) = browse("$foreign/foreign.html", 'foreign');
is($status, 0, 'the page of another origin sends the form') or diag($page);
is(join(' ', $server->access_log(qr/^POST/)), 'POST /mtls-status?show=what-if 403', '  ... and is refused');
like($server->error_log, qr/what-if: a page of another origin has asked/, '  ... for what it is');
unlike($page, qr/It would be/, '  ... without an answer');
($status, $page) = browse("$foreign/reading.html", 'reading');
is($status, 0, 'the page of another origin tries to read') or diag($page);
like($page, qr/kept from it/, '  ... and the browser keeps it from that');
is(join(' ', $server->access_log(qr/^POST/)), 'POST /mtls-status?show=what-if 403', '  ... and so does the server');

my $kept = slurp(top() . '/docs/images/what-if.png');
is(substr($kept, 1, 3), 'PNG', 'the one in the documentation is a picture, too');
cmp_ok(length $kept, '<', 200_000, '  ... of a bearable size');
$server->stop;
done_testing;
