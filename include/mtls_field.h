/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_field.h
 * @brief Everything a certificate can be asked: one registry, one row per field.
 *
 * Rules, headers, environment variables, expressions, mtls-explain and the
 * reference documentation all read tbl/fields.h; there is no second list.
 */
#ifndef MTLS_FIELD_H
#define MTLS_FIELD_H

#include "mtls_type.h"

/** What a row says of its field. */
enum {
    MTLS_FIELD_MANY = 1,     /**< may have several values */
    MTLS_FIELD_FAMILY = 2,   /**< the name ends in '.'; an attribute's suffix or an OID follows */
    MTLS_FIELD_CHAIN = 4,    /**< read from the verified chain above the certificate */
    MTLS_FIELD_TLS = 8,      /**< of the connection, not of the certificate */
    MTLS_FIELD_LIVE = 16,    /**< differs from request to request: see mtls_view_get */
    MTLS_FIELD_EXPORT = 32,  /**< for headers and variables only; a rule cannot name it */
    MTLS_FIELD_LATE = 64     /**< dear, and one value of octets: made when it is asked for first */
};

/** One constant per row of tbl/fields.h. */
typedef enum mtls_field_id_t {
#define MTLS_FIELD(id, name, type, flags, extract, doc, example) MTLS_F_##id,
#include "tbl/fields.h"
    MTLS_FIELD_COUNT
} mtls_field_id_t;

struct mtls_reading_t;
struct mtls_field_t;

/** Reads one field; fills *out, with memory of the reading's pool. */
typedef void mtls_extract_fn(struct mtls_reading_t *reading, const struct mtls_field_t *field, mtls_values_t *out);

/** One row. */
typedef struct mtls_field_row_t {
    mtls_field_id_t id;
    const char *name;
    mtls_type_id_t type;
    unsigned flags;
    mtls_extract_fn *extract;  /**< NULL for live fields */
    const char *doc;
    const char *example;       /**< what follows "Require mtls", or "MTLSHeader" if it is for export only */
} mtls_field_row_t;

extern const mtls_field_row_t mtls_fields[MTLS_FIELD_COUNT];

/** What stands behind a family's name in that of any of its members, "OID"; empty for a field that is no family. */
const char *mtls_field_members(const mtls_field_row_t *row);

/** A field as one configuration uses it: a row, and for families which member. */
typedef struct mtls_field_t {
    const char *name;            /**< full canonical name, lower case: "subject.cn" */
    const mtls_field_row_t *row;
    const mtls_type_t *type;
    mtls_str_t oid;              /**< families: content octets of the member's OID */
    int list;                    /**< label.LIST.NAME: the list's number in the set */
    mtls_str_t label;            /**< and the label's name */
    int slot;                    /**< its place in the facts */
} mtls_field_t;

/** The fields that one configuration uses, each once. Grows while the
 *  configuration is read (one thread), is constant afterwards. */
typedef struct mtls_fieldset_t mtls_fieldset_t;

mtls_fieldset_t *mtls_fieldset_make(apr_pool_t *p);

/**
 * Find or add a field by name (ASCII case ignored).
 *
 * @return NULL and *field (which lives as long as the set), or a sentence in
 *         the set's pool: "unknown field 'san.dsn'; known are ..." (with the
 *         nearest name first where one is near)
 */
const char *mtls_fieldset_add(mtls_fieldset_t *set, const char *name, const mtls_field_t **field);

/**
 * The number of a list in this configuration, by name (ASCII case ignored; whether it is ever defined shows later).
 *
 * @return NULL and *list, or a sentence in the set's pool: not a name that a list can have
 */
const char *mtls_fieldset_list(mtls_fieldset_t *set, const char *name, int *list);

/** How many lists have been named; their numbers are 0 to one less. */
int mtls_fieldset_lists(const mtls_fieldset_t *set);

/** The name of a list, lower case. */
const char *mtls_fieldset_list_name(const mtls_fieldset_t *set, int list);

/** NULL, or a sentence fragment why this can be no name of a list or of a label. */
const char *mtls_field_name_refused(mtls_str_t name);

/** How many fields there are; slots are 0 to one less. */
int mtls_fieldset_len(const mtls_fieldset_t *set);

/** The field in a slot. */
const mtls_field_t *mtls_fieldset_at(const mtls_fieldset_t *set, int slot);

/** All flags of all fields of the set, or'ed. */
unsigned mtls_fieldset_flags(const mtls_fieldset_t *set);

#endif
