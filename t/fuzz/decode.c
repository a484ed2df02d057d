/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "decode.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <apr_strings.h>

/* ---- octets ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int decode_percent(apr_pool_t *p, mtls_str_t text, mtls_str_t *octets)
{
    char *out = apr_palloc(p, text.len + 1);
    apr_size_t i, n = 0;

    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            out[n++] = text.ptr[i];
            continue;
        }
        if (text.len - i < 3 || digit(text.ptr[i + 1]) < 0 || digit(text.ptr[i + 2]) < 0)
            return 0;
        out[n++] = (char)(digit(text.ptr[i + 1]) * 16 + digit(text.ptr[i + 2]));
        i += 2;
    }
    *octets = (mtls_str_t){ out, n };
    return 1;
}

int decode_query(apr_pool_t *p, mtls_str_t text, mtls_str_t *octets)
{
    char *copy = apr_pstrmemdup(p, text.ptr, text.len), *c;

    for (c = copy; *c; c++)
        *c = *c == '+' ? ' ' : *c;
    return decode_percent(p, (mtls_str_t){ copy, text.len }, octets);
}

int decode_hex(apr_pool_t *p, mtls_str_t text, char separator, mtls_str_t *octets)
{
    apr_size_t step = separator ? 3 : 2, i, n = 0;
    char *out = apr_palloc(p, text.len + 1);

    if (!text.len || (text.len + (separator != 0)) % step)
        return 0;
    for (i = 0; i + 1 < text.len; i += step) {
        if (digit(text.ptr[i]) < 0 || digit(text.ptr[i + 1]) < 0 || (separator && i && text.ptr[i - 1] != separator))
            return 0;
        out[n++] = (char)(digit(text.ptr[i]) * 16 + digit(text.ptr[i + 1]));
    }
    *octets = (mtls_str_t){ out, n };
    return 1;
}

static int sextet(char c, int url)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const char *at = c ? strchr(letters, c) : NULL;

    if (at)
        return (int)(at - letters);
    return c == (url ? '-' : '+') ? 62 : c == (url ? '_' : '/') ? 63 : -1;
}

/* With padding, or with url without; bits that stand for nothing are zero. */
int decode_base64(apr_pool_t *p, mtls_str_t text, int url, mtls_str_t *octets)
{
    char *out = apr_palloc(p, text.len + 1);
    apr_size_t i, n = 0;
    unsigned bits = 0;
    int have = 0;

    if (!url && (!text.len || text.len % 4))
        return 0;
    for (i = 0; !url && i < 2 && text.len && text.ptr[text.len - 1] == '='; i++)
        text.len--;
    for (i = 0; i < text.len; i++) {
        int value = sextet(text.ptr[i], url);

        if (value < 0)
            return 0;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (char)(bits >> have);
        }
    }
    *octets = (mtls_str_t){ out, n };
    return have < 6 && !(bits & ((1u << have) - 1));
}

static int take(mtls_str_t *text, const char *what)
{
    apr_size_t len = strlen(what);

    if (text->len < len || memcmp(text->ptr, what, len))
        return 0;
    text->ptr += len;
    text->len -= len;
    return 1;
}

/* Up to the next c, or all of it. */
static mtls_str_t cut(mtls_str_t *text, char c)
{
    const char *at = text->len ? memchr(text->ptr, c, text->len) : NULL;
    mtls_str_t part = { text->ptr, at ? (apr_size_t)(at - text->ptr) : text->len };

    text->ptr += part.len + (at != NULL);
    text->len -= part.len + (at != NULL);
    return part;
}

int decode_pem(apr_pool_t *p, mtls_str_t text, char line, apr_array_header_t *der)
{
    const char *begin = apr_psprintf(p, "-----BEGIN CERTIFICATE-----%c", line), *end = "-----END CERTIFICATE-----";

    while (text.len) {
        char *body, *to;
        mtls_str_t octets;

        if (!take(&text, begin))
            return 0;
        body = to = apr_palloc(p, text.len + 1);
        while (!take(&text, end)) {
            mtls_str_t part = cut(&text, line);

            if (!part.len || part.len > 64)
                return 0;
            memcpy(to, part.ptr, part.len);
            to += part.len;
        }
        if (text.len && cut(&text, line).len)
            return 0;
        if (!decode_base64(p, (mtls_str_t){ body, (apr_size_t)(to - body) }, 0, &octets))
            return 0;
        APR_ARRAY_PUSH(der, mtls_str_t) = octets;
    }
    return 1;
}

/* ---- values ---- */

static int is_same(mtls_str_t a, mtls_str_t b)
{
    return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

/* What text of this type means: addresses are octets. */
static int means(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *value, mtls_str_t text)
{
    unsigned char address[16];

    if (type != MTLS_T_IP)
        return is_same(value->text, text);
    return inet_pton(value->text.len == 4 ? AF_INET : AF_INET6, apr_pstrmemdup(p, text.ptr, text.len), address) == 1
        && !memcmp(address, value->text.ptr, value->text.len);
}

/* Sign and magnitude of an INTEGER's content octets, without leading zeros. */
static mtls_str_t magnitude(apr_pool_t *p, mtls_str_t content, int *negative)
{
    unsigned char *octets = apr_pmemdup(p, content.ptr, content.len);
    apr_size_t i, zeros = 0;
    unsigned carry = 1;

    *negative = content.len && octets[0] & 0x80;
    for (i = content.len; *negative && i-- > 0; carry >>= 8) {
        carry += (unsigned char)~octets[i];
        octets[i] = (unsigned char)carry;
    }
    while (zeros < content.len && !octets[zeros])
        zeros++;
    return (mtls_str_t){ (const char *)octets + zeros, content.len - zeros };
}

static mtls_str_t without_zeros(mtls_str_t octets)
{
    while (octets.len && !*octets.ptr)
        octets.ptr++, octets.len--;
    return octets;
}

/* The magnitude of decimal digits, by school. */
static mtls_str_t read_decimal(apr_pool_t *p, mtls_str_t text)
{
    unsigned char *octets = apr_pcalloc(p, text.len + 1);
    apr_size_t i, j;

    for (i = 0; i < text.len; i++) {
        unsigned carry = (unsigned)digit(text.ptr[i]);

        for (j = text.len + 1; j-- > 0; carry >>= 8) {
            carry += octets[j] * 10u;
            octets[j] = (unsigned char)carry;
        }
    }
    return without_zeros((mtls_str_t){ (const char *)octets, text.len + 1 });
}

static int is_serial(apr_pool_t *p, const char *format, mtls_str_t content, mtls_str_t text)
{
    int negative, minus = take(&text, "-");
    mtls_str_t wanted = magnitude(p, content, &negative), octets;

    if (minus != negative)
        return 0;
    if (strcmp(format, "decimal"))
        return decode_hex(p, text, strcmp(format, "hex-colon") ? 0 : ':', &octets) && is_same(without_zeros(octets), wanted);
    /* Quadratic: of huge ones, only the form. */
    return text.len > 400 ? strspn(text.ptr, "0123456789") >= text.len : is_same(read_decimal(p, text), wanted);
}

static int month_of(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = strstr(names, name);

    return strlen(name) == 3 && at && (at - names) % 3 == 0 ? (int)(at - names) / 3 + 1 : 0;
}

/* Days since 1970 of a day of the proleptic Gregorian calendar. */
static long long days(int year, int month, int day)
{
    long long y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

    return 365 * y + (y + 400) / 4 - (y + 400) / 100 + (y + 400) / 400 - 97 + (153 * m + 2) / 5 + day - 719469;
}

static int is_time(const char *format, apr_int64_t number, const char *text)
{
    int t[6] = { 0 }, end = 0, n;
    char month[4] = "";

    if (!strcmp(format, "unix"))
        return number == apr_atoi64(text);
    if (!strcmp(format, "rfc3339"))
        n = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", t, t + 1, t + 2, t + 3, t + 4, t + 5, &end);
    else if (!strcmp(format, "rfc3339-offset"))
        n = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d+00:00%n", t, t + 1, t + 2, t + 3, t + 4, t + 5, &end);
    else if (!strcmp(format, "openssl-time")) {
        n = sscanf(text, "%3s %2d %2d:%2d:%2d %d GMT%n", month, t + 2, t + 3, t + 4, t + 5, t, &end);
        t[1] = month_of(month);
    }
    else {
        n = sscanf(text, strlen(text) == 13 ? "%2d%2d%2d%2d%2d%2dZ%n" : "%4d%2d%2d%2d%2d%2dZ%n", t, t + 1, t + 2, t + 3,
                   t + 4, t + 5, &end);
        t[0] += strlen(text) == 13 ? t[0] < 50 ? 2000 : 1900 : 0;
    }
    return n == 6 && end == (int)strlen(text)
        && number == ((days(t[0], t[1], t[2]) * 24 + t[3]) * 60 + t[4]) * 60 + t[5];
}

static int is_name(apr_pool_t *p, const char *format, mtls_str_t der, mtls_str_t text)
{
    mtls_str_t octets;

    if (!strcmp(format, "slash"))
        return decode_is_slash(p, der, text);
    if (!strncmp(format, "rfc4514", 7))
        return decode_is_rfc4514(p, der, text, !strcmp(format, "rfc4514-spaced"));
    return decode_base64(p, text, 0, &octets) && is_same(octets, der);
}

int decode_is(apr_pool_t *p, const char *format, mtls_type_id_t type, const mtls_value_t *value, mtls_str_t text)
{
    mtls_str_t octets;

    if (type == MTLS_T_SERIAL && strcmp(format, "base64") && strcmp(format, "base64url"))
        return is_serial(p, format, value->text, text);
    if (type == MTLS_T_TIME)
        return is_time(format, value->number, apr_pstrmemdup(p, text.ptr, text.len));
    if (!strcmp(format, "decimal"))
        return value->number == apr_atoi64(apr_pstrmemdup(p, text.ptr, text.len));
    if (!strncmp(format, "hex", 3))
        return decode_hex(p, text, strcmp(format, "hex-colon") ? 0 : ':', &octets) && is_same(octets, value->text);
    if (!strcmp(format, "base64url"))
        return decode_base64(p, text, 1, &octets) && means(p, type, value, octets);
    if (type == MTLS_T_DN)
        return is_name(p, format, value->text, text);
    if (!strcmp(format, "base64") || type == MTLS_T_DER)
        return decode_base64(p, text, 0, &octets) && means(p, type, value, octets);
    if (!strcmp(format, "text"))
        return decode_percent(p, text, &octets) && means(p, type, value, octets);
    return means(p, type, value, text);
}

/* ---- lists ---- */

static int is_pem(apr_pool_t *p, const char *format, const mtls_value_t *values, int n, mtls_str_t text)
{
    apr_array_header_t *der = apr_array_make(p, 4, sizeof(mtls_str_t));
    mtls_str_t octets = text;
    int i;

    if (strcmp(format, "pem-space") && !decode_percent(p, text, &octets))
        return 0;
    if (!decode_pem(p, octets, strcmp(format, "pem-space") ? '\n' : ' ', der) || der->nelts != n)
        return 0;
    for (i = 0; i < n; i++) {
        if (!is_same(APR_ARRAY_IDX(der, i, mtls_str_t), values[i].text))
            return 0;
    }
    return 1;
}

static int is_joined(apr_pool_t *p, const mtls_value_t *values, int n, mtls_str_t text)
{
    mtls_str_t octets;
    int i;

    if (!decode_base64(p, text, 0, &octets))
        return 0;
    for (i = 0; i < n; i++) {
        if (octets.len < values[i].text.len || memcmp(octets.ptr, values[i].text.ptr, values[i].text.len))
            return 0;
        octets.ptr += values[i].text.len;
        octets.len -= values[i].text.len;
    }
    return !octets.len;
}

/* An item of a list of this format: Structured Fields put octets between colons. */
static int is_item(apr_pool_t *p, const char *format, mtls_type_id_t type, const mtls_value_t *value, int first, mtls_str_t text)
{
    mtls_str_t octets;

    if (!strcmp(format, "list-comma"))
        return decode_percent(p, text, &octets) && means(p, type, value, octets);
    if (!strcmp(format, "sf")) {
        if (!(first || take(&text, " ")) || !take(&text, ":") || !text.len || text.ptr[text.len - 1] != ':')
            return 0;
        text.len--;
    }
    return decode_base64(p, text, 0, &octets) && means(p, type, value, octets);
}

int decode_is_list(apr_pool_t *p, const char *format, mtls_type_id_t type, const mtls_value_t *values, int n, mtls_str_t text)
{
    int i;

    if (!strncmp(format, "pem-", 4))
        return is_pem(p, format, values, n, text);
    if (!strcmp(format, "der-base64-joined"))
        return is_joined(p, values, n, text);
    for (i = 0; i < n; i++) {
        if (!text.len || !is_item(p, format, type, &values[i], !i, cut(&text, ',')))
            return 0;
    }
    return !text.len;
}
