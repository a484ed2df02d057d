/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_auditlog.h
 * @brief MTLSAuditLog: decisions for programs, one JSON object on each line of a file or a pipe.
 *
 * Logs are opened by the parent process, as httpd's own are. A line is one write: no lock, and nothing is kept between
 * two lines but whether the last one could be written.
 */
#ifndef MTLS_AUDITLOG_H
#define MTLS_AUDITLOG_H

#include "mtls_conf.h"

/**
 * A log of this generation, found or made; it is opened later.
 *
 * @param words PATH, relative to ServerRoot, or "|program"
 * @return NULL and *log, or a sentence fragment why it cannot be written
 */
const char *mtls_auditlog_find(cmd_parms *cmd, const char *words, mtls_auditlog_t **log);

/** Hooks the opening of logs, the decisions, and the end of requests. */
void mtls_auditlog_register(void);

#endif
