/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include "mtls_text.h"

mtls_str_t mtls_str(const char *z)
{
    return (mtls_str_t){ z, z ? strlen(z) : 0 };
}

mtls_str_t mtls_str_copy(apr_pool_t *p, mtls_str_t s)
{
    char *copy = apr_palloc(p, s.len + 1);

    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (mtls_str_t){ copy, s.len };
}

int mtls_str_eq(mtls_str_t a, mtls_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

mtls_str_t mtls_str_lower(apr_pool_t *p, mtls_str_t s)
{
    char *copy = apr_palloc(p, s.len + 1);
    apr_size_t i;

    for (i = 0; i < s.len; i++)
        copy[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + ('a' - 'A')) : s.ptr[i];
    copy[s.len] = '\0';
    return (mtls_str_t){ copy, s.len };
}

/* The second octet decides overlong forms, surrogates and the end of Unicode (RFC 3629 section 4). */
static int second_octet_allowed(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second < 0xa0;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second < 0x90;
    default: return 1;
    }
}

/* How many octets the character at s has; 0 if it is no clean one. */
static apr_size_t measure_character(const unsigned char *s, apr_size_t left)
{
    apr_size_t len, i;

    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (left < len || !second_octet_allowed(s[0], s[1]))
        return 0;
    for (i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

/* How many octets in front are printable ASCII, all eight of a word or none of them: bits that are carried out of an octet
 * below 0x20, out of 0x7f, and out of what has the highest bit already. */
static apr_size_t measure_printable(const char *octets, apr_size_t len)
{
    const apr_uint64_t each = 0x0101010101010101u, highest = each * 0x80;
    apr_size_t at;

    for (at = 0; len - at >= sizeof(each); at += sizeof(each)) {
        apr_uint64_t word, del;

        memcpy(&word, octets + at, sizeof(word));
        del = word ^ each * 0x7f;
        if (((word - each * 0x20) | (del - each) | word) & highest)
            break;
    }
    return at;
}

int mtls_text_printable(mtls_str_t s)
{
    apr_size_t i;

    for (i = measure_printable(s.ptr, s.len); i < s.len; i++) {
        if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e)
            return 0;
    }
    return 1;
}

int mtls_text_clean(mtls_str_t s)
{
    const unsigned char *octets = (const unsigned char *)s.ptr;
    apr_size_t at, len;

    for (at = measure_printable(s.ptr, s.len); at < s.len; at += len) {
        len = measure_character(octets + at, s.len - at);
        if (len == 0)
            return 0;
    }
    return 1;
}

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

const char *mtls_text_escape(apr_pool_t *p, mtls_str_t s)
{
    char *text = apr_palloc(p, 4 * s.len + 1), *to = text;
    apr_size_t i;

    for (i = 0; i < s.len; i++) {
        unsigned char octet = (unsigned char)s.ptr[i];

        if (octet >= 0x20 && octet <= 0x7e) {
            if (octet == '\\' || octet == '"')
                *to++ = '\\';
            *to++ = (char)octet;
            continue;
        }
        *to++ = '\\';
        *to++ = 'x';
        *to++ = upper_digits[octet >> 4];
        *to++ = upper_digits[octet & 15];
    }
    *to = '\0';
    return text;
}

const char *mtls_text_hex(apr_pool_t *p, mtls_str_t s, char sep, int upper)
{
    const char *digits = upper ? upper_digits : lower_digits;
    char *text = apr_palloc(p, 3 * s.len + 1), *to = text;
    apr_size_t i;

    for (i = 0; i < s.len; i++) {
        unsigned char octet = (unsigned char)s.ptr[i];

        if (i && sep)
            *to++ = sep;
        *to++ = digits[octet >> 4];
        *to++ = digits[octet & 15];
    }
    *to = '\0';
    return text;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int mtls_text_octet(const char *at)
{
    int high = digit_value(at[0]), low = high < 0 ? -1 : digit_value(at[1]);

    return low < 0 ? -1 : high << 4 | low;
}

enum { DISTANCE_MAX = 40 };

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;

    return least < c ? least : c;
}

/* How many characters to insert, delete, change or swap with their neighbour; at most for short names. */
int mtls_text_distance(const char *a, const char *b)
{
    int row[3][DISTANCE_MAX + 1], a_len = (int)strlen(a), b_len = (int)strlen(b), i, j;

    if (a_len > DISTANCE_MAX || b_len > DISTANCE_MAX)
        return DISTANCE_MAX;
    for (j = 0; j <= b_len; j++)
        row[0][j] = j;
    for (i = 1; i <= a_len; i++) {
        int *now = row[i % 3];
        const int *above = row[(i + 2) % 3], *two_above = row[(i + 1) % 3];

        now[0] = i;
        for (j = 1; j <= b_len; j++) {
            now[j] = smallest(above[j] + 1, now[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two_above[j - 2] + 1 < now[j])
                now[j] = two_above[j - 2] + 1;
        }
    }
    return row[a_len % 3][b_len];
}
