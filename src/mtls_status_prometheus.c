/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The text form of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
#include "httpd.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include "mtls_metric.h"
#include "mtls_status_format.h"

/* A label's value: backslash, double quote and line feed are written with a backslash. */
static const char *escape(apr_pool_t *p, const char *text)
{
    char *escaped = apr_palloc(p, 2 * strlen(text) + 1), *to = escaped;

    for (; *text; text++) {
        if (*text == '\\' || *text == '"' || *text == '\n')
            *to++ = '\\';
        *to++ = *text == '\n' ? 'n' : *text;
    }
    *to = '\0';
    return escaped;
}

static void write_sample(request_rec *r, const mtls_metric_t *metric, const char *const *names, int n,
                         const mtls_sample_t *sample)
{
    const char *before = "{";
    int i;

    ap_rputs(metric->name, r);
    for (i = 0; i < n; i++) {
        if (!sample->labels[i] || !*sample->labels[i])
            continue;
        ap_rvputs(r, before, names[i], "=\"", escape(r->pool, sample->labels[i]), "\"", NULL);
        before = ",";
    }
    ap_rprintf(r, "%s %" APR_INT64_T_FMT "\n", *before == ',' ? "}" : "", sample->value);
}

static void write_metric(request_rec *r, const mtls_metric_t *metric)
{
    const apr_array_header_t *samples = mtls_metric_read(r->pool, metric);
    const char *names[MTLS_LABELS_MAX];
    int n = mtls_metric_labels(r->pool, metric, names), i;

    if (!samples->nelts)
        return;
    ap_rvputs(r, "# HELP ", metric->name, " ", metric->help, "\n# TYPE ", metric->name, " ", metric->type, "\n", NULL);
    for (i = 0; i < samples->nelts; i++)
        write_sample(r, metric, names, n, &APR_ARRAY_IDX(samples, i, mtls_sample_t));
}

int mtls_status_prometheus(request_rec *r, const mtls_addition_t *const *additions)
{
    int i;

    (void)additions;
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    for (i = 0; i < mtls_metrics_len; i++)
        write_metric(r, &mtls_metrics[i]);
    return OK;
}
