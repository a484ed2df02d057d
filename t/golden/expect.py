#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The header lines that every profile must make of a certificate: the encoders of make-golden.py, for any client.

    expect.py LEAF.crt CHAIN.pem SERVER.crt

prints lines PROFILE[:OPTIONS]<TAB>Header: value. CHAIN.pem is what stands between the certificate and the root. What
belongs to the connection is @CIPHER@, @BITS@, @SESSION@ and @TLS@; the user is the common name, as text.
"""
import importlib
import os
import sys
import types
import urllib.parse

from cryptography import x509

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
golden = importlib.import_module("make-golden")

PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")


def certificates(path):
    with open(path, "rb") as file:
        blocks = file.read().split(b"-----END CERTIFICATE-----\n")[:-1]
    return [x509.load_pem_x509_certificate(block + b"-----END CERTIFICATE-----\n") for block in blocks]


def main(leaf, chain, server):
    world = types.SimpleNamespace(leaf=certificates(leaf)[0], chain=certificates(chain), server=certificates(server)[0])
    golden.CIPHER, golden.BITS, golden.SESSION, golden.TLS = "@CIPHER@", "@BITS@", "@SESSION@", "@TLS@"
    golden.NOT_BEFORE, golden.NOT_AFTER = world.leaf.not_valid_before, world.leaf.not_valid_after
    golden.USER = urllib.parse.quote(golden.values(world.leaf.subject, "CN")[0], safe=PRINTABLE)
    for word, headers in golden.profiles(world).items():
        for header, value in headers:
            if value is not None:
                value = value if isinstance(value, bytes) else value.encode("ascii")
                sys.stdout.buffer.write(("%s\t%s: " % (word, header)).encode() + value + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
