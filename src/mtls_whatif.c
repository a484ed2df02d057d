/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_request.h"
#include "apr_strings.h"

#include "mtls_audit.h"
#include "mtls_kill.h"
#include "mtls_suppose.h"
#include "mtls_target.h"
#include "mtls_whatif.h"

APLOG_USE_MODULE(mtls_authz);

/* What mod_rewrite leaves for its handler, and how often httpd lets a request be redirected. */
#define REWRITE_HANDLER "redirect-handler"
#define REWRITE_PREFIX "redirect:"
#define FOLLOWED_MAX 10

/* ---- from the status page's request to its subrequest ---- */

static const mtls_peer_t *peer_handed_down(const request_rec *r)
{
    const mtls_request_t *outer = r->main ? mtls_request_known(r->main) : NULL;

    if (!outer)
        return NULL;
    return outer->supposed ? outer->supposed : outer->supposing;
}

/* A request with nothing but that certificate: not with the reader's headers, passwords and variables. */
static void forget_reader(request_rec *r)
{
    const char *host = apr_table_get(r->headers_in, "Host");

    apr_table_clear(r->headers_in);
    apr_table_clear(r->subprocess_env);
    if (host)
        apr_table_setn(r->headers_in, "Host", host);
}

static int hand_down(request_rec *r)
{
    const mtls_peer_t *peer = mtls_generation() && mtls_generation()->what_if ? peer_handed_down(r) : NULL;

    if (!peer)
        return DECLINED;
    mtls_request_of(r)->supposed = peer;
    forget_reader(r);
    return OK;
}

/* What others say in the look-up would look like something that has happened. Again behind each walk through the
 * sections, with which httpd sets the level anew. */
static int silence(request_rec *r)
{
    static const struct ap_logconf silent = { NULL, APLOG_EMERG };
    const mtls_request_t *request = mtls_request_known(r);

    if (request && request->supposed)
        r->log = &silent;
    return DECLINED;
}

/* ---- what came out ---- */

static int is_beside(const mtls_line_t *line, const apr_array_header_t *tried)
{
    int i, found = 0;

    for (i = 0; i < tried->nelts; i++) {
        const mtls_line_t *asked = APR_ARRAY_IDX(tried, i, mtls_tried_t).line;

        if (asked == line)
            return 0;
        found |= line->zone && asked->zone == line->zone;
    }
    return found;
}

/* A container asks no further than it must; whoever reads wants to know the rest, too. */
static void collect_rules(mtls_whatif_t *what, request_rec *sub, const apr_array_header_t *tried)
{
    const apr_array_header_t *lines = mtls_generation()->lines;
    int i;

    for (i = 0; tried && i < tried->nelts; i++) {
        const mtls_tried_t *one = &APR_ARRAY_IDX(tried, i, mtls_tried_t);

        APR_ARRAY_PUSH(what->rules, mtls_whatif_rule_t) = (mtls_whatif_rule_t){ one->line, one->answer, 1 };
    }
    for (i = 0; tried && i < lines->nelts; i++) {
        const mtls_line_t *line = APR_ARRAY_IDX(lines, i, const mtls_line_t *);

        if (is_beside(line, tried))
            APR_ARRAY_PUSH(what->rules, mtls_whatif_rule_t) =
                (mtls_whatif_rule_t){ line, mtls_rule_ask(sub->pool, line->rule, mtls_request_view(sub)), 0 };
    }
}

static void collect_headers(mtls_whatif_t *what, const request_rec *sub, const mtls_request_t *request)
{
    int i;

    what->headers = apr_table_make(sub->pool, 8);
    for (i = 0; what->status == HTTP_OK && i < request->exports; i++) {
        const char *name = request->exported[i], *value = apr_table_get(sub->headers_in, name);

        if (value)
            apr_table_setn(what->headers, name, value);
    }
}

/* What is judged before all sections, and for the client's own requests only: nobody has asked yet. */
static int judge_first(request_rec *sub)
{
    const char *detail = NULL;
    mtls_reason_t reason = mtls_kill_ask(sub, &detail);

    return reason == MTLS_GRANTED ? mtls_target_check(sub) : mtls_audit_deny(sub, reason, detail);
}

/* A denial is the end; of what is only reported the first is told. */
static void collect_reason(mtls_whatif_t *what, const mtls_request_t *request)
{
    int is_denied = request->denied != MTLS_GRANTED;

    if (!is_denied && (what->would || request->would == MTLS_GRANTED))
        return;
    what->would = !is_denied;
    what->reason = is_denied ? request->denied : request->would;
    what->detail = request->kept_detail;
}

static void collect(mtls_whatif_t *what, request_rec *sub, int first)
{
    const mtls_request_t *request = mtls_request_of(sub);

    what->status = first == DECLINED ? sub->status : first;
    what->standing = mtls_request_view(sub)->standing;
    what->user = what->status == HTTP_OK ? request->user : NULL;
    collect_reason(what, request);
    collect_rules(what, sub, first == DECLINED ? request->tried : NULL);
    collect_headers(what, sub, request);
}

/* Where a subrequest has the sections of the request around it httpd does not ask the rules again. */
static request_rec *look_up(request_rec *r, const mtls_whatif_t *what, const char *url, const mtls_peer_t *peer)
{
    mtls_request_t *request = mtls_request_of(r);
    ap_conf_vector_t *config = r->per_dir_config;
    request_rec *sub;

    request->supposing = peer;
    r->per_dir_config = r->server->lookup_defaults;
    sub = ap_sub_req_method_uri(what->method, url, r, NULL);
    r->per_dir_config = config;
    request->supposing = NULL;
    return sub;
}

/* A RewriteRule in a section leaves it to a handler to send the request on, within the server, and no handler is run here:
 * where it would go, or NULL. */
static const char *sent_on(const request_rec *sub)
{
    if (sub->status != HTTP_OK || !sub->handler || strcmp(sub->handler, REWRITE_HANDLER)
        || strncmp(sub->filename, REWRITE_PREFIX, sizeof(REWRITE_PREFIX) - 1))
        return NULL;
    return apr_pstrcat(sub->pool, sub->filename + sizeof(REWRITE_PREFIX) - 1, sub->args ? "?" : NULL, sub->args, NULL);
}

/* Judged where it comes to, too, as often as httpd lets it be sent on. */
static void follow(request_rec *r, mtls_whatif_t *what, request_rec *sub, const mtls_peer_t *peer)
{
    const char *url;
    int n;

    for (n = 0; n < FOLLOWED_MAX && what->status == HTTP_OK && (url = sent_on(sub)) != NULL; n++) {
        sub = look_up(r, what, url, peer);
        collect(what, sub, DECLINED);
        what->sent_on = url;
    }
}

const char *mtls_whatif_ask(request_rec *r, const apr_array_header_t *certificates, mtls_whatif_t *what)
{
    const mtls_peer_t *peer = mtls_suppose(r, certificates, &what->trouble);
    request_rec *sub;

    if (!peer)
        return "this virtual host has no TLS: ask on the status page of one that has";
    if (!mtls_suppose_is_asked(r->server))
        what->note = "this virtual host asks no client for a certificate (SSLVerifyClient none): a real client shows "
                     "one only if the section of this path asks for it";
    mtls_describe_peer(r->pool, peer, what->traits);
    sub = look_up(r, what, what->url, peer);
    if (mtls_request_of(sub)->supposed != peer)         /* then the answer would be about somebody else */
        return "the look-up failed";
    what->rules = apr_array_make(r->pool, 8, sizeof(mtls_whatif_rule_t));
    collect(what, sub, judge_first(sub));
    follow(r, what, sub, peer);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "what-if: %s %s by the certificate with sha256 \"%s\": %s (%s, status %d)",
                  mtls_describe_text(r->pool, what->method), mtls_describe_text(r->pool, what->url),
                  what->traits[MTLS_TRAIT_SHA256].text, mtls_whatif_outcome(what), mtls_reason_slug(what->reason),
                  what->status);
    return NULL;
}

const char *mtls_whatif_outcome(const mtls_whatif_t *what)
{
    if (what->status != HTTP_OK)
        return ap_is_HTTP_REDIRECT(what->status) ? "redirect" : "deny";
    return what->would ? "would-deny" : "allow";
}

void mtls_whatif_register(void)
{
    if (!mtls_generation()->what_if)
        return;
    ap_hook_create_request(hand_down, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_translate_name(silence, NULL, NULL, APR_HOOK_REALLY_FIRST - 1);
    ap_hook_check_access_ex(silence, NULL, NULL, APR_HOOK_REALLY_FIRST - 1, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(silence, NULL, NULL, APR_HOOK_REALLY_FIRST - 1);
    mtls_suppose_register();
}
