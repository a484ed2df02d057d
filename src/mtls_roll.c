/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"

#include "mtls_finding.h"
#include "mtls_roll.h"
#include "mtls_tree.h"
#include "mtls_zone.h"

static int grants_all(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return !strcasecmp(mtls_tree_word(survey->p, directive, 0), "all")
        && !strcasecmp(mtls_tree_word(survey->p, directive, 1), "granted");
}

static int count_line(void *ctx, const ap_directive_t *directive)
{
    const mtls_survey_t *survey = ctx;
    mtls_zone_t *zone;

    if (!mtls_tree_is(directive, "Require"))
        return 0;
    zone = mtls_zone_of(mtls_generation(), directive, mtls_tree_server(directive, survey->main_server));
    if (!zone)
        return 0;
    if (mtls_finding_is_rule(survey, directive))
        zone->rules++;
    else
        zone->others++;
    zone->granted |= grants_all(survey, directive);
    return 0;
}

void mtls_roll_call(apr_pool_t *p, server_rec *main_server)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, p);
    mtls_tree_walk(ap_conftree, count_line, mtls_survey_make(scratch, main_server));
    apr_pool_destroy(scratch);
}
