/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_time.h
 * @brief Calendar times as seconds since 1970-01-01T00:00:00Z, from year 0 to 9999.
 */
#ifndef MTLS_TIME_H
#define MTLS_TIME_H

#include <apr_pools.h>

#include "mtls_text.h"

/** The two forms of RFC 5280 section 4.1.2.5: YYMMDDHHMMSSZ (1950 to 2049) and
 *  YYYYMMDDHHMMSSZ. Nothing else is accepted. @return 1, or 0 and *seconds is untouched */
int mtls_time_utc(mtls_str_t text, apr_int64_t *seconds);
int mtls_time_generalized(mtls_str_t text, apr_int64_t *seconds);

/** RFC 3339 in whole seconds, with Z or an offset. @return 1, or 0 and *seconds is untouched */
int mtls_time_rfc3339(mtls_str_t text, apr_int64_t *seconds);

/** A time in its parts, in UTC. */
typedef struct mtls_parts_of_time_t {
    int year, month, day, hour, minute, second;
} mtls_parts_of_time_t;

/** The parts of a time, also where the C library's time_t ends in 2038. @return 1, or 0 for years that four digits
 *  cannot write */
int mtls_time_split(apr_int64_t seconds, mtls_parts_of_time_t *t);

/** "2026-11-21T03:45:31" and what is to stand behind it; NULL for years that four digits cannot write. */
const char *mtls_time_print(apr_pool_t *p, apr_int64_t seconds, const char *zone);

#endif
