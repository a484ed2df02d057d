/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_digest.h
 * @brief SHA-256 of certificates, and what tells one from another for less.
 */
#ifndef MTLS_DIGEST_H
#define MTLS_DIGEST_H

#include <apr_pools.h>
#include <openssl/x509.h>

#define MTLS_DIGEST_LEN 32
#define MTLS_FINGERPRINT_LEN 20

/** Before there are threads: fetch the algorithms, until p ends. Without it OpenSSL looks for them each time. */
void mtls_digest_prepare(apr_pool_t *p);

/** SHA-256. Never NULL. */
const EVP_MD *mtls_digest_algorithm(void);

/** The digest of the certificate's DER: MTLS_DIGEST_LEN octets. Any thread. @return 0, or -1 if it cannot be made */
int mtls_digest_get(const X509 *certificate, unsigned char *digest);

/** The same for DER that the caller has at hand. */
int mtls_digest_der(const void *der, apr_size_t len, unsigned char *digest);

/** SHA-1 of the certificate's DER: MTLS_FINGERPRINT_LEN octets. OpenSSL makes it when it verifies a certificate and has it
 *  at hand afterwards. It tells certificates apart that somebody else has answered for; it never decides which one is
 *  believed. Any thread. @return 0, or -1 if it cannot be made */
int mtls_digest_fingerprint(const X509 *certificate, unsigned char *fingerprint);

#endif
