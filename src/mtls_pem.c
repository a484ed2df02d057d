/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <errno.h>
#include <string.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "mtls_cert.h"
#include "mtls_pem.h"

#define PEM_PREFIX "pem:"

/** Which field of a file's certificate an operand stands for. */
typedef struct source_t {
    mtls_field_id_t field;       /* the field that the rule asks */
    const char *of_file;         /* what is read from the certificates in the file */
} source_t;

static const source_t sources[] = {
    { MTLS_F_SUBJECT, "subject" },
    { MTLS_F_ISSUER, "subject" },
    { MTLS_F_SAN_DIRNAME, "subject" },
    { MTLS_F_CA, "subject" },
    { MTLS_F_SERIAL, "serial" },
    { MTLS_F_SHA256, "sha256" },
    { MTLS_F_SHA1, "sha1" },
    { MTLS_F_SPKI_SHA256, "spki.sha256" },
    { MTLS_F_CA_SHA256, "sha256" },
    { MTLS_F_CA_SPKI_SHA256, "spki.sha256" },
    { MTLS_F_SKI, "ski" },
    { MTLS_F_AKI, "ski" }
};

static apr_status_t free_certificate(void *certificate)
{
    X509_free(certificate);
    return APR_SUCCESS;
}

/* PEM readers pass over what they do not know, a certificate behind a mistyped BEGIN line, too; its END line is still
 * there. */
static int count_ends(BIO *bio)
{
    char line[128];
    int n = 0;

    if (BIO_seek(bio, 0) < 0)
        return 0;
    while (BIO_gets(bio, line, sizeof(line)) > 0)
        n += strstr(line, "END") && strstr(line, "CERTIFICATE--");
    return n;
}

int mtls_pem_no_password(char *room, int size, int writes, void *unused)
{
    (void)room, (void)size, (void)writes, (void)unused;
    return -1;
}

static const char *judge_file(apr_pool_t *p, BIO *bio, int n)
{
    unsigned long last = ERR_peek_last_error();
    int ends;

    /* The end of a good file is "no start line"; anything else is a damaged certificate. */
    if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
        return apr_psprintf(p, "is damaged behind certificate %d", n);
    if (!n)
        return "holds no certificate in PEM form";
    ends = count_ends(bio);
    return ends <= n ? NULL : apr_psprintf(p, "has %d END lines of certificates, but only %d of them can be "
                                           "read: look at the BEGIN lines", ends, n);
}

static const char *read_all(apr_pool_t *p, BIO *bio, apr_array_header_t *certificates)
{
    const char *error;
    X509 *certificate;
    int before = certificates->nelts;

    if (!bio)
        return apr_psprintf(p, "cannot be read: %s", errno ? strerror(errno) : "out of memory");
    /* _AUX takes a "TRUSTED CERTIFICATE" like any other; the plain one would pass it over in silence. */
    while ((certificate = PEM_read_bio_X509_AUX(bio, NULL, mtls_pem_no_password, NULL)) != NULL) {
        APR_ARRAY_PUSH(certificates, X509 *) = certificate;
        apr_pool_cleanup_register(p, certificate, free_certificate, apr_pool_cleanup_null);
    }
    error = judge_file(p, bio, certificates->nelts - before);
    BIO_free(bio);
    return error;
}

const char *mtls_pem_read(apr_pool_t *p, const char *path, apr_array_header_t *certificates)
{
    const char *error;

    errno = 0;
    ERR_set_mark();
    error = read_all(p, BIO_new_file(path, "r"), certificates);
    ERR_pop_to_mark();
    return error;
}

const char *mtls_pem_parse(apr_pool_t *p, const char *text, apr_array_header_t *certificates)
{
    const char *error;

    errno = 0;
    ERR_set_mark();
    error = read_all(p, BIO_new_mem_buf(text, -1), certificates);
    ERR_pop_to_mark();
    return error;
}

static const char *source_of(const mtls_field_t *field)
{
    apr_size_t i;

    for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (sources[i].field == field->row->id)
            return sources[i].of_file;
    }
    return NULL;
}

int mtls_pem_stands_for(const mtls_field_t *field)
{
    return source_of(field) != NULL;
}

static const char *values_of_file(apr_pool_t *p, const char *path, const char *of_file, apr_array_header_t *values)
{
    apr_array_header_t *certificates = apr_array_make(p, 4, sizeof(X509 *));
    mtls_fieldset_t *set = mtls_fieldset_make(p);
    const mtls_field_t *field;
    const char *error = mtls_fieldset_add(set, of_file, &field);
    int i;

    if (!error)
        error = mtls_pem_read(p, path, certificates);
    for (i = 0; !error && i < certificates->nelts; i++) {
        mtls_source_t source = { .leaf = APR_ARRAY_IDX(certificates, i, X509 *), .chain_len = -1 };
        mtls_values_t found = mtls_facts_get(mtls_facts_read(p, set, &source), field);

        if (found.known != MTLS_PRESENT)
            return apr_psprintf(p, "holds a certificate (number %d) whose %s is absent or cannot be read", i + 1, of_file);
        APR_ARRAY_PUSH(values, mtls_value_t) = found.v[0];
    }
    return error;
}

static int is_file_name(const char *word)
{
    const char *dot = strrchr(word, '.');

    return !strncasecmp(word, "file:", 5) || (dot && (!strcasecmp(dot, ".pem") || !strcasecmp(dot, ".crt")));
}

static const char *parse_word(apr_pool_t *p, const mtls_field_t *field, const char *word, apr_array_header_t *values)
{
    const char *error = field->type->parse(p, word, apr_array_push(values));

    return error && source_of(field) && is_file_name(word)
        ? apr_pstrcat(p, error, "; for a file write pem:PATH", NULL) : error;
}

const char *mtls_pem_operand(apr_pool_t *p, const mtls_host_t *host, const mtls_field_t *field, const char *word,
                             apr_array_header_t *values)
{
    const char *of_file = source_of(field), *path;

    if (!of_file || strncmp(word, PEM_PREFIX, sizeof(PEM_PREFIX) - 1))
        return parse_word(p, field, word, values);
    path = host->path(p, word + sizeof(PEM_PREFIX) - 1);
    if (!path)
        return "is not a usable path";
    return values_of_file(p, path, of_file, values);
}
