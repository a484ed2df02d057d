/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_files.h
 * @brief The files behind a path or a pattern: what they look like from outside, and what stands in them.
 */
#ifndef MTLS_FILES_H
#define MTLS_FILES_H

#include <apr_tables.h>
#include "mtls_text.h"

/** The signature of no file at all, to begin with. */
#define MTLS_FILES_NONE 0xcbf29ce484222325u

/** What a path or pattern stands for at one moment. */
typedef struct mtls_files_t {
    apr_array_header_t *paths;       /**< of const char *, sorted */
    apr_uint64_t signature;          /**< another one when a file was changed, replaced, added or taken away */
    apr_time_t written;              /**< when somebody last wrote into one, who may not have finished; 0: not known */
} mtls_files_t;

/**
 * Look at the files, without opening one.
 *
 * @param pattern a path; or, where several may be meant, one whose last part has *, ? or []
 * @return NULL, or a sentence in p that begins with the path; files->signature is set in both cases
 */
const char *mtls_files_look(apr_pool_t *p, const char *pattern, int several, mtls_files_t *files);

/**
 * All of a file, with a NUL behind it that is not counted; the caller's to release.
 *
 * @param signature what was opened is added to it: when all of them are read it is that of the look, or they are others
 * @return NULL, or a sentence in p
 */
const char *mtls_files_read(apr_pool_t *p, const char *path, mtls_str_t *octets, apr_uint64_t *signature);
void mtls_files_release(mtls_str_t *octets);

#endif
