/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_whatif.h
 * @brief What if somebody came with this certificate, and asked for this path?
 *
 * Answered by the configuration itself: httpd looks the path up in a subrequest that sees the facts of the supposed
 * certificate. They travel from the request of the status page to its subrequest in structures of this module
 * (mtls_request_t), which nothing that a client sends can reach: the status page sets them, around that one look-up.
 * The subrequest is never run, and nobody counts or logs it.
 */
#ifndef MTLS_WHATIF_H
#define MTLS_WHATIF_H

#include "mtls_describe.h"

/** A Require mtls line, and what it would say. */
typedef struct mtls_whatif_rule_t {
    const mtls_line_t *line;
    mtls_answer_t answer;
    int asked;                       /**< else the outcome was clear without it; it stands beside one that was asked */
} mtls_whatif_rule_t;

/** A question, and what came out. Everything lives in the request's pool. */
typedef struct mtls_whatif_t {
    const char *url, *method;
    const char *trouble;             /**< why the certificate would not be verified, in words; NULL: it would be */
    const char *note;                /**< why no real client may be known here, in words; or NULL */
    const char *sent_on;             /**< where RewriteRule sends it within the server, which was judged, too; or NULL */
    mtls_trait_t traits[MTLS_TRAIT_COUNT];
    mtls_reason_t standing;          /**< what a request with it would be */
    int status;                      /**< 200: let in; else how it would be answered */
    mtls_reason_t reason;            /**< why, if we are the reason; MTLS_GRANTED */
    int would;                       /**< the section only reports: let in all the same */
    const char *detail;              /**< or NULL */
    const char *user;                /**< that MTLSUser makes, or NULL */
    apr_array_header_t *rules;       /**< of mtls_whatif_rule_t, those that were asked first, in their order */
    apr_table_t *headers;            /**< identity headers that would be sent */
} mtls_whatif_t;

/**
 * Look it up.
 *
 * @param certificates of X509 *: the certificate, and what its owner sends above it
 * @return NULL, or a sentence why there is no answer
 */
const char *mtls_whatif_ask(request_rec *r, const apr_array_header_t *certificates, mtls_whatif_t *what);

/** One word for the outcome: allow, would-deny or deny. */
const char *mtls_whatif_outcome(const mtls_whatif_t *what);

/** Hooks the creation of requests, and the phases in which others might log something. */
void mtls_whatif_register(void);

#endif
