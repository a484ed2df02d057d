/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Text, numbers, times and the words of "verify". */
#include <arpa/inet.h>
#include <string.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "mtls_encode.h"
#include "mtls_time.h"

int mtls_keep_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
        || c == '-' || c == '.' || c == '_' || c == '~';
}

/* '%' is encoded, so that no two values look alike. */
static int keep_printable(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '%';
}

static int keep_item(unsigned char c)
{
    return keep_printable(c) && c != ',';
}

const char *mtls_percent(apr_pool_t *p, mtls_str_t s, mtls_keep_fn *keep)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = apr_palloc(p, 3 * s.len + 1), *to = out;
    apr_size_t i;

    for (i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        int end = i == 0 || i + 1 == s.len;

        if (keep(c) && !(end && c == ' ')) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    *to = '\0';
    return out;
}

mtls_str_t mtls_shown(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v)
{
    char address[INET6_ADDRSTRLEN];
    mtls_str_t none = { NULL, 0 };

    if (type != MTLS_T_IP)
        return v->text;
    if (v->text.len != 4 && v->text.len != 16)
        return none;
    if (!inet_ntop(v->text.len == 4 ? AF_INET : AF_INET6, v->text.ptr, address, sizeof(address)))
        return none;
    return mtls_str_copy(p, mtls_str(address));
}

static const char *percent_text(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, mtls_keep_fn *keep)
{
    mtls_str_t text = mtls_shown(p, type, v);

    if (!text.len || !mtls_text_clean(text))
        return NULL;
    return mtls_percent(p, text, keep);
}

/* The text itself, if a header can carry it and none of the forbidden characters is in it. */
static const char *plain_text(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, unsigned flags,
                              const char *forbidden)
{
    mtls_str_t text = mtls_shown(p, type, v);
    const char *s;

    if (!text.len || !mtls_text_clean(text))
        return NULL;
    s = apr_pstrmemdup(p, text.ptr, text.len);
    return strpbrk(s, forbidden) ? NULL : mtls_sendable(s, flags);
}

const char *mtls_encode_text(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return percent_text(p, type, v, keep_printable);
}

const char *mtls_encode_utf8(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return plain_text(p, type, v, MTLS_FORMAT_UTF8, "");
}

const char *mtls_encode_ascii(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return plain_text(p, type, v, 0, "");
}

/* Readers find the next attribute by its "=": without one, nothing in a value can pass for another. */
const char *mtls_encode_traefik_attribute(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return plain_text(p, type, v, MTLS_FORMAT_UTF8, "\"=");
}

const char *mtls_encode_traefik_item(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)n;
    return plain_text(p, type, v, MTLS_FORMAT_UTF8, "\",;");
}

const char *mtls_encode_list_comma(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    apr_array_header_t *items = apr_array_make(p, n, sizeof(const char *));
    int i;

    for (i = 0; i < n; i++) {
        const char *item = percent_text(p, type, &v[i], keep_item);

        if (!item)
            return NULL;
        APR_ARRAY_PUSH(items, const char *) = item;
    }
    return apr_array_pstrcat(p, items, ',');
}

const char *mtls_encode_rfc3339(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return mtls_time_print(p, v->number, "Z");
}

const char *mtls_encode_rfc3339_offset(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return mtls_time_print(p, v->number, "+00:00");
}

const char *mtls_encode_unix(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)type, (void)n;
    return apr_psprintf(p, "%" APR_INT64_T_FMT, v->number);
}

const char *mtls_encode_openssl_time(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    mtls_parts_of_time_t t;

    (void)type, (void)n;
    if (!mtls_time_split(v->number, &t))
        return NULL;
    return apr_psprintf(p, "%s %2d %02d:%02d:%02d %d GMT", apr_month_snames[t.month - 1], t.day,
                        t.hour, t.minute, t.second, t.year);
}

/* Two digits for the years that UTCTime has (RFC 5280 section 4.1.2.5.1). */
const char *mtls_encode_asn1_time(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    mtls_parts_of_time_t t;
    int digits;

    (void)type, (void)n;
    if (!mtls_time_split(v->number, &t))
        return NULL;
    digits = t.year >= 1950 && t.year < 2050 ? 2 : 4;
    return apr_psprintf(p, "%0*d%02d%02d%02d%02d%02dZ", digits, digits == 2 ? t.year % 100 : t.year,
                        t.month, t.day, t.hour, t.minute, t.second);
}

/* The word for what "verify" says; NULL is a word, too: nothing. Anything unknown counts as failed. */
static const char *verify_word(const mtls_value_t *v, const char *success, const char *none, const char *failed)
{
    if (mtls_str_eq(v->text, mtls_str("SUCCESS")))
        return success;
    return mtls_str_eq(v->text, mtls_str("NONE")) ? none : failed;
}

const char *mtls_encode_present_digit(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)p, (void)type, (void)n;
    return verify_word(v, "1", "0", "1");
}

const char *mtls_encode_present_word(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)p, (void)type, (void)n;
    return verify_word(v, "true", "false", "true");
}

const char *mtls_encode_verified_word(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)p, (void)type, (void)n;
    return verify_word(v, "true", "false", "false");
}

/* A word in place of the number could be read as 0, which means verified: X509_V_ERR_ numbers only.
 * Without a certificate nothing is sent, since readers of this convention take 0 for both. */
const char *mtls_encode_verify_code(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)p, (void)type, (void)n;
    if (mtls_str_eq(v->text, mtls_str("FAILED:not-yet-valid")))
        return "9";
    if (mtls_str_eq(v->text, mtls_str("FAILED:expired")))
        return "10";
    return verify_word(v, "0", NULL, "1");
}

const char *mtls_encode_gcp_error(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n)
{
    (void)p, (void)type, (void)n;
    return verify_word(v, NULL, "client_cert_not_provided", "client_cert_validation_failed");
}
