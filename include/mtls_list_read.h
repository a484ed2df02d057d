/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_list_read.h
 * @brief What stands in the files of a list becomes entries: lines, and revocation lists.
 */
#ifndef MTLS_LIST_READ_H
#define MTLS_LIST_READ_H

#include <apr_tables.h>
#include <openssl/x509.h>

#include "mtls_field.h"
#include "mtls_index.h"

/** What one kind of key in a list is made of. */
typedef struct mtls_key_column_t {
    const mtls_field_t *field;
    const mtls_field_t *issuer;      /**< the key is a serial number together with its issuer; NULL: the field alone */
} mtls_key_column_t;

/** What revocation lists are about: the certificates of one issuer, or a part of them. */
typedef struct mtls_crl_scope_t mtls_crl_scope_t;

/** A list on its way into memory. */
typedef struct mtls_loading_t {
    apr_pool_t *pool;                /**< for sentences, and what is needed on the way */
    apr_pool_t *line_pool;           /**< cleared again and again */
    mtls_index_maker_t *maker;
    const mtls_key_column_t *columns;    /**< lines are of kind 0, or begin with a field's name where there are several */
    int n;
    const apr_array_header_t *authorities;   /**< of X509 *: who may have signed a revocation list */
    apr_int64_t now;                 /**< seconds since 1970 */
    const char *file;                /**< the one that is read, for sentences */
    apr_uint64_t signature;          /**< of the files as they were read: mtls_files_t */
    int said;                        /**< something stands in the files, if only a comment */
    apr_array_header_t *scopes;      /**< of mtls_crl_scope_t: those of the revocation lists; NULL: none was read */
    int issuers;                     /**< how many there are: several lists about the same count once */
    apr_int64_t next_update;         /**< the earliest of theirs, of several about the same the latest; 0: none has one */
} mtls_loading_t;

/** The key of a serial number together with its issuer, which is a folded one: a certificate need not write its issuer's
 *  name as that CA or a revocation list does (mtls_dn_folded_key). */
mtls_str_t mtls_column_key(apr_pool_t *p, mtls_str_t key, const mtls_str_t *issuer);

/** Lines: KEY [NAME=VALUE...], or FIELD VALUE where there are several columns.
 *  @return NULL, or a sentence in pool that begins with file and line */
const char *mtls_list_read_lines(mtls_loading_t *loading, mtls_str_t octets);

/** Certificate revocation lists (RFC 5280 section 5), one in DER or any number in PEM.
 *  @return NULL, or a sentence in pool */
const char *mtls_list_read_crl(mtls_loading_t *loading, mtls_str_t octets);

#endif
