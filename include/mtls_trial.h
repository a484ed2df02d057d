/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_trial.h
 * @brief Report mode: what the Require tree would do, and what it does without our lines.
 *
 * Where MTLSMode is report, all phases of the authorization of a request are gone through
 * from within the first one: once as they are written, which is what enforce would do, and
 * if that ends in a refusal, again with the lines that only report saying nothing. So nobody
 * is let in whom the rules of others refuse, and nobody is refused by ours.
 */
#ifndef MTLS_TRIAL_H
#define MTLS_TRIAL_H

#include "mtls_request.h"

/** post_config: what the second rehearsal needs. @return OK, or a status with which the start ends */
int mtls_trial_prepare(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server);

/**
 * Judge the request, in place of all hooks of access_checker_ex but the one that calls.
 *
 * @return what that phase answers: OK, a refusal, or DECLINED if authentication has to speak for itself
 */
int mtls_trial_run(request_rec *r);

#endif
