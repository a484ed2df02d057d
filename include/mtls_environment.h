/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_environment.h
 * @brief MTLSEnv: fields as variables for CGI, FastCGI, SSI and LogFormat.
 */
#ifndef MTLS_ENVIRONMENT_H
#define MTLS_ENVIRONMENT_H

#include "mtls_conf.h"

/** Take all fields that become variables into the generation: once, while the configuration is read. */
const char *mtls_environment_prepare(mtls_generation_t *generation);

/** Take one more field into them, if there are any. @return NULL, or a sentence */
const char *mtls_environment_add(mtls_generation_t *generation, const char *name);

/** Hooks a late fixup. */
void mtls_environment_register(void);

#endif
