/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_check_lists.h
 * @brief Lists when all of the configuration has been read: who is named, who is there, and what is in them.
 */
#ifndef MTLS_CHECK_LISTS_H
#define MTLS_CHECK_LISTS_H

#include "mtls_conf.h"

/** Open all lists. @return NULL, or a sentence in p that stops the start */
const char *mtls_check_lists(apr_pool_t *p, server_rec *main_server);

#endif
