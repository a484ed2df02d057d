/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_ruling.h"
#include "mtls_tree.h"

/* Who decides in a section that is made while requests run. Its memory will be another's: it is nobody's address. */
static const mtls_ruling_t others = { .mixed = 1 };

/* Within <Limit> a line counts for some methods. Containers of lines take the last bit away, which is no method's. */
static int is_limited(const cmd_parms *cmd)
{
    return ((apr_uint64_t)cmd->limited | (apr_uint64_t)1 << (METHODS - 1)) != ~(apr_uint64_t)0;
}

/* The section's own, made with its first line. */
static mtls_ruling_t *ruling_of(cmd_parms *cmd, mtls_dir_t *dir)
{
    mtls_generation_t *generation = mtls_generation();

    if (!dir->ruling) {
        dir->ruling = apr_pcalloc(generation->pool, sizeof(*dir->ruling));
        APR_ARRAY_PUSH(generation->ruled, ap_conf_vector_t *) = cmd->context;
    }
    return (mtls_ruling_t *)dir->ruling;
}

/* mtls_check has looked at what was there when the server started. */
static const char *refuse_negated_alias(const cmd_parms *cmd)
{
    const apr_array_header_t *aliases = mtls_generation() ? mtls_generation()->aliases : NULL;
    int i;

    for (i = 0; aliases && i < aliases->nelts; i++) {
        const mtls_alias_t *alias = &APR_ARRAY_IDX(aliases, i, mtls_alias_t);

        if (mtls_tree_negates(cmd->temp_pool, cmd->directive, alias->name))
            return apr_psprintf(cmd->pool, "'Require %s' negates the alias of %s:%d: an alias of mtls cannot be negated, "
                                "because it does not see that it is; write 'Require not mtls ...' in the server's "
                                "configuration", cmd->directive->args, alias->place.file, alias->place.line);
    }
    return DECLINE_CMD;
}

const char *mtls_ruling_note(cmd_parms *cmd, void *dirv, const char *words)
{
    mtls_ruling_t *ruling;

    (void)words;
    if (!ap_find_linked_module("mod_authz_core.c"))       /* else nobody would miss it */
        return apr_pstrcat(cmd->pool, cmd->cmd->name, ": mod_authz_core is needed for this: load it", NULL);
    if (!mtls_generation() || mtls_generation()->closed) {
        ((mtls_dir_t *)dirv)->ruling = &others;
        return refuse_negated_alias(cmd);
    }
    ruling = ruling_of(cmd, dirv);
    if (strcasecmp(cmd->cmd->name, "Require") || is_limited(cmd))
        ruling->mixed = 1;
    else
        ruling->lines++;
    return DECLINE_CMD;
}

/* "Require mtls" itself: no alias of it, and nothing that asks it on somebody else's behalf. */
static int names_us(const cmd_parms *cmd)
{
    const char *words = cmd->directive->args, *name = ap_getword_conf(cmd->temp_pool, &words);

    if (!strcasecmp(name, "not"))
        name = ap_getword_conf(cmd->temp_pool, &words);
    return !strcasecmp(cmd->directive->directive, "Require") && !strcmp(name, "mtls");
}

const mtls_ruling_t *mtls_ruling_add(cmd_parms *cmd)
{
    mtls_dir_t *dir = names_us(cmd) ? ap_get_module_config(cmd->context, &mtls_authz_module) : NULL;
    mtls_ruling_t *ruling;

    if (!dir || mtls_generation()->closed)
        return NULL;
    ruling = ruling_of(cmd, dir);
    ruling->ours++;
    return ruling;
}

void mtls_ruling_forget(mtls_generation_t *generation)
{
    int i;

    for (i = 0; i < generation->ruled->nelts; i++)
        ap_set_module_config(APR_ARRAY_IDX(generation->ruled, i, ap_conf_vector_t *), &mtls_authz_module, NULL);
    apr_array_clear(generation->ruled);
}
