/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_trailer.h
 * @brief Trailers come when all request hooks have run: a filter keeps our names out of them.
 */
#ifndef MTLS_TRAILER_H
#define MTLS_TRAILER_H

#include "httpd.h"

#include "mtls_header.h"

/** Registers the input filter. */
void mtls_trailer_register(void);

/** Watch this request's body for trailers in the guard's names, if it can have any. */
void mtls_trailer_watch(request_rec *r, const mtls_guard_t *guard);

#endif
