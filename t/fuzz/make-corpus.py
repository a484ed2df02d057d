#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Inputs for the fuzz targets to begin with, from the generators of the other tests.

    make-corpus.py OUT      OUT/cert, OUT/rule, OUT/list, OUT/names
"""
import base64
import datetime
import hashlib
import json
import os
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "..", "rules")
PKI = os.path.join(HERE, "..", "pki")
LARGEST = 4096

# Common names and alternative names whose ends mean something to a reader of quotes, escapes or lists.
ENDS = [("anne\\", "a\\"), ("anne\\\\", "\\\\"), ('an"ne', 'a"'), ('anne\\"', 'a\\";x'), ("a;b", "a;b"), ("a,b", "a,b,"), (" anne ", " a"),
        ("#", "#61"), ("%41", "%2C"), ("+", "a+b"), ("anne\\20", "\\2C"), ("a=b,CN=c", "=")]


def write(out, octets):
    """Named by what is in it: the same input is there once."""
    if len(octets) <= LARGEST:
        with open(os.path.join(out, hashlib.sha1(octets).hexdigest()[:16]), "wb") as file:
            file.write(octets)


def certificates(scratch):
    """DER of everything that the other tests make; some is no certificate to a careful reader."""
    pki, more = os.path.join(scratch, "pki"), os.path.join(scratch, "more")
    for script, *arguments in (PKI + "/make-pki.py", pki), (RULES + "/certificates.py", pki, more), \
            (RULES + "/hostile.py", pki, more, "400", "22"):
        subprocess.run([sys.executable, script, *arguments], check=True, stdout=subprocess.DEVNULL)
    for i, (cn, san) in enumerate(ENDS):
        row = {"issuer": "intermediate", "subject": [["O", "x"], ["CN", cn]], "san": [["uri", "urn:" + san], ["email", san], ["dns", san]]}
        subprocess.run([sys.executable, PKI + "/make-pki.py", pki, "add", "end-%d" % i, json.dumps(row), more], check=True)
    for directory in pki, more:
        for name in sorted(os.listdir(directory)):
            if name.endswith(".crt"):
                with open(os.path.join(directory, name), encoding="ascii") as file:
                    yield decode_pem(file.read())


def decode_pem(text):
    return base64.b64decode("".join(text.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0].split()))


def rules():
    """What stands behind Require mtls, a few rows to an input."""
    with open(os.path.join(RULES, "rules.tsv"), encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t")[2] for line in file if line.count("\t") >= 2 and not line.startswith("#")]
    lines += ["in partners", "in a b c", "in", "nonsense x", "subject.cn", "san.dns lik *.x", "version > 99", "key.bits >= -1",
              "subject.cn matches (a+)+$", "subject.cn matches (", "san.ip 10.0.0.0/33", "remaining >= 7d", "label.a.b c", "label.a x",
              "", *["label.%s.%s" % (a, b) for a in "pqrs" for b in ("role billing", "x present", "none y")],
              "in p q r s", "in p", "in q", "in r", "in s"]
    for i in range(0, len(lines), 4):
        yield "\n".join(lines[i:i + 4]).encode()


LISTS = [
    "f san.dns\nweb.example.org role=a owner=\"Anne Example\"\nlike:*.example.net\n# comment\n\nWEB2.example.org\n",
    "f san.dns 001001\nweb.example.org\r\n\tlike:**.a.b  x=1\n", "f san.ip\n192.0.2.0/24 net=a\n192.0.2.7 host=b\n2001:db8::/32\n::/0\n0.0.0.0/0\n",
    "f subject\n\"CN=web,O=Example,C=DE\" a=b\n/C=DE/O=Example/CN=web2\nCN=x+OU=y\n", "f serial\n0A:1B:2C\n00\n-80\nff\n",
    "f sha256\n" + "ab" * 32 + " k=v\n" + ":".join(["CD"] * 32) + "\n", "f sha1\n" + "12" * 20 + "\n", "f ski\n0a1b2c3d\n",
    "f spiffe\nspiffe://example.org/ns/shop/sa/web\nlike:spiffe://example.org/ns/*/sa/**\n", "f san.email\nanne@EXAMPLE.org a=1 b=2 c=3\n",
    "f subject.cn\n\"Anne \\\"A\\\" \\\\ Example\"\nÄnne\n\"like:x\"\n", "f san.uri\nhttps://a/b\n", "f san.upn\na@b\n", "f san.rid\n1.2.3.4\n2.999\n",
    "f eku\nclientAuth\n1.2.3\n", "f ku\ndigitalSignature\n", "f policy\nanyPolicy\n", "f key.type\nec\nrsa\n", "f key.curve\nP-256\n",
    "f not-after\n2027-01-01T00:00:00Z\n", "f lifetime\n90d\n", "f key.bits\n2048\n", "f sigalg\necdsa-with-SHA256\n", "f tls.version\nTLSv1.3\n",
    "f san.dns\ntwice a=1\ntwice a=2\n", "f san.dns\ntwice a=1\ntwice a=1\n", "f san.dns\nno end", "f san.dns\n\"no quote\n", "f san.dns\nx a\n",
    "f san.dns\nx a=\n", "f san.dns\nx a=1 a=2\n", "f san.dns\nx \x01\n", "f san.dns\n" + "".join("h%d l%d=x\n" % (i, i) for i in range(34)),
    "f san.dns\nx " + " ".join("l%d=y" % i for i in range(33)) + "\n", "f san.dns\n" + "".join("h%d\n" % i for i in range(70)),
    "k\nsha256 " + "ab" * 32 + "\nspiffe spiffe://a/b\nsan.dns web.example.org\nsan.uri https://x/\nsubject \"CN=a,C=DE\"\n"
    "serial 0A1B issuer \"CN=Example Issuing CA,O=Example Trust,C=DE\"\nca.sha256 " + "cd" * 32 + "\nspki.sha256 " + "ef" * 32 + "\n",
    "k 001401\nserial 01 issuer CN=a\n", "k\nserial 01\n", "k\nmail x\n", "k\nsan.dns\n", "k\nsan.dns a b\n",
]


def damaged():
    """Blocks with each number of the head, and some octets behind it, changed."""
    for at in list(range(0, 104, 4)) + list(range(104, 600, 24)):
        yield ("f san.ip %04xff%04x7f\n192.0.2.0/24 a=b\n2001:db8::/32\n" % (at, at + 1)).encode()
        yield ("f san.dns %04xff%04x01\nweb.example.org a=b\nlike:*.x c=d\n" % (at, at + 2)).encode()


def revocations():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Issuing CA")])
    now = datetime.datetime(2026, 1, 1)

    def make(serials, *extensions, issuer=name, then=now, entry=None):
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(then).next_update(then + datetime.timedelta(900))
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            builder = builder.add_revoked_certificate((revoked.add_extension(*entry) if entry else revoked).build())
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(key, hashes.SHA256())

    point = [x509.UniformResourceIdentifier("http://a/b")]
    lists = [
        make([1, 2, 3]), make([]), make([2 ** 150, 128, 255, 1]), make([1], (x509.CRLNumber(7), False)), make([1], (x509.CRLNumber(7), True)),
        make([1], (x509.DeltaCRLIndicator(3), True)), make([1], then=datetime.datetime(2040, 1, 1)),
        make([1], issuer=x509.Name([])), make([1], issuer=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a\u20ac")])),
        make([1], (x509.IssuingDistributionPoint(point, None, False, False, None, False, False), True)),
        make([1], (x509.IssuingDistributionPoint(None, None, False, False, None, True, False), True)),
        make([1], (x509.IssuingDistributionPoint(None, None, False, False, None, False, True), True)),
        make([1], entry=(x509.CRLReason(x509.ReasonFlags.key_compromise), False)), make([1, 1]),
        make([1], entry=(x509.CertificateIssuer([x509.DirectoryName(name)]), True)),
    ]
    for crl in lists:
        yield b"c\n" + crl.public_bytes(Encoding.DER)
    pem = [crl.public_bytes(Encoding.PEM) for crl in lists[:3]]
    yield b"c\n" + pem[0]
    yield b"c\n" + b"text\n".join(pem)
    yield b"c\n" + pem[0] + pem[1].replace(b"BEGIN X509", b"BEGIN X508")
    yield b"c\n" + pem[0] + b"\0" + pem[1].replace(b"BEGIN X509", b"BEGIN X508")
    yield b"c\n" + pem[0][:-40]
    yield b"c\n" + lists[0].public_bytes(Encoding.DER) + b"\0"
    yield b"c\n"


NAMES = [
    "X-SSL-Client-Verify\nx_ssl.client-VERIFY\nXSSL-Client-Verify\nClient-Cert\nClient_Cert\nX-Forwarded-Client-Cert\n",
    "+X-Mine\n+x.mine\nX_MINE\nX-Mine \n X-Mine\nclose\nkeep-alive\n\"X-Mine\"\nX-Mine;a\n",
    "Content-Length\nHost\nSec-A\nTE\nIf\nIf-Match\nX-\u00e4\n-\n\n" + "x" * 70 + "\n+" + "y" * 70 + "\n" + "Y" * 70 + "\n",
    "/a/b\n/a;b/c\n/a%2fb\n/a%2Fb\n/a\\b\n/a%5cb\n/a//b\n/a/../b\n/a/%2e%2E/b\n/a/.%2e\n/a/.\n/a/...\n/%25\n/%00\n/%3B\n/\n//\n/a/\n/%2\n/%\n/a%2\n",
    "+X-Mine-1\n" + "".join("X%cMine-1\nX-Mine%c1\n%c-Mine-1\n" % (c, c, c) for c in range(33, 127) if c != 43 and c != 47),
    "".join("+N%d\n" % i for i in range(70)) + "n3\nN-3\nN70\n",
]


def main(out):
    kinds = {kind: os.path.join(out, kind) for kind in ("cert", "rule", "list", "names")}
    for directory in kinds.values():
        os.makedirs(directory, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for der in certificates(scratch):
            write(kinds["cert"], der)
    for octets in rules():
        write(kinds["rule"], octets)
    for text in LISTS:
        write(kinds["list"], text.encode())
    for octets in damaged():
        write(kinds["list"], octets)
    for octets in revocations():
        write(kinds["list"], octets)
    for text in NAMES:
        write(kinds["names"], text.encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
