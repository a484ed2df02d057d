/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* The status page tells who was refused, and where the rules stand: it is not for everybody. */
#include "httpd.h"
#include "http_config.h"

#include "mtls_finding.h"
#include "mtls_status.h"
#include "mtls_tree.h"
#include "mtls_zone.h"

typedef struct search_t {
    const mtls_survey_t *survey;
    const ap_directive_t *section;   /* with the handler; NULL: outside of sections */
    const char *path;                /* its plain path, or NULL */
    const mtls_site_t *site;
} search_t;

static int is_around(const ap_directive_t *outer, const ap_directive_t *inner)
{
    for (; inner; inner = inner->parent) {
        if (inner == outer)
            return 1;
    }
    return 0;
}

/* Any Require line will do: whoever has written one has thought of who may look. */
static int is_guard(void *ctx, const ap_directive_t *directive)
{
    const search_t *search = ctx;
    const ap_directive_t *section;
    const mtls_site_t *site;
    const char *path;

    if (!mtls_tree_is(directive, "Require") || (section = mtls_zone_section(directive)) == NULL)
        return 0;
    if (is_around(section, search->section))
        return 1;
    site = mtls_survey_site(search->survey, directive);
    if (site != search->site && site->host)
        return 0;
    path = mtls_finding_path(search->survey, section);
    return path && search->path && !strcasecmp(section->directive, search->section->directive)
        && mtls_finding_covers(path, search->path);
}

void mtls_find_open_status(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    search_t search = { survey, mtls_zone_section(directive), NULL, mtls_survey_site(survey, directive) };

    if (!mtls_tree_is(directive, "SetHandler")
        || strcasecmp(mtls_tree_word(survey->p, directive, 0), MTLS_STATUS_HANDLER))
        return;
    if (search.section)
        search.path = mtls_finding_path(survey, search.section);
    if (!mtls_tree_walk(ap_conftree, is_guard, &search))
        mtls_finding_warn(survey, directive, "SetHandler mtls-status without a Require line: whoever can reach this "
                          "server sees the status page; say who may, with Require mtls or Require ip in this section");
}
