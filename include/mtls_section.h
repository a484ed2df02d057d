/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_section.h
 * @brief The sections of a virtual host with our settings in them, as httpd will merge them.
 */
#ifndef MTLS_SECTION_H
#define MTLS_SECTION_H

#include "mtls_conf.h"

/** A section, or the virtual host itself. */
typedef struct mtls_section_t {
    const char *path;        /**< as written; "" for the virtual host itself */
    int exact;               /**< a plain URL path: covers what begins with it; else a pattern, a condition or files */
    const mtls_dir_t *dir;   /**< the settings written there, laid over the virtual host's own */
    const mtls_dir_t *own;   /**< the settings written there */
} mtls_section_t;

/** All sections of s, its own level first. @return array of mtls_section_t in p */
apr_array_header_t *mtls_section_list(apr_pool_t *p, server_rec *s);

/** True if some request may be in both sections. Errs on the side of true. */
int mtls_section_overlap(const mtls_section_t *a, const mtls_section_t *b);

#endif
