/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_require.h
 * @brief "Require mtls ...": the provider, and the moment at which its verdict is final.
 */
#ifndef MTLS_REQUIRE_H
#define MTLS_REQUIRE_H

#include "mtls_request.h"

/** Registers the authorization provider "mtls", by which "Require mtls" is read. */
void mtls_require_provide(apr_pool_t *p);

/** Registers the hooks that watch for refusals. */
void mtls_require_register(void);

#endif
