/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_core.h"
#include "http_protocol.h"
#include "apr_strings.h"

#include "mtls_counters.h"
#include "mtls_html.h"
#include "mtls_metric.h"
#include "mtls_panel.h"
#include "mtls_radar.h"
#include "mtls_status_format.h"

#define SOON_DAYS 14

/** Decisions of all places. */
typedef struct sums_t {
    apr_uint64_t granted, denied, would, not_asked;
} sums_t;

static sums_t add_up(void)
{
    sums_t sums = { 0, 0, 0, 0 };
    unsigned outcome, reason;
    int place;

    for (place = 0; place < mtls_counters_places(); place++) {
        for (outcome = 0; outcome < MTLS_OUTCOMES; outcome++) {
            for (reason = 0; reason <= MTLS_NOT_ASKED; reason++) {
                apr_uint64_t n = mtls_counted_decisions(place, (mtls_outcome_t)outcome, reason);

                *(reason == MTLS_NOT_ASKED ? &sums.not_asked : reason == MTLS_GRANTED ? &sums.granted
                  : outcome == MTLS_WOULD ? &sums.would : &sums.denied) += n;
            }
        }
    }
    return sums;
}

static void write_tile(request_rec *r, apr_uint64_t number, const char *what, const char *colour)
{
    ap_rprintf(r, "<li><b%s%s%s>%" APR_UINT64_T_FMT "</b>%s</li>\n", number && colour ? " class=\"" : "",
               number && colour ? colour : "", number && colour ? "\"" : "", number, what);
}

static void write_tiles(request_rec *r)
{
    apr_int64_t now = apr_time_sec(apr_time_now());
    sums_t sums = add_up();

    ap_rputs("<ul class=\"tiles\">\n", r);
    write_tile(r, sums.granted, "granted", NULL);
    write_tile(r, sums.denied, "denied", "bad");
    write_tile(r, sums.would, "would be denied", "warn");
    write_tile(r, sums.not_asked, "no rule asked", NULL);
    write_tile(r, mtls_counted(MTLS_TOTAL_VERIFIED), "connections with a verified certificate", NULL);
    write_tile(r, (apr_uint64_t)mtls_radar_within(mtls_radar_list(r->pool, now), now, (apr_int64_t)SOON_DAYS * 86400),
               apr_psprintf(r->pool, "certificates run out within %d days", SOON_DAYS), "warn");
    ap_rputs("</ul>\n", r);
}

static int has_labels(const mtls_metric_t *metric)
{
    return *metric->labels != '\0';
}

static int is_time(const mtls_metric_t *metric)
{
    apr_size_t len = strlen(metric->name);

    return len > 8 && !strcmp(metric->name + len - 8, "_seconds");
}

/* Metrics that are one number share a table. */
static void write_numbers(request_rec *r)
{
    static const mtls_column_t columns[] = {
        { "title", "", MTLS_CELL_TEXT }, { "name", "metric", MTLS_CELL_TEXT }, { "value", "value", MTLS_CELL_TEXT }
    };
    mtls_sheet_t *sheet = mtls_sheet_make(r->pool, "numbers", "Other numbers", columns, 3);
    int i;

    for (i = 0; i < mtls_metrics_len; i++) {
        const apr_array_header_t *samples = mtls_metric_read(r->pool, &mtls_metrics[i]);
        apr_int64_t value = samples->nelts ? APR_ARRAY_IDX(samples, 0, mtls_sample_t).value : 0;

        if (has_labels(&mtls_metrics[i]) || !samples->nelts)
            continue;
        mtls_sheet_text(sheet, mtls_metrics[i].title);
        mtls_sheet_text(sheet, mtls_metrics[i].name);
        mtls_sheet_text(sheet, is_time(&mtls_metrics[i]) ? mtls_sheet_time(r->pool, value)
                               : apr_psprintf(r->pool, "%" APR_INT64_T_FMT, value));
    }
    mtls_html_sheet(r, sheet);
}

int mtls_status_html(request_rec *r, const mtls_addition_t *const *additions)
{
    apr_int64_t now = apr_time_sec(apr_time_now());
    int i;

    mtls_html_begin(r, apr_psprintf(r->pool, "Client certificates at %s", ap_get_server_name(r)));
    if (r->header_only)
        return OK;
    ap_rvputs(r, "<p class=\"quiet\">", mtls_sheet_time(r->pool, now), "; counting since ",
              mtls_sheet_time(r->pool, mtls_counters_since()),
              ". Also as <a href=\"?format=json\">JSON</a> and for <a href=\"?format=prometheus\">Prometheus</a>.</p>\n",
              NULL);
    write_tiles(r);
    for (i = 0; i < mtls_panels_len; i++) {
        const mtls_sheet_t *sheet = mtls_panels[i].make(r);

        if (sheet)
            mtls_html_sheet(r, sheet);
    }
    for (; *additions; additions++) {
        if ((*additions)->html)
            (*additions)->html(r);
    }
    for (i = 0; i < mtls_metrics_len; i++) {
        if (has_labels(&mtls_metrics[i]))
            mtls_html_sheet(r, mtls_panel_metric(r->pool, &mtls_metrics[i]));
    }
    write_numbers(r);
    mtls_html_end(r);
    return OK;
}
