#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Awkward certificates, and the header lines that every profile must make of them.

    make-golden.py DIR

makes DIR/NAME/{leaf,chain,server}.pem and DIR/NAME/expected, lines PROFILE<TAB>Header: value.
The encoders below follow each convention's own description and share nothing with the module.
"""
import base64
import datetime
import hashlib
import ipaddress
import os
import sys
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOT_BEFORE = datetime.datetime(2026, 11, 20, 22, 58, 29)
NOT_AFTER = datetime.datetime(2051, 2, 3, 4, 5, 6)      # beyond 2049: not UTCTime
UTC = datetime.timezone.utc
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
PRIVATE = "1.3.6.1.4.1.99999.3"

# What render_profiles tells of the connection and the user.
CIPHER, BITS, SESSION, TLS, USER = "TLS_AES_256_GCM_SHA384", "256", "01abff", "TLSv1.3", "anne"

OIDS = {
    "C": NameOID.COUNTRY_NAME, "ST": NameOID.STATE_OR_PROVINCE_NAME, "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME,
    "DC": NameOID.DOMAIN_COMPONENT, "UID": NameOID.USER_ID, "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER, PRIVATE: x509.ObjectIdentifier(PRIVATE),
}
LABELS = {oid: label for label, oid in OIDS.items()}

ISSUING = [("C", "DE"), ("O", "Example Corp"), ("CN", "Example Issuing CA 1")]
ROOT = [("C", "DE"), ("O", "Example Corp"), ("CN", "Example Root CA")]

# name: subject in encoded order (a list stands for one RDN), SANs, serial number, issued by the root itself.
CASES = {
    # Commas, UTF-8, repeated attributes, a type without a name, every kind of SAN.
    "awkward": ([("DC", "org"), ("DC", "example"), ("C", "DE"), ("O", "Example, Inc."), ("OU", "Payments"),
                 ("OU", "Tier A"), ("serialNumber", "4711"), (PRIVATE, "x"), ("UID", "anne"), ("CN", "svc-änne €")],
                [x509.DNSName("pay.example.com"), x509.DNSName("*.pay.example.com"),
                 x509.RFC822Name("ops@example.com"),
                 x509.UniformResourceIdentifier("spiffe://example.com/ns/prod/sa/pay"),
                 x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
                 x509.IPAddress(ipaddress.ip_address("2001:db8::7")),
                 x509.OtherName(UPN, b"\x0c\x15anne@corp.example.com"),
                 x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dir")])),
                 x509.RegisteredID(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"))],
                0x0A1B2C3D4E5F60718293, False),
    # Everything that quotes, escapes or separates somewhere; two URIs, so no SPIFFE ID.
    "hostile": ([("O", "back\\slash\\"), ("OU", 'quo"te'), ("OU", "#semi;colon"), ("OU", " a=b+c<d>/e "),
                 ("CN", "x\",By=evil")],
                [x509.UniformResourceIdentifier("urn:a,b;URI=c"), x509.UniformResourceIdentifier('urn:"q" %20')],
                0xFF, False),
    # As little as there can be: no SAN, no chain above but the root.
    "bare": ([("CN", "bare")], [], 1, True),
    # A name that is all in the SAN.
    "nameless": ([], [x509.UniformResourceIdentifier("spiffe://example.com/x")], 2, False),
    # Several attributes in one RDN: what the slash form cannot say.
    "joined": ([("C", "DE"), [("OU", "Sales"), ("CN", "J. Smith")]], [], 3, False),
}


# --- certificates ---------------------------------------------------------------------------------

def make_name(pairs):
    rdns = []
    for rdn in pairs:
        rdn = rdn if isinstance(rdn, list) else [rdn]
        rdns.append(x509.RelativeDistinguishedName([x509.NameAttribute(OIDS[t], v) for t, v in rdn]))
    return x509.Name(rdns)


def make_certificate(key, subject, issuer, serial, san):
    builder = x509.CertificateBuilder(subject_name=make_name(subject), issuer_name=make_name(issuer),
                                      public_key=key.public_key(), serial_number=serial,
                                      not_valid_before=NOT_BEFORE, not_valid_after=NOT_AFTER)
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(san), critical=not subject)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()),
                                    critical=False)
    return builder.sign(key, hashes.SHA256())


def der_of(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


def pem_of(*certificates):
    return "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in certificates)


# --- encoders -------------------------------------------------------------------------------------

def b64(octets):
    return base64.b64encode(octets).decode()


def escape_2253(text, quotable=False):
    """RFC 2253 section 2.4; every octet outside printable ASCII as a hex pair, as nginx and Envoy send it."""
    out = ""
    for i, c in enumerate(text):
        if quotable and c in '"\\':
            out += "\\%02X" % ord(c)            # the same value, and nothing for a quoted string to unescape
        elif c in ',+"\\<>;' or (i == 0 and c in " #") or (i == len(text) - 1 and c == " "):
            out += "\\" + c
        elif " " <= c <= "~":
            out += c
        else:
            out += "".join("\\%02X" % octet for octet in c.encode())
    return out


def attribute_2253(attribute, quotable):
    if attribute.oid.dotted_string == PRIVATE:  # section 2.4: no short name: # and the DER of the value in hex
        value = attribute.value.encode()
        return "%s=#0C%02X%s" % (PRIVATE, len(value), value.hex().upper())
    return LABELS[attribute.oid] + "=" + escape_2253(attribute.value, quotable)


def dn_2253(name, quotable=False, comma=",", plus="+"):
    """Last RDN first. OpenSSL prints the attributes of one RDN backwards, too."""
    rdns = [plus.join(attribute_2253(a, quotable) for a in reversed(der_order(rdn))) for rdn in reversed(name.rdns)]
    text = comma.join(rdns)
    return text[:-1] + "20" if text.endswith("\\ ") else text   # HTTP would cut the blank off


def der_order(rdn):
    """A SET OF is sorted by its members' encoding (X.690 section 11.6)."""
    return sorted(rdn, key=lambda a: x509.Name([a]).public_bytes()[4:])


def dn_slash(name):
    """HAProxy's ssl_c_s_dn: encoded order, UTF-8 as it is. None where it would be read as another name."""
    text = ""
    for rdn in name.rdns:
        for a in rdn:
            if len(list(rdn)) > 1 or "/" in a.value or "\\" in a.value:
                return None
            text += "/" + LABELS[a.oid] + "=" + a.value
    return text.encode() if text and text == text.strip(" ") else None


def sf(*ders):
    """RFC 8941 sections 3.1 and 3.3.5: a list of byte sequences."""
    return ", ".join(":" + b64(d) + ":" for d in ders)


def pem_space(certificate):
    """Tomcat and Undertow: what mod_headers makes of a PEM, blanks for line ends."""
    return pem_of(certificate).strip().replace("\n", " ")


def pem_nginx(*certificates):
    """ngx_escape_uri of the PEM: unreserved characters stay (RFC 3986 section 2.3), %XX in upper case."""
    return urllib.parse.quote(pem_of(*certificates), safe="")


def pem_aws(*certificates):
    """AWS: + = / are safe characters."""
    return urllib.parse.quote(pem_of(*certificates), safe="+=/")


def rfc3339(time, zone="Z"):
    return time.strftime("%Y-%m-%dT%H:%M:%S") + zone


def openssl_time(time):
    return time.strftime("%b ") + "%2d" % time.day + time.strftime(" %H:%M:%S %Y GMT")


def asn1_time(time):
    return time.strftime("%y%m%d%H%M%SZ" if time.year < 2050 else "%Y%m%d%H%M%SZ")


def hex_upper(number):
    text = "%X" % number
    return "0" * (len(text) % 2) + text


def hex_colon(number):
    text = hex_upper(number).lower()
    return ":".join(text[i:i + 2] for i in range(0, len(text), 2))


def values(name, label):
    return [a.value for a in name if LABELS.get(a.oid) == label]


def san(certificate, kind):
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(v) for v in names.get_values_for_type(kind)]


def quote(text):
    """Envoy's XFCC: only the quote has an escape."""
    return '"' + text.replace('"', '\\"') + '"'


def pair(key, text):
    """A value with a separator in it is quoted."""
    return key + "=" + (quote(text) if any(c in text for c in ',;=" ') else text)


def xfcc(world, options):
    """Envoy's order: By, Hash, Cert, Chain, Subject, URI, DNS. Chain begins with the certificate."""
    leaf = world.leaf
    parts = [pair("By", uri) for uri in san(world.server, x509.UniformResourceIdentifier)]
    parts.append("Hash=" + hashlib.sha256(der_of(leaf)).hexdigest())
    if "cert" in options:
        parts.append("Cert=" + quote(pem_nginx(leaf)))
    if "chain" in options:
        parts.append("Chain=" + quote(pem_nginx(leaf, *world.chain)))
    if "subject" in options and leaf.subject.rdns:
        parts.append("Subject=" + quote(dn_2253(leaf.subject, quotable=True)))
    if "uri" in options:
        parts += [pair("URI", uri) for uri in san(leaf, x509.UniformResourceIdentifier)]
    if "dns" in options:
        parts += [pair("DNS", dns) for dns in san(leaf, x509.DNSName)]
    return ";".join(parts)


def traefik_name(name, order):
    attributes = ["%s=%s" % (short, v) for short, label in order for v in values(name, label)]
    return ",".join(attributes) if attributes else None


def traefik_info(world):
    """url.QueryEscape of Subject="..";Issuer="..";.. with nothing escaped inside: None where that misleads."""
    leaf = world.leaf
    order = [(t, t) for t in ("DC", "C", "ST", "L", "O")]
    subject = traefik_name(leaf.subject, order + [("OU", "OU"), ("SN", "serialNumber"), ("CN", "CN")])
    issuer = traefik_name(leaf.issuer, order + [("SN", "serialNumber"), ("CN", "CN")])
    names = [n for kind in (x509.DNSName, x509.RFC822Name, x509.IPAddress, x509.UniformResourceIdentifier)
             for n in san(leaf, kind)]
    attributes = [v for label in ("DC", "C", "ST", "L", "O", "OU", "serialNumber", "CN")
                  for v in values(leaf.subject, label)]
    if any(c in v for v in attributes for c in '"=') or any(c in n for n in names for c in '",;'):
        return None
    pairs = [("Subject", subject), ("Issuer", issuer), ("SerialNumber", str(leaf.serial_number)),
             ("NB", str(int(NOT_BEFORE.replace(tzinfo=UTC).timestamp()))),
             ("NA", str(int(NOT_AFTER.replace(tzinfo=UTC).timestamp()))), ("SAN", ",".join(names) or None)]
    return urllib.parse.quote_plus(";".join('%s="%s"' % p for p in pairs if p[1]), safe="")


# --- profiles -------------------------------------------------------------------------------------

def java_tls(names):
    return list(zip(names, (CIPHER, SESSION, BITS, TLS)))


def profiles(world):
    """word: list of (header, value); a value None is not sent."""
    leaf, chain, der = world.leaf, world.chain, der_of(world.leaf)
    serial, subject, issuer = leaf.serial_number, leaf.subject, leaf.issuer
    subject_2253, issuer_2253 = dn_2253(subject) or None, dn_2253(issuer)
    sha1, sha256 = hashlib.sha1(der).digest(), hashlib.sha256(der).digest()
    uris, dns = san(leaf, x509.UniformResourceIdentifier), san(leaf, x509.DNSName)
    spiffe = uris[0] if len(uris) == 1 and uris[0].startswith("spiffe://") else None
    common_name = values(subject, "CN")
    ski = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex().upper()
    aki = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier.hex().upper()
    validity = "NotBefore=%s;NotAfter=%s" % (rfc3339(NOT_BEFORE), rfc3339(NOT_AFTER))
    chain_ders = [der_of(c) for c in chain]
    bodies = ",".join(b64(d) for d in [der] + chain_ders)
    gcp = [("X-Client-Cert-Present", "true"), ("X-Client-Cert-Chain-Verified", "true"),
           ("X-Client-Cert-Hash", b64(sha256)), ("X-Client-Cert-Serial-Number", hex_upper(serial).lower()),
           ("X-Client-Cert-SPIFFE", spiffe),
           ("X-Client-Cert-URI-SANs", ",".join(b64(u.encode()) for u in uris if u != spiffe) or None),
           ("X-Client-Cert-DNSName-SANs", ",".join(b64(d.encode()) for d in dns) or None),
           ("X-Client-Cert-Valid-Not-Before", rfc3339(NOT_BEFORE, "+00:00")),
           ("X-Client-Cert-Valid-Not-After", rfc3339(NOT_AFTER, "+00:00"))]
    return {
        # RFC 9440: the chain without the certificate and, as here, without the trust anchor.
        "rfc9440": [("Client-Cert", sf(der)), ("Client-Cert-Chain", sf(*chain_ders) or None)],
        # ingress-nginx, template of the location: verify, names of $ssl_client_s_dn, $ssl_client_escaped_cert.
        "nginx": [("ssl-client-verify", "SUCCESS"), ("ssl-client-subject-dn", subject_2253),
                  ("ssl-client-issuer-dn", issuer_2253), ("ssl-client-cert", pem_nginx(leaf))],
        "xfcc": [("X-Forwarded-Client-Cert", xfcc(world, "subject uri dns"))],
        "xfcc:dns,chain,uri,cert,subject": [("X-Forwarded-Client-Cert", xfcc(world, "cert chain subject uri dns"))],
        "remote-user": [("X-Remote-User", USER)],
        "remote-user:X-WEBAUTH-USER": [("X-WEBAUTH-USER", USER)],
        # SSLValve: certificate, cipher, session id, key size, protocol.
        "tomcat": [("ssl_client_cert", pem_space(leaf))] + java_tls(
            ("ssl_cipher", "ssl_session_id", "ssl_cipher_usekeysize", "ssl_secure_protocol")),
        "tomcat:escaped": [("ssl_client_escaped_cert", pem_nginx(leaf))] + java_tls(
            ("ssl_cipher", "ssl_session_id", "ssl_cipher_usekeysize", "ssl_secure_protocol")),
        # SSLHeaderHandler of Undertow.
        "undertow": [("SSL_CLIENT_CERT", pem_space(leaf))] + java_tls(
            ("SSL_CIPHER", "SSL_SESSION_ID", "SSL_CIPHER_USEKEYSIZE", "SECURE_PROTOCOL")),
        # The example of HAProxy's manual; verify is 0 for X509_V_OK.
        "haproxy": [("X-SSL", "1"), ("X-SSL-Client-Verify", "0"), ("X-SSL-Client-SHA1", sha1.hex().upper()),
                    ("X-SSL-Client-DN", dn_slash(subject)), ("X-SSL-Issuer", dn_slash(issuer)),
                    ("X-SSL-Client-CN", common_name[0].encode() if common_name else None),
                    ("X-SSL-Client-NotBefore", asn1_time(NOT_BEFORE)),
                    ("X-SSL-Client-NotAfter", asn1_time(NOT_AFTER))],
        # Keycloak's haproxy provider: bare base64; the chain as one run of DER.
        "keycloak-haproxy": [("Client-Cert", b64(der)), ("Client-Cert-Chain", b64(b"".join(chain_ders)) or None)],
        # Keycloak's apache provider: SSL_CLIENT_CERT and CERT_CHAIN_n as mod_headers sends them.
        "keycloak-apache": [("SSL_CLIENT_CERT", pem_space(leaf))] + [
            ("CERT_CHAIN_%d" % i, pem_space(c)) for i, c in enumerate(chain)],
        "traefik": [("X-Forwarded-Tls-Client-Cert", bodies), ("X-Forwarded-Tls-Client-Cert-Info", traefik_info(world))],
        "traefik:info": [("X-Forwarded-Tls-Client-Cert-Info", traefik_info(world))],
        # AWS: verify mode.
        "alb": [("X-Amzn-Mtls-Clientcert-Serial-Number", hex_upper(serial)),
                ("X-Amzn-Mtls-Clientcert-Issuer", issuer_2253), ("X-Amzn-Mtls-Clientcert-Subject", subject_2253),
                ("X-Amzn-Mtls-Clientcert-Validity", validity), ("X-Amzn-Mtls-Clientcert-Leaf", pem_aws(leaf))],
        "alb:passthrough": [("X-Amzn-Mtls-Clientcert", pem_aws(leaf, *chain))],
        "cloudfront": [("CloudFront-Viewer-Cert-Present", "1"),
                       ("CloudFront-Viewer-Cert-Serial-Number", hex_colon(serial)),
                       ("CloudFront-Viewer-Cert-Issuer", issuer_2253),
                       ("CloudFront-Viewer-Cert-Subject", subject_2253),
                       ("CloudFront-Viewer-Cert-Sha256", sha256.hex()),
                       ("CloudFront-Viewer-Cert-Validity", validity),
                       ("CloudFront-Viewer-Cert-Pem", pem_nginx(leaf))],
        # Google: SAN lists as base64 items, the SPIFFE ID not among the URIs; DNs as base64 of DER.
        "gcp": gcp,
        "gcp:dn,leaf,chain": gcp + [
            ("X-Client-Cert-Issuer-DN", b64(issuer.public_bytes())),
            ("X-Client-Cert-Subject-DN", b64(subject.public_bytes()) if subject.rdns else None),
            ("X-Client-Cert-Leaf", sf(der)), ("X-Client-Cert-Chain", sf(*chain_ders) or None)],
        "azure": [("X-ARR-ClientCert", b64(der))],
        "aspnet": [("X-Client-Cert", b64(der))],
        "aspnet:MS-ASPNETCORE-CLIENTCERT": [("MS-ASPNETCORE-CLIENTCERT", b64(der))],
        "cloudflare": [("cf-cert-presented", "true"), ("cf-cert-verified", "true"),
                       ("cf-cert-issuer-dn", dn_2253(issuer, comma=", ", plus=" + ")),
                       ("cf-cert-subject-dn", dn_2253(subject, comma=", ", plus=" + ") or None),
                       ("cf-cert-issuer-dn-rfc2253", issuer_2253), ("cf-cert-subject-dn-rfc2253", subject_2253),
                       ("cf-cert-issuer-dn-legacy", dn_slash(issuer)),
                       ("cf-cert-subject-dn-legacy", dn_slash(subject)), ("cf-cert-serial", hex_upper(serial)),
                       ("cf-cert-not-before", openssl_time(NOT_BEFORE)), ("cf-cert-not-after", openssl_time(NOT_AFTER)),
                       ("cf-cert-ski", ski), ("cf-cert-issuer-ski", aki)],
        "kong": [("X-Client-Cert", pem_nginx(leaf)), ("X-Client-Cert-Serial", hex_upper(serial)),
                 ("X-Client-Cert-Issuer-DN", issuer_2253), ("X-Client-Cert-Subject-DN", subject_2253),
                 ("X-Client-Cert-Fingerprint", sha1.hex())],
        "puppet": [("X-Client-Verify", "SUCCESS"), ("X-Client-DN", subject_2253), ("X-Client-Cert", pem_nginx(leaf))],
        "pulp": [("X-CLIENT-CERT", pem_nginx(leaf))],
        "vault": [("X-Client-Cert", b64(der))],
        "vault:X-Vault-Cert": [("X-Vault-Cert", b64(der))],
        "cloudfoundry": [("X-Forwarded-Client-Cert", b64(der))],
    }


class World:
    """A leaf, the CA certificates between it and the root, the root, and the server's own certificate."""

    def __init__(self, subject, san, serial, direct):
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = make_certificate(key, ROOT, ROOT, 1001, [])
        self.chain = [] if direct else [make_certificate(key, ISSUING, ROOT, 1002, [])]
        self.leaf = make_certificate(key, subject, ROOT if direct else ISSUING, serial, san)
        self.server = make_certificate(key, [("CN", "gw")], ROOT, 1003,
                                       [x509.DNSName("gw.example.com"),
                                        x509.UniformResourceIdentifier("spiffe://example.com/gw"),
                                        x509.UniformResourceIdentifier("urn:gw;1")])

    def write(self, directory):
        os.makedirs(directory, exist_ok=True)
        for name, text in (("leaf", pem_of(self.leaf)), ("chain", pem_of(*self.chain, self.root)),
                           ("server", pem_of(self.server))):
            with open(os.path.join(directory, name + ".pem"), "w") as f:
                f.write(text)


def main(directory):
    for name, case in CASES.items():
        world = World(*case)
        world.write(os.path.join(directory, name))
        with open(os.path.join(directory, name, "expected"), "wb") as f:
            for word, headers in profiles(world).items():
                for header, value in headers:
                    if value is not None:
                        value = value if isinstance(value, bytes) else value.encode("ascii")
                        f.write(("%s\t%s: " % (word, header)).encode() + value + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
