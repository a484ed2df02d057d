/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_der.h
 * @brief Walking DER (X.690) by length, without allocating anything.
 *
 * Stricter than a BER decoder on purpose: indefinite and padded lengths and
 * tag numbers above 30 are refused, so that there is one reading of the octets.
 */
#ifndef MTLS_DER_H
#define MTLS_DER_H

#include "mtls_text.h"

/** Identifier octets that occur in certificates. */
enum {
    MTLS_DER_BIT_STRING = 0x03, MTLS_DER_OCTET_STRING = 0x04, MTLS_DER_OID = 0x06,
    MTLS_DER_UTF8_STRING = 0x0c, MTLS_DER_NUMERIC_STRING = 0x12, MTLS_DER_PRINTABLE_STRING = 0x13,
    MTLS_DER_TELETEX_STRING = 0x14, MTLS_DER_IA5_STRING = 0x16, MTLS_DER_VISIBLE_STRING = 0x1a,
    MTLS_DER_UNIVERSAL_STRING = 0x1c, MTLS_DER_BMP_STRING = 0x1e,
    MTLS_DER_SEQUENCE = 0x30, MTLS_DER_SET = 0x31,
    MTLS_DER_CONTEXT = 0x80, MTLS_DER_CONSTRUCTED = 0x20
};

/** One element: its identifier octet and what is in it. */
typedef struct mtls_der_t {
    unsigned tag;
    mtls_str_t content;
} mtls_der_t;

/** A mtls_str_t from a string constant that may hold any octet. */
#define MTLS_OCTETS(literal) ((mtls_str_t){ (literal), sizeof(literal) - 1 })

/** Take the first element off rest. @return 1, or 0 if there is none or it is not DER */
int mtls_der_next(mtls_str_t *rest, mtls_der_t *element);

/** True if octets are exactly one element with this tag, and nothing behind it. */
int mtls_der_only(mtls_str_t octets, unsigned tag, mtls_str_t *content);

/**
 * Decode an element of one of the character string types to UTF-8. The text
 * is a part of the element where it can be, else in p.
 *
 * @return 1 if it is readable (well-formed, no control characters), else 0 and *text is empty
 */
int mtls_der_text(apr_pool_t *p, mtls_der_t element, mtls_str_t *text);

#endif
