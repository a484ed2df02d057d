/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "apr_strings.h"

#include "mtls_audit.h"
#include "mtls_describe.h"

APLOG_USE_MODULE(mtls_authz);

#define REDIRECT_PREFIX "REDIRECT_"

static int log_level(mtls_reason_t reason)
{
    return reason == MTLS_NO_TLS || reason == MTLS_NO_CERTIFICATE ? APLOG_INFO : APLOG_ERR;
}

static void write_line(request_rec *r, const mtls_request_t *request, const mtls_decision_t *decision)
{
    apr_pool_t *p = r->pool;
    const char *detail = decision->detail;

    ap_log_rerror(APLOG_MARK, log_level(decision->reason), 0, r, "%s, reason: %s (%s); %s %s%s%s%s%s; id %s",
                  decision->would ? "would deny" : "access denied", mtls_reason_slug(decision->reason),
                  mtls_reason_text(decision->reason), mtls_describe_text(p, r->method),
                  mtls_describe_text(p, r->uri ? r->uri : "-"), detail ? "; " : "", detail ? detail : "",
                  mtls_describe_lines(p, request->tried), mtls_describe_certificate(r), decision->request_id);
}

/* ---- whoever else wants to know ---- */

typedef void observer_fn(request_rec *r, const mtls_decision_t *decision);

/* Set when the module is loaded, before there are threads. */
static observer_fn *observers[8];

void mtls_audit_watch(observer_fn *observer)
{
    apr_size_t i = 0;

    while (observers[i] && observers[i] != observer) {
        i++;
        ap_assert(i < sizeof(observers) / sizeof(observers[0]));
    }
    observers[i] = observer;
}

/* What is only supposed is told to whoever supposes it. */
static void tell(request_rec *r, mtls_request_t *request, mtls_decision_t decision)
{
    apr_size_t i;

    request->kept_detail = decision.detail;
    if (request->supposed)
        return;
    decision.request_id = mtls_describe_id(r);
    write_line(r, request, &decision);
    for (i = 0; i < sizeof(observers) / sizeof(observers[0]) && observers[i]; i++)
        observers[i](r, &decision);
}

/* ---- denials ---- */

static void publish_reason(request_rec *r, mtls_request_t *request, mtls_reason_t reason)
{
    request->view.reason = mtls_reason_slug(reason);
    for (; r; r = request->supposed ? NULL : r->main)
        apr_table_setn(r->subprocess_env, MTLS_REASON_VARIABLE, mtls_reason_slug(reason));
}

static void unset_names(request_rec *r, const char *prefix, const apr_array_header_t *names)
{
    apr_table_t *gone;
    int i;

    if (!names || !names->nelts)
        return;
    gone = apr_table_make(r->pool, names->nelts);
    for (i = 0; i < names->nelts; i++)
        apr_table_addn(gone, apr_pstrcat(r->pool, prefix, APR_ARRAY_IDX(names, i, const char *), NULL), "");
    mtls_request_unset(r, gone);
}

/* With each internal redirect httpd puts one more prefix before the names of all variables. */
void mtls_audit_unset_variables(request_rec *r)
{
    const char *prefix = "";
    const request_rec *before;

    for (before = r; before; before = before->prev) {
        const mtls_request_t *request = mtls_request_known(before);

        if (request)
            unset_names(r, prefix, request->variables);
        prefix = apr_pstrcat(r->pool, REDIRECT_PREFIX, prefix, NULL);
    }
}

/* An error page that is refused, too, says nothing new of the request that the client sent. */
static int is_logged(const request_rec *r)
{
    for (; r; r = r->prev) {
        const mtls_request_t *request = mtls_request_known(r);

        if (request && request->logged)
            return 1;
    }
    return 0;
}

int mtls_audit_deny(request_rec *r, mtls_reason_t reason, const char *detail)
{
    mtls_request_t *request = mtls_request_of(r);

    if (request->trial) {
        request->kept = reason;
        request->kept_detail = detail;
        return mtls_reason_status(reason);
    }
    request->denied = reason;
    mtls_audit_unset_variables(r);
    publish_reason(r, request, reason);
    if (!is_logged(r))
        tell(r, request, (mtls_decision_t){ .reason = reason, .detail = detail });
    request->logged = 1;
    return mtls_reason_status(reason);
}

int mtls_audit_stands_against(const mtls_tried_t *tried)
{
    return tried->line->negated ? tried->answer.truth != MTLS_FALSE : tried->answer.truth != MTLS_TRUE;
}

mtls_reason_t mtls_audit_against(const mtls_request_t *request)
{
    mtls_reason_t reason = MTLS_GRANTED;
    int i;

    for (i = 0; request->tried && i < request->tried->nelts; i++) {
        const mtls_tried_t *tried = &APR_ARRAY_IDX(request->tried, i, mtls_tried_t);

        if (!mtls_audit_stands_against(tried))
            continue;
        /* Anything says more than "no match". */
        if (reason == MTLS_GRANTED || reason == MTLS_NO_MATCH)
            reason = tried->answer.truth == MTLS_UNKNOWN ? tried->answer.reason : MTLS_NO_MATCH;
    }
    return reason;
}

void mtls_audit_refusal(request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);
    mtls_reason_t reason;

    if (!request || request->denied != MTLS_GRANTED)      /* whoever asked for a user has said it */
        return;
    reason = mtls_audit_against(request);
    if (reason != MTLS_GRANTED)
        mtls_audit_deny(r, reason, NULL);
}

/* ---- would-denials ---- */

int mtls_audit_reports(request_rec *r)
{
    const mtls_generation_t *generation = mtls_generation();

    return generation && generation->report && mtls_dir_of(r)->report == 1;
}

/* Said already: of this request or one that it was redirected from, where a denial would have been, or was, the end,
 * or of one that it is a part of and whose configuration it has, where httpd does not ask again. */
static int is_reported(const request_rec *r)
{
    const request_rec *outer = r;
    int is_part = 0;

    while (outer) {
        const mtls_request_t *request = mtls_request_known(outer);

        if (request && !is_part && (request->logged || request->would != MTLS_GRANTED))
            return 1;
        if (request && request->would != MTLS_GRANTED && request->would_for == r->per_dir_config)
            return 1;
        is_part |= !outer->prev;
        outer = outer->prev ? outer->prev : outer->main;
    }
    return 0;
}

/* The first denial would have been the only one. A main request outlives its subrequests: to each the word in its
 * own memory. */
static void publish_would(request_rec *r, mtls_request_t *request)
{
    const char *slug = mtls_reason_slug(request->would);

    request->view.reason = apr_pstrcat(r->pool, MTLS_WOULD_PREFIX, slug, NULL);
    for (; r; r = request->supposed ? NULL : r->main) {
        if (!apr_table_get(r->subprocess_env, MTLS_REASON_VARIABLE))
            apr_table_setn(r->subprocess_env, MTLS_REASON_VARIABLE,
                           apr_pstrcat(r->pool, MTLS_WOULD_PREFIX, slug, NULL));
    }
}

void mtls_audit_would(request_rec *r, mtls_reason_t reason, const char *detail)
{
    mtls_request_t *request = mtls_request_of(r);
    int is_new = !is_reported(r);

    if (request->would != MTLS_GRANTED)
        return;
    request->would = reason;
    request->would_for = r->per_dir_config;
    if (!is_new)
        return;
    publish_would(r, request);
    tell(r, request, (mtls_decision_t){ .reason = reason, .would = 1, .detail = detail });
}

int mtls_audit_object(request_rec *r, mtls_reason_t reason, const char *detail)
{
    if (!mtls_audit_reports(r))
        return mtls_audit_deny(r, reason, detail);
    mtls_audit_would(r, reason, detail);
    return DECLINED;
}

void mtls_audit_inherit(request_rec *r)
{
    int seen = r->prev && (mtls_request_known(r->prev) || mtls_request_is_cleaned(r->prev));
    const char *slug = r->prev ? apr_table_get(r->prev->subprocess_env, MTLS_REASON_VARIABLE) : NULL;

    if (slug && seen)
        apr_table_setn(r->subprocess_env, MTLS_REASON_VARIABLE, slug);
}
