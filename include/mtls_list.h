/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_list.h
 * @brief A list that lives: kept in a file, read again when that changes, and the last good version kept when it is bad.
 */
#ifndef MTLS_LIST_H
#define MTLS_LIST_H

#include "mtls_cert.h"
#include "mtls_match.h"

/** Where entries come from. */
typedef enum mtls_list_kind_t { MTLS_LIST_FILE, MTLS_LIST_CRL, MTLS_LIST_KILL } mtls_list_kind_t;

typedef struct mtls_list_t mtls_list_t;

/**
 * Define a list.
 *
 * @param p lifetime of the list
 * @param set the fields of this configuration; grows with what the list compares
 * @param name as the operator wrote it; not used for the kill list
 * @param field its field, or NULL for the kill list
 * @param source "file:PATH" or "crl:PATTERN"; a path alone for the kill list
 * @return NULL and *list, or a sentence in p
 */
const char *mtls_list_define(apr_pool_t *p, mtls_fieldset_t *set, const mtls_host_t *host, const char *name,
                             const char *field, const char *source, mtls_list_t **list);

/** How long a version may go without its file being found good before the list counts as stale. Seconds. */
void mtls_list_set_stale(mtls_list_t *list, apr_int64_t seconds);

/** Who may have signed revocation lists: array of X509 *, which lives as long as the list. */
void mtls_list_set_authorities(mtls_list_t *list, const apr_array_header_t *authorities);

const char *mtls_list_name(const mtls_list_t *list);         /**< lower case; "kill list" for that one */
const char *mtls_list_path(const mtls_list_t *list);
mtls_list_kind_t mtls_list_kind(const mtls_list_t *list);
const mtls_field_t *mtls_list_field(const mtls_list_t *list);    /**< NULL: the kill list */

/**
 * Read the list for the first time, before children are forked.
 *
 * @param settle microseconds: wait until nobody has written into the files for so long; 0: take them as they are
 * @return NULL, or a sentence in p: file, line and reason
 */
const char *mtls_list_open(mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle);

/** True if some entry had a label of this name at the start, or if there were no entries at all. After open. */
int mtls_list_has_label(const mtls_list_t *list, mtls_str_t name);

/** The names of all labels that entries had at the start: array of mtls_str_t (C strings). After open. */
const apr_array_header_t *mtls_list_labels(const mtls_list_t *list);

/* ---- in each child: the keeper, one thread ---- */

/** What has happened to a list. */
typedef enum mtls_list_event_t {
    MTLS_LIST_QUIET,             /**< nothing that anybody needs to be told */
    MTLS_LIST_RENEWED,           /**< another version is in force */
    MTLS_LIST_BAD,               /**< the files are bad; the version before stays in force */
    MTLS_LIST_STALE,             /**< the version in force has become stale */
    MTLS_LIST_STUCK              /**< nobody looks at the files any more, or this process cannot take up what is in force */
} mtls_list_event_t;

/**
 * Look after a list: follow the version that is in force, and, if no other process does, look at the files. What has
 * been still for as long as settle is read. Of all processes, one tells an event.
 *
 * @param settle microseconds
 * @param sentence in p
 */
mtls_list_event_t mtls_list_keep(mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle, const char **sentence);

/* ---- any thread ---- */

/** Look up what the facts of a verified certificate find. Memory from p; never NULL. No lock. */
const mtls_membership_t *mtls_list_find(mtls_list_t *list, apr_pool_t *p, const mtls_facts_t *facts);

/** The number of the version that this process looks into; 0: it has none. */
apr_uint32_t mtls_list_version(const mtls_list_t *list);

/** True if the version in force has become stale. */
int mtls_list_stale(const mtls_list_t *list);

/** How a list stands. Times in seconds since 1970, 0: never. */
typedef struct mtls_list_status_t {
    apr_uint32_t version;        /**< in force */
    apr_uint32_t entries;
    apr_uint32_t reloads;        /**< versions that came into force since the start, the first not counted */
    apr_uint32_t failures;       /**< how many times the files were found bad */
    apr_int64_t loaded;          /**< when the version came into force */
    apr_int64_t confirmed;       /**< when its files were last seen as they were read */
    apr_int64_t bad_since;       /**< 0: they are good */
    apr_int64_t next_update;     /**< the earliest nextUpdate of the revocation lists */
    int stale;
    int blank;                   /**< nothing stands in the files, not even a comment */
    char why[400];               /**< what is bad; a C string, empty where nothing is */
} mtls_list_status_t;

void mtls_list_status(mtls_list_t *list, mtls_list_status_t *status);

#endif
