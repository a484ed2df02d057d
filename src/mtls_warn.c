/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "apr_strings.h"

#include "mtls_tree.h"
#include "mtls_warn.h"

APLOG_USE_MODULE(mtls_authz);

typedef struct search_t {
    apr_pool_t *p;
    server_rec *main_server;
} search_t;

static void warn(const search_t *search, const ap_directive_t *at, const char *sentence)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, mtls_tree_server(at, search->main_server),
                 "mtls_authz: %s:%d: %s", at->filename, at->line_num, sentence);
}

static int is_require_mtls(const search_t *search, const ap_directive_t *directive)
{
    return mtls_tree_is(directive, "Require") && !strcasecmp(mtls_tree_word(search->p, directive, 0), "mtls");
}

/* The sections in which httpd combines bare Require lines with "or". */
static int is_container(const ap_directive_t *directive)
{
    return mtls_tree_is(directive, "<RequireAll") || mtls_tree_is(directive, "<RequireAny")
        || mtls_tree_is(directive, "<RequireNone");
}

/* At the second bare line of a section: earlier siblings decide, so that one warning is given. */
static void find_alternatives(const search_t *search, const ap_directive_t *directive)
{
    const ap_directive_t *sibling;
    int before = 0;

    if (!is_require_mtls(search, directive) || !directive->parent || is_container(directive->parent))
        return;
    for (sibling = directive->parent->first_child; sibling && sibling != directive; sibling = sibling->next)
        before += is_require_mtls(search, sibling);
    if (before == 1)
        warn(search, directive, "two Require mtls lines side by side: these are alternatives; "
             "write <RequireAll> if all must hold, <RequireAny> if one is enough");
}

/* Ours is set last and wins: who wrote this line should know. */
static void find_request_header(const search_t *search, const ap_directive_t *directive)
{
    const mtls_headerset_t *headers = mtls_generation()->headers;
    const char *action, *name;
    int i;

    if (!mtls_tree_is(directive, "RequestHeader"))
        return;
    action = mtls_tree_word(search->p, directive, 0);
    name = mtls_tree_word(search->p, directive, 1);
    if (!strcasecmp(action, "early")) {
        action = name;
        name = mtls_tree_word(search->p, directive, 2);
    }
    if (!strcasecmp(action, "unset"))
        return;
    for (i = 0; i < mtls_headerset_len(headers); i++) {
        const char *ours = mtls_header_name(mtls_headerset_at(headers, i));

        if (mtls_header_folds_equal(ours, name)) {
            warn(search, directive, apr_psprintf(search->p, "RequestHeader %s: where '%s' is exported by MTLSExport "
                                                 "or MTLSHeader, that value replaces this one", name, ours));
            return;
        }
    }
}

/** One row per surprise that one directive gives away. */
static void (*const findings[])(const search_t *search, const ap_directive_t *directive) = {
    find_alternatives,
    find_request_header
};

static int visit(void *ctx, const ap_directive_t *directive)
{
    apr_size_t i;

    for (i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
        findings[i](ctx, directive);
    return 0;
}

void mtls_warn(apr_pool_t *p, server_rec *main_server)
{
    search_t search = { p, main_server };

    mtls_tree_walk(ap_conftree, visit, &search);
}
