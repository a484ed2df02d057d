/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_vary.h
 * @brief Responses that depend on who the client is are not shared (RFC 9440 section 3).
 *
 * A backend says so with "Vary: Client-Cert". Caches between this server and the client never see that
 * header, so to them the response would look the same for everybody: they are told "Vary: *" instead.
 *
 * mod_cache, here, keeps a response only if it cannot depend on the client, if its Vary names an identity header of the
 * request, or if its Cache-Control says public or s-maxage. No Vary can name what was told in another way: a user,
 * a variable, an expression, or a header of a subrequest.
 */
#ifndef MTLS_VARY_H
#define MTLS_VARY_H

#include "httpd.h"

/** mod_cache is loaded: set while hooks are registered, before there are threads. */
extern int mtls_vary_caching __attribute__((visibility("hidden")));

/** Registers the output filters, and a hook where mod_cache is loaded. */
void mtls_vary_register(void);

/** Identity headers were put into this request: watch its response. */
void mtls_vary_watch(request_rec *r);

/** See mtls_vary_told. */
void mtls_vary_note(request_rec *r);

/** Something about the client was told in this request that no Vary can name. Costs nothing without mod_cache. */
static inline void mtls_vary_told(request_rec *r)
{
    if (mtls_vary_caching)
        mtls_vary_note(r);
}

#endif
