/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_digest.h
 * @brief SHA-256 of certificates, made once for each.
 *
 * A digest may be kept with its certificate, which cannot change: OpenSSL frees both together, so that no digest is
 * ever found for another certificate.
 */
#ifndef MTLS_DIGEST_H
#define MTLS_DIGEST_H

#include <apr_pools.h>
#include <openssl/x509.h>

#define MTLS_DIGEST_LEN 32

/** Before there are threads: fetch the algorithm, and make room in certificates, until p ends. Once per p; without it
 *  everything is made anew each time. */
void mtls_digest_prepare(apr_pool_t *p);

/** The algorithm. Never NULL. */
const EVP_MD *mtls_digest_algorithm(void);

/** The digest of the certificate's DER: MTLS_DIGEST_LEN octets. Any thread. @return 0, or -1 if it cannot be made */
int mtls_digest_get(const X509 *certificate, unsigned char *digest);

/** Keep the digest with the certificate. No other thread may know the certificate yet, or there are none. */
void mtls_digest_keep(X509 *certificate);

#endif
