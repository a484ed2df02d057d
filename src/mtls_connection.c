/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <openssl/x509v3.h>
#include "mtls_name.h"
#include "mtls_reading.h"

/* Reads one certificate of the chain: one value, or none and why. */
typedef mtls_values_t read_certificate_fn(apr_pool_t *p, X509 *certificate);

/* One value for each of the first n certificates of the chain. */
static mtls_values_t read_chain(mtls_reading_t *reading, int n, read_certificate_fn *read)
{
    mtls_value_t *values;
    int i;

    if (n <= 0)
        return mtls_values_none(n < 0 ? MTLS_UNAVAILABLE : MTLS_ABSENT);
    values = apr_palloc(reading->pool, (apr_size_t)n * sizeof(*values));
    for (i = 0; i < n; i++) {
        mtls_values_t one = read(reading->pool, reading->source->chain[i]);

        if (one.known != MTLS_PRESENT)
            return mtls_values_none(MTLS_UNREADABLE);
        values[i] = one.v[0];
    }
    return (mtls_values_t){ MTLS_PRESENT, n, values };
}

static mtls_values_t read_subject(apr_pool_t *p, X509 *certificate)
{
    const unsigned char *octets;
    mtls_str_t der;
    size_t len;

    if (X509_NAME_get0_der(X509_get_subject_name(certificate), &octets, &len) != 1)
        return mtls_values_none(MTLS_UNREADABLE);
    der = mtls_str_copy(p, (mtls_str_t){ (const char *)octets, len });
    return mtls_values_dn(p, der, mtls_dn_read_der(p, der));
}

void mtls_extract_ca(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = read_chain(reading, reading->source->chain_len, read_subject);
}

void mtls_extract_ca_sha256(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    const mtls_source_t *source = reading->source;
    mtls_value_t *values;
    int n = source->chain_len, i;

    (void)field;
    if (n <= 0 || !source->chain_digests) {
        *out = read_chain(reading, n, mtls_values_sha256);
        return;
    }
    values = apr_palloc(reading->pool, (apr_size_t)n * sizeof(*values));
    for (i = 0; i < n; i++)
        values[i] = mtls_value_text(mtls_str_copy(reading->pool, (mtls_str_t){ (const char *)source->chain_digests[i],
                                                                               MTLS_DIGEST_LEN }));
    *out = (mtls_values_t){ MTLS_PRESENT, n, values };
}

void mtls_extract_ca_spki_sha256(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = read_chain(reading, reading->source->chain_len, mtls_values_spki_digest);
}

void mtls_extract_chain_length(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    int above = reading->source->chain_len;

    (void)field;
    *out = mtls_values_none(MTLS_UNAVAILABLE);
    if (above >= 0)
        *out = mtls_values_one(reading->pool, mtls_value_number(reading->pool, above + 1));
}

static int has_own_key_id(X509 *certificate)
{
    const ASN1_OCTET_STRING *issuer_key = X509_get0_authority_key_id(certificate);
    const ASN1_OCTET_STRING *key = X509_get0_subject_key_id(certificate);
    const ASN1_INTEGER *serial = X509_get0_authority_serial(certificate);

    return !(issuer_key && key && ASN1_OCTET_STRING_cmp(issuer_key, key))
        && !(serial && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)));
}

/* -1: nobody knows. What OpenSSL has noted, EXFLAG_SS for one, stays as it is for as long as the certificate is kept, also
 * where there was no memory to find it out: then another copy is asked. */
static int is_own_issuer(X509 *certificate)
{
    X509 *copy;
    int own;

    if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)))
        return 0;
    if (!(X509_get_extension_flags(certificate) & EXFLAG_INVALID))
        return has_own_key_id(certificate);
    copy = X509_dup(certificate);
    own = copy && !(X509_get_extension_flags(copy) & EXFLAG_INVALID) ? has_own_key_id(copy) : -1;
    X509_free(copy);
    return own;
}

void mtls_extract_chain(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    int n = reading->source->chain_len, own = n > 0 ? is_own_issuer(reading->source->chain[n - 1]) : 0;

    (void)field;
    *out = read_chain(reading, own < 0 ? -1 : n - own, mtls_values_certificate);
}

void mtls_extract_tls_version(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    const char *name = reading->source->tls_version;
    mtls_value_t value;

    (void)field;
    *out = mtls_values_none(name ? MTLS_UNREADABLE : MTLS_ABSENT);
    if (name && mtls_value_tls_version(name, &value) == 0)
        *out = mtls_values_one(reading->pool, value);
}

void mtls_extract_sni(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t name = mtls_str(reading->source->sni);

    (void)field;
    *out = mtls_values_none(name.len ? MTLS_UNREADABLE : MTLS_ABSENT);
    if (mtls_text_ia5(name))
        *out = mtls_values_one(reading->pool, mtls_value_dns(reading->pool, name));
}

void mtls_extract_tls_cipher(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = mtls_values_word(reading->pool, reading->source->cipher);
}

void mtls_extract_tls_cipher_bits(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = mtls_values_none(MTLS_ABSENT);
    if (reading->source->cipher)
        *out = mtls_values_one(reading->pool, mtls_value_number(reading->pool, reading->source->cipher_bits));
}

void mtls_extract_tls_session_id(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t id = reading->source->session_id;

    (void)field;
    *out = mtls_values_none(MTLS_ABSENT);
    if (id.len)
        *out = mtls_values_one(reading->pool, mtls_value_text(mtls_str_copy(reading->pool, id)));
}
