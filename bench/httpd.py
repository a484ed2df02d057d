# Licensed under the Apache License, Version 2.0; see LICENSE.
"""httpd as the benchmark starts it: the same for all cases but for the lines that are measured."""
import os
import subprocess

import lab as bench_lab
from lab import need_program

MODULES = ["mpm_event", "unixd", "log_config", "logio", "authn_core", "authz_core", "authz_host", "alias", "dir", "mime", "env",
           "setenvif", "headers", "http2", "proxy", "proxy_http", "reqtimeout", "socache_shmcb", "ssl"]

BASE = """\
ServerRoot "{dir}"
ServerName localhost
PidFile "{dir}/httpd.pid"
DefaultRuntimeDir "{dir}"
ErrorLog "{dir}/error_log"
LogLevel warn
DocumentRoot "{docs}"
TypesConfig /dev/null
AddType text/html .html
Timeout 60
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
SSLSessionCache "shmcb:{dir}/sessions(512000)"
ProxyTimeout 60
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{plain_port}
{mpm}
<Directory />
    Options FollowSymLinks
    AllowOverride None
</Directory>
<Directory "{docs}">
    Require all granted
</Directory>
<VirtualHost 127.0.0.1:{plain_port}>
    <Location "/bench-ok">
        SetHandler bench-ok
    </Location>
    <Location "/bench-echo">
        SetHandler bench-echo
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
    Protocols {protocols}
    SSLEngine on
    SSLCertificateFile "{pki}/server.crt"
    SSLCertificateKeyFile "{pki}/server.key"
    SSLCACertificateFile "{pki}/ca.pem"
    SSLVerifyClient {verify}
    SSLVerifyDepth 10
{lines}
</VirtualHost>
"""

# As many processes as a small machine wants, and no comings and goings in between.
EVENT = """\
StartServers 2
ServerLimit {servers}
ThreadsPerChild 32
ThreadLimit 64
MaxRequestWorkers {workers}
MinSpareThreads 1
MaxSpareThreads {workers}
MaxConnectionsPerChild 0
"""

# The backend of all systems: none of them may wait for a connection that others keep,
# and httpd closes connections that wait when all threads are busy.
BACKEND = """\
StartServers 1
ServerLimit 1
ThreadLimit 320
ThreadsPerChild 320
MaxRequestWorkers 320
MinSpareThreads 1
MaxSpareThreads 320
AsyncRequestWorkerFactor 20
"""


def start_backend(lab):
    return Httpd(lab, "backend", ours=False, mpm_lines=BACKEND)


def modules_directory():
    apxs = need_program("apache2-dev", "apxs", "apxs2")
    return subprocess.run([apxs, "-q", "LIBEXECDIR"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def load_modules(lab, extra=(), ours=True, mpm="event"):
    """LoadModule lines. What is not there as a file is part of the server (or the server will say what it misses)."""
    directory = modules_directory()
    names = [name for name in MODULES if not name.startswith("mpm_") and not (mpm == "prefork" and name == "http2")]
    lines = []
    for name in ["mpm_" + mpm, *names, *extra]:
        file = os.path.join(directory, "mod_%s.so" % name)
        if os.path.exists(file):
            lines.append('LoadModule %s_module "%s"' % (name, file))
    lines.append('LoadModule bench_module "%s"' % lab.bench_module)
    if ours:
        lines.append('LoadModule mtls_authz_module "%s"' % lab.module)
    return "\n".join(lines) + "\n"


class Httpd:
    """One server: port with TLS, plain_port without. lines stand in its TLS virtual host."""

    def __init__(self, lab, name, lines="", ours=True, extra=(), conf="", wrapper=(), arguments=("-DFOREGROUND",),
                 mpm="event", mpm_lines=None, verify="optional", environment=None, seconds=60):
        self.lab, self.name, self.ours, self.extra, self.mpm = lab, name, ours, extra, mpm
        self.directory = lab.new_directory(name)
        self.port, self.plain_port = lab.free_port(), lab.free_port()
        self.docs = documents(lab)
        self.mpm_lines = EVENT.format(servers=2, workers=64) if mpm_lines is None else mpm_lines
        self.verify = verify
        self.config = self.compose(lines, conf)
        self.command = [*wrapper, need_program("apache2-bin", "apache2", "httpd"), *arguments, "-f", self.config]
        self.process = lab.start(name, self.command, environment)
        try:
            lab.await_port(self.process, self.port, seconds)
        except bench_lab.Problem as problem:
            raise bench_lab.Problem("%s\n%s" % (problem, self.error_log()[-2000:]))

    def compose(self, lines, conf=""):
        text = load_modules(self.lab, self.extra, self.ours, self.mpm) + conf + BASE.format(
            dir=self.directory, docs=self.docs, port=self.port, plain_port=self.plain_port, pki=self.lab.pki,
            mpm=self.mpm_lines, verify=self.verify, lines=lines,
            protocols="http/1.1" if self.mpm == "prefork" else "h2 http/1.1")
        return self.lab.write("%s/httpd.conf" % self.name, text)

    def error_log(self):
        try:
            return bench_lab.slurp(os.path.join(self.directory, "error_log"))
        except OSError:
            return ""

    def stop(self):
        self.lab.stop(self.process)


def documents(lab):
    """A document root with a small file."""
    path = lab.path("docs")
    if not os.path.isdir(path):
        os.makedirs(path)
        lab.write("docs/small.html", "<!doctype html><title>small</title>\n")
    return path
