/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <apr_strings.h>
#include <openssl/evp.h>
#include "mtls_digest.h"
#include "mtls_name.h"
#include "mtls_reading.h"

/* The decoded name, once for all fields that need it. */
static const mtls_read_name_t *read_name(mtls_reading_t *reading, mtls_read_name_t *cached, const X509_NAME *name)
{
    const unsigned char *der;
    size_t len;

    if (cached->dn)
        return cached;
    if (X509_NAME_get0_der(name, &der, &len) == 1)
        cached->der = mtls_str_copy(reading->pool, (mtls_str_t){ (const char *)der, len });
    cached->dn = mtls_dn_read_der(reading->pool, cached->der);
    return cached;
}

static const mtls_read_name_t *read_subject(mtls_reading_t *reading)
{
    return read_name(reading, &reading->subject, X509_get_subject_name(reading->leaf));
}

static const mtls_read_name_t *read_issuer(mtls_reading_t *reading)
{
    return read_name(reading, &reading->issuer, X509_get_issuer_name(reading->leaf));
}

void mtls_extract_subject(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    const mtls_read_name_t *name = read_subject(reading);

    (void)field;
    *out = mtls_values_dn(reading->pool, name->der, name->dn);
}

void mtls_extract_issuer(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    const mtls_read_name_t *name = read_issuer(reading);

    (void)field;
    *out = mtls_values_dn(reading->pool, name->der, name->dn);
}

/* How many attributes there are of one type; -1 if one of them, or the whole name, is unreadable. */
static int count_attributes(const mtls_dn_t *dn, mtls_str_t oid)
{
    int n = 0, i;

    if (dn->n == 0 && !dn->readable)
        return -1;
    for (i = 0; i < dn->n; i++) {
        if (!mtls_str_eq(dn->attributes[i].oid, oid))
            continue;
        if (!dn->attributes[i].readable)
            return -1;
        n++;
    }
    return n;
}

static mtls_values_t select_attributes(apr_pool_t *p, const mtls_dn_t *dn, const mtls_field_t *field)
{
    int n = count_attributes(dn, field->oid), to = 0, i;
    mtls_value_t *values;

    if (n <= 0)
        return mtls_values_none(n ? MTLS_UNREADABLE : MTLS_ABSENT);
    values = apr_palloc(p, (apr_size_t)n * sizeof(*values));
    for (i = 0; to < n; i++) {
        mtls_str_t text = dn->attributes[i].text;

        if (!mtls_str_eq(dn->attributes[i].oid, field->oid))
            continue;
        values[to++] = field->type == &mtls_types[MTLS_T_MAIL] ? mtls_value_mail(p, text) : mtls_value_text(text);
    }
    return (mtls_values_t){ MTLS_PRESENT, n, values };
}

void mtls_extract_subject_attribute(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    *out = select_attributes(reading->pool, read_subject(reading)->dn, field);
}

void mtls_extract_issuer_attribute(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    *out = select_attributes(reading->pool, read_issuer(reading)->dn, field);
}

/* OpenSSL keeps an INTEGER as sign and magnitude. */
mtls_str_t mtls_read_integer(apr_pool_t *p, const ASN1_INTEGER *integer)
{
    int n = ASN1_STRING_length(integer), i;
    const unsigned char *magnitude = ASN1_STRING_get0_data(integer);
    unsigned char *octets = apr_palloc(p, (apr_size_t)n + 1);
    unsigned flip = (ASN1_STRING_type(integer) & V_ASN1_NEG) ? 0xff : 0, carry = flip ? 1 : 0;

    for (i = n; i >= 0; i--) {
        carry += (i ? magnitude[i - 1] : 0u) ^ flip;
        octets[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return (mtls_str_t){ (const char *)octets, (apr_size_t)n + 1 };
}

void mtls_extract_serial(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t content = mtls_read_integer(reading->pool, X509_get0_serialNumber(reading->leaf));
    mtls_value_t value = mtls_value_serial(reading->pool, content);

    (void)field;
    value.text = value.key;
    *out = mtls_values_one(reading->pool, value);
}

static mtls_values_t copy_octets(apr_pool_t *p, const unsigned char *octets, unsigned len)
{
    return mtls_values_one(p, mtls_value_text(mtls_str_copy(p, (mtls_str_t){ (const char *)octets, len })));
}

mtls_values_t mtls_values_sha256(apr_pool_t *p, X509 *certificate)
{
    unsigned char octets[MTLS_DIGEST_LEN];

    if (mtls_digest_get(certificate, octets) < 0)
        return mtls_values_none(MTLS_UNREADABLE);
    return copy_octets(p, octets, sizeof(octets));
}

void mtls_extract_sha256(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    unsigned char octets[MTLS_DIGEST_LEN];

    (void)field;
    if (reading->der.len && mtls_digest_der(reading->der.ptr, reading->der.len, octets) == 0)
        *out = copy_octets(reading->pool, octets, sizeof(octets));
    else
        *out = mtls_values_sha256(reading->pool, reading->leaf);
}

void mtls_extract_sha1(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned len;

    (void)field;
    *out = mtls_values_none(MTLS_UNREADABLE);
    if (X509_digest(reading->leaf, EVP_sha1(), octets, &len))
        *out = copy_octets(reading->pool, octets, len);
}

mtls_values_t mtls_values_spki_digest(apr_pool_t *p, X509 *certificate)
{
    unsigned char octets[EVP_MAX_MD_SIZE], *der = NULL;
    unsigned len;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der), done;

    if (size <= 0)
        return mtls_values_none(MTLS_UNREADABLE);
    done = EVP_Digest(der, (size_t)size, octets, &len, mtls_digest_algorithm(), NULL);
    OPENSSL_free(der);
    if (!done)
        return mtls_values_none(MTLS_UNREADABLE);
    return copy_octets(p, octets, len);
}

void mtls_extract_spki_sha256(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = mtls_values_spki_digest(reading->pool, reading->leaf);
}

mtls_values_t mtls_values_certificate(apr_pool_t *p, X509 *certificate)
{
    int size = i2d_X509(certificate, NULL);
    unsigned char *der, *to;

    if (size <= 0)
        return mtls_values_none(MTLS_UNREADABLE);
    der = to = apr_palloc(p, (apr_size_t)size);
    i2d_X509(certificate, &to);
    return mtls_values_one(p, mtls_value_text((mtls_str_t){ (const char *)der, (apr_size_t)size }));
}

void mtls_extract_certificate(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = mtls_values_certificate(reading->pool, reading->leaf);
}

static mtls_values_t number_if(mtls_reading_t *reading, int readable, apr_int64_t number)
{
    if (!readable)
        return mtls_values_none(MTLS_UNREADABLE);
    return mtls_values_one(reading->pool, mtls_value_number(reading->pool, number));
}

void mtls_extract_not_before(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = number_if(reading, reading->valid_times, reading->not_before);
}

void mtls_extract_not_after(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = number_if(reading, reading->valid_times, reading->not_after);
}

void mtls_extract_lifetime(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = number_if(reading, reading->valid_times, reading->not_after - reading->not_before);
}

void mtls_extract_version(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    long version = X509_get_version(reading->leaf) + 1;

    (void)field;
    *out = number_if(reading, version >= 1 && version <= 3, version);
}

/* A name in p, or where there is none the OID in dotted decimal. */
static mtls_values_t name_or_oid(apr_pool_t *p, const char *name, const ASN1_OBJECT *object)
{
    mtls_value_t oid;

    if (name)
        return mtls_values_word(p, name);
    if (mtls_value_oid(p, mtls_read_object(object), &oid) < 0)
        return mtls_values_none(MTLS_UNREADABLE);
    return mtls_values_one(p, mtls_value_text(oid.text));
}

/* OpenSSL's name in lower case, for key types that are not among the words of rules. */
static const char *name_other_key(apr_pool_t *p, int nid)
{
    return nid == NID_undef ? NULL : mtls_str_lower(p, mtls_str(OBJ_nid2sn(nid))).ptr;
}

void mtls_extract_key_type(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    ASN1_OBJECT *object;
    const char *name;
    int nid;

    (void)field;
    X509_PUBKEY_get0_param(&object, NULL, NULL, NULL, X509_get_X509_PUBKEY(reading->leaf));
    nid = OBJ_obj2nid(object);
    name = mtls_key_type_name(nid);
    *out = name_or_oid(reading->pool, name ? name : name_other_key(reading->pool, nid), object);
}

void mtls_extract_key_bits(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    EVP_PKEY *key = X509_get0_pubkey(reading->leaf);
    int bits = key ? EVP_PKEY_get_bits(key) : 0;

    (void)field;
    *out = number_if(reading, bits > 0, bits);
}

void mtls_extract_key_curve(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    ASN1_OBJECT *object;
    X509_ALGOR *algorithm;
    const void *curve;
    int type;

    (void)field;
    X509_PUBKEY_get0_param(&object, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(reading->leaf));
    *out = mtls_values_none(MTLS_ABSENT);
    if (OBJ_obj2nid(object) != NID_X9_62_id_ecPublicKey)
        return;
    X509_ALGOR_get0(NULL, &type, &curve, algorithm);
    if (type != V_ASN1_OBJECT) {
        *out = mtls_values_none(MTLS_UNREADABLE);    /* parameters written out: no name to go by */
        return;
    }
    type = OBJ_obj2nid(curve);
    *out = name_or_oid(reading->pool, type == NID_undef ? NULL : mtls_curve_name(type), curve);
}

void mtls_extract_sigalg(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    const ASN1_OBJECT *object;
    int nid;

    (void)field;
    X509_ALGOR_get0(&object, NULL, NULL, X509_get0_tbs_sigalg(reading->leaf));
    nid = OBJ_obj2nid(object);
    *out = name_or_oid(reading->pool, nid == NID_undef ? NULL : OBJ_nid2ln(nid), object);
}
