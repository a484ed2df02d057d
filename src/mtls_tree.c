/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_tree.h"

int mtls_tree_walk(const ap_directive_t *directive, int (*visit)(void *ctx, const ap_directive_t *directive), void *ctx)
{
    int rc = 0;

    for (; directive && !rc; directive = directive->next) {
        rc = visit(ctx, directive);
        if (!rc && directive->first_child)
            rc = mtls_tree_walk(directive->first_child, visit, ctx);
    }
    return rc;
}

int mtls_tree_is(const ap_directive_t *directive, const char *name)
{
    return !strcasecmp(directive->directive, name);
}

const ap_directive_t *mtls_tree_within(const ap_directive_t *directive, const char *section)
{
    for (directive = directive->parent; directive; directive = directive->parent) {
        if (mtls_tree_is(directive, section))
            return directive;
    }
    return NULL;
}

const char *mtls_tree_word(apr_pool_t *p, const ap_directive_t *directive, int n)
{
    const char *args = directive->args, *word = "";

    for (; n >= 0; n--)
        word = ap_getword_conf(p, &args);
    return word;
}

int mtls_tree_negates(apr_pool_t *p, const ap_directive_t *directive, const char *name)
{
    int negated = !strcasecmp(mtls_tree_word(p, directive, 0), "not");

    return mtls_tree_is(directive, "Require") && !strcasecmp(mtls_tree_word(p, directive, negated), name)
        && (negated || mtls_tree_within(directive, "<RequireNone"));
}

const char *mtls_tree_alias(apr_pool_t *p, const ap_directive_t *alias)
{
    const char *name = mtls_tree_word(p, alias, 1);
    apr_size_t len = strlen(name);

    return len && name[len - 1] == '>' ? apr_pstrndup(p, name, len - 1) : name;
}

/* NULL: outside of all. */
static const ap_directive_t *host_of(const ap_directive_t *directive)
{
    return mtls_tree_is(directive, "<VirtualHost") ? directive : mtls_tree_within(directive, "<VirtualHost");
}

/* By file and line: of a file that is included twice each section has made two. */
static int is_made_by(const server_rec *s, const ap_directive_t *host)
{
    return s->is_virtual && s->defn_name && s->defn_line_number == (unsigned)host->line_num
        && !strcmp(s->defn_name, host->filename);
}

server_rec *mtls_tree_server(const ap_directive_t *directive, server_rec *main_server)
{
    const ap_directive_t *host = host_of(directive);
    server_rec *s;

    for (s = main_server->next; host && s; s = s->next) {
        if (is_made_by(s, host))
            return s;
    }
    return main_server;
}

int mtls_tree_concerns(const ap_directive_t *directive, const server_rec *s)
{
    const ap_directive_t *host = host_of(directive);

    return !host || is_made_by(s, host);
}
