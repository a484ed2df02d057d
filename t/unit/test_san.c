/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Subject alternative names, SPIFFE IDs among them, and extensions that spoil the whole certificate. */
#include "certificate.h"

#define rdn certificate_rdn
#define extension certificate_extension
#define other_name certificate_other_name
#define UPN "1.3.6.1.4.1.311.20.2.3"

enum { IN_2026 = 1782864000 };    /* 2026-07-01T00:00:00Z */

static mtls_str_t dns(mtls_str_t name)
{
    return DER(0x82, name);
}

static void test_alternative_names(void **state)
{
    mtls_str_t good = dns(O("web.example")), name = certificate_name("inner");
    const struct { const char *what; mtls_str_t names; const char *field, *want; } cases[] = {
        { "DNS", JOIN(good, dns(O("*.Example"))), "san.dns", "web.example|*.Example" },
        { "DNS with NUL", JOIN(good, dns(O("web\0.example"))), "san.dns", "UNREADABLE" },
        { "DNS with NUL at the end", dns(O("web.example\0")), "san.dns", "UNREADABLE" },
        { "DNS with a high octet", dns(O("w\xc3\xa4")), "san.dns", "UNREADABLE" },
        { "DNS with DEL", dns(O("w\x7f")), "san.dns", "UNREADABLE" },
        { "empty DNS", JOIN(good, dns(O(""))), "san.dns", "UNREADABLE" },
        { "an address as DNS stays DNS", dns(O("192.0.2.7")), "san.ip", "ABSENT" },
        { "a bad DNS leaves URIs alone", JOIN(dns(O("\0")), DER(0x86, O("urn:x"))), "san.uri", "urn:x" },
        { "URI", JOIN(DER(0x86, O("urn:a")), good, DER(0x86, O("urn:b"))), "san.uri", "urn:a|urn:b" },
        { "URI with a line feed", DER(0x86, O("urn:a\nX: y")), "san.uri", "UNREADABLE" },
        { "empty URI", DER(0x86, O("")), "san.uri", "UNREADABLE" },
        { "URI in UTF-8", DER(0x86, O("urn:\xc3\xa4")), "san.uri", "UNREADABLE" },
        { "mail", DER(0x81, O("anne@example.org")), "san.email", "anne@example.org" },
        { "mail with NUL", DER(0x81, O("a@b\0c")), "san.email", "UNREADABLE" },
        { "empty mail", DER(0x81, O("")), "san.email", "UNREADABLE" },
        { "addresses", JOIN(DER(0x87, O("\xc0\0\2\7")), DER(0x87, O("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7"))),
          "san.ip", "c0000207|20010db8000000000000000000000007" },
        { "address of 5 octets", JOIN(DER(0x87, O("\1\2\3\4")), DER(0x87, O("\1\2\3\4\5"))), "san.ip", "UNREADABLE" },
        { "address of 8 octets", DER(0x87, O("\1\2\3\4\xff\xff\xff\0")), "san.ip", "UNREADABLE" },
        { "empty address", DER(0x87, O("")), "san.ip", "UNREADABLE" },
        { "an address in digits", DER(0x87, O("192.0.2.7")), "san.ip", "UNREADABLE" },
        { "UPN", other_name(UPN, DER(0x0c, O("anne@corp"))), "san.upn", "anne@corp" },
        { "UPN in IA5", other_name(UPN, DER(0x16, O("anne@corp"))), "san.upn", "UNREADABLE" },
        { "UPN in BMP", other_name(UPN, DER(0x1e, O("\0a"))), "san.upn", "UNREADABLE" },
        { "UPN as OCTET STRING", other_name(UPN, DER(0x04, O("anne@corp"))), "san.upn", "UNREADABLE" },
        { "UPN with NUL", other_name(UPN, DER(0x0c, O("anne@corp\0"))), "san.upn", "UNREADABLE" },
        { "empty UPN", other_name(UPN, DER(0x0c, O(""))), "san.upn", "UNREADABLE" },
        { "other type than UPN", other_name("1.2.3", DER(0x0c, O("anne@corp"))), "san.upn", "ABSENT" },
        { "other in UTF8", other_name("1.2.3", DER(0x0c, O("\xc3\xa4"))), "san.other.1.2.3", "\\xC3\\xA4" },
        { "other in IA5, twice", JOIN(other_name("1.2.3", DER(0x16, O("a"))), other_name("1.2.4", DER(0x16, O("c"))),
                                      other_name("1.2.3", DER(0x13, O("b")))), "san.other.1.2.3", "a|b" },
        { "other in BMP", other_name("1.2.3", DER(0x1e, O("\0a"))), "san.other.1.2.3", "a" },
        { "empty other", other_name("1.2.3", DER(0x0c, O(""))), "san.other.1.2.3", "" },
        { "other as INTEGER", other_name("1.2.3", DER(0x02, O("\1"))), "san.other.1.2.3", "UNREADABLE" },
        { "other as SEQUENCE", other_name("1.2.3", DER(0x30, DER(0x0c, O("a")))), "san.other.1.2.3", "UNREADABLE" },
        { "other of unknown type, UPN fine", JOIN(other_name("1.2.3", DER(0x02, O("\1"))),
                                                  other_name(UPN, DER(0x0c, O("a")))), "san.upn", "a" },
        { "directory name", DER(0xa4, name), "san.dirname", "CN=inner" },
        { "directory name with NUL", DER(0xa4, DER(0x30, rdn("2.5.4.3", 0x0c, O("\0")))), "san.dirname", "UNREADABLE" },
        { "registered id", DER(0x88, O("\x2a\x86\x48")), "san.rid", "1.2.840" },
        { "two registered ids", JOIN(DER(0x88, O("\x2a\3")), DER(0x88, O("\x88\x37\3"))), "san.rid", "1.2.3|2.999.3" },
        { "X.400 and EDI are passed over", JOIN(DER(0xa5, DER(0xa1, DER(0x0c, O("x")))), good), "san.dns",
          "web.example" },
        { "nothing", O(""), "san.dns", "ABSENT" }
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        certificate_t parts = certificate_parts();

        parts.extensions = certificate_san(cases[i].names);
        unit_same(cases[i].what, facts_ask(&parts, cases[i].field), cases[i].want);
        if (facts_stand(&parts, IN_2026) != MTLS_GRANTED)
            fail_msg("%s: malformed", cases[i].what);
    }
}

/* The whole certificate is malformed, and so is every field of the extension in question. */
static void test_malformed(void **state)
{
    mtls_str_t good = dns(O("web.example")), san = certificate_san(good);
    const struct { const char *what; mtls_str_t extensions; const char *dns; } cases[] = {
        { "SAN twice", JOIN(san, san), "UNREADABLE" },
        { "SAN twice, far apart", JOIN(san, extension("1.2.3", DER(0x0c, O("a"))), certificate_san(dns(O("b")))),
          "UNREADABLE" },
        { "private extension twice", JOIN(san, unit_repeat(extension("1.2.3", DER(0x0c, O("a"))), 2)), "web.example" },
        { "octets behind SAN", extension("2.5.29.17", JOIN(DER(0x30, good), O("\0"))), "UNREADABLE" },
        { "empty SAN extension", extension("2.5.29.17", O("")), "UNREADABLE" },
        { "SAN as SET", extension("2.5.29.17", DER(0x31, good)), "UNREADABLE" },
        { "SAN cut short", extension("2.5.29.17", O("\x30\x05\x82\x01" "a")), "UNREADABLE" },
        { "a name cut short", certificate_san(O("\x82\x05" "a")), "UNREADABLE" },
        { "indefinite length", extension("2.5.29.17", O("\x30\x80\x82\x01" "a\0\0")), "UNREADABLE" },
        { "unknown tag", certificate_san(JOIN(good, DER(0x89, O("a")))), "UNREADABLE" },
        { "universal tag", certificate_san(JOIN(good, DER(0x0c, O("a")))), "UNREADABLE" },
        { "constructed DNS name", certificate_san(DER(0xa2, DER(0x16, O("a")))), "UNREADABLE" },
        { "primitive otherName", certificate_san(JOIN(good, DER(0x80, unit_oid("1.2.3")))), "UNREADABLE" },
        { "otherName without a value", certificate_san(JOIN(good, DER(0xa0, unit_oid("1.2.3")))), "UNREADABLE" },
        { "otherName without a type", certificate_san(JOIN(good, DER(0xa0, DER(0xa0, DER(0x0c, O("a")))))),
          "UNREADABLE" },
        { "otherName with two values", certificate_san(JOIN(good, other_name(UPN, JOIN(DER(0x0c, O("a")), DER(0x0c,
          O("b")))))),
          "UNREADABLE" },
        { "empty otherName", certificate_san(JOIN(good, other_name(UPN, O("")))), "UNREADABLE" },
        { "empty directory name", certificate_san(JOIN(good, DER(0xa4, O("")))), "UNREADABLE" },
        { "key usage that is none", JOIN(san, extension("2.5.29.15", DER(0x0c, O("a")))), "web.example" },
        { "basic constraints that are none", JOIN(san, extension("2.5.29.19", DER(0x0c, O("a")))), "web.example" },
        { "extended key usage that is none", JOIN(san, extension("2.5.29.37", DER(0x0c, O("a")))), "web.example" }
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        certificate_t parts = certificate_parts();

        parts.extensions = cases[i].extensions;
        unit_same(cases[i].what, facts_ask(&parts, "san.dns"), cases[i].dns);
        if (facts_stand(&parts, IN_2026) != MTLS_MALFORMED)
            fail_msg("%s: not malformed", cases[i].what);
    }
}

/* SPIFFE-ID standard, sections 2.1 to 2.4. */
static const struct { const char *uri, *trust_domain, *path; } ids[] = {
    { "spiffe://example.org/ns/shop/sa/web", "example.org", "/ns/shop/sa/web" },
    { "spiffe://example.org", "example.org", "ABSENT" },
    { "spiffe://a_b-c.1/X.y_Z-9", "a_b-c.1", "/X.y_Z-9" },
    { "spiffe://td/...", "td", "/..." },
    { "spiffe://td/.a", "td", "/.a" },
    { "spiffe://td/", NULL, NULL }, { "spiffe://td/a/", NULL, NULL }, { "spiffe://td//a", NULL, NULL },
    { "spiffe://td/./a", NULL, NULL }, { "spiffe://td/a/..", NULL, NULL }, { "spiffe://td/../a", NULL, NULL },
    { "spiffe://Example.org/a", NULL, NULL }, { "SPIFFE://example.org/a", NULL, NULL },
    { "Spiffe://example.org/a", NULL, NULL }, { "spiffe:///a", NULL, NULL }, { "spiffe://", NULL, NULL },
    { "spiffe:/td/a", NULL, NULL }, { "spiffe:td", NULL, NULL }, { "https://example.org/a", NULL, NULL },
    { "spiffe://td:443/a", NULL, NULL }, { "spiffe://user@td/a", NULL, NULL }, { "spiffe://td/a?b", NULL, NULL },
    { "spiffe://td?b", NULL, NULL }, { "spiffe://td/a#b", NULL, NULL }, { "spiffe://td/%61", NULL, NULL },
    { "spiffe://t%64/a", NULL, NULL }, { "spiffe://td/a b", NULL, NULL }, { "spiffe://td/a~b", NULL, NULL },
    { "spiffe://td/a:b", NULL, NULL }, { " spiffe://td/a", NULL, NULL }, { "spiffe://td/a\\b", NULL, NULL }
};

static void expect_spiffe(mtls_str_t names, const char *id, const char *trust_domain, const char *path)
{
    certificate_t parts = certificate_parts();

    parts.extensions = certificate_san(names);
    unit_same("spiffe", facts_ask(&parts, "spiffe"), id);
    unit_same(id, facts_ask(&parts, "spiffe.trust-domain"), trust_domain);
    unit_same(id, facts_ask(&parts, "spiffe.path"), path);
}

static void test_spiffe(void **state)
{
    mtls_str_t id = DER(0x86, O("spiffe://td/a")), scheme = O("spiffe://"), path;
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        mtls_str_t uri = DER(0x86, mtls_str(ids[i].uri));

        if (ids[i].trust_domain)
            expect_spiffe(uri, ids[i].uri, ids[i].trust_domain, ids[i].path);
        else
            expect_spiffe(uri, "ABSENT", "ABSENT", "ABSENT");
    }
    expect_spiffe(JOIN(id, dns(O("a"))), "spiffe://td/a", "td", "/a");
    expect_spiffe(JOIN(id, DER(0x86, O("urn:x"))), "ABSENT", "ABSENT", "ABSENT");
    expect_spiffe(JOIN(id, id), "ABSENT", "ABSENT", "ABSENT");
    expect_spiffe(dns(O("spiffe://td/a")), "ABSENT", "ABSENT", "ABSENT");
    expect_spiffe(DER(0x86, O("spiffe://td/a\0")), "UNREADABLE", "UNREADABLE", "UNREADABLE");
    expect_spiffe(JOIN(id, DER(0x86, O("\xff"))), "UNREADABLE", "UNREADABLE", "UNREADABLE");

    path = JOIN(O("/"), unit_repeat(O("p"), 2048 - 9 - 255 - 1));
    expect_spiffe(DER(0x86, scheme, unit_repeat(O("t"), 255), path), JOIN(scheme, unit_repeat(O("t"), 255), path).ptr,
                  unit_repeat(O("t"), 255).ptr, path.ptr);
    expect_spiffe(DER(0x86, scheme, unit_repeat(O("t"), 256)), "ABSENT", "ABSENT", "ABSENT");
    expect_spiffe(DER(0x86, scheme, unit_repeat(O("t"), 255), path, O("p")), "ABSENT", "ABSENT", "ABSENT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alternative_names), cmocka_unit_test(test_malformed), cmocka_unit_test(test_spiffe)
    };

    return UNIT_RUN(tests);
}
