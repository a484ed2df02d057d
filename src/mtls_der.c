/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "mtls_der.h"

/* A length of 0x80 or more: octets is how many octets say it, the first one included. */
static int read_long_length(mtls_str_t rest, apr_size_t octets, apr_size_t *length)
{
    const unsigned char *at = (const unsigned char *)rest.ptr;
    apr_size_t i;

    if (octets == 1 || octets > 5 || octets > rest.len || at[1] == 0)
        return 0;
    for (*length = 0, i = 1; i < octets; i++)
        *length = *length << 8 | at[i];
    return *length >= 0x80;
}

int mtls_der_next(mtls_str_t *rest, mtls_der_t *element)
{
    mtls_str_t at = *rest;
    apr_size_t length, octets = 1;

    if (at.len < 2 || (at.ptr[0] & 0x1f) == 0x1f)
        return 0;
    element->tag = (unsigned char)at.ptr[0];
    at.ptr++;
    at.len--;
    length = (unsigned char)at.ptr[0];
    if (length >= 0x80) {
        octets += length & 0x7f;
        if (!read_long_length(at, octets, &length))
            return 0;
    }
    if (length > at.len - octets)
        return 0;
    element->content = (mtls_str_t){ at.ptr + octets, length };
    rest->ptr = at.ptr + octets + length;
    rest->len = at.len - octets - length;
    return 1;
}

int mtls_der_only(mtls_str_t octets, unsigned tag, mtls_str_t *content)
{
    mtls_der_t element;

    if (!mtls_der_next(&octets, &element) || element.tag != tag || octets.len)
        return 0;
    *content = element.content;
    return 1;
}

static char *write_utf8(char *to, apr_uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
    }
    else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (code & 0x3f));
    return to;
}

/* Big-endian code points of width octets each: BMPString and UniversalString. */
static int decode_wide(apr_pool_t *p, mtls_str_t s, apr_size_t width, mtls_str_t *text)
{
    char *utf8, *to;
    apr_size_t at, i;

    if (s.len % width)
        return 0;
    to = utf8 = apr_palloc(p, s.len / width * 4 + 1);
    for (at = 0; at < s.len; at += width) {
        apr_uint32_t code = 0;

        for (i = 0; i < width; i++)
            code = code << 8 | (unsigned char)s.ptr[at + i];
        if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return 0;
        to = write_utf8(to, code);
    }
    *text = (mtls_str_t){ utf8, (apr_size_t)(to - utf8) };
    return mtls_text_clean(*text);
}

static int decode_text(apr_pool_t *p, mtls_der_t element, mtls_str_t *text)
{
    *text = element.content;
    switch (element.tag) {
    case MTLS_DER_UTF8_STRING:
        return mtls_text_clean(*text);
    case MTLS_DER_PRINTABLE_STRING:
    case MTLS_DER_IA5_STRING:
    case MTLS_DER_VISIBLE_STRING:
    case MTLS_DER_NUMERIC_STRING:
    case MTLS_DER_TELETEX_STRING:
        return mtls_text_printable(*text);
    case MTLS_DER_BMP_STRING:
        return decode_wide(p, element.content, 2, text);
    case MTLS_DER_UNIVERSAL_STRING:
        return decode_wide(p, element.content, 4, text);
    default:
        return 0;
    }
}

int mtls_der_text(apr_pool_t *p, mtls_der_t element, mtls_str_t *text)
{
    if (decode_text(p, element, text))
        return 1;
    *text = (mtls_str_t){ NULL, 0 };
    return 0;
}
