# Licensed under the Apache License, Version 2.0; see LICENSE.
"""DER by hand: certificates that a careful library refuses to make are what the tests need most."""
import ipaddress

ATTRIBUTES = {
    "CN": "2.5.4.3", "SN": "2.5.4.4", "serialNumber": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8",
    "STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "title": "2.5.4.12", "GN": "2.5.4.42",
    "organizationIdentifier": "2.5.4.97", "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
    "emailAddress": "1.2.840.113549.1.9.1",
}
PURPOSES = {
    "serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2", "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4", "any": "2.5.29.37.0",
}
STRINGS = {
    "utf8": (0x0C, "utf-8"), "printable": (0x13, "latin-1"), "t61": (0x14, "latin-1"), "ia5": (0x16, "latin-1"),
    "universal": (0x1C, "utf-32-be"), "bmp": (0x1E, "utf-16-be"),
}
KEY_USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
              "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"]


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def sequence(*parts):
    return tlv(0x30, *parts)


def octets(*parts):
    return tlv(0x04, *parts)


def integer(number):
    return tlv(0x02, number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "big", signed=True))


def bits(body, unused=0):
    return tlv(0x03, bytes([unused]), body)


def oid_content(dotted):
    """The content octets; "raw:HEX": these, whatever they are."""
    if dotted.startswith("raw:"):
        return bytes.fromhex(dotted[4:])
    arcs = [int(arc) for arc in dotted.split(".")]
    content = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        octet = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            octet.insert(0, 0x80 | arc & 0x7F)
        content += bytes(octet)
    return content


def oid(dotted):
    return tlv(0x06, oid_content(dotted))


def string(text, kind="utf8"):
    """kind is a row of STRINGS, or "raw:TAG": then text is the content in hexadecimal."""
    if kind.startswith("raw:"):
        return tlv(int(kind[4:], 16), bytes.fromhex(text))
    tag, encoding = STRINGS[kind]
    return tlv(tag, text.encode(encoding, "surrogatepass"))


def time(moment):
    if moment.year < 2050:
        return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def name(attributes):
    """[[type, value], [type, value, string kind], ...] in encoded order; "+type" joins the RDN before it,
    "++type" does and leaves the RDN unsorted, which DER forbids."""
    rdns, unsorted = [], set()
    for kind, value, *how in attributes:
        dotted = ATTRIBUTES.get(kind.lstrip("+"), kind.lstrip("+"))
        coding = how[0] if how else "ia5" if kind.lstrip("+") in ("DC", "emailAddress") else \
            "printable" if kind == "C" else "utf8"
        value = sequence(oid(dotted), string(value, coding))
        if kind.startswith("++"):
            unsorted.add(len(rdns) - 1)
        if kind.startswith("+"):
            rdns[-1].append(value)
        else:
            rdns.append([value])
    return sequence(*[tlv(0x31, *(rdn if i in unsorted else sorted(rdn))) for i, rdn in enumerate(rdns)])


def general_name(kind, value):
    if kind in ("email", "dns", "uri"):
        return tlv({"email": 0x81, "dns": 0x82, "uri": 0x86}[kind], value.encode("latin-1"))
    if kind == "ip":
        return tlv(0x87, ipaddress.ip_address(value).packed)
    if kind == "rid":
        return tlv(0x88, oid_content(value))
    if kind == "dirname":
        return tlv(0xA4, name(value))
    if kind == "upn":
        kind, value = "other:1.3.6.1.4.1.311.20.2.3", string(value)
    if kind.startswith("other:"):
        value = value if isinstance(value, bytes) else string(value)
        return tlv(0xA0, oid(kind[6:]), tlv(0xA0, value))
    if kind.startswith("raw:"):
        return tlv(int(kind[4:], 16), bytes.fromhex(value))
    raise ValueError("unknown kind of general name: " + kind)


def key_usage(names):
    value = 0
    for usage in names:
        value |= 1 << (15 - KEY_USAGES.index(usage))
    if value & 0xFF:
        body = value.to_bytes(2, "big")
    else:
        body = bytes([value >> 8])
    unused = 0
    while not body[-1] >> unused & 1:
        unused += 1
    return bits(body, unused)


def extension(dotted, value, critical=False):
    return sequence(oid(dotted), tlv(0x01, b"\xff") if critical else b"", octets(value))
