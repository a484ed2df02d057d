/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Distinguished names in headers: as the conventions write them, and in every octet as OpenSSL prints them. */
#include "unit.h"
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include "mtls_dn.h"
#include "mtls_format.h"

static mtls_value_t value_of(const char *octets, apr_size_t len)
{
    return (mtls_value_t){ { octets, len }, { octets, len }, 0, NULL };
}

static const char *print_name(const char *format, const mtls_value_t *v)
{
    return mtls_format_find(format)->encode(unit_pool, MTLS_T_DN, v, 1);
}

/* Octets with a NUL inside need their length. */
#define S(literal) literal, sizeof(literal) - 1

/* Nobody has decoded it. Frees the name. */
static mtls_value_t value_of_name(X509_NAME *name)
{
    unsigned char *der = NULL;
    int len = i2d_X509_NAME(name, &der);
    mtls_value_t v;

    assert_true(len > 0);
    v = value_of(apr_pmemdup(unit_pool, der, (apr_size_t)len), (apr_size_t)len);
    OPENSSL_free(der);
    X509_NAME_free(name);
    return v;
}

/* Each pair is one attribute; a type that begins with '+' joins the RDN before. */
static mtls_value_t make_name(const char *const *pairs)
{
    X509_NAME *name = X509_NAME_new();

    for (; *pairs; pairs += 2) {
        int joined = **pairs == '+';

        assert_true(X509_NAME_add_entry_by_txt(name, *pairs + joined, MBSTRING_UTF8, (const unsigned char *)pairs[1],
                                               -1, -1, joined ? -1 : 0));
    }
    return value_of_name(name);
}

/* RFC 4514 section 2.4 and what nginx and HAProxy send for the same names. */
static const struct { const char *format; const char *pairs[12]; const char *want; } names[] = {
    { "rfc4514", { "C", "DE", "O", "Example, Inc.", "OU", "Payments", "OU", "Tier A", "CN", "svc-\xc3\xa4nne" },
      "CN=svc-\\C3\\A4nne,OU=Tier A,OU=Payments,O=Example\\, Inc.,C=DE" },
    { "rfc4514-utf8", { "C", "DE", "O", "Example, Inc.", "CN", "svc-\xc3\xa4nne" },
      "CN=svc-\xc3\xa4nne,O=Example\\, Inc.,C=DE" },
    { "slash", { "C", "DE", "O", "Example, Inc.", "OU", "Payments", "OU", "Tier A", "CN", "svc-\xc3\xa4nne" },
      "/C=DE/O=Example, Inc./OU=Payments/OU=Tier A/CN=svc-\xc3\xa4nne" },
    { "rfc4514", { "CN", "James \"Jim\" Smith, III" }, "CN=James \\\"Jim\\\" Smith\\, III" },
    { "rfc4514-quotable", { "CN", "James \"Jim\" Smith, III" }, "CN=James \\22Jim\\22 Smith\\, III" },
    { "rfc4514", { "CN", "a\\b" }, "CN=a\\\\b" },
    { "rfc4514-quotable", { "CN", "a\\b" }, "CN=a\\5Cb" },
    { "rfc4514-quotable", { "O", "a\\", "CN", "b\\\"" }, "CN=b\\5C\\22,O=a\\5C" },
    { "rfc4514", { "CN", "#a" }, "CN=\\#a" },
    { "rfc4514", { "CN", "#" }, "CN=\\#" },
    { "rfc4514", { "UID", "#", "+CN", "#" }, "UID=\\#+CN=\\#" },
    { "rfc4514", { "CN", "a=#" }, "CN=a=#" },
    { "rfc4514", { "1.3.6.1.4.1.99999.3", "x" }, "1.3.6.1.4.1.99999.3=#0C0178" },
    { "rfc4514", { "CN", " " }, "CN=\\20" },
    { "rfc4514", { "CN", " a" }, "CN=\\ a" },
    { "rfc4514", { "CN", "a<b>c;d+e" }, "CN=a\\<b\\>c\\;d\\+e" },
    { "rfc4514", { "O", "a ", "CN", "b" }, "CN=b,O=a\\20" },
    { "rfc4514-utf8", { "O", "a ", "CN", "b" }, "CN=b,O=a\\20" },
    { "rfc4514", { "O", "a\\", "CN", "b" }, "CN=b,O=a\\\\" },
    { "rfc4514", { "OU", "Sales", "+CN", "J. Smith" }, "CN=J. Smith+OU=Sales" },
    { "rfc4514-spaced", { "C", "US", "OU", "Access Admins", "+CN", "James, R" },
      "OU=Access Admins + CN=James\\, R, C=US" },
    { "rfc4514", { NULL }, NULL },
    { "rfc4514-quotable", { NULL }, NULL },
    { "slash", { NULL }, NULL },
    { "slash", { "O", "a/CN=admin", "CN", "b" }, NULL },
    { "slash", { "CN", "\\x61dmin" }, NULL },
    { "slash", { "OU", "Sales", "+CN", "J. Smith" }, NULL },
    { "slash", { "O", "a", "CN", "b " }, NULL },
    { "slash", { "O", "a ", "CN", "b" }, "/O=a /CN=b" },
    { "slash", { "1.3.6.1.4.1.99999.3", "x", "CN", "b" }, "/1.3.6.1.4.1.99999.3=x/CN=b" },
    { "slash", { "CN", "a\nb" }, NULL },
    { "slash", { "CN", "a\xc2\x9b" "2J" }, NULL },
    { "rfc4514-utf8", { "O", "Example", "CN", "a\xc2\x85" "b" }, NULL },
    { "rfc4514", { "O", "Example", "CN", "a\xc2\x85" "b" }, "CN=a\\C2\\85b,O=Example" },
    { "rfc4514", { "CN", "a\nb" }, "CN=a\\0Ab" },
    { "der-name-base64", { "C", "DE" }, "MA0xCzAJBgNVBAYTAkRF" },
    { "sf", { "C", "DE" }, ":MA0xCzAJBgNVBAYTAkRF:" },
};

static void test_names(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        mtls_value_t v = make_name(names[i].pairs);

        unit_same(apr_psprintf(unit_pool, "row %d (%s)", (int)i, names[i].format), print_name(names[i].format, &v),
               names[i].want);
        v.dn = mtls_dn_read_der(unit_pool, v.text);
        unit_same(apr_psprintf(unit_pool, "row %d (%s), decoded before", (int)i, names[i].format),
               print_name(names[i].format, &v), names[i].want);
    }
}

static const char *const dn_formats[] = { "rfc4514", "rfc4514-utf8", "rfc4514-spaced", "rfc4514-quotable", "slash" };

/* OpenSSL prints what nobody has decoded: with the decoded name at hand the octets are the same. */
static void check_same(const char *what, mtls_value_t undecoded)
{
    mtls_value_t decoded = undecoded;
    size_t i;

    decoded.dn = mtls_dn_read_der(unit_pool, decoded.text);
    for (i = 0; i < sizeof(dn_formats) / sizeof(dn_formats[0]); i++)
        unit_same(apr_psprintf(unit_pool, "%s of %s", dn_formats[i], what), print_name(dn_formats[i], &decoded),
               print_name(dn_formats[i], &undecoded));
    assert_non_null(print_name("rfc4514", &undecoded));
}

static mtls_value_t name_of(int nid, int type, const void *octets, int len)
{
    X509_NAME *name = X509_NAME_new();

    assert_true(X509_NAME_add_entry_by_NID(name, NID_organizationName, V_ASN1_UTF8STRING, (const unsigned char *)"x",
                                           -1, -1, 0));
    assert_true(X509_NAME_add_entry_by_NID(name, nid, type, octets, len, -1, 0));
    return value_of_name(name);
}

/* Every type that OpenSSL has a name for, and some that it has not. */
static void test_types_of_names(void **state)
{
    int nid, known = 0;

    (void)state;
    for (nid = 1; nid < 1300; nid++) {
        ASN1_OBJECT *object = OBJ_nid2obj(nid);

        if (!object || !OBJ_length(object))
            continue;
        known++;
        check_same(OBJ_nid2sn(nid), name_of(nid, V_ASN1_UTF8STRING, "y", 1));
    }
    ERR_clear_error();
    assert_in_range(known, 900, 1300);
    check_same("no name", make_name((const char *const[]){ "1.3.6.1.4.1.99999.3", "x", "CN", "y", NULL }));
    check_same("a UUID", make_name((const char *const[]){ "2.25.340282366920938463463374607431768211455", "x", NULL }));
}

/* Each character, alone, at each end and within. */
static void test_characters_of_names(void **state)
{
    static const char *const shapes[][2] = { { "", "" }, { "", "b" }, { "a", "" }, { "a", "b" }, { " ", " " }, { "#", "" },
                                             { "", " " }, { "\\", "\"" } };
    unsigned c;
    size_t i;

    (void)state;
    for (c = 1; c < 0x180; c++) {
        char one[3] = { (char)c, 0, 0 };

        if (c >= 0x80) {
            one[0] = (char)(0xc0 | c >> 6);
            one[1] = (char)(0x80 | (c & 0x3f));
        }
        for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
            const char *text = apr_pstrcat(unit_pool, shapes[i][0], one, shapes[i][1], NULL);

            check_same(text, make_name((const char *const[]){ "O", text, "CN", "b", NULL }));
            check_same(text, make_name((const char *const[]){ "O", "b", "+OU", text, "+CN", text, "UID", text, NULL }));
        }
    }
}

/* Octets of each string type that a Name may have. */
static void test_strings_of_names(void **state)
{
    static const struct { int type; const char *octets; int len; } strings[] = {
        { V_ASN1_PRINTABLESTRING, S("#a+b ") }, { V_ASN1_IA5STRING, S("#a@b ") }, { V_ASN1_T61STRING, S("#a+b ") },
        { V_ASN1_NUMERICSTRING, S("1 ") }, { V_ASN1_UTF8STRING, S("#\xc3\xa4\xf0\x9f\x94\x91 ") },
        { V_ASN1_T61STRING, S("\xe4") }, { V_ASN1_BMPSTRING, S("\0#\0\xe4\x20\xac\0 ") },
        { V_ASN1_UNIVERSALSTRING, S("\0\0\0#\0\1\xf5\x11\0\0\0 ") }, { V_ASN1_UTF8STRING, S("") },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        check_same(apr_psprintf(unit_pool, "string type %d", strings[i].type),
                    name_of(NID_commonName, strings[i].type, strings[i].octets, strings[i].len));
}

/* What is no Name, or more than one, is not printed; OpenSSL's error queue stays as it was. */
static void test_broken_names(void **state)
{
    static const struct { const char *octets; apr_size_t len; } broken[] = {
        { S("") }, { S("\x30") }, { S("\x30\x0d\x31") }, { S("\x30\x00\x30\x00") }, { S("\x31\x00") },
        { S("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02\x44\x45\x00") },    /* C=DE, and an octet more */
    };
    static const char *const formats[] = { "rfc4514", "rfc4514-utf8", "rfc4514-quotable", "slash" };
    size_t i, j;

    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        mtls_value_t v = value_of(broken[i].octets, broken[i].len);

        for (j = 0; j < 4; j++)
            unit_same(formats[j], print_name(formats[j], &v), NULL);
    }
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), cmocka_unit_test(test_broken_names), cmocka_unit_test(test_types_of_names),
        cmocka_unit_test(test_characters_of_names), cmocka_unit_test(test_strings_of_names),
    };

    return UNIT_RUN(tests);
}
