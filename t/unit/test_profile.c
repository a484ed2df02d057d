/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The table of profiles, checked as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "mtls_header.h"

static apr_pool_t *pool;

static const mtls_profile_t *profile_of(const mtls_profile_part_t *row)
{
    int i;

    for (i = 0; i < mtls_profiles_len; i++) {
        if (!strcmp(mtls_profiles[i].name, row->profile))
            return &mtls_profiles[i];
    }
    fail_msg("row of unknown profile '%s'", row->profile);
    return NULL;
}

static void test_profiles(void **state)
{
    int i, j, rows;

    (void)state;
    assert_true(mtls_profiles_len > 15);
    for (i = 0; i < mtls_profiles_len; i++) {
        const mtls_profile_t *profile = &mtls_profiles[i];

        assert_true(profile->name[0] && profile->products[0] && profile->doc[0]);
        assert_int_equal(strspn(profile->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(profile->name));
        assert_string_not_equal(profile->name, "none");
        for (j = 0; j < i; j++)
            assert_string_not_equal(profile->name, mtls_profiles[j].name);
        for (j = rows = 0; j < mtls_profile_parts_len; j++)
            rows += !strcmp(mtls_profile_parts[j].profile, profile->name);
        assert_true(rows > 0);
    }
}

/* Rows of one header stand together, as compiling expects; labels are unique among them. */
static void test_rows(void **state)
{
    int i, j;

    (void)state;
    for (i = 0; i < mtls_profile_parts_len; i++) {
        const mtls_profile_part_t *row = &mtls_profile_parts[i];

        profile_of(row);
        if (mtls_header_name_refused(pool, row->header))
            fail_msg("'%s' is no name for a header", row->header);
        for (j = 0; j < i; j++) {
            const mtls_profile_part_t *other = &mtls_profile_parts[j];

            if (strcmp(other->profile, row->profile) || !mtls_header_folds_equal(other->header, row->header))
                continue;
            assert_string_equal(other->header, row->header);
            assert_non_null(row->label);
            assert_non_null(other->label);
            assert_string_not_equal(row->label, other->label);
            assert_string_equal(mtls_profile_parts[i - 1].header, row->header);
        }
    }
}

/* Whatever options there are, each profile compiles: its fields and formats exist and fit. */
static void test_every_option_compiles(void **state)
{
    int i, compiled = 0;

    (void)state;
    for (i = 0; i < mtls_profile_parts_len; i++) {
        const mtls_profile_part_t *row = &mtls_profile_parts[i];
        mtls_headerset_t *set = mtls_headerset_make(pool, mtls_fieldset_make(pool));
        apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
        const char *option = row->flags & MTLS_PART_NAMED ? "X-Test" : row->option;
        const char *word = option ? apr_pstrcat(pool, row->profile, ":", option, NULL) : row->profile;
        const char *error = mtls_profile_compile(set, word, headers);
        int j, found = 0;

        if (error)
            fail_msg("%s: %s", word, error);
        for (j = 0; j < headers->nelts; j++)
            found += !strcmp(mtls_header_name(APR_ARRAY_IDX(headers, j, const mtls_header_t *)),
                             row->flags & MTLS_PART_NAMED ? "X-Test" : row->header);
        assert_int_equal(found, row->fields != NULL);
        compiled++;
    }
    assert_true(compiled > 80);
}

static void test_defaults_are_options(void **state)
{
    int i, j;

    (void)state;
    for (i = 0; i < mtls_profiles_len; i++) {
        const char *defaults = mtls_profiles[i].defaults;
        mtls_headerset_t *set = mtls_headerset_make(pool, mtls_fieldset_make(pool));
        apr_array_header_t *plain = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
        apr_array_header_t *written = apr_array_make(pool, 8, sizeof(const mtls_header_t *));

        if (!defaults)
            continue;
        assert_null(mtls_profile_compile(set, mtls_profiles[i].name, plain));
        assert_null(mtls_profile_compile(set, apr_pstrcat(pool, mtls_profiles[i].name, ":", defaults, NULL), written));
        assert_true(plain->nelts > 0);
        assert_int_equal(plain->nelts, written->nelts);
        for (j = 0; j < plain->nelts; j++)
            assert_ptr_equal(APR_ARRAY_IDX(plain, j, void *), APR_ARRAY_IDX(written, j, void *));
    }
}

/* Pairs of profiles that send a name of the same fold: those that send the same octets, and those that do not. */
static const struct { const char *a, *b, *name; int same; } pairs[] = {
    { "rfc9440", "keycloak-haproxy", "Client-Cert", 0 },
    { "rfc9440", "keycloak-haproxy", "Client-Cert-Chain", 0 },
    { "nginx", "tomcat", "ssl-client-cert", 0 },
    { "nginx", "undertow", "ssl-client-cert", 0 },
    { "nginx", "keycloak-apache", "ssl-client-cert", 0 },
    { "xfcc", "cloudfoundry", "X-Forwarded-Client-Cert", 0 },
    { "tomcat", "undertow", "ssl-client-cert", 1 },
    { "tomcat", "undertow", "ssl-cipher", 1 },
    { "tomcat", "undertow", "ssl-session-id", 1 },
    { "tomcat", "undertow", "ssl-cipher-usekeysize", 1 },
    { "tomcat", "keycloak-apache", "ssl-client-cert", 1 },
    { "undertow", "keycloak-apache", "ssl-client-cert", 1 },
    { "aspnet", "kong", "X-Client-Cert", 0 },
    { "aspnet", "puppet", "X-Client-Cert", 0 },
    { "aspnet", "pulp", "X-Client-Cert", 0 },
    { "aspnet", "vault", "X-Client-Cert", 1 },
    { "kong", "puppet", "X-Client-Cert", 1 },
    { "kong", "pulp", "X-Client-Cert", 1 },
    { "kong", "vault", "X-Client-Cert", 0 },
    { "puppet", "pulp", "X-Client-Cert", 1 },
    { "puppet", "vault", "X-Client-Cert", 0 },
    { "pulp", "vault", "X-Client-Cert", 0 },
};

static int expected_pair(const char *a, const char *b, const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (!strcmp(pairs[i].a, a) && !strcmp(pairs[i].b, b) && mtls_header_folds_equal(pairs[i].name, name))
            return pairs[i].same;
    }
    return -1;
}

static int compare_pair(int a, int b, const apr_array_header_t *as, const apr_array_header_t *bs)
{
    int i, j, met = 0;

    for (i = 0; i < as->nelts; i++) {
        const mtls_header_t *left = APR_ARRAY_IDX(as, i, const mtls_header_t *);

        for (j = 0; j < bs->nelts; j++) {
            const mtls_header_t *right = APR_ARRAY_IDX(bs, j, const mtls_header_t *);
            const char *name = mtls_header_name(left);

            if (!mtls_header_folds_equal(name, mtls_header_name(right)))
                continue;
            if (mtls_header_same(left, right) != expected_pair(mtls_profiles[a].name, mtls_profiles[b].name, name))
                fail_msg("%s and %s: %s", mtls_profiles[a].name, mtls_profiles[b].name, name);
            met++;
        }
    }
    return met;
}

static void test_pairs(void **state)
{
    mtls_headerset_t *set = mtls_headerset_make(pool, mtls_fieldset_make(pool));
    apr_array_header_t **headers = apr_palloc(pool, sizeof(*headers) * (apr_size_t)mtls_profiles_len);
    int i, j, met = 0;

    (void)state;
    for (i = 0; i < mtls_profiles_len; i++) {
        headers[i] = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
        assert_null(mtls_profile_compile(set, mtls_profiles[i].name, headers[i]));
        for (j = 0; j < i; j++)
            met += compare_pair(j, i, headers[j], headers[i]);
    }
    assert_int_equal(met, sizeof(pairs) / sizeof(pairs[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles), cmocka_unit_test(test_rows), cmocka_unit_test(test_every_option_compiles),
        cmocka_unit_test(test_defaults_are_options), cmocka_unit_test(test_pairs),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
