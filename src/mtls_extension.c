/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "mtls_name.h"
#include "mtls_reading.h"

void mtls_extract_ski(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t content, id;
    mtls_known_t known = mtls_read_extension(reading->leaf, MTLS_OCTETS("\x55\x1d\x0e"), &content);

    (void)field;
    *out = mtls_values_none(known);
    if (known != MTLS_PRESENT)
        return;
    *out = mtls_values_none(MTLS_UNREADABLE);
    if (mtls_der_only(content, MTLS_DER_OCTET_STRING, &id) && id.len)
        *out = mtls_values_one(reading->pool, mtls_value_text(mtls_str_copy(reading->pool, id)));
}

/* AuthorityKeyIdentifier: SEQUENCE { [0] key identifier, [1] issuer, [2] serial number }, all optional. */
static mtls_known_t read_aki(mtls_str_t content, mtls_str_t *id)
{
    mtls_known_t known = MTLS_ABSENT;
    mtls_der_t element;
    mtls_str_t rest;

    if (!mtls_der_only(content, MTLS_DER_SEQUENCE, &rest))
        return MTLS_UNREADABLE;
    while (rest.len) {
        if (!mtls_der_next(&rest, &element))
            return MTLS_UNREADABLE;
        if (element.tag != MTLS_DER_CONTEXT)
            continue;
        if (known == MTLS_PRESENT || element.content.len == 0)
            return MTLS_UNREADABLE;
        known = MTLS_PRESENT;
        *id = element.content;
    }
    return known;
}

void mtls_extract_aki(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t content, id = { NULL, 0 };
    mtls_known_t known = mtls_read_extension(reading->leaf, MTLS_OCTETS("\x55\x1d\x23"), &content);

    (void)field;
    if (known == MTLS_PRESENT)
        known = read_aki(content, &id);
    *out = mtls_values_none(known);
    if (known == MTLS_PRESENT)
        *out = mtls_values_one(reading->pool, mtls_value_text(mtls_str_copy(reading->pool, id)));
}

/* Makes a value of one element of a list. @return 1, or 0 if it is unreadable */
typedef int read_element_fn(apr_pool_t *p, mtls_der_t element, mtls_value_t *value);

static int count_elements(mtls_str_t rest)
{
    mtls_der_t element;
    int n = 0;

    while (mtls_der_next(&rest, &element))
        n++;
    return rest.len ? -1 : n;
}

/* An extension that is a SEQUENCE OF at least one. */
static mtls_values_t read_list(mtls_reading_t *reading, mtls_str_t oid, read_element_fn *read)
{
    mtls_value_t *values;
    mtls_str_t content, rest;
    mtls_der_t element;
    mtls_known_t known = mtls_read_extension(reading->leaf, oid, &content);
    int n, i;

    if (known != MTLS_PRESENT)
        return mtls_values_none(known);
    n = mtls_der_only(content, MTLS_DER_SEQUENCE, &rest) ? count_elements(rest) : -1;
    if (n < 1)
        return mtls_values_none(MTLS_UNREADABLE);
    values = apr_palloc(reading->pool, (apr_size_t)n * sizeof(*values));
    for (i = 0; i < n; i++) {
        if (!mtls_der_next(&rest, &element) || !read(reading->pool, element, &values[i]))
            return mtls_values_none(MTLS_UNREADABLE);
    }
    return (mtls_values_t){ MTLS_PRESENT, n, values };
}

static int read_purpose(apr_pool_t *p, mtls_der_t element, mtls_value_t *value)
{
    return element.tag == MTLS_DER_OID && mtls_value_purpose(p, mtls_str_copy(p, element.content), value) == 0;
}

void mtls_extract_eku(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = read_list(reading, MTLS_OCTETS("\x55\x1d\x25"), read_purpose);
}

/* PolicyInformation: SEQUENCE { policy, qualifiers }. The qualifiers are for people, not for rules; but where what stands
 * there is damaged, the policy may be, too. */
static int read_policy(apr_pool_t *p, mtls_der_t element, mtls_value_t *value)
{
    mtls_der_t policy, qualifiers;

    if (element.tag != MTLS_DER_SEQUENCE || !mtls_der_next(&element.content, &policy) || policy.tag != MTLS_DER_OID)
        return 0;
    while (mtls_der_next(&element.content, &qualifiers))
        continue;
    return !element.content.len && mtls_value_policy(p, mtls_str_copy(p, policy.content), value) == 0;
}

void mtls_extract_policy(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = read_list(reading, MTLS_OCTETS("\x55\x1d\x20"), read_policy);
}

/* KeyUsage: BIT STRING, bit 0 first. @return the first 16 bits, or -1 */
static int read_key_usage(mtls_str_t content)
{
    const unsigned char *octets;
    mtls_str_t bits;

    if (!mtls_der_only(content, MTLS_DER_BIT_STRING, &bits) || bits.len < 1)
        return -1;
    octets = (const unsigned char *)bits.ptr;
    if (octets[0] > 7 || (bits.len == 1 && octets[0]))
        return -1;
    return (bits.len > 1 ? octets[1] << 8 : 0) | (bits.len > 2 ? octets[2] : 0);
}

void mtls_extract_ku(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    enum { BITS = 9 };
    mtls_value_t *values;
    mtls_str_t content;
    mtls_known_t known = mtls_read_extension(reading->leaf, MTLS_OCTETS("\x55\x1d\x0f"), &content);
    int bits = known == MTLS_PRESENT ? read_key_usage(content) : 0, bit, n = 0;

    (void)field;
    *out = mtls_values_none(bits < 0 ? MTLS_UNREADABLE : known == MTLS_PRESENT ? MTLS_ABSENT : known);
    if (bits <= 0)
        return;
    values = apr_palloc(reading->pool, BITS * sizeof(*values));
    for (bit = 0; bit < BITS; bit++) {
        if (bits & 0x8000 >> bit)
            values[n++] = mtls_value_text(mtls_str(mtls_key_usage_name(bit)));
    }
    if (n)
        *out = (mtls_values_t){ MTLS_PRESENT, n, values };
}

void mtls_extract_extension(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t content, text;
    mtls_der_t element;
    mtls_known_t known = mtls_read_extension(reading->leaf, field->oid, &content);

    *out = mtls_values_none(known);
    if (known != MTLS_PRESENT)
        return;
    *out = mtls_values_none(MTLS_UNREADABLE);
    if (mtls_der_next(&content, &element) && content.len == 0 && mtls_der_text(reading->pool, element, &text))
        *out = mtls_values_one(reading->pool, mtls_value_text(mtls_str_copy(reading->pool, text)));
}
