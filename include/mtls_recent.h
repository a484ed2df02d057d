/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_recent.h
 * @brief The last denials and would-denials, a fixed number of them, over all children and across restarts.
 *
 * Nobody waits for anybody: an entry that is being written is passed over by who reads, and by another
 * who would write to it, for as long as whoever writes may be alive.
 */
#ifndef MTLS_RECENT_H
#define MTLS_RECENT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include "mtls_reason.h"

/** How many are kept. */
#define MTLS_RECENT_MAX 32

/** One of them. Text is cut where it is longer; all of it is fit for a log. */
typedef struct mtls_recent_t {
    apr_int64_t time;            /**< microseconds since 1970 */
    int would;                   /**< the section only reports: it was served */
    unsigned reason;             /**< mtls_reason_t */
    char host[96];               /**< the virtual host */
    char method[16];
    char path[160];
    char rule[192];              /**< file:line of the line that stood against it; "" */
    char digest[20];             /**< the first 16 hexadecimal digits of the certificate's SHA-256; "" */
    char subject[192];           /**< "" unless the operator asks for subjects */
    char id[64];                 /**< the request's id in the error log; "" */
} mtls_recent_t;

/** Find or make the memory: post_config. */
int mtls_recent_open(apr_pool_t *process);

/** Add one, in this second since 1970; the oldest goes. */
void mtls_recent_add(const mtls_recent_t *entry, apr_int64_t now);

/** Copies of all, the last one first: array of mtls_recent_t in p. */
apr_array_header_t *mtls_recent_list(apr_pool_t *p);

#endif
