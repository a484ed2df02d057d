/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <apr_strings.h>
#include "mtls_reading.h"
#include "mtls_time.h"

mtls_values_t mtls_values_none(mtls_known_t known)
{
    return (mtls_values_t){ known, 0, NULL };
}

mtls_values_t mtls_values_one(apr_pool_t *p, mtls_value_t value)
{
    return (mtls_values_t){ MTLS_PRESENT, 1, apr_pmemdup(p, &value, sizeof(value)) };
}

mtls_values_t mtls_values_word(apr_pool_t *p, const char *word)
{
    mtls_str_t text = mtls_str(word);

    if (text.len == 0)
        return mtls_values_none(MTLS_ABSENT);
    if (!mtls_text_clean(text))
        return mtls_values_none(MTLS_UNREADABLE);
    return mtls_values_one(p, mtls_value_text(mtls_str_copy(p, text)));
}

mtls_values_t mtls_values_dn(apr_pool_t *p, mtls_str_t der, const mtls_dn_t *dn)
{
    if (!dn->readable)
        return mtls_values_none(MTLS_UNREADABLE);
    if (dn->n == 0)
        return mtls_values_none(MTLS_ABSENT);
    return mtls_values_one(p, (mtls_value_t){ der, mtls_dn_key(p, dn), 0, dn });
}

int mtls_text_ia5(mtls_str_t text)
{
    return text.len && mtls_text_printable(text);
}

mtls_str_t mtls_read_object(const ASN1_OBJECT *object)
{
    return (mtls_str_t){ (const char *)OBJ_get0_data(object), OBJ_length(object) };
}

mtls_known_t mtls_read_extension(X509 *certificate, mtls_str_t oid, mtls_str_t *content)
{
    mtls_known_t known = MTLS_ABSENT;
    int n = X509_get_ext_count(certificate), i;

    for (i = 0; i < n; i++) {
        X509_EXTENSION *extension = X509_get_ext(certificate, i);
        const ASN1_OCTET_STRING *octets;

        if (!mtls_str_eq(mtls_read_object(X509_EXTENSION_get_object(extension)), oid))
            continue;
        if (known != MTLS_ABSENT)
            return MTLS_UNREADABLE;
        known = MTLS_PRESENT;
        octets = X509_EXTENSION_get_data(extension);
        *content = (mtls_str_t){ (const char *)ASN1_STRING_get0_data(octets), (apr_size_t)ASN1_STRING_length(octets) };
    }
    return known;
}

/* OtherName: a type, and one value in [0]. */
static int is_other_name(mtls_str_t content)
{
    mtls_der_t type, value;
    mtls_str_t explicit;

    return mtls_der_next(&content, &type) && type.tag == MTLS_DER_OID && type.content.len
        && mtls_der_only(content, MTLS_DER_CONTEXT | MTLS_DER_CONSTRUCTED, &explicit)
        && mtls_der_next(&explicit, &value) && explicit.len == 0;
}

/* [0] is an OtherName, [4] one Name; the rest is looked at where it is used. */
static int is_general_name(mtls_der_t name)
{
    static const char constructed[] = { 1, 0, 0, 1, 1, 1, 0, 0, 0 };
    unsigned number = name.tag & 0x1f;
    mtls_str_t inner;

    if ((name.tag & 0xc0) != MTLS_DER_CONTEXT || number >= sizeof(constructed))
        return 0;
    if (((name.tag & MTLS_DER_CONSTRUCTED) != 0) != constructed[number])
        return 0;
    if (number == 4)
        return mtls_der_only(name.content, MTLS_DER_SEQUENCE, &inner);
    return number != 0 || is_other_name(name.content);
}

mtls_read_san_t mtls_read_san(X509 *certificate)
{
    static const char subject_alt_name[] = "\x55\x1d\x11";
    mtls_read_san_t san = { MTLS_ABSENT, { NULL, 0 } }, unreadable = { MTLS_UNREADABLE, { NULL, 0 } };
    mtls_str_t content, rest;
    mtls_der_t name;

    san.known = mtls_read_extension(certificate, MTLS_OCTETS(subject_alt_name), &content);
    if (san.known != MTLS_PRESENT)
        return san;
    if (!mtls_der_only(content, MTLS_DER_SEQUENCE, &san.names))
        return unreadable;
    for (rest = san.names; rest.len; ) {
        if (!mtls_der_next(&rest, &name) || !is_general_name(name))
            return unreadable;
    }
    return san;
}

int mtls_read_time(const ASN1_TIME *time, apr_int64_t *seconds)
{
    mtls_str_t text = { (const char *)ASN1_STRING_get0_data(time), (apr_size_t)ASN1_STRING_length(time) };

    switch (ASN1_STRING_type(time)) {
    case V_ASN1_UTCTIME: return mtls_time_utc(text, seconds);
    case V_ASN1_GENERALIZEDTIME: return mtls_time_generalized(text, seconds);
    default: return 0;
    }
}

void mtls_reading_begin(mtls_reading_t *reading, apr_pool_t *p, const mtls_source_t *source)
{
    *reading = (mtls_reading_t){ .pool = p, .source = source, .leaf = source->leaf };
    reading->san = mtls_read_san(source->leaf);
    reading->valid_times = mtls_read_time(X509_get0_notBefore(source->leaf), &reading->not_before)
        && mtls_read_time(X509_get0_notAfter(source->leaf), &reading->not_after);
}
