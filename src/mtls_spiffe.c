/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include "mtls_reading.h"

enum { ID_MAX = 2048, TRUST_DOMAIN_MAX = 255 };

static int is_common(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static int is_trust_domain(mtls_str_t s)
{
    apr_size_t i = 0;

    while (i < s.len && is_common(s.ptr[i]))
        i++;
    return i == s.len && s.len > 0 && s.len <= TRUST_DOMAIN_MAX;
}

static int is_segment(mtls_str_t s)
{
    apr_size_t i = 0;

    while (i < s.len && (is_common(s.ptr[i]) || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')))
        i++;
    return i == s.len && s.len > 0 && !mtls_str_eq(s, mtls_str(".")) && !mtls_str_eq(s, mtls_str(".."));
}

/* How many octets there are before the first slash. */
static apr_size_t measure_segment(mtls_str_t s)
{
    const char *slash = s.len ? memchr(s.ptr, '/', s.len) : NULL;

    return slash ? (apr_size_t)(slash - s.ptr) : s.len;
}

static mtls_str_t cut_front(mtls_str_t s, apr_size_t n)
{
    return (mtls_str_t){ s.ptr + n, s.len - n };
}

/* The standard leaves no room: no query, fragment, port, user or percent-encoding, and no dot segments. */
int mtls_spiffe_split(mtls_str_t uri, mtls_str_t *trust_domain, mtls_str_t *path)
{
    static const char scheme[] = "spiffe://";
    mtls_str_t rest, segment;

    if (uri.len > ID_MAX || uri.len < sizeof(scheme) || memcmp(uri.ptr, scheme, sizeof(scheme) - 1) != 0)
        return 0;
    rest = cut_front(uri, sizeof(scheme) - 1);
    *trust_domain = (mtls_str_t){ rest.ptr, measure_segment(rest) };
    *path = rest = cut_front(rest, trust_domain->len);
    while (rest.len) {
        rest = cut_front(rest, 1);
        segment = (mtls_str_t){ rest.ptr, measure_segment(rest) };
        if (!is_segment(segment))
            return 0;
        rest = cut_front(rest, segment.len);
    }
    return is_trust_domain(*trust_domain);
}
