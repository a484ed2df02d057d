/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_status_format.h
 * @brief The forms of the status page: who asks for which, and who writes it.
 */
#ifndef MTLS_STATUS_FORMAT_H
#define MTLS_STATUS_FORMAT_H

#include "httpd.h"
#include "mtls_status.h"

/** Writes all of it: content type, then the text. additions ends with NULL. @return OK or an HTTP status */
typedef int mtls_status_write_fn(request_rec *r, const mtls_addition_t *const *additions);

mtls_status_write_fn mtls_status_html, mtls_status_json, mtls_status_prometheus;

#endif
