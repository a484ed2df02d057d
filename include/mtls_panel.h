/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_panel.h
 * @brief The parts of the status page, each as a table: sections, lists, last denials, certificates, counters.
 */
#ifndef MTLS_PANEL_H
#define MTLS_PANEL_H

#include "httpd.h"
#include "mtls_sheet.h"

/** One part. make gives its table now, in the request's pool, or NULL where there is nothing to show. */
typedef struct mtls_panel_t {
    mtls_sheet_t *(*make)(request_rec *r);
} mtls_panel_t;

extern const mtls_panel_t mtls_panels[];
extern const int mtls_panels_len;

/** A place as the server's own files name each other: relative to ServerRoot where it is below that. */
const char *mtls_panel_place(const char *place);

/** The table of a metric: its labels, and the value. */
struct mtls_metric_t;
mtls_sheet_t *mtls_panel_metric(apr_pool_t *p, const struct mtls_metric_t *metric);

#endif
