/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdlib.h>
#include <string.h>
#include <apr_strings.h>
#include "mtls_der.h"
#include "mtls_dn.h"

/* Most names have no more attributes. */
#define FEW 12

const mtls_attribute_name_t mtls_attribute_names[] = {
#define MTLS_ATTRIBUTE(suffix, label, dotted, type, doc) { suffix, label, dotted, MTLS_T_##type, doc },
#include "tbl/attributes.h"
};

const int mtls_attribute_names_len = sizeof(mtls_attribute_names) / sizeof(mtls_attribute_names[0]);

int mtls_asn1_text(apr_pool_t *p, const ASN1_STRING *s, mtls_str_t *text)
{
    mtls_der_t element = { (unsigned)ASN1_STRING_type(s), { NULL, 0 } };

    *text = element.content;
    if (ASN1_STRING_type(s) < 0 || ASN1_STRING_length(s) < 0)
        return 0;
    element.content = (mtls_str_t){ (const char *)ASN1_STRING_get0_data(s), (apr_size_t)ASN1_STRING_length(s) };
    if (!mtls_der_text(p, element, text))
        return 0;
    *text = mtls_str_copy(p, *text);
    return 1;
}

/* AttributeTypeAndValue: SEQUENCE { OBJECT IDENTIFIER, any }. */
static int read_attribute(apr_pool_t *p, mtls_str_t content, mtls_attribute_t *attribute)
{
    mtls_der_t type, value;

    if (!mtls_der_next(&content, &type) || type.tag != MTLS_DER_OID || type.content.len == 0)
        return 0;
    if (!mtls_der_next(&content, &value) || content.len)
        return 0;
    attribute->oid = type.content;
    attribute->readable = mtls_der_text(p, value, &attribute->text);
    return 1;
}

/* Walk RelativeDistinguishedName after RelativeDistinguishedName: SET { AttributeTypeAndValue, ... }. The first ones are
 * read, as many as there is room for. @return how many there are, or -1 if the name is broken */
static int walk_name(apr_pool_t *p, mtls_str_t rest, mtls_attribute_t *attributes, int room)
{
    int n = 0, rdn;

    for (rdn = 0; rest.len; rdn++) {
        mtls_der_t set, element;

        if (!mtls_der_next(&rest, &set) || set.tag != MTLS_DER_SET || set.content.len == 0)
            return -1;
        for (; set.content.len; n++) {
            if (!mtls_der_next(&set.content, &element) || element.tag != MTLS_DER_SEQUENCE)
                return -1;
            if (n >= room)
                continue;
            attributes[n].rdn = rdn;
            if (!read_attribute(p, element.content, &attributes[n]))
                return -1;
        }
    }
    return n;
}

const mtls_dn_t *mtls_dn_read_der(apr_pool_t *p, mtls_str_t der)
{
    mtls_dn_t *dn = apr_pcalloc(p, sizeof(*dn));
    mtls_attribute_t few[FEW], *attributes;
    mtls_str_t content;
    int n, i;

    n = mtls_der_only(der, MTLS_DER_SEQUENCE, &content) ? walk_name(p, content, few, FEW) : -1;
    if (n < 0)
        return dn;
    attributes = apr_palloc(p, (apr_size_t)(n + 1) * sizeof(*attributes));
    if (n <= FEW)
        memcpy(attributes, few, (apr_size_t)n * sizeof(*attributes));
    else if (walk_name(p, content, attributes, n) < 0)
        return dn;
    dn->n = n;
    dn->attributes = attributes;
    dn->readable = 1;
    for (i = 0; i < n; i++)
        dn->readable &= attributes[i].readable;
    return dn;
}

const mtls_dn_t *mtls_dn_read(apr_pool_t *p, const X509_NAME *name)
{
    const unsigned char *der;
    size_t len;

    if (X509_NAME_get0_der(name, &der, &len) != 1)
        return apr_pcalloc(p, sizeof(mtls_dn_t));
    return mtls_dn_read_der(p, mtls_str_copy(p, (mtls_str_t){ (const char *)der, len }));
}

static int compare_octets(mtls_str_t a, mtls_str_t b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.ptr, b.ptr, a.len) : 0;
}

static int compare_attributes(const void *left, const void *right)
{
    const mtls_attribute_t *a = left, *b = right;
    int difference = compare_octets(a->oid, b->oid);

    return difference ? difference : compare_octets(a->text, b->text);
}

/* How many attributes from first on are of one RDN. */
static int measure_rdn(const mtls_dn_t *dn, int first)
{
    int n = 1;

    while (first + n < dn->n && dn->attributes[first + n].rdn == dn->attributes[first].rdn)
        n++;
    return n;
}

static char *write_length(char *to, apr_size_t length)
{
    to[0] = (char)(length >> 24 & 0xff);
    to[1] = (char)(length >> 16 & 0xff);
    to[2] = (char)(length >> 8 & 0xff);
    to[3] = (char)(length & 0xff);
    return to + 4;
}

static char *write_octets(char *to, mtls_str_t s)
{
    to = write_length(to, s.len);
    if (s.len)
        memcpy(to, s.ptr, s.len);
    return to + s.len;
}

/* The attributes of one RDN, in an order that does not depend on how they were written. */
static const mtls_attribute_t *sort_rdn(apr_pool_t *p, const mtls_attribute_t *attributes, int n)
{
    mtls_attribute_t *sorted;

    if (n == 1)
        return attributes;
    sorted = apr_pmemdup(p, attributes, (apr_size_t)n * sizeof(*sorted));
    qsort(sorted, (size_t)n, sizeof(*sorted), compare_attributes);
    return sorted;
}

/* For each RDN its number of attributes, then type and text of each, all with their lengths. */
mtls_str_t mtls_dn_key(apr_pool_t *p, const mtls_dn_t *dn)
{
    apr_size_t size = 1;
    char *key, *to;
    int first, i, n;

    for (i = 0; i < dn->n; i++)
        size += 12 + dn->attributes[i].oid.len + dn->attributes[i].text.len;
    to = key = apr_palloc(p, size);
    for (first = 0; first < dn->n; first += n) {
        const mtls_attribute_t *rdn;

        n = measure_rdn(dn, first);
        rdn = sort_rdn(p, dn->attributes + first, n);
        to = write_length(to, (apr_size_t)n);
        for (i = 0; i < n; i++) {
            to = write_octets(to, rdn[i].oid);
            to = write_octets(to, rdn[i].text);
        }
    }
    return (mtls_str_t){ key, (apr_size_t)(to - key) };
}

/* Blanks at the ends do not count, several stand for one, ASCII letters have no case. */
static mtls_str_t fold_text(apr_pool_t *p, mtls_str_t text)
{
    char *folded = apr_palloc(p, text.len + 1), *to = folded;
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ' && (to == folded || to[-1] == ' '))
            continue;
        *to++ = text.ptr[i];
    }
    if (to != folded && to[-1] == ' ')
        to--;
    return mtls_str_lower(p, (mtls_str_t){ folded, (apr_size_t)(to - folded) });
}

mtls_str_t mtls_dn_folded_key(apr_pool_t *p, const mtls_dn_t *dn)
{
    mtls_attribute_t *attributes = apr_palloc(p, (apr_size_t)(dn->n + 1) * sizeof(*attributes));
    const mtls_dn_t folded = { dn->n, attributes, dn->readable };
    int i;

    for (i = 0; i < dn->n; i++) {
        attributes[i] = dn->attributes[i];
        attributes[i].text = fold_text(p, dn->attributes[i].text);
    }
    return mtls_dn_key(p, &folded);
}
