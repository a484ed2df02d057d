/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_reason.h
 * @brief Why a request was let in or kept out: one table, one row per reason.
 */
#ifndef MTLS_REASON_H
#define MTLS_REASON_H

/** One constant per row of tbl/reasons.h. MTLS_GRANTED is 0: "nothing against it". */
typedef enum mtls_reason_t {
#define MTLS_REASON(id, slug, status, text, check, cause, cure) MTLS_##id,
#include "tbl/reasons.h"
    MTLS_REASON_COUNT
} mtls_reason_t;

/** The word users see: in logs, in MTLS_REASON, in documents. Never changes. */
const char *mtls_reason_slug(mtls_reason_t reason);

/** One sentence fragment that says what happened. */
const char *mtls_reason_text(mtls_reason_t reason);

/** What an operator looks at first. */
const char *mtls_reason_check(mtls_reason_t reason);

/** For documents: what it most often comes from, and what ends it. Sentence fragments. */
const char *mtls_reason_cause(mtls_reason_t reason);
const char *mtls_reason_cure(mtls_reason_t reason);

/** The HTTP status a denial for this reason answers with; 200 for MTLS_GRANTED. */
int mtls_reason_status(mtls_reason_t reason);

#endif
