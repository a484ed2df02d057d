/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Octets, serial numbers and whole certificates. */
#include <limits.h>
#include <string.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "mtls_encode.h"

const char *mtls_base64(apr_pool_t *p, mtls_str_t s)
{
    char *out;

    if (!s.len || s.len > INT_MAX / 2)
        return NULL;
    out = apr_palloc(p, 4 * ((s.len + 2) / 3) + 1);
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)s.ptr, (int)s.len);
    return out;
}

const char *mtls_encode_base64(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return mtls_base64(p, mtls_shown(p, type, v));
}

const char *mtls_encode_base64url(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    const char *plain = mtls_encode_base64(p, type, v, n);
    char *out, *c;

    if (!plain)
        return NULL;
    out = apr_pstrmemdup(p, plain, strcspn(plain, "="));
    for (c = out; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return out;
}

/* Every value as base64 between fences, all but the first behind a gap, joined by commas. */
static const char *join_base64(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n,
                               const char *fence, const char *gap)
{
    apr_array_header_t *items = apr_array_make(p, n, sizeof(const char *));
    int i;

    for (i = 0; i < n; i++) {
        const char *item = mtls_encode_base64(p, type, &v[i], 1);

        if (!item)
            return NULL;
        APR_ARRAY_PUSH(items, const char *) = apr_pstrcat(p, i ? gap : "", fence, item, fence, NULL);
    }
    return apr_array_pstrcat(p, items, ',');
}

const char *mtls_encode_sf(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    return join_base64(p, type, v, n, ":", " ");
}

const char *mtls_encode_list_base64(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    return join_base64(p, type, v, n, "", "");
}

const char *mtls_encode_base64_joined(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    mtls_str_t all = { NULL, 0 };
    char *to;
    int i;

    (void)type;
    for (i = 0; i < n; i++)
        all.len += v[i].text.len;
    all.ptr = to = apr_palloc(p, all.len + 1);
    for (i = 0; i < n; i++) {
        memcpy(to, v[i].text.ptr, v[i].text.len);
        to += v[i].text.len;
    }
    return mtls_base64(p, all);
}

/** A certificate as PEM text (RFC 7468), as one convention writes it. */
typedef struct pem_t {
    const char *begin, *line_end, *end;
    const char *encoded;          /* characters of base64 that are percent-encoded */
} pem_t;

/* Octets in a line of 64 characters. */
#define PEM_LINE 48

static char *put_line(char *to, const char *line, const char *encoded)
{
    for (;;) {
        apr_size_t n = strcspn(line, encoded);

        memcpy(to, line, n);
        to += n;
        if (!line[n])
            return to;
        *to++ = '%';
        to = mtls_put(to, line[n] == '+' ? "2B" : line[n] == '/' ? "2F" : "3D");
        line += n + 1;
    }
}

static char *put_pem(char *to, mtls_str_t der, const pem_t *pem)
{
    const unsigned char *octets = (const unsigned char *)der.ptr;
    unsigned char line[PEM_LINE / 3 * 4 + 1];
    apr_size_t at, n;

    to = mtls_put(to, pem->begin);
    for (at = 0; at < der.len; at += n) {
        n = der.len - at < PEM_LINE ? der.len - at : PEM_LINE;
        EVP_EncodeBlock(line, octets + at, (int)n);
        to = mtls_put(put_line(to, (const char *)line, pem->encoded), pem->line_end);
    }
    return mtls_put(to, pem->end);
}

/* All certificates, one after another. */
static char *print_pem(apr_pool_t *p, const mtls_value_t *v, int n, const pem_t *pem)
{
    apr_size_t room = 1;
    char *out, *to;
    int i;

    for (i = 0; i < n; i++) {
        if (!v[i].text.len || v[i].text.len > INT_MAX / 8)
            return NULL;
        /* Twelve for three octets, where all of them are encoded. */
        room += strlen(pem->begin) + strlen(pem->end) + 12 * (v[i].text.len / 3 + 1)
              + strlen(pem->line_end) * (v[i].text.len / PEM_LINE + 1);
    }
    to = out = apr_palloc(p, room);
    for (i = 0; i < n; i++)
        to = put_pem(to, v[i].text, pem);
    *to = '\0';
    return n ? out : NULL;
}

const char *mtls_encode_pem_url(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    static const pem_t pem = { "-----BEGIN%20CERTIFICATE-----%0A", "%0A", "-----END%20CERTIFICATE-----%0A", "+/=" };

    (void)type;
    return print_pem(p, v, n, &pem);
}

const char *mtls_encode_pem_url_aws(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    static const pem_t pem = { "-----BEGIN%20CERTIFICATE-----%0A", "%0A", "-----END%20CERTIFICATE-----%0A", "" };

    (void)type;
    return print_pem(p, v, n, &pem);
}

const char *mtls_encode_pem_space(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    static const pem_t pem = { "-----BEGIN CERTIFICATE----- ", " ", "-----END CERTIFICATE----- ", "" };
    char *out = print_pem(p, v, n, &pem);

    (void)type;
    if (out)
        out[strlen(out) - 1] = '\0';     /* the last blank */
    return out;
}

/* An INTEGER's content octets as a number: two's complement. */
static BIGNUM *read_integer(mtls_str_t content)
{
    BIGNUM *value, *modulus = NULL;

    if (!content.len || content.len > INT_MAX / 8)
        return NULL;
    value = BN_bin2bn((const unsigned char *)content.ptr, (int)content.len, NULL);
    if (!value || !((unsigned char)content.ptr[0] & 0x80))
        return value;
    modulus = BN_new();
    if (!modulus || !BN_set_bit(modulus, (int)content.len * 8) || !BN_sub(value, value, modulus)) {
        BN_free(value);
        value = NULL;
    }
    BN_free(modulus);
    return value;
}

static const char *print_decimal(apr_pool_t *p, mtls_str_t content)
{
    BIGNUM *value = read_integer(content);
    char *digits = value ? BN_bn2dec(value) : NULL;
    const char *out = digits ? apr_pstrdup(p, digits) : NULL;

    OPENSSL_free(digits);
    BN_free(value);
    return out;
}

const char *mtls_encode_decimal(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    const char *out;

    (void)n;
    if (type != MTLS_T_SERIAL)
        return apr_psprintf(p, "%" APR_INT64_T_FMT, v->number);
    ERR_set_mark();
    out = print_decimal(p, v->text);
    ERR_pop_to_mark();
    return out;
}

/* The magnitude of a negative number as octets; len 0 where OpenSSL cannot make it. */
static mtls_str_t read_magnitude(apr_pool_t *p, mtls_str_t content)
{
    BIGNUM *value = read_integer(content);
    mtls_str_t magnitude = { NULL, 0 };
    unsigned char *octets;

    if (!value)
        return magnitude;
    magnitude.len = (apr_size_t)BN_num_bytes(value);
    octets = apr_palloc(p, magnitude.len);
    BN_bn2bin(value, octets);
    magnitude.ptr = (const char *)octets;
    BN_free(value);
    return magnitude;
}

/* A serial number's sign and magnitude: "-80", "0A1B", "00"; whole octets, none of them needless. */
static const char *print_serial(apr_pool_t *p, mtls_str_t content, char separator, int upper)
{
    if ((unsigned char)content.ptr[0] & 0x80) {
        content = read_magnitude(p, content);
        return content.len ? apr_pstrcat(p, "-", mtls_text_hex(p, content, separator, upper), NULL) : NULL;
    }
    for (; content.len > 1 && !content.ptr[0]; content.ptr++)
        content.len--;
    return mtls_text_hex(p, content, separator, upper);
}

static const char *print_hex(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, char separator, int upper)
{
    const char *out;

    if (!v->text.len)
        return NULL;
    if (type != MTLS_T_SERIAL)
        return mtls_text_hex(p, v->text, separator, upper);
    ERR_set_mark();
    out = print_serial(p, v->text, separator, upper);
    ERR_pop_to_mark();
    return out;
}

const char *mtls_encode_hex(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return print_hex(p, type, v, 0, 0);
}

const char *mtls_encode_hex_upper(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return print_hex(p, type, v, 0, 1);
}

const char *mtls_encode_hex_colon(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return print_hex(p, type, v, ':', 0);
}
