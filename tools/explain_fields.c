/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Which fields a certificate can be asked for, and what a malformed one was read from. */
#include <string.h>
#include <apr_strings.h>
#include "explain.h"
#include "mtls_reading.h"

/* subjectAltName's otherName, and the one type of it that has a field of its own. */
#define TAG_OTHER 0xa0
#define UPN "1.3.6.1.4.1.311.20.2.3"
/* The arc of the extensions of RFC 5280: those that a rule may ask for have fields of their own. */
#define CERTIFICATE_EXTENSIONS "2.5.29."

static void add_field(explain_t *explain, const char *name)
{
    const mtls_field_t *field;

    mtls_fieldset_add(explain->set, name, &field);
}

static void add_member(explain_t *explain, const mtls_field_row_t *row, mtls_str_t oid)
{
    mtls_value_t value;

    if (mtls_value_oid(explain->pool, oid, &value) == 0)
        add_field(explain, apr_pstrcat(explain->pool, row->name, value.text.ptr, NULL));
}

/* The attributes that have names, and those of this certificate that have none. */
static void add_attributes(explain_t *explain, const mtls_field_row_t *row, const X509_NAME *name)
{
    const mtls_dn_t *dn = mtls_dn_read(explain->pool, name);
    int i, known, named;
    mtls_value_t oid;

    for (i = 0; i < mtls_attribute_names_len; i++)
        add_field(explain, apr_pstrcat(explain->pool, row->name, mtls_attribute_names[i].suffix, NULL));
    for (i = 0; i < dn->n; i++) {
        if (mtls_value_oid(explain->pool, dn->attributes[i].oid, &oid) < 0)
            continue;
        for (known = 0, named = 0; known < mtls_attribute_names_len; known++)
            named |= !strcmp(mtls_attribute_names[known].dotted, oid.text.ptr);
        if (!named)
            add_member(explain, row, dn->attributes[i].oid);
    }
}

static void add_other_names(explain_t *explain, const mtls_field_row_t *row)
{
    mtls_read_san_t san = mtls_read_san(explain->leaf);
    mtls_str_t rest = san.names;
    mtls_der_t name, type;
    mtls_value_t oid;

    while (san.known == MTLS_PRESENT && mtls_der_next(&rest, &name)) {
        if (name.tag != TAG_OTHER || !mtls_der_next(&name.content, &type)
            || mtls_value_oid(explain->pool, type.content, &oid) < 0 || !strcmp(oid.text.ptr, UPN))
            continue;
        add_member(explain, row, type.content);
    }
}

static void add_extensions(explain_t *explain, const mtls_field_row_t *row)
{
    int n = X509_get_ext_count(explain->leaf), i;

    for (i = 0; i < n; i++) {
        mtls_str_t oid = mtls_read_object(X509_EXTENSION_get_object(X509_get_ext(explain->leaf, i)));
        mtls_value_t value;

        if (mtls_value_oid(explain->pool, oid, &value) < 0
            || !strncmp(value.text.ptr, CERTIFICATE_EXTENSIONS, sizeof(CERTIFICATE_EXTENSIONS) - 1))
            continue;
        add_member(explain, row, oid);
    }
}

void explain_add_fields(explain_t *explain)
{
    int i;

    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];

        switch (row->id) {
        case MTLS_F_SUBJECT_ATTR: add_attributes(explain, row, X509_get_subject_name(explain->leaf)); break;
        case MTLS_F_ISSUER_ATTR: add_attributes(explain, row, X509_get_issuer_name(explain->leaf)); break;
        case MTLS_F_SAN_OTHER: add_other_names(explain, row); break;
        case MTLS_F_EXT: add_extensions(explain, row); break;
        default: add_field(explain, row->name); break;
        }
    }
    explain->shown = mtls_fieldset_len(explain->set);
}

/* ---- raw octets ---- */

static void keep(apr_array_header_t *raw, mtls_str_t octets)
{
    APR_ARRAY_PUSH(raw, mtls_str_t) = octets;
}

static mtls_str_t name_der(const X509_NAME *name)
{
    const unsigned char *der;
    size_t len;

    return X509_NAME_get0_der(name, &der, &len) == 1 ? (mtls_str_t){ (const char *)der, len } : (mtls_str_t){ NULL, 0 };
}

/* From the DER: OpenSSL's own strings lack the first octet of a BIT STRING. */
static void raw_attributes(apr_array_header_t *raw, const X509_NAME *name, mtls_str_t oid)
{
    mtls_der_t set, pair, type, value;
    mtls_str_t rest;

    if (!mtls_der_only(name_der(name), MTLS_DER_SEQUENCE, &rest))
        return;
    while (mtls_der_next(&rest, &set)) {
        while (mtls_der_next(&set.content, &pair)) {
            if (mtls_der_next(&pair.content, &type) && mtls_der_next(&pair.content, &value)
                && mtls_str_eq(type.content, oid))
                keep(raw, value.content);
        }
    }
}

static void raw_extensions(apr_array_header_t *raw, X509 *certificate, mtls_str_t oid)
{
    int n = X509_get_ext_count(certificate), i;

    for (i = 0; i < n; i++) {
        X509_EXTENSION *extension = X509_get_ext(certificate, i);
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);

        if (mtls_str_eq(mtls_read_object(X509_EXTENSION_get_object(extension)), oid))
            keep(raw, (mtls_str_t){ (const char *)ASN1_STRING_get0_data(value),
                                    (apr_size_t)ASN1_STRING_length(value) });
    }
}

/* The names with this tag; of an otherName what stands behind its type. */
static void raw_names(apr_array_header_t *raw, X509 *certificate, unsigned tag, mtls_str_t oid)
{
    mtls_read_san_t san = mtls_read_san(certificate);
    mtls_str_t rest = san.names;
    mtls_der_t name, type;

    if (san.known != MTLS_PRESENT) {
        raw_extensions(raw, certificate, MTLS_OCTETS("\x55\x1d\x11"));
        return;
    }
    while (mtls_der_next(&rest, &name)) {
        if (name.tag != tag)
            continue;
        if (tag == TAG_OTHER && !(mtls_der_next(&name.content, &type) && mtls_str_eq(type.content, oid)))
            continue;
        keep(raw, name.content);
    }
}

/** Where the octets of a field stand: an extension by OID, or the alternative names with a tag. */
static const struct {
    mtls_field_id_t field;
    unsigned tag;
    mtls_str_t oid;
} places[] = {
    { MTLS_F_SAN_DNS, 0x82, { NULL, 0 } },
    { MTLS_F_SAN_URI, 0x86, { NULL, 0 } },
    { MTLS_F_SPIFFE, 0x86, { NULL, 0 } },
    { MTLS_F_SPIFFE_TRUST_DOMAIN, 0x86, { NULL, 0 } },
    { MTLS_F_SPIFFE_PATH, 0x86, { NULL, 0 } },
    { MTLS_F_SAN_EMAIL, 0x81, { NULL, 0 } },
    { MTLS_F_SAN_IP, 0x87, { NULL, 0 } },
    { MTLS_F_SAN_UPN, TAG_OTHER, { "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03", 10 } },
    { MTLS_F_SAN_DIRNAME, 0xa4, { NULL, 0 } },
    { MTLS_F_SAN_RID, 0x88, { NULL, 0 } },
    { MTLS_F_SKI, 0, { "\x55\x1d\x0e", 3 } },
    { MTLS_F_AKI, 0, { "\x55\x1d\x23", 3 } },
    { MTLS_F_EKU, 0, { "\x55\x1d\x25", 3 } },
    { MTLS_F_KU, 0, { "\x55\x1d\x0f", 3 } },
    { MTLS_F_POLICY, 0, { "\x55\x1d\x20", 3 } }
};

static void raw_place(apr_array_header_t *raw, X509 *certificate, mtls_field_id_t field)
{
    apr_size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].field != field)
            continue;
        if (places[i].tag)
            raw_names(raw, certificate, places[i].tag, places[i].oid);
        else
            raw_extensions(raw, certificate, places[i].oid);
    }
}

apr_array_header_t *explain_raw(apr_pool_t *p, X509 *certificate, const mtls_field_t *field)
{
    apr_array_header_t *raw = apr_array_make(p, 2, sizeof(mtls_str_t));

    switch (field->row->id) {
    case MTLS_F_SUBJECT: keep(raw, name_der(X509_get_subject_name(certificate))); break;
    case MTLS_F_ISSUER: keep(raw, name_der(X509_get_issuer_name(certificate))); break;
    case MTLS_F_SUBJECT_ATTR: raw_attributes(raw, X509_get_subject_name(certificate), field->oid); break;
    case MTLS_F_ISSUER_ATTR: raw_attributes(raw, X509_get_issuer_name(certificate), field->oid); break;
    case MTLS_F_SAN_OTHER: raw_names(raw, certificate, TAG_OTHER, field->oid); break;
    case MTLS_F_EXT: raw_extensions(raw, certificate, field->oid); break;
    default: raw_place(raw, certificate, field->row->id); break;
    }
    return raw;
}
