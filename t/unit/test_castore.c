/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* CA certificates found again by digest: in this process, in other children, and when the store is full. */
#include "certificate.h"
#include <sys/wait.h>
#include <unistd.h>
#include <apr_thread_proc.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "mtls_castore.h"

#define ENTRIES 256      /* at least so many different CAs have room */

typedef struct ca_t {
    X509 *certificate;
    mtls_str_t der;
    unsigned char digest[MTLS_DIGEST_LEN];
} ca_t;

/* Number and size make the certificate. */
static ca_t make_ca(int number, int size)
{
    certificate_t parts = certificate_parts();
    ca_t ca;

    parts.serial = DER(0x02, ((mtls_str_t){ apr_psprintf(unit_pool, "%c%c", 1 + number / 100, 1 + number % 100), 2 }));
    if (size)
        parts.extensions = certificate_extension("1.3.6.1.4.1.99999.9", unit_repeat(O("x"), size));
    ca.der = certificate_der(&parts);
    ca.certificate = certificate_decode(&parts);
    assert_int_equal(EVP_Digest(ca.der.ptr, ca.der.len, ca.digest, NULL, EVP_sha256(), NULL), 1);
    return ca;
}

static int knows(mtls_castore_t *store, const ca_t *ca)
{
    X509 *found = mtls_castore_find(store, ca->digest);
    unsigned char *der = NULL;
    int len = found ? i2d_X509(found, &der) : -1;
    int same = mtls_castore_has(store, ca->digest) && len == (int)ca->der.len && !memcmp(der, ca->der.ptr, ca->der.len);

    OPENSSL_free(der);
    assert_int_equal(mtls_castore_has(store, ca->digest), found != NULL);
    if (found)
        assert_true(same);
    return found != NULL;
}

static int setup(void **state)
{
    static apr_pool_t *pool;

    apr_pool_create(&pool, unit_pool);
    *state = mtls_castore_make(pool);
    return *state ? 0 : -1;
}

static void test_found_again(void **state)
{
    ca_t one = make_ca(1, 0), two = make_ca(2, 0);
    X509 *first;

    assert_false(knows(*state, &one));
    mtls_castore_add(*state, one.certificate, one.digest);
    X509_free(one.certificate);              /* the store has a copy */
    assert_true(knows(*state, &one));
    assert_false(knows(*state, &two));
    first = mtls_castore_find(*state, one.digest);
    mtls_castore_add(*state, two.certificate, two.digest);
    assert_true(knows(*state, &two));
    assert_ptr_equal(mtls_castore_find(*state, one.digest), first);
    X509_free(two.certificate);
}

static void test_nearly_the_same(void **state)
{
    ca_t ca = make_ca(1, 0);
    int bit;

    mtls_castore_add(*state, ca.certificate, ca.digest);
    for (bit = 0; bit < 8 * MTLS_DIGEST_LEN; bit++) {
        ca.digest[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_null(mtls_castore_find(*state, ca.digest));
        ca.digest[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    X509_free(ca.certificate);
}

/* The digest of the same octets again, of another object; and of nothing else, whatever single bit is turned. All of these
 * have the same last octets in their signatures, which are empty. */
static void test_recall(void **state)
{
    ca_t ca = make_ca(1, 0), again = make_ca(1, 0), other = make_ca(50, 0);
    unsigned char digest[MTLS_DIGEST_LEN];
    apr_size_t bit;
    int decoded = 0;

    assert_false(mtls_castore_recall(*state, ca.certificate, digest));
    mtls_castore_add(*state, other.certificate, other.digest);
    assert_false(mtls_castore_recall(*state, ca.certificate, digest));
    mtls_castore_add(*state, ca.certificate, ca.digest);
    assert_true(mtls_castore_recall(*state, again.certificate, digest));
    assert_memory_equal(digest, ca.digest, MTLS_DIGEST_LEN);
    assert_true(mtls_castore_recall(*state, other.certificate, digest));
    assert_memory_equal(digest, other.digest, MTLS_DIGEST_LEN);
    for (bit = 0; bit < 8 * ca.der.len; bit++) {
        char *der = apr_pmemdup(unit_pool, ca.der.ptr, ca.der.len);
        const unsigned char *at = (const unsigned char *)der;
        X509 *turned;

        der[bit / 8] ^= (char)(1 << bit % 8);
        turned = d2i_X509(NULL, &at, (long)ca.der.len);
        decoded += turned != NULL;
        if (turned && mtls_castore_recall(*state, turned, digest))
            fail_msg("bit %d may be turned", (int)bit);
        X509_free(turned);
    }
    assert_true(decoded > 100);
    ERR_clear_error();
    X509_free(ca.certificate);
    X509_free(again.certificate);
    X509_free(other.certificate);
}

/* The same one a thousand times takes one place; so many others have room; the next does not, and says so. */
static void test_full(void **state)
{
    ca_t cas[ENTRIES + 1];
    int i;

    for (i = 0; i <= ENTRIES; i++)
        cas[i] = make_ca(i, 0);
    for (i = 0; i < 1000; i++)
        mtls_castore_add(*state, cas[0].certificate, cas[0].digest);
    for (i = 0; i <= ENTRIES; i++)
        mtls_castore_add(*state, cas[i].certificate, cas[i].digest);
    for (i = 0; i <= ENTRIES; i++) {
        assert_int_equal(knows(*state, &cas[i]), i < ENTRIES);
        X509_free(cas[i].certificate);
    }
}

/* What is too large is left out, and takes nothing away from those that fit. */
static void test_too_large(void **state)
{
    static const int sizes[] = { 200000, 200000, 200000, 0, 600000, 50000 };
    static const int kept[] = { 1, 1, 0, 1, 0, 1 };
    size_t i;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        ca_t ca = make_ca((int)i, sizes[i]);

        mtls_castore_add(*state, ca.certificate, ca.digest);
        assert_int_equal(knows(*state, &ca), kept[i]);
        X509_free(ca.certificate);
    }
}

/* The exit status of a child that runs this. */
static int in_child(void (*run)(mtls_castore_t *store, ca_t *cas), mtls_castore_t *store, ca_t *cas)
{
    int status = -1;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        run(store, cas);
        _exit(knows(store, &cas[0]) | knows(store, &cas[1]) << 1 | knows(store, &cas[2]) << 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void do_nothing(mtls_castore_t *store, ca_t *cas)
{
    (void)store, (void)cas;
}

static void add_second(mtls_castore_t *store, ca_t *cas)
{
    mtls_castore_add(store, cas[1].certificate, cas[1].digest);
}

static void test_children(void **state)
{
    ca_t cas[3] = { make_ca(1, 0), make_ca(2, 0), make_ca(3, 0) };
    int i;

    assert_int_equal(in_child(do_nothing, *state, cas), 0);
    mtls_castore_add(*state, cas[0].certificate, cas[0].digest);
    assert_int_equal(in_child(do_nothing, *state, cas), 1);      /* parent to child */
    assert_int_equal(in_child(add_second, *state, cas), 3);
    assert_true(knows(*state, &cas[1]));                         /* child to parent */
    assert_int_equal(in_child(do_nothing, *state, cas), 3);      /* child to its brother */
    assert_false(knows(*state, &cas[2]));
    for (i = 0; i < 3; i++)
        X509_free(cas[i].certificate);
}

/* The store's own way of writing a certificate down: a child can be made to die within it. */
static int dies;

int i2d_X509(const X509 *certificate, unsigned char **to)
{
    if (dies && to)
        _exit(9);
    return ASN1_item_i2d((const ASN1_VALUE *)certificate, to, ASN1_ITEM_rptr(X509));
}

static void die_adding(mtls_castore_t *store, ca_t *cas)
{
    dies = 1;
    mtls_castore_add(store, cas[1].certificate, cas[1].digest);
}

static void test_died(void **state)
{
    ca_t cas[3] = { make_ca(1, 0), make_ca(2, 0), make_ca(3, 0) };
    int i;

    mtls_castore_add(*state, cas[0].certificate, cas[0].digest);
    assert_int_equal(in_child(die_adding, *state, cas), 9);
    assert_false(knows(*state, &cas[1]));                        /* not half of it either */
    assert_int_equal(in_child(add_second, *state, cas), 3);
    mtls_castore_add(*state, cas[2].certificate, cas[2].digest);
    for (i = 0; i < 3; i++) {
        assert_true(knows(*state, &cas[i]));
        X509_free(cas[i].certificate);
    }
}

enum { THREADS = 3, CAS = 60 };

typedef struct crowd_t {
    mtls_castore_t *store;
    ca_t cas[CAS];
    X509 *found[THREADS][CAS];
} crowd_t;

typedef struct member_t {
    crowd_t *crowd;
    int number;
} member_t;

/* An addition may be left for the next time: then there is a next time. */
static void *APR_THREAD_FUNC add_all(apr_thread_t *thread, void *data)
{
    member_t *member = data;
    crowd_t *crowd = member->crowd;
    int i, try;

    (void)thread;
    for (i = 0; i < CAS; i++) {
        for (try = 0; try < 100000 && !crowd->found[member->number][i]; try++) {
            mtls_castore_add(crowd->store, crowd->cas[i].certificate, crowd->cas[i].digest);
            crowd->found[member->number][i] = mtls_castore_find(crowd->store, crowd->cas[i].digest);
            if (!crowd->found[member->number][i])
                apr_sleep(50);                /* whoever is adding may have to wait for a processor */
        }
    }
    return NULL;
}

static void run_crowd(crowd_t *crowd)
{
    apr_thread_t *threads[THREADS];
    member_t members[THREADS];
    apr_status_t status;
    int i;

    for (i = 0; i < THREADS; i++) {
        members[i] = (member_t){ crowd, i };
        assert_int_equal(apr_thread_create(&threads[i], NULL, add_all, &members[i], unit_pool), APR_SUCCESS);
    }
    for (i = 0; i < THREADS; i++)
        apr_thread_join(&status, threads[i]);
}

/* Threads of two processes add the same certificates: each is there once, whole, and decoded once per process. */
static void test_crowd(void **state)
{
    crowd_t *crowd = apr_pcalloc(unit_pool, sizeof(*crowd));
    int status = -1, i, k;
    pid_t pid;

    crowd->store = *state;
    for (i = 0; i < CAS; i++)
        crowd->cas[i] = make_ca(i, 100 * (i % 7));
    pid = fork();
    assert_true(pid >= 0);
    run_crowd(crowd);
    for (i = 0; i < CAS; i++) {
        assert_true(knows(crowd->store, &crowd->cas[i]));
        for (k = 0; k < THREADS; k++)
            assert_ptr_equal(crowd->found[k][i], crowd->found[0][i]);
    }
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    for (i = CAS; i < ENTRIES; i++) {         /* nothing was there twice: all others have room */
        ca_t ca = make_ca(i, 0);

        mtls_castore_add(crowd->store, ca.certificate, ca.digest);
        assert_true(knows(crowd->store, &ca));
        X509_free(ca.certificate);
    }
    for (i = 0; i < CAS; i++)
        X509_free(crowd->cas[i].certificate);
}

static void test_error_queue(void **state)
{
    ca_t ca = make_ca(1, 0), other = make_ca(2, 0);

    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    mtls_castore_add(*state, ca.certificate, ca.digest);
    assert_true(knows(*state, &ca));
    assert_false(knows(*state, &other));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
    X509_free(ca.certificate);
    X509_free(other.certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_found_again, setup),
        cmocka_unit_test_setup(test_nearly_the_same, setup),
        cmocka_unit_test_setup(test_recall, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_too_large, setup),
        cmocka_unit_test_setup(test_children, setup),
        cmocka_unit_test_setup(test_died, setup),
        cmocka_unit_test_setup(test_crowd, setup),
        cmocka_unit_test_setup(test_error_queue, setup),
    };

    return UNIT_RUN(tests);
}
