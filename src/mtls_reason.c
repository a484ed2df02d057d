/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "mtls_reason.h"

typedef struct row_t {
    const char *slug;
    int status;
    const char *text;
    const char *check;
    const char *cause;
    const char *cure;
} row_t;

static const row_t rows[MTLS_REASON_COUNT] = {
#define MTLS_REASON(id, slug, status, text, check, cause, cure) { slug, status, text, check, cause, cure },
#include "tbl/reasons.h"
};

/* A number that is no reason must not read as one that lets somebody in. */
static const row_t *find_row(mtls_reason_t reason)
{
    unsigned i = (unsigned)reason;

    return &rows[i < MTLS_REASON_COUNT ? i : MTLS_MALFORMED];
}

const char *mtls_reason_slug(mtls_reason_t reason)
{
    return find_row(reason)->slug;
}

const char *mtls_reason_text(mtls_reason_t reason)
{
    return find_row(reason)->text;
}

const char *mtls_reason_check(mtls_reason_t reason)
{
    return find_row(reason)->check;
}

const char *mtls_reason_cause(mtls_reason_t reason)
{
    return find_row(reason)->cause;
}

const char *mtls_reason_cure(mtls_reason_t reason)
{
    return find_row(reason)->cure;
}

int mtls_reason_status(mtls_reason_t reason)
{
    return find_row(reason)->status;
}
