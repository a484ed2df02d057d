/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Certificates become facts: what each field says, and what is refused as unreadable. */
#include "certificate.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include "mtls_cert.h"
#include "mtls_dn.h"
#include "mtls_reading.h"

#define rdn certificate_rdn
#define extension certificate_extension

enum { IN_2026 = 1782864000 };    /* 2026-07-01T00:00:00Z */

/* OpenSSL itself refuses a certificate with broken UTF-8, an odd BMPString or no string at all in a name: those
 * are in test_dn.c. */
static void test_names(void **state)
{
    mtls_str_t o = rdn("2.5.4.10", 0x13, O("Example")), cn = rdn("2.5.4.3", 0x0c, O("web"));
    const struct { const char *what; mtls_str_t rdns; const char *subject, *cn, *o; } cases[] = {
        { "plain", JOIN(o, cn), "CN=web,O=Example", "web", "Example" },
        { "no RDN", O(""), "ABSENT", "ABSENT", "ABSENT" },
        { "two CNs", JOIN(o, cn, rdn("2.5.4.3", 0x0c, O("api"))), "CN=api,CN=web,O=Example", "web|api", "Example" },
        { "two values in one RDN", DER(0x31, DER(0x30, unit_oid("2.5.4.3"), DER(0x0c, O("web"))),
                                       DER(0x30, unit_oid("2.5.4.10"), DER(0x0c, O("Example")))),
          "CN=web+O=Example", "web", "Example" },
        { "empty CN", JOIN(o, rdn("2.5.4.3", 0x0c, O(""))), "CN=,O=Example", "", "Example" },
        { "text that looks like a name", rdn("2.5.4.10", 0x0c, O("a/CN=admin,CN=root")),
          "O=a/CN=admin\\\\,CN=root", "ABSENT", "a/CN=admin,CN=root" },
        { "BMPString", rdn("2.5.4.3", 0x1e, O("\0w\0\xe4")), "CN=w\\\\C3\\\\A4", "w\\xC3\\xA4", "ABSENT" },
        { "UniversalString", rdn("2.5.4.3", 0x1c, O("\0\0\0w")), "CN=w", "w", "ABSENT" },
        { "TeletexString", rdn("2.5.4.3", 0x14, O("web")), "CN=web", "web", "ABSENT" },
        { "NUL in one CN", JOIN(o, cn, rdn("2.5.4.3", 0x0c, O("web\0.evil"))), "UNREADABLE", "UNREADABLE", "Example" },
        { "NUL at the end", JOIN(o, rdn("2.5.4.3", 0x13, O("web\0"))), "UNREADABLE", "UNREADABLE", "Example" },
        { "line feed", JOIN(o, rdn("2.5.4.3", 0x0c, O("a\nb"))), "UNREADABLE", "UNREADABLE", "Example" },
        { "Latin-1 in a TeletexString", JOIN(o, rdn("2.5.4.3", 0x14, O("w\xe4"))), "UNREADABLE", "UNREADABLE",
          "Example" },
        { "NUL in O", JOIN(rdn("2.5.4.10", 0x0c, O("\0")), cn), "UNREADABLE", "web", "UNREADABLE" },
        { "NUL in something else", JOIN(o, cn, rdn("1.2.3", 0x0c, O("\0"))), "UNREADABLE", "web", "Example" }
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        certificate_t parts = certificate_parts();
        const char *subject;

        parts.subject = DER(0x30, cases[i].rdns);
        subject = facts_ask(&parts, "subject");
        unit_same(cases[i].what, mtls_text_escape(unit_pool, mtls_str(subject)), cases[i].subject);
        unit_same(cases[i].what, facts_ask(&parts, "subject.cn"), cases[i].cn);
        unit_same(cases[i].what, facts_ask(&parts, "subject.2.5.4.10"), cases[i].o);
        unit_same(cases[i].what, facts_ask(&parts, "issuer"), "CN=Issuer");
        parts.issuer = parts.subject;
        unit_same(cases[i].what, facts_ask(&parts, "issuer"), subject);
        unit_same(cases[i].what, facts_ask(&parts, "issuer.cn"), cases[i].cn);
        unit_same(cases[i].what, facts_ask(&parts, "issuer.o"), cases[i].o);
        assert_int_equal(facts_stand(&parts, IN_2026), MTLS_GRANTED);
    }
}

/* A subject as certificate carries it has the key of the same name as a user writes it. */
static void test_name_values(void **state)
{
    certificate_t parts = certificate_parts();
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *subject, *mail;
    const mtls_facts_t *facts;
    mtls_value_t operand;

    (void)state;
    parts.subject = DER(0x30, rdn("2.5.4.6", 0x13, O("DE")), rdn("1.2.840.113549.1.9.1", 0x16, O("Anne@Example.ORG")));
    assert_null(mtls_fieldset_add(set, "subject", &subject));
    assert_null(mtls_fieldset_add(set, "subject.email", &mail));
    facts = facts_of(&parts, set);
    assert_null(subject->type->parse(unit_pool, "emailAddress=Anne@Example.ORG,C=DE", &operand));
    assert_true(mtls_str_eq(mtls_facts_get(facts, subject).v->key, operand.key));
    assert_true(mtls_str_eq(mtls_facts_get(facts, subject).v->text, parts.subject));
    assert_null(mail->type->parse(unit_pool, "Anne@example.org", &operand));
    assert_true(mtls_str_eq(mtls_facts_get(facts, mail).v->key, operand.key));
}

static void test_extensions(void **state)
{
    mtls_str_t client = unit_oid("1.3.6.1.5.5.7.3.2"), own = unit_oid("1.3.6.1.4.1.99999.1");
    const struct { const char *what; mtls_str_t extensions; const char *field, *want; } cases[] = {
        { "purposes", extension("2.5.29.37", DER(0x30, client, own)), "eku", "clientAuth|1.3.6.1.4.1.99999.1" },
        { "any purpose", extension("2.5.29.37", DER(0x30, unit_oid("2.5.29.37.0"))), "eku", "anyExtendedKeyUsage" },
        { "no purposes", extension("2.5.29.37", DER(0x30, O(""))), "eku", "UNREADABLE" },
        { "a padded purpose", extension("2.5.29.37", DER(0x30, client, DER(0x06, O("\x2a\x80\1")))), "eku",
          "UNREADABLE" },
        { "half a purpose behind another", extension("2.5.29.37", DER(0x30, client, O("\6"))), "eku", "UNREADABLE" },
        { "octets behind the purposes", extension("2.5.29.37", JOIN(DER(0x30, client), O("\0"))), "eku", "UNREADABLE" },
        { "a purpose that is no OID", extension("2.5.29.37", DER(0x30, client, DER(0x0c, O("a")))), "eku",
          "UNREADABLE" },
        { "purposes twice", unit_repeat(extension("2.5.29.37", DER(0x30, client)), 2), "eku", "UNREADABLE" },
        { "no extension", O(""), "eku", "ABSENT" },
        { "two key usages", extension("2.5.29.15", DER(0x03, O("\7\x81\x80"))), "ku",
          "digitalSignature|encipherOnly|decipherOnly" },
        { "all in the middle", extension("2.5.29.15", DER(0x03, O("\1\x7e"))), "ku",
          "nonRepudiation|keyEncipherment|dataEncipherment|keyAgreement|keyCertSign|cRLSign" },
        { "no key usage", extension("2.5.29.15", DER(0x03, O("\0"))), "ku", "ABSENT" },
        { "8 unused bits", extension("2.5.29.15", DER(0x03, O("\x8\x80"))), "ku", "UNREADABLE" },
        { "key usage without octets", extension("2.5.29.15", DER(0x03, O(""))), "ku", "UNREADABLE" },
        { "key usage as OCTET STRING", extension("2.5.29.15", DER(0x04, O("\0\x80"))), "ku", "UNREADABLE" },
        { "no extension", O(""), "ku", "ABSENT" },
        { "policies", extension("2.5.29.32", DER(0x30, DER(0x30, own, DER(0x30, O(""))), DER(0x30,
          unit_oid("2.5.29.32.0")))),
          "policy", "1.3.6.1.4.1.99999.1|anyPolicy" },
        { "no policies", extension("2.5.29.32", DER(0x30, O(""))), "policy", "UNREADABLE" },
        { "a policy with half an element behind it", extension("2.5.29.32", DER(0x30, DER(0x30, own, O("\x0f")))), "policy",
          "UNREADABLE" },
        { "policies that are OIDs", extension("2.5.29.32", DER(0x30, own)), "policy", "UNREADABLE" },
        { "key identifier", extension("2.5.29.14", DER(0x04, O("\0\xab"))), "ski", "00ab" },
        { "empty key identifier", extension("2.5.29.14", DER(0x04, O(""))), "ski", "UNREADABLE" },
        { "bare key identifier", extension("2.5.29.14", O("\0\xab")), "ski", "UNREADABLE" },
        { "no extension", O(""), "ski", "ABSENT" },
        { "authority key identifier", extension("2.5.29.35", DER(0x30, DER(0x80, O("\1\2")), DER(0x82, O("\1")))),
          "aki", "0102" },
        { "authority serial only", extension("2.5.29.35", DER(0x30, DER(0x82, O("\1")))), "aki", "ABSENT" },
        { "authority key identifier twice", extension("2.5.29.35", DER(0x30, unit_repeat(DER(0x80, O("\1")), 2))),
          "aki", "UNREADABLE" },
        { "authority key identifier as text", extension("2.5.29.35", DER(0x0c, O("a"))), "aki", "UNREADABLE" },
        { "text", extension("1.2.3", DER(0x0c, O("role=\xc3\xa4"))), "ext.1.2.3", "role=\\xC3\\xA4" },
        { "IA5", extension("1.2.3", DER(0x16, O("a"))), "ext.1.2.3", "a" },
        { "Printable", extension("1.2.3", DER(0x13, O("a"))), "ext.1.2.3", "a" },
        { "Visible", extension("1.2.3", DER(0x1a, O("a"))), "ext.1.2.3", "a" },
        { "Numeric", extension("1.2.3", DER(0x12, O("1"))), "ext.1.2.3", "1" },
        { "Teletex", extension("1.2.3", DER(0x14, O("a"))), "ext.1.2.3", "a" },
        { "BMP", extension("1.2.3", DER(0x1e, O("\0a"))), "ext.1.2.3", "a" },
        { "Universal", extension("1.2.3", DER(0x1c, O("\0\0\0a"))), "ext.1.2.3", "a" },
        { "empty text", extension("1.2.3", DER(0x0c, O(""))), "ext.1.2.3", "" },
        { "NUL", extension("1.2.3", DER(0x0c, O("a\0b"))), "ext.1.2.3", "UNREADABLE" },
        { "high octet in Teletex", extension("1.2.3", DER(0x14, O("\xe4"))), "ext.1.2.3", "UNREADABLE" },
        { "BOOLEAN", extension("1.2.3", DER(0x01, O("\xff"))), "ext.1.2.3", "UNREADABLE" },
        { "OCTET STRING", extension("1.2.3", DER(0x04, O("a"))), "ext.1.2.3", "UNREADABLE" },
        { "SEQUENCE of text", extension("1.2.3", DER(0x30, DER(0x0c, O("a")))), "ext.1.2.3", "UNREADABLE" },
        { "bare text", extension("1.2.3", O("role=admin")), "ext.1.2.3", "UNREADABLE" },
        { "nothing", extension("1.2.3", O("")), "ext.1.2.3", "UNREADABLE" },
        { "octets behind", extension("1.2.3", JOIN(DER(0x0c, O("a")), O("\0"))), "ext.1.2.3", "UNREADABLE" },
        { "twice", unit_repeat(extension("1.2.3", DER(0x0c, O("a"))), 2), "ext.1.2.3", "UNREADABLE" },
        { "another", extension("1.2.3", DER(0x0c, O("a"))), "ext.1.2.4", "ABSENT" }
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        certificate_t parts = certificate_parts();

        parts.extensions = cases[i].extensions;
        unit_same(cases[i].what, facts_ask(&parts, cases[i].field), cases[i].want);
    }
}

static void test_serials(void **state)
{
    static const struct { mtls_str_t content; const char *hex, *operand; } serials[] = {
        { { "\x01", 1 }, "01", "1" }, { { "\0", 1 }, "00", "00:00" }, { { "\x7f", 1 }, "7f", "7F" },
        { { "\0\x80", 2 }, "0080", "80" }, { { "\x80", 1 }, "80", "-80" }, { { "\xff", 1 }, "ff", "-01" },
        { { "\xff\x7f", 2 }, "ff7f", "-81" }, { { "\x80\0", 2 }, "8000", "-8000" },
        { { "\xff\0", 2 }, "ff00", "-100" }, { { "\x80\0\0\x01", 4 }, "80000001", "-7fffffff" },
        { { "\0\xff\xff", 3 }, "00ffff", "0xffff" }
    };
    certificate_t parts = certificate_parts();
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *field;
    mtls_value_t operand;
    mtls_str_t huge;
    apr_size_t i;

    (void)state;
    assert_null(mtls_fieldset_add(set, "serial", &field));
    for (i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        parts.serial = DER(0x02, serials[i].content);
        unit_same(serials[i].hex, facts_ask(&parts, "serial"), serials[i].hex);
        unit_same(serials[i].operand, field->type->parse(unit_pool, serials[i].operand, &operand), NULL);
        assert_true(mtls_str_eq(mtls_facts_get(facts_of(&parts, set), field).v->key, operand.key));
    }
    huge = JOIN(O("\x0a"), unit_repeat(O("\x1b\x2c"), 2048));
    parts.serial = DER(0x02, huge);
    unit_same("4 kB", facts_ask(&parts, "serial"), mtls_text_hex(unit_pool, huge, 0, 0));
}

/* Seconds by date -u +%s -d. */
static void test_times(void **state)
{
    static const struct { int tag; const char *text; apr_int64_t seconds; } times[] = {
        { 0x17, "500101000000Z", -631152000 }, { 0x17, "700101000000Z", 0 }, { 0x17, "991231235959Z", 946684799 },
        { 0x17, "000229120000Z", 951825600 }, { 0x17, "491231235959Z", 2524607999 },
        { 0x18, "20500101000000Z", 2524608000 }, { 0x18, "19500101000000Z", -631152000 },
        { 0x18, "99991231235959Z", 253402300799 }, { 0x18, "20380119031408Z", 2147483648 },
        { 0x18, "00010101000000Z", -62135596800 }
    };
    static const struct { int tag; const char *text; } broken[] = {
        { 0x17, "2601010000Z" }, { 0x17, "260101000000+0100" }, { 0x17, "260101000000" }, { 0x17, "20260101000000Z" },
        { 0x17, "261301000000Z" }, { 0x17, "260230000000Z" }, { 0x17, "260101240000Z" }, { 0x17, "26010100000aZ" },
        { 0x17, "" }, { 0x18, "" }, { 0x18, "20260101000000.5Z" }, { 0x18, "202601010000Z" }, { 0x18, "260101000000Z" },
        { 0x18, "20260101000000+0000" }, { 0x18, "20230229000000Z" }, { 0x18, "-0260101000000Z" }
    };
    certificate_t parts = certificate_parts();
    apr_size_t i;

    (void)state;
    parts.not_before = DER(0x18, O("00010101000000Z"));
    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        parts.not_after = DER(times[i].tag, mtls_str(times[i].text));
        unit_same(times[i].text, facts_ask(&parts, "not-after"), apr_psprintf(unit_pool, "%" APR_INT64_T_FMT,
            times[i].seconds));
        assert_int_equal(facts_stand(&parts, times[i].seconds), MTLS_GRANTED);
        assert_int_equal(facts_stand(&parts, times[i].seconds + 1), MTLS_EXPIRED);
    }
    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        parts = certificate_parts();
        parts.not_after = DER(broken[i].tag, mtls_str(broken[i].text));
        if (!certificate_is_read(&parts))
            continue;
        unit_same(broken[i].text, facts_ask(&parts, "not-after"), "UNREADABLE");
        unit_same(broken[i].text, facts_ask(&parts, "lifetime"), "UNREADABLE");
        assert_int_equal(facts_stand(&parts, IN_2026), MTLS_MALFORMED);
        parts = certificate_parts();
        parts.not_before = DER(broken[i].tag, mtls_str(broken[i].text));
        assert_int_equal(facts_stand(&parts, IN_2026), MTLS_MALFORMED);
    }
}

static void test_standing(void **state)
{
    enum { BEGIN = 1767225600, END = 1798761600 };    /* 2026-01-01 and 2027-01-01 */
    certificate_t parts = certificate_parts();

    (void)state;
    unit_same("begin", facts_ask(&parts, "not-before"), "1767225600");
    unit_same("end", facts_ask(&parts, "not-after"), "1798761600");
    unit_same("lifetime", facts_ask(&parts, "lifetime"), "31536000");
    assert_int_equal(facts_stand(&parts, BEGIN - 1), MTLS_NOT_YET_VALID);
    assert_int_equal(facts_stand(&parts, BEGIN), MTLS_GRANTED);
    assert_int_equal(facts_stand(&parts, END), MTLS_GRANTED);
    assert_int_equal(facts_stand(&parts, END + 1), MTLS_EXPIRED);
    parts.extensions = unit_repeat(extension("1.2.3", O("")), 2);
    assert_int_equal(facts_stand(&parts, END + 1), MTLS_MALFORMED);
}

static void test_versions(void **state)
{
    static const struct { mtls_str_t version; const char *want; } versions[] = {
        { { "", 0 }, "1" }, { { "\xa0\3\2\1\1", 5 }, "2" }, { { "\xa0\3\2\1\2", 5 }, "3" },
        { { "\xa0\3\2\1\3", 5 }, "UNREADABLE" }, { { "\xa0\3\2\1\xff", 5 }, "UNREADABLE" }
    };
    certificate_t parts = certificate_parts();
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        parts.version = versions[i].version;
        unit_same("version", facts_ask(&parts, "version"), versions[i].want);
    }
}

static const char *digest(mtls_str_t octets, const EVP_MD *md)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len;

    assert_true(EVP_Digest(octets.ptr, octets.len, out, &len, md, NULL));
    return mtls_text_hex(unit_pool, (mtls_str_t){ (char *)out, len }, 0, 0);
}

static void test_digests(void **state)
{
    certificate_t parts = certificate_parts();
    mtls_str_t der = certificate_der(&parts);

    (void)state;
    unit_same("certificate", facts_ask(&parts, "certificate"), mtls_text_hex(unit_pool, der, 0, 0));
    unit_same("sha256", facts_ask(&parts, "sha256"), digest(der, EVP_sha256()));
    unit_same("sha1", facts_ask(&parts, "sha1"), digest(der, EVP_sha1()));
    unit_same("spki.sha256", facts_ask(&parts, "spki.sha256"), digest(parts.key, EVP_sha256()));
}

/* What is made late is that of its own certificate, in whatever order it is asked for, and once only. */
static void test_late(void **state)
{
    static const char *const names[] = { "sha256", "certificate", "sha1", "spki.sha256" };
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *fields[4];
    int number, i;

    (void)state;
    for (i = 0; i < 4; i++)
        assert_null(mtls_fieldset_add(set, names[i], &fields[i]));
    for (number = 0; number < 20; number++) {
        certificate_t parts = certificate_parts();
        const char *wanted[4];
        const mtls_facts_t *facts;

        parts.serial = DER(0x02, ((mtls_str_t){ apr_psprintf(unit_pool, "%c", 1 + number), 1 }));
        wanted[0] = digest(certificate_der(&parts), EVP_sha256());
        wanted[1] = mtls_text_hex(unit_pool, certificate_der(&parts), 0, 0);
        wanted[2] = digest(certificate_der(&parts), EVP_sha1());
        wanted[3] = digest(parts.key, EVP_sha256());
        facts = facts_of(&parts, set);
        for (i = 0; i < 8; i++) {
            int k = (number + i) % 4;
            mtls_values_t values = mtls_facts_get(facts, fields[k]);

            unit_same(names[k], facts_show(fields[k], values), wanted[k]);
            assert_ptr_equal(mtls_facts_get(facts, fields[k]).v, values.v);
        }
    }
}

static void test_chain(void **state)
{
    static const char *const fields[] = { "ca", "ca.sha256", "ca.spki.sha256", "chain" };
    certificate_t leaf = certificate_parts(), middle = leaf, root = leaf, bad = leaf;
    mtls_source_t source;
    unsigned char known[2][MTLS_DIGEST_LEN];
    X509 *chain[2];
    apr_size_t i;

    (void)state;
    middle.subject = certificate_name("Middle");
    root.subject = root.issuer = certificate_name("Root");
    bad.subject = DER(0x30, rdn("2.5.4.3", 0x0c, O("\0")));
    source = (mtls_source_t){ .leaf = certificate_decode(&leaf), .chain = chain, .chain_len = 2 };
    chain[0] = certificate_decode(&middle);
    chain[1] = certificate_decode(&root);
    unit_same("names", facts_ask_source(&source, "ca"), "CN=Middle|CN=Root");
    unit_same("length", facts_ask_source(&source, "chain.length"), "3");
    unit_same("digests", facts_ask_source(&source, "ca.sha256"), apr_pstrcat(unit_pool,
              digest(certificate_der(&middle), EVP_sha256()), "|", digest(certificate_der(&root), EVP_sha256()), NULL));
    unit_same("keys", facts_ask_source(&source, "ca.spki.sha256"), apr_pstrcat(unit_pool,
              digest(middle.key, EVP_sha256()), "|", digest(root.key, EVP_sha256()), NULL));
    unit_same("chain without the anchor", facts_ask_source(&source, "chain"),
              mtls_text_hex(unit_pool, certificate_der(&middle), 0, 0));
    memset(known[0], 0x5a, MTLS_DIGEST_LEN);       /* those at hand are what is said, each of its own CA */
    memset(known[1], 0xa6, MTLS_DIGEST_LEN);
    source.chain_digests = known;
    unit_same("digests at hand", facts_ask_source(&source, "ca.sha256"), apr_pstrcat(unit_pool,
              mtls_text_hex(unit_pool, (mtls_str_t){ (const char *)known[0], MTLS_DIGEST_LEN }, 0, 0), "|",
              mtls_text_hex(unit_pool, (mtls_str_t){ (const char *)known[1], MTLS_DIGEST_LEN }, 0, 0), NULL));
    source.chain_digests = NULL;
    source.chain_len = 1;
    unit_same("an anchor that is not self-signed", facts_ask_source(&source, "chain"),
              mtls_text_hex(unit_pool, certificate_der(&middle), 0, 0));
    source.chain = chain + 1;
    unit_same("only an anchor", facts_ask_source(&source, "chain"), "ABSENT");
    unit_same("only an anchor", facts_ask_source(&source, "ca"), "CN=Root");
    source.chain_len = 0;
    unit_same("trusted itself", facts_ask_source(&source, "chain.length"), "1");
    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        unit_same(fields[i], facts_ask_source(&source, fields[i]), "ABSENT");
    source.chain_len = -1;
    unit_same("not known", facts_ask_source(&source, "chain.length"), "UNAVAILABLE");
    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        unit_same(fields[i], facts_ask_source(&source, fields[i]), "UNAVAILABLE");
    X509_free(chain[0]);
    chain[0] = certificate_decode(&bad);
    source.chain = chain;
    source.chain_len = 2;
    unit_same("an unreadable CA", facts_ask_source(&source, "ca"), "UNREADABLE");
    X509_free(chain[0]);
    X509_free(chain[1]);
    X509_free(source.leaf);
}

static void test_connection(void **state)
{
    certificate_t parts = certificate_parts(), server = parts;
    mtls_source_t none = { .chain_len = -1 }, full, odd;
    mtls_value_t version;

    (void)state;
    server.extensions = certificate_san(JOIN(DER(0x86, O("urn:gw")), DER(0x82, O("gw"))));
    none.leaf = certificate_decode(&parts);
    full = (mtls_source_t){ .leaf = none.leaf, .chain_len = -1, .tls_version = "TLSv1.3", .sni = "Web.example",
        .cipher = "TLS_AES_128_GCM_SHA256", .cipher_bits = 128, .session_id = O("\0\xab"),
        .server = certificate_decode(&server) };
    odd = (mtls_source_t){ .leaf = none.leaf, .chain_len = -1, .tls_version = "SSLv2", .sni = "web\n",
        .cipher = "\x01" };
    unit_same("TLS version", facts_ask_source(&full, "tls.version"), "TLSv1.3");
    assert_int_equal(mtls_value_number(unit_pool, 5).number, 5);
    assert_null(mtls_types[MTLS_T_TLS_VERSION].parse(unit_pool, "TLSv1.3", &version));
    unit_same("SNI", facts_ask_source(&full, "sni"), "Web.example");
    unit_same("cipher", facts_ask_source(&full, "tls.cipher"), "TLS_AES_128_GCM_SHA256");
    unit_same("cipher bits", facts_ask_source(&full, "tls.cipher-bits"), "128");
    unit_same("session", facts_ask_source(&full, "tls.session-id"), "00ab");
    unit_same("server", facts_ask_source(&full, "server.san.uri"), "urn:gw");
    unit_same("odd version", facts_ask_source(&odd, "tls.version"), "UNREADABLE");
    unit_same("odd SNI", facts_ask_source(&odd, "sni"), "UNREADABLE");
    unit_same("odd cipher", facts_ask_source(&odd, "tls.cipher"), "UNREADABLE");
    unit_same("no version", facts_ask_source(&none, "tls.version"), "ABSENT");
    unit_same("no SNI", facts_ask_source(&none, "sni"), "ABSENT");
    unit_same("no cipher", facts_ask_source(&none, "tls.cipher"), "ABSENT");
    unit_same("no cipher", facts_ask_source(&none, "tls.cipher-bits"), "ABSENT");
    unit_same("no session", facts_ask_source(&none, "tls.session-id"), "ABSENT");
    unit_same("no server", facts_ask_source(&none, "server.san.uri"), "ABSENT");
    X509_free(full.server);
    X509_free(none.leaf);
}

static const char *view_field(const mtls_view_t *view, mtls_fieldset_t *set, const char *name)
{
    mtls_value_t scratch;
    const mtls_field_t *field;

    unit_same(name, mtls_fieldset_add(set, name, &field), NULL);
    return facts_show(field, mtls_view_get(unit_pool, view, field, &scratch));
}

static void test_views(void **state)
{
    static const struct { mtls_reason_t standing; const char *verify; } standings[] = {
        { MTLS_GRANTED, "SUCCESS" }, { MTLS_NO_TLS, "ABSENT" }, { MTLS_NO_CERTIFICATE, "NONE" },
        { MTLS_EXPIRED, "FAILED:expired" }, { MTLS_UNVERIFIED, "FAILED:unverified" },
        { MTLS_NOT_YET_VALID, "FAILED:not-yet-valid" }, { MTLS_MALFORMED, "FAILED:malformed" }
    };
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *field;
    certificate_t parts = certificate_parts();
    mtls_value_t user = mtls_value_text(O("anne"));
    mtls_view_t view = { .standing = MTLS_GRANTED, .now = 1798761600 - 86400 };
    apr_size_t i;

    (void)state;
    assert_null(mtls_fieldset_add(set, "subject.cn", &field));
    assert_null(mtls_fieldset_add(set, "remaining", &field));
    view.facts = facts_of(&parts, set);
    unit_same("a field of the certificate", view_field(&view, set, "subject.cn"), "web");
    unit_same("remaining", view_field(&view, set, "remaining"), "86400");
    unit_same("a field that joined later", view_field(&view, set, "sha256"), "UNREADABLE");
    unit_same("no user", view_field(&view, set, "user"), "ABSENT");
    unit_same("no reason", view_field(&view, set, "reason"), "ABSENT");
    view.user = (mtls_values_t){ MTLS_PRESENT, 1, &user };
    view.reason = "no-match";
    unit_same("user", view_field(&view, set, "user"), "anne");
    unit_same("reason", view_field(&view, set, "reason"), "no-match");
    view.now += 2 * 86400;
    unit_same("behind the end", view_field(&view, set, "remaining"), "-86400");
    for (i = 0; i < sizeof(standings) / sizeof(standings[0]); i++) {
        view.standing = standings[i].standing;
        unit_same("verify", view_field(&view, set, "verify"), standings[i].verify);
    }
    parts.not_after = DER(0x17, O("xxxxxxxxxxxxx"));
    view.facts = facts_of(&parts, set);
    unit_same("no end", view_field(&view, set, "remaining"), "UNREADABLE");
    view.facts = NULL;
    unit_same("no certificate", view_field(&view, set, "subject.cn"), "ABSENT");
    unit_same("no certificate", view_field(&view, set, "remaining"), "ABSENT");
}

/* All fields at once, of certificates as large as they get through a handshake. */
static void test_large(void **state)
{
    certificate_t parts = certificate_parts();
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *names, *subject;
    const mtls_facts_t *facts;
    mtls_str_t extensions = O("");
    int i;

    (void)state;
    assert_null(mtls_fieldset_add(set, "san.dns", &names));
    assert_null(mtls_fieldset_add(set, "subject", &subject));
    parts.extensions = certificate_san(unit_repeat(DER(0x82, O("host.example")), 4000));
    parts.subject = DER(0x30, rdn("2.5.4.3", 0x0c, unit_repeat(O("x"), 60000)), unit_repeat(rdn("2.5.4.11", 0x0c,
        O("u")), 1500));
    facts = facts_of(&parts, set);
    assert_int_equal(mtls_facts_get(facts, names).n, 4000);
    assert_true(mtls_str_eq(mtls_facts_get(facts, names).v[3999].key, O("host.example")));
    assert_int_equal(mtls_facts_get(facts, subject).v->dn->n, 1501);
    for (i = 0; i < 40; i++)
        extensions = JOIN(extensions, extension(apr_psprintf(unit_pool, "1.2.3.%d", i), O("")));
    parts = certificate_parts();
    parts.extensions = extensions;
    assert_int_equal(facts_stand(&parts, IN_2026), MTLS_GRANTED);
    parts.extensions = JOIN(extensions, extension("1.2.3.7", O("")));
    assert_int_equal(facts_stand(&parts, IN_2026), MTLS_MALFORMED);
}

/* Every field of the registry can be asked of a certificate that has next to nothing, and of one that is broken. */
static void test_every_field(void **state)
{
    certificate_t plain = certificate_parts(), broken = plain;
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    int i;

    (void)state;
    broken.extensions = unit_repeat(JOIN(certificate_san(O("\x82")), extension("2.5.29.37", O("x"))), 2);
    broken.not_after = DER(0x17, O("xxxxxxxxxxxxx"));
    broken.subject = DER(0x30, rdn("2.5.4.3", 0x0c, O("\0")));
    broken.key = DER(0x30, DER(0x30, unit_oid("1.2.840.113549.1.1.1")), DER(0x03, O("\0\1\2")));
    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];
        const mtls_field_t *field;

        assert_null(mtls_fieldset_add(set, apr_pstrcat(unit_pool, row->name,
                                      row->id == MTLS_F_LABEL ? "list.name" : row->flags & MTLS_FIELD_FAMILY ? "1.2.3" : "",
                                      NULL), &field));
    }
    facts_of(&plain, set);
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    assert_int_equal(mtls_facts_standing(facts_of(&broken, set), IN_2026), MTLS_MALFORMED);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), 7);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), cmocka_unit_test(test_name_values), cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_serials), cmocka_unit_test(test_times), cmocka_unit_test(test_standing),
        cmocka_unit_test(test_versions), cmocka_unit_test(test_digests), cmocka_unit_test(test_late),
        cmocka_unit_test(test_chain), cmocka_unit_test(test_connection),
        cmocka_unit_test(test_views), cmocka_unit_test(test_large), cmocka_unit_test(test_every_field)
    };

    return UNIT_RUN(tests);
}
