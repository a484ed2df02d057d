# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Where one can go: twenty locations, each with some variants, of which every generation of the server has others.

A tree is ("all"|"any"|"none", child ...), ("not", leaf), or a leaf: the words behind Require.
"""
import os
import re

from world import draw                                                  # first: it says where the others are found
from httpd import modules_directory

CONTAINERS = {"all": "RequireAll", "any": "RequireAny", "none": "RequireNone"}


def rule(tree, export=(), headers=(), user=None, report=False, backstop=False, limit=None, lines=()):
    return {"tree": tree, "export": list(export), "headers": list(headers), "user": user, "report": report,
            "backstop": backstop, "limit": limit, "lines": list(lines)}


ROLE = [("X-Soak-Role", "label.roles.role"), ("X-Soak-Version", "label.roles.v")]
TEAM = [("X-Soak-Team", "label.team.v")]
NAME = [("X-Soak-Name", "subject.cn"), ("X-Soak-Digest", "sha256")]
BY_CN = ["MTLSUser subject.cn"]
SHOP = 'mtls san.uri like "spiffe://example.org/ns/shop/sa/*"'

# name: backend, variants
PLACES = {
    "any-client": ("http", [rule("mtls", ["rfc9440"]), rule("mtls", ["azure"], NAME[1:])]),
    "shop": ("http", [rule(SHOP, ["xfcc"]), rule('mtls san.uri matches ".*/sa/(web|other)"', ["xfcc:dns,chain,uri,cert,subject"])]),
    "payments": ("http", [
        rule(("all", "mtls ca.spki.sha256 pem:pki/intermediate.crt", "mtls subject.ou Payments"), ["nginx"]),
        rule(("all", "mtls ca.spki.sha256 pem:pki/root.crt", "mtls subject.ou Sales Operations"), ["kong"])]),
    "role": ("http", [rule("mtls label.roles.role is reader writer", [], ROLE), rule("mtls label.roles.role is auditor", [], ROLE)]),
    "role-not": ("fcgi", [rule(("all", "mtls", ("not", "mtls label.roles.role is reader")), ["puppet"], ROLE),
                          rule(("all", "mtls", ("none", "mtls label.roles.role is writer", "mtls subject.ou Sales")), [], ROLE)]),
    "team": ("http", [rule("mtls in team", [], TEAM + NAME[1:]), rule(("all", "mtls in team", SHOP), ["vault"], TEAM)]),
    "team-not": ("http", [rule(("all", "mtls", ("not", "mtls in team")), [], NAME[1:]),
                          rule(("any", "mtls in team", "mtls label.roles.role auditor"), ["pulp"])]),
    "revoked": ("http", [rule(("all", "mtls", ("not", "mtls in gone")), ["cloudfront"]),
                         rule(("all", SHOP, ("not", "mtls in gone")), ["cloudfront"])]),
    "remaining": ("http", [rule("mtls remaining >= 5s", [], NAME[1:]), rule("mtls remaining < 5s", [], NAME[1:])]),
    "reported": ("http", [rule("mtls subject.ou Payments", ["gcp"], report=True),
                          rule(("all", "mtls in team", "mtls key.type ec"), ["nginx"], report=True)]),
    "backstop": ("http", [rule("all granted", ["rfc9440"], backstop=True), rule(("any", "mtls", "all granted"), ["rfc9440"], backstop=True),
                          rule(("any", SHOP, "all granted"), [], NAME[1:], backstop=True)]),
    "open": ("http", [rule("all granted", ["nginx"]), rule("all granted", ["puppet"])]),
    "user": ("http", [rule(("all", "mtls", "user Anne Otto Web"), ["remote-user"], user="subject.cn", lines=["AuthType mtls"]),
                      rule(("all", "mtls", "user Db Partner Rsa Two"), ["remote-user:X-WEBAUTH-USER"], user="subject.cn",
                           lines=["AuthType mtls"])]),
    "tls": ("fcgi", [rule("mtls tls.version is TLSv1.3", ["alb"], [("X-Soak-TLS", "tls.version")]),
                     rule("mtls tls.version < TLSv1.3", ["alb"], [("X-Soak-TLS", "tls.version")])]),
    "limited": ("http", [rule("mtls", ["alb:passthrough"], limit=4000), rule("mtls", ["traefik"], limit=3400)]),
    "page": ("http", [rule("mtls subject.ou Operations", ["nginx"], lines=["ErrorDocument 403 /refused"]),
                      rule("mtls in team", ["kong"], lines=["ErrorDocument 403 /refused"])]),
    "slow": ("slow", [rule(SHOP, ["azure"]), rule("mtls in team", [], TEAM)]),
    "reset": ("reset", [rule("mtls", ["azure"]), rule("mtls label.roles.role is writer", [], ROLE)]),
    "down": ("down", [rule("mtls", ["azure"]), rule("mtls subject.ou Payments", ["azure"])]),
    "flaky": ("flaky", [rule("mtls", ["xfcc"]), rule(("all", "mtls", ("not", "mtls in gone")), ["azure"])]),
}
NAMES = sorted({name for _, variants in PLACES.values() for variant in variants for name, _ in variant["headers"]})
# What httpd says where a backend ends the connection instead of answering.
FAILS = {"http": [], "fcgi": [], "slow": [], "reset": [500, 502, 503], "down": [503], "flaky": [500, 502, 503]}


def variant(seed, generation, place):
    variants = PLACES[place][1]
    return (draw(seed, "variant", place) + generation) % len(variants)


def require(tree, indent="        "):
    if isinstance(tree, str):
        return "%sRequire %s\n" % (indent, tree)
    if tree[0] == "not":
        return "%sRequire not %s\n" % (indent, tree[1])
    word = CONTAINERS[tree[0]]
    return "%s<%s>\n%s%s</%s>\n" % (indent, word, "".join(require(child, indent + "    ") for child in tree[1:]), indent, word)


def location(name, backend, row, ports):
    if backend == "fcgi":
        proxy = 'ProxyPass "fcgi://127.0.0.1:%d/%s" retry=0' % (ports[backend], name)
    else:
        proxy = 'ProxyPass "http://127.0.0.1:%d/%s" retry=0' % (ports[backend], name)
    lines = [proxy, *row["lines"]]
    lines += ["MTLSExport " + " ".join(row["export"])] if row["export"] else []
    lines += ['MTLSHeader %s %s' % pair for pair in row["headers"]]
    lines += ["MTLSUser " + row["user"]] if row["user"] else []
    lines += ["MTLSMode report"] if row["report"] else []
    lines += ["MTLSBackstop on"] if row["backstop"] else []
    lines += ["MTLSMaxHeaders %d" % row["limit"]] if row["limit"] else []
    return '    <Location "/%s">\n%s%s    </Location>\n' % (name, "".join("        %s\n" % line for line in lines), require(row["tree"]))


MODULES = ["mpm_%s", "unixd", "log_config", "authn_core", "authz_core", "authz_user", "authz_host", "alias", "env", "setenvif", "headers",
           "http2", "proxy", "proxy_http", "proxy_fcgi", "reqtimeout", "socache_shmcb", "ssl"]

BASE = """\
ServerRoot "{dir}"
ServerName localhost
PidFile "{dir}/httpd.pid"
DefaultRuntimeDir "{dir}"
ErrorLog "{dir}/error.{generation}"
LogLevel warn mtls_authz:info core:notice mpm_{mpm}:notice
DocumentRoot "{dir}/pki"
Timeout 60
KeepAlive On
KeepAliveTimeout 30
MaxKeepAliveRequests 0
ProxyTimeout 30
Mutex fcntl:{dir} default
SSLSessionCache "shmcb:{dir}/sessions(512000)"
SSLSessionCacheTimeout 120
Listen 127.0.0.1:{strict}
Listen 127.0.0.1:{loose}
Listen 127.0.0.1:{plain}
{processes}
MTLSListInterval 1s
MTLSList roles spki.sha256 file:roles
MTLSList team san.dns file:team
MTLSList gone serial crl:gone
MTLSKillList kill
MTLSExpiryWarning 1h
{audit}
Header always set X-Soak-Generation "{generation}"
Header always set X-Soak-Reason "expr=%{{reqenv:MTLS_REASON}}"
Header always set X-Soak-Roles "expr=%{{MTLS:label.roles.v}}"
Header always set X-Soak-Members "expr=%{{MTLS:label.team.v}}"
<Directory />
    AllowOverride None
</Directory>
<VirtualHost 127.0.0.1:{plain}>
    MTLSGuard all
{places}</VirtualHost>
"""

TLS = """\
<VirtualHost 127.0.0.1:{port}>
    Protocols {protocols}
    SSLEngine on
    SSLCertificateFile "pki/server.crt"
    SSLCertificateKeyFile "pki/server.key"
    SSLCACertificateFile "pki/ca.pem"
    SSLVerifyClient {verify}
    SSLVerifyDepth 10
{places}</VirtualHost>
"""

# Room for the children of several generations, which finish what they have begun, and in each child for all clients: httpd
# closes connections that wait when all threads are busy. No child is ended because there are too many: where one was killed there
# are, for a moment.
THREADED = "StartServers 2\nServerLimit 24\nThreadsPerChild 64\nMaxRequestWorkers 128\nMinSpareThreads 1\nMaxSpareThreads 100000\n"
PREFORK = "StartServers 12\nMinSpareServers 2\nMaxSpareServers 90\nServerLimit 90\nMaxRequestWorkers 90\n"


def without_module(text):
    """The same server, and everybody may go everywhere."""
    return "".join(line for line in text.replace(" mtls_authz:info", "").splitlines(True)
                   if not re.match(r"\s*((</?)?Require|AuthType|ErrorDocument)", line) and "MTLS" not in line and "mtls_authz" not in line)


def configuration(world, generation, ports, module, mpm, broken=False):
    """The server's configuration. broken: as no operator should write it; somebody has to notice."""
    body = "".join(location(name, backend, variants[variant(world.seed, generation, name)], ports)
                   for name, (backend, variants) in PLACES.items())
    body += '    <Location "/refused">\n        ProxyPass "http://127.0.0.1:%d/status/403" retry=0\n        Require all granted\n' \
            '        MTLSExport nginx\n    </Location>\n' % ports["http"]
    body += "    MTLSPass X-Soak-Digest nginx\n" if broken else ""
    directory, load = modules_directory(), []
    for name in MODULES:
        file = os.path.join(directory, "mod_%s.so" % (name % mpm if "%" in name else name))
        if os.path.exists(file) and not (mpm == "prefork" and name == "http2"):
            load.append('LoadModule %s_module "%s"\n' % (name % mpm if "%" in name else name, file))
    audit = 'MTLSAuditLog "|$cat >/dev/null" all' if generation % 2 else ""
    text = "".join(load) + 'LoadModule mtls_authz_module "%s"\n' % module + BASE.format(
        dir=world.directory, generation=generation, mpm=mpm, processes=PREFORK if mpm == "prefork" else THREADED, audit=audit,
        places=body, **ports)
    for port, verify in (("strict", "optional"), ("loose", "optional_no_ca")):
        text += TLS.format(port=ports[port], verify=verify, places=body,
                           protocols="http/1.1" if mpm == "prefork" else "h2 http/1.1")
    return text
