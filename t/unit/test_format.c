/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Encoders: what they print, and what they refuse to print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/pem.h>

#include "mtls_format.h"

static apr_pool_t *pool;

static mtls_value_t value_of(const char *octets, apr_size_t len)
{
    mtls_value_t v = { { octets, len }, { octets, len }, 0, NULL };

    return v;
}

static const char *encode(const char *name, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    const mtls_format_t *format = mtls_format_find(name);

    assert_non_null(format);
    assert_true(format->types & 1ul << type);
    return format->encode(pool, type, v, n);
}

static void expect(const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want)))
        fail_msg("%s: got %s, want %s", what, got ? got : "nothing", want ? want : "nothing");
}

/* Octets with a NUL inside need their length. */
#define S(literal) literal, sizeof(literal) - 1

static const struct {
    const char *format;
    mtls_type_id_t type;
    const char *octets;
    apr_size_t len;
    const char *want;
} texts[] = {
    { "text", MTLS_T_TEXT, S("Payments"), "Payments" },
    { "text", MTLS_T_TEXT, S("svc-\xc3\xa4nne"), "svc-%C3%A4nne" },
    { "text", MTLS_T_TEXT, S("100%"), "100%25" },
    { "text", MTLS_T_TEXT, S("%C3%A4"), "%25C3%25A4" },
    { "text", MTLS_T_TEXT, S("a b"), "a b" },
    { "text", MTLS_T_TEXT, S(" a "), "%20a%20" },
    { "text", MTLS_T_TEXT, S("  a"), "%20 a" },
    { "text", MTLS_T_TEXT, S(" "), "%20" },
    { "text", MTLS_T_TEXT, S("\"\\,;="), "\"\\,;=" },
    { "text", MTLS_T_TEXT, S("~"), "~" },
    { "text", MTLS_T_TEXT, S("\xe2\x82\xac"), "%E2%82%AC" },
    { "text", MTLS_T_MAIL, S("anne@example.org"), "anne@example.org" },
    { "text", MTLS_T_IP, S("\xc0\x00\x02\x07"), "192.0.2.7" },
    { "text", MTLS_T_IP, S("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"), "2001:db8::7" },
    { "text", MTLS_T_IP, S("\xc0\x00\x02"), NULL },
    { "text", MTLS_T_IP, S("\xc0\x00\x02\x07\x08"), NULL },
    { "text", MTLS_T_TEXT, S(""), NULL },
    { "text", MTLS_T_TEXT, S("a\0b"), NULL },
    { "text", MTLS_T_TEXT, S("a\r\nX: y"), NULL },
    { "text", MTLS_T_TEXT, S("a\tb"), NULL },
    { "text", MTLS_T_TEXT, S("a\x7f"), NULL },
    { "text", MTLS_T_TEXT, S("\xc3"), NULL },
    { "text", MTLS_T_TEXT, S("\xc0\xaf"), NULL },
    { "text", MTLS_T_TEXT, S("\xed\xa0\x80"), NULL },
    { "utf8", MTLS_T_TEXT, S("svc-\xc3\xa4nne"), "svc-\xc3\xa4nne" },
    { "utf8", MTLS_T_TEXT, S("100%"), "100%" },
    { "utf8", MTLS_T_TEXT, S(" a"), NULL },
    { "utf8", MTLS_T_TEXT, S("a "), NULL },
    { "utf8", MTLS_T_TEXT, S(""), NULL },
    { "utf8", MTLS_T_TEXT, S("a\nb"), NULL },
    { "utf8", MTLS_T_TEXT, S("a\0"), NULL },
    { "utf8", MTLS_T_TEXT, S("\xff"), NULL },
    { "utf8", MTLS_T_TEXT, S("a\xc2\x80"), NULL },
    { "utf8", MTLS_T_TEXT, S("\xc3\xa4\xc2\x85X-Admin: 1"), NULL },
    { "utf8", MTLS_T_TEXT, S("\xc2\x9b" "2J"), NULL },
    { "utf8", MTLS_T_TEXT, S("\xc2\xa0\xc3\x85\xc3\x82\xe0\xa2\x85"), "\xc2\xa0\xc3\x85\xc3\x82\xe0\xa2\x85" },
    { "ascii", MTLS_T_URI, S("spiffe://example.org/a%20b"), "spiffe://example.org/a%20b" },
    { "ascii", MTLS_T_URI, S("spiffe://example.org/\xc3\xa4"), NULL },
    { "ascii", MTLS_T_DNS, S("web.example.org "), NULL },
    { "base64", MTLS_T_TEXT, S("\xc3\xa4"), "w6Q=" },
    { "base64", MTLS_T_TEXT, S("foob"), "Zm9vYg==" },
    { "base64url", MTLS_T_TEXT, S("foob"), "Zm9vYg" },
    { "base64url", MTLS_T_OCTETS, S("\xfb\xff\xbf"), "-_-_" },
    { "base64", MTLS_T_OCTETS, S("\xfb\xff\xbf"), "+/+/" },
    { "base64", MTLS_T_OCTETS, S(""), NULL },
    { "sf", MTLS_T_TEXT, S("pretend this is binary content."), ":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:" },
    { "sf", MTLS_T_OCTETS, S(""), NULL },
    { "hex", MTLS_T_OCTETS, S("\x0a\xff\x00"), "0aff00" },
    { "hex-upper", MTLS_T_OCTETS, S("\x0a\xff\x00"), "0AFF00" },
    { "hex-colon", MTLS_T_OCTETS, S("\x0a\xff\x00"), "0a:ff:00" },
    { "hex", MTLS_T_OCTETS, S(""), NULL },
    { "traefik-attribute", MTLS_T_TEXT, S("Example, Inc."), "Example, Inc." },
    { "traefik-attribute", MTLS_T_TEXT, S("x,CN=admin"), NULL },
    { "traefik-attribute", MTLS_T_TEXT, S("x\";Issuer"), NULL },
    { "traefik-item", MTLS_T_URI, S("spiffe://example.org/a=b"), "spiffe://example.org/a=b" },
    { "traefik-item", MTLS_T_DNS, S("a,b"), NULL },
    { "traefik-item", MTLS_T_URI, S("a;NB"), NULL },
    { "traefik-item", MTLS_T_URI, S("a\""), NULL },
    /* Serial numbers: content octets of an INTEGER. Decimal by Python's int.from_bytes(..., signed=True). */
    { "decimal", MTLS_T_SERIAL, S("\x0a\x1b\x2c\x3d\x4e\x5f\x60\x71\x82\x93"), "47724914708969405121171" },
    { "hex-upper", MTLS_T_SERIAL, S("\x0a\x1b\x2c\x3d\x4e\x5f\x60\x71\x82\x93"), "0A1B2C3D4E5F60718293" },
    { "hex-colon", MTLS_T_SERIAL, S("\x0a\x1b\x2c\x3d\x4e\x5f\x60\x71\x82\x93"), "0a:1b:2c:3d:4e:5f:60:71:82:93" },
    { "hex", MTLS_T_SERIAL, S("\x00\xff"), "ff" },
    { "decimal", MTLS_T_SERIAL, S("\x00\xff"), "255" },
    { "hex", MTLS_T_SERIAL, S("\x00"), "00" },
    { "decimal", MTLS_T_SERIAL, S("\x00"), "0" },
    { "hex-upper", MTLS_T_SERIAL, S("\x80"), "-80" },
    { "decimal", MTLS_T_SERIAL, S("\x80"), "-128" },
    { "decimal", MTLS_T_SERIAL, S("\xff\x00"), "-256" },
    { "hex-colon", MTLS_T_SERIAL, S("\xff\x00"), "-01:00" },
    { "hex", MTLS_T_SERIAL, S(""), NULL },
    { "decimal", MTLS_T_SERIAL, S(""), NULL },
    { "present-digit", MTLS_T_STATUS, S("SUCCESS"), "1" },
    { "present-digit", MTLS_T_STATUS, S("FAILED:expired"), "1" },
    { "present-digit", MTLS_T_STATUS, S("NONE"), "0" },
    { "present-word", MTLS_T_STATUS, S("FAILED:unverified"), "true" },
    { "present-word", MTLS_T_STATUS, S("NONE"), "false" },
    { "verified-word", MTLS_T_STATUS, S("SUCCESS"), "true" },
    { "verified-word", MTLS_T_STATUS, S("SUCCESSFUL"), "false" },
    { "verified-word", MTLS_T_STATUS, S("FAILED:expired"), "false" },
    { "verified-word", MTLS_T_STATUS, S("NONE"), "false" },
    { "verify-code", MTLS_T_STATUS, S("SUCCESS"), "0" },
    { "verify-code", MTLS_T_STATUS, S("NONE"), NULL },
    { "verify-code", MTLS_T_STATUS, S("FAILED:expired"), "10" },
    { "verify-code", MTLS_T_STATUS, S("FAILED:not-yet-valid"), "9" },
    { "verify-code", MTLS_T_STATUS, S("FAILED:unverified"), "1" },
    { "verify-code", MTLS_T_STATUS, S(""), "1" },
    { "gcp-error", MTLS_T_STATUS, S("SUCCESS"), NULL },
    { "gcp-error", MTLS_T_STATUS, S("NONE"), "client_cert_not_provided" },
    { "gcp-error", MTLS_T_STATUS, S("FAILED:expired"), "client_cert_validation_failed" },
};

static void test_texts_and_octets(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        mtls_value_t v = value_of(texts[i].octets, texts[i].len);
        const char *what = apr_psprintf(pool, "row %d (%s)", (int)i, texts[i].format);

        expect(what, encode(texts[i].format, texts[i].type, &v, 1), texts[i].want);
    }
}

/* Seconds by Python's calendar.timegm. */
static const struct { const char *format; apr_int64_t number; const char *want; } times[] = {
    { "rfc3339", 1795215509, "2026-11-20T22:58:29Z" },
    { "rfc3339", 0, "1970-01-01T00:00:00Z" },
    { "rfc3339", -1, "1969-12-31T23:59:59Z" },
    { "rfc3339", 253402300799, "9999-12-31T23:59:59Z" },
    { "rfc3339", 253402300800, NULL },
    { "rfc3339", -62167219200, "0000-01-01T00:00:00Z" },
    { "rfc3339", -62167219201, NULL },
    { "rfc3339", APR_INT64_MAX, NULL },
    { "rfc3339-offset", 1866495509, "2029-02-22T22:58:29+00:00" },
    { "unix", 1795215509, "1795215509" },
    { "unix", -1, "-1" },
    { "openssl-time", 1795215509, "Nov 20 22:58:29 2026 GMT" },
    { "openssl-time", 1793577600, "Nov  2 00:00:00 2026 GMT" },
    { "asn1-time", 1795215509, "261120225829Z" },
    { "asn1-time", 2524607999, "491231235959Z" },
    { "asn1-time", 2524608000, "20500101000000Z" },
    { "asn1-time", -631152000, "500101000000Z" },
    { "asn1-time", -631152001, "19491231235959Z" },
    { "asn1-time", APR_INT64_MAX, NULL },
};

static void test_times(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        mtls_value_t v = value_of("", 0);

        v.number = times[i].number;
        expect(times[i].format, encode(times[i].format, MTLS_T_TIME, &v, 1), times[i].want);
    }
}

static void test_numbers(void **state)
{
    mtls_value_t v = value_of("", 0);

    (void)state;
    v.number = 2048;
    expect("bits", encode("decimal", MTLS_T_NUMBER, &v, 1), "2048");
    expect("seconds", encode("decimal", MTLS_T_DURATION, &v, 1), "2048");
}

static const struct { const char *format; const char *values[4]; const char *want; } lists[] = {
    { "list-comma", { "a" }, "a" },
    { "list-comma", { "a", "b" }, "a,b" },
    { "list-comma", { "a,b" }, "a%2Cb" },
    { "list-comma", { "a,b", "c%2C", " d" }, "a%2Cb,c%252C,%20d" },
    { "list-comma", { "a", "" }, NULL },
    { "list-comma", { "a", "b\n" }, NULL },
    { "list-base64", { "pay.example.com", "*.pay.example.com" }, "cGF5LmV4YW1wbGUuY29t,Ki5wYXkuZXhhbXBsZS5jb20=" },
    { "list-base64", { "a", "" }, NULL },
    { "sf", { "a", "b" }, ":YQ==:, :Yg==:" },
};

static void test_lists(void **state)
{
    size_t i;
    int n;

    (void)state;
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        mtls_value_t v[4];

        for (n = 0; n < 4 && lists[i].values[n]; n++)
            v[n] = value_of(lists[i].values[n], strlen(lists[i].values[n]));
        expect(lists[i].format, encode(lists[i].format, MTLS_T_DNS, v, n), lists[i].want);
    }
}

/* The certificates of RFC 9440 Appendix A, in the order of its Figure 1. */
static const char *const rfc9440[] = {
    "MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBB"
    "dXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAx"
    "MTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZI"
    "zj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p"
    "5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIw"
    "ADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMC"
    "BsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1w"
    "bGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMje"
    "SkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=",
    "MIIB5jCCAYugAwIBAgIBFjAKBggqhkjOPQQDAjBWMQswCQYDVQQGEwJVUzEbMBkG"
    "A1UECgwSTGV0J3MgQXV0aGVudGljYXRlMSowKAYDVQQDDCFMZXQncyBBdXRoZW50"
    "aWNhdGUgUm9vdCBBdXRob3JpdHkwHhcNMjAwMTE0MjEzMjMwWhcNMzAwMTExMjEz"
    "MjMwWjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxB"
    "IEludGVybWVkaWF0ZSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJf+aA54"
    "RC5pyLAR5yfXVYmNpgd+CGUTDp2KOGhc0gK91zxhHesEYkdXkpS2UN8Kati+yHtW"
    "CV3kkhCngGyv7RqjZjBkMB0GA1UdDgQWBBRm3WjLa38lbEYCuiCPct0ZaSED2DAf"
    "BgNVHSMEGDAWgBTEA2Q6eecKu9g9yb5glbkhhVINGDASBgNVHRMBAf8ECDAGAQH/"
    "AgEAMA4GA1UdDwEB/wQEAwIBhjAKBggqhkjOPQQDAgNJADBGAiEA5pLvaFwRRkxo"
    "mIAtDIwg9D7gC1xzxBl4r28EzmSO1pcCIQCJUShpSXO9HDIQMUgH69fNDEMHXD3R"
    "RX5gP7kuu2KGMg==",
    "MIICBjCCAaygAwIBAgIJAKS0yiqKtlhoMAoGCCqGSM49BAMCMFYxCzAJBgNVBAYT"
    "AlVTMRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxKjAoBgNVBAMMIUxldCdz"
    "IEF1dGhlbnRpY2F0ZSBSb290IEF1dGhvcml0eTAeFw0yMDAxMTQyMTI1NDVaFw00"
    "MDAxMDkyMTI1NDVaMFYxCzAJBgNVBAYTAlVTMRswGQYDVQQKDBJMZXQncyBBdXRo"
    "ZW50aWNhdGUxKjAoBgNVBAMMIUxldCdzIEF1dGhlbnRpY2F0ZSBSb290IEF1dGhv"
    "cml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFoaHU+Z5bPKmGzlYXtCf+E6"
    "HYj62fORaHDOrt+yyh3H/rTcs7ynFfGn+gyFsrSP3Ez88rajv+U2NfD0o0uZ4Pmj"
    "YzBhMB0GA1UdDgQWBBTEA2Q6eecKu9g9yb5glbkhhVINGDAfBgNVHSMEGDAWgBTE"
    "A2Q6eecKu9g9yb5glbkhhVINGDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQE"
    "AwIBhjAKBggqhkjOPQQDAgNIADBFAiEAmAeg1ycKHriqHnaD4M/UDBpQRpkmdcRF"
    "YGMg1Qyrkx4CIB4ivz3wQcQkGhcsUZ1SOImd/lq1Q0FLf09rGfLQPWDc",
};

static mtls_value_t read_base64(const char *text)
{
    size_t len = strlen(text);
    unsigned char *der = apr_palloc(pool, len);
    int n = EVP_DecodeBlock(der, (const unsigned char *)text, (int)len);
    mtls_value_t v;

    assert_true(n > 0);
    while (len && text[len - 1] == '=')
        len--, n--;
    v = value_of((const char *)der, (apr_size_t)n);
    return v;
}

/* Figures 2 and 3: the leaf; intermediate and root joined by a comma and a blank. */
static void test_rfc9440_appendix_a(void **state)
{
    mtls_value_t v[3];
    int i;

    (void)state;
    for (i = 0; i < 3; i++)
        v[i] = read_base64(rfc9440[i]);
    expect("Client-Cert", encode("sf", MTLS_T_DER, v, 1), apr_pstrcat(pool, ":", rfc9440[0], ":", NULL));
    expect("Client-Cert-Chain", encode("sf", MTLS_T_DER, v + 1, 2),
           apr_pstrcat(pool, ":", rfc9440[1], ":, :", rfc9440[2], ":", NULL));
    expect("bare", encode("der-base64", MTLS_T_DER, v, 1), rfc9440[0]);
    expect("body", encode("pem-body", MTLS_T_DER, v, 1), rfc9440[0]);
}

/* The PEM of a certificate as Figure 1 prints it: lines of 64. */
static const char *make_pem(const char *base64, const char *line_end)
{
    const char *pem = apr_pstrcat(pool, "-----BEGIN CERTIFICATE-----", line_end, NULL);
    size_t at, len = strlen(base64);

    for (at = 0; at < len; at += 64)
        pem = apr_pstrcat(pool, pem, apr_pstrndup(pool, base64 + at, 64), line_end, NULL);
    return apr_pstrcat(pool, pem, "-----END CERTIFICATE-----", line_end, NULL);
}

/* What stands for each character of a PEM: the convention's own list, not a rule about octets. */
static const char *replace(const char *text, const char *const *pairs)
{
    const char *out = "";
    const char *const *pair;

    for (; *text; text++) {
        for (pair = pairs; *pair && **pair != *text; pair += 2)
            continue;
        out = apr_pstrcat(pool, out, *pair ? pair[1] : apr_pstrndup(pool, text, 1), NULL);
    }
    return out;
}

static void test_pem(void **state)
{
    static const char *const nginx[] = { " ", "%20", "\n", "%0A", "+", "%2B", "/", "%2F", "=", "%3D", NULL };
    static const char *const aws[] = { " ", "%20", "\n", "%0A", NULL };
    mtls_value_t v[2] = { read_base64(rfc9440[0]), read_base64(rfc9440[1]) };
    const char *two, *pem = make_pem(rfc9440[0], "\n");

    (void)state;
    expect("pem-url", encode("pem-url", MTLS_T_DER, v, 1), replace(pem, nginx));
    expect("pem-url-aws", encode("pem-url-aws", MTLS_T_DER, v, 1), replace(pem, aws));
    two = apr_pstrcat(pool, pem, make_pem(rfc9440[1], "\n"), NULL);
    expect("two", encode("pem-url", MTLS_T_DER, v, 2), replace(two, nginx));
    pem = make_pem(rfc9440[0], " ");
    expect("pem-space", encode("pem-space", MTLS_T_DER, v, 1), apr_pstrmemdup(pool, pem, strlen(pem) - 1));
}

/* Every length from a part of a line to a few of them, of octets that base64 writes with its special characters. */
static void test_pem_lengths(void **state)
{
    static const char *const nginx[] = { " ", "%20", "\n", "%0A", "+", "%2B", "/", "%2F", "=", "%3D", NULL };
    static const char *const aws[] = { " ", "%20", "\n", "%0A", NULL };
    char octets[200], base64[300];
    size_t len;

    (void)state;
    for (len = 0; len < sizeof(octets); len++)
        octets[len] = (char)(len % 7 ? 0xff : 0xfb - len);
    for (len = 1; len <= sizeof(octets); len++) {
        mtls_value_t v = value_of(octets, len);
        const char *pem;

        EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)octets, (int)len);
        pem = make_pem(base64, "\n");
        expect("pem-url", encode("pem-url", MTLS_T_DER, &v, 1), replace(pem, nginx));
        expect("pem-url-aws", encode("pem-url-aws", MTLS_T_DER, &v, 1), replace(pem, aws));
        pem = make_pem(base64, " ");
        expect("pem-space", encode("pem-space", MTLS_T_DER, &v, 1), apr_pstrmemdup(pool, pem, strlen(pem) - 1));
    }
}

static void test_no_certificate(void **state)
{
    static const char *const formats[] = { "pem-url", "pem-url-aws", "pem-space" };
    mtls_value_t v[2] = { value_of("ab", 2), value_of("", 0) };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        expect(formats[i], encode(formats[i], MTLS_T_DER, v, 2), NULL);
        expect(formats[i], encode(formats[i], MTLS_T_DER, v, 0), NULL);
    }
}

static void test_joined_der(void **state)
{
    mtls_value_t v[2] = { value_of("ab", 2), value_of("c", 1) };

    (void)state;
    expect("joined", encode("der-base64-joined", MTLS_T_DER, v, 2), "YWJj");
    v[0] = v[1] = value_of("", 0);
    expect("nothing", encode("der-base64-joined", MTLS_T_DER, v, 2), NULL);
    expect("nothing", encode("pem-body", MTLS_T_DER, v, 1), NULL);
}

/* Whatever comes in, what goes out can stand in a header. */
static void check_sendable(const mtls_format_t *format, const char *out)
{
    size_t i, len = out ? strlen(out) : 0;

    if (!out)
        return;
    assert_true(len > 0);
    assert_true(out[0] != ' ' && out[len - 1] != ' ');
    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)out[i];

        assert_true(c >= 0x20 && c != 0x7f && (c < 0x7f || (format->flags & MTLS_FORMAT_UTF8)));
    }
}

static void test_no_octets_get_through(void **state)
{
    int f, type, a, b;

    (void)state;
    for (f = 0; f < mtls_formats_len; f++) {
        for (type = 0; type < MTLS_TYPE_COUNT; type++) {
            apr_pool_t *outer = pool;

            if (!(mtls_formats[f].types & 1ul << type))
                continue;
            apr_pool_create(&pool, outer);
            for (a = 0; a < 256; a++) {
                for (b = 0; b < 256; b += a == ' ' || a == '\n' || a > 0xc0 ? 1 : 51) {
                    char octets[2] = { (char)a, (char)b };
                    mtls_value_t v = value_of(octets, 2);

                    check_sendable(&mtls_formats[f], mtls_formats[f].encode(pool, (mtls_type_id_t)type, &v, 1));
                }
            }
            apr_pool_destroy(pool);
            pool = outer;
        }
    }
}

/* The words users may type are a closed list. */
static void test_registry(void **state)
{
    static const char closed[] = " text utf8 pem-url pem-url-aws pem-space pem-body der-base64 sf rfc4514 rfc4514-utf8"
        " slash der-name-base64 hex hex-upper hex-colon base64 base64url decimal rfc3339 unix openssl-time asn1-time"
        " list-comma list-base64 ";
    const char *words = " ";
    int i, j;

    (void)state;
    for (i = 0; i < mtls_formats_len; i++) {
        assert_true(mtls_formats[i].doc[0] && mtls_formats[i].types);
        for (j = 0; j < i; j++)
            assert_string_not_equal(mtls_formats[i].name, mtls_formats[j].name);
        if (!(mtls_formats[i].flags & MTLS_FORMAT_INTERNAL))
            words = apr_pstrcat(pool, words, mtls_formats[i].name, " ", NULL);
    }
    assert_string_equal(words, closed);
    assert_ptr_equal(mtls_format_find("PEM-Url"), mtls_format_find("pem-url"));
    assert_null(mtls_format_find("pem"));
    assert_null(mtls_format_find(""));
    for (i = 0; i < MTLS_TYPE_COUNT; i++) {
        const mtls_format_t *format = mtls_format_default((mtls_type_id_t)i);

        assert_non_null(format);
        assert_true(format->types & 1ul << i);
        assert_false(format->flags & MTLS_FORMAT_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_and_octets), cmocka_unit_test(test_times), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_lists), cmocka_unit_test(test_rfc9440_appendix_a), cmocka_unit_test(test_pem),
        cmocka_unit_test(test_pem_lengths), cmocka_unit_test(test_no_certificate), cmocka_unit_test(test_joined_der),
        cmocka_unit_test(test_no_octets_get_through), cmocka_unit_test(test_registry),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
