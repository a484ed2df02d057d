/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Lines of the request's side: names of headers and tokens of Connection against the guard, paths against what may be read
 * in two ways. "+NAME" guards one more name, "/PATH" is a path, anything else is looked up. */
#include "fuzz.h"

#include <ctype.h>

#include "mtls_header.h"
#include "mtls_path.h"

void fuzz_prepare(apr_pool_t *p)
{
    (void)p;
}

/* ---- names ---- */

static int fold(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ? c : c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : '-';
}

static int folds(const char *a, apr_size_t a_len, const char *b, apr_size_t b_len)
{
    apr_size_t i;

    for (i = 0; a_len == b_len && i < a_len; i++) {
        if (fold(a[i]) != fold(b[i]))
            return 0;
    }
    return a_len == b_len;
}

static int search(const mtls_guard_t *guard, mtls_str_t name)
{
    int i;

    for (i = 0; name.len && i < mtls_guard_len(guard); i++) {
        const char *guarded = mtls_guard_name(guard, i);

        if (folds(guarded, strlen(guarded), name.ptr, name.len))
            return i;
    }
    return -1;
}

/* Names are parts of C strings, as httpd has them: no NUL within, and something behind. */
static void check_name(apr_pool_t *p, const mtls_guard_t *guard, const mtls_guard_t *less, mtls_str_t line)
{
    const char *copy = apr_pstrmemdup(p, line.ptr, line.len), *refused = mtls_header_name_refused(p, copy), *c;
    mtls_str_t name = mtls_str(copy);
    int i, found = mtls_guard_find(guard, name.ptr, name.len);

    FUZZ_CHECK(found == search(guard, name), copy);
    FUZZ_CHECK(mtls_guard_find(less, name.ptr, name.len) == search(less, name), copy);
    for (i = 0; i < mtls_guard_len(guard); i++) {
        const char *other = mtls_guard_name(guard, i);

        FUZZ_CHECK(mtls_header_folds_equal(copy, other) == folds(copy, name.len, other, strlen(other)), copy);
    }
    FUZZ_CHECK(!refused || *refused, copy);
    for (c = copy; !refused && *c; c++)
        FUZZ_CHECK(isalnum((unsigned char)*c) || strchr("!#$%&'*+-.^_`|~", *c), copy);
    FUZZ_CHECK(refused || *copy, copy);
}

/* ---- paths ---- */

static int is_hex(const char *at, apr_size_t left, const char *pair)
{
    return left >= 3 && at[0] == '%' && tolower((unsigned char)at[1]) == pair[0] && tolower((unsigned char)at[2]) == pair[1];
}

static int has_sign(mtls_str_t path)
{
    static const char *const pairs[] = { "3b", "2f", "5c", "25", "00" };
    apr_size_t i, k;

    for (i = 0; i < path.len; i++) {
        if (path.ptr[i] == ';' || path.ptr[i] == '\\')
            return 1;
        for (k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++) {
            if (is_hex(path.ptr + i, path.len - i, pairs[k]))
                return 1;
        }
    }
    return 0;
}

/* With its dots decoded: the segments between the slashes, the first slash left out. */
static int has_segment(apr_pool_t *p, mtls_str_t path)
{
    char *plain = apr_palloc(p, path.len + 2), *from, *to = plain;
    apr_size_t i;

    for (i = 1; i < path.len; i++) {
        int dot = is_hex(path.ptr + i, path.len - i, "2e");

        *to++ = dot ? '.' : path.ptr[i] ? path.ptr[i] : 'x';
        i += dot ? 2 : 0;
    }
    *to = '\0';
    for (from = plain; from; from = to ? to + 1 : NULL) {
        to = strchr(from, '/');
        i = to ? (apr_size_t)(to - from) : strlen(from);
        if ((to && !i) || (i == 1 && *from == '.') || (i == 2 && from[0] == '.' && from[1] == '.'))
            return 1;
    }
    return 0;
}

static void check_path(apr_pool_t *p, mtls_str_t path)
{
    const char *doubt = mtls_path_doubt(path);

    FUZZ_CHECK((doubt != NULL) == (has_sign(path) || has_segment(p, path)), apr_pstrmemdup(p, path.ptr, path.len));
}

/* ---- the target ---- */

/* A line on its own, so that reading beyond it is seen. */
static mtls_str_t alone(apr_pool_t *p, mtls_str_t line)
{
    char *copy = apr_palloc(p, line.len ? line.len : 1);

    memcpy(copy, line.ptr, line.len);
    return (mtls_str_t){ copy, line.len };
}

void fuzz_one(apr_pool_t *p, mtls_str_t input)
{
    mtls_guard_t *guard = mtls_guard_make(p), *few = mtls_guard_make(p), *less;
    mtls_str_t line, rest = input;

    mtls_guard_add_profiles(guard);
    FUZZ_CHECK(mtls_guard_add_profile(few, "xfcc"), "xfcc");
    while (fuzz_next(&rest, '\n', &line)) {
        if (line.len && *line.ptr == '+')
            mtls_guard_add(rest.len % 2 ? guard : few, apr_pstrmemdup(p, line.ptr + 1, line.len - 1));
    }
    less = mtls_guard_without(p, guard, few);
    while (fuzz_next(&input, '\n', &line)) {
        if (line.len && *line.ptr == '/')
            check_path(p, alone(p, line));
        else
            check_name(p, guard, less, alone(p, line));
    }
}
