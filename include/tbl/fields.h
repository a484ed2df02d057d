/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLS_FIELD(id, name, type, flags, extractor, documentation)
 * A name that ends in '.' is a family: an attribute's suffix or an OID follows. */
MTLS_FIELD(SUBJECT, "subject", DN, 0, mtls_extract_subject, "the subject's distinguished name")
MTLS_FIELD(SUBJECT_ATTR, "subject.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_subject_attribute,
    "an attribute of the subject, by name or OID")
MTLS_FIELD(ISSUER, "issuer", DN, 0, mtls_extract_issuer,
    "the issuer's distinguished name, only as unique as the trusted CAs' names")
MTLS_FIELD(ISSUER_ATTR, "issuer.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_issuer_attribute,
    "an attribute of the issuer, by name or OID")
MTLS_FIELD(SAN_DNS, "san.dns", DNS, MTLS_FIELD_MANY, mtls_extract_san_dns, "DNS names (subject alternative name)")
MTLS_FIELD(SAN_URI, "san.uri", URI, MTLS_FIELD_MANY, mtls_extract_san_uri, "URIs (subject alternative name)")
MTLS_FIELD(SAN_EMAIL, "san.email", MAIL, MTLS_FIELD_MANY, mtls_extract_san_email,
    "mail addresses (subject alternative name)")
MTLS_FIELD(SAN_IP, "san.ip", IP, MTLS_FIELD_MANY, mtls_extract_san_ip, "IP addresses (subject alternative name)")
MTLS_FIELD(SAN_UPN, "san.upn", UPN, MTLS_FIELD_MANY, mtls_extract_san_upn,
    "Microsoft user principal names (subject alternative name)")
MTLS_FIELD(SAN_DIRNAME, "san.dirname", DN, MTLS_FIELD_MANY, mtls_extract_san_dirname,
    "directory names (subject alternative name)")
MTLS_FIELD(SAN_RID, "san.rid", OID, MTLS_FIELD_MANY, mtls_extract_san_rid,
    "registered identifiers (subject alternative name)")
MTLS_FIELD(SAN_OTHER, "san.other.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_san_other,
    "other names of one type, by OID, where the value is a string")
MTLS_FIELD(SPIFFE, "spiffe", URI, 0, mtls_extract_spiffe,
    "the SPIFFE ID, where the only URI of the certificate is a valid one")
MTLS_FIELD(SPIFFE_TRUST_DOMAIN, "spiffe.trust-domain", TEXT, 0, mtls_extract_spiffe_trust_domain,
    "the SPIFFE ID's trust domain")
MTLS_FIELD(SPIFFE_PATH, "spiffe.path", URI, 0, mtls_extract_spiffe_path, "the SPIFFE ID's path, with its leading slash")
MTLS_FIELD(SERIAL, "serial", SERIAL, 0, mtls_extract_serial, "the serial number, unique only together with the issuer")
MTLS_FIELD(SHA256, "sha256", SHA256, 0, mtls_extract_sha256, "SHA-256 of the certificate")
MTLS_FIELD(SHA1, "sha1", SHA1, 0, mtls_extract_sha1, "SHA-1 of the certificate")
MTLS_FIELD(SPKI_SHA256, "spki.sha256", SHA256, 0, mtls_extract_spki_sha256,
    "SHA-256 of the public key (SubjectPublicKeyInfo)")
MTLS_FIELD(SKI, "ski", OCTETS, 0, mtls_extract_ski, "the subject key identifier")
MTLS_FIELD(AKI, "aki", OCTETS, 0, mtls_extract_aki, "the authority key identifier's key identifier")
MTLS_FIELD(CA, "ca", DN, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN, mtls_extract_ca,
    "names of the CA certificates in the verified chain")
MTLS_FIELD(CA_SHA256, "ca.sha256", SHA256, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN, mtls_extract_ca_sha256,
    "SHA-256 of each CA certificate in the verified chain")
MTLS_FIELD(CA_SPKI_SHA256, "ca.spki.sha256", SHA256, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN, mtls_extract_ca_spki_sha256,
    "SHA-256 of each CA's public key in the verified chain")
MTLS_FIELD(CHAIN_LENGTH, "chain.length", NUMBER, MTLS_FIELD_CHAIN, mtls_extract_chain_length,
    "how many certificates the verified chain has, the client's and the trust anchor counted")
MTLS_FIELD(NOT_BEFORE, "not-before", TIME, 0, mtls_extract_not_before, "begin of the validity")
MTLS_FIELD(NOT_AFTER, "not-after", TIME, 0, mtls_extract_not_after, "end of the validity")
MTLS_FIELD(REMAINING, "remaining", DURATION, MTLS_FIELD_LIVE, NULL,
    "how long the certificate remains valid, at the time of the request")
MTLS_FIELD(LIFETIME, "lifetime", DURATION, 0, mtls_extract_lifetime, "from the begin to the end of the validity")
MTLS_FIELD(EKU, "eku", PURPOSE, MTLS_FIELD_MANY, mtls_extract_eku,
    "extended key usages; anyExtendedKeyUsage is only itself")
MTLS_FIELD(KU, "ku", KEY_USAGE, MTLS_FIELD_MANY, mtls_extract_ku, "key usages")
MTLS_FIELD(POLICY, "policy", POLICY, MTLS_FIELD_MANY, mtls_extract_policy, "certificate policies")
MTLS_FIELD(EXT, "ext.", TEXT, MTLS_FIELD_MANY | MTLS_FIELD_FAMILY, mtls_extract_extension,
    "an extension by OID, where its value is a string")
MTLS_FIELD(KEY_TYPE, "key.type", KEY_TYPE, 0, mtls_extract_key_type, "the public key's type")
MTLS_FIELD(KEY_BITS, "key.bits", NUMBER, 0, mtls_extract_key_bits, "the public key's size in bits")
MTLS_FIELD(KEY_CURVE, "key.curve", CURVE, 0, mtls_extract_key_curve, "the public key's elliptic curve")
MTLS_FIELD(SIGALG, "sigalg", SIGALG, 0, mtls_extract_sigalg, "the algorithm the certificate was signed with")
MTLS_FIELD(VERSION, "version", NUMBER, 0, mtls_extract_version, "the certificate's X.509 version: 1, 2 or 3")
MTLS_FIELD(TLS_VERSION, "tls.version", TLS_VERSION, MTLS_FIELD_TLS, mtls_extract_tls_version,
    "the connection's TLS version")
MTLS_FIELD(SNI, "sni", DNS, MTLS_FIELD_TLS, mtls_extract_sni,
    "the server name that the client asked for in the handshake")
MTLS_FIELD(VERIFY, "verify", STATUS, MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT, NULL, "SUCCESS, NONE or FAILED:reason")
MTLS_FIELD(REASON, "reason", STATUS, MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT, NULL, "the reason's slug")
MTLS_FIELD(USER, "user", STATUS, MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT, NULL, "the user name that MTLSUser made")
MTLS_FIELD(TLS_CIPHER, "tls.cipher", STATUS, MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_tls_cipher,
    "the connection's cipher suite")
MTLS_FIELD(TLS_CIPHER_BITS, "tls.cipher-bits", NUMBER, MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_tls_cipher_bits,
    "the cipher's key size in bits")
MTLS_FIELD(TLS_SESSION_ID, "tls.session-id", OCTETS, MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_tls_session_id,
    "the TLS session's id")
MTLS_FIELD(SERVER_SAN_URI,
    "server.san.uri", URI, MTLS_FIELD_MANY | MTLS_FIELD_TLS | MTLS_FIELD_EXPORT, mtls_extract_server_san_uri,
    "URIs of this server's own certificate")
MTLS_FIELD(CERTIFICATE, "certificate", DER, MTLS_FIELD_EXPORT, mtls_extract_certificate, "the whole certificate")
MTLS_FIELD(CHAIN, "chain", DER, MTLS_FIELD_MANY | MTLS_FIELD_CHAIN | MTLS_FIELD_EXPORT, mtls_extract_chain,
    "the verified chain above the certificate, a self-signed trust anchor left out")
#undef MTLS_FIELD
