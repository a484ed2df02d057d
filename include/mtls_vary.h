/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_vary.h
 * @brief Responses that depend on who the client is are not shared (RFC 9440 section 3).
 *
 * A backend says so with "Vary: Client-Cert". Caches between this server and the client never see that
 * header, so to them the response would look the same for everybody: they are told "Vary: *" instead.
 * mod_cache, here, does not keep a response to a request with identity headers, unless its Vary names one of
 * them or its Cache-Control says public or s-maxage.
 */
#ifndef MTLS_VARY_H
#define MTLS_VARY_H

#include "httpd.h"

/** Registers the output filters. */
void mtls_vary_register(void);

/** Identity headers were put into this request: watch its response. */
void mtls_vary_watch(request_rec *r);

#endif
