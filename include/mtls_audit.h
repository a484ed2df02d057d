/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_audit.h
 * @brief Says why: one log line per denied request, and MTLS_REASON for everybody else.
 */
#ifndef MTLS_AUDIT_H
#define MTLS_AUDIT_H

#include "mtls_request.h"

/** The environment variable with the reason's slug. */
#define MTLS_REASON_VARIABLE "MTLS_REASON"

/** What stands in front of the slug where the request was served nevertheless. */
#define MTLS_WOULD_PREFIX "would-deny:"

/** A denial, or what would have been one. Lives as long as the call that it is handed to. */
typedef struct mtls_decision_t {
    mtls_reason_t reason;
    int would;               /**< report mode: the request is served nevertheless */
    const char *detail;      /**< fit for a log, or NULL */
    const char *request_id;  /**< as the log line says it; in the request's pool */
} mtls_decision_t;

/**
 * Have every denial, and every would-denial, told to observer: once each, behind its log line, on the
 * request's thread. The lines that were tried are in mtls_request_known(r); mtls_describe.h has words for
 * the rest. To be called while hooks are registered; the same observer again is no second one.
 */
void mtls_audit_watch(void (*observer)(request_rec *r, const mtls_decision_t *decision));

/** Take MTLSEnv's variables of this request, and those that are left of the requests it was redirected from, out of its
 *  environment: whoever answers or logs a refused request is not told who the client is. */
void mtls_audit_unset_variables(request_rec *r);

/**
 * Note a denial, once per request: the log line, and MTLS_REASON in this request and in those that
 * it is a part of. While the request's rules are rehearsed it is kept for whoever does that.
 *
 * @param detail C string that is already fit for a log, or NULL
 * @return the HTTP status to answer with
 */
int mtls_audit_deny(request_rec *r, mtls_reason_t reason, const char *detail);

/** True if a line stands against its request: it did not hold, or, negated, it did or might have. */
int mtls_audit_stands_against(const mtls_tried_t *tried);

/** What the lines that were tried have against the request; MTLS_GRANTED: nothing. */
mtls_reason_t mtls_audit_against(const mtls_request_t *request);

/** True where the request is in a section with MTLSMode report. */
int mtls_audit_reports(request_rec *r);

/** Note that the request would have been denied, once per request: the log line, and MTLS_REASON. */
void mtls_audit_would(request_rec *r, mtls_reason_t reason, const char *detail);

/** Deny the request, or where the section only reports note that it would have been: then DECLINED. */
int mtls_audit_object(request_rec *r, mtls_reason_t reason, const char *detail);

/** The request was refused by the authorization framework. If a line of ours stood against it, note
 *  the denial with the reason that fits best. */
void mtls_audit_refusal(request_rec *r);

/** Hand MTLS_REASON of the request that this one was redirected from on to it. */
void mtls_audit_inherit(request_rec *r);

#endif
