/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdatomic.h>

#include "httpd.h"
#include "util_filter.h"

#include "mtls_hangup.h"

#define FILTER "MTLS_HANGUP"

struct mtls_hangup_t {
    atomic_int now;
    atomic_int streams;              /* how many still have something to answer */
};

static ap_filter_rec_t *filter;

/* mod_http2 offers no way to end a connection from a stream. It says goodbye where it can read no more: between it and
 * mod_ssl, that is what happens here. It does not wait for responses then, so this must come behind the last one; whatever
 * the client asks for until then is judged as well. */
static apr_status_t read_or_end(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode, apr_read_type_e block,
                                apr_off_t readbytes)
{
    mtls_hangup_t *hangup = f->ctx;

    if (atomic_load(&hangup->now) && !atomic_load(&hangup->streams))
        return APR_ECONNABORTED;
    return ap_get_brigade(f->next, bb, mode, block, readbytes);
}

mtls_hangup_t *mtls_hangup_watch(conn_rec *c)
{
    mtls_hangup_t *hangup = apr_pcalloc(c->pool, sizeof(*hangup));

    ap_add_input_filter_handle(filter, hangup, NULL, c);
    return hangup;
}

static apr_status_t forget_stream(void *hangup)
{
    atomic_fetch_sub(&((mtls_hangup_t *)hangup)->streams, 1);
    return APR_SUCCESS;
}

void mtls_hangup_stream(mtls_hangup_t *hangup, conn_rec *stream)
{
    if (!hangup)
        return;
    atomic_fetch_add(&hangup->streams, 1);
    apr_pool_cleanup_register(stream->pool, hangup, forget_stream, apr_pool_cleanup_null);
}

void mtls_hangup_now(mtls_hangup_t *hangup)
{
    if (hangup)
        atomic_store(&hangup->now, 1);
}

void mtls_hangup_register(void)
{
    filter = ap_register_input_filter(FILTER, read_or_end, NULL, AP_FTYPE_CONNECTION + 3);
}
