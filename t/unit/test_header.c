/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Headers and profiles as they are compiled: what is taken, and the sentence for what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "world.h"

static apr_pool_t *pool;

#define TOKEN "a header name consists of letters, digits and !#$%&'*+-.^_`|~"
#define MESSAGE "it belongs to the HTTP message itself"
#define FORMATS "text, utf8, pem-url, pem-url-aws, pem-space, pem-body, der-base64, sf, rfc4514, rfc4514-utf8, " \
    "slash, der-name-base64, hex, hex-upper, hex-colon, base64, base64url, decimal, rfc3339, unix, openssl-time, " \
    "asn1-time, list-comma, list-base64"

static const struct { const char *name, *field, *format, *sentence; } lines[] = {
    { "X-Client-Subject", "subject", NULL, NULL },
    { "X-Client-Subject", "SUBJECT", "Slash", NULL },
    { "X_Client_Cert", "certificate", "sf", NULL },
    { "X-Ou", "subject.ou", "list-base64", NULL },
    { "X-Remaining", "remaining", NULL, NULL },
    { "X-Edge", "=yes", NULL, NULL },
    { "X-Edge", "=a b=c", NULL, NULL },
    { "X-Ip", "san.ip", "pem-url",
      "field 'san.ip' cannot be written as 'pem-url'; it takes text, utf8, sf, base64, base64url, list-comma, "
      "list-base64" },
    { "X-Serial", "serial", "text",
      "field 'serial' cannot be written as 'text'; it takes hex, hex-upper, hex-colon, decimal" },
    { "X-Cert", "certificate", "rfc4514",
      "field 'certificate' cannot be written as 'rfc4514'; it takes pem-url, pem-url-aws, pem-space, pem-body, "
      "der-base64, sf, list-base64" },
    { "X-Cert", "certificate", "pem", "unknown format 'pem'; known are " FORMATS },
    { "X-Cert", "certificate", "", "unknown format ''; known are " FORMATS },
    { "X-Uri", "san.uri", "ascii", "unknown format 'ascii'; known are " FORMATS },
    { "X-Uri", "verify", "verify-code", "unknown format 'verify-code'; known are " FORMATS },
    { "X-Edge", "=", NULL, "the literal behind '=' is empty" },
    { "X-Edge", "= yes", NULL, "literal '= yes' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=yes ", NULL, "literal '=yes ' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=a\nb", NULL, "literal '=a\\x0Ab' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=\xc3\xa4", NULL,
      "literal '=\\xC3\\xA4' must be printable ASCII without a blank at its begin or end" },
    { "X-Edge", "=yes", "text", "'=yes' is a literal and takes no format" },
    { "Host", "subject.cn", NULL, "header 'Host' cannot be exported: " MESSAGE },
    { "content_length", "subject.cn", NULL, "header 'content_length' cannot be exported: " MESSAGE },
    { "If.None.Match", "subject.cn", NULL, "header 'If.None.Match' cannot be exported: " MESSAGE },
    { "Connection", "subject.cn", NULL,
      "header 'Connection' cannot be exported: it belongs to the connection, and proxies remove it" },
    { "Authorization", "=Basic", NULL,
      "header 'Authorization' cannot be exported: it carries the client's own credentials to the backend" },
    { "X_Forwarded_For", "san.ip", NULL, "header 'X_Forwarded_For' cannot be exported: mod_proxy sets it" },
    { "X Client", "subject", NULL,
      "header 'X Client' cannot be exported: " TOKEN },
    { "X:", "subject", NULL, "header 'X:' cannot be exported: " TOKEN },
    { "X\r\nY", "subject", NULL,
      "header 'X\\x0D\\x0AY' cannot be exported: " TOKEN },
    { "", "subject", NULL, "header '' cannot be exported: " TOKEN },
    { "--", "subject", NULL, "header '--' cannot be exported: a header name needs a letter or a digit" },
};

static void test_lines(void **state)
{
    world_t world = world_make(pool, NULL, NULL);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const mtls_header_t *header = NULL;
        const char *error = mtls_header_compile(world.set, lines[i].name, lines[i].field, lines[i].format, &header);

        world_expect(apr_psprintf(pool, "row %d", (int)i), error, lines[i].sentence);
        assert_true((header != NULL) == (error == NULL));
    }
}

/* What the field room says of an unknown field is passed on. */
static void test_unknown_field(void **state)
{
    world_t world = world_make(pool, NULL, NULL);
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

#define PROFILES "rfc9440, nginx, xfcc, remote-user, tomcat, undertow, haproxy, keycloak-haproxy, keycloak-apache, " \
    "traefik, alb, cloudfront, gcp, azure, aspnet, cloudflare, kong, puppet, pulp, vault, cloudfoundry"

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
    { "xfcc:uri,,dns", 0, "profile 'xfcc': an option is missing beside a comma, where no blank is allowed; it takes cert, chain, subject, uri, dns" },
    { "xfcc:uri,", 0, "profile 'xfcc': an option is missing beside a comma, where no blank is allowed; it takes cert, chain, subject, uri, dns" },
    { "xfcc:uri dns", 0, "profile 'xfcc' has no option 'uri dns'; it takes cert, chain, subject, uri, dns" },
    { "xfcc:uri,uri", 0, "profile 'xfcc' has option 'uri' twice" },
    { "xfcc:", 0, "profile 'xfcc': nothing stands behind the colon" },
    { "rfc9440:chain", 0, "profile 'rfc9440' takes no options" },
    { "vault:", 0, "profile 'vault': nothing stands behind the colon" },
    { "vault:Host", 0, "profile 'vault' cannot use the header name 'Host': " MESSAGE },
    { "remote-user:X User", 0,
      "profile 'remote-user' cannot use the header name 'X User': " TOKEN },
};

static void test_words(void **state)
{
    world_t world = world_make(pool, NULL, NULL);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        apr_array_header_t *headers = apr_array_make(pool, 4, sizeof(const mtls_header_t *));

        world_expect(words[i].word, mtls_profile_compile(world.set, words[i].word, headers), words[i].sentence);
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
    world_t world = world_make(pool, NULL, NULL);
    const mtls_header_t *a = world_compile(&world, "X-S", "subject", NULL);
    const mtls_header_t *format = world_compile(&world, "X-S", "subject", "slash");
    const mtls_header_t *field = world_compile(&world, "X-S", "issuer", NULL);
    const mtls_header_t *other = world_compile(&world, "x_s", "subject", "rfc4514");
    const mtls_header_t *literal = world_compile(&world, "X-S", "=1", NULL);
    int i;

    (void)state;
    assert_ptr_equal(world_compile(&world, "X-S", "Subject", "rfc4514"), a);
    assert_true(a != format && a != field && a != other && a != literal);
    assert_true(mtls_header_same(a, other));
    assert_false(mtls_header_same(a, format));
    assert_false(mtls_header_same(a, field));
    assert_false(mtls_header_same(a, literal));
    assert_false(mtls_header_same(literal, world_compile(&world, "X-S", "=2", NULL)));
    assert_ptr_equal(literal, world_compile(&world, "X-S", "=1", NULL));
    for (i = 0; i < mtls_headerset_len(world.set); i++)
        assert_int_equal(mtls_header_slot(mtls_headerset_at(world.set, i)), i);
    assert_null(mtls_header_profile(a));
    assert_string_equal(mtls_header_name(other), "x_s");
}

static void test_live_and_status(void **state)
{
    static const struct { const char *field; int live, status; } rows[] = {
        { "subject", 0, 0 }, { "user", 1, 0 }, { "remaining", 1, 0 }, { "verify", 0, 1 }, { "reason", 1, 1 },
        { "certificate", 0, 0 }, { "tls.version", 0, 0 }, { "=1", 0, 0 },
    };
    world_t world = world_make(pool, NULL, NULL);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const mtls_header_t *header = world_compile(&world, "X-Y", rows[i].field, NULL);

        assert_int_equal(mtls_header_live(header), rows[i].live);
        assert_int_equal(mtls_header_status(header), rows[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_unknown_field), cmocka_unit_test(test_names),
        cmocka_unit_test(test_words), cmocka_unit_test(test_known), cmocka_unit_test(test_interning),
        cmocka_unit_test(test_live_and_status),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
