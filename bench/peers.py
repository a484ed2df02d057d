# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The same job for all: who may in, seven headers for the backend, and none of them from the client.

In is the certificate with the DNS name shop.example.org from our issuing CA. nginx and HAProxy do not know names
beyond the subject: they look at its CN. What has no fingerprint sends the end of validity. Each is measured against
itself without the job: the lines that end in "# job" are left out then.
"""
import collections
import re
import subprocess

from httpd import Httpd
from lab import find_program

# Certificate, and whether it is let in. A failed handshake is a refusal, too.
CLIENTS = [("ok", True), ("other", False), (None, False), ("expired", False), ("stranger", False), ("selfsigned", False),
           ("bare", False)]
NAMES = ["Verify", "Subject", "Issuer", "Serial", "Name", "Fingerprint", "Cert"]

OURS = """\
    ProxyPass "/" "http://127.0.0.1:{backend}/"
    <Location "/">
        <RequireAll>
            Require mtls san.dns is shop.example.org
            Require mtls issuer is "CN=Example Issuing CA,O=Example Trust,C=DE"
        </RequireAll>
        MTLSHeader X-Client-Verify verify
        MTLSHeader X-Client-Subject subject
        MTLSHeader X-Client-Issuer issuer
        MTLSHeader X-Client-Serial serial
        MTLSHeader X-Client-Name san.dns
        MTLSHeader X-Client-Fingerprint sha256
        MTLSHeader X-Client-Cert certificate pem-url
    </Location>
"""
BARE = """\
    ProxyPass "/" "http://127.0.0.1:{backend}/"
"""
OWN = """\
    ProxyPass "/" "http://127.0.0.1:{backend}/"
    <Location "/">
        Require expr "%{{SSL_CLIENT_VERIFY}} == 'SUCCESS' && %{{SSL_CLIENT_SAN_DNS_0}} == 'shop.example.org' && \
%{{SSL_CLIENT_I_DN}} == 'CN=Example Issuing CA,O=Example Trust,C=DE'"
        RequestHeader set X-Client-Verify "%{{SSL_CLIENT_VERIFY}}s"
        RequestHeader set X-Client-Subject "%{{SSL_CLIENT_S_DN}}s"
        RequestHeader set X-Client-Issuer "%{{SSL_CLIENT_I_DN}}s"
        RequestHeader set X-Client-Serial "%{{SSL_CLIENT_M_SERIAL}}s"
        RequestHeader set X-Client-Name "%{{SSL_CLIENT_SAN_DNS_0}}s"
        RequestHeader set X-Client-Fingerprint "%{{SSL_CLIENT_V_END}}s"
        RequestHeader set X-Client-Cert "%{{SSL_CLIENT_CERT}}s"
    </Location>
"""
LUA = """\
    ProxyPass "/" "http://127.0.0.1:{backend}/"
    LuaScope thread
    LuaHookAccessChecker "{script}" check
"""
LUA_SCRIPT = """\
local variables = { Verify = "VERIFY", Subject = "S_DN", Issuer = "I_DN", Serial = "M_SERIAL", Name = "SAN_DNS_0",
                    Fingerprint = "V_END", Cert = "CERT" }

function check(r)
    local value = {}
    for name, variable in pairs(variables) do
        value[name] = r:ssl_var_lookup("SSL_CLIENT_" .. variable)
        r.headers_in["X-Client-" .. name] = value[name]:gsub("\\n", " ")
    end
    if value.Verify == "SUCCESS" and value.Name == "shop.example.org" and
       value.Issuer == "CN=Example Issuing CA,O=Example Trust,C=DE" then
        return apache2.DECLINED
    end
    return 403
end
"""
NGINX = """\
daemon off;
worker_processes 2;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    keepalive_requests 100000000;
    upstream backend {{ server 127.0.0.1:{backend}; keepalive 64; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {pki}/server.crt;
        ssl_certificate_key {pki}/server.key;
        ssl_client_certificate {pki}/ca.pem;
        ssl_verify_client optional;
        ssl_verify_depth 10;
        ssl_session_cache shared:tls:10m;
        if ($ssl_client_verify != SUCCESS) {{ return 403; }}   # job
        if ($ssl_client_s_dn !~ "(^|,)CN=Anne Example(,|$)") {{ return 403; }}   # job
        if ($ssl_client_i_dn != "CN=Example Issuing CA,O=Example Trust,C=DE") {{ return 403; }}   # job
        location / {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Client-Verify $ssl_client_verify;   # job
            proxy_set_header X-Client-Subject $ssl_client_s_dn;   # job
            proxy_set_header X-Client-Issuer $ssl_client_i_dn;   # job
            proxy_set_header X-Client-Serial $ssl_client_serial;   # job
            proxy_set_header X-Client-Name $ssl_client_s_dn;   # job
            proxy_set_header X-Client-Fingerprint $ssl_client_fingerprint;   # job
            proxy_set_header X-Client-Cert $ssl_client_escaped_cert;   # job
        }}
    }}
}}
"""
HAPROXY = """\
global
    nbthread 2
    maxconn 4000
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    http-reuse always
frontend gateway
    bind 127.0.0.1:{port} ssl crt {dir}/server.pem ca-file {pki}/ca.pem verify optional alpn h2,http/1.1
    http-request deny unless {{ ssl_c_used }} {{ ssl_c_verify 0 }}   # job
    http-request deny unless {{ ssl_c_s_dn(CN) -m str "Anne Example" }} {{ ssl_c_i_dn(CN) -m str "Example Issuing CA" }}   # job
    http-request set-header X-Client-Verify %[ssl_c_verify]   # job
    http-request set-header X-Client-Subject %{{+Q}}[ssl_c_s_dn]   # job
    http-request set-header X-Client-Issuer %{{+Q}}[ssl_c_i_dn]   # job
    http-request set-header X-Client-Serial %[ssl_c_serial,hex]   # job
    http-request set-header X-Client-Name %[ssl_c_s_dn(CN)]   # job
    http-request set-header X-Client-Fingerprint %[ssl_c_sha1,hex]   # job
    http-request set-header X-Client-Cert %[ssl_c_der,base64]   # job
    default_backend service
backend service
    server service 127.0.0.1:{backend}
"""
CADDY = """\
{{
    admin off
    auto_https disable_redirects
    log {{
        level ERROR
    }}
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls {pki}/server.crt {pki}/server.key {{
        client_auth {{
            mode verify_if_given
            trusted_ca_cert_file {pki}/ca.pem
        }}
    }}
    @in expression `{{http.request.tls.client.san.dns_names.0}} == 'shop.example.org' && \
{{http.request.tls.client.issuer}} == 'CN=Example Issuing CA,O=Example Trust,C=DE'`   # job
    handle @in {{   # job
        reverse_proxy 127.0.0.1:{backend} {{
            header_up X-Client-Verify SUCCESS   # job
            header_up X-Client-Subject {{http.request.tls.client.subject}}   # job
            header_up X-Client-Issuer {{http.request.tls.client.issuer}}   # job
            header_up X-Client-Serial {{http.request.tls.client.serial}}   # job
            header_up X-Client-Name {{http.request.tls.client.san.dns_names.0}}   # job
            header_up X-Client-Fingerprint {{http.request.tls.client.fingerprint}}   # job
            header_up X-Client-Cert {{http.request.tls.client.certificate_der_base64}}   # job
        }}
    }}   # job
    respond 403   # job
}}
"""


class Peer:
    """A program that is no httpd: port and process, as a Httpd has them."""

    def __init__(self, lab, name, text, backend, command, file="config"):
        self.lab, self.name = lab, name
        directory = lab.new_directory(name)
        self.port = lab.free_port()
        key = open(lab.pki + "/server.crt").read() + open(lab.pki + "/server.key").read()
        lab.write(name + "/server.pem", key)
        config = lab.write("%s/%s" % (name, file), text.format(dir=directory, port=self.port, pki=lab.pki, backend=backend))
        self.process = lab.start(name, [find_program(command[0]), *(word.format(config=config, dir=directory) for word in command[1:])])
        lab.await_port(self.process, self.port)

    def stop(self):
        self.lab.stop(self.process)


def with_httpd(lines, ours=False, extra=()):
    def start(lab, name, backend, job):
        script = lab.write("check.lua", LUA_SCRIPT)
        text = (lines if job else BARE).format(backend=backend, script=script)
        return Httpd(lab, name, text, ours and job, extra if job else ())
    return start


def with_peer(text, *command):
    def start(lab, name, backend, job):
        return Peer(lab, name, "\n".join(line for line in text.split("\n") if job or not line.endswith("# job")), backend,
                    command)
    return start


# Name in reports, how it is started with and without the job, what tells the version of a program that may be missing,
# and whose server without the job it is compared to.
System = collections.namedtuple("System", "name start version bare")
SYSTEMS = [
    System("httpd + mod_mtls_authz", with_httpd(OURS, True), None, "httpd"),
    System("httpd's own directives", with_httpd(OWN), None, "httpd"),
    System("mod_lua", with_httpd(LUA, extra=["lua"]), None, "httpd"),
    System("nginx", with_peer(NGINX, "nginx", "-p", "{dir}", "-c", "{config}"), ["nginx", "-v"], "nginx"),
    System("HAProxy", with_peer(HAPROXY, "haproxy", "-db", "-f", "{config}"), ["haproxy", "-v"], "HAProxy"),
    System("Caddy", with_peer(CADDY, "caddy", "run", "--adapter", "caddyfile", "--config", "{config}"),
           ["caddy", "version"], "Caddy"),
]


def version(command):
    program = find_program(command[0])
    if not program:
        return None
    text = subprocess.run([program, *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    found = re.search(r"\d+\.\d+[\w.+~-]*", text)
    return found.group(0) if found else "unknown"


def verify(lab, name, server):
    """What it does wrong, as sentences: decisions and headers, before anything is timed."""
    wrong = []
    for cert, wanted in CLIENTS:
        result = lab.load(server.port, "/bench-ok/", cert=cert, may_fail=True)
        if (result["errors"] == 0) != wanted:
            wrong.append("%s: %s is %s" % (name, cert or "nobody", "refused" if wanted else "let in"))
    return wrong + wrong_headers(lab, name, server)


def wrong_headers(lab, name, server):
    """A request with all seven forged: each arrives once, and not as it was sent."""
    received = lab.fetch(server.port, "/bench-echo/", {"X-Client-" + header: "forged" for header in NAMES})
    wrong = []
    for header in NAMES:
        found = re.findall(r"^X-Client-%s: (.*)$" % header, received, re.M | re.I)
        if len(found) != 1 or "forged" in found[0] or not found[0].strip() or found[0] == "(null)":
            wrong.append("%s: the backend received X-Client-%s as %s" % (name, header, [text[:40] for text in found]))
    return wrong
