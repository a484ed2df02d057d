/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "apr_strings.h"
#include "util_filter.h"

#include "mtls_apart.h"
#include "mtls_request.h"
#include "mtls_vary.h"

/* Set when the module is loaded, before there are threads. */
static ap_filter_rec_t *filter, *before_cache, *cache, *cache_of_part;
int mtls_vary_caching;

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

/* ---- mod_cache ---- */

static void note_inside(request_rec *r)
{
    for (r = r->main; r; r = r->main)
        mtls_request_of(r)->told |= MTLS_TOLD_INSIDE;
}

void mtls_vary_note(request_rec *r)
{
    mtls_request_of(r)->told |= MTLS_TOLD_HERE;
    note_inside(r);
}

/* Variables of a request are also those of its subrequests and, renamed, of what it is redirected to. */
static int is_told(const request_rec *r)
{
    unsigned which = MTLS_TOLD_HERE | MTLS_TOLD_INSIDE;

    for (; r; r = r->prev ? r->prev : r->main) {
        const mtls_request_t *request = mtls_request_known(r);

        if (request && (request->told & which))
            return 1;
        which = MTLS_TOLD_HERE;
    }
    return 0;
}

static int is_public(const apr_table_t *headers)
{
    const char *control = apr_table_get(headers, "Cache-Control");

    return control && (ap_strcasestr(control, "public") || ap_strcasestr(control, "s-maxage"));
}

/* mod_cache has a response for each identity where Vary names its header. */
static int names_header(request_rec *r)
{
    return names_identity(r, apr_table_get(r->headers_out, "Vary"))
        || names_identity(r, apr_table_get(r->err_headers_out, "Vary"));
}

/* Whoever was told who the client is may have answered to that: what RFC 9111 section 3.5 says of Authorization. */
static int is_private(request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);
    int told = is_told(r);

    if (!told && !(request && request->exports))
        return 0;
    return !is_public(r->headers_out) && !is_public(r->err_headers_out) && (told || !names_header(r));
}

/* What a response depends on may show when its head is gone, in a subrequest: then mod_cache throws away what it has so
 * far. Before that no_cache would be told to the client, too. */
static apr_status_t keep_from_cache(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    int is_begun = f->ctx != NULL;

    f->ctx = f;
    if (is_private(r)) {
        ap_remove_output_filter(f);
        apr_table_setn(r->subprocess_env, "no-cache", "1");
        if (is_begun)
            r->no_cache = 1;
    }
    return ap_pass_brigade(f->next, bb);
}

/* Directly in front of mod_cache's filter, wherever "SetOutputFilter CACHE" has put it: behind everything that may
 * still ask for the client. */
static int guard_cache(request_rec *r)
{
    ap_filter_t **link = &r->output_filters, *own;

    while (*link && (*link)->r == r && (*link)->frec != cache && (*link)->frec != cache_of_part)
        link = &(*link)->next;
    if (!*link || (*link)->r != r)
        return DECLINED;
    own = apr_pmemdup(r->pool, *link, sizeof(*own));
    own->frec = before_cache;
    own->ctx = NULL;
    own->next = *link;
    *link = own;
    return DECLINED;
}

/* ---- */

void mtls_vary_watch(request_rec *r)
{
    if (!r->main)
        ap_add_output_filter_handle(filter, NULL, r, r->connection);
    else if (mtls_vary_caching)
        note_inside(r);
}

static void register_cache(void)
{
    static const char *const after[] = { "mod_cache.c", NULL };

    cache = ap_get_output_filter_handle("CACHE_SAVE");
    cache_of_part = ap_get_output_filter_handle("CACHE_SAVE_SUBREQ");
    mtls_vary_caching = cache != NULL;
    if (!cache)
        return;
    before_cache = ap_register_output_filter("MTLS_CACHE", keep_from_cache, NULL, AP_FTYPE_CONTENT_SET);
    ap_hook_handler(guard_cache, after, NULL, APR_HOOK_REALLY_FIRST);
}

void mtls_vary_register(void)
{
    /* Behind mod_cache, which sees the request's identity headers and may well keep one response for each;
     * before the response's head is written. */
    filter = ap_register_output_filter("MTLS_VARY", watch_response, NULL, (ap_filter_type)(AP_FTYPE_CONTENT_SET + 5));
    register_cache();
}
