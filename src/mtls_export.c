/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_request.h"
#include "apr_strings.h"

#include "mtls_apart.h"
#include "mtls_audit.h"
#include "mtls_export.h"
#include "mtls_sent.h"
#include "mtls_strip.h"
#include "mtls_trailer.h"
#include "mtls_tree.h"
#include "mtls_vary.h"

APLOG_USE_MODULE(mtls_authz);

/** One pass over what a section exports. */
typedef struct pass_t {
    request_rec *r;
    mtls_request_t *request;
    mtls_sent_t made;                /* so far */
    mtls_reason_t reason;            /* why the request is denied after all */
    const mtls_header_t *failed;     /* the header that is the reason */
    char *seen;                      /* by slot */
    int lasting;                     /* all of it is to be believed, and the same as long as the connection lives */
    char *named;                     /* by mtls_header_like: there is one of this name */
    apr_pool_t *scratch;             /* see scratch_of; NULL: not made */
} pass_t;

/* mod_proxy_fcgi leaves out a variable that has no room in a record of its own, and only its log says so: the
 * backend would see half an identity. */
#define FASTCGI_VARIABLE_MAX (16 * 1024)
#define FASTCGI_OVERHEAD     (8 + 5)        /* two lengths of four octets, and HTTP_ */

static int is_fastcgi(const request_rec *r)
{
    const char *to = r->proxyreq ? r->filename : NULL;

    if (r->handler && *r->handler == 'p' && !strncmp(r->handler, "proxy:", 6))
        to = r->handler;
    if (to && !strncmp(to, "proxy:balancer:", 15))        /* its member is chosen later */
        return mtls_generation()->fastcgi_pools;
    return to && (!strncmp(to, "proxy:fcgi:", 11) || (!strncmp(to, "proxy:unix:", 11) && strstr(to, "|fcgi:")));
}

static int find_pool(void *ctx, const ap_directive_t *directive)
{
    (void)ctx;
    return mtls_tree_is(directive, "BalancerMember") && ap_strcasestr(directive->args, "fcgi:") != NULL;
}

static int fits(const pass_t *pass, const mtls_header_t *header, const char *value)
{
    return !pass->made.is_fastcgi ||
           strlen(mtls_header_name(header)) + strlen(value) + FASTCGI_OVERHEAD <= FASTCGI_VARIABLE_MAX;
}

/* What a request takes from its pool stays with the connection even when the request is over: what a value that is
 * kept is made of comes from elsewhere. Without memory the child ends, as for the request's own pool. */
static apr_pool_t *scratch_of(pass_t *pass)
{
    apr_pool_t *own = pass->r->pool;

    if (!pass->scratch && apr_pool_create_unmanaged_ex(&pass->scratch, apr_pool_abort_get(own), NULL) != APR_SUCCESS)
        pass->scratch = NULL;
    return pass->scratch ? pass->scratch : own;
}

/* Values that cannot change while the connection lives are made once for it; what is sent is what was kept. */
static mtls_reason_t value_of(pass_t *pass, const mtls_header_t *header, const char **value)
{
    mtls_memo_t *memo = mtls_peer_memo(pass->request->peer);
    int slot = mtls_header_slot(header);
    mtls_reason_t reason;
    const char *made;

    if (mtls_header_live(header) || pass->request->view.standing != MTLS_GRANTED)
        return mtls_header_render(pass->r->pool, header, &pass->request->view, value);
    if (mtls_memo_value(memo, slot, value))
        return MTLS_GRANTED;
    reason = mtls_header_render(scratch_of(pass), header, &pass->request->view, &made);
    if (reason != MTLS_GRANTED)
        return reason;
    mtls_memo_keep_value(memo, slot, made);
    if (!mtls_memo_value(memo, slot, value))
        *value = apr_pstrdup(pass->r->pool, made);
    return MTLS_GRANTED;
}

static int plan_header(void *ctx, const mtls_header_t *header, mtls_place_t place)
{
    pass_t *pass = ctx;

    (void)place;
    if (pass->seen[mtls_header_slot(header)])        /* two profiles may have a header in common */
        return 0;
    pass->seen[mtls_header_slot(header)] = 1;
    pass->made.planned[pass->made.plans++] = header;
    pass->lasting &= !mtls_header_live(header);
    return 0;
}

static int make_value(pass_t *pass, const mtls_header_t *header)
{
    const char *value = NULL;

    /* Two profiles may send the same one, perhaps in another spelling: it goes out once. */
    if (pass->named[mtls_header_like(header)])
        return 0;
    pass->reason = value_of(pass, header, &value);
    if (pass->reason == MTLS_GRANTED && value && !fits(pass, header, value))
        pass->reason = MTLS_TOO_LARGE;
    if (pass->reason != MTLS_GRANTED) {
        pass->failed = header;
        return 1;
    }
    if (!value)
        return 0;
    pass->named[mtls_header_like(header)] = 1;
    pass->made.names[pass->made.n] = mtls_header_name(header);
    pass->made.values[pass->made.n++] = value;
    pass->made.octets += (apr_int64_t)(strlen(mtls_header_name(header)) + strlen(value)) + 4;   /* ": " and CR LF */
    return 0;
}

static apr_size_t room_for_all(void)
{
    return (apr_size_t)mtls_headerset_len(mtls_generation()->headers);
}

/* What the section exports; the set of it that was kept, or NULL. Whoever is not to be believed, and what differs from
 * request to request, is asked each time. */
static const mtls_sent_t *plan(pass_t *pass, const mtls_dir_t *dir)
{
    apr_size_t room = room_for_all();

    pass->seen = apr_pcalloc(pass->r->pool, room);
    pass->made.planned = apr_palloc(pass->r->pool, sizeof(*pass->made.planned) * room);
    pass->lasting = pass->request->view.standing == MTLS_GRANTED;
    mtls_conf_each_header(dir, plan_header, pass);
    return pass->lasting ? mtls_sent_like(pass->request, &pass->made) : NULL;
}

static void make_values(pass_t *pass, const mtls_dir_t *dir)
{
    apr_size_t room = room_for_all();
    int i;

    pass->named = apr_pcalloc(pass->r->pool, room);
    pass->made.names = apr_palloc(pass->r->pool, sizeof(*pass->made.names) * room);
    pass->made.values = apr_palloc(pass->r->pool, sizeof(*pass->made.values) * room);
    for (i = 0; i < pass->made.plans && !make_value(pass, pass->made.planned[i]); i++)
        continue;
    if (pass->scratch)
        apr_pool_destroy(pass->scratch);
    if (pass->lasting && pass->reason == MTLS_GRANTED)
        mtls_sent_keep(pass->r, pass->request, dir, &pass->made);
}

static int is_named(void *ctx, const mtls_header_t *header, mtls_place_t place)
{
    (void)place;
    return mtls_header_folds_equal(mtls_header_name(header), ctx);
}

/* Whatever stands in the name of a header exported here goes, whoever set it: the client's was removed
 * long ago, so this is an outer request's or the operator's own, and ours wins. */
static void clear_names(request_rec *r, const mtls_dir_t *dir)
{
    const mtls_guard_t *exported = mtls_generation()->exported;
    const apr_array_header_t *array = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i = 0;

    while ((i = mtls_guard_search(exported, r->headers_in, i)) >= 0) {
        char *name = entries[i].key;

        if (mtls_conf_each_header(dir, is_named, name))
            apr_table_unset(r->headers_in, name);     /* moves what is behind it to here */
        else
            i++;
    }
}

/* Before the operator's own headers are set: a subrequest has a copy of its main request's. */
static MTLS_APART int clear_inherited(request_rec *r)
{
    const request_rec *outer;
    int i;

    for (outer = r->main ? r->main : r->prev; outer; outer = outer->main ? outer->main : outer->prev) {
        const mtls_request_t *request = mtls_request_known(outer);

        for (i = 0; request && i < request->exports; i++)
            apr_table_unset(r->headers_in, request->exported[i]);
    }
    return DECLINED;
}

/* Where the section only reports the request goes on, without any of these headers. */
static int deny(pass_t *pass, apr_int64_t octets, apr_int64_t most)
{
    request_rec *r = pass->r;
    const char *detail;

    if (pass->reason != MTLS_TOO_LARGE)
        detail = apr_psprintf(r->pool, "for header %s", mtls_header_name(pass->failed));
    else if (pass->failed)
        detail = apr_psprintf(r->pool, "header %s is larger than mod_proxy_fcgi passes on",
                              mtls_header_name(pass->failed));
    else
        detail = apr_psprintf(r->pool, "%" APR_INT64_T_FMT " bytes of identity headers, MTLSMaxHeaders is %"
                              APR_INT64_T_FMT, octets, most);
    return mtls_audit_object(r, pass->reason, detail);
}

/* What MTLSGuard or MTLSPass lets a client say, he must still not make mod_proxy take out as a header
 * of this connection, nor replace with a trailer. */
static MTLS_APART void protect_headers(request_rec *r, const char *const *names, int n)
{
    mtls_guard_t *guard = mtls_guard_make(r->pool);
    int i;

    for (i = 0; i < n; i++)
        mtls_guard_add(guard, names[i]);
    mtls_strip_connection(r, guard, r->headers_in);
    mtls_trailer_watch(r, guard);
}

/* Mostly they are the first, and lie where they are kept. */
static void note_names(apr_pool_t *p, mtls_request_t *request, const char *const *names, int n)
{
    const char **all;

    if (!request->exports) {
        request->exported = names;
        request->exports = n;
        return;
    }
    all = apr_palloc(p, sizeof(*all) * (apr_size_t)(request->exports + n));
    memcpy(all, request->exported, sizeof(*all) * (apr_size_t)request->exports);
    memcpy(all + request->exports, names, sizeof(*all) * (apr_size_t)n);
    request->exported = all;
    request->exports += n;
}

static int set_headers(request_rec *r, mtls_request_t *request, const mtls_sent_t *sent)
{
    const mtls_server_t *server = mtls_server_of(r->server);

    mtls_sent_add(r->headers_in, sent);       /* none is left: see clear_names */
    note_names(r->pool, request, sent->names, sent->n);
    if (!server->guard || server->pass)       /* else it is done already, for all names */
        protect_headers(r, sent->names, sent->n);
    if (sent->n)
        mtls_vary_watch(r);
    return OK;
}

static apr_int64_t most_of(const mtls_dir_t *dir)
{
    return dir->max_headers == MTLS_UNSET ? MTLS_MAX_HEADERS_DEFAULT : dir->max_headers;
}

static MTLS_APART int export_anew(request_rec *r, mtls_request_t *request, const mtls_dir_t *dir, int fastcgi)
{
    pass_t pass = { .r = r, .request = request, .made = { .is_fastcgi = fastcgi } };
    const mtls_sent_t *sent = plan(&pass, dir);

    if (!sent) {
        make_values(&pass, dir);
        sent = &pass.made;
    }
    if (pass.reason == MTLS_GRANTED && sent->octets > most_of(dir))
        pass.reason = MTLS_TOO_LARGE;
    if (pass.reason != MTLS_GRANTED)
        return deny(&pass, sent->octets, most_of(dir));
    return set_headers(r, request, sent);
}

static MTLS_APART int export_all(request_rec *r, const mtls_dir_t *dir)
{
    int fastcgi = is_fastcgi(r);
    mtls_request_t *request;
    const mtls_sent_t *sent;

    clear_names(r, dir);
    if (mtls_request_refused(r) || r->method_number == M_TRACE)     /* TRACE shows a request to its sender */
        return DECLINED;
    request = mtls_request_of(r);
    mtls_request_look(r, request);
    sent = mtls_sent_by(dir, request, fastcgi);
    if (sent && sent->octets <= most_of(dir))
        return set_headers(r, request, sent);
    return export_anew(r, request, dir, fastcgi);
}

static int clear_names_of_outer(request_rec *r)
{
    return r->main || r->prev ? clear_inherited(r) : DECLINED;
}

static int export_identity(request_rec *r)
{
    const mtls_dir_t *dir = mtls_dir_of(r);

    return dir->exports || dir->singles ? export_all(r, dir) : DECLINED;
}

void mtls_export_register(void)
{
    static const char *const after[] = { "mod_headers.c", "mod_rewrite.c", "mod_dir.c", NULL };

    if (!mtls_headerset_len(mtls_generation()->headers))
        return;
    mtls_generation()->fastcgi_pools = mtls_tree_walk(ap_conftree, find_pool, NULL);
    ap_hook_fixups(clear_names_of_outer, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(export_identity, after, NULL, APR_HOOK_REALLY_LAST);
}
