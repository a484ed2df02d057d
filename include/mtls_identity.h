/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_identity.h
 * @brief r->user from a certificate: MTLSUser and AuthType mtls.
 */
#ifndef MTLS_IDENTITY_H
#define MTLS_IDENTITY_H

#include "mtls_request.h"

/** Sets r->user where MTLSUser applies and the certificate is to be believed. Several values, or none
 *  that fits, leave it alone and are remembered as the reason for whoever needs a user. */
void mtls_identity_set(request_rec *r);

/** Take back r->user of each request that this one was redirected from, where MTLSUser has set it: httpd tells whoever
 *  answers this one. */
void mtls_identity_forget(request_rec *r);

/** Hooks AuthType mtls: a user is there already, or the request is denied with 403, never a challenge. */
void mtls_identity_register(void);

#endif
