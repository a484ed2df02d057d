/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_peer.h
 * @brief Who is at the other end of a connection: mod_ssl's answer, checked, as facts.
 *
 * The only room that touches TLS objects. A peer is made once per certificate
 * and connection, on the thread that owns the connection; it is constant
 * afterwards (but for the header values, see mtls_peer_keep), so that the
 * streams of an HTTP/2 connection share it without a lock.
 */
#ifndef MTLS_PEER_H
#define MTLS_PEER_H

#include "httpd.h"

#include "mtls_match.h"

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

/** True for one caller with this stamp (not 0), as long as nobody comes with another. Any thread. */
int mtls_peer_is_due(const mtls_peer_t *peer, apr_uint32_t stamp);

/** A peer that is at no connection's end: for suppositions (mtls_suppose.h). Takes a reference of the certificate, lives
 *  in p. facts is NULL unless trust is MTLS_GRANTED. */
const mtls_peer_t *mtls_peer_make(apr_pool_t *p, X509 *certificate, mtls_reason_t trust, const mtls_facts_t *facts);

/** A header value that was kept for this peer: *value is a C string or NULL for "send nothing".
 *  @return true if one was kept */
int mtls_peer_kept(const mtls_peer_t *peer, int slot, const char **value);

/** Keep a value (NULL: "send nothing") for all later requests of this peer. Any thread; the first wins. */
void mtls_peer_keep(const mtls_peer_t *peer, int slot, const char *value);

/** What the line with this number has said of this peer: MTLS_TRUE or MTLS_FALSE; MTLS_UNKNOWN if that was not kept. */
mtls_truth_t mtls_peer_answer(const mtls_peer_t *peer, int line);

/** Keep it. Any thread: only for lines of which all threads would say the same. */
void mtls_peer_keep_answer(const mtls_peer_t *peer, int line, mtls_truth_t truth);

/** End the HTTP/2 connection of a stream when its requests that run are answered; nothing on any other connection. */
void mtls_peer_hang_up(request_rec *r);

/** Begins a block of malloc's that is kept for a peer. */
typedef struct mtls_kept_t {
    struct mtls_kept_t *next;
    const void *key;             /**< what it is kept for: something that lasts as long as the configuration; NULL: whoever
                                      looks for it knows it by what is in it */
} mtls_kept_t;

/** The blocks that are kept for this peer, the newest first; constant, each of them. Any thread. */
const mtls_kept_t *mtls_peer_blocks(const mtls_peer_t *peer);

/** The block with this key, NULL: there is none. Any thread. */
const mtls_kept_t *mtls_peer_block(const mtls_peer_t *peer, const void *key);

/** A block more would be kept. */
int mtls_peer_has_room(const mtls_peer_t *peer);

/** Keep a block for all later requests of this peer, which owns it from now on. Any thread. A peer keeps a few: what is
 *  too much is freed at once. */
void mtls_peer_keep_block(const mtls_peer_t *peer, mtls_kept_t *block);

/** post_config, once the configuration is known: makes the store of CA certificates, looks for H2Direct. */
void mtls_peer_prepare(apr_pool_t *pconf);

/** Hooks mod_ssl's optional hooks and process_connection. */
void mtls_peer_register(void);

#endif
