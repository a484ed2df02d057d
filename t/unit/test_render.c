/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What is sent of a certificate, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "world.h"

static apr_pool_t *pool;

static const struct { const char *field, *format; mtls_reason_t reason; const char *want; } values[] = {
    { "subject.cn", NULL, MTLS_GRANTED, "svc-%C3%A4nne" },
    { "subject.cn", "utf8", MTLS_GRANTED, "svc-\xc3\xa4nne" },
    { "subject.o", NULL, MTLS_GRANTED, "Example, Inc." },
    { "subject.ou", NULL, MTLS_GRANTED, "Payments,Tier A" },
    { "subject.ou", "list-base64", MTLS_GRANTED, "UGF5bWVudHM=,VGllciBB" },
    { "subject.title", NULL, MTLS_GRANTED, NULL },
    { "san.ip", NULL, MTLS_GRANTED, "192.0.2.7,2001:db8::7" },
    { "san.dns", "sf", MTLS_GRANTED, ":cGF5LmV4YW1wbGUuY29t:, :Ki5wYXkuZXhhbXBsZS5jb20=:" },
    { "san.upn", NULL, MTLS_GRANTED, NULL },
    { "subject", NULL, MTLS_GRANTED, "CN=svc-\\C3\\A4nne,OU=Tier A,OU=Payments,O=Example\\, Inc.,C=DE" },
    { "ca", NULL, MTLS_AMBIGUOUS, NULL },
    { "ca", "list-base64", MTLS_GRANTED,
      "MEMxCzAJBgNVBAYTAkRFMRUwEwYDVQQKDAxFeGFtcGxlIENvcnAxHTAbBgNVBAMMFEV4YW1wbGUgSXNzdWluZyBDQSAx,"
      "MD4xCzAJBgNVBAYTAkRFMRUwEwYDVQQKDAxFeGFtcGxlIENvcnAxGDAWBgNVBAMMD0V4YW1wbGUgUm9vdCBDQQ==" },
    { "serial", NULL, MTLS_GRANTED, "0A1B2C3D4E5F60718293" },
    { "serial", "decimal", MTLS_GRANTED, "47724914708969405121171" },
    { "not-before", NULL, MTLS_GRANTED, "2026-11-20T22:58:29Z" },
    { "not-after", "asn1-time", MTLS_GRANTED, "290222225829Z" },
    { "remaining", NULL, MTLS_GRANTED, "71279999" },
    { "lifetime", NULL, MTLS_GRANTED, "71280000" },
    { "chain.length", NULL, MTLS_GRANTED, "3" },
    { "user", NULL, MTLS_GRANTED, "anne" },
    { "verify", NULL, MTLS_GRANTED, "SUCCESS" },
    { "reason", NULL, MTLS_GRANTED, NULL },
    { "tls.version", NULL, MTLS_GRANTED, "TLSv1.3" },
    { "tls.session-id", NULL, MTLS_GRANTED, "01abff" },
    { "=a, b", NULL, MTLS_GRANTED, "a, b" },
};

static void test_values(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        world_t world = world_make(pool, NULL, NULL);
        const char *value = "unset";
        const mtls_header_t *header = world_compile(&world, "X-Y", values[i].field, values[i].format);
        mtls_reason_t reason = world_render(&world, header, &value);

        assert_int_equal(reason, values[i].reason);
        world_expect(values[i].field, value, values[i].want);
    }
}

/* Several values and a comma in one of them: two certificates would look alike. */
static void test_ambiguity(void **state)
{
    static const char *const subject[] = { "OU", "a,b", "OU", "c", "CN", "x", "CN", "y", NULL };
    static const struct { const char *profile, *name; mtls_reason_t reason; } rows[] = {
        { "haproxy", "X-SSL-Client-CN", MTLS_AMBIGUOUS },
        { "haproxy", "X-SSL-Client-DN", MTLS_GRANTED },
    };
    world_t world = world_make(pool, subject, NULL);
    const mtls_header_t *joined = world_compile(&world, "X-Ou", "subject.ou", NULL);
    const mtls_header_t *list = world_compile(&world, "X-Ou", "subject.ou", "list-comma");
    const mtls_header_t *cn = world_compile(&world, "X-Cn", "subject.cn", NULL);
    apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
    const char *value;
    size_t i;
    int j, seen = 0;

    (void)state;
    assert_null(mtls_profile_compile(world.set, "haproxy", headers));
    assert_int_equal(world_render(&world, joined, &value), MTLS_AMBIGUOUS);
    assert_null(value);
    assert_int_equal(world_render(&world, list, &value), MTLS_GRANTED);
    world_expect("list", value, "a%2Cb,c");
    assert_int_equal(world_render(&world, cn, &value), MTLS_GRANTED);
    world_expect("cn", value, "x,y");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (j = 0; j < headers->nelts; j++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, j, const mtls_header_t *);

            if (strcmp(mtls_header_name(header), rows[i].name))
                continue;
            assert_int_equal(world_render(&world, header, &value), rows[i].reason);
            seen++;
        }
    }
    assert_int_equal(seen, 2);
}

/* Two names for one client, and a header that carries one: whoever reads it must not be told either. */
static void test_ambiguous_user(void **state)
{
    world_t world = world_make(pool, NULL, NULL);
    apr_array_header_t *headers = apr_array_make(pool, 1, sizeof(const mtls_header_t *));
    const mtls_header_t *header;
    const char *value;

    (void)state;
    assert_null(mtls_profile_compile(world.set, "remote-user:X-WEBAUTH-USER", headers));
    header = APR_ARRAY_IDX(headers, 0, const mtls_header_t *);
    assert_string_equal(mtls_header_name(header), "X-WEBAUTH-USER");
    assert_int_equal(world_render(&world, header, &value), MTLS_GRANTED);
    world_expect("one", value, "anne");
    world.view.user.n = 2;
    assert_int_equal(world_render(&world, header, &value), MTLS_AMBIGUOUS);
    assert_null(value);
    world.view.user = (mtls_values_t){ MTLS_ABSENT, 0, NULL };
    assert_int_equal(world_render(&world, header, &value), MTLS_GRANTED);
    assert_null(value);
}

/* All headers of all profiles, with all their options. */
static apr_array_header_t *compile_everything(world_t *world)
{
    apr_array_header_t *headers = apr_array_make(pool, 128, sizeof(const mtls_header_t *));
    int i;

    for (i = 0; i < mtls_profiles_len; i++)
        assert_null(mtls_profile_compile(world->set, mtls_profiles[i].name, headers));
    assert_null(mtls_profile_compile(world->set, "xfcc:cert,chain,subject,uri,dns", headers));
    assert_null(mtls_profile_compile(world->set, "gcp:dn,leaf,chain", headers));
    assert_null(mtls_profile_compile(world->set, "alb:passthrough", headers));
    assert_null(mtls_profile_compile(world->set, "tomcat:escaped", headers));
    world_compile(world, "X-Edge", "=1", NULL);
    world_compile(world, "X-Verify", "verify", NULL);
    APR_ARRAY_PUSH(headers, const mtls_header_t *) = world_compile(world, "X-Edge", "=1", NULL);
    APR_ARRAY_PUSH(headers, const mtls_header_t *) = world_compile(world, "X-Verify", "verify", NULL);
    return headers;
}

/* For a certificate that is not believed only status headers speak, and none of them says yes. */
static void test_nobody_is_believed(void **state)
{
    static const char *const yes[] = { "SUCCESS", "0", "true" };
    world_t world = world_make(pool, NULL, NULL);
    apr_array_header_t *headers = compile_everything(&world);
    int standing, i, k, spoke = 0;

    (void)state;
    for (standing = MTLS_GRANTED + 1; standing < MTLS_REASON_COUNT; standing++) {
        world.view.standing = (mtls_reason_t)standing;
        for (i = 0; i < headers->nelts; i++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, i, const mtls_header_t *);
            const char *value, *name = mtls_header_name(header);

            assert_int_equal(world_render(&world, header, &value), MTLS_GRANTED);
            if (!value)
                continue;
            spoke++;
            assert_true(mtls_header_status(header));
            assert_true(standing != MTLS_NO_TLS);
            for (k = 0; k < 3 && !strstr(name, "resent"); k++)
                assert_string_not_equal(value, yes[k]);
        }
    }
    assert_true(spoke > 50);
}

static const struct { mtls_reason_t standing; const char *profile, *name, *want; } statuses[] = {
    { MTLS_EXPIRED, "nginx", "ssl-client-verify", "FAILED:expired" },
    { MTLS_NO_CERTIFICATE, "nginx", "ssl-client-verify", "NONE" },
    { MTLS_NO_TLS, "nginx", "ssl-client-verify", NULL },
    { MTLS_GRANTED, "puppet", "X-Client-Verify", "SUCCESS" },
    { MTLS_KILLED, "puppet", "X-Client-Verify", "FAILED:killed" },
    { MTLS_GRANTED, "haproxy", "X-SSL-Client-Verify", "0" },
    { MTLS_EXPIRED, "haproxy", "X-SSL-Client-Verify", "10" },
    { MTLS_NO_CERTIFICATE, "haproxy", "X-SSL-Client-Verify", NULL },
    { MTLS_NO_CERTIFICATE, "gcp", "X-Client-Cert-Present", "false" },
    { MTLS_UNVERIFIED, "gcp", "X-Client-Cert-Present", "true" },
    { MTLS_UNVERIFIED, "gcp", "X-Client-Cert-Chain-Verified", "false" },
    { MTLS_UNVERIFIED, "gcp", "X-Client-Cert-Error", "client_cert_validation_failed" },
    { MTLS_GRANTED, "gcp", "X-Client-Cert-Error", NULL },
    { MTLS_NO_CERTIFICATE, "cloudfront", "CloudFront-Viewer-Cert-Present", "0" },
    { MTLS_UNVERIFIED, "cloudflare", "cf-cert-verified", "false" },
};

static void test_statuses(void **state)
{
    size_t i;
    int j, seen;

    (void)state;
    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        world_t world = world_make(pool, NULL, NULL);
        apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
        const char *value;

        assert_null(mtls_profile_compile(world.set, statuses[i].profile, headers));
        world.view.standing = statuses[i].standing;
        for (j = seen = 0; j < headers->nelts; j++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, j, const mtls_header_t *);

            if (strcmp(mtls_header_name(header), statuses[i].name))
                continue;
            seen++;
            assert_int_equal(world_render(&world, header, &value), MTLS_GRANTED);
            world_expect(statuses[i].name, value, statuses[i].want);
            assert_string_equal(mtls_header_profile(header), statuses[i].profile);
        }
        assert_int_equal(seen, 1);
    }
}

/* A resumed session may not know its chain: what needs it denies, the rest is sent. */
static void test_unknown_chain(void **state)
{
    world_t world = world_make(pool, NULL, NULL);
    apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
    const char *value;
    int i;

    (void)state;
    world.source.chain_len = -1;
    assert_null(mtls_profile_compile(world.set, "rfc9440", headers));
    assert_null(mtls_profile_compile(world.set, "xfcc:chain", headers));
    assert_null(mtls_profile_compile(world.set, "xfcc", headers));
    assert_int_equal(headers->nelts, 4);
    for (i = 0; i < 4; i++) {
        const mtls_header_t *header = APR_ARRAY_IDX(headers, i, const mtls_header_t *);
        int needs_chain = i == 1 || i == 2;

        assert_int_equal(world_render(&world, header, &value), needs_chain ? MTLS_CHAIN_UNAVAILABLE : MTLS_GRANTED);
        assert_true((value == NULL) == needs_chain);
    }
}

/* Each intermediate in a header of its own; of more than can be numbered none, since half a chain misleads. */
static void test_numbered_chain(void **state)
{
    int n, i;

    (void)state;
    for (n = 0; n <= MTLS_PART_NTH_MAX + 1; n++) {
        world_t world = world_make(pool, NULL, NULL);
        apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
        X509 *chain[MTLS_PART_NTH_MAX + 2];

        for (i = 0; i < n; i++)
            chain[i] = world.source.chain[0];
        chain[n] = world.source.chain[1];
        world.source.chain = chain;
        world.source.chain_len = n + 1;
        assert_null(mtls_profile_compile(world.set, "keycloak-apache", headers));
        assert_int_equal(headers->nelts, MTLS_PART_NTH_MAX + 1);
        for (i = 1; i < headers->nelts; i++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, i, const mtls_header_t *);
            const char *value;

            assert_int_equal(world_render(&world, header, &value), MTLS_GRANTED);
            assert_int_equal(value != NULL, i <= n && n <= MTLS_PART_NTH_MAX);
        }
        assert_false(mtls_header_same(APR_ARRAY_IDX(headers, 1, const mtls_header_t *),
                                      APR_ARRAY_IDX(headers, 2, const mtls_header_t *)));
    }
}

/* Google keeps the SPIFFE ID out of the list of URIs; without one, all URIs are in it. */
static void test_spiffe_apart(void **state)
{
    static const struct { const char *san[6]; const char *spiffe, *uris; } rows[] = {
        { { "URI", "spiffe://a/b", NULL }, "spiffe://a/b", NULL },
        { { "URI", "spiffe://a/b", "URI", "x:y", NULL }, NULL, "c3BpZmZlOi8vYS9i,eDp5" },
        { { "URI", "x:y", NULL }, NULL, "eDp5" },
        { { NULL }, NULL, NULL },
    };
    size_t i;
    int j;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        world_t world = world_make(pool, NULL, rows[i].san);
        apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
        const char *value;

        assert_null(mtls_profile_compile(world.set, "gcp", headers));
        for (j = 0; j < headers->nelts; j++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, j, const mtls_header_t *);
            const char *name = mtls_header_name(header);

            assert_int_equal(world_render(&world, header, &value), MTLS_GRANTED);
            if (!strcmp(name, "X-Client-Cert-SPIFFE"))
                world_expect(name, value, rows[i].spiffe);
            if (!strcmp(name, "X-Client-Cert-URI-SANs"))
                world_expect(name, value, rows[i].uris);
        }
    }
}

#define HASH "By=spiffe://example.com/gw;Hash="

/* Subject and SANs as they are, and what stands behind Hash=...; in X-Forwarded-Client-Cert; NULL: not sent. */
static const struct { const char *word; const char *subject[4]; const char *san[4]; const char *want; } xfcc[] = {
    { "xfcc", { "CN", "a" }, { NULL }, ";Subject=\"CN=a\"" },
    { "xfcc", { NULL }, { "URI", "spiffe://a/b" }, ";URI=spiffe://a/b" },
    { "xfcc:dns,uri", { "CN", "a" }, { "DNS", "a.b", "DNS", "c.d" }, ";DNS=a.b;DNS=c.d" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a,b" }, ";URI=\"x:a,b\"" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a;DNS=admin" }, ";URI=\"x:a;DNS=admin\"" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a=b" }, ";URI=\"x:a=b\"" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:\"a" }, ";URI=\"x:\\\"a\"" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a b" }, ";URI=\"x:a b\"" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:%20" }, ";URI=x:%20" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a\\b" }, ";URI=x:a\\b" },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:\\\"a" }, NULL },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a,\\" }, NULL },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a,\\\\b" }, NULL },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:\xc3\xa4" }, NULL },
    { "xfcc:uri", { "CN", "a" }, { "URI", "x:a\nb" }, NULL },
    { "xfcc:subject", { "CN", "\",By=evil" }, { NULL }, ";Subject=\"CN=\\22\\,By=evil\"" },
    { "xfcc:subject", { "CN", "a\\" }, { NULL }, ";Subject=\"CN=a\\5C\"" },
    { "xfcc:subject", { "O", "a, b" }, { NULL }, ";Subject=\"O=a\\, b\"" },
};

static void test_xfcc(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(xfcc) / sizeof(xfcc[0]); i++) {
        world_t world = world_make(pool, xfcc[i].subject, xfcc[i].san);
        apr_array_header_t *headers = apr_array_make(pool, 1, sizeof(const mtls_header_t *));
        const char *value, *what = apr_psprintf(pool, "row %d", (int)i);

        assert_null(mtls_profile_compile(world.set, xfcc[i].word, headers));
        assert_int_equal(world_render(&world, APR_ARRAY_IDX(headers, 0, const mtls_header_t *), &value), MTLS_GRANTED);
        if (value && (strncmp(value, HASH, strlen(HASH)) || strlen(value) < strlen(HASH) + 64))
            fail_msg("%s: %s", what, value);
        world_expect(what, value ? value + strlen(HASH) + 64 : NULL, xfcc[i].want);
    }
}

/* Readers of Traefik's facts know no escapes: what would be read as more than it is makes all of it absent. */
static void test_traefik_info(void **state)
{
    static const struct { const char *o, *uri; int sent; } rows[] = {
        { "Example, Inc.", "spiffe://a/b", 1 },
        { "a,CN=admin", "spiffe://a/b", 0 },
        { "a\"", "spiffe://a/b", 0 },
        { "a\\\\", "spiffe://a/b", 0 },
        { "a", "x:a,b", 0 },
        { "a", "x:a;b", 0 },
        { "a", "x:a=b", 1 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *subject[] = { "O", rows[i].o, NULL }, *san[] = { "URI", rows[i].uri, NULL }, *value;
        world_t world = world_make(pool, subject, san);
        apr_array_header_t *headers = apr_array_make(pool, 1, sizeof(const mtls_header_t *));

        assert_null(mtls_profile_compile(world.set, "traefik:info", headers));
        assert_int_equal(world_render(&world, APR_ARRAY_IDX(headers, 0, const mtls_header_t *), &value), MTLS_GRANTED);
        if ((value != NULL) != rows[i].sent)
            fail_msg("row %d", (int)i);
    }
}

/* Without a certificate and without facts nothing is looked up. */
static void test_no_facts(void **state)
{
    world_t world = world_make(pool, NULL, NULL);
    apr_array_header_t *headers = compile_everything(&world);
    int i;

    (void)state;
    world.view.standing = MTLS_NO_CERTIFICATE;
    for (i = 0; i < headers->nelts; i++) {
        const mtls_header_t *header = APR_ARRAY_IDX(headers, i, const mtls_header_t *);
        const char *value;

        assert_int_equal(mtls_header_render(pool, header, &world.view, &value), MTLS_GRANTED);
        assert_true(!value || mtls_header_status(header));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_ambiguity), cmocka_unit_test(test_ambiguous_user),
        cmocka_unit_test(test_nobody_is_believed), cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_unknown_chain),
        cmocka_unit_test(test_numbered_chain), cmocka_unit_test(test_spiffe_apart),
        cmocka_unit_test(test_xfcc), cmocka_unit_test(test_traefik_info),
        cmocka_unit_test(test_no_facts),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
