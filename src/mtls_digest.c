/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "mtls_digest.h"

/* Written before there are threads. */
static EVP_MD *fetched;
static int slot = -1;

static void free_kept(void *parent, void *kept, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
    (void)parent, (void)data, (void)index, (void)argl, (void)argp;
    OPENSSL_free(kept);
}

/* OpenSSL may outlive this module: it must not call into it afterwards. */
static apr_status_t forget(void *unused)
{
    (void)unused;
    if (slot >= 0)
        CRYPTO_free_ex_index(CRYPTO_EX_INDEX_X509, slot);
    EVP_MD_free(fetched);
    slot = -1;
    fetched = NULL;
    return APR_SUCCESS;
}

void mtls_digest_prepare(apr_pool_t *p)
{
    forget(NULL);
    ERR_set_mark();
    fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    slot = X509_get_ex_new_index(0, NULL, NULL, NULL, free_kept);
    ERR_pop_to_mark();
    apr_pool_cleanup_register(p, NULL, forget, apr_pool_cleanup_null);
}

const EVP_MD *mtls_digest_algorithm(void)
{
    return fetched ? fetched : EVP_sha256();
}

static const unsigned char *kept_with(const X509 *certificate)
{
    return slot < 0 ? NULL : X509_get_ex_data(certificate, slot);
}

static int make(const X509 *certificate, unsigned char *digest)
{
    unsigned char *der = NULL;
    unsigned len = 0;
    int size = i2d_X509(certificate, &der), made;

    if (size <= 0)
        return -1;
    made = EVP_Digest(der, (size_t)size, digest, &len, mtls_digest_algorithm(), NULL);
    OPENSSL_free(der);
    return made && len == MTLS_DIGEST_LEN ? 0 : -1;
}

int mtls_digest_get(const X509 *certificate, unsigned char *digest)
{
    const unsigned char *kept = kept_with(certificate);

    if (!kept)
        return make(certificate, digest);
    memcpy(digest, kept, MTLS_DIGEST_LEN);
    return 0;
}

void mtls_digest_keep(X509 *certificate)
{
    unsigned char *kept;

    if (slot < 0 || kept_with(certificate))
        return;
    ERR_set_mark();
    kept = OPENSSL_malloc(MTLS_DIGEST_LEN);
    if (kept && (make(certificate, kept) < 0 || !X509_set_ex_data(certificate, slot, kept)))
        OPENSSL_free(kept);
    ERR_pop_to_mark();
}
