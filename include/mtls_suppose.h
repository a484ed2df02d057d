/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_suppose.h
 * @brief A certificate that nobody has shown, verified as if somebody had.
 */
#ifndef MTLS_SUPPOSE_H
#define MTLS_SUPPOSE_H

#include "mtls_peer.h"

/**
 * The peer that the owner of a certificate would be at this request's virtual host, on a connection like this
 * request's own. The chain is verified as TLS does it, against the virtual host's CA certificates and revocation lists;
 * what mod_ssl adds (OCSP, exceptions for missing lists) is not asked.
 *
 * @param certificates of X509 *: the certificate, and what its owner sends above it
 * @param trouble why it would not be verified, in words; NULL if it would be
 * @return NULL if the virtual host has no TLS; it lives in the request's pool
 */
const mtls_peer_t *mtls_suppose(request_rec *r, const apr_array_header_t *certificates, const char **trouble);

/** Whether the virtual host asks every client for a certificate, in the handshake. */
int mtls_suppose_is_asked(server_rec *s);

/** Hooks mod_ssl's init_server: where MTLSWhatIf is on, the virtual host's TLS settings are remembered. */
void mtls_suppose_register(void);

#endif
