/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_peer.h
 * @brief Who is at the other end of a connection: mod_ssl's answer, checked, as facts.
 *
 * The only room that touches TLS objects. A peer is made once per certificate
 * and connection, on the thread that owns the connection; it is constant
 * afterwards (but for its memo), so that the
 * streams of an HTTP/2 connection share it without a lock.
 */
#ifndef MTLS_PEER_H
#define MTLS_PEER_H

#include "httpd.h"

#include "mtls_match.h"
#include "mtls_memo.h"

/** One certificate, or its absence, on one connection. */
typedef struct mtls_peer_t mtls_peer_t;

/** The peer as this request sees it; follows a certificate that renegotiation or post-handshake
 *  authentication has brought. Never NULL. */
const mtls_peer_t *mtls_peer_of(request_rec *r);

/** MTLS_GRANTED: there is a certificate, mod_ssl says SUCCESS, and so does the record that was made
 *  when it was verified; else MTLS_NO_TLS, MTLS_NO_CERTIFICATE, MTLS_UNVERIFIED. Says nothing of time. */
mtls_reason_t mtls_peer_trust(const mtls_peer_t *peer);

/** The facts of a verified certificate; NULL for any other. */
const mtls_facts_t *mtls_peer_facts(const mtls_peer_t *peer);

/** The certificate, verified or not, for log lines; NULL without one. Lives with the connection. */
X509 *mtls_peer_certificate(const mtls_peer_t *peer);

/** What tells a verified certificate from others: MTLS_FINGERPRINT_LEN octets (mtls_digest.h); NULL for any other. */
const unsigned char *mtls_peer_fingerprint(const mtls_peer_t *peer);

/** What is kept for the certificate's later requests on this connection; NULL: nothing, for there is no certificate, or
 *  nobody at its end. Any thread. */
mtls_memo_t *mtls_peer_memo(const mtls_peer_t *peer);

/** A peer that is at no connection's end: for suppositions (mtls_suppose.h). Takes a reference of the certificate, lives
 *  in p. facts is NULL unless trust is MTLS_GRANTED. */
const mtls_peer_t *mtls_peer_make(apr_pool_t *p, X509 *certificate, mtls_reason_t trust, const mtls_facts_t *facts);

/** End the HTTP/2 connection of a stream when its requests that run are answered; nothing on any other connection. */
void mtls_peer_hang_up(request_rec *r);

/** post_config, once the configuration is known: makes the store of CA certificates, looks for H2Direct. */
void mtls_peer_prepare(apr_pool_t *pconf);

/** Hooks mod_ssl's optional hooks and process_connection. */
void mtls_peer_register(void);

#endif
