/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_counters.h
 * @brief What has happened, counted over all children and across restarts.
 *
 * Counting is one atomic addition, without a lock, in memory that is shared by all children (see
 * mtls_shared.h). Everything that is counted has a number: places and header names, which come from
 * the configuration, get theirs before children are made. There are only so many; who clients are is
 * never counted.
 */
#ifndef MTLS_COUNTERS_H
#define MTLS_COUNTERS_H

#include <apr_pools.h>
#include "mtls_reason.h"

/** What a decision was about: rules in force, rules that only report, and denials that report mode does not suspend. */
typedef enum mtls_outcome_t { MTLS_ENFORCED, MTLS_WOULD, MTLS_ENFORCED_IN_REPORT, MTLS_OUTCOMES } mtls_outcome_t;

/** As a reason: no line of ours was asked, and nothing was denied. */
#define MTLS_NOT_ASKED MTLS_REASON_COUNT

/** Single counters. */
typedef enum mtls_total_t {
    MTLS_TOTAL_NONE,             /**< connections without a certificate, */
    MTLS_TOTAL_VERIFIED,         /**< with a verified one, */
    MTLS_TOTAL_UNVERIFIED,       /**< with one that is not */
    MTLS_TOTAL_FACTS,            /**< certificates read */
    MTLS_TOTAL_RESTARTS,         /**< configurations that have come into force */
    MTLS_TOTALS
} mtls_total_t;

/** Number 0 of places and names: those for which there was no room. */
#define MTLS_COUNTERS_OTHER 0

/** Find or make the counters: post_config. False: there is no memory, and nothing is counted. */
int mtls_counters_open(apr_pool_t *process);

/** Count in lines of its own from now on: once in each child. */
void mtls_counters_begin_child(void);

/** The number of a place (a section of a virtual host), of a header name: the same as ever if it was
 *  known before. Between mtls_counters_open and the first child. */
int mtls_counters_place(const char *host, const char *section);
int mtls_counters_name(const char *name);

/* Count. Any thread of any child. */
void mtls_count(mtls_total_t total);
void mtls_count_decision(int place, mtls_outcome_t outcome, unsigned reason);
void mtls_count_removal(int name);

/* Read. Sums of what has been counted until now. */
apr_uint64_t mtls_counted(mtls_total_t total);
apr_uint64_t mtls_counted_decisions(int place, mtls_outcome_t outcome, unsigned reason);
apr_uint64_t mtls_counted_removals(int name);

/** How many numbers have been given out. */
int mtls_counters_places(void);
int mtls_counters_names(void);
/** What a number stands for; "" and "other" for MTLS_COUNTERS_OTHER. */
void mtls_counters_place_at(int place, const char **host, const char **section);
const char *mtls_counters_name_at(int name);

/** When counting began, in seconds since 1970; 0: nothing is counted. */
apr_int64_t mtls_counters_since(void);

#endif
