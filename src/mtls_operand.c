/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <arpa/inet.h>
#include <string.h>
#include <apr_strings.h>
#include "mtls_dn.h"
#include "mtls_operand.h"
#include "mtls_time.h"

static const char empty[] = "is empty";
static const char not_clean[] = "is not text: it has control characters or is not well-formed UTF-8";

const char *mtls_parse_text(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    mtls_str_t text = mtls_str_copy(p, mtls_str(word));

    if (text.len == 0)
        return empty;
    if (!mtls_text_clean(text))
        return not_clean;
    *value = mtls_value_text(text);
    return NULL;
}

/* Index of the first octet above 0x7e, or len. */
static apr_size_t find_non_ascii(mtls_str_t text)
{
    apr_size_t i = 0;

    while (i < text.len && (unsigned char)text.ptr[i] <= 0x7e)
        i++;
    return i;
}

const char *mtls_parse_uri(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    const char *error = mtls_parse_text(p, word, value);

    if (!error && find_non_ascii(value->text) < value->text.len)
        return "is not a URI: it has characters outside ASCII, which a certificate carries percent-encoded";
    return error;
}

static int is_dns_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
        || c == '-' || c == '_' || c == '.' || c == '*';
}

const char *mtls_parse_dns(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    mtls_str_t text = mtls_str(word);
    apr_size_t i;

    if (text.len == 0)
        return empty;
    if (find_non_ascii(text) < text.len)
        return "is not a DNS name in ASCII: write its A-label, which begins with xn--";
    for (i = 0; i < text.len; i++) {
        if (!is_dns_character(text.ptr[i]))
            return "is not a DNS name: letters, digits, '-', '_', '.' and '*' are allowed";
    }
    *value = mtls_value_dns(p, text);
    return NULL;
}

const char *mtls_parse_mail(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    const char *at = strrchr(word, '@');
    const char *error = mtls_parse_text(p, word, value);
    mtls_str_t domain = mtls_str(at ? at : "");

    if (error)
        return error;
    if (find_non_ascii(domain) < domain.len)
        return "is not a mail address with an ASCII domain: write the domain's A-label, which begins with xn--";
    *value = mtls_value_mail(p, value->text);
    return NULL;
}

/* Octets of hexadecimal digits, colons allowed between octets only. octets has room for strlen(word).
 * @return how many octets, or -1 */
static int read_hex(const char *word, unsigned char *octets)
{
    int n = 0;

    while (*word) {
        int octet;

        if (n && *word == ':')
            word++;
        octet = mtls_text_octet(word);
        if (octet < 0)
            return -1;
        octets[n++] = (unsigned char)octet;
        word += 2;
    }
    return n;
}

static mtls_str_t octets_of(const unsigned char *octets, int n)
{
    return (mtls_str_t){ (const char *)octets, (apr_size_t)n };
}

const char *mtls_parse_octets(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    unsigned char *octets = apr_palloc(p, strlen(word) + 1);
    int n = read_hex(word, octets);

    if (*word == '\0')
        return empty;
    if (n < 0)
        return "is not hexadecimal: two digits for each octet are needed, colons between octets are allowed";
    *value = mtls_value_text(octets_of(octets, n));
    return NULL;
}

static const char *parse_digest(apr_pool_t *p, const char *word, mtls_value_t *value, apr_size_t size,
                                const char *complaint)
{
    const char *error = mtls_parse_octets(p, word, value);

    if (*word == '\0')
        return error;
    return error || value->text.len != size ? complaint : NULL;
}

const char *mtls_parse_sha256(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return parse_digest(p, word, value, 32, "is not a SHA-256 digest: 64 hexadecimal digits are needed");
}

const char *mtls_parse_sha1(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return parse_digest(p, word, value, 20, "is not a SHA-1 digest: 40 hexadecimal digits are needed");
}

/* Two's complement in place; the caller has put a zero octet in front. */
static void negate(unsigned char *octets, int n)
{
    unsigned carry = 1;
    int i;

    for (i = n - 1; i >= 0; i--) {
        carry += (unsigned char)~octets[i];
        octets[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

const char *mtls_parse_serial(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    int negative = *word == '-', n;
    const char *digits = word + negative;
    unsigned char *octets;

    if (*word == '\0')
        return empty;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
        digits += 2;
    if (!strchr(digits, ':') && strlen(digits) % 2)
        digits = apr_pstrcat(p, "0", digits, NULL);
    octets = apr_pcalloc(p, strlen(digits) + 2);
    n = read_hex(digits, octets + 1);
    if (n < 1)
        return "is not a serial number: hexadecimal digits are needed, colons between octets and a '-' in front "
               "are allowed";
    if (negative)
        negate(octets, n + 1);
    *value = mtls_value_serial(p, octets_of(octets, n + 1));
    value->text = value->key;
    return NULL;
}

/* "192.0.2.0/24" as octets and prefix length (-1 if none is written). */
static int read_address(const char *word, unsigned char *octets, int *size)
{
    if (inet_pton(AF_INET, word, octets) == 1)
        *size = 4;
    else if (inet_pton(AF_INET6, word, octets) == 1)
        *size = 16;
    else
        return 0;
    return 1;
}

/* Digits only, no leading zero, at most max; else -1. */
static int read_prefix(const char *digits, int max)
{
    int prefix = 0, i;

    for (i = 0; digits[i]; i++) {
        if (digits[i] < '0' || digits[i] > '9' || i > 2)
            return -1;
        prefix = prefix * 10 + (digits[i] - '0');
    }
    return i == 0 || (digits[0] == '0' && i > 1) || prefix > max ? -1 : prefix;
}

/* Clear the bits behind the prefix; true if there were any. */
static int mask_address(unsigned char *octets, int size, int prefix)
{
    int i, lost = 0;

    for (i = 0; i < size; i++) {
        int kept = prefix - 8 * i;
        unsigned char mask = kept >= 8 ? 0xff : kept <= 0 ? 0 : (unsigned char)(0xff << (8 - kept));

        lost |= octets[i] & ~mask;
        octets[i] &= mask;
    }
    return lost != 0;
}

const char *mtls_parse_ip(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    unsigned char *octets = apr_palloc(p, 16);
    const char *slash = strchr(word, '/');
    int size, prefix;

    if (*word == '\0')
        return empty;
    if (!read_address(slash ? apr_pstrmemdup(p, word, (apr_size_t)(slash - word)) : word, octets, &size))
        return "is not an IP address or a network such as 192.0.2.0/24 or 2001:db8::/32";
    prefix = slash ? read_prefix(slash + 1, 8 * size) : 8 * size;
    if (prefix < 0)
        return apr_psprintf(p, "is not a network: behind the slash a number from 0 to %d is needed", 8 * size);
    if (mask_address(octets, size, prefix)) {
        char network[INET6_ADDRSTRLEN];

        inet_ntop(size == 4 ? AF_INET : AF_INET6, octets, network, sizeof(network));
        return apr_psprintf(p, "is not a network: it has bits set behind the prefix; the network is %s/%d",
                            network, prefix);
    }
    *value = mtls_value_ip(octets_of(octets, size));
    value->number = prefix;
    return NULL;
}

const char *mtls_parse_dn(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    const mtls_dn_t *dn;
    const char *error = mtls_dn_parse(p, word, &dn);

    if (error)
        return error;
    /* The DER of the Name stays empty: the string types, which DER has to name, are not known. */
    *value = (mtls_value_t){ { "", 0 }, mtls_dn_key(p, dn), 0, dn };
    return NULL;
}

const char *mtls_parse_time(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    apr_int64_t seconds;

    if (*word == '\0')
        return empty;
    if (!mtls_time_rfc3339(mtls_str(word), &seconds))
        return "is not a time in RFC 3339 form such as 2027-01-01T00:00:00Z";
    *value = mtls_value_number(p, seconds);
    return NULL;
}

/* The whole number at *at, which moves behind it. -1: no digits, -2: too large. */
static apr_int64_t read_number(const char **at)
{
    apr_int64_t number = 0;

    if (**at < '0' || **at > '9')
        return -1;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        int digit = **at - '0';

        if (number > (APR_INT64_MAX - digit) / 10)
            return -2;
        number = number * 10 + digit;
    }
    return number;
}

const char *mtls_parse_number(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    const char *at = word;
    apr_int64_t number = read_number(&at);

    if (*word == '\0')
        return empty;
    if (number == -2)
        return "is too large a number";
    if (number < 0 || *at)
        return "is no whole number";
    *value = mtls_value_number(p, number);
    return NULL;
}

const char *mtls_parse_duration(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    static const struct { char unit; int seconds; } units[] = {
        { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 }
    };
    const char *at = word;
    apr_int64_t number = read_number(&at);
    apr_size_t i;

    if (*word == '\0')
        return empty;
    if (number == -2)
        return "is too long a duration";
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (number < 0 || at[0] != units[i].unit || at[1])
            continue;
        if (number > APR_INT64_MAX / units[i].seconds)
            return "is too long a duration";
        *value = mtls_value_number(p, number * units[i].seconds);
        return NULL;
    }
    return "is not a duration: a whole number followed by s, m, h, d or w";
}

const char *mtls_parse_oid(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    return mtls_oid_parse(p, word, value);
}

const char *mtls_parse_none(apr_pool_t *p, const char *word, mtls_value_t *value)
{
    (void)p;
    (void)word;
    (void)value;
    return "cannot be compared with: the field is for export only";
}
