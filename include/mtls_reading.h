/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_reading.h
 * @brief What the readers of fields share while one certificate becomes facts.
 *
 * Octets that a reading points to belong to OpenSSL and end with it; what a
 * reader puts into a value is a copy in the reading's pool.
 */
#ifndef MTLS_READING_H
#define MTLS_READING_H

#include "mtls_cert.h"
#include "mtls_der.h"
#include "mtls_dn.h"

/** A name, decoded when the first field asks for it. */
typedef struct mtls_read_name_t {
    mtls_str_t der;
    const mtls_dn_t *dn;     /**< NULL: nobody has asked yet */
} mtls_read_name_t;

/** subjectAltName: the content of its GeneralNames, known to be well-formed. */
typedef struct mtls_read_san_t {
    mtls_known_t known;
    mtls_str_t names;
} mtls_read_san_t;

/** One certificate on its way to facts. */
typedef struct mtls_reading_t {
    apr_pool_t *pool;
    const mtls_source_t *source;
    X509 *leaf;
    mtls_str_t der;          /**< of the leaf, where it is at hand; else empty */
    mtls_read_name_t subject, issuer;
    mtls_read_san_t san;
    int uris_read;           /**< uris holds san.uri */
    mtls_values_t uris;
    int valid_times;         /**< notBefore and notAfter could be read */
    apr_int64_t not_before, not_after;
} mtls_reading_t;

/** Read what every certificate is asked for: its validity and where its alternative names are. */
void mtls_reading_begin(mtls_reading_t *reading, apr_pool_t *p, const mtls_source_t *source);

/** The content of the extension with this OID: MTLS_PRESENT, MTLS_ABSENT, or MTLS_UNREADABLE if it occurs twice. */
mtls_known_t mtls_read_extension(X509 *certificate, mtls_str_t oid, mtls_str_t *content);

/** The subject alternative names of any certificate. */
mtls_read_san_t mtls_read_san(X509 *certificate);

/** A time of a certificate, UTCTime or GeneralizedTime, in seconds since 1970. False if it cannot be read. */
int mtls_read_time(const ASN1_TIME *time, apr_int64_t *seconds);

/** The content octets of an INTEGER. In p. */
mtls_str_t mtls_read_integer(apr_pool_t *p, const ASN1_INTEGER *integer);

/** The content octets of an object's OID. */
mtls_str_t mtls_read_object(const ASN1_OBJECT *object);

/** The result of a field without values. */
mtls_values_t mtls_values_none(mtls_known_t known);
/** The result of a field with one value, which is copied into p. */
mtls_values_t mtls_values_one(apr_pool_t *p, mtls_value_t value);
/** Likewise for text of the connection: absent if NULL or empty, unreadable if it is not clean. */
mtls_values_t mtls_values_word(apr_pool_t *p, const char *word);
/** A name as the single value of a field: absent if it is empty. der lives in p. */
mtls_values_t mtls_values_dn(apr_pool_t *p, mtls_str_t der, const mtls_dn_t *dn);

/** @return 1 if text is printable ASCII and not empty, as an IA5String that names something has to be */
int mtls_text_ia5(mtls_str_t text);

/** Split a SPIFFE ID. @return 1, or 0 if it is not a valid one. The path may be empty. */
int mtls_spiffe_split(mtls_str_t uri, mtls_str_t *trust_domain, mtls_str_t *path);

/* The extractors that tbl/fields.h names. */
mtls_extract_fn mtls_extract_subject, mtls_extract_subject_attribute, mtls_extract_issuer,
    mtls_extract_issuer_attribute, mtls_extract_serial, mtls_extract_sha256, mtls_extract_sha1,
    mtls_extract_spki_sha256, mtls_extract_not_before, mtls_extract_not_after, mtls_extract_lifetime,
    mtls_extract_key_type, mtls_extract_key_bits, mtls_extract_key_curve, mtls_extract_sigalg, mtls_extract_version,
    mtls_extract_certificate;

mtls_extract_fn mtls_extract_san_dns, mtls_extract_san_uri, mtls_extract_san_email, mtls_extract_san_ip,
    mtls_extract_san_upn, mtls_extract_san_dirname, mtls_extract_san_rid, mtls_extract_san_other,
    mtls_extract_server_san_uri, mtls_extract_spiffe, mtls_extract_spiffe_trust_domain, mtls_extract_spiffe_path;

mtls_extract_fn mtls_extract_ski, mtls_extract_aki, mtls_extract_eku, mtls_extract_ku, mtls_extract_policy,
    mtls_extract_extension;

mtls_extract_fn mtls_extract_ca, mtls_extract_ca_sha256, mtls_extract_ca_spki_sha256, mtls_extract_chain_length,
    mtls_extract_chain, mtls_extract_tls_version, mtls_extract_sni, mtls_extract_tls_cipher,
    mtls_extract_tls_cipher_bits, mtls_extract_tls_session_id;

/** DER of a certificate, and digests, in p. Unreadable where OpenSSL cannot make them. */
mtls_values_t mtls_values_certificate(apr_pool_t *p, X509 *certificate);
mtls_values_t mtls_values_sha256(apr_pool_t *p, X509 *certificate);
mtls_values_t mtls_values_spki_digest(apr_pool_t *p, X509 *certificate);

#endif
