/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What is read where somebody writes the name of a certificate as it was printed. Lines "FILE<TAB>subject|issuer<TAB>NAME"
 * on standard input, and for each of them one of
 *     same           the certificate's own name
 *     another        somebody else's
 *     unreadable     the certificate's name can be compared with nothing
 *     SENTENCE       refused */
#include <stdio.h>
#include <string.h>
#include <apr_general.h>
#include <openssl/pem.h>

#include "mtls_dn.h"

static const mtls_dn_t *name_of(apr_pool_t *p, const char *path, const char *which)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    const mtls_dn_t *dn = NULL;

    if (certificate)
        dn = mtls_dn_read(p, *which == 's' ? X509_get_subject_name(certificate) : X509_get_issuer_name(certificate));
    X509_free(certificate);
    BIO_free(bio);
    return dn;
}

static const char *judge(apr_pool_t *p, const char *path, const char *which, const char *print)
{
    const mtls_dn_t *own = name_of(p, path, which), *dn;
    const char *error = mtls_dn_parse(p, print, &dn);

    if (!own)
        return "there is no certificate";
    if (error)
        return error;
    if (!own->readable)
        return "unreadable";
    return mtls_str_eq(mtls_dn_key(p, own), mtls_dn_key(p, dn)) ? "same" : "another";
}

int main(void)
{
    static char line[1 << 20];
    apr_pool_t *pool, *p;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    apr_pool_create(&p, pool);
    while (fgets(line, sizeof(line), stdin)) {
        const char *path = strtok(line, "\t\n"), *which = strtok(NULL, "\t\n"), *print = strtok(NULL, "\n");

        if (!path || !which || !print)
            return 1;
        puts(judge(p, path, which, print));
        apr_pool_clear(p);
    }
    apr_terminate();
    return 0;
}
