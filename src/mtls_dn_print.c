/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <apr_strings.h>
#include "mtls_dn.h"

static const char *name_type(apr_pool_t *p, mtls_str_t oid)
{
    mtls_value_t value;
    int i;

    if (mtls_value_oid(p, oid, &value) < 0)
        return "?";
    for (i = 0; i < mtls_attribute_names_len; i++) {
        if (strcmp(mtls_attribute_names[i].dotted, value.text.ptr) == 0)
            return mtls_attribute_names[i].label;
    }
    return value.text.ptr;
}

static int is_special(unsigned char octet)
{
    switch (octet) {
    case '"': case '+': case ',': case ';': case '<': case '>': case '\\': return 1;
    default: return 0;
    }
}

char *mtls_dn_put_value(char *to, mtls_str_t text, int utf8)
{
    static const char digits[] = "0123456789ABCDEF";
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        unsigned char octet = (unsigned char)text.ptr[i];
        int outer = (i == 0 && (octet == ' ' || octet == '#')) || (i + 1 == text.len && octet == ' ');

        if (octet > 0x7e && !utf8) {
            *to++ = '\\';
            *to++ = digits[octet >> 4];
            *to++ = digits[octet & 15];
            continue;
        }
        if (outer || is_special(octet))
            *to++ = '\\';
        *to++ = (char)octet;
    }
    return to;
}

static const char *print_value(apr_pool_t *p, mtls_str_t text)
{
    char *value = apr_palloc(p, 3 * text.len + 1);

    *mtls_dn_put_value(value, text, 0) = '\0';
    return value;
}

const char *mtls_dn_print(apr_pool_t *p, const mtls_dn_t *dn)
{
    const char *rdn = "", *behind = "";
    int i;

    for (i = 0; i < dn->n; i++) {
        const mtls_attribute_t *a = &dn->attributes[i];
        const char *pair = apr_psprintf(p, "%s=%s", name_type(p, a->oid), print_value(p, a->text));

        if (i == 0) {
            rdn = pair;
        }
        else if (a->rdn == a[-1].rdn) {
            rdn = apr_pstrcat(p, rdn, "+", pair, NULL);
        }
        else {
            behind = apr_pstrcat(p, ",", rdn, behind, NULL);
            rdn = pair;
        }
    }
    return apr_pstrcat(p, rdn, behind, NULL);
}

/* ---- names that somebody has turned round ---- */

static int is_one_of(apr_pool_t *p, mtls_str_t oid, const char *const *labels)
{
    const char *label = name_type(p, oid);

    while (*labels && strcmp(*labels, label))
        labels++;
    return *labels != NULL;
}

const char *mtls_dn_turned(apr_pool_t *p, const mtls_dn_t *dn)
{
    static const char *const specific[] = { "CN", NULL }, *const general[] = { "C", "O", "DC", NULL };
    mtls_attribute_t *attributes;
    mtls_dn_t turned = { dn->n, NULL, dn->readable };
    int i, last = dn->n - 1;

    if (dn->n < 2 || !is_one_of(p, dn->attributes[0].oid, specific) || !is_one_of(p, dn->attributes[last].oid, general))
        return NULL;
    attributes = apr_palloc(p, (apr_size_t)dn->n * sizeof(*attributes));
    for (i = 0; i < dn->n; i++) {
        attributes[i] = dn->attributes[last - i];
        attributes[i].rdn = dn->attributes[last].rdn - attributes[i].rdn;
    }
    turned.attributes = attributes;
    return mtls_dn_print(p, &turned);
}
