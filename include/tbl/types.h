/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_TYPE(id, name, operators besides is and present, separator of "like", default format, parser, example,
 * documentation) */
#define MTLS_TEXT_OPS (MTLS_OP_LIKE | MTLS_OP_MATCHES)
#define MTLS_ORDER_OPS (MTLS_OP_LT | MTLS_OP_LE | MTLS_OP_GT | MTLS_OP_GE)
MTLS_TYPE(TEXT, "text", MTLS_TEXT_OPS, 0, "text", mtls_parse_text, "\"Payments\"",
    "UTF-8 text, compared code point by code point")
MTLS_TYPE(DNS, "DNS name", MTLS_TEXT_OPS | MTLS_OP_COVERS, '.', "text", mtls_parse_dns, "web.example.org",
    "a DNS name; ASCII case is ignored, a * in a certificate is just a character")
MTLS_TYPE(URI, "URI", MTLS_TEXT_OPS, '/', "text", mtls_parse_uri, "spiffe://example.org/ns/shop/sa/web",
    "a URI, compared octet by octet, never normalised")
MTLS_TYPE(MAIL, "mail address", MTLS_TEXT_OPS, '@', "text", mtls_parse_mail, "anne@example.org",
    "a mail address; ASCII case of the domain is ignored")
MTLS_TYPE(UPN, "user principal name", MTLS_TEXT_OPS, '@', "text", mtls_parse_text, "anne@corp.example.org",
    "a Microsoft user principal name, compared octet by octet")
MTLS_TYPE(IP, "IP address", 0, 0, "text", mtls_parse_ip, "192.0.2.0/24",
    "an IPv4 or IPv6 address; the operand may be a network in CIDR form")
MTLS_TYPE(DN, "distinguished name", 0, 0, "rfc4514", mtls_parse_dn, "\"CN=web,O=Example,C=DE\"",
    "a distinguished name in RFC 4514 form (most specific first) or in slash form (encoded order)")
MTLS_TYPE(SERIAL, "serial number", 0, 0, "hex-upper", mtls_parse_serial, "0A:1B:2C",
    "a serial number in hexadecimal; case, colons and leading zeros are ignored")
MTLS_TYPE(SHA256, "SHA-256 digest", 0, 0, "hex", mtls_parse_sha256, "pem:conf/client.pem",
    "64 hexadecimal digits; case and colons are ignored")
MTLS_TYPE(SHA1, "SHA-1 digest", 0, 0, "hex", mtls_parse_sha1, "pem:conf/client.pem",
    "40 hexadecimal digits; case and colons are ignored")
MTLS_TYPE(OCTETS, "key identifier", 0, 0, "hex", mtls_parse_octets, "0a1b2c3d",
    "octets in hexadecimal; case and colons are ignored")
MTLS_TYPE(TIME, "time", MTLS_ORDER_OPS, 0, "rfc3339", mtls_parse_time, "2027-01-01T00:00:00Z",
    "a time in RFC 3339 form")
MTLS_TYPE(DURATION, "duration", MTLS_ORDER_OPS, 0, "decimal", mtls_parse_duration, "7d",
    "a number followed by s, m, h, d or w")
MTLS_TYPE(NUMBER, "number", MTLS_ORDER_OPS, 0, "decimal", mtls_parse_number, "2048",
    "a whole number, 0 or more")
MTLS_TYPE(OID, "object identifier", 0, 0, "text", mtls_parse_oid, "1.3.6.1.4.1.99999.1",
    "an object identifier in dotted decimal")
MTLS_TYPE(PURPOSE, "extended key usage", 0, 0, "text", mtls_parse_purpose, "clientAuth",
    "the name of an extended key usage or its object identifier")
MTLS_TYPE(POLICY, "certificate policy", 0, 0, "text", mtls_parse_policy, "1.3.6.1.4.1.99999.1.2",
    "the object identifier of a certificate policy, or anyPolicy")
MTLS_TYPE(KEY_USAGE, "key usage", 0, 0, "text", mtls_parse_key_usage, "digitalSignature",
    "the name of a key usage bit")
MTLS_TYPE(KEY_TYPE, "key type", 0, 0, "text", mtls_parse_key_type, "ec",
    "rsa, rsa-pss, ec, ed25519 or ed448")
MTLS_TYPE(CURVE, "curve", 0, 0, "text", mtls_parse_curve, "P-256",
    "the name of an elliptic curve: its NIST name if it has one, else the one OpenSSL prints")
MTLS_TYPE(SIGALG, "signature algorithm", 0, 0, "text", mtls_parse_sigalg, "ecdsa-with-SHA256",
    "the name of a signature algorithm as OpenSSL prints it")
MTLS_TYPE(TLS_VERSION, "TLS version", MTLS_ORDER_OPS, 0, "text", mtls_parse_tls_version, "TLSv1.3",
    "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3")
MTLS_TYPE(DER, "certificate", 0, 0, "pem-url", mtls_parse_none, "",
    "a whole certificate, for export only")
MTLS_TYPE(STATUS, "status", 0, 0, "text", mtls_parse_none, "",
    "a word about the request, for export only")
#undef MTLS_TYPE
#undef MTLS_TEXT_OPS
#undef MTLS_ORDER_OPS
