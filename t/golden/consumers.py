#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Products that cannot run beside the tests: what each makes of its headers, by the rules it has published.

    consumers.py <LINES      lines CONSUMER<TAB>JSON of [[header name, value], ...]

prints for each line what the consumer takes the client for: the SHA-256 of the certificate (or the name, where the
consumer reads no certificate), "none" where it sees nobody, or "refused: why". Written from the products' documentation
and behaviour; as lenient as they are, so that what a forger could use would be used.
"""
import base64
import hashlib
import json
import re
import sys
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

MARKS = re.compile("-----(?:BEGIN|END) CERTIFICATE-----|[\\s\"]")


def digest(der):
    return hashlib.sha256(x509.load_der_x509_certificate(der).public_bytes(Encoding.DER)).hexdigest()


def from_pem(text):
    return base64.b64decode(MARKS.sub("", text), validate=True)


def url_pem(text):
    return from_pem(urllib.parse.unquote(text))


def single(headers, name):
    """A header that occurs twice is an error for all that insist on one value."""
    found = [value for key, value in headers if key.lower() == name.lower()]
    if len(found) > 1:
        raise ValueError("%s occurs %d times" % (name, len(found)))
    return found[0] if found else None


def certificate(name, read):
    """A consumer that reads one header: absent or empty is nobody."""
    def consume(headers):
        value = single(headers, name)
        return digest(read(value)) if value else "none"
    return consume


def rfc9440(text):
    """RFC 9440 section 2.1: one byte sequence; Keycloak and OpenBao insist on the colons."""
    match = re.fullmatch(r":([A-Za-z0-9+/]+={0,2}):", text)
    if not match:
        raise ValueError("no byte sequence")
    return base64.b64decode(match.group(1), validate=True)


def keycloak_nginx(headers):
    """Keycloak, provider nginx with a trusted proxy: verify must say SUCCESS; then URLDecoder, + is a blank."""
    if single(headers, "ssl-client-verify") != "SUCCESS":
        return "none"
    return digest(from_pem(urllib.parse.unquote_plus(single(headers, "ssl-client-cert"))))


def keycloak_aws(text):
    """Keycloak, provider aws-elb-alb: + is protected from URLDecoder first."""
    return from_pem(urllib.parse.unquote_plus(text.replace("+", "%2B")).split("-----END CERTIFICATE-----")[0])


def traefik(text):
    """Applications behind Traefik: bodies of PEM joined by commas, the certificate first."""
    return base64.b64decode(text.split(",")[0], validate=True)


def keycloak_traefik(text):
    """Keycloak, provider traefik: URLDecoder, + is a blank; what is no base64 is passed over, as in MIME. That reads
    percent-encoded PEM; of base64 as Traefik sends it, each + is lost."""
    body = MARKS.sub("", urllib.parse.unquote_plus(text).split("-----END CERTIFICATE-----")[0])
    return base64.b64decode(re.sub("[^A-Za-z0-9+/=]", "", body))


def xfcc_pairs(text):
    """Envoy's grammar: the last element is the nearest proxy's; pairs joined by ;, values perhaps in quotes."""
    pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^;,]*)(?:;|$|,)', text)
    if ";".join("%s=%s" % pair for pair in pairs) != text:
        raise ValueError("no XFCC element")
    return {key.lower(): value[1:-1].replace('\\"', '"') if value[:1] == '"' else value for key, value in pairs}


def keycloak_envoy(headers):
    """Keycloak, provider envoy: Cert of the element, percent-decoded."""
    value = single(headers, "X-Forwarded-Client-Cert")
    return digest(from_pem(urllib.parse.unquote(xfcc_pairs(value)["cert"]))) if value else "none"


def envoy_hash(headers):
    """What a service behind Envoy compares: Hash, the SHA-256 in hexadecimal."""
    value = single(headers, "X-Forwarded-Client-Cert")
    return xfcc_pairs(value)["hash"] if value else "none"


def puppet(headers):
    """trapperkeeper-authorization: X-Client-Verify must say SUCCESS; one certificate, %20 for blanks."""
    if single(headers, "X-Client-Verify") != "SUCCESS":
        return "none"
    text = urllib.parse.unquote(single(headers, "X-Client-Cert"))
    if text.count("BEGIN CERTIFICATE") != 1:
        raise ValueError("not one certificate")
    return digest(from_pem(text))


def google(headers):
    """Google's guide: the fingerprint counts only where present and chain-verified both say true."""
    if (single(headers, "X-Client-Cert-Present"), single(headers, "X-Client-Cert-Chain-Verified")) != ("true", "true"):
        return "none"
    return base64.b64decode(single(headers, "X-Client-Cert-Hash"), validate=True).hex()


def spring(headers):
    """Spring Security's default for X.509 principals, on a name in RFC 2253: CN=(.*?)(?:,|$)."""
    value = single(headers, "ssl-client-subject-dn")
    match = re.search(r"CN=(.*?)(?:,|$)", value or "", re.I)
    return match.group(1) if match else "none"


def joined(headers):
    """Keycloak, provider haproxy, with its chain: DER certificates one after another, none of them half."""
    octets = base64.b64decode(single(headers, "Client-Cert-Chain") or "", validate=True)
    while octets:
        size = 4 + int.from_bytes(octets[2:4], "big") if octets[1] == 0x82 else 0
        x509.load_der_x509_certificate(octets[:size])
        octets = octets[size:]
    return certificate("Client-Cert", base64_der)(headers)


def undertow(text):
    """SSLHeaderHandler: the delimiters are 28 and 26 characters long; in between blanks are line ends."""
    if len(text) <= 54:
        raise ValueError("too short")
    begin, body, end = text[:28], text[28:-26], text[-26:]
    if (begin.strip(), end.strip()) != ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"):
        raise ValueError("delimiters elsewhere")
    return base64.b64decode(body.replace(" ", ""), validate=True)


def base64_der(text):
    return base64.b64decode(text, validate=True)


CONSUMERS = {
    "Keycloak rfc9440": certificate("Client-Cert", rfc9440), "OpenBao": certificate("Client-Cert", rfc9440),
    "Keycloak nginx": keycloak_nginx, "authentik": keycloak_nginx,
    "Keycloak haproxy": joined, "Keycloak apache": certificate("SSL_CLIENT_CERT", from_pem),
    "Keycloak traefik": certificate("X-Forwarded-Tls-Client-Cert", keycloak_traefik),
    "Traefik's services": certificate("X-Forwarded-Tls-Client-Cert", traefik), "Keycloak envoy": keycloak_envoy,
    "Keycloak aws-elb-alb": certificate("X-Amzn-Mtls-Clientcert-Leaf", keycloak_aws),
    "Keycloak aws-elb-alb passthrough": certificate("X-Amzn-Mtls-Clientcert", keycloak_aws),
    "Envoy's services": envoy_hash, "Google's services": google, "Puppet Server": puppet,
    "Pulp": certificate("X-CLIENT-CERT", url_pem), "Kong's services": certificate("X-Client-Cert", url_pem),
    "Vault": certificate("X-Client-Cert", base64_der), "ASP.NET Core": certificate("X-Client-Cert", base64_der),
    "Azure App Service": certificate("X-ARR-ClientCert", base64_der),
    "Cloud Foundry": certificate("X-Forwarded-Client-Cert", base64_der),
    "CloudFront's origins": certificate("CloudFront-Viewer-Cert-Pem", url_pem),
    "Undertow": certificate("SSL_CLIENT_CERT", undertow),
    "Spring Security": spring,
}


def main():
    for line in sys.stdin:
        name, _, text = line.rstrip("\n").partition("\t")
        try:
            print(CONSUMERS[name]([tuple(pair) for pair in json.loads(text)]), flush=True)
        except (ValueError, TypeError, AttributeError, IndexError, KeyError) as problem:
            print("refused: %s" % problem, flush=True)


if __name__ == "__main__":
    main()
