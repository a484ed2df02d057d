/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <apr_lib.h>

#include "mtls_match.h"

/** Where to go on when the text behind a star did not fit. */
typedef struct retry_t {
    int set;
    apr_size_t glob;     /* first octet behind the star */
    apr_size_t text;     /* how far the star reaches so far */
} retry_t;

static int same_octet(char g, char t, int fold)
{
    if (g == t)
        return 1;
    return fold && apr_tolower((unsigned char)g) == apr_tolower((unsigned char)t);
}

/* What stands behind a single star was found nowhere up to its end. Where a double star in front reaches further, all that
 * follows it is found no sooner than before, so that the single star begins no sooner. At the end of text there is no more
 * to look through; and up to the next sep behind the double star there are as many of them between the two as before, so
 * that the single star would end where it has ended. Without this a long text would cost its square. */
static int is_worth_moving(mtls_str_t text, char sep, apr_size_t end, retry_t *twin)
{
    if (!twin->set || end >= text.len)
        return 0;
    while (text.ptr[twin->text] != sep)
        twin->text++;
    return 1;
}

/* Only the last single and the last double star ever need to reach further: what an earlier star
 * could gain, the later one gains too (a single star never crosses sep, and neither could the earlier). */
int mtls_glob(mtls_str_t glob, mtls_str_t text, char sep, apr_size_t fold_from)
{
    retry_t single = { 0, 0, 0 }, twin = { 0, 0, 0 };
    apr_size_t g = 0, t = 0;

    for (;;) {
        if (g < glob.len && glob.ptr[g] == '*') {
            int is_twin = !sep || (g + 1 < glob.len && glob.ptr[g + 1] == '*');

            while (g < glob.len && glob.ptr[g] == '*')
                g++;
            single.set = 0;
            if (is_twin)
                twin = (retry_t){ 1, g, t };
            else
                single = (retry_t){ 1, g, t };
            continue;
        }
        if (g == glob.len && t == text.len)
            return 1;
        if (g < glob.len && t < text.len && same_octet(glob.ptr[g], text.ptr[t], t >= fold_from)) {
            g++;
            t++;
            continue;
        }
        if (single.set && single.text < text.len && text.ptr[single.text] != sep) {
            g = single.glob;
            t = ++single.text;
            continue;
        }
        if (single.set && !is_worth_moving(text, sep, single.text, &twin))
            return 0;
        single.set = 0;
        if (!twin.set || twin.text >= text.len)
            return 0;
        g = twin.glob;
        t = ++twin.text;
    }
}

/* From where on ASCII case does not count: a DNS name's begin, a mail address' domain, never else. */
static apr_size_t fold_offset(const mtls_type_t *type, mtls_str_t text)
{
    apr_size_t i;

    if (type == &mtls_types[MTLS_T_DNS])
        return 0;
    if (type == &mtls_types[MTLS_T_MAIL]) {
        for (i = text.len; i > 0; i--) {
            if (text.ptr[i - 1] == '@')
                return i;
        }
    }
    return text.len;
}

int mtls_glob_like(const mtls_type_t *type, mtls_str_t glob, mtls_str_t text)
{
    return mtls_glob(glob, text, type->separator, fold_offset(type, text));
}

const char *mtls_glob_refused(const char *word)
{
    if (!*word)
        return "is empty";
    return mtls_text_clean(mtls_str(word)) ? NULL : "is not UTF-8 text without control characters";
}

int mtls_dns_covers(mtls_str_t presented, mtls_str_t reference)
{
    const char *dot;

    if (presented.len > 2 && presented.ptr[0] == '*' && presented.ptr[1] == '.') {
        dot = memchr(reference.ptr, '.', reference.len);
        if (!dot || dot == reference.ptr)
            return 0;
        presented = (mtls_str_t){ presented.ptr + 1, presented.len - 1 };
        reference = (mtls_str_t){ dot, reference.len - (apr_size_t)(dot - reference.ptr) };
    }
    /* A star anywhere else is just a character, and no host name has one. */
    return presented.len == reference.len && presented.len > 0
        && !memchr(presented.ptr, '*', presented.len)
        && !strncasecmp(presented.ptr, reference.ptr, presented.len);
}
