/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "apr_hash.h"
#include "apr_strings.h"

#include "mtls_request.h"

const mtls_request_t mtls_request_only_cleaned = { .cleaned = 1 };

/* Trust is the connection's, validity the hour's: both must hold before anything is believed. */
static mtls_reason_t standing_of(const mtls_peer_t *peer, apr_int64_t now)
{
    if (mtls_peer_trust(peer) != MTLS_GRANTED)
        return mtls_peer_trust(peer);
    return mtls_facts_standing(mtls_peer_facts(peer), now);
}

int mtls_request_is_cleaned(const request_rec *r)
{
    const mtls_request_t *request = ap_get_module_config(r->request_config, &mtls_authz_module);

    return request && request->cleaned;
}

static const mtls_request_t nothing = { .peer = NULL };

mtls_request_t *mtls_request_of(request_rec *r)
{
    mtls_request_t *request = mtls_request_known(r);

    if (!request) {
        request = apr_pmemdup(r->pool, &nothing, sizeof(nothing));
        request->cleaned = mtls_request_is_cleaned(r);
        ap_set_module_config(r->request_config, &mtls_authz_module, request);
    }
    return request;
}

/* ---- lists ---- */

static void note_stale(request_rec *root, const mtls_list_t *list)
{
    const char *before = apr_table_get(root->subprocess_env, MTLS_STALE_VARIABLE);

    apr_table_setn(root->subprocess_env, MTLS_STALE_VARIABLE,
                   before ? apr_pstrcat(root->pool, before, " ", mtls_list_name(list), NULL) : mtls_list_name(list));
}

/* Whatever is asked while the client's request lasts, in subrequests and behind redirects, too, sees one version. */
static const mtls_membership_t *look_up(void *of, int number)
{
    request_rec *r = of, *root = mtls_request_root(r);
    const mtls_generation_t *generation = mtls_generation();
    mtls_request_t *request = mtls_request_of(root);
    const mtls_facts_t *facts = mtls_request_view(r)->facts;
    apr_size_t n = (apr_size_t)mtls_fieldset_lists(generation->fields);

    if (!request->memberships || request->memberships_of != facts) {
        request->memberships = apr_pcalloc(root->pool, n * sizeof(*request->memberships));
        request->memberships_of = facts;
    }
    if (!request->memberships[number]) {
        request->memberships[number] = mtls_list_find(generation->list_of[number], root->pool, facts);
        if (mtls_list_stale(generation->list_of[number]))
            note_stale(root, generation->list_of[number]);
    }
    return request->memberships[number];
}

const mtls_membership_t *mtls_request_killed(request_rec *r)
{
    request_rec *root = mtls_request_root(r);
    mtls_request_t *request = mtls_request_of(root);

    request->killed = mtls_list_find(mtls_generation()->kill_list, root->pool, mtls_request_view(r)->facts);
    return request->killed;
}

/* ---- the view ---- */

const mtls_view_t *mtls_request_look(request_rec *r, mtls_request_t *request)
{
    const mtls_peer_t *peer = request->supposed ? request->supposed : mtls_peer_of(r);

    if (request->peer != peer) {         /* first time, or the certificate has changed since */
        request->peer = peer;
        request->view.facts = mtls_peer_facts(peer);
        request->view.now = apr_time_sec(r->request_time);
        request->view.standing = standing_of(peer, request->view.now);
        request->view.lookup = mtls_generation()->list_of ? look_up : NULL;
        request->view.lookup_of = r;
    }
    return &request->view;
}

const mtls_view_t *mtls_request_view(request_rec *r)
{
    return mtls_request_look(r, mtls_request_of(r));
}

static int is_supposed(const request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);

    return request && request->supposed;
}

request_rec *mtls_request_root(request_rec *r)
{
    request_rec *outer;

    while ((outer = r->main ? r->main : r->prev) != NULL && is_supposed(outer) == is_supposed(r))
        r = outer;
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

/* ---- variables ---- */

/** Names that go, and where the others are kept. */
typedef struct others_t {
    apr_pool_t *pool;
    apr_hash_t *gone;                /* by name in lower case */
    apr_table_t *kept;
} others_t;

static const char *fold(apr_pool_t *p, const char *name)
{
    char *folded = apr_pstrdup(p, name);

    ap_str_tolower(folded);
    return folded;
}

static int note_gone(void *ctx, const char *name, const char *value)
{
    const others_t *others = ctx;

    apr_hash_set(others->gone, fold(others->pool, name), APR_HASH_KEY_STRING, value);
    return 1;
}

static int keep_other(void *ctx, const char *name, const char *value)
{
    const others_t *others = ctx;

    if (!apr_hash_get(others->gone, fold(others->pool, name), APR_HASH_KEY_STRING))
        apr_table_addn(others->kept, name, value);
    return 1;
}

/* Not by laying tables over each other: of two variables of one name (mod_env may set a second one) the first one counts,
 * and that would leave the last one. */
void mtls_request_unset(request_rec *r, const apr_table_t *names)
{
    const apr_table_t *before = apr_table_copy(r->pool, r->subprocess_env);
    others_t others = { r->pool, apr_hash_make(r->pool), r->subprocess_env };

    apr_table_do(note_gone, &others, names, NULL);
    apr_table_clear(r->subprocess_env);
    apr_table_do(keep_other, &others, before, NULL);
}
