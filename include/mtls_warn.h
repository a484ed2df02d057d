/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_warn.h
 * @brief Warnings at the start about what would surprise: one row per surprise.
 */
#ifndef MTLS_WARN_H
#define MTLS_WARN_H

#include "mtls_conf.h"

/** Look through the configuration and log one warning for each finding. Stops nothing. */
void mtls_warn(apr_pool_t *p, server_rec *main_server);

#endif
