/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_metric.h
 * @brief What is counted or measured: one table, one row per metric.
 */
#ifndef MTLS_METRIC_H
#define MTLS_METRIC_H

#include "httpd.h"

/** The most labels of a row. */
#define MTLS_LABELS_MAX 5

/** One value: what its labels say, in their order, and the number. Text is safe to print, NULL is "". */
typedef struct mtls_sample_t {
    const char *labels[MTLS_LABELS_MAX];
    apr_int64_t value;
} mtls_sample_t;

/** A row of tbl/metrics.h. */
typedef struct mtls_metric_t {
    const char *name;            /**< by Prometheus' conventions */
    const char *type;            /**< counter or gauge */
    const char *labels;          /**< parted by blanks */
    const char *title;           /**< for people */
    const char *help;
    void (*read)(apr_pool_t *p, apr_array_header_t *samples);
} mtls_metric_t;

extern const mtls_metric_t mtls_metrics[];
extern const int mtls_metrics_len;

/** The names of its labels, in p. @return how many */
int mtls_metric_labels(apr_pool_t *p, const mtls_metric_t *metric, const char **names);

/** Its values now: array of mtls_sample_t in p. */
apr_array_header_t *mtls_metric_read(apr_pool_t *p, const mtls_metric_t *metric);

/** "enforce" or "report": what a section's settings say of its rules. */
struct mtls_dir_t;
const char *mtls_metric_mode(const struct mtls_dir_t *dir);

#endif
