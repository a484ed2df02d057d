/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_list_directives.h
 * @brief The directives about lists, as httpd calls them.
 */
#ifndef MTLS_LIST_DIRECTIVES_H
#define MTLS_LIST_DIRECTIVES_H

#include "httpd.h"
#include "http_config.h"

const char *mtls_directive_list(cmd_parms *cmd, void *dirv, int argc, char *const argv[]);
const char *mtls_directive_kill_list(cmd_parms *cmd, void *dirv, const char *path);
const char *mtls_directive_list_interval(cmd_parms *cmd, void *dirv, const char *word);

#endif
