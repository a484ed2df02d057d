#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Certificate revocation lists for the tests, good ones and odd ones.

    make-crl.py DIR JSON OUT    {FILE: row, ...} into OUT, with the CAs of DIR

A row: issuer (a name in DIR, whose subject and key the list gets), key (whose key signs it, if not the issuer's),
name (instead of the issuer's: see der.name), revoked (names of certificates, numbers, or [number, extensions]),
this_update and next_update (seconds from now, or what shall stand there; null: none), extensions ([OID, critical,
DER in hexadecimal]), form: pem (default) or der. FILE: [row, row] puts several into one file.
"""
import datetime
import importlib.util
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import der                                                              # noqa: E402
from cryptography import x509                                           # noqa: E402
from cryptography.hazmat.primitives import serialization                # noqa: E402

spec = importlib.util.spec_from_file_location("make_pki", os.path.join(HERE, "make-pki.py"))
make_pki = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_pki)

NOW = datetime.datetime.utcnow().replace(microsecond=0)


def read(directories, file):
    for directory in directories:
        path = os.path.join(directory, file)
        if os.path.exists(path):
            with open(path, "rb") as stream:
                return stream.read()
    sys.exit("there is no %s" % file)


def certificate(directories, name):
    return x509.load_pem_x509_certificate(read(directories, name + ".crt"))


def moment(seconds):
    if isinstance(seconds, str):
        return der.tlv(0x17, seconds.encode())
    return der.time(NOW + datetime.timedelta(seconds=seconds))


def extensions(rows):
    return der.sequence(*[der.extension(dotted, bytes.fromhex(value), critical) for dotted, critical, value in rows])


def entry(directories, what):
    number, more = what if isinstance(what, list) else (what, [])
    if isinstance(number, str):
        number = certificate(directories, number).serial_number
    return der.sequence(der.integer(number), moment(-60), extensions(more) if more else b"")


def make(directories, row):
    key = serialization.load_pem_private_key(read(directories, row.get("key", row["issuer"]) + ".key"), None)
    signature = make_pki.algorithm(key, "sha256")
    entries = [entry(directories, what) for what in row.get("revoked", [])]
    next_update = row.get("next_update", 30 * 86400)
    more = row.get("extensions", [])
    name = der.name(row["name"]) if "name" in row else certificate(directories, row["issuer"]).subject.public_bytes()
    tbs = der.sequence(
        der.integer(1), signature, name,
        moment(row.get("this_update", -60)), b"" if next_update is None else moment(next_update),
        der.sequence(*entries) if entries else b"", der.tlv(0xA0, extensions(more)) if more else b"")
    body = der.sequence(tbs, signature, der.bits(make_pki.sign(key, tbs, "sha256")))
    return body if row.get("form") == "der" else make_pki.pem("X509 CRL", body)


def main(argv):
    if len(argv) != 4:
        sys.exit(__doc__)
    os.makedirs(argv[3], exist_ok=True)
    for file, rows in json.loads(argv[2]).items():
        with open(os.path.join(argv[3], file), "wb") as out:
            for row in rows if isinstance(rows, list) else [rows]:
                out.write(make([argv[3], argv[1]], row))


if __name__ == "__main__":
    main(sys.argv)
