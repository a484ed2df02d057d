/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"

#include "mtls_request.h"

mtls_request_t *mtls_request_known(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &mtls_authz_module);
}

/* Trust is the connection's, validity the hour's: both must hold before anything is believed. */
static mtls_reason_t standing_of(const mtls_peer_t *peer, apr_int64_t now)
{
    if (mtls_peer_trust(peer) != MTLS_GRANTED)
        return mtls_peer_trust(peer);
    return mtls_facts_standing(mtls_peer_facts(peer), now);
}

mtls_request_t *mtls_request_of(request_rec *r)
{
    mtls_request_t *request = mtls_request_known(r);

    if (!request) {
        request = apr_pcalloc(r->pool, sizeof(*request));
        ap_set_module_config(r->request_config, &mtls_authz_module, request);
    }
    return request;
}

const mtls_view_t *mtls_request_view(request_rec *r)
{
    mtls_request_t *request = mtls_request_of(r);
    const mtls_peer_t *peer = mtls_peer_of(r);

    if (request->peer != peer) {         /* first time, or the certificate has changed since */
        request->peer = peer;
        request->view.facts = mtls_peer_facts(peer);
        request->view.now = apr_time_sec(r->request_time);
        request->view.standing = standing_of(peer, request->view.now);
    }
    return &request->view;
}

request_rec *mtls_request_root(request_rec *r)
{
    while (r->main || r->prev)
        r = r->main ? r->main : r->prev;
    return r;
}

static int refused_status(int status)
{
    return status == HTTP_BAD_REQUEST || status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN
        || status == HTTP_MISDIRECTED_REQUEST;
}

int mtls_request_refused(const request_rec *r)
{
    const mtls_request_t *request;

    for (; r; r = r->prev ? r->prev : r->main) {
        request = mtls_request_known(r);
        if (request && request->denied != MTLS_GRANTED)
            return 1;
        if (r->prev && refused_status(r->prev->status))
            return 1;
    }
    return 0;
}
