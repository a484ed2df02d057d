/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_radar.h
 * @brief The client certificates seen lately that run out soonest, over all children and across restarts.
 *
 * A table of fixed size. When it is full, certificates that have not been seen for long, that ran out
 * long ago or that have been renewed make room first, and then the one that runs out last. To find a
 * certificate takes no lock; who wants to add one while another does so leaves it for the next time.
 */
#ifndef MTLS_RADAR_H
#define MTLS_RADAR_H

#include <apr_pools.h>
#include <apr_tables.h>

/** How many certificates have room. */
#define MTLS_RADAR_MAX 512
/** Lately: seen within so many seconds. */
#define MTLS_RADAR_LATELY (30 * 86400)
/** A certificate that has run out is shown for so many seconds more. */
#define MTLS_RADAR_OVER (7 * 86400)
#define MTLS_RADAR_DIGEST 32
#define MTLS_RADAR_KEY 20

/** One certificate. Times are seconds since 1970. */
typedef struct mtls_radar_t {
    unsigned char key[MTLS_RADAR_KEY];         /**< its fingerprint, by which it is found again */
    unsigned char digest[MTLS_RADAR_DIGEST];   /**< SHA-256 of it, as it is shown */
    unsigned char holder[MTLS_RADAR_DIGEST];   /**< of its names and its issuer's: what stays when it is renewed */
    apr_int64_t not_after;
    apr_int64_t first_seen, last_seen;         /**< last_seen to the minute */
    char host[96];                             /**< the virtual host where it was seen first */
    char subject[192];                         /**< "" unless the operator asks for subjects */
} mtls_radar_t;

/** Find or make the memory: post_config. */
int mtls_radar_open(apr_pool_t *process);

/** This certificate is here now. @return its place, or -1 if it has none: see mtls_radar_add */
int mtls_radar_see(const unsigned char *key, apr_int64_t now);

/** Add one that has no place; first_seen says when. An older one of the same holder counts as renewed from
 *  now on, unless it is seen again. @return its place, or -1 */
int mtls_radar_add(const mtls_radar_t *entry);

/** True for one caller per place and day. */
int mtls_radar_is_due(int place, apr_int64_t now);

/** Copies of those that count now, the one that runs out first in front: array of mtls_radar_t in p. */
apr_array_header_t *mtls_radar_list(apr_pool_t *p, apr_int64_t now);

/** How many of a list are still valid now and run out within so many seconds; 0: have run out. */
int mtls_radar_within(const apr_array_header_t *list, apr_int64_t now, apr_int64_t seconds);

#endif
