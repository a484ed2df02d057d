/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_tally.h
 * @brief Notes what happens: decisions, denials, certificates. What it notes is shown by mtls_status.h.
 */
#ifndef MTLS_TALLY_H
#define MTLS_TALLY_H

#include "mtls_request.h"

/** post_config, once the configuration is known: find or make the shared memory, number what is counted. */
void mtls_tally_prepare(server_rec *main_server);

/** Hooks child_init and log_transaction, and watches denials. */
void mtls_tally_register(void);

#endif
