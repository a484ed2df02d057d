/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_FIELD(id, name, type, flags, extractor, documentation,
 *            example)
 * Example: the words behind "Require mtls", or behind MTLSHeader for fields that are for export only.
 * A name that ends in '.' is a family: an attribute's suffix or an OID follows. */
MTLS_FIELD(SUBJECT, "subject", DN, 0, mtls_extract_subject, "the subject's distinguished name",
    "subject \"CN=web,O=Example,C=DE\"")
MTLS_FIELD(SUBJECT_ATTR, "subject.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_subject_attribute,
    "an attribute of the subject, by name or OID",
    "subject.ou Payments \"Back Office\"")
MTLS_FIELD(ISSUER, "issuer", DN, 0, mtls_extract_issuer,
    "the issuer's distinguished name, only as unique as the trusted CAs' names",
    "issuer pem:conf/issuing-ca.pem")
MTLS_FIELD(ISSUER_ATTR, "issuer.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_issuer_attribute,
    "an attribute of the issuer, by name or OID",
    "issuer.o \"Example Trust\"")
MTLS_FIELD(SAN_DNS, "san.dns", DNS, MTLS_FIELD_MANY, mtls_extract_san_dns, "DNS names (subject alternative name)",
    "san.dns like *.shop.example.org")
MTLS_FIELD(SAN_URI, "san.uri", URI, MTLS_FIELD_MANY, mtls_extract_san_uri, "URIs (subject alternative name)",
    "san.uri like spiffe://example.org/ns/*/sa/web")
MTLS_FIELD(SAN_EMAIL, "san.email", MAIL, MTLS_FIELD_MANY, mtls_extract_san_email,
    "mail addresses (subject alternative name)",
    "san.email like *@example.org")
MTLS_FIELD(SAN_IP, "san.ip", IP, MTLS_FIELD_MANY, mtls_extract_san_ip, "IP addresses (subject alternative name)",
    "san.ip 192.0.2.0/24 2001:db8::/32")
MTLS_FIELD(SAN_UPN, "san.upn", UPN, MTLS_FIELD_MANY, mtls_extract_san_upn,
    "Microsoft user principal names (subject alternative name)",
    "san.upn anne@corp.example.org")
MTLS_FIELD(SAN_DIRNAME, "san.dirname", DN, MTLS_FIELD_MANY, mtls_extract_san_dirname,
    "directory names (subject alternative name)",
    "san.dirname \"CN=Anne,C=DE\"")
MTLS_FIELD(SAN_RID, "san.rid", OID, MTLS_FIELD_MANY, mtls_extract_san_rid,
    "registered identifiers (subject alternative name)",
    "san.rid 1.3.6.1.4.1.99999.1")
MTLS_FIELD(SAN_OTHER, "san.other.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_san_other,
    "other names of one type, by OID, where the value is a string",
    "san.other.1.3.6.1.4.1.99999.2 gate-7")
MTLS_FIELD(SPIFFE, "spiffe", URI, 0, mtls_extract_spiffe,
    "the SPIFFE ID, where the only URI of the certificate is a valid one",
    "spiffe like spiffe://example.org/ns/shop/**")
MTLS_FIELD(SPIFFE_TRUST_DOMAIN, "spiffe.trust-domain", TEXT, 0, mtls_extract_spiffe_trust_domain,
    "the SPIFFE ID's trust domain",
    "spiffe.trust-domain example.org")
MTLS_FIELD(SPIFFE_PATH, "spiffe.path", URI, 0, mtls_extract_spiffe_path, "the SPIFFE ID's path, with its leading slash",
    "spiffe.path like /ns/*/sa/web")
MTLS_FIELD(SERIAL, "serial", SERIAL, 0, mtls_extract_serial, "the serial number, unique only together with the issuer",
    "serial 0A:1B:2C")
MTLS_FIELD(SHA256, "sha256", SHA256, MTLS_FIELD_LATE, mtls_extract_sha256, "SHA-256 of the certificate",
    "sha256 pem:conf/client.pem")
MTLS_FIELD(SHA1, "sha1", SHA1, MTLS_FIELD_LATE, mtls_extract_sha1, "SHA-1 of the certificate",
    "sha1 pem:conf/client.pem")
MTLS_FIELD(SPKI_SHA256, "spki.sha256", SHA256, MTLS_FIELD_LATE, mtls_extract_spki_sha256,
    "SHA-256 of the public key (SubjectPublicKeyInfo)",
    "spki.sha256 pem:conf/client.pem")
MTLS_FIELD(SKI, "ski", OCTETS, 0, mtls_extract_ski, "the subject key identifier",
    "ski 0a1b2c3d4e5f60718293")
MTLS_FIELD(AKI, "aki", OCTETS, 0, mtls_extract_aki, "the authority key identifier's key identifier",
    "aki pem:conf/issuing-ca.pem")
MTLS_FIELD(CA, "ca", DN, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN, mtls_extract_ca,
    "names of the CA certificates in the verified chain",
    "ca \"CN=Example Root CA,O=Example Trust,C=DE\"")
MTLS_FIELD(CA_SHA256, "ca.sha256", SHA256, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN, mtls_extract_ca_sha256,
    "SHA-256 of each CA certificate in the verified chain",
    "ca.sha256 pem:conf/partners-ca.pem")
MTLS_FIELD(CA_SPKI_SHA256, "ca.spki.sha256", SHA256, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN, mtls_extract_ca_spki_sha256,
    "SHA-256 of each CA's public key in the verified chain",
    "ca.spki.sha256 pem:conf/partners-ca.pem")
MTLS_FIELD(CHAIN_LENGTH, "chain.length", NUMBER, MTLS_FIELD_CHAIN, mtls_extract_chain_length,
    "how many certificates the verified chain has, the client's and the trust anchor counted",
    "chain.length <= 3")
MTLS_FIELD(NOT_BEFORE, "not-before", TIME, 0, mtls_extract_not_before, "begin of the validity",
    "not-before >= 2026-01-01T00:00:00Z")
MTLS_FIELD(NOT_AFTER, "not-after", TIME, 0, mtls_extract_not_after, "end of the validity",
    "not-after < 2030-01-01T00:00:00Z")
MTLS_FIELD(REMAINING, "remaining", DURATION, MTLS_FIELD_LIVE, NULL,
    "how long the certificate remains valid, at the time of the request",
    "remaining >= 7d")
MTLS_FIELD(LIFETIME, "lifetime", DURATION, 0, mtls_extract_lifetime, "from the begin to the end of the validity",
    "lifetime <= 90d")
MTLS_FIELD(EKU, "eku", PURPOSE, MTLS_FIELD_MANY, mtls_extract_eku,
    "extended key usages; anyExtendedKeyUsage is only itself",
    "eku clientAuth")
MTLS_FIELD(KU, "ku", KEY_USAGE, MTLS_FIELD_MANY, mtls_extract_ku, "key usages",
    "ku digitalSignature")
MTLS_FIELD(POLICY, "policy", POLICY, MTLS_FIELD_MANY, mtls_extract_policy, "certificate policies",
    "policy 1.3.6.1.4.1.99999.1.2")
MTLS_FIELD(EXT, "ext.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_extension,
    "an extension by OID, where its value is a string",
    "ext.1.3.6.1.4.1.99999.7 gold")
MTLS_FIELD(KEY_TYPE, "key.type", KEY_TYPE, 0, mtls_extract_key_type, "the public key's type",
    "key.type ec ed25519")
MTLS_FIELD(KEY_BITS, "key.bits", NUMBER, 0, mtls_extract_key_bits, "the public key's size in bits",
    "key.bits >= 2048")
MTLS_FIELD(KEY_CURVE, "key.curve", CURVE, 0, mtls_extract_key_curve, "the public key's elliptic curve",
    "key.curve P-256 P-384")
MTLS_FIELD(SIGALG, "sigalg", SIGALG, 0, mtls_extract_sigalg, "the algorithm the certificate was signed with",
    "sigalg ecdsa-with-SHA256")
MTLS_FIELD(VERSION, "version", NUMBER, 0, mtls_extract_version, "the certificate's X.509 version: 1, 2 or 3",
    "version 3")
MTLS_FIELD(TLS_VERSION, "tls.version", TLS_VERSION, MTLS_FIELD_TLS, mtls_extract_tls_version,
    "the connection's TLS version",
    "tls.version >= TLSv1.3")
MTLS_FIELD(SNI, "sni", DNS, MTLS_FIELD_TLS, mtls_extract_sni,
    "the server name that the client asked for in the handshake",
    "sni www.example.org")
MTLS_FIELD(LABEL, "label.", TEXT, MTLS_FIELD_FAMILY | MTLS_FIELD_LIVE, NULL,
    "a label of the certificate's entries in a list: label.LIST.NAME",
    "label.partners.role billing")
MTLS_FIELD(VERIFY, "verify", STATUS, MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT, NULL, "SUCCESS, NONE or FAILED:reason",
    "X-Client-Verify verify")
MTLS_FIELD(REASON, "reason", STATUS, MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT, NULL, "the reason's slug",
    "X-Client-Reason reason")
MTLS_FIELD(USER, "user", STATUS, MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT, NULL, "the user name that MTLSUser made",
    "X-Remote-User user")
MTLS_FIELD(TLS_CIPHER, "tls.cipher", STATUS, MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_tls_cipher,
    "the connection's cipher suite",
    "X-TLS-Cipher tls.cipher")
MTLS_FIELD(TLS_CIPHER_BITS, "tls.cipher-bits", NUMBER, MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_tls_cipher_bits,
    "the cipher's key size in bits",
    "X-TLS-Bits tls.cipher-bits")
MTLS_FIELD(TLS_SESSION_ID, "tls.session-id", OCTETS, MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_tls_session_id,
    "the TLS session's id",
    "X-TLS-Session tls.session-id")
MTLS_FIELD(SERVER_SAN_URI,
    "server.san.uri", URI, MTLS_FIELD_MANY | MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_server_san_uri,
    "URIs of this server's own certificate",
    "X-Server-Id server.san.uri")
MTLS_FIELD(CERTIFICATE, "certificate", DER, MTLS_FIELD_EXPORT | MTLS_FIELD_LATE, mtls_extract_certificate,
    "the whole certificate",
    "X-Client-Cert certificate pem-url")
MTLS_FIELD(CHAIN, "chain", DER, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN | MTLS_FIELD_EXPORT, mtls_extract_chain,
    "the verified chain above the certificate, a self-signed trust anchor left out",
    "X-Client-Chain chain sf")
#undef MTLS_FIELD
