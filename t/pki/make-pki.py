#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Certificates for the tests, made on the spot.

    make-pki.py DIR                      all of TABLE below
    make-pki.py DIR add NAME JSON OUT    one more into OUT, described as the rows of TABLE are; its issuer may be a CA that
                                         was added before

Each NAME gives NAME.key, NAME.crt (the certificate), NAME.chain.pem (it and what it sends above
itself) and NAME.pem (key and chain, for curl). ca.pem holds the trusted root, ca-all.pem the root
and its twin.
"""
import base64
import datetime
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import der                                                              # noqa: E402
from cryptography import x509                                           # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization        # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa  # noqa: E402

DAY = 86400
INTERMEDIATE = [["C", "DE"], ["O", "Example Trust"], ["CN", "Example Issuing CA"]]
PEOPLE = [["C", "DE"], ["O", "Example, Inc."]]
CA = {"ca": True, "ku": ["keyCertSign", "cRLSign"], "not_after": 3650 * DAY}
CLIENT = {"issuer": "intermediate", "eku": ["clientAuth"], "ku": ["digitalSignature"]}


def client(cn, **more):
    return {**CLIENT, "subject": PEOPLE + [["CN", cn]], **more}


# subject, san: see der.name and der.general_name. issuer: a row above, None: itself; issuer_name: what the
# certificate calls it instead of its subject. Times are seconds from now, or "2020-01-01T00:00:00Z".
# extensions: [OID, critical, DER in hexadecimal], as they are. key: see new_key. hash: what the signature is made over,
# sha256 by default.
TABLE = {
    "root": {**CA, "subject": [["C", "DE"], ["O", "Example Trust"], ["CN", "Example Root CA"]]},
    "intermediate": {**CA, "issuer": "root", "subject": INTERMEDIATE},
    # The same name as the intermediate, another key, trusted where ca-all.pem is.
    "twin-ca": {**CA, "subject": INTERMEDIATE},
    "stranger-ca": {**CA, "subject": [["O", "Strangers"], ["CN", "Example Root CA"]]},

    "server": {"issuer": "root", "subject": [["CN", "localhost"]], "eku": ["serverAuth"], "san": [
        ["dns", "localhost"], ["dns", "www.example.org"], ["dns", "*.example.net"], ["ip", "127.0.0.1"],
        ["uri", "spiffe://example.org/server"]]},

    "ok": client("Anne Example", subject=[
        ["C", "DE"], ["ST", "Berlin"], ["L", "Berlin"], ["O", "Example, Inc."], ["OU", "Payments"], ["OU", "Back Office"],
        ["CN", "Anne Example"], ["UID", "anne"], ["emailAddress", "anne@example.org"]], san=[
            ["dns", "shop.example.org"], ["dns", "*.shop.example.org"], ["uri", "spiffe://example.org/ns/shop/sa/web"],
            ["email", "anne@example.org"], ["ip", "192.0.2.7"], ["ip", "2001:db8::7"], ["upn", "anne@corp.example.org"],
            ["dirname", [["C", "DE"], ["CN", "Anne"]]], ["rid", "1.3.6.1.4.1.99999.1"]],
        eku=["clientAuth", "emailProtection"], ku=["digitalSignature", "keyAgreement"],
        policies=["1.3.6.1.4.1.99999.1.2"], serial=0x0A1B2C3D4E5F60718293,
        extensions=[["1.3.6.1.4.1.99999.7", False, der.string("gold").hex()]]),
    "other": client("Otto Other", san=[["dns", "other.example.org"], ["uri", "spiffe://example.org/ns/shop/sa/other"]]),
    "bare": {"issuer": "root", "subject": [["CN", "bare"]], "identifiers": []},
    "direct": client("direct", issuer="root"),
    "spiffe": client("workload", san=[["uri", "spiffe://example.org/ns/shop/sa/web"]]),
    "twin": client("Anne Example", issuer="twin-ca", chain=[]),
    "expired": client("expired", not_before=-30 * DAY, not_after=-DAY),
    "future": client("future", not_before=DAY, not_after=30 * DAY),
    "short": client("short", not_after=3600),
    "selfsigned": client("Anne Example", issuer=None),
    "stranger": client("Anne Example", issuer="stranger-ca", chain=[]),
    "rsa": client("rsa", key="rsa"),
    "ed25519": client("ed25519", key="ed25519"),
    "ed448": client("ed448", key="ed448"),
    "no-subject": client("", subject=[], san=[["dns", "shop.example.org"]]),
    "server-purpose": client("server purpose", eku=["serverAuth"]),
    "any-purpose": client("any purpose", eku=["any"]),

    "bad-san": client("bad san", extensions=[["2.5.29.17", False, "300a8203616263"]]),
    "double-san": client("double san", san=[["dns", "shop.example.org"]], extensions=[
        ["2.5.29.17", False, der.sequence(der.general_name("dns", "admin.example.org")).hex()]]),
    "nul-cn": client("anne\0.evil.example"),
    "nul-dns": client("nul dns", san=[["dns", "shop.example.org\0.evil.example"]]),
    "high-dns": client("high dns", san=[["dns", "sh\xf6p.example.org"]]),
    "short-ip": client("short ip", san=[["raw:87", "c00002"]]),
    "control-cn": client("anne\r\nX-Admin: yes\x1b[2J\x7f\t"),
    "utf8-cn": client("Änne Größe 日本 \U0001F511"),
    "bits-cn": client("", subject=[["CN", "00c328", "raw:03"]]),
    "latin1-cn": client("", subject=[["CN", "Änne", "t61"]]),
    "bmp-cn": client("", subject=[["CN", "Änne", "bmp"]]),
    "two-cns": client("", subject=PEOPLE + [["CN", "anne"], ["CN", "admin"]]),
    "multi-rdn": client("", subject=PEOPLE + [["CN", "anne"], ["+UID", "a1"]]),
    "comma-cn": client("anne,CN=admin,O=Root"),
    "plus-cn": client("anne+UID=admin"),
    "quote-cn": client("anne\"; Role=\"admin"),
    "slash-cn": client("anne/CN=admin/O=Root"),
    "percent-cn": client("anne%0d%0aX-Admin: yes"),
    "null-word-cn": client("(null)"),
    "empty-cn": client(""),
    "blank-cn": client(" anne "),
    "comma-ou": client("", subject=PEOPLE + [["OU", "a,b"], ["OU", "c"], ["CN", "commas"]]),
    "two-spiffe": client("two", san=[["uri", "spiffe://example.org/a"], ["uri", "spiffe://example.org/b"]]),
    "odd-spiffe": client("odd", san=[["uri", "spiffe://example.org/a/../admin"]]),
    "comma-uri": client("comma uri", san=[["uri", "urn:x:a,By=evil;Hash=0"], ["uri", "urn:x:b\";Subject=\"x"]]),
    "many-sans": client("many", san=[["dns", "h%04d.example" % i] for i in range(4000)]),
    "big": client("big", extensions=[["1.3.6.1.4.1.99999.9", False, der.octets(bytes(55000)).hex()]]),
}


CURVES = {"p384": ec.SECP384R1, "p521": ec.SECP521R1, "secp256k1": ec.SECP256K1, "brainpool": ec.BrainpoolP256R1}
HASHES = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512, "sha224": hashes.SHA224}
# The last arc of the OIDs (RFC 4055 section 5, RFC 5758 section 3.2).
RSA_SIGNATURES = {"sha256": 11, "sha384": 12, "sha512": 13, "sha224": 14}
EC_SIGNATURES = {"sha224": 1, "sha256": 2, "sha384": 3, "sha512": 4}


def new_key(kind):
    """None or a row of CURVES, ed25519, ed448, rsa, rsa:BITS or rsa-pss (an RSA key for nothing else)."""
    kind, _, bits = (kind or "").partition(":")
    if kind in ("rsa", "rsa-pss"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(bits or 2048))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ed448":
        return ed448.Ed448PrivateKey.generate()
    return ec.generate_private_key(CURVES.get(kind, ec.SECP256R1)())


def algorithm(key, hash_name):
    if isinstance(key, rsa.RSAPrivateKey):
        return der.sequence(der.oid("1.2.840.113549.1.1.%d" % RSA_SIGNATURES[hash_name]), b"\x05\x00")
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return der.sequence(der.oid("1.3.101.112"))
    if isinstance(key, ed448.Ed448PrivateKey):
        return der.sequence(der.oid("1.3.101.113"))
    return der.sequence(der.oid("1.2.840.10045.4.3.%d" % EC_SIGNATURES[hash_name]))


def sign(key, octets, hash_name):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), HASHES[hash_name]())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(octets, ec.ECDSA(HASHES[hash_name]()))
    return key.sign(octets)


def public_der(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


RSA_PSS = "1.2.840.113549.1.1.10"


def spki_der(key, row):
    if row.get("key") != "rsa-pss":
        return public_der(key)
    return der.sequence(der.sequence(der.oid(RSA_PSS)), der.bits(key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1)))


def private_pem(key, row):
    if row.get("key") != "rsa-pss":
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem("PRIVATE KEY", der.sequence(der.integer(0), der.sequence(der.oid(RSA_PSS)), der.octets(key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))))


def pem(label, body):
    text = base64.b64encode(body)
    lines = b"\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label.encode(), lines, label.encode())


def key_id(key):
    return hashlib.sha1(public_der(key)).digest()


def extensions(row, key, issuer_key):
    found = []
    if row.get("ca"):
        found.append(der.extension("2.5.29.19", der.sequence(b"\x01\x01\xff"), True))
    if row.get("ku"):
        found.append(der.extension("2.5.29.15", der.key_usage(row["ku"]), True))
    if row.get("eku"):
        found.append(der.extension("2.5.29.37", der.sequence(*[der.oid(der.PURPOSES.get(p, p)) for p in row["eku"]])))
    if row.get("policies"):
        found.append(der.extension("2.5.29.32", der.sequence(*[der.sequence(der.oid(p)) for p in row["policies"]])))
    if row.get("san"):
        found.append(der.extension("2.5.29.17", der.sequence(*[der.general_name(*n) for n in row["san"]]),
                                   not row["subject"]))
    for dotted, critical, value in row.get("extensions", []):
        found.append(der.extension(dotted, bytes.fromhex(value), critical))
    identifiers = row.get("identifiers", ["ski", "aki"])
    if "ski" in identifiers:
        found.append(der.extension("2.5.29.14", der.octets(key_id(key))))
    if "aki" in identifiers:
        found.append(der.extension("2.5.29.35", der.sequence(der.tlv(0x80, key_id(issuer_key)))))
    return der.tlv(0xA3, der.sequence(*found)) if found else b""


class Pki:
    def __init__(self, directory):
        self.directory = directory
        self.now = datetime.datetime.utcnow().replace(microsecond=0)
        self.rows = {}
        self.keys = {}
        self.pem = {}

    def path(self, file):
        return os.path.join(self.directory, file)

    def write(self, file, text):
        with open(self.path(file), "wb") as out:
            out.write(text)

    def load(self, name, row=None):
        """A row that an earlier run has made: what add needs of an issuer."""
        with open(self.path(name + ".key"), "rb") as file:
            self.keys[name] = serialization.load_pem_private_key(file.read(), None)
        with open(self.path(name + ".crt"), "rb") as file:
            self.pem[name] = file.read()
        self.rows[name] = row or TABLE[name]

    def load_own(self, name):
        """A CA that was added before, and who is above it."""
        while name and name not in self.rows:
            with open(self.path(name + ".json"), encoding="utf-8") as file:
                self.load(name, json.load(file))
            name = self.rows[name].get("issuer")

    def chain(self, name, row):
        """What a client sends above its own certificate: everything up to, not including, the root."""
        above = row.get("chain")
        if above is None:
            above, issuer = [], row.get("issuer")
            while issuer and self.rows[issuer].get("issuer"):
                above.append(issuer)
                issuer = self.rows[issuer].get("issuer")
        return self.pem[name] + b"".join(self.pem[a] for a in above)

    def moment(self, when):
        if isinstance(when, str):
            return datetime.datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ")
        return self.now + datetime.timedelta(seconds=when)

    def make(self, name, row):
        issuer = row.get("issuer")
        key = new_key(row.get("key"))
        issuer_key = self.keys[issuer] if issuer else key
        moment = [der.time(self.moment(row.get(end, default)))
                  for end, default in (("not_before", -3600), ("not_after", 30 * DAY))]
        signature = algorithm(issuer_key, row.get("hash", "sha256"))
        serial = row.get("serial", int.from_bytes(hashlib.sha256(name.encode()).digest()[:12], "big"))
        tbs = der.sequence(
            b"" if row.get("version") == 1 else der.tlv(0xA0, der.integer(2)), der.integer(serial), signature,
            der.name(row.get("issuer_name", self.rows[issuer]["subject"] if issuer else row["subject"])), der.sequence(*moment),
            der.name(row["subject"]), spki_der(key, row),
            b"" if row.get("version") == 1 else extensions(row, key, issuer_key))
        body = der.sequence(tbs, signature, der.bits(sign(issuer_key, tbs, row.get("hash", "sha256"))))
        self.rows[name], self.keys[name] = row, key
        self.pem[name] = pem("CERTIFICATE", body)
        self.save(name, row, key)

    def save(self, name, row, key):
        text = private_pem(key, row)
        chain = self.chain(name, row)
        self.write(name + ".key", text)
        self.write(name + ".crt", self.pem[name])
        self.write(name + ".chain.pem", chain)
        self.write(name + ".pem", text + chain)

    def revoke(self, ca, names):
        """A CRL of ca, by the library: it is what a real CA would hand out."""
        issuer = x509.load_pem_x509_certificate(self.pem[ca]).subject
        crl = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(self.now).next_update(
            self.now + datetime.timedelta(days=30))
        for name in names:
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:12], "big")
            crl = crl.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(
                TABLE[name].get("serial", number)).revocation_date(self.now).build())
        self.write(ca + ".crl.pem", crl.sign(self.keys[ca], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def make_all(directory):
    pki = Pki(directory)
    for name, row in TABLE.items():
        pki.make(name, row)
    pki.write("ca.pem", pki.pem["root"])
    pki.write("ca-all.pem", pki.pem["root"] + pki.pem["twin-ca"])
    pki.revoke("intermediate", ["other"])


def main(argv):
    if len(argv) == 2 and not argv[1].startswith("-"):
        os.makedirs(argv[1], exist_ok=True)
        return make_all(argv[1])
    if len(argv) == 6 and argv[2] == "add":
        pki = Pki(argv[1])
        for name in ("root", "intermediate", "twin-ca", "stranger-ca"):
            pki.load(name)
        pki.directory = argv[5]
        os.makedirs(pki.directory, exist_ok=True)
        row = {**CLIENT, "subject": [["CN", argv[3]]], **json.loads(argv[4])}
        pki.load_own(row.get("issuer"))
        if row.get("ca"):
            pki.write(argv[3] + ".json", json.dumps(row).encode())
        return pki.make(argv[3], row)
    sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
