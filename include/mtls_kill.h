/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_kill.h
 * @brief The kill list: asked for every request, before anything else, in every virtual host.
 */
#ifndef MTLS_KILL_H
#define MTLS_KILL_H

#include "mtls_request.h"

/** Ask about this request's certificate. @return MTLS_GRANTED, or the reason against it and *detail for a log */
mtls_reason_t mtls_kill_ask(request_rec *r, const char **detail);

/** Registers the hook. */
void mtls_kill_register(void);

#endif
