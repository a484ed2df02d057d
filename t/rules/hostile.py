#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Certificates by chance, each part of them odd or broken now and then.

    hostile.py PKI OUT HOW_MANY SEED
"""
import importlib
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pki"))
import der                                                              # noqa: E402
make_pki = importlib.import_module("make-pki")

WORDS = ["anne", "admin", "example.org", "*.example.org", "spiffe://example.org/a", "spiffe://td.test", "a@b.example", "ä", "€", "🔑",
         "\0", "\n", "\x1b[2J", "\x7f", "\u202e", "\u0085", " ", "  ", ",", "+", "=", ";", "<", ">", "#", '"', "\\", "/CN=", ",O=", "%00", "",
         "e\u0301", "\ufeff", "..", "//", "@", "A" * 300]
STRINGS = ["utf8"] * 8 + ["printable", "ia5", "bmp", "universal", "t61", "raw:0c", "raw:13", "raw:16", "raw:1e", "raw:1c", "raw:12", "raw:14",
                          "raw:03", "raw:30"]
OIDS = ["1.2.3.4", "2.5.4.15", "2.5.4.3.1", "1.3.6.1.4.1.99999.1", "2.25.%d" % (2 ** 128 - 1), "2.5.4.18446744073709551619", "1.2.%d" % 2 ** 200,
        "0.0", "2.999", "1.39", "2.40.7"]
# Padded arcs, an arc without an end, no arcs, and a name that begins with CN's: some of these no reader takes.
BAD_OIDS = ["raw:80550403", "raw:55800403", "raw:550483", "raw:", "raw:55040380"]
OTHER_NAMES = ["1.3.6.1.4.1.311.20.2.3"] * 3 + ["1.3.6.1.5.5.7.8.9"] + OIDS


def oid(chance, more=()):
    """Now and then one that is none: each costs a certificate that could be compared."""
    return chance.choice(BAD_OIDS) if chance.random() < 0.004 else chance.choice(OIDS + list(more))


def text(chance):
    if chance.random() < 0.004:
        return chance.choice(WORDS) * chance.choice([1000, 20000])
    return "".join(chance.choice(WORDS) for _ in range(chance.randint(1, 4)))


def octets(chance, most=24):
    return bytes(chance.getrandbits(8) for _ in range(chance.randint(0, most)))


def string(chance):
    kind = chance.choice(STRINGS)
    if kind.startswith("raw:"):
        # A BIT STRING begins with how many bits of its last octet are unused.
        return ("00" if kind == "raw:03" else "") + octets(chance).hex(), kind
    value = text(chance)
    encoding = der.STRINGS[kind][1]
    return value.encode(encoding, "replace").decode(encoding), kind


def many(chance, most):
    return chance.choice([100, 1500]) if chance.random() < 0.002 else chance.randint(0, most)


def name(chance, most=5):
    return [[chance.choice(["", "", "", "+", "++"] if i else [""]) + oid(chance, der.ATTRIBUTES), *string(chance)]
            for i in range(many(chance, most))]


def inner(chance):
    value, kind = string(chance)
    return chance.choice([der.string(value, kind)] * 6 + [octets(chance), der.string(value, kind) + der.string("x"), b""])


def other_name(chance):
    explicit = der.tlv(chance.choice([0xA0] * 9 + [0x80, 0xA1]), inner(chance))
    return ["raw:a0", (der.oid(chance.choice(OTHER_NAMES)) + explicit + chance.choice([b""] * 9 + [b"\x05\x00"])).hex()]


def general_name(chance):
    kind = chance.choice(["dns", "dns", "uri", "uri", "email", "ip", "rid", "dirname", "other", "raw", "raw-ip"])
    if kind in ("dns", "uri", "email"):
        return [kind, text(chance).encode("latin-1", "replace").decode("latin-1")]
    if kind == "ip":
        return [kind, chance.choice(["192.0.2.7", "2001:db8::7", "::", "::ffff:192.0.2.1", "255.255.255.255", "fe80::1", "1::2:0:0:3"])]
    if kind == "raw-ip":
        return ["raw:87", octets(chance, 20).hex()]
    if kind == "rid":
        return [kind, oid(chance)]
    if kind == "dirname":
        return [kind, name(chance, 3)]
    if kind == "other":
        return other_name(chance)
    return ["raw:%02x" % chance.choice([0x80, 0x81, 0x82, 0x83, 0x84, 0x86, 0x88, 0x89, 0xA1, 0xA2, 0xA3, 0xA5, 0xA6, 0x30, 0x0C]), octets(chance).hex()]


def damage(chance, value):
    """Mostly as it is."""
    how = chance.randrange(12)
    if how == 0 and value:
        at = chance.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1:]
    if how == 1:
        return value[:chance.randint(0, len(value))]
    return value + octets(chance, 3) if how == 2 else value


def oid_list(chance, wrap):
    return der.sequence(*[wrap(der.oid(oid(chance, [*der.PURPOSES.values(), "2.5.29.32.0"]))) for _ in range(many(chance, 4))])


def bare(value):
    return value


EXTENSIONS = {
    "2.5.29.14": lambda chance: der.octets(octets(chance)),
    "2.5.29.35": lambda chance: der.sequence(*[der.tlv(0x80, octets(chance)) for _ in range(chance.choice([0, 1, 1, 1, 2]))]),
    "2.5.29.15": lambda chance: der.bits(octets(chance, 3), chance.randint(0, 9)),
    "2.5.29.37": lambda chance: oid_list(chance, bare),
    "2.5.29.32": lambda chance: oid_list(chance, der.sequence),
    "2.5.29.17": lambda chance: der.sequence(*[der.general_name(*general_name(chance)) for _ in range(many(chance, 6))]),
    "1.3.6.1.4.1.99999.7": inner, "1.3.6.1.4.1.99999.8": inner, "2.25.7": inner,
}


# Names of extensions that are nearly those of known ones: one arc more, one less, padded, a neighbour's.
NEARLY = {"2.5.29.17": ["2.5.29.17.0", "2.5.29", "raw:80551d11", "raw:551d8011", "2.5.29.18"],
          "2.5.29.37": ["2.5.29.37.0", "raw:551d8025", "2.5.29.36"]}


def disguise(chance, dotted):
    return chance.choice(NEARLY[dotted]) if dotted in NEARLY and chance.random() < 0.02 else dotted


def row(chance):
    kinds = [dotted for dotted in EXTENSIONS if chance.random() < 0.5]
    if kinds and chance.random() < 0.05:
        kinds.append(chance.choice(kinds))
    year = chance.choice([1950, 1970, 2000, 2020, 2026])
    return {
        "issuer": "intermediate", "subject": name(chance), "identifiers": [], "key": chance.choice([None] * 6 + ["p384", "ed25519", "ed448", "p521"]),
        "serial": chance.choice([0, 1, -1, -128, 2 ** 64, -2 ** 70, chance.getrandbits(160), 255, 256, -255,
                                 chance.getrandbits(chance.choice([168, 4096, 32768]))]),
        "version": chance.choice([3] * 9 + [1]),
        "not_before": "%d-01-01T00:00:00Z" % year, "not_after": "%d-12-31T23:59:59Z" % chance.choice([2027, 2049, 2050, 9999, 2020, year]),
        "extensions": [[disguise(chance, dotted), chance.random() < 0.1, damage(chance, EXTENSIONS[dotted](chance)).hex()] for dotted in kinds]}


def main(directory, out, how_many, seed):
    pki = make_pki.Pki(directory)
    for issuer in ("root", "intermediate"):
        pki.load(issuer)
    pki.directory = out
    os.makedirs(out, exist_ok=True)
    chance = random.Random(int(seed))
    for i in range(int(how_many)):
        pki.make("hostile-%03d" % i, row(chance))


if __name__ == "__main__":
    main(*sys.argv[1:])
