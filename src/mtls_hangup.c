/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdatomic.h>

#include "httpd.h"
#include "util_filter.h"

#include "mtls_hangup.h"

#define FILTER "MTLS_HANGUP"

struct mtls_hangup_t {
    atomic_int wanted;               /* how many reads it takes from now on; 0: it is not wanted */
};

static ap_filter_rec_t *filter;

/* Between two reads mod_http2 looks at what its streams have to send: the answer is to come before the goodbye. */
#define READS 2

/* mod_http2 offers no way to end a connection from a stream. It says goodbye where it cannot read: between it and mod_ssl,
 * that is what happens here, once. From then on it takes no new requests, but it has to read on: for as long as those that
 * run are answered, their windows are to be opened. */
static apr_status_t read_or_end(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode, apr_read_type_e block,
                                apr_off_t readbytes)
{
    mtls_hangup_t *hangup = f->ctx;

    if (atomic_load(&hangup->wanted) && atomic_fetch_sub(&hangup->wanted, 1) == 1)
        return APR_ECONNABORTED;
    return ap_get_brigade(f->next, bb, mode, block, readbytes);
}

mtls_hangup_t *mtls_hangup_watch(conn_rec *c)
{
    mtls_hangup_t *hangup = apr_pcalloc(c->pool, sizeof(*hangup));

    ap_add_input_filter_handle(filter, hangup, NULL, c);
    return hangup;
}

static apr_status_t hang_up(void *data)
{
    mtls_hangup_t *hangup = data;

    atomic_store(&hangup->wanted, READS);
    return APR_SUCCESS;
}

void mtls_hangup_behind(mtls_hangup_t *hangup, request_rec *r)
{
    if (hangup)
        apr_pool_cleanup_register(r->pool, hangup, hang_up, apr_pool_cleanup_null);
}

void mtls_hangup_register(void)
{
    filter = ap_register_input_filter(FILTER, read_or_end, NULL, AP_FTYPE_CONNECTION + 3);
}
