/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* What passes by a rule, what does not do what it says where MTLSBackstop is on, and exemptions that exempt too much. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_finding.h"
#include "mtls_tree.h"

static int visit_rule(void *ctx, const ap_directive_t *directive)
{
    const mtls_survey_t *const *survey = ctx;

    return mtls_finding_is_rule(*survey, directive);
}

static int has_rule(const mtls_survey_t *survey, const ap_directive_t *section)
{
    return section && section->first_child && mtls_tree_walk(section->first_child, visit_rule, &survey);
}

/* Deny from all, and nobody is allowed: rules alone let in. */
static int is_shut(const mtls_survey_t *survey, const ap_directive_t *beside)
{
    int shut = 0;

    for (; beside; beside = beside->next) {
        if (mtls_tree_is(beside, "Allow"))
            return 0;
        shut |= mtls_tree_is(beside, "Deny") && !strcasecmp(mtls_tree_word(survey->p, beside, 1), "all");
    }
    return shut;
}

void mtls_find_satisfy_any(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    if (!mtls_tree_is(directive, "Satisfy") || strcasecmp(mtls_tree_word(survey->p, directive, 0), "any"))
        return;
    if (mtls_finding_backstop(survey, directive) == 1)
        mtls_finding_warn(survey, directive, "Satisfy Any lets requests pass by Require mtls, and MTLSBackstop, which is "
                          "on here, refuses them all the same; write Satisfy All");
    else if (has_rule(survey, mtls_finding_section(directive)) && !is_shut(survey, mtls_finding_siblings(directive)))
        mtls_finding_warn(survey, directive, "Satisfy Any lets pass by Require mtls whom Allow and Deny let in, which is "
                          "everybody where they say nothing; write Satisfy All, or Require ip beside Require mtls in "
                          "<RequireAny>");
}

/* ---- other providers ---- */

/* Lines side by side are alternatives, except within <RequireAll> and <RequireNone>. */
static int is_alternative(const ap_directive_t *directive)
{
    return directive->parent
        && (mtls_tree_is(directive->parent, "<RequireAny") || !mtls_finding_is_container(directive->parent));
}

static int is_foreign(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return mtls_tree_is(directive, "Require") && !mtls_finding_is_rule(survey, directive);
}

/* A rule, or a container that grants by one. */
static int grants_by_rule(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    if (mtls_tree_is(directive, "<RequireAll") || mtls_tree_is(directive, "<RequireAny"))
        return has_rule(survey, directive);
    return mtls_finding_is_rule(survey, directive);
}

static int has_rule_beside(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const ap_directive_t *beside;

    for (beside = mtls_finding_siblings(directive); beside; beside = beside->next) {
        if (grants_by_rule(survey, beside))
            return 1;
    }
    return 0;
}

void mtls_find_other_provider(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    int is_all = !strcasecmp(mtls_tree_word(survey->p, directive, 0), "all");

    if (!is_foreign(survey, directive) || !is_alternative(directive) || !has_rule_beside(survey, directive))
        return;
    if (mtls_finding_backstop(survey, directive) != 1) {
        if (is_all && !strcasecmp(mtls_tree_word(survey->p, directive, 1), "granted"))
            mtls_finding_warn(survey, directive, "'Require all granted' stands beside Require mtls as an alternative, so "
                              "that this rule keeps nobody out; leave this line out");
    }
    else if (is_all)
        mtls_finding_warn(survey, directive, apr_psprintf(survey->p,
                          "'Require %s' stands beside Require mtls as an alternative, but nothing passes MTLSBackstop, "
                          "which is on here, without a Require mtls line; leave this line out, or write MTLSBackstop off "
                          "into this section if it is for everybody", directive->args));
    else
        mtls_finding_warn(survey, directive, apr_psprintf(survey->p,
                          "where 'Require %s' grants, the Require mtls line beside it is not needed or not asked, and "
                          "MTLSBackstop, which is on here, refuses the request; write <RequireAll> if both must hold, "
                          "or leave this line out", directive->args));
}

/* ---- methods ---- */

static int visit_line(void *ctx, const ap_directive_t *directive)
{
    (void)ctx;
    return mtls_tree_is(directive, "Require");
}

/* Lines for the methods that this one leaves out. */
static int has_counterpart(const ap_directive_t *limit)
{
    const char *other = mtls_tree_is(limit, "<Limit") ? "<LimitExcept" : "<Limit";
    const ap_directive_t *beside;

    for (beside = mtls_finding_siblings(limit); beside; beside = beside->next) {
        if (mtls_tree_is(beside, other) && mtls_tree_walk(beside->first_child, visit_line, NULL))
            return 1;
    }
    return 0;
}

void mtls_find_limited_rule(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    int is_except = mtls_tree_is(directive, "<LimitExcept");

    if ((!is_except && !mtls_tree_is(directive, "<Limit")) || !has_rule(survey, directive) || has_counterpart(directive)
        || mtls_finding_backstop(survey, directive) == 1)
        return;
    mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "Require mtls within %s %s is %s everybody gets in, "
                      "unless another Require line of this section is for them; take %s> away",
                      directive->directive, directive->args, is_except ? "not asked for these methods: with them"
                      : "asked for these methods only: with others", directive->directive));
}

/* ---- exemptions ---- */

typedef struct proxied_t {
    const mtls_survey_t *survey;
    const ap_directive_t *section;
    const char *path;
    int decided, proxied;
} proxied_t;

static void decide(proxied_t *search, int proxied)
{
    search->decided = 1;
    search->proxied = proxied;
}

/* The first ProxyPass that fits decides; "!" leaves the path with this server. */
static int visit_proxy(void *ctx, const ap_directive_t *directive)
{
    proxied_t *search = ctx;
    apr_pool_t *p = search->survey->p;
    const char *path = mtls_tree_word(p, directive, 0), *url = mtls_tree_word(p, directive, 1);

    if (directive->parent == search->section) {
        if (mtls_tree_is(directive, "ProxyPass"))
            decide(search, strcmp(path, "!") != 0);
        else if (mtls_tree_is(directive, "SetHandler") && !strncasecmp(path, "proxy:", 6))
            decide(search, 1);
        return search->decided;
    }
    if (!mtls_tree_is(directive, "ProxyPass") || *path != '/'
        || (directive->parent && mtls_tree_within(directive, "<VirtualHost")
            != mtls_tree_within(search->section, "<VirtualHost")))
        return 0;
    if (mtls_finding_covers(path, search->path))
        decide(search, strcmp(url, "!") != 0);
    else if (mtls_finding_covers(search->path, path) && strcmp(url, "!"))
        decide(search, 1);
    return search->decided;
}

static const char *exact_pattern(apr_pool_t *p, const char *path)
{
    char *pattern = apr_palloc(p, 2 * strlen(path) + 3), *to = pattern;

    *to++ = '^';
    for (; *path; path++) {
        if (strchr(".+()^$|{}\\\"", *path))
            *to++ = '\\';
        *to++ = *path;
    }
    *to++ = '$';
    *to = '\0';
    return pattern;
}

static int is_on_somewhere(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return mtls_survey_site(survey, directive)->backstop || APR_ARRAY_IDX(survey->sites, 0, mtls_site_t).backstop;
}

void mtls_find_exempt_prefix(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const ap_directive_t *section = directive->parent;
    proxied_t search = { survey, section, NULL, 0, 0 };

    if (!mtls_tree_is(directive, "MTLSBackstop") || strcasecmp(mtls_tree_word(survey->p, directive, 0), "off")
        || !section || !mtls_tree_is(section, "<Location") || !is_on_somewhere(survey, directive))
        return;
    search.path = mtls_finding_path(survey, section);
    if (!search.path)
        return;
    mtls_tree_walk(ap_conftree, visit_proxy, &search);
    if (search.proxied)
        mtls_finding_warn(survey, directive, apr_psprintf(survey->p,
                          "MTLSBackstop off holds for everything below %s, which is proxied: a backend may read such a "
                          "path as one outside of it; exempt the one path with <LocationMatch \"%s\">", search.path,
                          exact_pattern(survey->p, search.path)));
}
