/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Digests that are kept with their certificates: the right one, for as long as there is one. */
#include "certificate.h"
#include <openssl/err.h>
#include <openssl/evp.h>
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

/* Memory of certificates that are gone is used again for others. */
static void check_all(int keep)
{
    int round, number;

    for (round = 0; round < 3; round++) {
        for (number = 0; number < 100; number++) {
            certificate_t parts = parts_of(number);
            X509 *certificate = certificate_decode(&parts);

            if (keep && number % 3)
                mtls_digest_keep(certificate);
            check_digest(number, certificate);
            check_digest(number, certificate);
            X509_free(certificate);
        }
    }
}

static void test_unprepared(void **state)
{
    (void)state;
    check_all(1);
}

static void test_kept(void **state)
{
    apr_pool_t *pool;

    (void)state;
    apr_pool_create(&pool, unit_pool);
    mtls_digest_prepare(pool);
    check_all(0);
    check_all(1);
    apr_pool_destroy(pool);
    check_all(1);
}

/* One configuration after the other; a certificate that nobody keeps anything with sees both. */
static void test_generations(void **state)
{
    certificate_t parts = parts_of(1), others = parts_of(2);
    X509 *certificate = certificate_decode(&parts), *other = certificate_decode(&others);
    apr_pool_t *first, *second;

    (void)state;
    apr_pool_create(&first, unit_pool);
    mtls_digest_prepare(first);
    mtls_digest_keep(other);
    X509_free(other);
    apr_pool_destroy(first);
    check_digest(1, certificate);
    other = certificate_decode(&others);
    apr_pool_create(&second, unit_pool);
    mtls_digest_prepare(second);
    mtls_digest_keep(other);
    check_digest(1, certificate);
    check_digest(2, other);
    X509_free(other);
    apr_pool_destroy(second);
    check_digest(1, certificate);
    X509_free(certificate);
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
    mtls_digest_keep(certificate);
    check_digest(1, certificate);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
    X509_free(certificate);
    apr_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unprepared),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_error_queue),
    };

    return UNIT_RUN(tests);
}
