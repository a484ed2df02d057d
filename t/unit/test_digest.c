/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Digests and fingerprints of certificates, against those of the octets that the certificates were made of. */
#include "certificate.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include "mtls_digest.h"

static certificate_t parts_of(int number)
{
    certificate_t parts = certificate_parts();

    parts.serial = DER(0x02, ((mtls_str_t){ apr_psprintf(unit_pool, "%c", 1 + number), 1 }));
    return parts;
}

/* Over the DER we wrote, not over what OpenSSL read. */
static void check_digest(int number, const X509 *certificate)
{
    certificate_t parts = parts_of(number);
    mtls_str_t der = certificate_der(&parts);
    unsigned char wanted[MTLS_DIGEST_LEN], digest[MTLS_DIGEST_LEN];

    assert_int_equal(EVP_Digest(der.ptr, der.len, wanted, NULL, EVP_sha256(), NULL), 1);
    memset(digest, 0, sizeof(digest));
    assert_int_equal(mtls_digest_get(certificate, digest), 0);
    assert_memory_equal(digest, wanted, MTLS_DIGEST_LEN);
}

/* SHA-1, computed from the DER we wrote: before OpenSSL has looked at the certificate, and afterwards. */
static void check_fingerprint(int number, X509 *certificate)
{
    certificate_t parts = parts_of(number);
    mtls_str_t der = certificate_der(&parts);
    unsigned char wanted[MTLS_FINGERPRINT_LEN], fingerprint[MTLS_FINGERPRINT_LEN];
    int i;

    assert_int_equal(EVP_Digest(der.ptr, der.len, wanted, NULL, EVP_sha1(), NULL), 1);
    for (i = 0; i < 3; i++) {
        memset(fingerprint, 0, sizeof(fingerprint));
        assert_int_equal(mtls_digest_fingerprint(certificate, fingerprint), 0);
        assert_memory_equal(fingerprint, wanted, MTLS_FINGERPRINT_LEN);
        X509_check_purpose(certificate, -1, 0);
    }
}

/* Memory of certificates that are gone is used again for others. */
static void check_all(void)
{
    int number;

    for (number = 0; number < 100; number++) {
        certificate_t parts = parts_of(number);
        X509 *certificate = certificate_decode(&parts);

        check_digest(number, certificate);
        check_fingerprint(number, certificate);
        X509_free(certificate);
    }
}

/* With algorithms that were fetched, one configuration after the other, and without. */
static void test_generations(void **state)
{
    int generation;

    (void)state;
    check_all();
    for (generation = 0; generation < 2; generation++) {
        apr_pool_t *pool;

        apr_pool_create(&pool, unit_pool);
        mtls_digest_prepare(pool);
        check_all();
        apr_pool_destroy(pool);
        check_all();
    }
}

static void test_error_queue(void **state)
{
    certificate_t parts = parts_of(1);
    X509 *certificate = certificate_decode(&parts);
    apr_pool_t *pool;

    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    apr_pool_create(&pool, unit_pool);
    mtls_digest_prepare(pool);
    check_digest(1, certificate);
    check_fingerprint(1, certificate);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
    X509_free(certificate);
    apr_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_generations), cmocka_unit_test(test_error_queue) };

    return UNIT_RUN(tests);
}
