/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_name.h
 * @brief Values that have names: key usages, key types, curves, algorithms, purposes, policies.
 *
 * The readers of certificates and the parsers of operands share these, so that
 * both end in the same canonical value.
 */
#ifndef MTLS_NAME_H
#define MTLS_NAME_H

#include "mtls_type.h"

/** An extended key usage or policy by the content octets of its OID: text is its name where it has
 *  one, else dotted decimal; key the octets. @return 0, or -1 if the octets are no OID */
int mtls_value_purpose(apr_pool_t *p, mtls_str_t oid, mtls_value_t *value);
int mtls_value_policy(apr_pool_t *p, mtls_str_t oid, mtls_value_t *value);

/** The name of a bit of keyUsage (RFC 5280 section 4.2.1.3), 0 to 8. */
const char *mtls_key_usage_name(int bit);

/** The name of the public key algorithm with an OpenSSL NID; NULL if it is not one of the type's words. */
const char *mtls_key_type_name(int nid);

/** The name of a curve with an OpenSSL NID; NULL if OpenSSL has none. */
const char *mtls_curve_name(int nid);

/** A TLS version as OpenSSL prints it: number gives the order. @return 0, or -1 if it is none */
int mtls_value_tls_version(const char *name, mtls_value_t *value);

#endif
