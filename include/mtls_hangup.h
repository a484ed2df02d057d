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

/** One of its streams begins, on the stream's thread: it counts until its response has been sent. hangup: NULL is fine. */
void mtls_hangup_stream(mtls_hangup_t *hangup, conn_rec *stream);

/** As soon as no stream runs any more, nothing is read from it, and it ends. Any thread. NULL is fine. */
void mtls_hangup_now(mtls_hangup_t *hangup);

/** Registers the filter. */
void mtls_hangup_register(void);

#endif
