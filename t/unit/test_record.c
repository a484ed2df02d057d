/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What a session remembers of its verification: what goes in comes out, and nothing else is believed. */
#include "certificate.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include "mtls_record.h"

/* As the layout in mtls_record.h says: magic, version, flags, error; SHA-1 of the leaf; where it was verified. */
#define HEAD 8
#define LEAF 20
#define LEAST (HEAD + LEAF + 32)
#define WHOLE (LEAST + 2 * 32)      /* with two CAs */

static const unsigned char here[] = "32 octets that stand for a place";
static const unsigned char elsewhere[] = "32 octets that stand for a plaza";

static certificate_t parts_of(int number)
{
    certificate_t parts = certificate_parts();

    parts.serial = DER(0x02, ((mtls_str_t){ apr_psprintf(unit_pool, "%c%c", 1 + number / 100, 1 + number % 100), 2 }));
    return parts;
}

static X509 *make_certificate(int number)
{
    certificate_t parts = parts_of(number);

    return certificate_decode(&parts);
}

/* Over the DER we wrote, not over what OpenSSL read. */
static void hash_of(int number, const EVP_MD *algorithm, unsigned char *hash)
{
    certificate_t parts = parts_of(number);
    mtls_str_t der = certificate_der(&parts);

    assert_int_equal(EVP_Digest(der.ptr, der.len, hash, NULL, algorithm, NULL), 1);
}

/* The leaf is number 0, its issuer 1, and so on. */
static STACK_OF(X509) *make_chain(int above)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    int i;

    for (i = 0; i <= above; i++)
        sk_X509_push(chain, make_certificate(i));
    return chain;
}

enum { NO_CHAIN = -1 };

typedef struct verification_t {
    const char *name;
    int ok, error, above;
    int verified, chain_len;
} verification_t;

static const verification_t verifications[] = {
    { "the leaf is the anchor", 1, X509_V_OK, 0, 1, 0 },
    { "one CA", 1, X509_V_OK, 1, 1, 1 },
    { "two CAs", 1, X509_V_OK, 2, 1, 2 },
    { "as many CAs as fit", 1, X509_V_OK, MTLS_RECORD_CHAIN_MAX, 1, MTLS_RECORD_CHAIN_MAX },
    { "one CA more than fits", 1, X509_V_OK, MTLS_RECORD_CHAIN_MAX + 1, 1, -1 },
    { "many more", 1, X509_V_OK, 60, 1, -1 },
    { "success without a chain", 1, X509_V_OK, NO_CHAIN, 1, -1 },
    { "overlooked: self-signed", 1, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0, 0, -1 },
    { "overlooked: no issuer", 1, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 1, 0, -1 },
    { "overlooked: expired", 1, X509_V_ERR_CERT_HAS_EXPIRED, 2, 0, -1 },
    { "failed", 0, X509_V_ERR_CERT_REVOKED, 2, 0, -1 },
    { "failed without an error", 0, X509_V_OK, 2, 0, -1 },
    { "an error of many digits", 1, 0x7fffffff, 2, 0, -1 },
    { "an error below zero", 1, -1, 2, 0, -1 },
};

static void check_chain(const verification_t *row, const mtls_record_t *record)
{
    unsigned char digest[MTLS_DIGEST_LEN];
    int i;

    for (i = 0; i < row->chain_len; i++) {
        hash_of(i + 1, EVP_sha256(), digest);
        assert_memory_equal(record->chain[i], digest, MTLS_DIGEST_LEN);
    }
}

static void check_verification(const verification_t *row)
{
    STACK_OF(X509) *chain = row->above == NO_CHAIN ? NULL : make_chain(row->above);
    X509 *leaf = make_certificate(0), *stranger = make_certificate(99);
    unsigned char octets[MTLS_RECORD_MAX + 1];
    mtls_record_t record, decoded;
    apr_size_t len;

    octets[MTLS_RECORD_MAX] = 0x5a;
    assert_int_equal(mtls_record_make(&record, here, row->ok, row->error, chain, leaf, NULL), 0);
    len = mtls_record_encode(&record, octets);
    assert_int_equal(len, LEAST + MTLS_DIGEST_LEN * (row->chain_len < 0 ? 0 : row->chain_len));
    assert_true(len <= 512);
    assert_int_equal(octets[MTLS_RECORD_MAX], 0x5a);
    assert_int_equal(mtls_record_decode(&decoded, octets, len), 0);
    if (decoded.chain_len != row->chain_len || decoded.error != row->error)
        fail_msg("%s: chain %d, error %d", row->name, decoded.chain_len, decoded.error);
    check_chain(row, &decoded);
    if (mtls_record_verified(&decoded, here, leaf) != row->verified)
        fail_msg("%s: is%s verified", row->name, row->verified ? " not" : "");
    assert_false(mtls_record_verified(&decoded, here, stranger));
    assert_false(mtls_record_verified(&decoded, elsewhere, leaf));
    assert_false(mtls_record_verified(&decoded, NULL, leaf));
    X509_free(leaf);
    X509_free(stranger);
    sk_X509_pop_free(chain, X509_free);
}

static void test_verifications(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(verifications) / sizeof(verifications[0]); i++)
        check_verification(&verifications[i]);
}

/* A good record of a leaf and two CAs, written down by the layout alone. */
static apr_size_t write_record(unsigned char *octets)
{
    int i;

    memcpy(octets, "MA\3\5\0\0\0\0", HEAD);
    hash_of(0, EVP_sha1(), octets + HEAD);
    memcpy(octets + HEAD + LEAF, here, 32);
    for (i = 0; i < 2; i++)
        hash_of(i + 1, EVP_sha256(), octets + LEAST + i * MTLS_DIGEST_LEN);
    return WHOLE;
}

static void test_layout(void **state)
{
    unsigned char written[MTLS_RECORD_MAX], octets[MTLS_RECORD_MAX];
    STACK_OF(X509) *chain = make_chain(2);
    mtls_record_t record;

    (void)state;
    assert_int_equal(mtls_record_make(&record, here, 1, X509_V_OK, chain, sk_X509_value(chain, 0), NULL), 0);
    assert_int_equal(mtls_record_encode(&record, octets), write_record(written));
    assert_memory_equal(octets, written, WHOLE);
    assert_int_equal(mtls_record_make(&record, here, 0, X509_V_ERR_CERT_REVOKED, chain, sk_X509_value(chain, 0), NULL), 0);
    assert_int_equal(mtls_record_encode(&record, octets), LEAST);
    assert_memory_equal(octets, "MA\3\6\0\0\0\x17", HEAD);      /* X509_V_ERR_CERT_REVOKED is 23 */
    sk_X509_pop_free(chain, X509_free);
}

/* What the store knows is not hashed again, and is that of the same place in the chain, whatever else lies in the store: digests that
 * no certificate has tell which one was taken. */
static void test_from_store(void **state)
{
    STACK_OF(X509) *chain = make_chain(3);
    mtls_castore_t *store = mtls_castore_make(unit_pool);
    unsigned char digest[MTLS_DIGEST_LEN];
    mtls_record_t record;
    int i;

    (void)state;
    for (i = 3; i >= 0; i--) {
        if (i != 2)
            mtls_castore_add(store, sk_X509_value(chain, i), memset(digest, i + 1, sizeof(digest)));
    }
    assert_int_equal(mtls_record_make(&record, here, 1, X509_V_OK, chain, sk_X509_value(chain, 0), store), 0);
    assert_int_equal(record.chain_len, 3);
    assert_memory_equal(record.chain[0], memset(digest, 2, sizeof(digest)), sizeof(digest));
    hash_of(2, EVP_sha256(), digest);
    assert_memory_equal(record.chain[1], digest, sizeof(digest));
    assert_memory_equal(record.chain[2], memset(digest, 4, sizeof(digest)), sizeof(digest));
    sk_X509_pop_free(chain, X509_free);
}

/* Records that are no records: one octet of a good one set to another value, and another length. */
static const struct {
    const char *name;
    int at, octet, len;
} broken[] = {
    { "nothing", 0, 'M', 0 },
    { "one octet", 0, 'M', 1 },
    { "no leaf", 0, 'M', HEAD },
    { "half a leaf", 0, 'M', HEAD + 10 },
    { "one octet short of a leaf", 0, 'M', HEAD + LEAF - 1 },
    { "a leaf and no place", 0, 'M', HEAD + LEAF },
    { "one octet short of a place", 0, 'M', LEAST - 1 },
    { "one octet behind the place", 0, 'M', LEAST + 1 },
    { "one octet short of the chain", 0, 'M', WHOLE - 1 },
    { "one octet behind the chain", 0, 'M', WHOLE + 1 },
    { "one CA too many", 0, 'M', MTLS_RECORD_MAX + MTLS_DIGEST_LEN },
    { "another magic", 0, 'm', WHOLE },
    { "another magic", 1, 'B', WHOLE },
    { "version 0", 2, 0, WHOLE },
    { "version 1", 2, 1, WHOLE },
    { "version 2, which had no place", 2, 2, WHOLE - 32 },
    { "version 4", 2, 4, WHOLE },
    { "version 1, which had 32 octets of the leaf", 2, 1, HEAD + 32 },
    { "the same, with two CAs", 2, 1, HEAD + 3 * 32 },
    { "version 2 with 32 octets of the leaf", 2, 2, HEAD + 32 },
};

static void test_broken(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        unsigned char octets[MTLS_RECORD_MAX + MTLS_DIGEST_LEN] = { 0 };
        mtls_record_t record;

        write_record(octets);
        octets[broken[i].at] = (unsigned char)broken[i].octet;
        if (mtls_record_decode(&record, octets, (apr_size_t)broken[i].len) == 0)
            fail_msg("%s: accepted", broken[i].name);
    }
}

/* Whatever single bit is turned in what decides, the leaf is not verified any more. */
static void test_turned_bits(void **state)
{
    unsigned char octets[MTLS_RECORD_MAX];
    apr_size_t len = write_record(octets);
    X509 *leaf = make_certificate(0);
    mtls_record_t record;
    int bit;

    (void)state;
    assert_int_equal(mtls_record_decode(&record, octets, len), 0);
    assert_true(mtls_record_verified(&record, here, leaf));
    for (bit = 0; bit < 8 * LEAST; bit++) {
        if (bit / 8 == 3 && bit != 24)      /* of the flags only the first one says "verified" */
            continue;
        octets[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (mtls_record_decode(&record, octets, len) == 0 && mtls_record_verified(&record, here, leaf))
            fail_msg("bit %d may be turned", bit);
        octets[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    X509_free(leaf);
}

/* What a record says of extensions is what OpenSSL says of this leaf. */
static void test_extensions(void **state)
{
    certificate_t parts = parts_of(0);
    mtls_record_t record, decoded;
    unsigned char octets[MTLS_RECORD_MAX];
    X509 *leaf;

    (void)state;
    parts.extensions = certificate_extension("2.5.29.15", DER(0x04, mtls_str("no bits")));
    leaf = certificate_decode(&parts);
    assert_int_equal(mtls_record_make(&record, here, 1, X509_V_OK, NULL, leaf, NULL), 0);
    assert_int_equal(record.decodes, 0);
    assert_int_equal(mtls_record_decode(&decoded, octets, mtls_record_encode(&record, octets)), 0);
    assert_int_equal(decoded.decodes, 0);
    X509_free(leaf);
    leaf = make_certificate(0);
    assert_int_equal(mtls_record_make(&record, here, 1, X509_V_OK, NULL, leaf, NULL), 0);
    assert_int_equal(record.decodes, 1);
    assert_int_equal(mtls_record_decode(&decoded, octets, mtls_record_encode(&record, octets)), 0);
    assert_int_equal(decoded.decodes, 1);
    X509_free(leaf);
}

static void test_error_queue(void **state)
{
    X509 *leaf = make_certificate(0);
    mtls_record_t record;

    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    assert_int_equal(mtls_record_make(&record, here, 1, X509_V_OK, NULL, leaf, NULL), 0);
    mtls_record_verified(&record, here, leaf);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
    X509_free(leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verifications),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_from_store),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_turned_bits),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_error_queue),
    };

    return UNIT_RUN(tests);
}
