/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What a backend does with a header: the formats, read by somebody who shares nothing with those who write them. */
#ifndef DECODE_H
#define DECODE_H

#include <apr_tables.h>
#include "mtls_type.h"

/** Strict readers: 1 and *octets (in p), or 0 if the text is not in this form. */
int decode_percent(apr_pool_t *p, mtls_str_t text, mtls_str_t *octets);
int decode_base64(apr_pool_t *p, mtls_str_t text, int url, mtls_str_t *octets);
int decode_hex(apr_pool_t *p, mtls_str_t text, char separator, mtls_str_t *octets);

/** As forms are written: '+' is a blank. */
int decode_query(apr_pool_t *p, mtls_str_t text, mtls_str_t *octets);

/** One PEM block after another, lines ended by line; the last may lack it. @param der array of mtls_str_t */
int decode_pem(apr_pool_t *p, mtls_str_t text, char line, apr_array_header_t *der);

/** True if text, in this format, is this value and no other. */
int decode_is(apr_pool_t *p, const char *format, mtls_type_id_t type, const mtls_value_t *value, mtls_str_t text);

/** Likewise for formats that take all values at once. */
int decode_is_list(apr_pool_t *p, const char *format, mtls_type_id_t type, const mtls_value_t *values, int n, mtls_str_t text);

/** True if a name's DER is what stands in RFC 4514 form (spaced: with blanks around signs) or in slash form. */
int decode_is_rfc4514(apr_pool_t *p, mtls_str_t der, mtls_str_t text, int spaced);
int decode_is_slash(apr_pool_t *p, mtls_str_t der, mtls_str_t text);

#endif
