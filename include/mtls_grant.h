/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_grant.h
 * @brief A grant that is given again: mod_authz_core has granted it for the same lines and the same certificate.
 *
 * What a section's lines say together lasts where each of them lasts and nobody else has a say (see mtls_ruling.h). So
 * a client who was let in is let in again without a walk through the tree: by a hook that stands directly in front
 * of mod_authz_core, behind all others that may object, and that leaves behind what the walk would have left. Only
 * grants are kept: a denial is always the outcome of a walk.
 */
#ifndef MTLS_GRANT_H
#define MTLS_GRANT_H

#include "mtls_request.h"

/** True if this request will be granted in its turn, as one before was; false: nothing is known. */
int mtls_grant_find(request_rec *r, mtls_request_t *request);

/** access_checker_ex has answered OK, and nothing was found before: keep that if mod_authz_core alone was asked. */
void mtls_grant_keep(request_rec *r, mtls_request_t *request);

void mtls_grant_register(void);

#endif
