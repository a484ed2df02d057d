/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "mtls_digest.h"

/* Written before there are threads. */
static EVP_MD *sha256, *sha1;

static apr_status_t forget(void *unused)
{
    (void)unused;
    EVP_MD_free(sha256);
    EVP_MD_free(sha1);
    sha256 = sha1 = NULL;
    return APR_SUCCESS;
}

void mtls_digest_prepare(apr_pool_t *p)
{
    forget(NULL);
    ERR_set_mark();
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    ERR_pop_to_mark();
    apr_pool_cleanup_register(p, NULL, forget, apr_pool_cleanup_null);
}

const EVP_MD *mtls_digest_algorithm(void)
{
    return sha256 ? sha256 : EVP_sha256();
}

int mtls_digest_der(const void *der, apr_size_t len, unsigned char *digest)
{
    unsigned made = 0;

    return EVP_Digest(der, len, digest, &made, mtls_digest_algorithm(), NULL) && made == MTLS_DIGEST_LEN ? 0 : -1;
}

int mtls_digest_get(const X509 *certificate, unsigned char *digest)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der), made;

    if (size <= 0)
        return -1;
    made = mtls_digest_der(der, (apr_size_t)size, digest);
    OPENSSL_free(der);
    return made;
}

int mtls_digest_fingerprint(const X509 *certificate, unsigned char *fingerprint)
{
    unsigned char room[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!X509_digest(certificate, sha1 ? sha1 : EVP_sha1(), room, &len) || len != MTLS_FINGERPRINT_LEN)
        return -1;
    memcpy(fingerprint, room, MTLS_FINGERPRINT_LEN);
    return 0;
}
