/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_identity_directives.h
 * @brief The directives about who a client is said to be, as httpd calls them.
 */
#ifndef MTLS_IDENTITY_DIRECTIVES_H
#define MTLS_IDENTITY_DIRECTIVES_H

#include "httpd.h"
#include "http_config.h"

const char *mtls_directive_export(cmd_parms *cmd, void *dirv, int argc, char *const argv[]);
const char *mtls_directive_header(cmd_parms *cmd, void *dirv, const char *name, const char *field, const char *format);
const char *mtls_directive_max_headers(cmd_parms *cmd, void *dirv, const char *word);
const char *mtls_directive_user(cmd_parms *cmd, void *dirv, const char *name, const char *second, const char *third);

#endif
