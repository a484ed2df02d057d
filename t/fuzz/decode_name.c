/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Names: what stands in the text against what stands in the DER, attribute by attribute. */
#include "decode.h"

#include <stdint.h>
#include <string.h>
#include <apr_strings.h>
#include <openssl/objects.h>

/** An attribute, of either side. */
typedef struct attribute_t {
    mtls_str_t type;         /* content octets of the OID, or a label */
    int tag;                 /* 0: octets are text */
    mtls_str_t octets;
    int rdn;
} attribute_t;

/* ---- DER ---- */

/* Take the element in front; 0 if its length is indefinite or does not fit. */
static int take_element(mtls_str_t *der, int *tag, mtls_str_t *content)
{
    const unsigned char *at = (const unsigned char *)der->ptr;
    apr_size_t head = 2, len, i;

    if (der->len < 2 || (at[0] & 0x1f) == 0x1f || at[1] == 0x80)
        return 0;
    *tag = at[0];
    len = at[1];
    if (len & 0x80) {
        head += len & 0x7f;
        if (head > 6 || der->len < head)
            return 0;
        for (i = 2, len = 0; i < head; i++)
            len = len << 8 | at[i];
    }
    if (len > der->len - head)
        return 0;
    *content = (mtls_str_t){ der->ptr + head, len };
    *der = (mtls_str_t){ der->ptr + head + len, der->len - head - len };
    return 1;
}

/* All attributes of a Name, in encoded order; NULL if this reader cannot tell (BER that is not DER). */
static apr_array_header_t *read_name(apr_pool_t *p, mtls_str_t der)
{
    apr_array_header_t *all = apr_array_make(p, 8, sizeof(attribute_t));
    mtls_str_t rdns, rdn, pair, type;
    int tag, number;

    if (!take_element(&der, &tag, &rdns) || tag != 0x30 || der.len)
        return NULL;
    for (number = 0; rdns.len; number++) {
        if (!take_element(&rdns, &tag, &rdn) || tag != 0x31)
            return NULL;
        while (rdn.len) {
            attribute_t attribute = { .rdn = number };

            if (!take_element(&rdn, &tag, &pair) || tag != 0x30 || !take_element(&pair, &tag, &type) || tag != 0x06
                || !take_element(&pair, &attribute.tag, &attribute.octets) || pair.len || attribute.tag & 0x20)
                return NULL;
            attribute.type = type;
            APR_ARRAY_PUSH(all, attribute_t) = attribute;
        }
    }
    return all;
}

static char *put_utf8(char *to, uint32_t point)
{
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3, i;

    *to++ = (char)(more ? (0xff00 >> (more + 1) & 0xff) | point >> (6 * more) : point);
    for (i = more - 1; i >= 0; i--)
        *to++ = (char)(0x80 | (point >> (6 * i) & 0x3f));
    return to;
}

/* A value of a character type in UTF-8. */
static mtls_str_t text_of(apr_pool_t *p, const attribute_t *attribute)
{
    apr_size_t width = attribute->tag == 0x1e ? 2 : attribute->tag == 0x1c ? 4 : 1, i, j;
    char *out = apr_palloc(p, 4 * attribute->octets.len + 1), *to = out;

    if (width == 1)
        return attribute->octets;
    for (i = 0; i + width <= attribute->octets.len; i += width) {
        uint32_t point = 0;

        for (j = 0; j < width; j++)
            point = point << 8 | (unsigned char)attribute->octets.ptr[i + j];
        to = put_utf8(to, point);
    }
    return (mtls_str_t){ out, (apr_size_t)(to - out) };
}

/* ---- the text ---- */

static int same(mtls_str_t a, mtls_str_t b)
{
    return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

/* True if a label, or an OID in dotted decimal, is this one. */
static int is_type(apr_pool_t *p, mtls_str_t label, mtls_str_t oid)
{
    ASN1_OBJECT *object;
    int is = 0;

    if (!label.len)
        return 0;
    object = OBJ_txt2obj(apr_pstrmemdup(p, label.ptr, label.len), 0);
    if (object)
        is = same((mtls_str_t){ (const char *)OBJ_get0_data(object), OBJ_length(object) }, oid);
    ASN1_OBJECT_free(object);
    return is;
}

static int is_attribute(apr_pool_t *p, const attribute_t *written, const attribute_t *real)
{
    if (!is_type(p, written->type, real->type))
        return 0;
    if (written->tag)
        return written->tag == real->tag && same(written->octets, real->octets);
    return same(written->octets, text_of(p, real));
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "#" and the DER of the value. */
static int read_sharp(apr_pool_t *p, mtls_str_t digits, attribute_t *attribute)
{
    mtls_str_t octets;

    return decode_hex(p, digits, 0, &octets) && take_element(&octets, &attribute->tag, &attribute->octets) && !octets.len;
}

/* A string of RFC 4514 section 2.4: whatever has a meaning stands behind a backslash. */
static int read_string(apr_pool_t *p, mtls_str_t text, attribute_t *attribute)
{
    char *out = apr_palloc(p, text.len + 1);
    apr_size_t i, n = 0;

    for (i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (strchr("\"+,;<>", c) || ((c == ' ' || c == '#') && !i) || (c == ' ' && i + 1 == text.len))
            return 0;
        if (c == '\\') {
            if (++i == text.len)
                return 0;
            c = text.ptr[i];
            if (hex(c) >= 0 && i + 1 < text.len && hex(text.ptr[i + 1]) >= 0) {
                c = (char)(hex(c) * 16 + hex(text.ptr[i + 1]));
                i++;
            }
            else if (!strchr("\"+,;<>\\ #=", c))
                return 0;
        }
        out[n++] = c;
    }
    attribute->octets = (mtls_str_t){ out, n };
    return 1;
}

/* TYPE=VALUE in front, up to a sign that is not escaped; *sign is it, or NUL at the end. */
static int take_attribute(apr_pool_t *p, mtls_str_t *text, attribute_t *attribute, char *sign)
{
    const char *equals = text->len ? memchr(text->ptr, '=', text->len) : NULL;
    mtls_str_t value;
    apr_size_t i;

    if (!equals)
        return 0;
    attribute->type = (mtls_str_t){ text->ptr, (apr_size_t)(equals - text->ptr) };
    value = (mtls_str_t){ equals + 1, text->len - attribute->type.len - 1 };
    for (i = 0; i < value.len && value.ptr[i] != ',' && value.ptr[i] != '+'; i++)
        i += value.ptr[i] == '\\';
    if (i > value.len)
        return 0;
    *sign = i < value.len ? value.ptr[i] : '\0';
    *text = (mtls_str_t){ value.ptr + i + (*sign != '\0'), value.len - i - (*sign != '\0') };
    value.len = i;
    if (value.len && *value.ptr == '#')
        return read_sharp(p, (mtls_str_t){ value.ptr + 1, value.len - 1 }, attribute);
    return read_string(p, value, attribute);
}

/* A blank behind each sign. */
static int take_blank(mtls_str_t *text)
{
    if (!text->len || *text->ptr != ' ')
        return 0;
    text->ptr++;
    text->len--;
    return 1;
}

/* Spaced text has a blank before each "+", too, which belongs to no value: one at the end of a value is escaped. */
static mtls_str_t drop_blanks(apr_pool_t *p, mtls_str_t text)
{
    char *out = apr_palloc(p, text.len + 1);
    apr_size_t i, n = 0;

    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len)
            out[n++] = text.ptr[i++];
        else if (text.ptr[i] == ' ' && i + 1 < text.len && text.ptr[i + 1] == '+')
            continue;
        out[n++] = text.ptr[i];
    }
    return (mtls_str_t){ out, n };
}

int decode_is_rfc4514(apr_pool_t *p, mtls_str_t der, mtls_str_t text, int spaced)
{
    apr_array_header_t *real = read_name(p, der);
    char sign = ',';
    int i;

    if (!real)
        return 1;
    text = spaced ? drop_blanks(p, text) : text;
    for (i = real->nelts - 1; i >= 0; i--) {
        const attribute_t *attribute = &APR_ARRAY_IDX(real, i, attribute_t);
        attribute_t written = { .tag = 0 };
        int joined = i > 0 && attribute[-1].rdn == attribute->rdn;

        if (!sign || !take_attribute(p, &text, &written, &sign) || !is_attribute(p, &written, attribute))
            return 0;
        if (sign != (!i ? '\0' : joined ? '+' : ',') || (spaced && sign && !take_blank(&text)))
            return 0;
    }
    return !text.len;
}

int decode_is_slash(apr_pool_t *p, mtls_str_t der, mtls_str_t text)
{
    apr_array_header_t *real = read_name(p, der);
    int i;

    for (i = 0; real && i < real->nelts; i++) {
        const char *end, *equals;
        attribute_t written = { .tag = 0 };

        if (!text.len || *text.ptr != '/' || (i && APR_ARRAY_IDX(real, i - 1, attribute_t).rdn == APR_ARRAY_IDX(real, i, attribute_t).rdn))
            return 0;
        text.ptr++;
        text.len--;
        end = text.len ? memchr(text.ptr, '/', text.len) : NULL;
        end = end ? end : text.ptr + text.len;
        equals = memchr(text.ptr, '=', (size_t)(end - text.ptr));
        if (!equals)
            return 0;
        written.type = (mtls_str_t){ text.ptr, (apr_size_t)(equals - text.ptr) };
        written.octets = (mtls_str_t){ equals + 1, (apr_size_t)(end - equals - 1) };
        if (!is_attribute(p, &written, &APR_ARRAY_IDX(real, i, attribute_t)))
            return 0;
        text = (mtls_str_t){ end, text.len - (apr_size_t)(end - text.ptr) };
    }
    return !real || !text.len;
}
