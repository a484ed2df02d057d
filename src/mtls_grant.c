/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_request.h"

#include <stdlib.h>
#include <string.h>

#include "mtls_backstop.h"
#include "mtls_grant.h"
#include "mtls_ruling.h"

APLOG_USE_MODULE(mtls_authz);

/** What one peer was granted for, by one section's lines: its key is their ruling. Constant. */
struct mtls_grant_t {
    mtls_kept_t kept;
    int satisfied;               /* a line that is not negated was true */
    int n;
    mtls_tried_t tried[];        /* the lines that were asked, n of them */
};

/* ---- given again ---- */

/* Whoever reads along wants to see the walk. */
static int is_read_along(const request_rec *r, const module *core)
{
    return APLOG_R_IS_LEVEL(r, APLOG_TRACE1) || APLOG_R_MODULE_IS_LEVEL(r, core->module_index, APLOG_DEBUG);
}

int mtls_grant_find(request_rec *r, mtls_request_t *request)
{
    const mtls_ruling_t *ruling = mtls_dir_of(r)->ruling;
    const module *core = mtls_generation()->in_front;

    request->grant = NULL;
    if (!core || !mtls_ruling_lasts(ruling) || request->tried)
        return 0;
    if (mtls_request_look(r, request)->standing != MTLS_GRANTED || is_read_along(r, core))
        return 0;
    request->grant = (const mtls_grant_t *)mtls_memo_block(mtls_peer_memo(request->peer), ruling);
    return request->grant != NULL;
}

static int give(request_rec *r, mtls_request_t *request, const mtls_grant_t *grant)
{
    request->lent = (apr_array_header_t){ .pool = r->pool, .elt_size = sizeof(mtls_tried_t), .nelts = grant->n,
                                          .nalloc = grant->n, .elts = (char *)grant->tried };
    request->tried = &request->lent;
    request->satisfied |= grant->satisfied;
    if (grant->satisfied && mtls_generation()->backstop)
        mtls_backstop_note(r);
    return OK;
}

/* All others have had their say: mod_authz_core is next. */
static int give_again(request_rec *r)
{
    mtls_request_t *request = mtls_request_known(r);
    const mtls_ruling_t *ruling = mtls_dir_of(r)->ruling;
    const mtls_grant_t *grant = request ? request->grant : NULL;

    if (!request)
        return DECLINED;
    request->grant = NULL;
    if (grant && grant->kept.key == ruling)
        return give(r, request, grant);
    if (!request->tried)
        request->walked = ruling;
    return DECLINED;
}

/* ---- kept ---- */

/* Every line that was asked is one of these, and has said what it will say again. */
static int is_all_of(const mtls_request_t *request, const mtls_ruling_t *ruling)
{
    int i;

    for (i = 0; i < request->tried->nelts; i++) {
        const mtls_tried_t *tried = &APR_ARRAY_IDX(request->tried, i, mtls_tried_t);

        if (tried->line->ruling != ruling || tried->answer.truth == MTLS_UNKNOWN)
            return 0;
    }
    return 1;
}

/* A hook that granted it before mod_authz_core was asked has asked no line. */
static int is_walked(const request_rec *r, const mtls_request_t *request)
{
    const mtls_ruling_t *ruling = mtls_dir_of(r)->ruling;

    return mtls_generation()->in_front && mtls_ruling_lasts(ruling) && request->walked == ruling
        && request->trial == MTLS_TRIAL_NONE && request->tried && request->tried->nelts
        && request->view.standing == MTLS_GRANTED && is_all_of(request, ruling);
}

void mtls_grant_keep(request_rec *r, mtls_request_t *request)
{
    apr_size_t octets;
    mtls_grant_t *grant;

    if (!is_walked(r, request) || mtls_memo_block(mtls_peer_memo(request->peer), request->walked))
        return;
    octets = (apr_size_t)request->tried->nelts * sizeof(mtls_tried_t);
    grant = malloc(sizeof(*grant) + octets);
    if (!grant)
        return;
    grant->kept = (mtls_kept_t){ .key = request->walked };
    grant->satisfied = request->satisfied;
    grant->n = request->tried->nelts;
    memcpy(grant->tried, request->tried->elts, octets);
    mtls_memo_keep_block(mtls_peer_memo(request->peer), &grant->kept);
}

/* ---- hooks ---- */

/* Others may say that they want to be in front of mod_authz_core, too. If one of them is, we are not. */
static const module *find_next(void)
{
    const apr_array_header_t *hooks = ap_hook_get_access_checker_ex();
    const module *core = ap_find_linked_module("mod_authz_core.c");
    int i;

    for (i = 0; core && i < hooks->nelts - 1; i++) {
        const ap_LINK_access_checker_ex_t *next = &APR_ARRAY_IDX(hooks, i + 1, ap_LINK_access_checker_ex_t);

        if (APR_ARRAY_IDX(hooks, i, ap_LINK_access_checker_ex_t).pFunc == give_again)
            return strcmp(next->szName, core->name) ? NULL : core;
    }
    return NULL;
}

/* All hooks are in their place now. */
static void begin_child(apr_pool_t *p, server_rec *s)
{
    (void)p, (void)s;
    mtls_generation()->in_front = find_next();
}

void mtls_grant_register(void)
{
    static const char *const before[] = { "mod_authz_core.c", NULL };

    ap_hook_check_access_ex(give_again, NULL, before, APR_HOOK_LAST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_child_init(begin_child, NULL, NULL, APR_HOOK_MIDDLE);
}
