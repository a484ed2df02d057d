/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_session.h
 * @brief TLS sessions that remember how their certificate was verified.
 */
#ifndef MTLS_SESSION_H
#define MTLS_SESSION_H

#include "mtls_record.h"
#include "mtls_ssl.h"

/** mod_ssl's init_server hook: from now on verifications are recorded, and sessions without a
 *  record of their certificate, or with one from another place, are answered with a full handshake. */
int mtls_session_init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx);

/** Where a connection is: a digest of the addresses of its virtual host, of the CAs and CRLs that it verifies clients with,
 *  and of what it demands besides (revocation, OCSP, depth). What was verified elsewhere is not verified here.
 *  @return MTLS_DIGEST_LEN octets, or NULL if that is not known */
const unsigned char *mtls_session_place(const SSL *ssl);

/** The session's record. @return 0, or -1 if it has none that can be read */
int mtls_session_record(SSL_SESSION *session, mtls_record_t *record);

/**
 * The certificates of a record's chain.
 *
 * @param chain MTLS_RECORD_CHAIN_MAX places; borrowed from the store of CA certificates
 * @return how many, or -1 if one of them is not known here
 */
int mtls_session_chain(const mtls_record_t *record, X509 **chain);

#endif
