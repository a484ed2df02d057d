# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Which certificates stand above another: by their signatures, and by OpenSSL's own word."""
import base64
import ctypes
import hashlib
import importlib
import os
import re
import subprocess

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

facts = importlib.import_module("read-cert")
HASHES = {"1.2.840.10045.4.3.2": hashes.SHA256, "1.2.840.10045.4.3.3": hashes.SHA384, "1.2.840.113549.1.1.11": hashes.SHA256,
          "1.2.840.113549.1.1.13": hashes.SHA512}


def find(file, directories):
    for directory in directories:
        if os.path.exists(os.path.join(directory, file)):
            return os.path.join(directory, file)
    raise SystemExit("there is no " + file)


def read_pem(path):
    with open(path, encoding="ascii") as file:
        return [base64.b64decode(body) for body in re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END", file.read(), re.S)]


def verify(trusted, paths):
    """Those that OpenSSL accepts from a client."""
    chains = [path[:-len(".crt")] + ".chain.pem" for path in paths]
    untrusted = {der: path for path in chains for der in read_pem(path)[1:]}
    command = ["openssl", "verify", "-purpose", "sslclient", "-CAfile", trusted]
    for path in sorted(set(untrusted.values())):
        command += ["-untrusted", path]
    output = subprocess.run(command + sorted(paths), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    return set(re.findall(r"^(.+): OK$", output.decode(), re.M))


def parts(der):
    """The octets that are signed, the algorithm, the signature, and issuer, subject and key within the first."""
    tbs, algorithm, signature = facts.elements(facts.only(der, 0x30))
    inner = facts.elements(tbs[1])
    skip = 1 if inner[0][0] == 0xA0 else 0
    issuer, subject, key = (inner[skip + at][2] for at in (2, 4, 5))
    return tbs[2], facts.oid(facts.elements(algorithm[1])[0][1]), signature[1][1:], issuer, subject, key


def extensions(der):
    for tag, content, _ in facts.elements(facts.elements(facts.only(der, 0x30))[0][1]):
        if tag == 0xA3:
            found = [facts.elements(inner) for _, inner, _ in facts.elements(facts.only(content, 0x30))]
            return [(facts.oid(e[0][1]), e[-1][1]) for e in found]
    return []


def signed_by(der, authority):
    octets, algorithm, signature, _, _, _ = parts(der)
    key = serialization.load_der_public_key(parts(authority)[5])
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, octets, padding.PKCS1v15(), HASHES[algorithm]())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, octets, ec.ECDSA(HASHES[algorithm]()))
        else:
            key.verify(signature, octets)
    except (InvalidSignature, KeyError):
        return False
    return True


def above(der, path, trusted):
    """From the issuer to the trust anchor."""
    anchors = read_pem(trusted)
    pool = anchors + read_pem(path[:-len(".crt")] + ".chain.pem")[1:]
    chain = []
    while der not in anchors:
        der = next(authority for authority in pool if signed_by(der, authority))
        chain.append(der)
    return chain


def fields(chain):
    keys = [parts(der)[4:6] for der in chain]
    return {
        "ca": facts.present([facts.words("", subject) for subject, _ in keys]),
        "ca.sha256": facts.present([facts.digits(hashlib.sha256(der).digest()) for der in chain]),
        "ca.spki.sha256": facts.present([facts.digits(hashlib.sha256(key).digest()) for _, key in keys]),
        "chain.length": facts.present([facts.number(len(chain) + 1)])}


EXFLAG_INVALID = 0x80       # openssl/x509v3.h


def spoiled(der):
    """Extensions that OpenSSL cannot make sense of: it refuses such certificates in any chain. None: no certificate to it."""
    crypto = ctypes.CDLL("libcrypto.so.3")
    crypto.d2i_X509.restype = ctypes.c_void_p
    at = ctypes.c_char_p(der)
    certificate = crypto.d2i_X509(None, ctypes.byref(at), ctypes.c_long(len(der)))
    if not certificate:
        return None
    flags = crypto.X509_get_extension_flags(ctypes.c_void_p(certificate))
    crypto.X509_free(ctypes.c_void_p(certificate))
    return bool(flags & EXFLAG_INVALID)
