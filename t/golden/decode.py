#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Strict readers of every header convention that the profiles write.

    decode.py <LINES         lines PROFILE<TAB>Header: value become one JSON object each

Each reader accepts what its convention allows and nothing else: it raises ValueError for a
character that should have been escaped, a missing pad, a list that could be read in two ways.
decode() gives facts: der (list of DER), subject, issuer (list of RDNs, each a sorted list of
[OID, text]), uri, dns, san, spiffe, serial, sha1, sha256, not_before, not_after, text, word.
"""
import base64
import datetime
import json
import re
import sys

OIDS = {
    "C": "2.5.4.6", "ST": "2.5.4.8", "L": "2.5.4.7", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3",
    "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
    "emailAddress": "1.2.840.113549.1.9.1", "serialNumber": "2.5.4.5",
}


def need(condition, what):
    if not condition:
        raise ValueError(what)


# --- octets ---------------------------------------------------------------------------------------

def base64_strict(text):
    """RFC 4648 section 4: padded, no other character, and the only spelling of its octets."""
    octets = base64.b64decode(text, validate=True)
    need(octets and base64.b64encode(octets).decode() == text, "base64 is not canonical: %r" % text)
    return octets


def sf_list(text):
    """RFC 8941 section 3.1, with byte sequences (3.3.5) and no parameters."""
    members = []
    while True:
        match = re.match(r":([A-Za-z0-9+/=]*):", text)
        need(match, "no byte sequence: %r" % text)
        members.append(base64_strict(match.group(1)))
        text = text[match.end():]
        if not text:
            return members
        match = re.match(r"[ \t]*,[ \t]*(?=.)", text)
        need(match, "no comma between members: %r" % text)
        text = text[match.end():]


def percent(text, allowed):
    """Percent-decoding; every octet that is not allowed raw must be encoded, in upper case."""
    need(re.fullmatch(r"(?:[%s]|%%[0-9A-F]{2})*" % allowed, text), "not percent-encoded: %r" % text)
    return re.sub(rb"%([0-9A-F]{2})", lambda m: bytes([int(m.group(1), 16)]), text.encode())


UNRESERVED = r"A-Za-z0-9\-._~"


def pem(text, line_end="\n"):
    """RFC 7468 section 2 and 3: 64 columns, one or more certificates."""
    ders = []
    while text:
        match = re.match("-----BEGIN CERTIFICATE-----%s((?:[A-Za-z0-9+/=]+%s)+)-----END CERTIFICATE-----%s"
                         % ((line_end,) * 3), text)
        need(match, "no PEM: %r" % text[:80])
        lines = match.group(1).split(line_end)[:-1]
        need(all(len(line) == 64 for line in lines[:-1]) and 0 < len(lines[-1]) <= 64, "lines are not 64 wide")
        ders.append(base64_strict("".join(lines)))
        text = text[match.end():]
    need(ders, "no certificate")
    return ders


def hexadecimal(text, case, colons=False):
    digit = "0-9a-f" if case == "lower" else "0-9A-F"
    separator = ":" if colons else ""
    need(re.fullmatch("[%s]{2}(?:%s[%s]{2})*" % (digit, separator, digit), text), "not hexadecimal: %r" % text)
    return bytes.fromhex(text.replace(":", ""))


# --- names ----------------------------------------------------------------------------------------

def oid_of(label):
    if re.fullmatch(r"\d+(?:\.\d+)+", label):
        return label
    need(label in OIDS, "unknown attribute type %r" % label)
    return OIDS[label]


def value_2253(text, comma, plus):
    """RFC 2253 section 4: the value and what stands behind it, which begins with a separator."""
    match = re.match(r"#((?:[0-9A-Fa-f]{2})+)", text)
    if match:
        octets = bytes.fromhex(match.group(1))
        need(octets[0] == 0x0C and octets[1] == len(octets) - 2, "not a short UTF8String: %r" % text)
        return octets[2:].decode(), text[match.end():]
    octets, at, escaped_to = b"", 0, 0
    while at < len(text) and not text.startswith((comma, plus), at):
        c = text[at]
        if c != "\\":
            need(c not in '"<>;,+', "%r must be escaped: %r" % (c, text))
            need(" " <= c <= "~", "not printable ASCII: %r" % text)
            need(octets or c not in " #", "leading %r must be escaped" % c)
            octets += c.encode()
            at += 1
            continue
        match = re.match(r"\\([0-9A-F]{2})|\\([,+\"\\<>;=# ])", text[at:])
        need(match, "bad escape: %r" % text[at:])
        octets += bytes([int(match.group(1), 16)]) if match.group(1) else match.group(2).encode()
        at += match.end()
        escaped_to = at
    need(at == escaped_to or text[at - 1] != " ", "trailing blank must be escaped")
    return octets.decode("utf-8", "strict"), text[at:]


def dn_2253(text, comma=",", plus="+"):
    """Last RDN first; given back in encoded order."""
    rdns = [[]]
    while True:
        label, equals, text = text.partition("=")
        need(equals, "no = in %r" % label)
        value, text = value_2253(text, comma, plus)
        rdns[-1].append([oid_of(label), value])
        if not text:
            return [sorted(rdn) for rdn in reversed(rdns)]
        if text.startswith(comma):
            text = text[len(comma):]
            rdns.append([])
        else:
            need(text.startswith(plus), "no separator: %r" % text)
            text = text[len(plus):]


def dn_slash(text):
    """/TYPE=value in encoded order: a slash begins an attribute, and nothing is an escape."""
    need(text.startswith("/") and "\\" not in text, "not in slash form: %r" % text)
    rdns = []
    for part in text[1:].split("/"):
        label, equals, value = part.partition("=")
        need(equals, "no = in %r" % part)
        rdns.append([[oid_of(label), value]])
    return rdns


# --- times ----------------------------------------------------------------------------------------

def rfc3339(text, zone):
    need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" + re.escape(zone), text), "not RFC 3339: %r" % text)
    return seconds(datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def seconds(time):
    return int(time.replace(tzinfo=datetime.timezone.utc).timestamp())


def asn1_time(text):
    """RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2: two digits of a year mean 1950 to 2049."""
    if re.fullmatch(r"\d{12}Z", text):
        text = ("19" if text[:2] >= "50" else "20") + text
    need(re.fullmatch(r"\d{14}Z", text), "not an ASN.1 time: %r" % text)
    return seconds(datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ"))


def openssl_time(text):
    need(re.fullmatch(r"[A-Z][a-z]{2} (?: \d|\d\d) \d\d:\d\d:\d\d \d{4} GMT", text), "not OpenSSL's: %r" % text)
    return seconds(datetime.datetime.strptime(text, "%b %d %H:%M:%S %Y GMT"))


def validity(text):
    match = re.fullmatch(r"NotBefore=([^;]*);NotAfter=([^;]*)", text)
    need(match, "no validity: %r" % text)
    return {"not_before": rfc3339(match.group(1), "Z"), "not_after": rfc3339(match.group(2), "Z")}


# --- composite headers ----------------------------------------------------------------------------

def xfcc_elements(text):
    """Elements of pairs. Inside quotes \\" is a quote; whatever else stands there is itself."""
    elements, pairs = [], []
    while True:
        match = re.match(r"(By|Hash|Cert|Chain|Subject|URI|DNS)=", text)
        need(match, "no key: %r" % text[:80])
        key, text = match.group(1), text[match.end():]
        if text.startswith('"'):
            value, at = "", 1
            while text[at:at + 1] != '"':
                need(at < len(text), "quotes are not closed")
                if text[at:at + 2] == '\\"':
                    at += 1
                value += text[at]
                at += 1
            text = text[at + 1:]
        else:
            match = re.match(r'[^,;=" ]+', text)
            need(match, "no value: %r" % text[:80])
            value, text = match.group(0), text[match.end():]
        pairs.append((key, value))
        if not text or text[0] == ",":
            elements.append(pairs)
            pairs = []
            if not text:
                return elements
        need(text[0] in ",;", "no separator: %r" % text[:80])
        text = text[1:]


def xfcc(text):
    elements = xfcc_elements(text)
    need(len(elements) == 1, "not one element")
    pairs = elements[0]
    found = {key: [v for k, v in pairs if k == key] for key, _ in pairs}
    order = ["By", "Hash", "Cert", "Chain", "Subject", "URI", "DNS"]
    need([order.index(k) for k, _ in pairs] == sorted(order.index(k) for k, _ in pairs), "order")
    for key in ("Hash", "Cert", "Chain", "Subject"):
        need(len(found.get(key, [])) <= 1, "%s twice" % key)
    facts = {"by": found.get("By", []), "sha256": hexadecimal(found["Hash"][0], "lower").hex()}
    if "Cert" in found:
        facts["der"] = pem(percent(found["Cert"][0], UNRESERVED).decode())
    if "Chain" in found:
        facts["leaf_and_chain"] = pem(percent(found["Chain"][0], UNRESERVED).decode())
    if "Subject" in found:
        facts["subject"] = dn_2253(found["Subject"][0])
    if "URI" in found:
        facts["uri"] = found["URI"]
    if "DNS" in found:
        facts["dns"] = found["DNS"]
    return facts


TRAEFIK = {"DC": "DC", "C": "C", "ST": "ST", "L": "L", "O": "O", "OU": "OU", "SN": "serialNumber", "CN": "CN"}


def traefik_attributes(text):
    """Split before each LABEL=: the only mark there is, so a value with = cannot be here."""
    attributes = []
    for part in re.split(r",(?=(?:DC|C|ST|L|O|OU|SN|CN)=)", text):
        label, equals, value = part.partition("=")
        need(equals and label in TRAEFIK and "=" not in value, "no attribute: %r" % part)
        attributes.append([OIDS[TRAEFIK[label]], value])
    return attributes


def traefik_info(text):
    text = percent(text.replace("+", "%20"), UNRESERVED).decode()
    pairs = re.findall(r'(Subject|Issuer|SerialNumber|NB|NA|SAN)="([^"]*)"(?:;(?=.)|$)', text)
    need(";".join('%s="%s"' % p for p in pairs) == text, "not pairs: %r" % text)
    found = dict(pairs)
    need(len(found) == len(pairs), "a pair twice")
    facts = {"serial": int(found["SerialNumber"]), "not_before": int(found["NB"]), "not_after": int(found["NA"])}
    if "Subject" in found:
        facts["subject_attributes"] = traefik_attributes(found["Subject"])
    facts["issuer_attributes"] = traefik_attributes(found["Issuer"])
    if "SAN" in found:
        facts["san"] = found["SAN"].split(",")
    return facts


# --- which reader for which header ----------------------------------------------------------------

def der_base64(text):
    return {"der": [base64_strict(text)]}


def url_pem(text):
    return {"der": pem(percent(text, UNRESERVED).decode())}


def space_pem(text):
    return {"der": pem(text + " ", " ")}


def certificates_of_joined(text):
    """DER of certificates one after another: each a SEQUENCE with a definite length."""
    octets, ders = base64_strict(text), []
    while octets:
        need(octets[0] == 0x30 and octets[1] & 0x80, "no certificate")
        size = octets[1] & 0x7F
        end = 2 + size + int.from_bytes(octets[2:2 + size], "big")
        need(end <= len(octets), "a half certificate")
        ders.append(octets[:end])
        octets = octets[end:]
    return ders


def serial_hex(case, colons=False):
    return lambda text: {"serial": int.from_bytes(hexadecimal(text, case, colons), "big")}


def one(name, read):
    return lambda text: {name: read(text)}


def items(name):
    return lambda text: {name: [base64_strict(item).decode() for item in text.split(",")]}


def word(*allowed):
    def read(text):
        need(text in allowed, "unexpected %r" % text)
        return {"word": text}
    return read


subject = one("subject", dn_2253)
issuer = one("issuer", dn_2253)
chain_sf = one("chain", sf_list)
tls = one("text", str)
upper, lower = serial_hex("upper"), serial_hex("lower")
spaced = dict(comma=", ", plus=" + ")

READERS = {
    ("rfc9440", "Client-Cert"): one("der", sf_list), ("rfc9440", "Client-Cert-Chain"): chain_sf,
    ("nginx", "ssl-client-verify"): word("SUCCESS"), ("nginx", "ssl-client-subject-dn"): subject,
    ("nginx", "ssl-client-issuer-dn"): issuer, ("nginx", "ssl-client-cert"): url_pem,
    ("xfcc", "X-Forwarded-Client-Cert"): xfcc,
    ("tomcat", "ssl_client_cert"): space_pem, ("tomcat", "ssl_client_escaped_cert"): url_pem,
    ("tomcat", "ssl_cipher"): tls, ("tomcat", "ssl_session_id"): tls,
    ("tomcat", "ssl_cipher_usekeysize"): tls, ("tomcat", "ssl_secure_protocol"): tls,
    ("undertow", "SSL_CLIENT_CERT"): space_pem, ("undertow", "SSL_CIPHER"): tls,
    ("undertow", "SSL_SESSION_ID"): tls, ("undertow", "SSL_CIPHER_USEKEYSIZE"): tls,
    ("undertow", "SECURE_PROTOCOL"): tls,
    ("haproxy", "X-SSL"): word("1"), ("haproxy", "X-SSL-Client-Verify"): word("0"),
    ("haproxy", "X-SSL-Client-SHA1"): lambda t: {"sha1": hexadecimal(t, "upper").hex()},
    ("haproxy", "X-SSL-Client-DN"): one("subject", dn_slash), ("haproxy", "X-SSL-Issuer"): one("issuer", dn_slash),
    ("haproxy", "X-SSL-Client-CN"): one("cn", str), ("haproxy", "X-SSL-Client-NotBefore"): one("not_before", asn1_time),
    ("haproxy", "X-SSL-Client-NotAfter"): one("not_after", asn1_time),
    ("keycloak-haproxy", "Client-Cert"): der_base64,
    ("keycloak-haproxy", "Client-Cert-Chain"): one("chain", certificates_of_joined),
    ("keycloak-apache", "SSL_CLIENT_CERT"): space_pem,
    ("keycloak-apache", "CERT_CHAIN_0"): lambda t: {"chain": space_pem(t)["der"]},
    ("traefik", "X-Forwarded-Tls-Client-Cert"):
        lambda t: {"leaf_and_chain": [base64_strict(body) for body in t.split(",")]},
    ("traefik", "X-Forwarded-Tls-Client-Cert-Info"): traefik_info,
    ("alb", "X-Amzn-Mtls-Clientcert-Serial-Number"): upper, ("alb", "X-Amzn-Mtls-Clientcert-Issuer"): issuer,
    ("alb", "X-Amzn-Mtls-Clientcert-Subject"): subject, ("alb", "X-Amzn-Mtls-Clientcert-Validity"): validity,
    ("alb", "X-Amzn-Mtls-Clientcert-Leaf"): lambda t: {"der": pem(percent(t, UNRESERVED + "+=/").decode())},
    ("alb", "X-Amzn-Mtls-Clientcert"): lambda t: {"leaf_and_chain": pem(percent(t, UNRESERVED + "+=/").decode())},
    ("cloudfront", "CloudFront-Viewer-Cert-Present"): word("1"),
    ("cloudfront", "CloudFront-Viewer-Cert-Serial-Number"): serial_hex("lower", True),
    ("cloudfront", "CloudFront-Viewer-Cert-Issuer"): issuer, ("cloudfront", "CloudFront-Viewer-Cert-Subject"): subject,
    ("cloudfront", "CloudFront-Viewer-Cert-Sha256"): lambda t: {"sha256": hexadecimal(t, "lower").hex()},
    ("cloudfront", "CloudFront-Viewer-Cert-Validity"): validity, ("cloudfront", "CloudFront-Viewer-Cert-Pem"): url_pem,
    ("gcp", "X-Client-Cert-Present"): word("true"), ("gcp", "X-Client-Cert-Chain-Verified"): word("true"),
    ("gcp", "X-Client-Cert-Hash"): lambda t: {"sha256": base64_strict(t).hex()},
    ("gcp", "X-Client-Cert-Serial-Number"): lower, ("gcp", "X-Client-Cert-SPIFFE"): one("spiffe", str),
    ("gcp", "X-Client-Cert-URI-SANs"): items("uri"), ("gcp", "X-Client-Cert-DNSName-SANs"): items("dns"),
    ("gcp", "X-Client-Cert-Valid-Not-Before"): one("not_before", lambda t: rfc3339(t, "+00:00")),
    ("gcp", "X-Client-Cert-Valid-Not-After"): one("not_after", lambda t: rfc3339(t, "+00:00")),
    ("gcp", "X-Client-Cert-Issuer-DN"): one("issuer_der", base64_strict),
    ("gcp", "X-Client-Cert-Subject-DN"): one("subject_der", base64_strict),
    ("gcp", "X-Client-Cert-Leaf"): one("der", sf_list), ("gcp", "X-Client-Cert-Chain"): chain_sf,
    ("azure", "X-ARR-ClientCert"): der_base64, ("aspnet", "X-Client-Cert"): der_base64,
    ("cloudflare", "cf-cert-presented"): word("true"), ("cloudflare", "cf-cert-verified"): word("true"),
    ("cloudflare", "cf-cert-issuer-dn"): one("issuer", lambda t: dn_2253(t, **spaced)),
    ("cloudflare", "cf-cert-subject-dn"): one("subject", lambda t: dn_2253(t, **spaced)),
    ("cloudflare", "cf-cert-issuer-dn-rfc2253"): issuer, ("cloudflare", "cf-cert-subject-dn-rfc2253"): subject,
    ("cloudflare", "cf-cert-issuer-dn-legacy"): one("issuer", dn_slash),
    ("cloudflare", "cf-cert-subject-dn-legacy"): one("subject", dn_slash), ("cloudflare", "cf-cert-serial"): upper,
    ("cloudflare", "cf-cert-not-before"): one("not_before", openssl_time),
    ("cloudflare", "cf-cert-not-after"): one("not_after", openssl_time),
    ("cloudflare", "cf-cert-ski"): lambda t: {"ski": hexadecimal(t, "upper").hex()},
    ("cloudflare", "cf-cert-issuer-ski"): lambda t: {"aki": hexadecimal(t, "upper").hex()},
    ("kong", "X-Client-Cert"): url_pem, ("kong", "X-Client-Cert-Serial"): upper,
    ("kong", "X-Client-Cert-Issuer-DN"): issuer, ("kong", "X-Client-Cert-Subject-DN"): subject,
    ("kong", "X-Client-Cert-Fingerprint"): lambda t: {"sha1": hexadecimal(t, "lower").hex()},
    ("puppet", "X-Client-Verify"): word("SUCCESS"), ("puppet", "X-Client-DN"): subject, ("puppet", "X-Client-Cert"): url_pem,
    ("pulp", "X-CLIENT-CERT"): url_pem, ("vault", "X-Client-Cert"): der_base64,
    ("cloudfoundry", "X-Forwarded-Client-Cert"): der_base64,
    ("remote-user", "X-Remote-User"): tls,
}


def decode(profile, header, value):
    """The facts in one header. KeyError: a header that this profile has no business to send."""
    need(value and value == value.strip(" \t"), "empty, or a blank at an end")
    need(not re.search(r"[\x00-\x1f\x7f]", value), "a control character")
    return READERS[profile.partition(":")[0], header](value)


def printable(fact):
    return fact.hex() if isinstance(fact, bytes) else [printable(f) for f in fact] if isinstance(fact, list) else fact


def main():
    for line in sys.stdin:
        profile, _, rest = line.rstrip("\n").partition("\t")
        header, _, value = rest.partition(": ")
        facts = decode(profile, header, value)
        print(json.dumps({"profile": profile, "header": header, **{k: printable(v) for k, v in facts.items()}}))


if __name__ == "__main__":
    main()
