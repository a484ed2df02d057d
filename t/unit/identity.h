/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Certificates made on the spot, for tests of what is sent about them. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "mtls_cert.h"

#define IDENTITY_NOT_BEFORE 1795215509   /* 2026-11-20T22:58:29Z */
#define IDENTITY_NOT_AFTER 1866495509    /* 2029-02-22T22:58:29Z */

/** A certificate and what verified it. Freed with its pool. */
typedef struct identity_t {
    X509 *leaf;
    X509 *chain[2];     /**< issuing CA, root */
    X509 *server;       /**< with one URI, spiffe://example.com/gw */
} identity_t;

/**
 * @param subject type, value, ...; NULL at the end
 * @param san kind (DNS, URI, email, IP), value, ...; NULL at the end
 */
const identity_t *identity_make(apr_pool_t *p, const char *const *subject, const char *const *san);

/** The source that a connection with this identity has; chain_len is 2. */
mtls_source_t identity_source(const identity_t *identity);

#endif
