/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_format.h
 * @brief Encoders: a value becomes header text. One row each, pure, in this room only.
 *
 * The choke point: whatever an encoder returns is printable ASCII (0x20-0x7e),
 * or, for the formats that say so, well-formed UTF-8 without control
 * characters; never empty, with neither leading nor trailing blank. A value that a format cannot
 * carry so that it can be read back unchanged gives NULL: it is not sent.
 */
#ifndef MTLS_FORMAT_H
#define MTLS_FORMAT_H

#include "mtls_type.h"

/** What a row says of its format. */
enum {
    MTLS_FORMAT_LIST = 1,      /**< takes all values of a field at once and joins them itself */
    MTLS_FORMAT_INTERNAL = 2,  /**< for profiles only, not a word users type */
    MTLS_FORMAT_UTF8 = 4       /**< may return octets above 0x7e */
};

/** One row of tbl/formats.h. */
typedef struct mtls_format_t {
    const char *name;
    unsigned flags;            /**< MTLS_FORMAT_ */
    unsigned long types;       /**< set of 1ul << MTLS_T_: what it can print */
    /** n values of one type (n is 1 unless MTLS_FORMAT_LIST). @return C string in p, or NULL */
    const char *(*encode)(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n);
    const char *doc;
} mtls_format_t;

extern const mtls_format_t mtls_formats[];
extern const int mtls_formats_len;

/** By name, ASCII case ignored; NULL if unknown. Internal ones are found, too. */
const mtls_format_t *mtls_format_find(const char *name);

/** The names of the formats that users may type, "a, b, c": those for one of these types without any of these flags. */
const char *mtls_format_list(apr_pool_t *p, unsigned long types, unsigned without);

/** The default format of a type; never NULL. */
const mtls_format_t *mtls_format_default(mtls_type_id_t type);

#endif
