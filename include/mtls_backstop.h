/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_backstop.h
 * @brief The last line: nothing is served unless a Require mtls line was true for it.
 */
#ifndef MTLS_BACKSTOP_H
#define MTLS_BACKSTOP_H

#include "mtls_request.h"

/** Remember that a line was true for this request under its present per-directory configuration, or that it
 *  was reported that none was. */
void mtls_backstop_note(request_rec *r);

/** Hooks the first fixup, the first handler, and TRACE. */
void mtls_backstop_register(void);

#endif
