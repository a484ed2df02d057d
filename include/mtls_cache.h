/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_cache.h
 * @brief mod_cache's quick handler serves before any access check is run: never where a backstop is.
 *
 * Where there is none, the start warns: see mtls_find_quick_cache in mtls_finding.h.
 */
#ifndef MTLS_CACHE_H
#define MTLS_CACHE_H

#include "mtls_conf.h"

/** @return NULL, or a sentence in p that names the lines which do not go together */
const char *mtls_cache_refused(apr_pool_t *p);

#endif
