/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "apr_strings.h"

#include "mtls_finding.h"
#include "mtls_tree.h"

APLOG_USE_MODULE(mtls_authz);

void mtls_finding_warn(const mtls_survey_t *survey, const ap_directive_t *at, const char *sentence)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, mtls_tree_server(at, survey->main_server),
                 "mtls_authz: %s:%d: %s", at->filename, at->line_num, sentence);
}

/* ---- lines ---- */

/* Where the provider's name stands among the words of a Require line. */
static int provider_index(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return !strcasecmp(mtls_tree_word(survey->p, directive, 0), "not");
}

int mtls_finding_is_rule(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const char *provider;
    int i;

    if (!mtls_tree_is(directive, "Require"))
        return 0;
    provider = mtls_tree_word(survey->p, directive, provider_index(survey, directive));
    for (i = 0; i < survey->aliases->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(survey->aliases, i, const char *), provider))
            return 1;
    }
    return !strcasecmp(provider, "mtls");
}

const apr_array_header_t *mtls_finding_words(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    apr_array_header_t *words = apr_array_make(survey->p, 4, sizeof(const char *));
    const char *word;
    int at;

    if (!mtls_tree_is(directive, "Require"))
        return NULL;
    at = provider_index(survey, directive);
    if (strcasecmp(mtls_tree_word(survey->p, directive, at), "mtls"))
        return NULL;
    while (*(word = mtls_tree_word(survey->p, directive, ++at)))
        APR_ARRAY_PUSH(words, const char *) = word;
    return words;
}

int mtls_finding_is_container(const ap_directive_t *directive)
{
    return mtls_tree_is(directive, "<RequireAll") || mtls_tree_is(directive, "<RequireAny")
        || mtls_tree_is(directive, "<RequireNone");
}

const ap_directive_t *mtls_finding_section(const ap_directive_t *directive)
{
    const ap_directive_t *section = directive->parent;

    while (section && (mtls_finding_is_container(section) || mtls_tree_is(section, "<Limit")
                       || mtls_tree_is(section, "<LimitExcept")))
        section = section->parent;
    return section;
}

const ap_directive_t *mtls_finding_siblings(const ap_directive_t *directive)
{
    return directive->parent ? directive->parent->first_child : ap_conftree;
}

int mtls_finding_backstop(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const ap_directive_t *beside;

    for (; directive; directive = directive->parent) {
        int setting = MTLS_UNSET;

        for (beside = mtls_finding_siblings(directive); beside; beside = beside->next) {
            if (mtls_tree_is(beside, "MTLSBackstop"))
                setting = !strcasecmp(mtls_tree_word(survey->p, beside, 0), "on");
        }
        if (setting != MTLS_UNSET)
            return setting;
    }
    return MTLS_UNSET;
}

const char *mtls_finding_path(const mtls_survey_t *survey, const ap_directive_t *section)
{
    const char *path = mtls_tree_word(survey->p, section, 0);
    apr_size_t len = strlen(path);

    if (!mtls_tree_is(section, "<Location") && !mtls_tree_is(section, "<Directory"))
        return NULL;
    if (len && path[len - 1] == '>')
        path = apr_pstrndup(survey->p, path, len - 1);
    return *path == '/' && !strpbrk(path, "*?[") ? path : NULL;
}

int mtls_finding_covers(const char *prefix, const char *path)
{
    apr_size_t len = strlen(prefix);

    return !strncmp(prefix, path, len)
        && ((len && prefix[len - 1] == '/') || path[len] == '/' || path[len] == '\0');
}

/* ---- the survey ---- */

/* The walk is in order: a directive within a <VirtualHost> belongs to the last one that was seen. */
static mtls_site_t *site_of(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const ap_directive_t *host = mtls_tree_within(directive, "<VirtualHost");
    int i;

    for (i = host ? survey->sites->nelts - 1 : 0; i > 0; i--) {
        mtls_site_t *site = &APR_ARRAY_IDX(survey->sites, i, mtls_site_t);

        if (site->host == host)
            return site;
    }
    return &APR_ARRAY_IDX(survey->sites, 0, mtls_site_t);
}

static void add_site(const mtls_survey_t *survey, const ap_directive_t *host, server_rec *s)
{
    mtls_site_t *site = apr_array_push(survey->sites);

    memset(site, 0, sizeof(*site));
    site->host = host;
    site->server = s;
    site->engine = MTLS_UNSET;
}

static void add_alias(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const char *name = mtls_tree_word(survey->p, directive, 1);
    apr_size_t len = strlen(name);

    if (!strcasecmp(mtls_tree_word(survey->p, directive, 0), "mtls"))
        APR_ARRAY_PUSH(survey->aliases, const char *) =
            len && name[len - 1] == '>' ? apr_pstrndup(survey->p, name, len - 1) : name;
}

static int needs_certificates(const mtls_survey_t *survey, const ap_directive_t *directive, const char *word)
{
    return mtls_finding_is_rule(survey, directive)
        || (mtls_tree_is(directive, "MTLSExport") && strcasecmp(word, "none") && *word != '-');
}

static int note_directive(void *ctx, const ap_directive_t *directive)
{
    const mtls_survey_t *survey = ctx;
    const char *word = mtls_tree_word(survey->p, directive, 0);
    mtls_site_t *site;

    if (mtls_tree_is(directive, "<VirtualHost")) {
        add_site(survey, directive, mtls_tree_server(directive, survey->main_server));
        return 0;
    }
    if (mtls_tree_is(directive, "<AuthzProviderAlias"))
        add_alias(survey, directive);
    if (mtls_tree_is(directive, "Listen") || mtls_tree_is(directive, "Protocol"))
        APR_ARRAY_PUSH(survey->listens, const ap_directive_t *) = directive;
    site = site_of(survey, directive);
    if (mtls_tree_is(directive, "SSLEngine"))
        site->engine = strcasecmp(word, "off") != 0;
    if (mtls_tree_is(directive, "SSLVerifyClient"))
        site->verifies |= strcasecmp(word, "none") != 0;
    if (mtls_tree_is(directive, "MTLSBackstop"))
        site->backstop |= !strcasecmp(word, "on");
    if (!site->use && needs_certificates(survey, directive, word))
        site->use = directive;
    return 0;
}

mtls_survey_t *mtls_survey_make(apr_pool_t *p, server_rec *main_server)
{
    mtls_survey_t *survey = apr_pcalloc(p, sizeof(*survey));

    survey->p = p;
    survey->main_server = main_server;
    survey->fields = mtls_fieldset_make(p);
    survey->aliases = apr_array_make(p, 2, sizeof(const char *));
    survey->sites = apr_array_make(p, 4, sizeof(mtls_site_t));
    survey->listens = apr_array_make(p, 4, sizeof(const ap_directive_t *));
    add_site(survey, NULL, main_server);
    mtls_tree_walk(ap_conftree, note_directive, survey);
    return survey;
}

const mtls_site_t *mtls_survey_site(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return site_of(survey, directive);
}

int mtls_survey_uses(const mtls_survey_t *survey, const mtls_site_t *site)
{
    const mtls_site_t *main_site = &APR_ARRAY_IDX(survey->sites, 0, mtls_site_t);
    int i;

    for (i = 0; site == main_site && i < survey->sites->nelts; i++) {
        if (APR_ARRAY_IDX(survey->sites, i, mtls_site_t).use)
            return 1;
    }
    return site->use || main_site->use;
}
