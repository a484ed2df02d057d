/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_whatif_page.h
 * @brief The status page's part that asks what if (mtls_whatif.h): who may, the form, the answer.
 */
#ifndef MTLS_WHATIF_PAGE_H
#define MTLS_WHATIF_PAGE_H

#include "mtls_whatif.h"

/** What to show: an answer, or a sentence why there is none, or neither: the form alone. */
typedef struct mtls_whatif_view_t {
    const char *trouble;             /**< or NULL */
    const mtls_whatif_t *what;       /**< or NULL */
    const char *url, *pem;           /**< as they were given, or NULL */
} mtls_whatif_view_t;

/** What ?show= asks for. */
#define MTLS_WHATIF_ID "what-if"

/** Write it. */
void mtls_whatif_json(request_rec *r, const mtls_whatif_view_t *view);
void mtls_whatif_html(request_rec *r, const mtls_whatif_view_t *view);

/** The form, on the status page itself. */
void mtls_whatif_invite(request_rec *r);

/** Add it to the status page. */
void mtls_whatif_page_register(void);

#endif
