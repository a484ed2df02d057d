/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_dn_written.h
 * @brief Inside the value room: what the two written forms of a distinguished name share.
 */
#ifndef MTLS_DN_WRITTEN_H
#define MTLS_DN_WRITTEN_H

#include <apr_tables.h>
#include "mtls_dn.h"

/** Where a parser stands. */
typedef struct mtls_dn_written_t {
    apr_pool_t *pool;
    const char *at;
    int loose;               /**< blanks around '=', ',' and '+' and quoted values are taken, too */
    int loose_equals;        /**< there were blanks in front of a '=' */
    int rdn;
    apr_array_header_t *attributes;    /**< of mtls_attribute_t, as written */
} mtls_dn_written_t;

/** How many octets at the front can be those of a label or of a dotted OID. */
apr_size_t mtls_dn_label_len(const char *at);

/** The row that a label stands for, case ignored. NULL: none. */
const mtls_attribute_name_t *mtls_dn_label_find(const char *label);

/** The type that a label of ours, or else a dotted OID, stands for. False: none. */
int mtls_dn_label_type(apr_pool_t *p, const char *label, mtls_str_t *oid);

/** "CN, O, ..." in p, for sentences. */
const char *mtls_dn_labels(apr_pool_t *p);

/** One more attribute, of the RDN that the parser is in. @return NULL, or a sentence fragment */
const char *mtls_dn_written_add(mtls_dn_written_t *parse, mtls_str_t oid, mtls_str_t text);

/** The slash form, from its first slash to its end. @return NULL, or a sentence fragment */
const char *mtls_dn_read_slashes(mtls_dn_written_t *parse);

#endif
