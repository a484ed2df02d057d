/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "mtls_reading.h"

/* GeneralName's tags (RFC 5280 section 4.2.1.6). */
enum {
    TAG_OTHER = 0xa0, TAG_MAIL = 0x81, TAG_DNS = 0x82, TAG_DIRECTORY = 0xa4, TAG_URI = 0x86, TAG_IP = 0x87,
    TAG_RID = 0x88
};

/* Reads the content of one name. @return 1, or 0 if it is unreadable */
typedef int read_name_fn(apr_pool_t *p, mtls_str_t content, mtls_value_t *value);

/* Which names a field wants. */
typedef struct wanted_t {
    unsigned tag;
    mtls_str_t oid;        /* otherName: the type's OID */
    read_name_fn *read;
} wanted_t;

/* True if the name is wanted. An otherName's type is taken off its content. */
static int is_wanted(const wanted_t *wanted, mtls_der_t *name)
{
    mtls_der_t type;

    if (name->tag != wanted->tag)
        return 0;
    if (name->tag != TAG_OTHER)
        return 1;
    return mtls_der_next(&name->content, &type) && mtls_str_eq(type.content, wanted->oid);
}

static int count_names(mtls_str_t rest, const wanted_t *wanted)
{
    mtls_der_t name;
    int n = 0;

    while (mtls_der_next(&rest, &name))
        n += is_wanted(wanted, &name);
    return n;
}

static mtls_values_t read_names(apr_pool_t *p, const mtls_read_san_t *san, const wanted_t *wanted)
{
    int n = count_names(san->names, wanted), to = 0;
    mtls_str_t rest = san->names;
    mtls_value_t *values;
    mtls_der_t name;

    if (san->known != MTLS_PRESENT)
        return mtls_values_none(san->known);
    if (n == 0)
        return mtls_values_none(MTLS_ABSENT);
    values = apr_palloc(p, (apr_size_t)n * sizeof(*values));
    while (mtls_der_next(&rest, &name)) {
        if (is_wanted(wanted, &name) && !wanted->read(p, name.content, &values[to++]))
            return mtls_values_none(MTLS_UNREADABLE);
    }
    return (mtls_values_t){ MTLS_PRESENT, n, values };
}

static int read_dns(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    if (!mtls_text_ia5(content))
        return 0;
    *value = mtls_value_dns(p, content);
    return 1;
}

static int read_mail(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    if (!mtls_text_ia5(content))
        return 0;
    *value = mtls_value_mail(p, content);
    return 1;
}

static int read_uri(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    if (!mtls_text_ia5(content))
        return 0;
    *value = mtls_value_text(mtls_str_copy(p, content));
    return 1;
}

static int read_ip(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    if (content.len != 4 && content.len != 16)
        return 0;
    *value = mtls_value_ip(mtls_str_copy(p, content));
    return 1;
}

static int read_rid(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    return mtls_value_oid(p, mtls_str_copy(p, content), value) == 0;
}

static int read_dirname(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    mtls_str_t der = mtls_str_copy(p, content);
    const mtls_dn_t *dn = mtls_dn_read_der(p, der);

    *value = (mtls_value_t){ der, mtls_dn_key(p, dn), 0, dn };
    return dn->readable;
}

/* What follows the type of an otherName: [0] EXPLICIT with one value. */
static int read_other(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    mtls_str_t explicit, text;
    mtls_der_t element;

    if (!mtls_der_only(content, MTLS_DER_CONTEXT | MTLS_DER_CONSTRUCTED, &explicit))
        return 0;
    if (!mtls_der_next(&explicit, &element) || !mtls_der_text(p, element, &text))
        return 0;
    *value = mtls_value_text(mtls_str_copy(p, text));
    return 1;
}

/* A user principal name is a UTF8String and nothing else. */
static int read_upn(apr_pool_t *p, mtls_str_t content, mtls_value_t *value)
{
    mtls_str_t explicit, utf8;

    return mtls_der_only(content, MTLS_DER_CONTEXT | MTLS_DER_CONSTRUCTED, &explicit)
        && mtls_der_only(explicit, MTLS_DER_UTF8_STRING, &utf8) && utf8.len && read_other(p, content, value);
}

static const wanted_t uris = { TAG_URI, { NULL, 0 }, read_uri };

/* The URIs, once for all fields that need them. */
static const mtls_values_t *read_uris(mtls_reading_t *reading)
{
    if (!reading->uris_read)
        reading->uris = read_names(reading->pool, &reading->san, &uris);
    reading->uris_read = 1;
    return &reading->uris;
}

void mtls_extract_san_dns(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    static const wanted_t wanted = { TAG_DNS, { NULL, 0 }, read_dns };

    (void)field;
    *out = read_names(reading->pool, &reading->san, &wanted);
}

void mtls_extract_san_uri(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    (void)field;
    *out = *read_uris(reading);
}

void mtls_extract_san_email(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    static const wanted_t wanted = { TAG_MAIL, { NULL, 0 }, read_mail };

    (void)field;
    *out = read_names(reading->pool, &reading->san, &wanted);
}

void mtls_extract_san_ip(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    static const wanted_t wanted = { TAG_IP, { NULL, 0 }, read_ip };

    (void)field;
    *out = read_names(reading->pool, &reading->san, &wanted);
}

void mtls_extract_san_dirname(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    static const wanted_t wanted = { TAG_DIRECTORY, { NULL, 0 }, read_dirname };

    (void)field;
    *out = read_names(reading->pool, &reading->san, &wanted);
}

void mtls_extract_san_rid(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    static const wanted_t wanted = { TAG_RID, { NULL, 0 }, read_rid };

    (void)field;
    *out = read_names(reading->pool, &reading->san, &wanted);
}

void mtls_extract_san_upn(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    /* 1.3.6.1.4.1.311.20.2.3 */
    const wanted_t wanted = { TAG_OTHER, MTLS_OCTETS("\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"), read_upn };

    (void)field;
    *out = read_names(reading->pool, &reading->san, &wanted);
}

void mtls_extract_san_other(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    const wanted_t wanted = { TAG_OTHER, field->oid, read_other };

    *out = read_names(reading->pool, &reading->san, &wanted);
}

void mtls_extract_server_san_uri(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_read_san_t san;

    (void)field;
    *out = mtls_values_none(MTLS_ABSENT);
    if (!reading->source->server)
        return;
    san = mtls_read_san(reading->source->server);
    *out = read_names(reading->pool, &san, &uris);
}

/* The certificate's SPIFFE ID, if it has one: exactly one URI, and a valid one. */
static mtls_known_t read_spiffe(mtls_reading_t *reading, mtls_str_t *id, mtls_str_t *trust_domain, mtls_str_t *path)
{
    const mtls_values_t *all = read_uris(reading);

    if (all->known != MTLS_PRESENT)
        return all->known;
    *id = all->v[0].text;
    return all->n == 1 && mtls_spiffe_split(*id, trust_domain, path) ? MTLS_PRESENT : MTLS_ABSENT;
}

static mtls_values_t present_part(mtls_reading_t *reading, mtls_known_t known, mtls_str_t part)
{
    if (known == MTLS_PRESENT && part.len)
        return mtls_values_one(reading->pool, mtls_value_text(part));
    return mtls_values_none(known == MTLS_PRESENT ? MTLS_ABSENT : known);
}

void mtls_extract_spiffe(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t id = { NULL, 0 }, trust_domain, path;
    mtls_known_t known = read_spiffe(reading, &id, &trust_domain, &path);

    (void)field;
    *out = present_part(reading, known, id);
}

void mtls_extract_spiffe_trust_domain(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t id, trust_domain = { NULL, 0 }, path;
    mtls_known_t known = read_spiffe(reading, &id, &trust_domain, &path);

    (void)field;
    *out = present_part(reading, known, trust_domain);
}

void mtls_extract_spiffe_path(mtls_reading_t *reading, const mtls_field_t *field, mtls_values_t *out)
{
    mtls_str_t id, trust_domain, path = { NULL, 0 };
    mtls_known_t known = read_spiffe(reading, &id, &trust_domain, &path);

    (void)field;
    *out = present_part(reading, known, path);
}
