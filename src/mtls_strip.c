/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "apr_atomic.h"
#include "apr_strings.h"

#include "mtls_audit.h"
#include "mtls_strip.h"
#include "mtls_trailer.h"

APLOG_USE_MODULE(mtls_authz);

#define NAMES_COUNTED 512

/* How often this child has removed a guarded name, by its place in the guard: counters only. */
static volatile apr_uint32_t removals[NAMES_COUNTED];

static int is_power_of_ten(apr_uint32_t n)
{
    while (n && n % 10 == 0)
        n /= 10;
    return n == 1;
}

/* The first one with the remedy, then ever more rarely with the count, so that nobody can fill the log. */
static void log_removal(request_rec *r, const mtls_guard_t *guard, int index, const char *name, const char *what)
{
    apr_uint32_t count = index < NAMES_COUNTED ? apr_atomic_inc32(&removals[index]) + 1 : 0;
    int level = count == 1 ? APLOG_WARNING : is_power_of_ten(count) ? APLOG_NOTICE : APLOG_DEBUG;

    ap_log_rerror(APLOG_MARK, level, 0, r, "%s '%s' from the client was removed: only this server may set %s%s", what,
                  mtls_text_escape(r->pool, mtls_str(name)), mtls_guard_name(guard, index),
                  count == 1 ? "; if another proxy in front sets it rightly, write MTLSPass (logged once per name and child)"
                             : apr_psprintf(r->pool, " (%u times in this child)", count));
}

/* ---- headers ---- */

int mtls_strip_name(apr_table_t *headers, const char *name)
{
    const apr_array_header_t *array = apr_table_elts(headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i, n = 0;

    for (i = 0; i < array->nelts; ) {
        if (entries[i].key && mtls_header_folds_equal(entries[i].key, name)) {
            apr_table_unset(headers, entries[i].key);     /* moves what is behind it to here */
            n++;
        }
        else
            i++;
    }
    return n;
}

static int strip_headers(request_rec *r, const mtls_guard_t *guard, const char *what, apr_table_t *headers)
{
    const apr_array_header_t *array = apr_table_elts(headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    int i, index, n = 0;

    for (i = 0; i < array->nelts; ) {
        const char *name = entries[i].key;

        index = name ? mtls_guard_find(guard, name, strlen(name)) : -1;
        if (index < 0) {
            i++;
            continue;
        }
        log_removal(r, guard, index, name, what);
        apr_table_unset(headers, name);
        n++;
    }
    return n;
}

/* ---- Connection ----
 *
 * mod_proxy removes from the request whatever header the client names here, ours included. */

static int keep_token(request_rec *r, const mtls_guard_t *guard, const char *token)
{
    int index = mtls_guard_find(guard, token, strlen(token));

    if (index >= 0)
        log_removal(r, guard, index, token, "Connection token");
    return index < 0;
}

/* Split as mod_proxy does, with its own tokeniser: what it would find, we find. */
static int strip_connection(request_rec *r, const mtls_guard_t *guard)
{
    const char *value = apr_table_get(r->headers_in, "Connection"), *rest = value, *kept = "", *token;
    int n = 0;

    while (value && *rest) {
        rest += strspn(rest, ",;");
        token = ap_get_token(r->pool, &rest, 0);
        if (!*token)
            continue;
        if (!keep_token(r, guard, token))
            n++;
        else
            kept = apr_pstrcat(r->pool, kept, *kept ? ", " : "", token, NULL);
    }
    if (!n)
        return 0;
    if (*kept)
        apr_table_setn(r->headers_in, "Connection", kept);
    else
        apr_table_unset(r->headers_in, "Connection");
    return n;
}

/* ---- a request ---- */

/* A redirected request shares its table with the one before: what stands there in our names is ours. */
static void take_back_exports(request_rec *r)
{
    const request_rec *before;
    int i;

    for (before = r->prev; before; before = before->prev) {
        mtls_request_t *request = mtls_request_known(before);

        for (i = 0; request && request->exported && i < request->exported->nelts; i++)
            apr_table_unset(r->headers_in, APR_ARRAY_IDX(request->exported, i, const char *));
    }
}

static int clean_request(request_rec *r)
{
    const mtls_server_t *server = mtls_server_of(r->server);
    int found;

    if (r->prev) {
        take_back_exports(r);
        mtls_audit_inherit(r);
    }
    if (!server->guard)
        return DECLINED;
    found = strip_headers(r, server->guard, "header", r->headers_in) + strip_connection(r, server->guard);
    mtls_trailer_watch(r);
    if (found && server->on_spoof_reject == 1 && !r->prev)
        return mtls_audit_deny(r, MTLS_SPOOFED_HEADER, NULL);
    return DECLINED;
}

void mtls_strip_register(void)
{
    ap_hook_post_read_request(clean_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    mtls_trailer_register();
}
