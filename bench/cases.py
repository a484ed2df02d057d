# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What is counted: one row for each case, and the servers that they run on.

Each location stands in the server without the module, too, without our lines: what httpd spends on having it cancels.
Files have a Require all granted of their own, as in the configuration that distributions ship; what is proxied has none.
"""
import collections

RULE = """\
        <RequireAll>
            Require mtls san.dns is shop.example.org
            Require mtls issuer is "CN=Example Issuing CA,O=Example Trust,C=DE"
        </RequireAll>
"""
HEADERS = """\
        MTLSHeader X-Client-Verify verify
        MTLSHeader X-Client-Subject subject
        MTLSHeader X-Client-Issuer issuer
        MTLSHeader X-Client-Serial serial
        MTLSHeader X-Client-DNS san.dns
        MTLSHeader X-Client-SHA256 sha256
        MTLSHeader X-Client-Cert certificate pem-url
"""
CHAIN = """\
        Require mtls ca "CN=Example Root CA,O=Example Trust,C=DE"
"""
SAN = """\
        Require mtls san.dns is %s
"""


def values(count):
    """A line with so many values; the last one is the client's."""
    words = ["n%d.example.org" % i for i in range(count - 1)] + ["shop.example.org"]
    return SAN % " ".join(words)


# Locations of every server: name, our lines in it, lines that are there in any case.
LOCATIONS = [
    ("open", "", ""),
    ("rule", RULE, ""),
    ("headers", RULE + HEADERS, ""),
    ("proxied-open", "", '        ProxyPass "http://127.0.0.1:{backend}/bench-ok/"\n'),
    ("proxied", RULE + HEADERS, '        ProxyPass "http://127.0.0.1:{backend}/bench-ok/"\n'),
    *[("values-%d" % n, values(n), "") for n in (1, 10, 100, 200)],
    ("sans", SAN % "h3999.example shop.example.org", ""),
]
GRANTED = "        Require all granted\n"
DUMP = """\
    <Location "/bench-dump">
        SetHandler bench-dump
    </Location>
"""


def one(name, lines):
    return '    <Location "/%s/">\n%s    </Location>\n' % (name, lines)


def usual(ours, backend):
    return "".join(one(name, (lines if ours else "") + always.format(backend=backend))
                   for name, lines, always in LOCATIONS)


def granted(ours, backend):
    return usual(False, backend) + (one("proxied-open", GRANTED) if ours else "")


def chained(ours, backend):
    return usual(ours, backend) + one("chain", CHAIN if ours else "")


def many(count):
    def lines(ours, backend):
        others = "".join(one("more-%d" % i, RULE + HEADERS if ours else "") for i in range(count - 1))
        return others + one("headers", RULE + HEADERS if ours else "")
    return lines


# Server: lines(ours, backend), and whether our module is loaded. "" is the module's absence.
Server = collections.namedtuple("Server", "lines loaded")
SERVERS = {
    "unconfigured": Server(lambda ours, backend: usual(False, backend), True),
    "configured": Server(usual, True),
    "granted": Server(granted, False),
    "chain": Server(chained, True),
    **{"locations-%d" % n: Server(many(n), True) for n in (1, 100, 1000)},
}

# kind: request, connection or resumed. limit: instructions more than the server without the module, None where
# there is none of its own. like: its own cost may be a tenth more than that of this case.
Case = collections.namedtuple("Case", "name what server location kind limit like http2 cert", defaults=(None, None, False, "ok"))
CASES = [
    Case("unconfigured", "module loaded, unconfigured", "unconfigured", "open", "request", 60),
    Case("elsewhere", "configured elsewhere, this location without rules", "configured", "open", "request", 400),
    Case("rule", "rule only, no headers", "configured", "rule", "request", 900),
    Case("headers", "rule and seven headers, no proxy hop", "configured", "headers", "request", 2000),
    Case("proxied", "the same, proxied", "configured", "proxied", "request", 8500),
    Case("proxied-open", "proxied, configured elsewhere", "configured", "proxied-open", "request"),
    Case("granted", "proxied, httpd's own 'Require all granted' instead", "granted", "proxied-open", "request"),
    Case("http2-open", "HTTP/2, second and later streams: configured elsewhere", "configured", "open", "request", http2=True),
    Case("http2-headers", "HTTP/2, second and later streams: rule and seven headers", "configured", "headers", "request",
         None, "headers", True),
    Case("values-1", "one value on the line", "configured", "values-1", "request"),
    Case("values-10", "10 values on the line", "configured", "values-10", "request", None, "values-1"),
    Case("values-100", "100 values on the line", "configured", "values-100", "request", None, "values-1"),
    Case("values-200", "200 values on the line", "configured", "values-200", "request", None, "values-1"),
    Case("locations-1", "one location with rule and headers", "locations-1", "headers", "request"),
    Case("locations-100", "100 locations", "locations-100", "headers", "request", None, "locations-1"),
    Case("locations-1000", "1,000 locations", "locations-1000", "headers", "request", None, "locations-1"),
    Case("sans-5", "certificate with a few names, later requests", "configured", "sans", "request"),
    Case("sans-4000", "certificate with 4,000 names, later requests", "configured", "sans", "request", None, "sans-5",
         False, "many-sans"),
    Case("new-unconfigured", "new connection, module unconfigured", "unconfigured", "open", "connection"),
    Case("new-elsewhere", "new connection, this location without rules", "configured", "open", "connection"),
    Case("new", "new connection", "configured", "rule", "connection", 60000),
    Case("new-headers", "new connection, seven headers", "configured", "headers", "connection", 60000),
    Case("new-chain", "new connection where a rule speaks of the chain", "chain", "rule", "connection", 120000),
    Case("new-sans-4000", "new connection with 4,000 names", "configured", "sans", "connection", cert="many-sans"),
    Case("resumed-unconfigured", "resumed connection, module unconfigured", "unconfigured", "open", "resumed"),
    Case("resumed", "resumed connection", "configured", "rule", "resumed", 60000),
    Case("resumed-headers", "resumed connection, seven headers", "configured", "headers", "resumed", 60000),
    Case("resumed-chain", "resumed connection where a rule speaks of the chain", "chain", "rule", "resumed", 120000),
]
MAIN = ["unconfigured", "elsewhere", "rule", "headers", "proxied"]


def find(name):
    return next(case for case in CASES if case.name == name)
