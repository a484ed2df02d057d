/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_parts.h
 * @brief Inside the header room: what a compiled header is made of.
 */
#ifndef MTLS_PARTS_H
#define MTLS_PARTS_H

#include "mtls_header.h"

/** A field whose values a part prints. */
typedef struct mtls_term_t {
    const char *label;           /**< printed as LABEL= before each value, or NULL */
    const mtls_field_t *field;
    int minus;                   /**< true: these values are taken away instead */
} mtls_term_t;

/** One label=value of a header. */
typedef struct mtls_part_t {
    const char *label;           /**< NULL: the value alone */
    const char *literal;         /**< the text itself; no terms then */
    const mtls_format_t *format;
    unsigned flags;              /**< MTLS_PART_ */
    int n;
    const mtls_term_t *terms;
} mtls_part_t;

struct mtls_header_t {
    const char *name;
    const char *profile;
    int slot;
    int like;                    /**< slot of the first header of the set whose name folds to the same one */
    int live;
    int status;
    int n;
    const mtls_part_t *parts;
};

struct mtls_headerset_t {
    apr_pool_t *p;
    mtls_fieldset_t *fields;
    apr_array_header_t *headers; /**< of const mtls_header_t * */
};

/**
 * Compile the fields and the format of one part, as tbl/profiles.h writes them.
 *
 * @param format its name, or NULL for the default of the first field's type
 * @return NULL, or a sentence in the set's pool
 */
const char *mtls_part_compile(mtls_headerset_t *set, const char *fields, const char *format, mtls_part_t *part);

/** The header of this name and these parts: the one that the set has, or a new one. */
const mtls_header_t *mtls_headerset_intern(mtls_headerset_t *set, const char *name, const char *profile,
                                           const mtls_part_t *parts, int n);

/** The character that c folds to: a-z, 0-9, else '-'. */
unsigned char mtls_header_fold(unsigned char c);

#endif
