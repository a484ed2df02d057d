/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What types of attributes are called where people write names. */
#include <string.h>
#include <apr_cstr.h>
#include <apr_strings.h>
#include "mtls_dn_written.h"

/* More labels for the types of tbl/attributes.h: what other tools print. */
static const struct { const char *label, *suffix; } aliases[] = {
    { "commonName", "cn" }, { "organizationName", "o" }, { "organizationalUnitName", "ou" },
    { "countryName", "c" }, { "S", "st" }, { "SP", "st" }, { "stateOrProvinceName", "st" }, { "localityName", "l" },
    { "streetAddress", "street" }, { "domainComponent", "dc" }, { "userId", "uid" }, { "email", "email" },
    { "E", "email" }, { "T", "title" }, { "givenName", "given-name" }, { "G", "given-name" },
    { "surname", "surname" }, { NULL, NULL }
};

static const mtls_attribute_name_t *find_suffix(const char *suffix)
{
    int i = 0;

    while (strcmp(mtls_attribute_names[i].suffix, suffix) != 0)
        i++;
    return &mtls_attribute_names[i];
}

const mtls_attribute_name_t *mtls_dn_label_find(const char *label)
{
    int i;

    for (i = 0; i < mtls_attribute_names_len; i++) {
        if (apr_cstr_casecmp(mtls_attribute_names[i].label, label) == 0)
            return &mtls_attribute_names[i];
    }
    for (i = 0; aliases[i].label; i++) {
        if (apr_cstr_casecmp(aliases[i].label, label) == 0)
            return find_suffix(aliases[i].suffix);
    }
    return NULL;
}

int mtls_dn_label_type(apr_pool_t *p, const char *label, mtls_str_t *oid)
{
    const mtls_attribute_name_t *known = mtls_dn_label_find(label);
    mtls_value_t value;

    if (mtls_oid_parse(p, known ? known->dotted : label, &value))
        return 0;
    *oid = value.key;
    return 1;
}

static int is_label_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

apr_size_t mtls_dn_label_len(const char *at)
{
    apr_size_t n = 0;

    while (is_label_character(at[n]))
        n++;
    return n;
}

const char *mtls_dn_labels(apr_pool_t *p)
{
    const char *known = mtls_attribute_names[0].label;
    int i;

    for (i = 1; i < mtls_attribute_names_len; i++)
        known = apr_pstrcat(p, known, ", ", mtls_attribute_names[i].label, NULL);
    return known;
}
