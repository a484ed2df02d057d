#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What mtls-explain --json has to say of certificates, found out another way.

    read-cert.py AT CERT.pem...      AT: RFC 3339, as --at

Prints one JSON document: file -> {"standing": slug, "fields": {name: {"known": ..., "values": [...]}}}.
DER is read here, octet by octet, since a careful library refuses what these tests are about; keys and
digests come from python3-cryptography and hashlib.
"""
import base64
import datetime
import hashlib
import ipaddress
import json
import re
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

# RFC 4519, RFC 2985 and OpenSSL's short names: member, label in RFC 4514 text, OID.
ATTRIBUTES = [
    ("cn", "CN", "2.5.4.3"), ("o", "O", "2.5.4.10"), ("ou", "OU", "2.5.4.11"), ("c", "C", "2.5.4.6"),
    ("st", "ST", "2.5.4.8"), ("l", "L", "2.5.4.7"), ("street", "street", "2.5.4.9"),
    ("dc", "DC", "0.9.2342.19200300.100.1.25"), ("uid", "UID", "0.9.2342.19200300.100.1.1"),
    ("email", "emailAddress", "1.2.840.113549.1.9.1"), ("title", "title", "2.5.4.12"),
    ("given-name", "GN", "2.5.4.42"), ("surname", "SN", "2.5.4.4"), ("serial-number", "serialNumber", "2.5.4.5"),
    ("organization-identifier", "organizationIdentifier", "2.5.4.97")]
PURPOSES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth", "1.3.6.1.5.5.7.3.3": "codeSigning",
            "1.3.6.1.5.5.7.3.4": "emailProtection", "2.5.29.37.0": "anyExtendedKeyUsage",   # RFC 5280 section 4.2.1.12
            "1.3.6.1.5.5.7.3.17": "ipsecIKE", "1.3.6.1.4.1.311.20.2.2": "msSmartcardLogin"}   # RFC 4945; MS-WCCE
USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
          "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"]                       # RFC 5280 section 4.2.1.3
SIGNATURES = {"1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
              "1.2.840.10045.4.3.3": "ecdsa-with-SHA384", "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
              "1.3.101.112": "ED25519", "1.3.101.113": "ED448"}
POLICIES = {"2.5.29.32.0": "anyPolicy"}
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
UPN = "1.3.6.1.4.1.311.20.2.3"
# Known to a server only, or to nobody who has not been told.
ABSENT = ["tls.version", "sni", "user", "tls.cipher", "tls.cipher-bits", "tls.session-id", "server.san.uri"]
UNAVAILABLE = ["ca", "ca.sha256", "ca.spki.sha256", "chain.length", "chain"]


class Unreadable(Exception):
    pass


# ---- DER (X.690) ----

def element(octets):
    """Tag, content, what follows, and the octets of the element as they stand."""
    if len(octets) < 2 or octets[0] & 0x1F == 0x1F:
        raise Unreadable
    tag, size, at = octets[0], octets[1], 2
    if size >= 0x80:
        many = size & 0x7F
        size, at = int.from_bytes(octets[2:2 + many], "big"), 2 + many
        if not many or len(octets) < at or size < 0x80 or octets[2] == 0:
            raise Unreadable
    if len(octets) < at + size:
        raise Unreadable
    return tag, octets[at:at + size], octets[at + size:], octets[:at + size]


def elements(octets):
    found = []
    while octets:
        tag, content, octets, whole = element(octets)
        found.append((tag, content, whole))
    return found


def only(octets, tag):
    found = elements(octets)
    if len(found) != 1 or found[0][0] != tag:
        raise Unreadable
    return found[0][1]


def oid(content, most=160):
    arcs, arc, fresh = [], 0, True
    for octet in content:
        if fresh and octet == 0x80:
            raise Unreadable
        arc, fresh = arc << 7 | octet & 0x7F, octet < 0x80
        if arc >> most:                                 # UUIDs have 128 bits; nobody has a use for more
            raise Unreadable
        if fresh:
            arcs.append(arc)
            arc = 0
    if not content or not fresh:
        raise Unreadable
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in [first, arcs[0] - 40 * first] + arcs[1:])


def clean(text):
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in text):
        raise Unreadable
    return text


def string(tag, content):
    encodings = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "ascii", 0x16: "ascii", 0x1A: "ascii",
                 0x1C: "utf-32-be", 0x1E: "utf-16-be"}
    if tag not in encodings:
        raise Unreadable
    try:
        text = clean(content.decode(encodings[tag]))
    except UnicodeDecodeError:
        raise Unreadable from None
    if tag == 0x1E and any(ord(c) > 0xFFFF for c in text):      # UCS-2 has no surrogates
        raise Unreadable
    return text


# ---- values as mtls-explain writes them ----

def words(text, octets=None):
    return {"text": text, "hex": (text.encode() if octets is None else octets).hex()}


def digits(octets):
    return {"text": octets.hex(), "hex": octets.hex()}


def number(value, text=None):
    return {"text": str(value) if text is None else text, "number": value}


def present(values):
    return {"known": "present" if values else "absent", "values": values}


def malformed(raw):
    return {"known": "malformed", "values": [{"hex": octets.hex()} for octets in raw]}


def attempt(read, raw):
    """A field by a reader; if one value is unreadable all of them are, and their octets are given."""
    try:
        return present(read())
    except Unreadable:
        return malformed(raw)


# ---- names ----

def attributes(der):
    """(OID, tag, content, RDN) in encoded order."""
    found = []
    for index, (_, rdn, _) in enumerate(elements(only(der, 0x30))):
        for _, pair, _ in elements(rdn):
            (_, kind, _), (tag, content, _) = elements(pair)
            found.append((oid(kind, 10000), tag, content, index))
    return found


def escape(text):
    """RFC 4514 section 2.4; octets that are not ASCII in hexadecimal, as OpenSSL writes RFC 2253."""
    out = ""
    for at, octet in enumerate(text.encode()):
        c = chr(octet)
        if c in ',+"\\<>;' or (at == 0 and c in "# ") or (at == len(text.encode()) - 1 and c == " "):
            # A blank at the very end of a header would be lost: \20 is the same.
            out += "\\" + c
        else:
            out += c if 0x20 <= octet < 0x7F else "\\%02X" % octet
    return out


def length(size):
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def rfc4514(der):
    labels = {"2.5.4.15": "businessCategory", "2.5.4.17": "postalCode", **{dotted: label for _, label, dotted in ATTRIBUTES}}
    text, last = "", None
    for dotted, tag, content, rdn in reversed(attributes(der)):
        value = escape(string(tag, content))
        if dotted not in labels:                        # section 2.4: the DER in hexadecimal
            value = "#" + (bytes([tag]) + length(len(content)) + content).hex().upper()
        text += ("" if last is None else "+" if rdn == last else ",") + labels.get(dotted, dotted) + "=" + value
        last = rdn
    return text[:-1] + "20" if text.endswith("\\ ") else text


def can_be_named(dotted):
    """A type with a number that nobody could write down has no field."""
    return all(int(arc) >> 160 == 0 for arc in dotted.split("."))


def name_fields(prefix, der, fields):
    found = attributes(der)
    fields[prefix] = attempt(lambda: [words(rfc4514(der), der)] if found else [], [der])
    members = [(suffix, dotted) for suffix, _, dotted in ATTRIBUTES]
    known = [dotted for _, dotted in members]
    members += [(a[0], a[0]) for a in found if a[0] not in known and can_be_named(a[0])]
    for suffix, dotted in members:
        mine = [(tag, content) for kind, tag, content, _ in found if kind == dotted]
        fields["%s.%s" % (prefix, suffix)] = attempt(
            lambda mine=mine: [words(string(*pair)) for pair in mine], [content for _, content in mine])


# ---- alternative names ----

def ia5(content):
    if not content or any(octet < 0x20 or octet > 0x7E for octet in content):
        raise Unreadable
    return words(content.decode("ascii"))


def address(content):
    if len(content) not in (4, 16):
        raise Unreadable
    mapped = len(content) == 16 and ipaddress.ip_address(content).ipv4_mapped       # RFC 5952 section 5
    return words("::ffff:%s" % mapped if mapped else str(ipaddress.ip_address(content)), content)


def directory_name(der):
    text = rfc4514(der)
    return words(text, der) if text else {"hex": der.hex()}


def other_value(content):
    (tag, inner, _), = elements(only(content, 0xA0))
    return words(string(tag, inner))


def user_principal(content):
    """UTF8String and nothing else (MS-WCCE)."""
    text = only(only(content, 0xA0), 0x0C)
    if not text:
        raise Unreadable
    return words(string(0x0C, text))


def names(extension):
    """(tag, content, OID of an otherName) for each name."""
    found = []
    for tag, content, _ in elements(only(extension, 0x30)):
        kind = None
        if tag not in (0xA0, 0x81, 0x82, 0xA3, 0xA4, 0xA5, 0x86, 0x87, 0x88):
            raise Unreadable
        if tag == 0xA0:
            parts = elements(content)
            if [part[0] for part in parts] != [0x06, 0xA0] or len(elements(parts[1][1])) != 1:
                raise Unreadable
            kind, content = oid(parts[0][1], 10000), parts[1][2]
        elif tag == 0xA4:
            only(content, 0x30)
        found.append((tag, content, kind))
    return found


SPIFFE = re.compile(r"spiffe://([a-z0-9._-]{1,255})((?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]+)*)")   # SPIFFE-ID, section 2


def spiffe_fields(uris, fields):
    if uris["known"] == "malformed":
        parts = [uris] * 3
    else:
        only_one = uris["values"][0]["text"] if len(uris["values"]) == 1 else ""
        match = SPIFFE.fullmatch(only_one) if len(only_one) <= 2048 else None
        parts = [present([words(part)] if part else []) for part in
                 ((match.group(0), match.group(1), match.group(2)) if match else ("", "", ""))]
    fields.update(zip(("spiffe", "spiffe.trust-domain", "spiffe.path"), parts))


def san_fields(extensions, fields):
    readers = [("san.dns", 0x82, ia5), ("san.uri", 0x86, ia5), ("san.email", 0x81, ia5), ("san.ip", 0x87, address),
               ("san.upn", 0xA0, user_principal), ("san.dirname", 0xA4, directory_name),
               ("san.rid", 0x88, lambda content: words(oid(content)))]
    try:
        found = names(extensions[0]) if extensions else []
        if len(extensions) > 1:
            raise Unreadable
    except Unreadable:
        for field, _, _ in readers:
            fields[field] = malformed(extensions)
        spiffe_fields(fields["san.uri"], fields)
        return False
    for field, tag, read in readers:
        mine = [content for kind, content, dotted in found if kind == tag and (tag != 0xA0 or dotted == UPN)]
        fields[field] = attempt(lambda: [read(content) for content in mine], mine)
    for dotted in filter(can_be_named, {name[2] for name in found} - {None, UPN}):
        mine = [content for _, content, kind in found if kind == dotted]
        fields["san.other." + dotted] = attempt(lambda: [other_value(content) for content in mine], mine)
    spiffe_fields(fields["san.uri"], fields)
    return True


# ---- the rest ----

def moment(tag, content):
    text = content.decode("ascii")
    if tag == 0x17:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return int(datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp())


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def usages(content):
    bits = only(content, 0x03)
    if not bits or bits[0] > 7 or (bits[0] and len(bits) == 1):
        raise Unreadable
    value = "".join(format(octet, "08b") for octet in bits[1:])
    return [words(name) for name, bit in zip(USAGES, value) if bit == "1"]


def authority(content):
    mine = [inner for tag, inner, _ in elements(only(content, 0x30)) if tag == 0x80]
    if len(mine) > 1 or b"" in mine:
        raise Unreadable
    return [digits(inner) for inner in mine]


def identifier(content):
    if not only(content, 0x04):
        raise Unreadable
    return [digits(only(content, 0x04))]


def oids(content, read_element):
    """SEQUENCE OF at least one."""
    found = [oid(read_element(tag, inner)) for tag, inner, _ in elements(only(content, 0x30))]
    if not found:
        raise Unreadable
    return found


def plain_oid(tag, content):
    if tag != 0x06:
        raise Unreadable
    return content


def policy_oid(tag, content):
    if tag != 0x30 or not content:
        raise Unreadable
    return plain_oid(*elements(content)[0][:2])


def single_element(content):
    found = elements(content)
    if len(found) != 1:
        raise Unreadable
    return found[0][:2]


RSA_PSS = "1.2.840.113549.1.1.10"


def key_fields(spki, fields):
    (_, algorithm, _), (_, bit_string, _) = elements(only(spki, 0x30))
    if oid(elements(algorithm)[0][1]) == RSA_PSS:
        size = int.from_bytes(elements(only(bit_string[1:], 0x30))[0][1], "big").bit_length()
        fields.update({"key.type": present([words("rsa-pss")]), "key.bits": present([number(size)]), "key.curve": present([])})
        return
    key = serialization.load_der_public_key(spki)
    kind, bits, curve = "", 0, []
    if isinstance(key, rsa.RSAPublicKey):
        kind, bits = "rsa", key.key_size
    elif isinstance(key, ec.EllipticCurvePublicKey):
        kind, bits, curve = "ec", key.key_size, [words(CURVES.get(key.curve.name, key.curve.name))]
    elif isinstance(key, ed25519.Ed25519PublicKey):
        kind, bits = "ed25519", 256                     # RFC 8032 section 5.1.5: 32 octets
    elif isinstance(key, ed448.Ed448PublicKey):
        kind, bits = "ed448", 456                       # section 5.2.5: 57 octets
    fields.update({"key.type": present([words(kind)]), "key.bits": present([number(bits)]), "key.curve": present(curve)})


def extension_fields(extensions, fields):
    def all_of(dotted):
        return [content for kind, content in extensions if kind == dotted]

    def single(field, dotted, read):
        mine = all_of(dotted)
        fields[field] = attempt(lambda: read(mine[0]) if mine else [], mine) if len(mine) < 2 else malformed(mine)

    single("ski", "2.5.29.14", identifier)
    single("aki", "2.5.29.35", authority)
    single("ku", "2.5.29.15", usages)
    single("eku", "2.5.29.37", lambda c: [words(PURPOSES.get(dotted, dotted)) for dotted in oids(c, plain_oid)])
    single("policy", "2.5.29.32", lambda c: [words(POLICIES.get(dotted, dotted)) for dotted in oids(c, policy_oid)])
    for dotted in {kind for kind, _ in extensions if not kind.startswith("2.5.29.")}:
        single("ext." + dotted, dotted, lambda c: [words(string(*single_element(c)))])
    return san_fields(all_of("2.5.29.17"), fields)


def time_fields(begin, end, now, standing, fields):
    fields["not-before"] = present([number(begin, rfc3339(begin))])
    fields["not-after"] = present([number(end, rfc3339(end))])
    fields["lifetime"] = present([number(end - begin)])
    fields["remaining"] = malformed([]) if standing == "malformed" else present([number(end - now)])


def read(der, now):
    fields = {}
    tbs, algorithm = elements(only(der, 0x30))[:2]
    parts = elements(tbs[1])
    version = parts.pop(0)[1][2] + 1 if parts[0][0] == 0xA0 else 1
    serial, _, issuer, validity, subject, spki = parts[:6]
    extensions = []
    for tag, content, _ in parts[6:]:
        if tag == 0xA3:
            extensions = [(oid(e[0][1]), e[-1][1]) for e in
                          (elements(inner) for _, inner, _ in elements(only(content, 0x30)))]
    name_fields("subject", subject[2], fields)
    name_fields("issuer", issuer[2], fields)
    readable = extension_fields(extensions, fields)
    begin, end = (moment(*e[:2]) for e in elements(validity[1]))
    doubled = len({kind for kind, _ in extensions}) < len(extensions)
    standing = "malformed" if doubled or not readable else \
        "not-yet-valid" if now < begin else "expired" if now > end else "granted"
    time_fields(begin, end, now, standing, fields)
    key_fields(spki[2], fields)
    value = int.from_bytes(serial[1], "big", signed=True)
    text = "%X" % abs(value)
    fields.update({
        "serial": present([words(("-" if value < 0 else "") + "0" * (len(text) % 2) + text, serial[1])]),
        "sha256": present([digits(hashlib.sha256(der).digest())]),
        "sha1": present([digits(hashlib.sha1(der).digest())]),
        "spki.sha256": present([digits(hashlib.sha256(spki[2]).digest())]),
        "sigalg": present([words(SIGNATURES[oid(elements(algorithm[1])[0][1])])]),
        "version": present([number(version)]),
        "verify": present([words("SUCCESS" if standing == "granted" else "FAILED:" + standing)]),
        "reason": present([] if standing == "granted" else [words(standing)]),
        "certificate": present([{"hex": der.hex()}])})
    fields.update({name: present([]) for name in ABSENT})
    fields.update({name: {"known": "unavailable", "values": []} for name in UNAVAILABLE})
    return {"standing": standing, "fields": fields}


def main(argv):
    now = int(datetime.datetime.strptime(argv[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp())
    found = {}
    for file in argv[2:]:
        with open(file, encoding="ascii") as pem:
            body = re.search("-----BEGIN CERTIFICATE-----(.*?)-----END", pem.read(), re.S).group(1)
        try:
            found[file] = read(base64.b64decode(body), now)
        except (Unreadable, ValueError, IndexError):
            found[file] = None                          # its frame is broken: nobody can read it
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv)
