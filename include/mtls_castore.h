/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_castore.h
 * @brief CA certificates that took part in a verification, found again by digest.
 *
 * A resumed session knows its chain by digests only. Each certificate of a
 * verified chain is kept here: in shared memory for all children of a server,
 * and decoded once in each of them. Only append; nothing is ever changed or
 * taken out, so a reader needs no lock. Full is full: what does not fit is
 * unknown, and the session that needs it is not resumed.
 */
#ifndef MTLS_CASTORE_H
#define MTLS_CASTORE_H

#include <apr_pools.h>
#include <openssl/x509.h>
#include "mtls_digest.h"

typedef struct mtls_castore_t mtls_castore_t;

/**
 * Make a store before children are forked.
 *
 * @param p lifetime of the store (the configuration's)
 * @return NULL if there is no shared memory for it: everything is unknown then
 */
mtls_castore_t *mtls_castore_make(apr_pool_t *p);

/** True if a certificate with this SHA-256 digest is kept. Any thread. */
int mtls_castore_has(mtls_castore_t *store, const unsigned char *digest);

/** Keep a certificate, whose SHA-256 digest the caller knows. Any thread, any child. Cheap if it is there already.
 *  Never waits: an addition that meets another one is left for the next time. */
void mtls_castore_add(mtls_castore_t *store, X509 *certificate, const unsigned char *digest);

/** Find the SHA-256 digest of a certificate that is kept, without making it: one that is the same in every octet.
 *  @param digest MTLS_DIGEST_LEN octets, filled if it is. @return true if it is. Any thread */
int mtls_castore_recall(mtls_castore_t *store, X509 *certificate, unsigned char *digest);

/** The certificate with this SHA-256 digest; lives as long as the child. NULL: unknown. Any thread. */
X509 *mtls_castore_find(mtls_castore_t *store, const unsigned char *digest);

#endif
