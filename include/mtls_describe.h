/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_describe.h
 * @brief Words for a request that was judged: who, what was tried, which request.
 *
 * For log lines and whoever else tells of a denial. Nothing here decides anything.
 * Text is allocated from the pool, or the request's, unless said otherwise.
 */
#ifndef MTLS_DESCRIBE_H
#define MTLS_DESCRIBE_H

#include "mtls_request.h"

/** What is said of a certificate. */
enum { MTLS_TRAIT_SUBJECT, MTLS_TRAIT_ISSUER, MTLS_TRAIT_SERIAL, MTLS_TRAIT_SHA256, MTLS_TRAIT_COUNT };

/** One of these. */
typedef struct mtls_trait_t {
    const char *label;       /**< "subject"; constant */
    mtls_known_t known;
    const char *text;        /**< in full: a DN as RFC 4514, hexadecimal digits; NULL unless known is MTLS_PRESENT */
} mtls_trait_t;

/**
 * Read the traits of the client's certificate, verified or not, from the certificate itself: for what is
 * rare. It costs as much as a dozen rules.
 *
 * @param traits room for MTLS_TRAIT_COUNT
 * @return 1, or 0 if there is no certificate
 */
int mtls_describe_traits(request_rec *r, mtls_trait_t *traits);

/** Likewise for any peer. */
int mtls_describe_peer(apr_pool_t *p, const mtls_peer_t *peer, mtls_trait_t *traits);

/** The traits as a part of a log line, each behind "; " and cut to a bearable length. "" without a certificate. */
const char *mtls_describe_certificate(request_rec *r);

/** What a line said: "true" or a reason's slug. Constant. */
const char *mtls_describe_answer(const mtls_tried_t *tried);

/** The lines that were asked (of mtls_tried_t, or NULL) and their answers, five at most, each behind "; ". */
const char *mtls_describe_lines(apr_pool_t *p, const apr_array_header_t *tried);

/** The id that httpd's log has for this request, or its main request; given now if there was none. */
const char *mtls_describe_id(request_rec *r);

/** What a client chose, fit for a log line: visible ASCII, the rest as %HH, at most a thousand characters. */
const char *mtls_describe_text(apr_pool_t *p, const char *text);

#endif
