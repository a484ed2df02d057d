/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLSList, MTLSKillList and MTLSListInterval. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_conf.h"
#include "mtls_list_directives.h"
#include "mtls_operand.h"

#define STALE_PREFIX "stale="
#define INTERVAL_LEAST 1
#define INTERVAL_MOST 3600

static const char *refuse(cmd_parms *cmd, const char *sentence)
{
    return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, sentence);
}

static const char *quote(cmd_parms *cmd, const char *word)
{
    return mtls_text_escape(cmd->pool, mtls_str(word));
}

static void keep(cmd_parms *cmd, mtls_generation_t *generation, mtls_list_t *list)
{
    mtls_listed_t *listed = apr_array_push(generation->lists);

    listed->list = list;
    listed->place = (mtls_place_t){ cmd->directive->filename, cmd->directive->line_num };
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
                            "meant", cmd->cmd->name, quote(cmd, word));
    error = mtls_parse_duration(cmd->pool, word + sizeof(STALE_PREFIX) - 1, &duration);
    if (error)
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, quote(cmd, word + sizeof(STALE_PREFIX) - 1), error);
    mtls_list_set_stale(list, duration.number);
    return NULL;
}

const char *mtls_directive_list(cmd_parms *cmd, void *dirv, int argc, char *const argv[])
{
    mtls_generation_t *generation = mtls_conf_use(cmd);
    const mtls_listed_t *before;
    const char *error;
    mtls_list_t *list;

    (void)dirv;
    if (argc < 3 || argc > 4)
        return refuse(cmd, "NAME FIELD file:PATH|crl:PATH [stale=DURATION] is meant");
    error = mtls_list_define(cmd->pool, generation->fields, &mtls_httpd_host, argv[0], argv[1], argv[2], &list);
    if (error)
        return refuse(cmd, error);
    before = find(generation, list);
    if (before)
        return apr_psprintf(cmd->pool, "%s: list '%s' is defined in %s:%d already", cmd->cmd->name, mtls_list_name(list),
                            before->place.file, before->place.line);
    keep(cmd, generation, list);
    return argc > 3 ? set_stale(cmd, list, argv[3]) : NULL;
}

const char *mtls_directive_kill_list(cmd_parms *cmd, void *dirv, const char *path)
{
    mtls_generation_t *generation = mtls_conf_use(cmd);
    const mtls_listed_t *before = generation->kill_list ? find(generation, generation->kill_list) : NULL;
    const char *error;
    mtls_list_t *list;

    (void)dirv;
    if (before)
        return apr_psprintf(cmd->pool, "%s: there is one already, in %s:%d, and it is for all virtual hosts",
                            cmd->cmd->name, before->place.file, before->place.line);
    error = mtls_list_define(cmd->pool, generation->fields, &mtls_httpd_host, NULL, NULL, path, &list);
    if (error)
        return refuse(cmd, error);
    generation->kill_list = list;
    keep(cmd, generation, list);
    return NULL;
}

const char *mtls_directive_list_interval(cmd_parms *cmd, void *dirv, const char *word)
{
    mtls_generation_t *generation = mtls_conf_use(cmd);
    mtls_value_t duration;
    const char *error = mtls_parse_duration(cmd->pool, word, &duration);

    (void)dirv;
    if (error)
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, quote(cmd, word), error);
    if (duration.number < INTERVAL_LEAST || duration.number > INTERVAL_MOST)
        return apr_psprintf(cmd->pool, "%s: '%s' is not from 1s to 1h", cmd->cmd->name, quote(cmd, word));
    generation->list_interval = duration.number * APR_USEC_PER_SEC;
    return NULL;
}
