/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "util_filter.h"

#include "mtls_apart.h"
#include "mtls_request.h"
#include "mtls_vary.h"

/* Set when the module is loaded, before there are threads. */
static ap_filter_rec_t *filter, *before_cache;
static int has_cache;

static int is_exported(const mtls_request_t *request, const char *name)
{
    int i;

    for (i = 0; i < request->exports; i++) {
        if (mtls_header_folds_equal(request->exported[i], name))
            return 1;
    }
    return 0;
}

static int names_identity(request_rec *r, const char *vary)
{
    const mtls_request_t *request = mtls_request_known(r);

    while (request && vary && *vary) {
        vary += strspn(vary, ",;");
        if (is_exported(request, ap_get_token(r->pool, &vary, 0)))
            return 1;
    }
    return 0;
}

static MTLS_APART void rewrite(request_rec *r, apr_table_t *headers)
{
    const apr_array_header_t *array = apr_table_elts(headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i;

    for (i = 0; i < array->nelts; i++) {
        if ((*entries[i].key | 0x20) == 'v' && !strcasecmp(entries[i].key, "Vary") && names_identity(r, entries[i].val)) {
            apr_table_setn(headers, "Vary", "*");
            return;
        }
    }
}

static apr_status_t watch_response(ap_filter_t *f, apr_bucket_brigade *bb)
{
    ap_remove_output_filter(f);
    if (apr_table_get(f->r->headers_out, "Vary"))
        rewrite(f->r, f->r->headers_out);
    if (!apr_is_empty_table(f->r->err_headers_out) && apr_table_get(f->r->err_headers_out, "Vary"))
        rewrite(f->r, f->r->err_headers_out);
    return ap_pass_brigade(f->next, bb);
}

/* mod_cache has a response for each identity where Vary names its header. */
static int is_shareable(request_rec *r, const apr_table_t *headers)
{
    const char *control = apr_table_get(headers, "Cache-Control");

    return names_identity(r, apr_table_get(headers, "Vary"))
        || (control && (ap_strcasestr(control, "public") || ap_strcasestr(control, "s-maxage")));
}

/* Whoever was told who the client is may have answered to that: what RFC 9111 section 3.5 says of Authorization. */
static apr_status_t keep_from_cache(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;

    ap_remove_output_filter(f);
    if (!is_shareable(r, r->headers_out) && !is_shareable(r, r->err_headers_out))
        apr_table_setn(r->subprocess_env, "no-cache", "1");
    return ap_pass_brigade(f->next, bb);
}

void mtls_vary_watch(request_rec *r)
{
    if (r->main)
        return;
    ap_add_output_filter_handle(filter, NULL, r, r->connection);
    if (has_cache)
        ap_add_output_filter_handle(before_cache, NULL, r, r->connection);
}

void mtls_vary_register(void)
{
    /* Behind mod_cache, which sees the request's identity headers and may well keep one response for each;
     * before the response's head is written. */
    filter = ap_register_output_filter("MTLS_VARY", watch_response, NULL, (ap_filter_type)(AP_FTYPE_CONTENT_SET + 5));
    has_cache = ap_get_output_filter_handle("CACHE_SAVE") != NULL;
    before_cache = ap_register_output_filter("MTLS_CACHE", keep_from_cache, NULL,
                                             (ap_filter_type)(AP_FTYPE_CONTENT_SET - 1));
}
