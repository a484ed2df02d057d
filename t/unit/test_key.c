/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Keys and signatures become facts: their types, sizes and curves, known and unknown. */
#include "certificate.h"
#include <openssl/evp.h>
#include <openssl/rsa.h>

static mtls_str_t public_key(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    mtls_str_t copy = mtls_str_copy(unit_pool, (mtls_str_t){ (char *)der, (apr_size_t)len });

    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return copy;
}

static mtls_str_t rsa_pss_key(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    assert_true(EVP_PKEY_keygen_init(context) && EVP_PKEY_CTX_set_rsa_keygen_bits(context, 1024)
                && EVP_PKEY_generate(context, &key));
    EVP_PKEY_CTX_free(context);
    return public_key(key);
}

/* How large an Edwards key is said to be differs between versions of OpenSSL. */
static const char *count_bits(mtls_str_t key)
{
    const unsigned char *at = (const unsigned char *)key.ptr;
    EVP_PKEY *decoded = d2i_PUBKEY(NULL, &at, (long)key.len);
    int bits = EVP_PKEY_get_bits(decoded);

    assert_true(bits > 250);
    EVP_PKEY_free(decoded);
    return apr_itoa(unit_pool, bits);
}

static mtls_str_t key_of(mtls_str_t algorithm)
{
    return DER(0x30, DER(0x30, algorithm), DER(0x03, O("\0\1\2")));
}

static void test_keys(void **state)
{
    mtls_str_t ec = unit_oid("1.2.840.10045.2.1");
    const struct { const char *what; mtls_str_t key; const char *type, *bits, *curve; } keys[] = {
        { "RSA", public_key(EVP_RSA_gen(1024)), "rsa", "1024", "ABSENT" },
        { "RSA-PSS", rsa_pss_key(), "rsa-pss", "1024", "ABSENT" },
        { "P-256", certificate_parts().key, "ec", "256", "P-256" },
        { "P-384", public_key(EVP_EC_gen("P-384")), "ec", "384", "P-384" },
        { "secp256k1", public_key(EVP_EC_gen("secp256k1")), "ec", "256", "secp256k1" },
        { "brainpool", public_key(EVP_EC_gen("brainpoolP256r1")), "ec", "256", "brainpoolP256r1" },
        { "Ed25519", public_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")), "ed25519", NULL, "ABSENT" },
        { "Ed448", public_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED448")), "ed448", NULL, "ABSENT" },
        { "X25519", public_key(EVP_PKEY_Q_keygen(NULL, NULL, "X25519")), "x25519", NULL, "ABSENT" },
        { "unknown", key_of(unit_oid("1.2.3.4")), "1.2.3.4", "UNREADABLE", "ABSENT" },
        { "no point", key_of(JOIN(ec, unit_oid("1.2.840.10045.3.1.7"))), "ec", "UNREADABLE", "P-256" },
        { "unknown curve", key_of(JOIN(ec, unit_oid("1.2.3.4"))), "ec", "UNREADABLE", "1.2.3.4" },
        { "parameters written out", key_of(JOIN(ec, DER(0x30, DER(0x02, O("\1"))))), "ec", "UNREADABLE", "UNREADABLE" },
        { "no parameters", key_of(ec), "ec", "UNREADABLE", "UNREADABLE" }
    };
    certificate_t parts = certificate_parts();
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        parts.key = keys[i].key;
        unit_same(keys[i].what, facts_ask(&parts, "key.type"), keys[i].type);
        unit_same(keys[i].what, facts_ask(&parts, "key.bits"), keys[i].bits ? keys[i].bits : count_bits(keys[i].key));
        unit_same(keys[i].what, facts_ask(&parts, "key.curve"), keys[i].curve);
    }
}

static void test_signature_algorithms(void **state)
{
    static const struct { const char *oid, *name; } algorithms[] = {
        { "1.2.840.10045.4.3.2", "ecdsa-with-SHA256" }, { "1.2.840.113549.1.1.11", "sha256WithRSAEncryption" },
        { "1.2.840.113549.1.1.10", "rsassaPss" }, { "1.3.101.112", "ED25519" }, { "1.2.3.4", "1.2.3.4" }
    };
    certificate_t parts = certificate_parts();
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        parts.algorithm = DER(0x30, unit_oid(algorithms[i].oid));
        unit_same(algorithms[i].oid, facts_ask(&parts, "sigalg"), algorithms[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys), cmocka_unit_test(test_signature_algorithms)
    };

    return UNIT_RUN(tests);
}
