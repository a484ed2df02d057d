/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_zone.h
 * @brief Where decisions are made: the sections that say something about clients, and their counters.
 */
#ifndef MTLS_ZONE_H
#define MTLS_ZONE_H

#include "mtls_conf.h"

/** The section around a directive, or the directive itself if it is one: <Location>, <Directory>, <Files>,
 *  <Proxy>, <If> and their kin. Containers of Require lines and <Limit> are within it. NULL: none. */
const ap_directive_t *mtls_zone_section(const ap_directive_t *directive);

/** The zone of the section that a directive stands in, made when first asked for; NULL outside of sections
 *  and within <AuthzProviderAlias>. While the configuration is read. */
mtls_zone_t *mtls_zone_of(mtls_generation_t *generation, const ap_directive_t *directive, server_rec *s);

/** Give each virtual host a zone of its own, for what is in no section's. Once, when the configuration has
 *  been merged. */
void mtls_zone_separate(mtls_generation_t *generation, server_rec *main_server);

/** Give the zones, and the names that are removed from what clients send, the numbers of their counters. */
void mtls_zone_prepare(mtls_generation_t *generation, server_rec *main_server);

/** "www.example.org:443": what a virtual host is called where it is counted. */
const char *mtls_zone_host(apr_pool_t *p, const server_rec *s);

/** The settings that hold in the zone, laid over those of the zones around it and its virtual host's. In p. */
const mtls_dir_t *mtls_zone_settings(apr_pool_t *p, const mtls_zone_t *zone);

#endif
