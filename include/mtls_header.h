/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_header.h
 * @brief Identity headers: profiles, single headers, and the names nobody else may speak in.
 */
#ifndef MTLS_HEADER_H
#define MTLS_HEADER_H

#include <apr_tables.h>
#include "mtls_cert.h"
#include "mtls_format.h"

/** A header that one configuration exports: name and how its value is made. Immutable. */
typedef struct mtls_header_t mtls_header_t;

/** The distinct headers of one configuration, each once with a slot of its own. Grows while the
 *  configuration is read (one thread), is constant afterwards. */
typedef struct mtls_headerset_t mtls_headerset_t;

/** @param fields the fields of the same configuration; grows with what headers need */
mtls_headerset_t *mtls_headerset_make(apr_pool_t *p, mtls_fieldset_t *fields);

int mtls_headerset_len(const mtls_headerset_t *set);
const mtls_header_t *mtls_headerset_at(const mtls_headerset_t *set, int slot);

/**
 * Compile one profile with its options, as written: "xfcc:uri,dns".
 *
 * @param headers array of const mtls_header_t *; its headers are appended
 * @return NULL, or a sentence that names the word and lists what would be accepted
 */
const char *mtls_profile_compile(mtls_headerset_t *set, const char *word, apr_array_header_t *headers);

/** The name of the profile in a word such as "xfcc:uri,dns": *len octets of it. True if it exists. */
int mtls_profile_known(const char *word, apr_size_t *len);

/**
 * Compile one MTLSHeader line: NAME FIELD [FORMAT], or NAME "=literal".
 *
 * @return NULL and *header, or a sentence
 */
const char *mtls_header_compile(mtls_headerset_t *set, const char *name, const char *field, const char *format,
                                const mtls_header_t **header);

/** NULL, or a sentence fragment why no header of this name may be exported: not a token (RFC 9110
 *  section 5.6.2), or owned by the protocol (Host, Content-Length, Connection, Transfer-Encoding, ...). */
const char *mtls_header_name_refused(apr_pool_t *p, const char *name);

/** The name as it is sent. */
const char *mtls_header_name(const mtls_header_t *header);
/** Its place in the set. */
int mtls_header_slot(const mtls_header_t *header);
/** The same number for headers of a set whose names fold to the same one; less than the set's length. */
int mtls_header_like(const mtls_header_t *header);
/** True if its value may differ between two requests of one connection that both see the same believed
 *  certificate; else it can be kept for them. */
int mtls_header_live(const mtls_header_t *header);
/** True if it is sent for a certificate that is not to be believed, too (a status header). */
int mtls_header_status(const mtls_header_t *header);
/** The profile it came from, NULL for MTLSHeader. */
const char *mtls_header_profile(const mtls_header_t *header);
/** True if both always give the same octets. */
int mtls_header_same(const mtls_header_t *a, const mtls_header_t *b);

/**
 * Make the value. Nothing but status headers has one unless view->standing is MTLS_GRANTED.
 *
 * @return MTLS_GRANTED and *value (C string in p), or NULL in *value: absent, send nothing;
 *         MTLS_AMBIGUOUS: several values where there must be one;
 *         MTLS_CHAIN_UNAVAILABLE: the chain is needed and not known
 */
mtls_reason_t mtls_header_render(apr_pool_t *p, const mtls_header_t *header, const mtls_view_t *view,
                                 const char **value);

/** A set of header names, found in every spelling that a backend may fold to the same one:
 *  ASCII case, and any character that is not alphanumeric. */
typedef struct mtls_guard_t mtls_guard_t;

mtls_guard_t *mtls_guard_make(apr_pool_t *p);
void mtls_guard_add(mtls_guard_t *guard, const char *name);
/** Every name of every profile. */
void mtls_guard_add_profiles(mtls_guard_t *guard);
/** Every name of one profile as written ("vault:X-Cert"). False if there is no such profile. */
int mtls_guard_add_profile(mtls_guard_t *guard, const char *word);
/** A new guard in p with the names of all that are not in but. */
mtls_guard_t *mtls_guard_without(apr_pool_t *p, const mtls_guard_t *all, const mtls_guard_t *but);
int mtls_guard_len(const mtls_guard_t *guard);
/** The name with index i, as it was added. */
const char *mtls_guard_name(const mtls_guard_t *guard, int i);
/** The index of the name that name (len octets) folds to, or -1. A few instructions for most others. name is part of a
 *  C string: there is no NUL within, and something behind, if only its end. */
int mtls_guard_find(const mtls_guard_t *guard, const char *name, apr_size_t len);
/** The place of the first name of the guard in a table, at or behind from; -1: none. */
int mtls_guard_search(const mtls_guard_t *guard, const apr_table_t *table, int from);
enum {
    MTLS_GUARD_TOUCHED = 1,  /**< there may be a name of the guard, or a line "Connection" with such a name in it, as httpd
                                  splits lists; without this bit there is none */
    MTLS_GUARD_CHUNKED = 2   /**< there is a line "Transfer-Encoding": a body, and perhaps trailers behind it */
};
/** One look at all of a request's headers: bits of MTLS_GUARD_. For most of them a few instructions. */
unsigned mtls_guard_look(const mtls_guard_t *guard, const apr_table_t *headers);
/** True if both names fold to the same one. */
int mtls_header_folds_equal(const char *a, const char *b);

/** For documents and tests: the profiles, one row each. */
typedef struct mtls_profile_t {
    const char *name;
    const char *defaults;        /**< its options where none are written, joined by commas; NULL: none */
    const char *products;        /**< who reads it, with versions where they matter */
    const char *doc;
} mtls_profile_t;

extern const mtls_profile_t mtls_profiles[];
extern const int mtls_profiles_len;

/** What a row says of its part. */
enum {
    MTLS_PART_REPEAT = 1,    /**< label=value for each value */
    MTLS_PART_SINGLE = 2,    /**< several values are ambiguous */
    MTLS_PART_QUOTE = 4,     /**< always in quotes; other labelled parts where they need it */
    MTLS_PART_QUERY = 8,     /**< the whole header is query-escaped */
    MTLS_PART_NAMED = 16     /**< the option of the profile is this header's name */
};
/** Only the value with this index; nothing if there are more than MTLS_PART_NTH_MAX. */
#define MTLS_PART_NTH(i) (((i) + 1u) << 8)
#define MTLS_PART_NTH_MAX 5

/** What profiles send: the rows of tbl/profiles.h, in their order; rows of one header stand together. */
typedef struct mtls_profile_part_t {
    const char *profile;
    const char *header;
    const char *label;       /**< NULL: the value alone */
    const char *fields;      /**< NULL: never sent, only guarded */
    const char *format;      /**< NULL with "=text" */
    const char *option;      /**< NULL: always */
    unsigned flags;          /**< MTLS_PART_ */
} mtls_profile_part_t;

extern const mtls_profile_part_t mtls_profile_parts[];
extern const int mtls_profile_parts_len;

#endif
