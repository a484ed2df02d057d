/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_auditjson.h
 * @brief One decision as one line of JSON.
 *
 * A line is plain ASCII and never longer than fits into a pipe in one piece (PIPE_BUF), so that lines of several
 * processes cannot mix. What is too long for that is cut, and the member "cut" names it.
 */
#ifndef MTLS_AUDITJSON_H
#define MTLS_AUDITJSON_H

#include "mtls_audit.h"

/** The longest line, its newline included: what POSIX promises of every pipe is 512, what Linux gives is 4096. */
#define MTLS_AUDITJSON_MAX 4096

/** Have the fields that a line tells read with each certificate: for MTLSAuditLog, while the configuration is read. */
void mtls_auditjson_prepare(mtls_generation_t *generation);

/**
 * The line, with a newline at its end and no NUL behind it.
 *
 * @param line room for MTLS_AUDITJSON_MAX octets
 * @return its length; 0: there is no memory for it
 */
apr_size_t mtls_auditjson_line(request_rec *r, const mtls_decision_t *decision, char *line);

#endif
