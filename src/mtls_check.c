/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_core.h"
#include "apr_strings.h"

#include "mtls_cache.h"
#include "mtls_check.h"
#include "mtls_check_lists.h"
#include "mtls_roll.h"
#include "mtls_section.h"
#include "mtls_tree.h"
#include "mtls_warn.h"
#include "mtls_zone.h"

APLOG_USE_MODULE(mtls_authz);

static int stop(server_rec *s, const char *sentence)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG | APLOG_STARTUP, 0, s, "mtls_authz: %s", sentence);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* ---- mod_ssl ---- */

static int check_mod_ssl(server_rec *main_server)
{
    if (ap_find_linked_module("mod_ssl.c"))
        return OK;
    return stop(main_server, "mod_ssl is needed to see client certificates: load it (on Debian: a2enmod ssl)");
}

/* ---- aliases ----
 *
 * Behind <AuthzProviderAlias> a provider never learns that it is negated, so it could not deny what it
 * cannot know: such a line must not exist. */

typedef struct alias_search_t {
    apr_pool_t *p;
    server_rec *main_server;
    const mtls_alias_t *alias;     /* whose name is looked for */
} alias_search_t;

static int visit_use(void *ctx, const ap_directive_t *directive)
{
    const alias_search_t *search = ctx;
    const char *name = search->alias->name;

    if (mtls_tree_is(directive, "<AuthzProviderAlias") && !strcmp(mtls_tree_word(search->p, directive, 0), name))
        return stop(search->main_server, apr_psprintf(search->p,
                    "the alias of %s:%d is made of the alias of %s:%d, which no server survives when it is asked; "
                    "write <AuthzProviderAlias mtls ...> for both", directive->filename, directive->line_num,
                    search->alias->place.file, search->alias->place.line));
    if (!mtls_tree_negates(search->p, directive, name))
        return OK;
    return stop(search->main_server, apr_psprintf(search->p,
                "'Require %s' in %s:%d negates the alias of %s:%d: an alias of mtls cannot be negated, "
                "because it does not see that it is; write 'Require not mtls ...' there instead",
                directive->args, directive->filename, directive->line_num,
                search->alias->place.file, search->alias->place.line));
}

static int check_aliases(apr_pool_t *p, server_rec *main_server)
{
    const apr_array_header_t *aliases = mtls_generation()->aliases;
    int i, rc = OK;

    for (i = 0; rc == OK && aliases && i < aliases->nelts; i++) {
        alias_search_t search = { p, main_server, &APR_ARRAY_IDX(aliases, i, mtls_alias_t) };

        rc = mtls_tree_walk(ap_conftree, visit_use, &search);
    }
    return rc;
}

/* ---- collisions ---- */

typedef struct named_t {
    const mtls_header_t *header;
    mtls_place_t place;
} named_t;

static int collect_header(void *ctx, const mtls_header_t *header, mtls_place_t place)
{
    APR_ARRAY_PUSH((apr_array_header_t *)ctx, named_t) = (named_t){ header, place };
    return 0;
}

static const char *origin(apr_pool_t *p, const named_t *named)
{
    const char *profile = mtls_header_profile(named->header);

    return apr_psprintf(p, "%s %s (%s:%d)", profile ? "profile" : "MTLSHeader",
                        profile ? profile : mtls_header_name(named->header), named->place.file, named->place.line);
}

static int check_collisions(apr_pool_t *p, server_rec *s, const mtls_dir_t *dir)
{
    apr_array_header_t *all = apr_array_make(p, 16, sizeof(named_t));
    int i, k;

    mtls_conf_each_header(dir, collect_header, all);
    for (i = 1; i < all->nelts; i++) {
        for (k = 0; k < i; k++) {
            const named_t *a = &APR_ARRAY_IDX(all, k, named_t), *b = &APR_ARRAY_IDX(all, i, named_t);

            if (!mtls_header_folds_equal(mtls_header_name(a->header), mtls_header_name(b->header))
                || mtls_header_same(a->header, b->header))
                continue;
            return stop(s, apr_psprintf(p, "%s and %s both set '%s' in one location, to different values; "
                                        "export one of them", origin(p, a), origin(p, b), mtls_header_name(b->header)));
        }
    }
    return OK;
}

/* Each section by itself, and laid over each other one that a request may be in, too. */
static int check_sections(apr_pool_t *p, server_rec *s)
{
    apr_array_header_t *sections = mtls_section_list(p, s);
    int i, k, rc = OK;

    for (i = 0; rc == OK && i < sections->nelts; i++) {
        const mtls_section_t *inner = &APR_ARRAY_IDX(sections, i, mtls_section_t);

        if (!inner->own->exports && !inner->own->singles)
            continue;
        rc = check_collisions(p, s, inner->dir);
        for (k = 0; rc == OK && k < sections->nelts; k++) {
            const mtls_section_t *outer = &APR_ARRAY_IDX(sections, k, mtls_section_t);

            if (k != i && mtls_section_overlap(outer, inner))
                rc = check_collisions(p, s, mtls_conf_merge_dir(p, (void *)outer->dir, (void *)inner->own));
        }
    }
    return rc;
}

/* ---- guards ---- */

typedef struct guards_t {
    apr_pool_t *p;
    server_rec *main_server;
    const mtls_guard_t *all, *used;
} guards_t;

static int visit_verify_client(void *ctx, const ap_directive_t *directive)
{
    guards_t *guards = ctx;
    server_rec *s;

    if (!mtls_tree_is(directive, "SSLVerifyClient") || !strcasecmp(mtls_tree_word(guards->p, directive, 0), "none"))
        return OK;
    for (s = guards->main_server; s; s = s->next) {       /* virtual hosts inherit it */
        if (mtls_tree_concerns(directive, s))
            mtls_server_of(s)->touched = 1;
    }
    return OK;
}

/* Only what counts for every connection of a virtual host. */
static int visit_verify_depth(void *ctx, const ap_directive_t *directive)
{
    guards_t *guards = ctx;
    server_rec *s;
    int depth;

    if (!mtls_tree_is(directive, "SSLVerifyDepth")
        || (directive->parent && !mtls_tree_is(directive->parent, "<VirtualHost")))
        return OK;
    depth = atoi(mtls_tree_word(guards->p, directive, 0));
    s = mtls_tree_server(directive, guards->main_server);
    mtls_server_of(s)->verify_depth = depth;
    for (s = s == guards->main_server ? s->next : NULL; s; s = s->next) {
        if (mtls_server_of(s)->verify_depth == MTLS_UNSET)       /* else it has one of its own */
            mtls_server_of(s)->verify_depth = depth;
    }
    return OK;
}

static void make_guards(guards_t *guards)
{
    const mtls_headerset_t *headers = mtls_generation()->headers;
    mtls_guard_t *all = mtls_guard_make(guards->p), *used = mtls_guard_make(guards->p);
    int i;

    mtls_guard_add_profiles(all);
    for (i = 0; i < mtls_headerset_len(headers); i++) {
        mtls_guard_add(all, mtls_header_name(mtls_headerset_at(headers, i)));
        mtls_guard_add(used, mtls_header_name(mtls_headerset_at(headers, i)));
    }
    guards->all = mtls_generation()->guarded = all;
    guards->used = used;
    mtls_generation()->exported = used;
}

static const mtls_guard_t *passed(apr_pool_t *p, const apr_array_header_t *words)
{
    mtls_guard_t *guard = mtls_guard_make(p);
    int i;

    for (i = 0; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (!mtls_guard_add_profile(guard, word))
            mtls_guard_add(guard, word);
    }
    return guard;
}

static mtls_guard_mode_t mode_of(const mtls_server_t *server)
{
    if (server->mode != MTLS_GUARD_UNSET)
        return server->mode;
    return server->touched ? MTLS_GUARD_ALL : MTLS_GUARD_USED;
}

static void set_guard(const guards_t *guards, mtls_server_t *server)
{
    switch (mode_of(server)) {
    case MTLS_GUARD_OFF:  server->guard = NULL; return;
    case MTLS_GUARD_USED: server->guard = guards->used; break;
    default:              server->guard = guards->all; break;
    }
    if (server->pass)
        server->guard = mtls_guard_without(guards->p, server->guard, passed(guards->p, server->pass));
    if (!mtls_guard_len(server->guard))
        server->guard = NULL;
}

static void set_guards(apr_pool_t *p, server_rec *main_server)
{
    guards_t guards = { p, main_server, NULL, NULL };
    server_rec *s;

    make_guards(&guards);
    mtls_tree_walk(ap_conftree, visit_verify_client, &guards);
    mtls_tree_walk(ap_conftree, visit_verify_depth, &guards);
    for (s = main_server; s; s = s->next)
        set_guard(&guards, mtls_server_of(s));
}

int mtls_check(apr_pool_t *p, server_rec *main_server)
{
    const char *sentence;
    server_rec *s;
    int rc;

    if (!mtls_generation()->used) {
        mtls_warn(p, main_server);      /* a variable that mod_rewrite does not know brings nothing of ours into use */
        return OK;
    }
    mtls_conf_separate(p, main_server);
    rc = check_mod_ssl(main_server);
    if (rc == OK)
        rc = check_aliases(p, main_server);
    for (s = main_server; rc == OK && s; s = s->next)
        rc = check_sections(p, s);
    if (rc == OK && (sentence = mtls_cache_refused(p)) != NULL)
        rc = stop(main_server, sentence);
    if (rc == OK && (sentence = mtls_check_lists(p, main_server)) != NULL)
        rc = stop(main_server, sentence);
    if (rc != OK)
        return rc;
    set_guards(p, main_server);
    mtls_roll_call(p, main_server);
    mtls_zone_separate(mtls_generation(), main_server);
    mtls_warn(p, main_server);
    return OK;
}

void mtls_check_announce(server_rec *main_server)
{
    static const char *const words[] = { "", "all", "used", "off" };
    server_rec *s;

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return;
    for (s = main_server; s; s = s->next) {
        const mtls_server_t *server = mtls_server_of(s);

        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "mtls_authz: %s%s: MTLSGuard %s%s, %d header names are removed from what clients send",
                     s == main_server ? "main server" : "virtual host ",
                     s == main_server ? "" : mtls_zone_host(mtls_generation()->pool, s),
                     words[mode_of(server)], server->mode == MTLS_GUARD_UNSET ? " (by default)" : "",
                     server->guard ? mtls_guard_len(server->guard) : 0);
    }
}
