/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_roll.h
 * @brief The roll of sections: who may enter where, as far as Require lines tell.
 */
#ifndef MTLS_ROLL_H
#define MTLS_ROLL_H

#include "mtls_conf.h"

/** Bring every section with a Require line among the generation's zones, and count its lines there.
 *  Once, in check_config. */
void mtls_roll_call(apr_pool_t *p, server_rec *main_server);

#endif
