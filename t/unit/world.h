/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* One configuration and one client, for tests of headers. */
#ifndef WORLD_H
#define WORLD_H

#include "identity.h"
#include "mtls_header.h"

typedef struct world_t {
    apr_pool_t *pool;
    mtls_fieldset_t *fields;
    mtls_headerset_t *set;
    mtls_source_t source;
    mtls_view_t view;
    mtls_value_t *users;    /**< anne, bob; the view has the first */
} world_t;

/** A world with a certificate that is believed; NULL: a subject and SANs of all kinds. */
world_t world_make(apr_pool_t *p, const char *const *subject, const char *const *san);

/** An MTLSHeader line that must be fine. */
const mtls_header_t *world_compile(world_t *world, const char *name, const char *field, const char *format);

/** Facts are read when everything is compiled, as a server does it: compile first, then render. */
mtls_reason_t world_render(world_t *world, const mtls_header_t *header, const char **value);

/** Fails the test unless both are NULL or the same text. */
void world_expect(const char *what, const char *got, const char *want);

#endif
