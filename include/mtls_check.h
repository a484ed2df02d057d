/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_check.h
 * @brief The whole configuration, looked at before the start: what must stop it, what will surprise.
 */
#ifndef MTLS_CHECK_H
#define MTLS_CHECK_H

#include "mtls_conf.h"

/**
 * check_config, which "httpd -t" runs, too. Sets each virtual host's guard.
 *
 * @return OK, or the status that stops the start; its sentence has been logged
 */
int mtls_check(apr_pool_t *p, server_rec *main_server);

/** post_config: one notice per virtual host, what is guarded there. */
void mtls_check_announce(server_rec *main_server);

#endif
