/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "certificate.h"
#include "mtls_dn.h"

/* The base point of P-256 (SEC 2 section 2.4.2), a valid public key whose private one is 1. */
static const char base_point[] = "\x00\x04"
    "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45"
    "\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce"
    "\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

mtls_str_t certificate_rdn(const char *oid, int tag, mtls_str_t text)
{
    return DER(0x31, DER(0x30, unit_oid(oid), DER(tag, text)));
}

mtls_str_t certificate_name(const char *cn)
{
    return DER(0x30, certificate_rdn("2.5.4.3", 0x0c, mtls_str(cn)));
}

certificate_t certificate_parts(void)
{
    return (certificate_t){
        .version = O("\xa0\x03\x02\x01\x02"),
        .serial = O("\x02\x01\x01"),
        .algorithm = DER(0x30, unit_oid("1.2.840.10045.4.3.2")),
        .issuer = certificate_name("Issuer"),
        .not_before = DER(0x17, O("260101000000Z")),
        .not_after = DER(0x17, O("270101000000Z")),
        .subject = certificate_name("web"),
        .key = DER(0x30, DER(0x30, unit_oid("1.2.840.10045.2.1"), unit_oid("1.2.840.10045.3.1.7")),
                   DER(0x03, O(base_point))),
        .extensions = O("")
    };
}

mtls_str_t certificate_der(const certificate_t *parts)
{
    mtls_str_t extensions = parts->extensions.len ? DER(0xa3, DER(0x30, parts->extensions)) : O("");
    mtls_str_t tbs = DER(0x30, parts->version, parts->serial, parts->algorithm, parts->issuer,
                         DER(0x30, parts->not_before, parts->not_after), parts->subject, parts->key, extensions);

    return DER(0x30, tbs, parts->algorithm, DER(0x03, O("\x00\x30\x00")));
}

int certificate_is_read(const certificate_t *parts)
{
    mtls_str_t der = certificate_der(parts);
    const unsigned char *at = (const unsigned char *)der.ptr;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

    X509_free(certificate);
    return certificate != NULL;
}

X509 *certificate_decode(const certificate_t *parts)
{
    mtls_str_t der = certificate_der(parts);
    const unsigned char *at = (const unsigned char *)der.ptr;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

    assert_non_null(certificate);
    assert_ptr_equal(at, der.ptr + der.len);
    return certificate;
}

mtls_str_t certificate_extension(const char *oid, mtls_str_t value)
{
    return DER(0x30, unit_oid(oid), DER(0x04, value));
}

mtls_str_t certificate_san(mtls_str_t names)
{
    return certificate_extension("2.5.29.17", DER(0x30, names));
}

mtls_str_t certificate_other_name(const char *oid, mtls_str_t value)
{
    return DER(0xa0, unit_oid(oid), DER(0xa0, value));
}

static const char *show_value(const mtls_field_t *field, const mtls_value_t *value)
{
    if (value->dn)
        return mtls_dn_print(unit_pool, value->dn);
    switch (field->type - mtls_types) {
    case MTLS_T_IP: case MTLS_T_SERIAL: case MTLS_T_SHA256: case MTLS_T_SHA1: case MTLS_T_OCTETS: case MTLS_T_DER:
        return mtls_text_hex(unit_pool, value->text, 0, 0);
    default:
        return mtls_text_escape(unit_pool, value->text);
    }
}

const char *facts_show(const mtls_field_t *field, mtls_values_t values)
{
    static const char *const knowledge[] = { "ABSENT", "PRESENT", "UNREADABLE", "UNAVAILABLE" };
    const char *all = "";
    int i;

    assert_int_equal(values.known == MTLS_PRESENT, values.n > 0);
    if (values.known != MTLS_PRESENT)
        return knowledge[values.known];
    for (i = 0; i < values.n; i++)
        all = apr_pstrcat(unit_pool, all, i ? "|" : "", show_value(field, &values.v[i]), NULL);
    return all;
}

const char *facts_ask_source(const mtls_source_t *source, const char *name)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *field;

    unit_same(name, mtls_fieldset_add(set, name, &field), NULL);
    return facts_show(field, mtls_facts_get(mtls_facts_read(unit_pool, set, source), field));
}

const mtls_facts_t *facts_of(const certificate_t *parts, const mtls_fieldset_t *set)
{
    mtls_source_t source = { .leaf = certificate_decode(parts), .chain_len = -1 };
    const mtls_facts_t *facts = mtls_facts_read(unit_pool, set, &source);

    X509_free(source.leaf);
    return facts;
}

const char *facts_ask(const certificate_t *parts, const char *name)
{
    mtls_fieldset_t *set = mtls_fieldset_make(unit_pool);
    const mtls_field_t *field;

    unit_same(name, mtls_fieldset_add(set, name, &field), NULL);
    return facts_show(field, mtls_facts_get(facts_of(parts, set), field));
}

mtls_reason_t facts_stand(const certificate_t *parts, apr_int64_t now)
{
    return mtls_facts_standing(facts_of(parts, mtls_fieldset_make(unit_pool)), now);
}
