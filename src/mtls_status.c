/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_request.h"
#include "util_script.h"
#include "apr_optional_hooks.h"
#include "apr_strings.h"
#include "mod_status.h"

#include "mtls_apart.h"
#include "mtls_conf.h"
#include "mtls_counters.h"
#include "mtls_html.h"
#include "mtls_metric.h"
#include "mtls_panel.h"
#include "mtls_status.h"
#include "mtls_status_format.h"
#include "mtls_tree.h"

APLOG_USE_MODULE(mtls_authz);

#define ADDITIONS_MAX 8

/* Written while hooks are registered. One more than fit: the list ends with NULL. */
static const mtls_addition_t *additions[ADDITIONS_MAX + 1];

void mtls_status_add(const mtls_addition_t *addition)
{
    int i;

    for (i = 0; i < ADDITIONS_MAX && additions[i] && additions[i] != addition; i++)
        ;
    if (i < ADDITIONS_MAX)
        additions[i] = addition;
}

/* ---- the handler ---- */

static const struct {
    const char *name;                /* ?format= */
    mtls_status_write_fn *write;
} formats[] = {
    { "html", mtls_status_html },
    { "json", mtls_status_json },
    { "prometheus", mtls_status_prometheus }
};

static mtls_status_write_fn *find_format(const char *name)
{
    apr_size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!strcmp(formats[i].name, name))
            return formats[i].write;
    }
    return NULL;
}

static const mtls_addition_t *find_addition(const char *id)
{
    int i;

    for (i = 0; id && additions[i]; i++) {
        if (additions[i]->answer && !strcmp(additions[i]->id, id))
            return additions[i];
    }
    return NULL;
}

static int refuse(request_rec *r, const char *sentence)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "mtls-status: %s", sentence);
    return HTTP_BAD_REQUEST;
}

/* Neither kept by anybody nor taken for something else. */
static void set_headers(request_rec *r)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
}

static MTLS_APART int answer(request_rec *r)
{
    const mtls_addition_t *addition;
    mtls_status_write_fn *write;
    apr_table_t *arguments;
    const char *format;

    if (!mtls_counters_since()) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "mtls-status: nothing is counted: no directive of this module is "
                      "in use, or there was no shared memory");
        return HTTP_SERVICE_UNAVAILABLE;
    }
    ap_args_to_table(r, &arguments);
    set_headers(r);
    addition = find_addition(apr_table_get(arguments, "show"));
    if (addition)
        return addition->answer(r, arguments);
    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
    if (r->method_number == M_OPTIONS)
        return DECLINED;
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    if (apr_table_get(arguments, "show"))
        return refuse(r, "?show= names nothing that this page has");
    format = apr_table_get(arguments, "format");
    write = find_format(format ? format : "html");
    return write ? write(r, additions) : refuse(r, "?format= is html, json or prometheus");
}

static MTLS_APART int answer_if_ours(request_rec *r)
{
    return strcmp(r->handler, MTLS_STATUS_HANDLER) ? DECLINED : answer(r);
}

/* Asked for every request there is: the first letter is enough for most. */
static int answer_ours(request_rec *r)
{
    return r->handler && *r->handler == *MTLS_STATUS_HANDLER ? answer_if_ours(r) : DECLINED;
}

/* ---- a part of mod_status' page ---- */

static void write_short(request_rec *r)
{
    int i, k;

    for (i = 0; i < mtls_metrics_len; i++) {
        const apr_array_header_t *samples = mtls_metric_read(r->pool, &mtls_metrics[i]);
        apr_int64_t sum = 0;

        for (k = 0; k < samples->nelts; k++)
            sum += APR_ARRAY_IDX(samples, k, mtls_sample_t).value;
        if (!strcmp(mtls_metrics[i].type, "counter"))
            ap_rprintf(r, "%s: %" APR_INT64_T_FMT "\n", mtls_metrics[i].name, sum);
    }
}

/* mod_status' own page may be open to more people: counters only. */
static int extend_server_status(request_rec *r, int flags)
{
    int i;

    if (!mtls_counters_since())
        return DECLINED;
    if (flags & AP_STATUS_SHORT) {
        write_short(r);
        return OK;
    }
    ap_rputs("<hr />\n<h1>Client certificates (mod_mtls_authz)</h1>\n", r);
    for (i = 0; i < mtls_metrics_len; i++) {
        if (!strcmp(mtls_metrics[i].type, "counter"))
            mtls_html_sheet(r, mtls_panel_metric(r->pool, &mtls_metrics[i]));
    }
    return OK;
}

static int visit_name(void *ctx, const ap_directive_t *directive)
{
    (void)ctx;
    return ap_strcasestr(directive->args, MTLS_STATUS_HANDLER) != NULL;
}

/* Where nothing of ours is used the page says so, if somebody has asked for it. */
void mtls_status_register_page(void)
{
    mtls_generation_t *generation = mtls_generation();

    if (generation->answering || !(generation->used || mtls_tree_walk(ap_conftree, visit_name, NULL)))
        return;
    generation->answering = 1;
    ap_hook_handler(answer_ours, NULL, NULL, APR_HOOK_MIDDLE);
}

void mtls_status_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, extend_server_status, NULL, NULL, APR_HOOK_MIDDLE);
}
