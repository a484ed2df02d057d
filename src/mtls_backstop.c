/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_request.h"

#include "mtls_audit.h"
#include "mtls_backstop.h"

/* Whether a line was true, or a denial was only reported, is kept with the client's own request, by the
 * per-directory configuration that was judged: httpd does not ask again for subrequests and redirects that
 * keep it, and an index file's replaces the directory's after the fact. */

static mtls_request_t *root_of(request_rec *r)
{
    return mtls_request_of(mtls_request_root(r));
}

static int find_judged(const mtls_request_t *root, const void *config)
{
    int i;

    for (i = 0; root->judged && i < root->judged->nelts; i++) {
        if (APR_ARRAY_IDX(root->judged, i, const void *) == config)
            return i;
    }
    return -1;
}

/** A subrequest's entry in its root's list, until the subrequest is destroyed. */
typedef struct entry_t {
    mtls_request_t *root;
    const void *config;
} entry_t;

/* Its configuration's memory may be another's next: the entry must not outlive it. */
static apr_status_t forget(void *data)
{
    const entry_t *entry = data;
    int i = find_judged(entry->root, entry->config);

    if (i >= 0)
        APR_ARRAY_IDX(entry->root->judged, i, const void *) = NULL;
    return APR_SUCCESS;
}

void mtls_backstop_note(request_rec *r)
{
    request_rec *root_request = mtls_request_root(r);
    mtls_request_t *root = mtls_request_of(root_request);
    entry_t *entry;

    if (find_judged(root, r->per_dir_config) >= 0)
        return;
    if (!root->judged)
        root->judged = apr_array_make(root_request->pool, 4, sizeof(const void *));
    APR_ARRAY_PUSH(root->judged, const void *) = r->per_dir_config;
    if (r->pool == root_request->pool)
        return;
    entry = apr_palloc(r->pool, sizeof(*entry));
    *entry = (entry_t){ root, r->per_dir_config };
    apr_pool_cleanup_register(r->pool, entry, forget, apr_pool_cleanup_null);
}

/* What is only reported is reported once for each configuration, as rules are asked. */
static int object(request_rec *r, mtls_reason_t reason, const char *detail)
{
    int status;

    if (mtls_audit_reports(r) && find_judged(root_of(r), r->per_dir_config) >= 0)
        return DECLINED;
    status = mtls_audit_object(r, reason, detail);
    if (status == DECLINED)
        mtls_backstop_note(r);
    return status;
}

/* The kill list is asked once: what it has said holds for the error page that says so, too. */
static mtls_reason_t standing_of(request_rec *r)
{
    mtls_reason_t standing = mtls_request_view(r)->standing;
    const mtls_membership_t *killed = root_of(r)->killed;

    if (standing != MTLS_GRANTED || !killed || killed->reason == MTLS_NO_MATCH)
        return standing;
    return killed->reason == MTLS_GRANTED ? MTLS_KILLED : killed->reason;
}

static int judge(request_rec *r)
{
    mtls_reason_t standing;

    if (mtls_dir_of(r)->backstop != 1)
        return DECLINED;
    standing = standing_of(r);
    if (standing != MTLS_GRANTED)
        return object(r, standing, "MTLSBackstop is on here");
    if (find_judged(root_of(r), r->per_dir_config) < 0)
        return object(r, MTLS_BACKSTOP, NULL);
    return DECLINED;
}

static int is_needed(void)
{
    const mtls_generation_t *generation = mtls_generation();

    return generation && generation->backstop;
}

static int judge_fixup(request_rec *r)
{
    return is_needed() ? judge(r) : DECLINED;
}

/* Again at the last moment: a fixup may have replaced the configuration. */
static int judge_handler(request_rec *r)
{
    return is_needed() ? judge(r) : DECLINED;
}

/* TRACE is answered before any access hook, in map_to_storage, where httpd has set the location aside again. It would
 * show the caller what others put into his request. */
static int refuse_trace(request_rec *r)
{
    if (!is_needed() || r->method_number != M_TRACE || mtls_dir_of(r)->backstop != 1)
        return DECLINED;
    return mtls_audit_object(r, MTLS_BACKSTOP, "TRACE is refused where MTLSBackstop is on");
}

void mtls_backstop_register(void)
{
    if (!mtls_generation()->backstop)
        return;
    ap_hook_translate_name(refuse_trace, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(judge_fixup, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(judge_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
