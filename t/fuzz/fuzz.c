/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <apr_general.h>
#include <openssl/err.h>

/* tools/explain_regex.c */
extern const mtls_host_t explain_host;

static apr_pool_t *program_pool;

static const char *no_path(apr_pool_t *p, const char *name)
{
    (void)p, (void)name;
    return NULL;
}

static const char *compile_regex(apr_pool_t *p, const char *pattern, void **regex)
{
    return explain_host.regex_compile(p, pattern, regex);
}

static int match_regex(const void *regex, mtls_str_t text, mtls_str_t *group)
{
    return explain_host.regex_match(regex, text, group);
}

const mtls_host_t fuzz_host = { compile_regex, match_regex, no_path };

void fuzz_fail(const char *file, int line, const char *what, const char *about)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, about ? about : "nothing");
    abort();
}

int fuzz_next(mtls_str_t *input, char end, mtls_str_t *part)
{
    const char *at = input->len ? memchr(input->ptr, end, input->len) : NULL;

    if (!input->len)
        return 0;
    *part = (mtls_str_t){ input->ptr, at ? (apr_size_t)(at - input->ptr) : input->len };
    input->ptr += part->len + (at != NULL);
    input->len -= part->len + (at != NULL);
    return 1;
}

int fuzz_words(apr_pool_t *p, mtls_str_t line, const char **words, int max)
{
    char *from = apr_pstrmemdup(p, line.ptr, line.len), *to;
    int n = 0, within;

    while (n < max) {
        from += strspn(from, " ");
        if (!*from)
            break;
        words[n++] = to = from;
        for (within = 0; *from && (within || *from != ' '); from++) {
            if (*from == '"')
                within = !within;
            else
                *to++ = *from;
        }
        from += *from != '\0';
        *to = '\0';
    }
    return n;
}

int fuzz_printable(const char *text, int ascii)
{
    const unsigned char *c = (const unsigned char *)text;

    while (*c) {
        uint32_t point;
        int more = *c < 0x80 ? 0 : *c < 0xc2 ? -1 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : *c < 0xf5 ? 3 : -1, i;

        if (more < 0 || *c < 0x20 || *c == 0x7f || (ascii && more))
            return 0;
        point = more ? *c & (0x3fu >> more) : *c;
        for (i = 0, c++; i < more; i++, c++) {
            if ((*c & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (*c & 0x3f);
        }
        if ((more == 2 && (point < 0x800 || (point >= 0xd800 && point < 0xe000)))
            || (more == 3 && (point < 0x10000 || point > 0x10ffff)))
            return 0;
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    char *copy = malloc(len ? len : 1);
    apr_pool_t *p;

    if (!program_pool) {
        apr_initialize();
        atexit(apr_terminate);
        apr_pool_create(&program_pool, NULL);
        fuzz_prepare(program_pool);
    }
    if (!copy)
        return 0;
    memcpy(copy, octets, len);
    ERR_clear_error();
    apr_pool_create(&p, program_pool);
    fuzz_exact(1);
    fuzz_one(p, (mtls_str_t){ copy, len });
    apr_pool_destroy(p);
    fuzz_exact(0);
    FUZZ_CHECK(!ERR_peek_error(), "OpenSSL's error queue is not as it was found");
    free(copy);
    return 0;
}
