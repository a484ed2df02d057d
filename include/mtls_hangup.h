/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_hangup.h
 * @brief Ends an HTTP/2 connection from one of its streams: the client gets a GOAWAY.
 */
#ifndef MTLS_HANGUP_H
#define MTLS_HANGUP_H

#include "httpd.h"

typedef struct mtls_hangup_t mtls_hangup_t;

/** Watch a connection, on its own thread, before mod_http2 reads from it. Lives with the connection. */
mtls_hangup_t *mtls_hangup_watch(conn_rec *c);

/** When this request of the connection has been answered no more are read; those that run are answered. The request's
 *  thread. NULL is fine. */
void mtls_hangup_behind(mtls_hangup_t *hangup, request_rec *r);

/** Registers the filter. */
void mtls_hangup_register(void);

#endif
