/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_operand.h
 * @brief How words of the configuration become values: the parsers of tbl/types.h.
 */
#ifndef MTLS_OPERAND_H
#define MTLS_OPERAND_H

#include "mtls_type.h"

/** @return NULL and *value in p, or a sentence fragment in p; see mtls_type_t */
typedef const char *mtls_parse_fn(apr_pool_t *p, const char *word, mtls_value_t *value);

mtls_parse_fn mtls_parse_text, mtls_parse_uri, mtls_parse_dns, mtls_parse_mail, mtls_parse_ip, mtls_parse_dn,
    mtls_parse_serial, mtls_parse_sha256, mtls_parse_sha1, mtls_parse_octets, mtls_parse_time, mtls_parse_duration,
    mtls_parse_number, mtls_parse_oid, mtls_parse_none;

/* These know names as well; see mtls_name.h. */
mtls_parse_fn mtls_parse_purpose, mtls_parse_policy, mtls_parse_key_usage, mtls_parse_key_type, mtls_parse_curve,
    mtls_parse_sigalg, mtls_parse_tls_version;

#endif
