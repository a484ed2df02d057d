/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Headers: what is refused when they are compiled, and what is sent, or not, of a certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "identity.h"
#include "mtls_header.h"

static apr_pool_t *pool;

/* One configuration and one client. */
typedef struct world_t {
    mtls_fieldset_t *fields;
    mtls_headerset_t *set;
    mtls_source_t source;
    mtls_view_t view;
} world_t;

static const char *const usual_subject[] = { "C", "DE", "O", "Example, Inc.", "OU", "Payments", "OU", "Tier A",
                                             "CN", "svc-\xc3\xa4nne", NULL };
static const char *const usual_san[] = { "DNS", "pay.example.com", "DNS", "*.pay.example.com", "email", "ops@example.com",
                                         "URI", "spiffe://example.com/ns/prod/sa/pay", "IP", "192.0.2.7",
                                         "IP", "2001:db8::7", NULL };

static mtls_value_t users[2];

static world_t make_world(const char *const *subject, const char *const *san)
{
    world_t world;

    memset(&world, 0, sizeof(world));
    world.fields = mtls_fieldset_make(pool);
    world.set = mtls_headerset_make(pool, world.fields);
    world.source = identity_source(identity_make(pool, subject, san));
    world.view.standing = MTLS_GRANTED;
    world.view.now = IDENTITY_NOT_BEFORE + 1;
    world.view.user = (mtls_values_t){ MTLS_PRESENT, 1, users };
    return world;
}

static const mtls_header_t *compile(world_t *world, const char *name, const char *field, const char *format)
{
    const mtls_header_t *header = NULL;
    const char *error = mtls_header_compile(world->set, name, field, format, &header);

    if (error)
        fail_msg("%s %s: %s", name, field, error);
    return header;
}

/* Facts are read when everything is compiled, as a server does it. */
static mtls_reason_t render(world_t *world, const mtls_header_t *header, const char **value)
{
    if (!world->view.facts)
        world->view.facts = mtls_facts_read(pool, world->fields, &world->source);
    return mtls_header_render(pool, header, &world->view, value);
}

static void expect_text(const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want)))
        fail_msg("%s: got %s, want %s", what, got ? got : "nothing", want ? want : "nothing");
}

#define FORMATS "text, utf8, pem-url, pem-url-aws, pem-space, pem-body, der-base64, sf, rfc4514, rfc4514-utf8, slash, " \
    "der-name-base64, hex, hex-upper, hex-colon, base64, base64url, decimal, rfc3339, unix, openssl-time, asn1-time, " \
    "list-comma, list-base64"

static const struct { const char *name, *field, *format, *sentence; } lines[] = {
    { "X-Client-Subject", "subject", NULL, NULL },
    { "X-Client-Subject", "SUBJECT", "Slash", NULL },
    { "X_Client_Cert", "certificate", "sf", NULL },
    { "X-Ou", "subject.ou", "list-base64", NULL },
    { "X-Remaining", "remaining", NULL, NULL },
    { "X-Edge", "=yes", NULL, NULL },
    { "X-Edge", "=a b=c", NULL, NULL },
    { "X-Ip", "san.ip", "pem-url",
      "field 'san.ip' cannot be written as 'pem-url'; it takes text, utf8, sf, base64, base64url, list-comma, list-base64" },
    { "X-Serial", "serial", "text", "field 'serial' cannot be written as 'text'; it takes hex, hex-upper, hex-colon, decimal" },
    { "X-Cert", "certificate", "rfc4514",
      "field 'certificate' cannot be written as 'rfc4514'; it takes pem-url, pem-url-aws, pem-space, pem-body, der-base64, sf, "
      "list-base64" },
    { "X-Cert", "certificate", "pem", "unknown format 'pem'; known are " FORMATS },
    { "X-Cert", "certificate", "", "unknown format ''; known are " FORMATS },
    { "X-Uri", "san.uri", "ascii", "unknown format 'ascii'; known are " FORMATS },
    { "X-Uri", "verify", "verify-code", "unknown format 'verify-code'; known are " FORMATS },
    { "X-Edge", "=", NULL, "the literal behind '=' is empty" },
    { "X-Edge", "= yes", NULL, "literal '= yes' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=yes ", NULL, "literal '=yes ' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=a\nb", NULL, "literal '=a\\x0Ab' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=\xc3\xa4", NULL, "literal '=\\xC3\\xA4' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=yes", "text", "'=yes' is a literal and takes no format" },
    { "Host", "subject.cn", NULL, "header 'Host' cannot be exported: it belongs to the HTTP message itself" },
    { "content_length", "subject.cn", NULL, "header 'content_length' cannot be exported: it belongs to the HTTP message itself" },
    { "If.None.Match", "subject.cn", NULL, "header 'If.None.Match' cannot be exported: it belongs to the HTTP message itself" },
    { "Connection", "subject.cn", NULL,
      "header 'Connection' cannot be exported: it belongs to the connection, and proxies remove it" },
    { "Authorization", "=Basic", NULL,
      "header 'Authorization' cannot be exported: it carries the client's own credentials to the backend" },
    { "X_Forwarded_For", "san.ip", NULL, "header 'X_Forwarded_For' cannot be exported: mod_proxy sets it" },
    { "X Client", "subject", NULL,
      "header 'X Client' cannot be exported: a header name consists of letters, digits and !#$%&'*+-.^_`|~" },
    { "X:", "subject", NULL, "header 'X:' cannot be exported: a header name consists of letters, digits and !#$%&'*+-.^_`|~" },
    { "X\r\nY", "subject", NULL,
      "header 'X\\x0D\\x0AY' cannot be exported: a header name consists of letters, digits and !#$%&'*+-.^_`|~" },
    { "", "subject", NULL, "header '' cannot be exported: a header name consists of letters, digits and !#$%&'*+-.^_`|~" },
    { "--", "subject", NULL, "header '--' cannot be exported: a header name needs a letter or a digit" },
};

static void test_lines(void **state)
{
    world_t world = make_world(usual_subject, usual_san);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const mtls_header_t *header = NULL;
        const char *error = mtls_header_compile(world.set, lines[i].name, lines[i].field, lines[i].format, &header);

        expect_text(apr_psprintf(pool, "row %d", (int)i), error, lines[i].sentence);
        assert_true((header != NULL) == (error == NULL));
    }
}

/* What the field room says of an unknown field is passed on. */
static void test_unknown_field(void **state)
{
    world_t world = make_world(usual_subject, usual_san);
    const mtls_header_t *header = NULL;
    const char *error = mtls_header_compile(world.set, "X-San", "san.dsn", NULL, &header);

    (void)state;
    assert_non_null(error);
    assert_non_null(strstr(error, "unknown field 'san.dsn'"));
    assert_null(header);
    assert_int_equal(mtls_headerset_len(world.set), 0);
}

static const struct { const char *name; int refused; } names[] = {
    { "X-Client-Cert", 0 }, { "SSL_CLIENT_CERT", 0 }, { "ssl.client", 0 }, { "Hostile", 0 }, { "If", 0 }, { "Iffy", 0 },
    { "X-Forwarded-Client-Cert", 0 }, { "X-Forwarded-User", 0 }, { "Tea", 0 }, { "Remote-User", 0 }, { "Content", 0 },
    { "hOST", 1 }, { "TE", 1 }, { "te", 1 }, { "Trailer", 1 }, { "Upgrade", 1 }, { "Keep.Alive", 1 }, { "Expect", 1 },
    { "Content-Type", 1 }, { "Transfer_Encoding", 1 }, { "Proxy-Connection", 1 }, { "Range", 1 }, { "If-Match", 1 },
    { "Cookie", 1 }, { "Proxy-Authorization", 1 }, { "X-Forwarded-Host", 1 }, { "X-Forwarded-Server", 1 }, { "Via", 1 },
    { "Max-Forwards", 1 }, { "Forwarded", 1 }, { "Date", 1 }, { "Authorization", 1 },
};

static void test_names(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((mtls_header_name_refused(pool, names[i].name) != NULL) != names[i].refused)
            fail_msg("%s", names[i].name);
    }
}

#define PROFILES "rfc9440, nginx, xfcc, remote-user, tomcat, undertow, haproxy, keycloak-haproxy, keycloak-apache, traefik, " \
    "alb, cloudfront, gcp, azure, aspnet, cloudflare, kong, puppet, pulp, vault, cloudfoundry"

static const struct { const char *word; int headers; const char *sentence; } words[] = {
    { "rfc9440", 2, NULL },
    { "nginx", 4, NULL },
    { "xfcc", 1, NULL },
    { "xfcc:uri,dns", 1, NULL },
    { "xfcc:dns,uri,chain,cert,subject", 1, NULL },
    { "vault:X-Cert", 1, NULL },
    { "alb", 5, NULL },
    { "alb:passthrough", 1, NULL },
    { "alb:verify,passthrough", 6, NULL },
    { "gcp", 10, NULL },
    { "gcp:leaf,chain", 12, NULL },
    { "ngnix", 0, "unknown profile 'ngnix'; known are " PROFILES },
    { "NGINX", 0, "unknown profile 'NGINX'; known are " PROFILES },
    { "", 0, "unknown profile ''; known are " PROFILES },
    { "xfcc,nginx", 0, "unknown profile 'xfcc,nginx'; known are " PROFILES },
    { "\x1b[2J:x", 0, "unknown profile '\\x1B[2J'; known are " PROFILES },
    { "xfcc:urI", 0, "profile 'xfcc' has no option 'urI'; it takes cert, chain, subject, uri, dns" },
    { "xfcc:uri,,dns", 0, "profile 'xfcc' has no option ''; it takes cert, chain, subject, uri, dns" },
    { "xfcc:uri,", 0, "profile 'xfcc' has no option ''; it takes cert, chain, subject, uri, dns" },
    { "xfcc:uri dns", 0, "profile 'xfcc' has no option 'uri dns'; it takes cert, chain, subject, uri, dns" },
    { "xfcc:uri,uri", 0, "profile 'xfcc' has option 'uri' twice" },
    { "xfcc:", 0, "profile 'xfcc': nothing stands behind the colon" },
    { "rfc9440:chain", 0, "profile 'rfc9440' takes no options" },
    { "vault:", 0, "profile 'vault': nothing stands behind the colon" },
    { "vault:Host", 0, "profile 'vault' cannot use the header name 'Host': it belongs to the HTTP message itself" },
    { "remote-user:X User", 0,
      "profile 'remote-user' cannot use the header name 'X User': a header name consists of letters, digits and !#$%&'*+-.^_`|~" },
};

static void test_words(void **state)
{
    world_t world = make_world(usual_subject, usual_san);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        apr_array_header_t *headers = apr_array_make(pool, 4, sizeof(const mtls_header_t *));

        expect_text(words[i].word, mtls_profile_compile(world.set, words[i].word, headers), words[i].sentence);
        assert_int_equal(headers->nelts, words[i].headers);
    }
}

static void test_known(void **state)
{
    apr_size_t len = 99;

    (void)state;
    assert_true(mtls_profile_known("xfcc:uri", &len));
    assert_int_equal(len, 4);
    assert_true(mtls_profile_known("xfcc", &len));
    assert_false(mtls_profile_known("xfc", &len));
    assert_false(mtls_profile_known("xfccs", &len));
    assert_false(mtls_profile_known("none", &len));
}

/* The same header twice is one object; a difference in any column makes two. */
static void test_interning(void **state)
{
    world_t world = make_world(usual_subject, usual_san);
    const mtls_header_t *a = compile(&world, "X-S", "subject", NULL);
    const mtls_header_t *format = compile(&world, "X-S", "subject", "slash");
    const mtls_header_t *field = compile(&world, "X-S", "issuer", NULL);
    const mtls_header_t *other = compile(&world, "x_s", "subject", "rfc4514");
    const mtls_header_t *literal = compile(&world, "X-S", "=1", NULL);
    int i;

    (void)state;
    assert_ptr_equal(compile(&world, "X-S", "Subject", "rfc4514"), a);
    assert_true(a != format && a != field && a != other && a != literal);
    assert_true(mtls_header_same(a, other));
    assert_false(mtls_header_same(a, format));
    assert_false(mtls_header_same(a, field));
    assert_false(mtls_header_same(a, literal));
    assert_false(mtls_header_same(literal, compile(&world, "X-S", "=2", NULL)));
    assert_ptr_equal(literal, compile(&world, "X-S", "=1", NULL));
    for (i = 0; i < mtls_headerset_len(world.set); i++)
        assert_int_equal(mtls_header_slot(mtls_headerset_at(world.set, i)), i);
    assert_null(mtls_header_profile(a));
    assert_string_equal(mtls_header_name(other), "x_s");
}

static void test_live_and_status(void **state)
{
    static const struct { const char *field; int live, status; } rows[] = {
        { "subject", 0, 0 }, { "user", 1, 0 }, { "remaining", 1, 0 }, { "verify", 1, 1 }, { "reason", 1, 1 },
        { "certificate", 0, 0 }, { "tls.version", 0, 0 }, { "=1", 0, 0 },
    };
    world_t world = make_world(usual_subject, usual_san);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const mtls_header_t *header = compile(&world, "X-Y", rows[i].field, NULL);

        assert_int_equal(mtls_header_live(header), rows[i].live);
        assert_int_equal(mtls_header_status(header), rows[i].status);
    }
}

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
        world_t world = make_world(usual_subject, usual_san);
        const char *value = "unset";
        mtls_reason_t reason = render(&world, compile(&world, "X-Y", values[i].field, values[i].format), &value);

        assert_int_equal(reason, values[i].reason);
        expect_text(values[i].field, value, values[i].want);
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
    world_t world = make_world(subject, usual_san);
    const mtls_header_t *joined = compile(&world, "X-Ou", "subject.ou", NULL);
    const mtls_header_t *list = compile(&world, "X-Ou", "subject.ou", "list-comma");
    const mtls_header_t *cn = compile(&world, "X-Cn", "subject.cn", NULL);
    apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
    const char *value;
    size_t i;
    int j, seen = 0;

    (void)state;
    assert_null(mtls_profile_compile(world.set, "haproxy", headers));
    assert_int_equal(render(&world, joined, &value), MTLS_AMBIGUOUS);
    assert_null(value);
    assert_int_equal(render(&world, list, &value), MTLS_GRANTED);
    expect_text("list", value, "a%2Cb,c");
    assert_int_equal(render(&world, cn, &value), MTLS_GRANTED);
    expect_text("cn", value, "x,y");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (j = 0; j < headers->nelts; j++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, j, const mtls_header_t *);

            if (strcmp(mtls_header_name(header), rows[i].name))
                continue;
            assert_int_equal(render(&world, header, &value), rows[i].reason);
            seen++;
        }
    }
    assert_int_equal(seen, 2);
}

/* Two names for one client, and a header that carries one: whoever reads it must not be told either. */
static void test_ambiguous_user(void **state)
{
    world_t world = make_world(usual_subject, usual_san);
    apr_array_header_t *headers = apr_array_make(pool, 1, sizeof(const mtls_header_t *));
    const mtls_header_t *header;
    const char *value;

    (void)state;
    assert_null(mtls_profile_compile(world.set, "remote-user:X-WEBAUTH-USER", headers));
    header = APR_ARRAY_IDX(headers, 0, const mtls_header_t *);
    assert_string_equal(mtls_header_name(header), "X-WEBAUTH-USER");
    assert_int_equal(render(&world, header, &value), MTLS_GRANTED);
    expect_text("one", value, "anne");
    world.view.user.n = 2;
    assert_int_equal(render(&world, header, &value), MTLS_AMBIGUOUS);
    assert_null(value);
    world.view.user = (mtls_values_t){ MTLS_ABSENT, 0, NULL };
    assert_int_equal(render(&world, header, &value), MTLS_GRANTED);
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
    compile(world, "X-Edge", "=1", NULL);
    compile(world, "X-Verify", "verify", NULL);
    APR_ARRAY_PUSH(headers, const mtls_header_t *) = compile(world, "X-Edge", "=1", NULL);
    APR_ARRAY_PUSH(headers, const mtls_header_t *) = compile(world, "X-Verify", "verify", NULL);
    return headers;
}

/* For a certificate that is not believed only status headers speak, and none of them says yes. */
static void test_nobody_is_believed(void **state)
{
    static const char *const yes[] = { "SUCCESS", "0", "true" };
    world_t world = make_world(usual_subject, usual_san);
    apr_array_header_t *headers = compile_everything(&world);
    int standing, i, k, spoke = 0;

    (void)state;
    for (standing = MTLS_GRANTED + 1; standing < MTLS_REASON_COUNT; standing++) {
        world.view.standing = (mtls_reason_t)standing;
        for (i = 0; i < headers->nelts; i++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, i, const mtls_header_t *);
            const char *value, *name = mtls_header_name(header);

            assert_int_equal(render(&world, header, &value), MTLS_GRANTED);
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
        world_t world = make_world(usual_subject, usual_san);
        apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
        const char *value;

        assert_null(mtls_profile_compile(world.set, statuses[i].profile, headers));
        world.view.standing = statuses[i].standing;
        for (j = seen = 0; j < headers->nelts; j++) {
            const mtls_header_t *header = APR_ARRAY_IDX(headers, j, const mtls_header_t *);

            if (strcmp(mtls_header_name(header), statuses[i].name))
                continue;
            seen++;
            assert_int_equal(render(&world, header, &value), MTLS_GRANTED);
            expect_text(statuses[i].name, value, statuses[i].want);
            assert_string_equal(mtls_header_profile(header), statuses[i].profile);
        }
        assert_int_equal(seen, 1);
    }
}

/* A resumed session may not know its chain: what needs it denies, the rest is sent. */
static void test_unknown_chain(void **state)
{
    world_t world = make_world(usual_subject, usual_san);
    apr_array_header_t *headers = apr_array_make(pool, 8, sizeof(const mtls_header_t *));
    const char *value;

    (void)state;
    world.source.chain_len = -1;
    assert_null(mtls_profile_compile(world.set, "rfc9440", headers));
    assert_null(mtls_profile_compile(world.set, "xfcc:chain", headers));
    assert_null(mtls_profile_compile(world.set, "xfcc", headers));
    assert_int_equal(render(&world, APR_ARRAY_IDX(headers, 0, const mtls_header_t *), &value), MTLS_GRANTED);
    assert_non_null(value);
    assert_int_equal(render(&world, APR_ARRAY_IDX(headers, 1, const mtls_header_t *), &value), MTLS_CHAIN_UNAVAILABLE);
    assert_null(value);
    assert_int_equal(render(&world, APR_ARRAY_IDX(headers, 2, const mtls_header_t *), &value), MTLS_CHAIN_UNAVAILABLE);
    assert_null(value);
    assert_int_equal(render(&world, APR_ARRAY_IDX(headers, 3, const mtls_header_t *), &value), MTLS_GRANTED);
    assert_non_null(value);
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
        world_t world = make_world(xfcc[i].subject, xfcc[i].san);
        apr_array_header_t *headers = apr_array_make(pool, 1, sizeof(const mtls_header_t *));
        const char *value, *what = apr_psprintf(pool, "row %d", (int)i);

        assert_null(mtls_profile_compile(world.set, xfcc[i].word, headers));
        assert_int_equal(render(&world, APR_ARRAY_IDX(headers, 0, const mtls_header_t *), &value), MTLS_GRANTED);
        if (value && (strncmp(value, HASH, strlen(HASH)) || strlen(value) < strlen(HASH) + 64))
            fail_msg("%s: %s", what, value);
        expect_text(what, value ? value + strlen(HASH) + 64 : NULL, xfcc[i].want);
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
        world_t world = make_world(subject, san);
        apr_array_header_t *headers = apr_array_make(pool, 1, sizeof(const mtls_header_t *));

        assert_null(mtls_profile_compile(world.set, "traefik:info", headers));
        assert_int_equal(render(&world, APR_ARRAY_IDX(headers, 0, const mtls_header_t *), &value), MTLS_GRANTED);
        if ((value != NULL) != rows[i].sent)
            fail_msg("row %d", (int)i);
    }
}

/* Without a certificate and without facts nothing is looked up. */
static void test_no_facts(void **state)
{
    world_t world = make_world(usual_subject, usual_san);
    apr_array_header_t *headers = compile_everything(&world);
    int i;

    (void)state;
    world.view.standing = MTLS_NO_CERTIFICATE;
    for (i = 0; i < headers->nelts; i++) {
        const char *value;

        assert_int_equal(mtls_header_render(pool, APR_ARRAY_IDX(headers, i, const mtls_header_t *), &world.view, &value),
                         MTLS_GRANTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_unknown_field), cmocka_unit_test(test_names),
        cmocka_unit_test(test_words), cmocka_unit_test(test_known), cmocka_unit_test(test_interning),
        cmocka_unit_test(test_live_and_status), cmocka_unit_test(test_values), cmocka_unit_test(test_ambiguity), cmocka_unit_test(test_ambiguous_user),
        cmocka_unit_test(test_nobody_is_believed), cmocka_unit_test(test_statuses), cmocka_unit_test(test_unknown_chain),
        cmocka_unit_test(test_xfcc), cmocka_unit_test(test_traefik_info), cmocka_unit_test(test_no_facts),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    users[0] = mtls_value_text(mtls_str("anne"));
    users[1] = mtls_value_text(mtls_str("bob"));
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
