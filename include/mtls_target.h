/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_target.h
 * @brief MTLSPathCheck: request targets that can be read in more than one way are refused.
 */
#ifndef MTLS_TARGET_H
#define MTLS_TARGET_H

#include "httpd.h"

/** Hooks the header parser, which runs before access is decided. */
void mtls_target_register(void);

/** Judge the target of a request as it came in; as a hook it does so for the client's own requests only.
 *  @return DECLINED, or the status to answer with */
int mtls_target_check(request_rec *r);

#endif
