/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Which names an identity header may have. */
#include <string.h>
#include <apr_strings.h>

#include "mtls_parts.h"

static const struct { const char *name, *why; } taken[] = {
#define MTLS_HEADER_NAME(name, why) { name, why },
#include "tbl/header_names.h"
};

/* What a token has besides letters and digits (RFC 9110 section 5.6.2). */
#define MARKS "!#$%&'*+-.^_`|~"

static int is_token_character(unsigned char c)
{
    return c && (mtls_header_fold(c) != '-' || strchr(MARKS, c));
}

static int is_token(const char *name)
{
    const char *c;

    for (c = name; *c; c++) {
        if (!is_token_character((unsigned char)*c))
            return 0;
    }
    return c != name;
}

/* True if the name is the row's, or begins with it where the row ends in '-'. */
static int is_taken(const char *row, const char *name)
{
    apr_size_t len = strlen(row);

    if (row[len - 1] != '-')
        return mtls_header_folds_equal(row, name);
    for (; *row; row++, name++) {
        if (!*name || mtls_header_fold((unsigned char)*row) != mtls_header_fold((unsigned char)*name))
            return 0;
    }
    return 1;
}

const char *mtls_header_name_refused(apr_pool_t *p, const char *name)
{
    apr_size_t i;

    if (!is_token(name))
        return "a header name consists of letters, digits and " MARKS;
    if (strspn(name, MARKS) == strlen(name))
        return "a header name needs a letter or a digit";
    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (is_taken(taken[i].name, name))
            return apr_pstrdup(p, taken[i].why);
    }
    return NULL;
}
