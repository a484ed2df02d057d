/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What the module sends of a certificate, for comparison with what others say it should.
 *
 *     render_profiles LEAF.pem CHAIN.pem SERVER.pem [PROFILE[:OPTIONS]]...
 *
 * prints PROFILE<TAB>Header: value for each header with a value; without profiles, for all of them. CHAIN.pem
 * ends with the trust anchor. A header that would deny the request is printed as "Header! slug". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/pem.h>

#include "mtls_header.h"

#define CHAIN_MAX 16

static int read_certificates(const char *path, X509 **into, int max)
{
    FILE *file = fopen(path, "r");
    int n = 0;

    if (!file) {
        perror(path);
        exit(2);
    }
    while (n < max && (into[n] = PEM_read_X509(file, NULL, NULL, NULL)) != NULL)
        n++;
    fclose(file);
    return n;
}

static mtls_source_t read_source(char **paths)
{
    static X509 *leaf[1], *server[1], *chain[CHAIN_MAX];
    mtls_source_t source;

    memset(&source, 0, sizeof(source));
    if (read_certificates(paths[0], leaf, 1) != 1 || read_certificates(paths[2], server, 1) != 1) {
        fprintf(stderr, "%s or %s holds no certificate\n", paths[0], paths[2]);
        exit(2);
    }
    source.leaf = leaf[0];
    source.server = server[0];
    source.chain_len = read_certificates(paths[1], chain, CHAIN_MAX);
    source.chain = chain;
    source.tls_version = "TLSv1.3";
    source.cipher = "TLS_AES_256_GCM_SHA384";
    source.cipher_bits = 256;
    source.session_id = mtls_str("\x01\xab\xff");
    return source;
}

/* A moment at which the certificate is valid. */
static apr_int64_t moment(const X509 *leaf)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &tm) != 1)
        return 0;
    return (apr_int64_t)timegm(&tm) + 1;
}

static void print_header(apr_pool_t *p, const char *word, const mtls_header_t *header, const mtls_view_t *view)
{
    const char *value;
    mtls_reason_t reason = mtls_header_render(p, header, view, &value);

    if (reason != MTLS_GRANTED)
        printf("%s\t%s! %s\n", word, mtls_header_name(header), mtls_reason_slug(reason));
    else if (value)
        printf("%s\t%s: %s\n", word, mtls_header_name(header), value);
}

int main(int argc, char **argv)
{
    apr_pool_t *p;
    mtls_fieldset_t *fields;
    mtls_headerset_t *set;
    apr_array_header_t *words, **headers;
    mtls_source_t source;
    mtls_value_t user;
    mtls_view_t view;
    int i, j;

    if (argc < 4) {
        fprintf(stderr, "usage: render_profiles LEAF.pem CHAIN.pem SERVER.pem [PROFILE[:OPTIONS]]...\n");
        return 2;
    }
    apr_initialize();
    apr_pool_create(&p, NULL);
    fields = mtls_fieldset_make(p);
    set = mtls_headerset_make(p, fields);
    source = read_source(argv + 1);
    words = apr_array_make(p, 32, sizeof(const char *));
    for (i = 4; i < argc; i++)
        APR_ARRAY_PUSH(words, const char *) = argv[i];
    for (i = 0; argc == 4 && i < mtls_profiles_len; i++)
        APR_ARRAY_PUSH(words, const char *) = mtls_profiles[i].name;

    headers = apr_palloc(p, sizeof(*headers) * (apr_size_t)words->nelts);
    for (i = 0; i < words->nelts; i++) {
        const char *error;

        headers[i] = apr_array_make(p, 8, sizeof(const mtls_header_t *));
        error = mtls_profile_compile(set, APR_ARRAY_IDX(words, i, const char *), headers[i]);
        if (error) {
            fprintf(stderr, "%s\n", error);
            return 2;
        }
    }
    user = mtls_value_text(mtls_str("anne"));
    memset(&view, 0, sizeof(view));
    view.facts = mtls_facts_read(p, fields, &source);
    view.now = moment(source.leaf);
    view.standing = mtls_facts_standing(view.facts, view.now);
    view.user = (mtls_values_t){ MTLS_PRESENT, 1, &user };
    for (i = 0; i < words->nelts; i++) {
        for (j = 0; j < headers[i]->nelts; j++)
            print_header(p, APR_ARRAY_IDX(words, i, const char *),
                         APR_ARRAY_IDX(headers[i], j, const mtls_header_t *), &view);
    }
    apr_terminate();
    return 0;
}
