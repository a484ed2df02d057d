/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_text.h
 * @brief Counted octets, and the one place that makes foreign text safe to print.
 *
 * Certificate text carries its length and may hold any octet; nothing here
 * looks for a terminating NUL unless it says "C string".
 */
#ifndef MTLS_TEXT_H
#define MTLS_TEXT_H

#include <apr_pools.h>

/** Octets with their length. Owned by whoever made them; never modified. */
typedef struct mtls_str_t {
    const char *ptr;
    apr_size_t len;
} mtls_str_t;

/** The octets of a C string, without a copy. */
mtls_str_t mtls_str(const char *z);

/** A copy in p, with a NUL behind it that is not counted. */
mtls_str_t mtls_str_copy(apr_pool_t *p, mtls_str_t s);

/** True if both hold the same octets. */
int mtls_str_eq(mtls_str_t a, mtls_str_t b);

/** A copy in p with A-Z folded to a-z; every other octet as it is. */
mtls_str_t mtls_str_lower(apr_pool_t *p, mtls_str_t s);

/**
 * True if s is well-formed UTF-8 (RFC 3629: no overlong form, no surrogate)
 * without NUL, C0 control characters and DEL.
 */
int mtls_text_clean(mtls_str_t s);

/** True if s is nothing but printable ASCII, blanks included. */
int mtls_text_printable(mtls_str_t s);

/**
 * s for a log line or an error sentence: printable ASCII as it is, except that
 * '\' and '"' get a backslash; every other octet becomes \xHH.
 *
 * @return a C string in p
 */
const char *mtls_text_escape(apr_pool_t *p, mtls_str_t s);

/** Hexadecimal digits of s, lower-case unless upper, a C string in p; sep between octets unless 0. */
const char *mtls_text_hex(apr_pool_t *p, mtls_str_t s, char sep, int upper);

/** The octet that the two hexadecimal digits at at stand for, or -1. Reads no further than a NUL. */
int mtls_text_octet(const char *at);

/** How many characters to insert, delete, change or swap with their neighbour to make a of b; words of
 *  more than 40 octets are 40 apart from everything. */
int mtls_text_distance(const char *a, const char *b);

#endif
