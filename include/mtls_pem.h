/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_pem.h
 * @brief Operands of a rule, written out or taken from the certificates of a PEM file.
 */
#ifndef MTLS_PEM_H
#define MTLS_PEM_H

#include <apr_tables.h>
#include <openssl/x509.h>
#include "mtls_match.h"

/**
 * Read every certificate of a PEM file.
 *
 * @param certificates array of X509 *, appended to; freed with p
 * @return NULL, or a sentence fragment: "cannot be read: ...", "holds no certificate"
 */
const char *mtls_pem_read(apr_pool_t *p, const char *path, apr_array_header_t *certificates);

/** Likewise from a C string. */
const char *mtls_pem_parse(apr_pool_t *p, const char *text, apr_array_header_t *certificates);

/** For readers of PEM: what is encrypted has no password. Without this OpenSSL asks for one, at the terminal or from the
 *  standard input, and waits there. */
int mtls_pem_no_password(char *room, int size, int writes, void *unused);

/**
 * The values that a word stands for behind "is": the word parsed by the field's type, or, for
 * "pem:PATH" where a digest, distinguished name or serial number is expected, that value of every
 * certificate in the file. Fields that speak of an issuer or a CA (issuer, ca, ca.sha256,
 * ca.spki.sha256, aki) take the value of the CA certificates in the file.
 *
 * @param values array of mtls_value_t, appended to
 * @return NULL, or a sentence fragment in p
 */
const char *mtls_pem_operand(apr_pool_t *p, const mtls_host_t *host, const mtls_field_t *field, const char *word,
                             apr_array_header_t *values);

/** True if "pem:PATH" is read as a file for this field; it is a text like any other for the rest. */
int mtls_pem_stands_for(const mtls_field_t *field);

#endif
