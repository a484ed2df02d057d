/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file cert_file.h
 * @brief Certificates that the command-line tools are given.
 */
#ifndef CERT_FILE_H
#define CERT_FILE_H

#include <apr_tables.h>
#include <openssl/x509.h>

/** The first certificate of a file, PEM or DER; freed with p. @return NULL and *certificate, or a sentence fragment */
const char *cert_file_read(apr_pool_t *p, const char *path, X509 **certificate);

/** All certificates of a PEM file. @param chain of X509 *, appended to @return NULL, or a sentence fragment */
const char *cert_file_chain(apr_pool_t *p, const char *path, apr_array_header_t *chain);

#endif
