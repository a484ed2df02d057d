/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Distinguished names: as certificates carry them, and when two are equal. As users write them: test_dn_written.c. */
#include <openssl/bio.h>
#include <openssl/x509.h>
#include "dn.h"
#include "mtls_der.h"

static int same_key(const mtls_dn_t *a, const mtls_dn_t *b)
{
    return mtls_str_eq(mtls_dn_key(unit_pool, a), mtls_dn_key(unit_pool, b));
}

static const struct { const char *a, *b; int equal; } pairs[] = {
    { "CN=a,O=b", "/O=b/CN=a", 1 },
    { "CN=a,O=b", "cn=a,2.5.4.10=b", 1 },
    { "OU=x+CN=a,O=b", "CN=a+OU=x,O=b", 1 },
    { "CN=#0c0161", "CN=#1e020061", 1 },
    { "CN=a+CN=bb", "CN=bb+CN=a", 1 },
    { "OU=x+CN=a,O=b", "/O=b/CN=a+OU=x", 1 },
    { "2.5.4.17=a,C=DE", "/C=DE/postalCode=a", 1 },
    { "/O=b/CN=a+OU=x", "/O=b/CN=a/OU=x", 0 },
    { "/uniqueIdentifier=a", "/UID=a", 0 },
    { "CN=a,O=b", "O=b,CN=a", 0 },
    { "CN=a", "CN=A", 0 },
    { "CN=a b", "CN=a  b", 0 },
    { "CN=a", "CN=a\\ ", 0 },
    { "CN=a", "O=a", 0 },
    { "CN=a,CN=b", "CN=a+CN=b", 0 },
    { "CN=a", "CN=a,CN=a", 0 },
    { "CN=a+CN=a", "CN=a", 0 },
    { "CN=a\\,O=b", "CN=a,O=b", 0 },
    { "CN=ab,O=", "CN=a,O=b", 0 },
    { "CN=\xc3\xa4", "CN=a\xcc\x88", 0 }
};

static void test_keys(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const mtls_dn_t *a, *b;

        assert_null(mtls_dn_parse(unit_pool, pairs[i].a, &a));
        assert_null(mtls_dn_parse(unit_pool, pairs[i].b, &b));
        if (same_key(a, b) != pairs[i].equal)
            fail_msg("%s and %s are %sequal", pairs[i].a, pairs[i].b, pairs[i].equal ? "" : "not ");
    }
}

/* Folded keys are equal where OpenSSL finds the names equal. */
static const struct { const char *a, *b; int equal; } folds[] = {
    { "CN=Issuing CA,O=Trust", "CN=Issuing CA,O=Trust", 1 },
    { "CN=Issuing CA,O=Trust", "CN=ISSUING ca,O=tRUST", 1 },
    { "CN=Issuing CA", "CN=\\  Issuing    CA\\ ", 1 },
    { "CN=a+O=B", "O=b+CN=A", 1 },
    { "CN=B+CN=a", "CN=b+CN=A", 1 },
    { "CN=a+CN=B", "CN=b+CN=A", 1 },
    { "CN=\\ ", "CN=", 1 },
    { "CN=\\  \\ ", "CN=", 1 },
    { "CN=A\xc3\x84", "CN=a\xc3\x84", 1 },
    { "CN=a,O=\\ ", "CN=a,O=", 1 },
    { "CN=\xc3\x84", "CN=\xc3\xa4", 0 },
    { "CN=Issuing CA", "CN=IssuingCA", 0 },
    { "CN=Issuing CA", "CN=Issuing\xc2\xa0" "CA", 0 },
    { "CN=a,O=b", "O=b,CN=a", 0 },
    { "CN=a+O=b", "CN=a,O=b", 0 },
    { "CN=a", "O=a", 0 },
    { "CN=a", "CN=a,CN=a", 0 },
    { "CN=a", "CN=b", 0 },
    { "CN=a b", "CN=a,CN=b", 0 }
};

static X509_NAME *encode(const mtls_dn_t *dn)
{
    X509_NAME *name = X509_NAME_new();
    int i;

    for (i = 0; i < dn->n; i++) {
        const mtls_attribute_t *a = &dn->attributes[i];
        mtls_value_t oid;

        assert_int_equal(mtls_value_oid(unit_pool, a->oid, &oid), 0);
        assert_true(X509_NAME_add_entry_by_txt(name, oid.text.ptr, V_ASN1_UTF8STRING,
                                               (const unsigned char *)a->text.ptr, (int)a->text.len, -1,
                                               i && a->rdn == a[-1].rdn ? -1 : 0));
    }
    assert_true(i2d_X509_NAME(name, NULL) > 0);
    return name;
}

static void test_folds(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
        const mtls_dn_t *a, *b;
        X509_NAME *left, *right;

        assert_null(mtls_dn_parse(unit_pool, folds[i].a, &a));
        assert_null(mtls_dn_parse(unit_pool, folds[i].b, &b));
        left = encode(a);
        right = encode(b);
        if ((X509_NAME_cmp(left, right) == 0) != folds[i].equal)
            fail_msg("to OpenSSL %s and %s are %sequal", folds[i].a, folds[i].b, folds[i].equal ? "not " : "");
        if (mtls_str_eq(mtls_dn_folded_key(unit_pool, a), mtls_dn_folded_key(unit_pool, b)) != folds[i].equal)
            fail_msg("folded %s and %s are %sequal", folds[i].a, folds[i].b, folds[i].equal ? "not " : "");
        X509_NAME_free(left);
        X509_NAME_free(right);
    }
}

static mtls_str_t attribute(const char *oid, mtls_str_t value)
{
    return DER(0x30, unit_oid(oid), value);
}

static const mtls_dn_t *read_rdns(mtls_str_t rdns)
{
    return mtls_dn_read_der(unit_pool, DER(0x30, rdns));
}

/* String types, well-formed and not (X.680 section 41, RFC 5280 section 4.1.2.4). */
static const struct { const char *what; int tag; mtls_str_t octets; const char *text; } strings[] = {
    { "UTF8String", 0x0c, { "\xc3\xa4", 2 }, "\\xC3\\xA4" },
    { "PrintableString", 0x13, { "a*@_", 4 }, "a*@_" },
    { "IA5String", 0x16, { "a@b", 3 }, "a@b" },
    { "NumericString", 0x12, { "1 2", 3 }, "1 2" },
    { "VisibleString", 0x1a, { "ab", 2 }, "ab" },
    { "TeletexString in ASCII", 0x14, { "ab", 2 }, "ab" },
    { "BMPString", 0x1e, { "\0a\x20\xac", 4 }, "a\\xE2\\x82\\xAC" },
    { "UniversalString", 0x1c, { "\0\0\0a\0\x01\xf6\x00", 8 }, "a\\xF0\\x9F\\x98\\x80" },
    { "empty UTF8String", 0x0c, { "", 0 }, "" },
    { "empty BMPString", 0x1e, { "", 0 }, "" },
    { "NUL in UTF8String", 0x0c, { "a\0b", 3 }, NULL },
    { "NUL in PrintableString", 0x13, { "a\0b", 3 }, NULL },
    { "NUL in BMPString", 0x1e, { "\0\0", 2 }, NULL },
    { "NUL in UniversalString", 0x1c, { "\0\0\0\0", 4 }, NULL },
    { "line feed", 0x16, { "a\nb", 3 }, NULL },
    { "DEL", 0x0c, { "\x7f", 1 }, NULL },
    { "DEL in IA5String", 0x16, { "a\x7f", 2 }, NULL },
    { "invalid UTF-8", 0x0c, { "a\xff", 2 }, NULL },
    { "overlong UTF-8", 0x0c, { "\xc0\xaf", 2 }, NULL },
    { "surrogate in UTF-8", 0x0c, { "\xed\xa0\x80", 3 }, NULL },
    { "Latin-1 in TeletexString", 0x14, { "\xe4", 1 }, NULL },
    { "high octet in PrintableString", 0x13, { "\xe4", 1 }, NULL },
    { "high octet in IA5String", 0x16, { "\x80", 1 }, NULL },
    { "UTF-8 in VisibleString", 0x1a, { "\xc3\xa4", 2 }, NULL },
    { "high octet in NumericString", 0x12, { "\xb2", 1 }, NULL },
    { "odd BMPString", 0x1e, { "\0a\0", 3 }, NULL },
    { "surrogate pair in BMPString", 0x1e, { "\xd8\x3d\xde\x00", 4 }, NULL },
    { "odd UniversalString", 0x1c, { "\0\0\0a\0\0", 6 }, NULL },
    { "surrogate in UniversalString", 0x1c, { "\0\0\xd8\0", 4 }, NULL },
    { "UniversalString above Unicode", 0x1c, { "\0\x11\0\0", 4 }, NULL },
    { "UniversalString that wraps around to U+10000", 0x1c, { "\0\x41\0\0", 4 }, NULL },
    { "UniversalString far above Unicode", 0x1c, { "\xff\xff\xff\xff", 4 }, NULL },
    { "INTEGER", 0x02, { "a", 1 }, NULL },
    { "OCTET STRING", 0x04, { "a", 1 }, NULL },
    { "GeneralString", 0x1b, { "a", 1 }, NULL },
    { "constructed UTF8String", 0x2c, { "\x0c\x01" "a", 3 }, NULL }
};

static void test_strings(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        mtls_str_t value = DER(strings[i].tag, strings[i].octets), text;
        const mtls_dn_t *dn = read_rdns(JOIN(DER(0x31, attribute("2.5.4.10", DER(0x0c, O("x")))),
                                             DER(0x31, attribute("2.5.4.3", value))));

        assert_int_equal(dn->n, 2);
        assert_true(dn->attributes[0].readable);
        assert_int_equal(dn->readable, strings[i].text != NULL);
        unit_same(strings[i].what, dn->attributes[1].readable ? mtls_text_escape(unit_pool, dn->attributes[1].text)
                  : NULL, strings[i].text);
        if (!strings[i].text)
            assert_null(dn->attributes[1].text.ptr);
        if (strings[i].tag < 0x20) {
            ASN1_STRING *s = ASN1_STRING_type_new(strings[i].tag);

            ASN1_STRING_set(s, strings[i].octets.ptr, (int)strings[i].octets.len);
            assert_int_equal(mtls_asn1_text(unit_pool, s, &text), strings[i].text != NULL);
            unit_same(strings[i].what, mtls_text_escape(unit_pool, text), strings[i].text ? strings[i].text : "");
            ASN1_STRING_free(s);
        }
    }
}

static void test_shapes(void **state)
{
    mtls_str_t a = attribute("2.5.4.3", DER(0x0c, O("a"))), b = attribute("2.5.4.11", DER(0x13, O("b")));
    /* An RDN of 256 octets: heads of 3 octets for itself, its attribute and the value, and 5 for the type. */
    mtls_str_t long_value = attribute("2.5.4.3", DER(0x0c, unit_repeat(O("x"), 256 - 14)));
    const char *long_name = apr_pstrcat(unit_pool, "2.5.4.3=", unit_repeat(O("x"), 256 - 14).ptr, NULL);
    const struct { const char *what; mtls_str_t der; const char *name; } shapes[] = {
        { "two in one RDN", DER(0x30, DER(0x31, a, b)), "2.5.4.3=a+2.5.4.11=b" },
        { "two RDNs", DER(0x30, DER(0x31, a), DER(0x31, b)), "2.5.4.3=a|2.5.4.11=b" },
        { "no RDN", DER(0x30, O("")), "" },
        { "an empty RDN", DER(0x30, DER(0x31, a), DER(0x31, O(""))), NULL },
        { "octets behind", JOIN(DER(0x30, DER(0x31, a)), O("\0")), NULL },
        { "octets behind a value",
          DER(0x30, DER(0x31, DER(0x30, unit_oid("2.5.4.3"), DER(0x0c, O("a")), O("\5\0")))), NULL },
        { "an attribute without a value", DER(0x30, DER(0x31, DER(0x30, unit_oid("2.5.4.3")))), NULL },
        { "an attribute without a type", DER(0x30, DER(0x31, DER(0x30, DER(0x0c, O("a")), DER(0x0c, O("a"))))), NULL },
        { "a SEQUENCE for a SET", DER(0x30, DER(0x30, a)), NULL },
        { "a SET for a SEQUENCE", DER(0x31, DER(0x31, a)), NULL },
        { "indefinite length", O("\x30\x80\x00\x00"), NULL },
        { "padded length", JOIN(O("\x30\x81\x0c"), DER(0x31, a)), NULL },
        { "a longer padded length", JOIN(O("\x30\x83\x00\x01\x00"), DER(0x31, long_value)), NULL },
        { "a length of two octets", JOIN(O("\x30\x82\x01\x00"), DER(0x31, long_value)), long_name },
        { "a length beyond the end", O("\x30\x7f\x31"), NULL },
        { "a length of five octets", O("\x30\x85\x01\x00\x00\x00\x00"), NULL },
        { "nothing", O(""), NULL },
        { "one octet", O("\x30"), NULL }
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const mtls_dn_t *dn = mtls_dn_read_der(unit_pool, shapes[i].der);

        unit_same(shapes[i].what, dn->readable ? dn_describe(dn) : NULL, shapes[i].name);
        assert_true(dn->readable || dn->n == 0);
    }
}

static const char *print(const X509_NAME *name, unsigned long flags)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text;
    char *octets;
    long len;

    X509_NAME_print_ex(bio, name, 0, flags);
    len = BIO_get_mem_data(bio, &octets);
    text = apr_pstrmemdup(unit_pool, octets, (apr_size_t)len);
    BIO_free(bio);
    return text;
}

/* What OpenSSL prints of a name it made is read as the name that OpenSSL encodes. */
static void test_against_openssl(void **state)
{
    static const struct { const char *label, *text; int set; } parts[] = {
        { "C", "DE", 0 }, { "ST", "  Hesse ", 0 }, { "O", "Example, Inc. \"+;<>\\", 0 }, { "OU", "#Pay/CN=x", 0 },
        { "OU", "Tier A", -1 }, { "emailAddress", "a@b.example", 0 }, { "serialNumber", "12", 0 },
        { "GN", "Anne", 0 }, { "SN", "\xc3\x84nne", 0 }, { "organizationIdentifier", "VATDE-1", 0 },
        { "UID", "u", 0 }, { "DC", "example", 0 }, { "title", "=", 0 }, { "street", "1 Road", 0 }, { "CN", "web", 0 }
    };
    X509_NAME *name = X509_NAME_new();
    const char *error, *suggested;
    const mtls_dn_t *dn, *own;
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_true(X509_NAME_add_entry_by_txt(name, parts[i].label, MBSTRING_UTF8,
                                               (const unsigned char *)parts[i].text, -1, -1, parts[i].set));
    }
    own = mtls_dn_read(unit_pool, name);
    assert_int_equal(own->n, 15);
    assert_int_equal(own->attributes[4].rdn, own->attributes[3].rdn);
    unit_same("RFC 2253", mtls_dn_parse(unit_pool, print(name, XN_FLAG_RFC2253), &dn), NULL);
    assert_true(same_key(dn, own));

    error = mtls_dn_parse(unit_pool, print(name, XN_FLAG_ONELINE), &dn);
    suggested = strstr(error, " form it is ");
    assert_non_null(suggested);
    unit_same("the suggestion", mtls_dn_parse(unit_pool, suggested + strlen(" form it is "), &dn), NULL);
    assert_true(same_key(dn, own));
    X509_NAME_free(name);
}

static void test_legacy_print(void **state)
{
    X509_NAME *name = X509_NAME_new();
    const mtls_dn_t *dn;
    char *legacy;

    (void)state;
    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"DE", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "postalCode", MBSTRING_UTF8, (const unsigned char *)"10115", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Example, a/b+c\\d", -1, -1, -1);
    X509_NAME_add_entry_by_txt(name, "1.2.3", MBSTRING_UTF8, (const unsigned char *)"\\ \\y", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"\xc3\xa4", -1, -1, 0);
    legacy = X509_NAME_oneline(name, NULL, 0);
    /* UTF-8 that does not fit a PrintableString may become a string type whose octets the print shows raw. */
    if (!strstr(legacy, "\\xC3\\xA4"))
        fail_msg("another print than expected: %s", legacy);
    unit_same(legacy, mtls_dn_parse(unit_pool, legacy, &dn), NULL);
    unit_same(legacy, dn_describe(dn), dn_describe(mtls_dn_read(unit_pool, name)));
    assert_true(same_key(dn, mtls_dn_read(unit_pool, name)));
    OPENSSL_free(legacy);
    X509_NAME_free(name);
}

/* A name with 20,000 attributes in one RDN is sorted, not compared pair by pair. */
static void test_large(void **state)
{
    mtls_str_t many = unit_repeat(attribute("2.5.4.11", DER(0x0c, O("unit"))), 20000);
    const mtls_dn_t *dn = read_rdns(DER(0x31, many));

    (void)state;
    assert_int_equal(dn->n, 20000);
    assert_int_equal(mtls_dn_key(unit_pool, dn).len, 4 + 20000 * (8 + 3 + 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys), cmocka_unit_test(test_folds), cmocka_unit_test(test_strings), cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_against_openssl), cmocka_unit_test(test_legacy_print), cmocka_unit_test(test_large)
    };

    return UNIT_RUN(tests);
}
