/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_strip.h
 * @brief Nobody else speaks in our names: what clients send is cleaned before anybody looks at it.
 */
#ifndef MTLS_STRIP_H
#define MTLS_STRIP_H

#include "mtls_request.h"

/** Hooks post_read_request, for every request and redirected request, and the trailers' filter. */
void mtls_strip_register(void);

/** Remove every header whose name folds to this one. @return how many there were */
int mtls_strip_name(apr_table_t *headers, const char *name);

/** Remove the guard's names, and log it as "WHAT 'name' from the client". @return one that was there, or NULL */
const char *mtls_strip_headers(request_rec *r, const mtls_guard_t *guard, const char *what, apr_table_t *headers);

/** Cut the guard's names out of the Connection header. @return one that was there, or NULL */
const char *mtls_strip_connection(request_rec *r, const mtls_guard_t *guard, apr_table_t *headers);

#endif
