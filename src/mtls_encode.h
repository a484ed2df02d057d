/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_encode.h
 * @brief Inside the format room: the encoders of tbl/formats.h and what they share.
 */
#ifndef MTLS_ENCODE_H
#define MTLS_ENCODE_H

#include "mtls_format.h"

typedef const char *mtls_encode_fn(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v, int n);

/* One declaration per row; rows that share an encoder repeat it, which C allows. */
#define MTLS_FORMAT(name, flags, types, encode, doc) mtls_encode_fn encode;
#include "tbl/formats.h"

/** True for octets that percent-encoding leaves alone. */
typedef int mtls_keep_fn(unsigned char c);

/** %XX (upper case) for all octets but those to keep; blanks at the ends never stay. C string in p. */
const char *mtls_percent(apr_pool_t *p, mtls_str_t s, mtls_keep_fn *keep);

/** A-Z a-z 0-9 - . _ ~ (RFC 3986 section 2.3). */
int mtls_keep_unreserved(unsigned char c);

/** What formats show of a value: addresses as text, everything else as it is stored. */
mtls_str_t mtls_shown(apr_pool_t *p, mtls_type_id_t type, const mtls_value_t *v);

/** s if a header may carry it as it stands, else NULL: not empty, no control character, no blank at an
 *  end, and without MTLS_FORMAT_UTF8 among the flags ASCII only. */
const char *mtls_sendable(const char *s, unsigned flags);

/** Copy s without its NUL. @return the end of what was written */
char *mtls_put(char *to, const char *s);

/** Base64 with padding, one line. NULL if s is empty or too long for OpenSSL's int. */
const char *mtls_base64(apr_pool_t *p, mtls_str_t s);

#endif
