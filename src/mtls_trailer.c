/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "util_filter.h"

#include "mtls_conf.h"
#include "mtls_strip.h"
#include "mtls_trailer.h"

APLOG_USE_MODULE(mtls_authz);

/* Set when the module is loaded, before there are threads. */
static ap_filter_rec_t *filter;

/** What a filter has to do. */
typedef struct watch_t {
    const mtls_guard_t *guard;
    apr_table_t *before;             /* see keep_guarded */
} watch_t;

/* Headers in our names as they stand before the body's end is read: ours and the operator's. A body is
 * read in very many pieces, so all of them use one table. */
static void keep_guarded(apr_table_t *kept, const request_rec *r, const mtls_guard_t *guard)
{
    const apr_array_header_t *array = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i;

    apr_table_clear(kept);
    for (i = 0; i < array->nelts; i++) {
        if (mtls_guard_find(guard, entries[i].key, strlen(entries[i].key)) >= 0)
            apr_table_addn(kept, entries[i].key, entries[i].val);
    }
}

static void remove_guarded(const mtls_guard_t *guard, apr_table_t *table)
{
    const apr_array_header_t *array = apr_table_elts(table);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i;

    for (i = 0; i < array->nelts; ) {
        if (mtls_guard_find(guard, entries[i].key, strlen(entries[i].key)) >= 0)
            apr_table_unset(table, entries[i].key);
        else
            i++;
    }
}

static int put_back(void *headers, const char *name, const char *value)
{
    apr_table_addn(headers, name, value);
    return 1;
}

/* With MergeTrailers the body's end brings new request headers, a new Connection among them. Whatever of
 * ours stood there before is laid back over what came. */
static apr_status_t clean_trailers(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                   apr_read_type_e block, apr_off_t readbytes)
{
    request_rec *r = f->r;
    watch_t *watch = f->ctx;
    const mtls_guard_t *guard = watch->guard;
    apr_status_t status;

    if (!watch->before)
        watch->before = apr_table_make(r->pool, 4);
    keep_guarded(watch->before, r, guard);
    status = ap_get_brigade(f->next, bb, mode, block, readbytes);
    if (!r->trailers_in || apr_is_empty_table(r->trailers_in))
        return status;
    mtls_strip_headers(r, guard, "trailer", r->trailers_in);
    mtls_strip_connection(r, guard, r->trailers_in);
    remove_guarded(guard, r->headers_in);
    mtls_strip_connection(r, guard, r->headers_in);
    apr_table_do(put_back, r->headers_in, watch->before, NULL);
    return status;
}

static int is_watched(const request_rec *r, const mtls_guard_t *guard)
{
    const ap_filter_t *f;

    for (f = r->input_filters; f; f = f->next) {
        if (f->frec->filter_func.in_func == clean_trailers && ((const watch_t *)f->ctx)->guard == guard)
            return 1;
    }
    return 0;
}

void mtls_trailer_watch(request_rec *r, const mtls_guard_t *guard)
{
    watch_t *watch;

    /* HTTP/1.1 has trailers behind chunked bodies only; an HTTP/2 stream may end any body with them. */
    if (!r->connection->master && !apr_table_get(r->headers_in, "Transfer-Encoding"))
        return;
    if (is_watched(r, guard))
        return;
    watch = apr_palloc(r->pool, sizeof(*watch));
    *watch = (watch_t){ guard, NULL };
    ap_add_input_filter_handle(filter, watch, r, r->connection);
}

void mtls_trailer_register(void)
{
    filter = ap_register_input_filter("MTLS_TRAILERS", clean_trailers, NULL, AP_FTYPE_CONTENT_SET);
}
