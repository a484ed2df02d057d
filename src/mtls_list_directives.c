/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLSList, MTLSKillList and MTLSListInterval. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_directive.h"
#include "mtls_list_directives.h"
#include "mtls_operand.h"

#define STALE_PREFIX "stale="
#define INTERVAL_LEAST 1
#define INTERVAL_MOST 3600

static void keep(cmd_parms *cmd, mtls_generation_t *generation, mtls_list_t *list)
{
    mtls_listed_t *listed = apr_array_push(generation->lists);

    listed->list = list;
    listed->place = mtls_directive_place(cmd);
}

/* The list of this name, if there is one already. */
static const mtls_listed_t *find(const mtls_generation_t *generation, const mtls_list_t *list)
{
    int i;

    for (i = 0; i < generation->lists->nelts; i++) {
        const mtls_listed_t *listed = &APR_ARRAY_IDX(generation->lists, i, mtls_listed_t);

        if (!strcmp(mtls_list_name(listed->list), mtls_list_name(list)))
            return listed;
    }
    return NULL;
}

static const char *set_stale(cmd_parms *cmd, mtls_list_t *list, const char *word)
{
    mtls_value_t duration;
    const char *error;

    if (strncasecmp(word, STALE_PREFIX, sizeof(STALE_PREFIX) - 1))
        return apr_psprintf(cmd->pool, "%s: '%s' is one word too many: NAME FIELD file:PATH|crl:PATH [stale=DURATION] is "
                            "meant", cmd->cmd->name, mtls_directive_quote(cmd, word));
    error = mtls_parse_duration(cmd->pool, word + sizeof(STALE_PREFIX) - 1, &duration);
    if (error)
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name,
                            mtls_directive_quote(cmd, word + sizeof(STALE_PREFIX) - 1), error);
    mtls_list_set_stale(list, duration.number);
    return NULL;
}

const char *mtls_directive_list(cmd_parms *cmd, void *dirv, int argc, char *const argv[])
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_use);
    mtls_generation_t *generation = mtls_generation();
    const mtls_listed_t *before;
    mtls_list_t *list;

    (void)dirv;
    if (error)
        return error;
    if (argc < 3 || argc > 4)
        return mtls_directive_refuse(cmd, "NAME FIELD file:PATH|crl:PATH [stale=DURATION] is meant");
    error = mtls_list_define(cmd->pool, generation->fields, &mtls_httpd_host, argv[0], argv[1], argv[2], &list);
    if (error)
        return mtls_directive_refuse(cmd, error);
    before = find(generation, list);
    if (before)
        return apr_psprintf(cmd->pool, "%s: list '%s' is defined in %s:%d already", cmd->cmd->name, mtls_list_name(list),
                            before->place.file, before->place.line);
    keep(cmd, generation, list);
    return argc > 3 ? set_stale(cmd, list, argv[3]) : NULL;
}

const char *mtls_directive_kill_list(cmd_parms *cmd, void *dirv, const char *path)
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_use);
    mtls_generation_t *generation = mtls_generation();
    const mtls_listed_t *before = generation->kill_list ? find(generation, generation->kill_list) : NULL;
    mtls_list_t *list;

    (void)dirv;
    if (error)
        return error;
    if (before)
        return apr_psprintf(cmd->pool, "%s: there is one already, in %s:%d, and it is for all virtual hosts",
                            cmd->cmd->name, before->place.file, before->place.line);
    error = mtls_list_define(cmd->pool, generation->fields, &mtls_httpd_host, NULL, NULL, path, &list);
    if (error)
        return mtls_directive_refuse(cmd, error);
    generation->kill_list = list;
    keep(cmd, generation, list);
    return NULL;
}

const char *mtls_directive_list_interval(cmd_parms *cmd, void *dirv, const char *word)
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_use);
    mtls_value_t duration;

    (void)dirv;
    if (error)
        return error;
    error = mtls_parse_duration(cmd->pool, word, &duration);
    if (error)
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, mtls_directive_quote(cmd, word), error);
    if (duration.number < INTERVAL_LEAST || duration.number > INTERVAL_MOST)
        return apr_psprintf(cmd->pool, "%s: '%s' is not from 1s to 1h", cmd->cmd->name, mtls_directive_quote(cmd, word));
    mtls_generation()->list_interval = duration.number * APR_USEC_PER_SEC;
    return NULL;
}
