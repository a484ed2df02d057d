/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The registry: every row is sound, every name is found, every misspelling gets a sentence. */
#include "unit.h"
#include "mtls_dn.h"
#include "mtls_field.h"

static const mtls_field_t *add(mtls_fieldset_t *set, const char *name)
{
    const mtls_field_t *field = NULL;

    unit_same(name, mtls_fieldset_add(set, name, &field), NULL);
    assert_non_null(field);
    return field;
}

static void test_rows(void **state)
{
    int i, j;

    (void)state;
    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];
        int family = row->name[strlen(row->name) - 1] == '.';

        assert_int_equal(row->id, i);
        assert_true(*row->doc);
        assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789.-"), strlen(row->name));
        assert_int_equal((row->flags & MTLS_FIELD_FAMILY) != 0, family);
        assert_int_equal(row->extract == NULL, (row->flags & MTLS_FIELD_LIVE) != 0);
        if (row->type == MTLS_T_DER || row->type == MTLS_T_STATUS)
            assert_true(row->flags & MTLS_FIELD_EXPORT);
        for (j = 0; j < i; j++)
            assert_string_not_equal(row->name, mtls_fields[j].name);
    }
}

static void test_attributes(void **state)
{
    int i, j;

    (void)state;
    for (i = 0; i < mtls_attribute_names_len; i++) {
        mtls_value_t oid;

        assert_true(*mtls_attribute_names[i].doc);
        unit_same(mtls_attribute_names[i].dotted, mtls_oid_parse(unit_pool, mtls_attribute_names[i].dotted, &oid),
            NULL);
        for (j = 0; j < i; j++) {
            assert_string_not_equal(mtls_attribute_names[i].suffix, mtls_attribute_names[j].suffix);
            assert_string_not_equal(mtls_attribute_names[i].label, mtls_attribute_names[j].label);
            assert_string_not_equal(mtls_attribute_names[i].dotted, mtls_attribute_names[j].dotted);
        }
    }
}

/* Every plain field is found by its name in any case, once, with the row's type. */
static void test_plain_fields(void **state)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    int i, plain = 0;

    (void)state;
    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];
        const mtls_field_t *field;
        char *upper, *at;

        if (row->flags & MTLS_FIELD_FAMILY)
            continue;
        field = add(set, row->name);
        assert_ptr_equal(field->row, row);
        assert_ptr_equal(field->type, &mtls_types[row->type]);
        assert_int_equal(field->slot, plain++);
        assert_ptr_equal(mtls_fieldset_at(set, field->slot), field);
        for (at = upper = apr_pstrdup(unit_pool, row->name); *at; at++)
            *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
        assert_ptr_equal(add(set, upper), field);
    }
    assert_int_equal(mtls_fieldset_len(set), plain);
    assert_true(plain > 40);
}

/* Families: the name asked for, the canonical name, the type. */
static const struct { const char *name, *canonical; mtls_type_id_t type; } members[] = {
    { "subject.cn", "subject.cn", MTLS_T_TEXT },
    { "Subject.CN", "subject.cn", MTLS_T_TEXT },
    { "subject.2.5.4.3", "subject.cn", MTLS_T_TEXT },
    { "issuer.2.5.4.3", "issuer.cn", MTLS_T_TEXT },
    { "subject.email", "subject.email", MTLS_T_MAIL },
    { "subject.1.2.840.113549.1.9.1", "subject.email", MTLS_T_MAIL },
    { "issuer.email", "issuer.email", MTLS_T_MAIL },
    { "subject.organization-identifier", "subject.organization-identifier", MTLS_T_TEXT },
    { "subject.1.2.3", "subject.1.2.3", MTLS_T_TEXT },
    { "san.other.1.3.6.1.5.5.7.8.9", "san.other.1.3.6.1.5.5.7.8.9", MTLS_T_TEXT },
    { "ext.1.3.6.1.4.1.99999.7", "ext.1.3.6.1.4.1.99999.7", MTLS_T_TEXT }
};

static void test_members(void **state)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    apr_size_t i;
    int j;

    (void)state;
    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const mtls_field_t *field = add(set, members[i].name);

        unit_same(members[i].name, field->name, members[i].canonical);
        assert_ptr_equal(field->type, &mtls_types[members[i].type]);
        assert_true(field->row->flags & MTLS_FIELD_FAMILY);
    }
    assert_int_equal(mtls_fieldset_len(set), 8);
    assert_true(mtls_str_eq(add(set, "subject.cn")->oid, O("\x55\x04\x03")));
    assert_true(mtls_str_eq(add(set, "ext.1.2.840")->oid, O("\x2a\x86\x48")));
    for (j = 0; j < mtls_attribute_names_len; j++) {
        const char *suffix = mtls_attribute_names[j].suffix, *dotted = mtls_attribute_names[j].dotted;
        const mtls_field_t *subject = add(set, apr_pstrcat(unit_pool, "subject.", suffix, NULL));

        assert_ptr_equal(add(set, apr_pstrcat(unit_pool, "subject.", dotted, NULL)), subject);
        assert_true(add(set, apr_pstrcat(unit_pool, "issuer.", dotted, NULL)) != subject);
    }
}

#define ATTRIBUTES(name) name "cn, " name "o, " name "ou, " name "c, " name "st, " name "l, " name "street, " \
    name "dc, " name "uid, " name "email, " name "title, " name "given-name, " name "surname, " name "serial-number, " \
    name "organization-identifier, " name "OID, "
#define KNOWN "subject, " ATTRIBUTES("subject.") "issuer, " ATTRIBUTES("issuer.") "san.dns, san.uri, san.email, " \
    "san.ip, san.upn, san.dirname, san.rid, san.other.OID, spiffe, spiffe.trust-domain, spiffe.path, serial, sha256, " \
    "sha1, spki.sha256, ski, aki, ca, ca.sha256, ca.spki.sha256, chain.length, not-before, not-after, remaining, lifetime, " \
    "eku, ku, policy, ext.OID, key.type, key.bits, key.curve, sigalg, version, tls.version, sni, label.LIST.NAME, verify, reason, " \
    "user, tls.cipher, tls.cipher-bits, tls.session-id, server.san.uri, certificate, chain"
#define NOT_OID "is not an object identifier: numbers with dots between them are needed, such as 1.3.6.1.4.1.99999.1"

static const struct { const char *name, *sentence; } refusals[] = {
    { "san.dsn", "unknown field 'san.dsn', did you mean 'san.dns'? Known are " KNOWN },
    { "sha265", "unknown field 'sha265', did you mean 'sha256'? Known are " KNOWN },
    { "subject.ci", "unknown field 'subject.ci', did you mean 'subject.cn'? Known are " KNOWN },
    { "SUBJECT.GIVENNAME", "unknown field 'subject.givenname', did you mean 'subject.given-name'? Known are " KNOWN },
    { "not_after", "unknown field 'not_after', did you mean 'not-after'? Known are " KNOWN },
    { "frobnicate", "unknown field 'frobnicate'; known are " KNOWN },
    { "", "unknown field ''; known are " KNOWN },
    { "kx", "unknown field 'kx', did you mean 'ku'? Known are " KNOWN },
    { "subject.", "unknown field 'subject.', did you mean 'subject'? Known are " KNOWN },
    { "a\"b\n-and-more-of-that", "unknown field 'a\\\"b\\x0A-and-more-of-that'; known are " KNOWN },
    { "subject.2.5.04.3", "unknown field 'subject.2.5.04.3': '2.5.04.3' behind 'subject.' " NOT_OID },
    { "ext.", "unknown field 'ext.': '' behind 'ext.' is empty" },
    { "ext.foo", "unknown field 'ext.foo': 'foo' behind 'ext.' " NOT_OID },
    { "label.partners", "'label.partners' needs a list and a label: label.LIST.NAME" },
    { "label..role", "list '' is no name: a letter, then letters, digits, '-' and '_'" },
    { "label.partners.a.b", "label 'a.b' is no name: a letter, then letters, digits, '-' and '_'" },
    { "san.other.upn", "unknown field 'san.other.upn': 'upn' behind 'san.other.' " NOT_OID },
    { "san.other", "unknown field 'san.other'; known are " KNOWN }
};

static void test_refusals(void **state)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const mtls_field_t *field;

        unit_same(refusals[i].name, mtls_fieldset_add(set, refusals[i].name, &field), refusals[i].sentence);
    }
    assert_int_equal(mtls_fieldset_len(set), 0);
    assert_non_null(mtls_fieldset_add(set, unit_repeat(O("subject."), 1000).ptr, &(const mtls_field_t *){ NULL }));
}

static void test_flags(void **state)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);

    (void)state;
    assert_int_equal(mtls_fieldset_flags(set), 0);
    add(set, "serial");
    assert_int_equal(mtls_fieldset_flags(set), 0);
    add(set, "ca");
    assert_int_equal(mtls_fieldset_flags(set), MTLS_FIELD_MANY | MTLS_FIELD_CHAIN);
    add(set, "sni");
    add(set, "remaining");
    assert_int_equal(mtls_fieldset_flags(set),
                     MTLS_FIELD_MANY | MTLS_FIELD_CHAIN | MTLS_FIELD_TLS | MTLS_FIELD_LIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows), cmocka_unit_test(test_attributes), cmocka_unit_test(test_plain_fields),
        cmocka_unit_test(test_members), cmocka_unit_test(test_refusals), cmocka_unit_test(test_flags)
    };

    return UNIT_RUN(tests);
}
