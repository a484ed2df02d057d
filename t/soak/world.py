# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Who there is: identities and their certificates, and what each version of each list says of them.

All of it follows from the seed: whoever knows a version's number knows what stands in it.
"""
import datetime
import hashlib
import importlib
import os
import random
import sys

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for _room in ("t/pki", "t/explain", "t/rules", "t/golden", "t/truth", "t/lib", "bench"):
    sys.path.append(os.path.join(TOP, _room))

from cryptography import x509                                           # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization        # noqa: E402

make_pki = importlib.import_module("make-pki")
DAY = make_pki.DAY
PEM = serialization.Encoding.PEM
PEOPLE = [["C", "DE"], ["O", "Example, Inc."]]


def person(cn, unit, uri=None, **more):
    san = [["dns", cn.lower().replace(" ", "-") + ".example.org"]] + ([["uri", uri]] if uri else [])
    return make_pki.client(cn, **{"subject": PEOPLE + [["OU", unit], ["CN", cn]], "san": san, **more})


AUTHORITIES = {name: make_pki.TABLE[name] for name in ("root", "intermediate", "twin-ca", "stranger-ca", "server")}
AUTHORITIES["partner-ca"] = {**make_pki.CA, "subject": [["O", "Partners"], ["CN", "Partner CA"]]}
TRUSTED = ["root", "intermediate", "partner-ca"]

SHOP = "spiffe://example.org/ns/shop/sa/"
IDENTITIES = {
    "anne": person("Anne", "Payments", SHOP + "anne", san=[
        ["dns", "anne.example.org"], ["dns", "*.shop.example.org"], ["uri", SHOP + "anne"], ["email", "anne@example.org"]]),
    "otto": person("Otto", "Sales", SHOP + "other"),
    "web": person("Web", "Payments", SHOP + "web"),
    "db": person("Db", "Operations", "spiffe://example.org/ns/db/sa/main"),
    "rsa": person("Rsa", "Payments", key="rsa"),
    "edward": person("Edward", "Sales", key="ed25519"),
    "direct": person("Direct", "Operations", issuer="root"),
    "partner": person("Partner", "Sales", "spiffe://partner.example/ns/shop/sa/web", issuer="partner-ca"),
    "utf8": person("Änne Größe", "Payments", san=[["dns", "aenne.example.org"]]),
    "two-names": person("Two", "Sales", subject=PEOPLE + [["OU", "Sales"], ["CN", "Two"], ["CN", "Anne"]]),
    "hostile": person("quote\"; Role=\"a,b", "Sales", san=[["dns", "hostile.example.org"], ["uri", "urn:a,By=evil;Hash=0"]]),
    "big": person("Big", "Payments", san=[["dns", "h%03d.example.org" % i] for i in range(200)]),
    "brief": person("Brief", "Payments", SHOP + "brief"),
    "moment": person("Moment", "Sales", SHOP + "moment"),
    "expired": person("Expired", "Payments", not_before=-30 * DAY, not_after=-DAY),
    "future": person("Future", "Payments", not_before=DAY, not_after=30 * DAY),
    "stranger": person("Anne", "Payments", SHOP + "anne", issuer="stranger-ca", chain=[]),
    "twin": person("Anne", "Payments", SHOP + "anne", issuer="twin-ca", chain=[]),
    "selfsigned": person("Anne", "Payments", SHOP + "anne", issuer=None),
}
NOBODY, PLAIN = "nobody", "plain"
ALL = [*IDENTITIES, NOBODY, PLAIN]
RUN_OUT = ["brief", "moment"]                    # made again and again, valid for some seconds
UNTRUSTED = ["stranger", "twin", "selfsigned"]      # twin: of a CA with the name of one that is trusted
NEVER = ["expired", "future"]                    # no handshake

# Entries of the kill list, each there for some versions, away for others.
KILLED = {"otto": "san.dns otto.example.org", "rsa": "sha256 {sha256}", "db": "spiffe spiffe://example.org/ns/db/sa/main",
          "partner": "ca.sha256 {issuer_sha256}", "edward": "serial {serial} issuer \"CN=Example Issuing CA,O=Example Trust,C=DE\""}
REVOKED = ["web", "utf8", "big", "rsa"]
LISTS = ["roles", "team", "gone", "kill"]
ROLES = ["reader", "writer", "auditor"]


def draw(*words):
    """A number that follows from the words, the same in every process."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, words)).encode()).digest()[:6], "big")


def phase(seed, name, who, version, length):
    return draw(seed, name, who, (version + draw(seed, name, who) % length) // length)


class Lists:
    """What version N of a list says of an identity."""

    def __init__(self, seed):
        self.seed = seed

    def role(self, who, version):
        return ROLES[phase(self.seed, "roles", who, version, 3) % 3]

    def in_team(self, who, version):
        if who in ("anne", "brief"):
            return True
        return who not in ("otto", "utf8") and phase(self.seed, "team", who, version, 24) % 2 == 0

    def is_gone(self, who, version):
        return who in REVOKED and phase(self.seed, "gone", who, version, 10) % 2 == 0

    def is_killed(self, who, version):
        return who in KILLED and phase(self.seed, "kill", who, version, 8) % 3 == 0


class World:
    """Certificates in a directory, and the lists' files."""

    def __init__(self, directory, seed):
        self.pki, self.lists, self.seed = os.path.join(directory, "pki"), Lists(seed), seed
        self.directory = directory

    def path(self, name):
        return os.path.join(self.pki, name)

    def make(self):
        os.makedirs(self.pki, exist_ok=True)
        pki = make_pki.Pki(self.pki)
        for name, row in {**AUTHORITIES, **IDENTITIES}.items():
            pki.make(name, row)
        pki.write("ca.pem", b"".join(pki.pem[name] for name in TRUSTED))
        pki.write("roots.pem", pki.pem["root"] + pki.pem["partner-ca"])

    def certificate(self, name):
        with open(self.path(name + ".crt"), "rb") as file:
            return x509.load_pem_x509_certificate(file.read())

    def key(self, name):
        with open(self.path(name + ".key"), "rb") as file:
            return serialization.load_pem_private_key(file.read(), None)

    # ---- lists ----

    def facts(self, name):
        certificate = self.certificate(name)
        spki = certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        issuer = IDENTITIES[name].get("issuer")
        return {"sha256": certificate.fingerprint(hashes.SHA256()).hex(), "spki": hashlib.sha256(spki).hexdigest(),
                "serial": "%X" % certificate.serial_number,
                "issuer_sha256": self.certificate(issuer).fingerprint(hashes.SHA256()).hex() if issuer else ""}

    def text(self, name, version):
        """The file of a list, as bytes."""
        if name == "gone":
            return self.crl(version)
        lines = ["# version %d" % version]
        for who in IDENTITIES:
            if name == "roles":
                lines.append("%s v=%d role=%s" % (self.facts(who)["spki"], version, self.lists.role(who, version)))
            elif name == "team" and self.lists.in_team(who, version):
                lines += ["%s v=%d" % (value, version) for kind, value in IDENTITIES[who]["san"] if kind == "dns"]
            elif name == "kill" and self.lists.is_killed(who, version):
                lines.append(KILLED[who].format(**self.facts(who)))
        return ("\n".join(lines) + "\n").encode()

    def crl(self, version):
        now = datetime.datetime.utcnow()
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate("intermediate").subject)
        builder = builder.last_update(now - datetime.timedelta(hours=1)).next_update(now + datetime.timedelta(days=9))
        for who in REVOKED:
            if self.lists.is_gone(who, version):
                builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(
                    self.certificate(who).serial_number).revocation_date(now).build())
        return builder.sign(self.key("intermediate"), hashes.SHA256()).public_bytes(PEM)

    def put(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path + "~", "wb") as out:
            out.write(text)
        os.rename(path + "~", path)

    # ---- certificates that run out ----

    def mint(self, name, seconds, chance=random):
        """Another certificate of this name and key, valid for so long; (certificate, chain in PEM)."""
        before, issuer = self.certificate(name), self.certificate("intermediate")
        now = datetime.datetime.utcnow().replace(microsecond=0)
        builder = x509.CertificateBuilder(issuer.subject, before.subject, before.public_key(), chance.getrandbits(120) | 1,
                                          now - datetime.timedelta(hours=1), now + datetime.timedelta(seconds=seconds))
        for extension in before.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        made = builder.sign(self.key("intermediate"), hashes.SHA256())
        return made, made.public_bytes(PEM) + issuer.public_bytes(PEM)
