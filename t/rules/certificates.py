#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Certificates that t/rules/rules.tsv asks about, beside those of t/pki/make-pki.py.

    certificates.py PKI OUT         PKI: what make-pki.py has made, OUT: a directory for these
"""
import hashlib
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pki"))
import der                                                              # noqa: E402
make_pki = importlib.import_module("make-pki")
CA, DAY, PEOPLE, client = make_pki.CA, make_pki.DAY, make_pki.PEOPLE, make_pki.client

PRIVATE = "1.3.6.1.4.1.99999"

# The intermediate's, as make-pki.py makes it.
SERIAL = der.integer(int.from_bytes(hashlib.sha256(b"intermediate").digest()[:12], "big"))[2:]


def named(*attributes, **more):
    return client("", subject=[list(a) for a in attributes], **more)


def with_san(*names, **more):
    return client("san", san=[list(n) for n in names], **more)


def extension(dotted, value, critical=False):
    return [dotted, critical, value.hex()]


def private(**values):
    """Extensions under PRIVATE: e7=octets is .7."""
    return client("extensions", extensions=[extension("%s.%s" % (PRIVATE, name[1:]), value) for name, value in values.items()])


# Authorities for other keys and longer chains. They come first: others need them.
AUTHORITIES = {
    "rsa-ca": {**CA, "issuer": "root", "key": "rsa", "subject": [["CN", "RSA CA"]]},
    "p384-ca": {**CA, "issuer": "root", "key": "p384", "subject": [["CN", "P-384 CA"]]},
    "ed-ca": {**CA, "issuer": "root", "key": "ed25519", "subject": [["CN", "Ed25519 CA"]]},
    "deep-ca": {**CA, "issuer": "intermediate", "subject": [["C", "DE"], ["O", "Example Trust"], ["CN", "Deep CA"]]},
    # As the intermediate's name, but for one thing; all are trusted.
    "case-ca": {**CA, "issuer": "root", "subject": [["C", "DE"], ["O", "Example Trust"], ["CN", "example issuing ca"]]},
    "order-ca": {**CA, "issuer": "root", "subject": [["O", "Example Trust"], ["C", "DE"], ["CN", "Example Issuing CA"]]},
    "type-ca": {**CA, "issuer": "root", "subject": [["C", "DE"], ["O", "Example Trust", "printable"],
                                                    ["CN", "Example Issuing CA", "bmp"]]},
    "comma-ca": {**CA, "issuer": "root", "subject": [["CN", "Example Issuing CA,O=Example Trust,C=DE"]]},
    "slash-ca": {**CA, "issuer": "root", "subject": [["C", "DE/O=Example Trust/CN=Example Issuing CA", "utf8"]]},
}

TABLE = {
    # -- names: where a part seems to end, types, several of them
    "nul-ou": named(("OU", "Payments\0x"), ("CN", "nul ou")),
    "semicolon-cn": client("anne;CN=admin"),
    "equals-cn": client("CN=admin"),
    "quote-o": named(("O", 'Example" ,O="Root'), ("CN", "q")),
    "backslash-cn": client("anne\\,CN=admin"),
    "hash-cn": client("#0c0561646d696e"),
    "newline-cn": client("admin\n"),
    "del-cn": client("admin\x7f"),
    "utf8-o": named(("O", "Größe AG"), ("CN", "x")),
    "nfc-cn": client("\u00e9lan"),
    "nfd-cn": client("e\u0301lan"),
    "fullwidth-cn": client("\uff41dmin"),
    "bidi-cn": client("\u202enimda"),
    "zero-width-cn": client("ad\u200bmin"),
    "cyrillic-cn": client("\u0430dmin"),
    "c1-cn": client("admin\u0085"),
    "emoji-cn": client("\U0001F511"),
    "bmp-admin": named(("CN", "admin", "bmp")),
    "universal-admin": named(("CN", "admin", "universal")),
    "universal-emoji": named(("CN", "\U0001F511", "universal")),
    "t61-admin": named(("CN", "admin", "t61")),
    "ia5-admin": named(("CN", "admin", "ia5")),
    "printable-admin": named(("CN", "admin", "printable")),
    "numeric-cn": named(("CN", "3132", "raw:12")),
    "visible-cn": named(("CN", "61646d696e", "raw:1a")),
    "bmp-as-ascii": named(("CN", "6d69", "raw:1e")),
    "bmp-odd": named(("CN", "006d69", "raw:1e")),
    "bmp-surrogate": named(("CN", "d83ddd11", "raw:1e")),
    "universal-odd": named(("CN", "000000", "raw:1c")),
    "universal-high": named(("CN", "00110000", "raw:1c")),
    "utf8-bad": named(("CN", "61ff", "raw:0c")),
    "utf8-cut": named(("CN", "61c3", "raw:0c")),
    "utf8-overlong": named(("CN", "c0ae", "raw:0c")),
    "utf8-surrogate": named(("CN", "eda080", "raw:0c")),
    "ia5-high": named(("CN", "61e4", "raw:16")),
    "octets-cn": named(("CN", "61646d696e", "raw:04")),
    "integer-cn": named(("CN", "01", "raw:02")),
    "sequence-cn": named(("CN", "0c0561646d696e", "raw:30")),
    "three-cns": named(("CN", "anne"), ("O", "x"), ("CN", "admin"), ("CN", "otto")),
    "bad-second-cn": named(("CN", "anne"), ("CN", "61ff", "raw:14"), ("O", "fine")),
    "bad-ou": named(("OU", "a\x01"), ("CN", "anne")),
    "multi-cns": named(("O", "x"), ("CN", "anne"), ("+CN", "admin")),
    "postal": named(("C", "DE"), ("2.5.4.17", "10115"), ("O", "Example"), ("CN", "postal")),
    "signs": named(("O", "a/b+c\\d"), ("CN", "x=y")),
    "multi-three": named(("C", "DE"), ("CN", "anne"), ("+UID", "a1"), ("+OU", "web"), ("O", "last")),
    "unsorted": named(("UID", "a1"), ("++CN", "anne")),
    "reverse": named(("CN", "web"), ("O", "Example"), ("C", "DE")),
    "forward": named(("C", "DE"), ("O", "Example"), ("CN", "web")),
    "all-attributes": named(
        ("C", "DE"), ("ST", "Bayern"), ("L", "München"), ("STREET", "Am Ring 1"), ("O", "Ex"), ("OU", "Ops"), ("DC", "example"),
        ("DC", "org"), ("UID", "u1"), ("emailAddress", "Anne@Example.ORG"), ("title", "Dr."), ("GN", "Anne"), ("SN", "Ample"),
        ("serialNumber", "007"), ("organizationIdentifier", "VATDE-123456789"), ("2.5.4.15", "Private"), ("1.2.3.4", "odd"),
        ("CN", "all")),
    "near-oid": named(("2.5.4.18446744073709551619", "admin"), ("CN", "near")),
    "wide-oid": named(("2.5.4.3.0", "admin"), ("CN", "wide")),
    "padded-oid": named(("raw:55048003", "admin")),
    "huge-oid": named(("1.2." + "9" * 60, "admin"), ("CN", "huge oid")),
    "uuid-oid": named(("2.25.%d" % (2 ** 128 - 1), "admin"), ("CN", "uuid oid")),
    "long-cn": client("a" * 60000 + "!"),
    "long-utf8-cn": client("ä" * 5000),
    "email-two-at": named(("emailAddress", '"a@evil"@Example.Org'), ("CN", "x")),

    # -- alternative names: each type as another
    "uri-dns": with_san(("uri", "shop.example.org"), ("uri", "dns:shop.example.org")),
    "email-dns": with_san(("email", "shop.example.org")),
    "dns-email": with_san(("dns", "anne@example.org")),
    "dns-ip": with_san(("dns", "192.0.2.7")),
    "dns-uri": with_san(("dns", "spiffe://example.org/ns/shop/sa/web")),
    "cn-dns": client("shop.example.org"),
    "cn-spiffe": client("spiffe://example.org/ns/shop/sa/web"),
    "dirname-cn": with_san(("dirname", [["CN", "shop.example.org"]]), ("dirname", [["C", "DE"], ["CN", "Anne Example"]])),
    "dirname-bad": with_san(("dirname", [["CN", "Anne\0x"]]), ("dns", "a.example")),
    "dirname-empty": with_san(("dirname", [])),
    "other-dns": with_san(("other:" + PRIVATE + ".2", "shop.example.org")),
    "other-values": with_san(("other:" + PRIVATE + ".2", "gate-7"), ("other:" + PRIVATE + ".2", "gate-8"),
                             ("other:" + PRIVATE + ".20", "gate-9")),
    "other-ia5": with_san(("raw:a0", (der.oid(PRIVATE + ".2") + der.tlv(0xA0, der.string("gate-7", "ia5"))).hex())),
    "other-octets": with_san(("raw:a0", (der.oid(PRIVATE + ".2") + der.tlv(0xA0, der.octets(b"gate-7"))).hex())),
    "other-nul": with_san(("other:" + PRIVATE + ".2", "gate-7\0x")),
    "other-padded": with_san(("raw:a0", (der.tlv(6, bytes.fromhex("2b8006")) + der.tlv(0xA0, der.string("x"))).hex())),
    "upn-two": with_san(("upn", "anne@corp.example.org"), ("upn", "Otto@corp.example.org")),
    "upn-ia5": with_san(("raw:a0", (der.oid("1.3.6.1.4.1.311.20.2.3") + der.tlv(0xA0, der.string("anne@corp.example.org", "ia5"))).hex())),
    "upn-octets": with_san(("raw:a0", (der.oid("1.3.6.1.4.1.311.20.2.3") + der.tlv(0xA0, der.octets(b"anne@corp.example.org"))).hex())),
    "upn-nul": with_san(("upn", "anne@corp.example.org\0.evil")),
    "upn-empty": with_san(("upn", "")),
    "upn-as-mail": with_san(("email", "anne@corp.example.org")),
    "smtp-utf8": with_san(("other:1.3.6.1.5.5.7.8.9", "anne@example.org")),
    "x400": with_san(("raw:a3", "3000"), ("raw:a5", "a1030c0161"), ("dns", "shop.example.org")),
    "nul-uri": with_san(("uri", "spiffe://example.org/ns\0/x")),
    "nul-email": with_san(("email", "anne@example.org\0.evil")),
    "empty-dns": with_san(("dns", "")),
    "empty-uri": with_san(("uri", "")),
    "mixed-case": with_san(("dns", "Shop.EXAMPLE.org"), ("email", "Anne@EXAMPLE.org"), ("uri", "HTTPS://Example.org/A"),
                           ("upn", "Anne@CORP.example.org")),
    "dotted": with_san(("dns", "shop.example.org."), ("dns", ".example.org")),
    "wild": with_san(("dns", "*.Example.org"), ("dns", "b*.example.net"), ("dns", "*a.example.net"), ("dns", "a.*.example.com"),
                     ("dns", "*"), ("dns", "*.")),
    "wild-two": with_san(("dns", "*.*.example.org")),
    "wild-top": with_san(("dns", "*.org")),
    "blank-dns": with_san(("dns", "shop.example.org ")),
    "underscore-dns": with_san(("dns", "_http.shop.example.org")),
    "mail-quoted": with_san(("email", '"a@b"@Example.org')),
    "ip-many": with_san(("ip", "192.0.2.7"), ("ip", "10.1.2.3"), ("ip", "2001:db8::7")),
    "ip-mapped": with_san(("ip", "::ffff:192.0.2.7")),
    "ip-zero": with_san(("ip", "0.0.0.0")),
    "ip-5": with_san(("raw:87", "c000020700")),
    "ip-8": with_san(("raw:87", "c0000200ffffff00")),
    "ip-text": with_san(("raw:87", b"192.0.2.7".hex())),
    "ip-empty": with_san(("raw:87", "")),
    "ip-one-bad": with_san(("ip", "192.0.2.7"), ("raw:87", "c00002")),
    "rid-two": with_san(("rid", PRIVATE + ".1"), ("rid", PRIVATE + ".11")),
    "rid-long": with_san(("rid", "2.25.%d" % (2 ** 127 + 5))),
    "rid-padded": with_san(("rid", "raw:2b800601")),
    "empty-san": client("empty san", extensions=[["2.5.29.17", False, "3000"]]),
    "v1": client("v1", version=1, issuer="root"),

    # -- SPIFFE (the trust domain's and the path's characters, exactly one URI)
    **{"spiffe-" + name: with_san(("uri", uri)) for name, uri in {
        "domain": "spiffe://td.test", "slash": "spiffe://td.test/", "path": "spiffe://td.test/x", "evil": "spiffe://td.test.evil/x",
        "upper": "spiffe://TD.test/x", "scheme": "SPIFFE://td.test/x", "percent": "spiffe://td.test/a%2fb", "user": "spiffe://u@td.test/x",
        "port": "spiffe://td.test:443/x", "query": "spiffe://td.test/x?y", "fragment": "spiffe://td.test/x#y", "empty": "spiffe:///x",
        "double": "spiffe://td.test//x", "dot": "spiffe://td.test/./x", "dots": "spiffe://td.test/..", "three": "spiffe://td.test/...",
        "path-upper": "spiffe://td.test/A_b-C.9", "star": "spiffe://td.test/*", "long": "spiffe://td.test/" + "a" * 2031,
        "too-long": "spiffe://td.test/" + "a" * 2032, "td-255": "spiffe://%s/x" % ("a" * 255), "td-256": "spiffe://%s/x" % ("a" * 256),
        "one-slash": "spiffe:/td.test/x", "https": "https://td.test/x"}.items()},
    "spiffe-and-https": with_san(("uri", "spiffe://td.test/x"), ("uri", "https://td.test/")),
    "spiffe-and-dns": with_san(("uri", "spiffe://td.test/x"), ("dns", "x.td.test")),

    # -- numbers
    "serial-zero": client("zero", serial=0),
    "serial-one": client("one", serial=1),
    "serial-80": client("eighty", serial=0x80),
    "serial-minus-1": client("minus one", serial=-1),
    "serial-minus-80": client("minus eighty", serial=-0x80),
    "serial-minus-ff00": client("minus ff00", serial=-0xFF00),
    "serial-20": client("twenty octets", serial=2 ** 159 - 1),
    "serial-37": client("thirty-seven octets", serial=2 ** 295 - 5),
    "serial-4k": client("four kilobytes", serial=2 ** (8 * 4096 - 1) + 7),
    "ski-short": client("ski", identifiers=["aki"], extensions=[extension("2.5.29.14", der.octets(b"\x0a\x1b"))]),
    "ski-empty": client("ski", identifiers=["aki"], extensions=[extension("2.5.29.14", der.octets(b""))]),
    "ski-text": client("ski", identifiers=["aki"], extensions=[extension("2.5.29.14", der.string("abcd"))]),
    "aki-serial": client("aki", identifiers=["ski"], extensions=[extension("2.5.29.35", der.sequence(
        der.tlv(0xA1, der.tlv(0xA4, der.name([["C", "DE"], ["O", "Example Trust"], ["CN", "Example Root CA"]]))), der.tlv(0x82, SERIAL)))]),

    # -- purposes, usages, policies
    "eku-none": client("no purposes", eku=[]),
    "eku-any-client": client("any and client", eku=["any", "clientAuth"]),
    "eku-private": client("private purpose", eku=["clientAuth", PRIVATE + ".5", "1.3.6.1.5.5.7.3.17", "1.3.6.1.4.1.311.20.2.2"]),
    "eku-longer": client("longer", eku=["clientAuth", "1.3.6.1.5.5.7.3.4.1", "1.3.6.1.5.5.7.3.44"]),
    "eku-huge": client("huge", eku=["clientAuth", "1.2." + "8" * 70]),
    "eku-empty": client("empty", eku=[], extensions=[["2.5.29.37", False, "3000"]]),
    "ku-none": client("no usages", ku=[]),
    "ku-all": client("all usages", ku=["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
                                       "encipherOnly", "decipherOnly"]),
    "ku-zero": client("zero usages", ku=[], extensions=[["2.5.29.15", True, "03020700"]]),
    "ku-decipher": client("decipher", ku=["digitalSignature", "keyAgreement", "decipherOnly"]),
    "policies": client("policies", policies=["2.5.29.32.0", PRIVATE + ".1.2", PRIVATE + ".1.20.3"]),
    "policy-qualified": client("qualified", extensions=[extension("2.5.29.32", der.sequence(der.sequence(
        der.oid(PRIVATE + ".1.2"), der.sequence(der.sequence(der.oid("1.3.6.1.5.5.7.2.1"), der.string("http://x/", "ia5"))))))]),
    "policy-double": client("double", policies=[PRIVATE + ".1.2", PRIVATE + ".1.2"]),
    "policy-empty": client("empty", extensions=[["2.5.29.32", False, "3000"]]),
    "policy-broken": client("broken", extensions=[["2.5.29.32", False, "0c0161"]]),
    "extensions": private(e7=der.string("gold"), e8=der.string("gold", "bmp"), e9=der.octets(b"gold"), e10=der.string(""),
                          e11=der.string("go\0ld"), e12=b"gold", e13=der.string("gold") + b"\x05\x00", e14=der.string("Größe"),
                          e15=der.string("gold", "ia5"), e16=der.sequence(der.string("gold")), e17=b"",
                          e77=der.string("silver")),
    "ext-double": client("double", extensions=[extension(PRIVATE + ".7", der.string("gold")),
                                               extension(PRIVATE + ".7", der.string("silver"))]),

    # -- keys and signatures
    "rsa-2056": client("rsa", key="rsa:2056"),
    "rsa-pss": client("pss", key="rsa-pss"),
    "p384": client("p384", key="p384"),
    "p521": client("p521", key="p521"),
    "k256": client("k256", key="secp256k1"),
    "brainpool": client("brainpool", key="brainpool"),
    "by-rsa": client("by rsa", issuer="rsa-ca"),
    "by-rsa-512": client("by rsa", issuer="rsa-ca", hash="sha512"),
    "by-p384": client("by p384", issuer="p384-ca", hash="sha384"),
    "by-ed": client("by ed25519", issuer="ed-ca"),
    "deep": client("deep", issuer="deep-ca"),
    "by-case": client("Anne Example", issuer="case-ca"),
    "by-order": client("Anne Example", issuer="order-ca"),
    "by-type": client("Anne Example", issuer="type-ca"),
    "by-comma": client("Anne Example", issuer="comma-ca"),
    "by-slash": client("Anne Example", issuer="slash-ca"),

    # -- times
    "dated": client("dated", not_before="2020-02-29T12:00:00Z", not_after="2049-12-31T23:59:59Z"),
    "century": client("century", not_before="1950-01-01T00:00:00Z", not_after="2050-01-01T00:00:00Z"),
    "forever": client("forever", not_before="2000-01-01T00:00:00Z", not_after="9999-12-31T23:59:59Z"),
    # Half an hour off the full day: no row may hang on how fast the test is.
    "ten-days": client("ten days", not_before=-5 * DAY - 1800, not_after=5 * DAY - 1800),
}


def make_all(directory, out):
    pki = make_pki.Pki(directory)
    for name in ("root", "intermediate", "twin-ca", "stranger-ca"):
        pki.load(name)
    pki.directory = out
    os.makedirs(out, exist_ok=True)
    for name, row in {**AUTHORITIES, **TABLE}.items():
        pki.make(name, row)


if __name__ == "__main__":
    make_all(*sys.argv[1:])
