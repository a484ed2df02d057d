/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Certificates from files. */
#include <string.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include "cert_file.h"
#include "mtls_pem.h"

/* A certificate is a few kilobytes; whoever names a disk image made a mistake. */
#define LARGEST (16 * 1024 * 1024)

static const char *describe(apr_pool_t *p, apr_status_t status)
{
    char text[128];

    return apr_psprintf(p, "cannot be read: %s", apr_strerror(status, text, sizeof(text)));
}

static const char *read_octets(apr_pool_t *p, const char *path, mtls_str_t *octets)
{
    apr_status_t status;
    apr_file_t *file;
    apr_finfo_t info;
    char *room;

    status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, p);
    if (status != APR_SUCCESS)
        return describe(p, status);
    status = apr_file_info_get(&info, APR_FINFO_TYPE | APR_FINFO_SIZE, file);
    if (status != APR_SUCCESS)
        return describe(p, status);
    if (info.filetype == APR_DIR)
        return "is a directory";
    if (info.filetype != APR_REG)
        return "is not a regular file";
    if (info.size > LARGEST)
        return "is too large to be a certificate";
    octets->len = (apr_size_t)info.size;
    room = apr_palloc(p, octets->len + 1);
    status = octets->len ? apr_file_read_full(file, room, octets->len, NULL) : APR_SUCCESS;
    apr_file_close(file);
    octets->ptr = room;
    return status == APR_SUCCESS ? NULL : describe(p, status);
}

static apr_status_t free_certificate(void *certificate)
{
    X509_free(certificate);
    return APR_SUCCESS;
}

static const char *read_der(apr_pool_t *p, mtls_str_t octets, X509 **certificate)
{
    const unsigned char *at = (const unsigned char *)octets.ptr;

    ERR_set_mark();
    *certificate = d2i_X509(NULL, &at, (long)octets.len);
    ERR_pop_to_mark();
    if (!*certificate)
        return "is not a certificate: it is neither PEM nor well-formed DER";
    apr_pool_cleanup_register(p, *certificate, free_certificate, apr_pool_cleanup_null);
    if (at != (const unsigned char *)octets.ptr + octets.len)
        return "holds octets behind the certificate";
    return NULL;
}

const char *cert_file_read(apr_pool_t *p, const char *path, X509 **certificate)
{
    apr_array_header_t *certificates = apr_array_make(p, 4, sizeof(X509 *));
    mtls_str_t octets = { "", 0 };
    const char *error = read_octets(p, path, &octets);

    if (error)
        return error;
    if (!octets.len)
        return "is empty";
    if (octets.ptr[0] == '0')            /* the first octet of a SEQUENCE; PEM never begins with it */
        return read_der(p, octets, certificate);
    error = mtls_pem_read(p, path, certificates);
    if (!error)
        *certificate = APR_ARRAY_IDX(certificates, 0, X509 *);
    return error;
}

const char *cert_file_chain(apr_pool_t *p, const char *path, apr_array_header_t *chain)
{
    mtls_str_t octets;
    const char *error = read_octets(p, path, &octets);

    return error ? error : mtls_pem_read(p, path, chain);
}
