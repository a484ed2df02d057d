/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Names that nobody else may speak in, in every spelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "mtls_header.h"

static apr_pool_t *pool;

static int find(const mtls_guard_t *guard, const char *name)
{
    return mtls_guard_find(guard, name, strlen(name));
}

static const struct { const char *a, *b; int equal; } folds[] = {
    { "X-Client-Cert", "x_client_cert", 1 },
    { "X-Client-Cert", "X.CLIENT.CERT", 1 },
    { "X-Client-Cert", "X client~cert", 1 },
    { "X-Client-Cert", "X-Client\xff" "Cert", 1 },
    { "SSL_CLIENT_CERT", "ssl-client-cert", 1 },
    { "X-Client-Cert", "X-Client-Cer", 0 },
    { "X-Client-Cert", "X-Client-Certs", 0 },
    { "X-Client-Cert", "XClientCert", 0 },
    { "X-Client-Cert", "X--Client-Cert", 0 },
    { "a0", "a\x10", 0 },      /* control characters do not become digits */
    { "a@", "a`", 1 },
    { "aZ", "az", 1 },
    { "a[", "a{", 1 },
    { "", "", 1 },
    { "", "-", 0 },
};

static void test_folding(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
        mtls_guard_t *guard = mtls_guard_make(pool);

        if (mtls_header_folds_equal(folds[i].a, folds[i].b) != folds[i].equal)
            fail_msg("'%s' and '%s'", folds[i].a, folds[i].b);
        mtls_guard_add(guard, folds[i].a);
        if ((find(guard, folds[i].b) == 0) != (folds[i].equal && folds[i].a[0]))
            fail_msg("guard of '%s' and '%s'", folds[i].a, folds[i].b);
    }
}

/* Every octet in place of every separator, for every name of every profile. */
static void test_every_spelling_of_every_profile(void **state)
{
    mtls_guard_t *guard = mtls_guard_make(pool);
    int i, c, checked = 0;

    (void)state;
    mtls_guard_add_profiles(guard);
    for (i = 0; i < mtls_profile_parts_len; i++) {
        const char *name = mtls_profile_parts[i].header;
        int index = find(guard, name);

        assert_true(index >= 0);
        assert_true(mtls_header_folds_equal(mtls_guard_name(guard, index), name));
        for (c = 1; c < 256; c++) {
            char *twin = apr_pstrdup(pool, name), *at;

            for (at = twin; *at; at++) {
                if (!isalnum((unsigned char)*at))
                    *at = (char)c;
                else if (c & 1)
                    *at = (char)(*at ^ 0x20 * !!isalpha((unsigned char)*at));
            }
            if (strpbrk(name, "-_") && find(guard, twin) != (isalnum(c) && c < 128 ? -1 : index))
                fail_msg("'%s' is not found as '%s'", name, twin);
            checked++;
        }
    }
    assert_true(checked > 10000);
}

/* A name that is one character shorter, longer or different is somebody else's. */
static void test_near_misses(void **state)
{
    mtls_guard_t *guard = mtls_guard_make(pool);
    int i;

    (void)state;
    mtls_guard_add(guard, "X-SSL-Client-DN");
    mtls_guard_add(guard, "Client-Cert");
    assert_int_equal(find(guard, "X-SSL-Client-D"), -1);
    assert_int_equal(find(guard, "X-SSL-Client-DNS"), -1);
    assert_int_equal(find(guard, "X-SSL-Client-CN"), -1);
    assert_int_equal(find(guard, ""), -1);
    assert_int_equal(mtls_guard_find(guard, "Client-Certificate", 11), 1);
    for (i = 0; i < 11; i++) {
        char *other = apr_pstrdup(pool, "Client-Cert");

        other[i] = other[i] == 'q' ? 'w' : 'q';
        assert_int_equal(find(guard, other), -1);
    }
}

static void test_usual_headers_pass(void **state)
{
    static const char *const usual[] = {
        "Host", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Connection", "Cookie", "Referer",
        "Origin", "Content-Type", "Content-Length", "Authorization", "Cache-Control", "If-None-Match",
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id", "Sec-Fetch-Site", "DNT", "TE",
        "Forwarded", "Via", "Range", "X-Requested-With", "Client", "Cert",
    };
    mtls_guard_t *guard = mtls_guard_make(pool);
    size_t i;

    (void)state;
    mtls_guard_add_profiles(guard);
    for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        assert_int_equal(find(guard, usual[i]), -1);
}

/* Enough names for the table to grow several times, some longer than its filter has rows. */
static void test_growth(void **state)
{
    mtls_guard_t *guard = mtls_guard_make(pool);
    char longer[200];
    int i;

    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    for (i = 0; i < 1000; i++)
        mtls_guard_add(guard, apr_psprintf(pool, "X-Name-%d", i));
    mtls_guard_add(guard, longer);
    assert_int_equal(mtls_guard_len(guard), 1001);
    for (i = 0; i < 1000; i++) {
        assert_int_equal(find(guard, apr_psprintf(pool, "x_name.%d", i)), i);
        assert_string_equal(mtls_guard_name(guard, i), apr_psprintf(pool, "X-Name-%d", i));
    }
    assert_int_equal(find(guard, longer), 1000);
    assert_int_equal(mtls_guard_find(guard, longer, sizeof(longer) - 2), -1);
    assert_int_equal(find(guard, "X-Name-1000"), -1);
}

static apr_table_t *one_header(const char *name, const char *value)
{
    apr_table_t *headers = apr_table_make(pool, 2);

    apr_table_addn(headers, "Host", "www.example.org");
    apr_table_addn(headers, name, value);
    return headers;
}

static int touched(const mtls_guard_t *guard, const apr_table_t *headers)
{
    return mtls_guard_look(guard, headers) & MTLS_GUARD_TOUCHED;
}

/* What only looks whether there is anything to do must not overlook what would be found. */
static void check_touch(const mtls_guard_t *guard, const char *name)
{
    static const char *const lists[] = {
        "%s", "close, %s", "%s, close", "close,%s", "close;%s;x", "a\t%s", "a %s b", ",,%s", " %s ", "a,\v%s", "\"a,%s",
        "\"%s\"", "\"a\",%s", "x\"a, b\",%s,c"
    };
    size_t i;

    if (!touched(guard, one_header(name, "1")))
        fail_msg("header '%s' is overlooked", name);
    assert_true(mtls_guard_search(guard, one_header(name, "1"), 0) == 1);
    assert_true(mtls_guard_search(guard, one_header(name, "1"), 2) == -1);
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (!touched(guard, one_header("cOnnection", apr_psprintf(pool, lists[i], name))))
            fail_msg("Connection: %s is overlooked with '%s'", lists[i], name);
    }
}

static void test_touch(void **state)
{
    static const char *const harmless[] = { "keep-alive", "close", "Keep-Alive, Upgrade", "upgrade", "TE;keep-alive", "" };
    mtls_guard_t *guard = mtls_guard_make(pool);
    int i, c;

    (void)state;
    mtls_guard_add_profiles(guard);
    for (i = 0; i < (int)(sizeof(harmless) / sizeof(harmless[0])); i++)
        assert_false(touched(guard, one_header("Connection", harmless[i])));
    assert_false(touched(guard, one_header("Connections", mtls_profile_parts[0].header)));
    assert_true(mtls_guard_search(guard, one_header("Cookie", "1"), 0) == -1);
    for (i = 0; i < mtls_profile_parts_len; i++) {
        for (c = 33; c < 256; c += 31) {
            char *twin = apr_pstrdup(pool, mtls_profile_parts[i].header), *at;

            for (at = twin; *at; at++)
                *at = isalnum((unsigned char)*at) ? (char)(*at ^ 0x20 * !!isalpha((unsigned char)*at)) : (char)(isalnum(c) ? '-' : c);
            if (!strpbrk(twin, "\",;"))
                check_touch(guard, twin);
        }
    }
    guard = mtls_guard_make(pool);
    mtls_guard_add(guard, "z");
    check_touch(guard, "Z");
    assert_false(touched(guard, one_header("Zz", "1")));
}

static void test_added_once(void **state)
{
    mtls_guard_t *guard = mtls_guard_make(pool);

    (void)state;
    mtls_guard_add(guard, "Client-Cert");
    mtls_guard_add(guard, "client_cert");
    mtls_guard_add(guard, "");
    assert_int_equal(mtls_guard_len(guard), 1);
    assert_string_equal(mtls_guard_name(guard, 0), "Client-Cert");
}

static void test_one_profile(void **state)
{
    mtls_guard_t *guard = mtls_guard_make(pool);

    (void)state;
    assert_true(mtls_guard_add_profile(guard, "rfc9440"));
    assert_int_equal(mtls_guard_len(guard), 2);
    assert_true(mtls_guard_add_profile(guard, "vault:X-Mine"));
    assert_true(find(guard, "x-mine") >= 0);
    assert_int_equal(find(guard, "X-Client-Cert"), -1);
    assert_true(mtls_guard_add_profile(guard, "vault"));
    assert_true(find(guard, "X-Client-Cert") >= 0);
    /* Whatever the options are: all names that the profile can ever send. */
    assert_true(mtls_guard_add_profile(guard, "alb:passthrough"));
    assert_true(find(guard, "X-Amzn-Mtls-Clientcert-Leaf") >= 0);
    assert_true(find(guard, "X-Amzn-Mtls-Clientcert") >= 0);
    assert_false(mtls_guard_add_profile(guard, "rfc944"));
    assert_false(mtls_guard_add_profile(guard, "RFC9440x"));
    assert_false(mtls_guard_add_profile(guard, ""));
}

static void test_without(void **state)
{
    mtls_guard_t *all = mtls_guard_make(pool), *but = mtls_guard_make(pool), *left;

    (void)state;
    mtls_guard_add(all, "A-B");
    mtls_guard_add(all, "C-D");
    mtls_guard_add(but, "c_d");
    mtls_guard_add(but, "E-F");
    left = mtls_guard_without(pool, all, but);
    assert_int_equal(mtls_guard_len(left), 1);
    assert_int_equal(find(left, "a.b"), 0);
    assert_int_equal(find(left, "C-D"), -1);
    assert_int_equal(find(all, "C-D"), 1);
    assert_int_equal(find(mtls_guard_make(pool), "A-B"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folding), cmocka_unit_test(test_every_spelling_of_every_profile),
        cmocka_unit_test(test_near_misses), cmocka_unit_test(test_usual_headers_pass), cmocka_unit_test(test_growth),
        cmocka_unit_test(test_touch),
        cmocka_unit_test(test_added_once), cmocka_unit_test(test_one_profile), cmocka_unit_test(test_without),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
