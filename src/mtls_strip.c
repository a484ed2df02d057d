/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "apr_atomic.h"
#include "apr_strings.h"

#include "mtls_apart.h"
#include "mtls_audit.h"
#include "mtls_counters.h"
#include "mtls_identity.h"
#include "mtls_strip.h"
#include "mtls_trailer.h"

APLOG_USE_MODULE(mtls_authz);

#define NAMES_COUNTED 512

/* How often this child has removed a guarded name, by its place among all of the configuration's: counters only. */
static volatile apr_uint32_t removals[NAMES_COUNTED];

static int is_power_of_ten(apr_uint32_t n)
{
    while (n && n % 10 == 0)
        n /= 10;
    return n == 1;
}

/* The first one with the remedy, then ever more rarely with the count, so that nobody can fill the log. */
static void log_removal(request_rec *r, const char *name, const char *what)
{
    const mtls_guard_t *names = mtls_generation()->guarded;
    int index = mtls_guard_find(names, name, strlen(name));
    apr_uint32_t count = index >= 0 && index < NAMES_COUNTED ? apr_atomic_inc32(&removals[index]) + 1 : 0;
    int level = count == 1 ? APLOG_WARNING : is_power_of_ten(count) ? APLOG_NOTICE : APLOG_DEBUG;

    if (mtls_generation()->removal_numbers)
        mtls_count_removal(index < 0 ? MTLS_COUNTERS_OTHER : mtls_generation()->removal_numbers[index]);
    ap_log_rerror(APLOG_MARK, level, 0, r, "%s '%s' from the client was removed: only this server may set %s%s", what,
                  mtls_text_escape(r->pool, mtls_str(name)), index < 0 ? "it" : mtls_guard_name(names, index),
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

const char *mtls_strip_headers(request_rec *r, const mtls_guard_t *guard, const char *what, apr_table_t *headers)
{
    const apr_array_header_t *array = apr_table_elts(headers);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    const char *found = NULL;
    int i = 0;

    while ((i = mtls_guard_search(guard, headers, i)) >= 0) {
        found = entries[i].key;
        log_removal(r, found, what);
        apr_table_unset(headers, found);      /* moves what is behind it to here */
    }
    return found;
}

/* ---- Connection ----
 *
 * mod_proxy removes from the request whatever header the client names here, ours included. */

/* The tokens that the guard does not know, joined by commas. Split as mod_proxy does, with its own
 * tokeniser: what it would find, we find. A client may send very many, so each is looked at once. */
static const char *cut_tokens(request_rec *r, const mtls_guard_t *guard, const char *value, const char **found)
{
    char *kept = apr_palloc(r->pool, 2 * strlen(value) + 3), *to = kept;
    const char *token;

    *kept = '\0';
    while (*value) {
        value += strspn(value, ",;");
        token = ap_get_token(r->pool, &value, 0);
        if (!*token)
            continue;
        if (mtls_guard_find(guard, token, strlen(token)) >= 0) {
            log_removal(r, token, "Connection token");
            *found = token;
            continue;
        }
        to = apr_cpystrn(to, to == kept ? "" : ", ", 3);
        to = apr_cpystrn(to, token, strlen(token) + 1);
    }
    return kept;
}

const char *mtls_strip_connection(request_rec *r, const mtls_guard_t *guard, apr_table_t *headers)
{
    /* Where reading the request failed early, lines of one name have not been put together yet. */
    const char *value = apr_table_getm(r->pool, headers, "Connection"), *found = NULL, *kept;

    if (!value)
        return NULL;
    kept = cut_tokens(r, guard, value, &found);
    if (found && *kept)
        apr_table_setn(headers, "Connection", kept);
    else if (found)
        apr_table_unset(headers, "Connection");
    return found;
}

/* ---- a request ---- */

/* A redirected request shares its table with the one before: what stands there in our names is ours. */
static void take_back_exports(request_rec *r)
{
    const request_rec *before;
    int i;

    for (before = r->prev; before; before = before->prev) {
        mtls_request_t *request = mtls_request_known(before);

        for (i = 0; request && i < request->exports; i++)
            apr_table_unset(r->headers_in, request->exported[i]);
        if (request)
            request->exports = 0;       /* what the operator sets from here on is his */
    }
}

/* httpd hands the variables on as REDIRECT_..., and the user of the request before to whoever has none: the page that
 * answers a refused request would know whose it was. */
static void withdraw_identity(request_rec *r)
{
    if (!mtls_request_refused(r))
        return;
    mtls_audit_unset_variables(r);
    mtls_identity_forget(r);
}

/* The table of a redirected request may have been cleaned already; what stands there now is the operator's. */
static int is_cleaned(const request_rec *r)
{
    for (r = r->prev; r; r = r->prev) {
        if (mtls_request_is_cleaned(r))
            return 1;
    }
    return 0;
}

static MTLS_APART int remove_names(request_rec *r, const mtls_server_t *server)
{
    const char *header, *token;

    header = mtls_strip_headers(r, server->guard, "header", r->headers_in);
    token = mtls_strip_connection(r, server->guard, r->headers_in);
    if (!(header || token) || server->on_spoof_reject != 1 || r->prev)
        return DECLINED;
    return mtls_audit_deny(r, MTLS_SPOOFED_HEADER,
                           apr_psprintf(r->pool, header ? "header '%s'" : "Connection token '%s'",
                                        mtls_text_escape(r->pool, mtls_str(header ? header : token))));
}

static MTLS_APART int clean_redirected(request_rec *r, const mtls_server_t *server)
{
    take_back_exports(r);
    withdraw_identity(r);
    mtls_audit_inherit(r);
    if (!server->guard)
        return DECLINED;
    mtls_trailer_watch(r, server->guard);     /* it has lost the filters of the one before */
    if (is_cleaned(r))
        return DECLINED;
    mtls_request_note_cleaned(r);
    return remove_names(r, server);
}

static MTLS_APART int act_upon(request_rec *r, unsigned found)
{
    const mtls_server_t *server = mtls_server_of(r->server);

    if ((found & MTLS_GUARD_CHUNKED) || r->connection->master)
        mtls_trailer_watch(r, server->guard);
    return found & MTLS_GUARD_TOUCHED ? remove_names(r, server) : DECLINED;
}

static int clean_request(request_rec *r)
{
    const mtls_server_t *server = mtls_server_of(r->server);
    unsigned found;

    if (r->prev)
        return clean_redirected(r, server);
    if (!server->guard)
        return DECLINED;
    mtls_request_note_cleaned(r);
    found = mtls_guard_look(server->guard, r->headers_in);
    return found || r->connection->master ? act_upon(r, found) : DECLINED;
}

void mtls_strip_register(void)
{
    ap_hook_post_read_request(clean_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    mtls_trailer_register();
}
