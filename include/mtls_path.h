/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_path.h
 * @brief Paths that a backend may read differently from httpd.
 */
#ifndef MTLS_PATH_H
#define MTLS_PATH_H

#include "mtls_text.h"

/**
 * What makes the path of a request target readable in more than one way.
 *
 * @param path as the client sent it, still encoded, without query
 * @return a C string that names it ("an encoded slash (%2f)"), or NULL: nothing
 */
const char *mtls_path_doubt(mtls_str_t path);

#endif
