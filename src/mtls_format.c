/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "mtls_format.h"

#include <string.h>
#include <apr_cstr.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "mtls_encode.h"

const mtls_format_t mtls_formats[] = {
#define MTLS_FORMAT(name, flags, types, encode, doc) { name, flags, types, encode, doc },
#include "tbl/formats.h"
};
const int mtls_formats_len = sizeof(mtls_formats) / sizeof(mtls_formats[0]);

_Static_assert(MTLS_TYPE_COUNT <= sizeof(unsigned long) * 8 && MTLS_TYPE_COUNT <= 32,
               "a set of types must fit in an unsigned long of 32 bits");

const mtls_format_t *mtls_format_find(const char *name)
{
    int i;

    for (i = 0; i < mtls_formats_len; i++) {
        if (!apr_cstr_casecmp(mtls_formats[i].name, name))
            return &mtls_formats[i];
    }
    return NULL;
}

const char *mtls_format_list(apr_pool_t *p, unsigned long types, unsigned without)
{
    apr_array_header_t *names = apr_array_make(p, mtls_formats_len, sizeof(const char *));
    int i;

    for (i = 0; i < mtls_formats_len; i++) {
        if (!(mtls_formats[i].flags & (MTLS_FORMAT_INTERNAL | without)) && (mtls_formats[i].types & types))
            APR_ARRAY_PUSH(names, const char *) = apr_pstrcat(p, names->nelts ? " " : "", mtls_formats[i].name, NULL);
    }
    return apr_array_pstrcat(p, names, ',');
}

const mtls_format_t *mtls_format_default(mtls_type_id_t type)
{
    return mtls_format_find(mtls_types[type].format);
}

char *mtls_put(char *to, const char *s)
{
    apr_size_t len = strlen(s);

    memcpy(to, s, len);
    return to + len;
}

/* In clean text: U+0080 to U+009F. U+0085 ends a line for some readers, U+009B begins an order to a terminal. */
static int has_late_control(const char *s)
{
    while ((s = strchr(s, 0xc2)) != NULL) {
        if ((unsigned char)*++s < 0xa0)
            return 1;
    }
    return 0;
}

const char *mtls_sendable(const char *s, unsigned flags)
{
    mtls_str_t text;

    if (!s || !*s)
        return NULL;
    text = mtls_str(s);
    if (s[0] == ' ' || s[text.len - 1] == ' ')
        return NULL;
    if (flags & MTLS_FORMAT_UTF8 ? mtls_text_clean(text) && !has_late_control(s) : mtls_text_printable(text))
        return s;
    return NULL;
}
