/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Require lines of one section replace those of another: without AuthMerging rules get lost in silence. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_finding.h"
#include "mtls_tree.h"
#include "mtls_zone.h"

/** A section with Require lines. */
typedef struct lines_t {
    const ap_directive_t *section;
    const ap_directive_t *rule;      /* the first of ours */
    const ap_directive_t *other;     /* the first of another provider that may grant */
    int is_meant;                    /* somebody has thought about it */
    int backstop;                    /* is on here */
    int in_host;                     /* within a <VirtualHost> */
    const mtls_site_t *site;
    const char *path;                /* NULL: no plain one */
} lines_t;

typedef struct collected_t {
    const mtls_survey_t *survey;
    apr_array_header_t *all;         /* of lines_t, in the order of the file */
} collected_t;

/* By MTLSBackstop off or AuthMerging; but AuthMerging Off opens nothing to anybody where the backstop is on. */
static int has_thought(const mtls_survey_t *survey, const ap_directive_t *section, int backstop)
{
    const ap_directive_t *directive;

    for (directive = section->first_child; directive; directive = directive->next) {
        if (mtls_tree_is(directive, "AuthMerging")
            && (!backstop || strcasecmp(mtls_tree_word(survey->p, directive, 0), "off")))
            return 1;
        if (mtls_tree_is(directive, "MTLSBackstop") && !strcasecmp(mtls_tree_word(survey->p, directive, 0), "off"))
            return 1;
    }
    return 0;
}

static lines_t *lines_of(const collected_t *collected, const ap_directive_t *section)
{
    const mtls_survey_t *survey = collected->survey;
    lines_t *lines;
    int backstop, i;

    for (i = collected->all->nelts - 1; i >= 0; i--) {
        lines = &APR_ARRAY_IDX(collected->all, i, lines_t);
        if (lines->section == section)
            return lines;
    }
    lines = apr_array_push(collected->all);
    backstop = mtls_finding_backstop(survey, section->first_child) == 1;
    *lines = (lines_t){ section, NULL, NULL, has_thought(survey, section, backstop), backstop,
                        mtls_tree_within(section, "<VirtualHost") != NULL, mtls_survey_site(survey, section),
                        mtls_finding_path(survey, section) };
    return lines;
}

/* "all denied" shuts a section; whoever writes it does not open anything by accident. */
static int shuts(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return !strcasecmp(mtls_tree_word(survey->p, directive, 0), "all")
        && !strcasecmp(mtls_tree_word(survey->p, directive, 1), "denied");
}

static int collect(void *ctx, const ap_directive_t *directive)
{
    const collected_t *collected = ctx;
    const ap_directive_t *section;
    lines_t *lines;

    if (!mtls_tree_is(directive, "Require") || (section = mtls_finding_section(directive)) == NULL)
        return 0;
    lines = lines_of(collected, section);
    if (mtls_finding_is_rule(collected->survey, directive))
        lines->rule = lines->rule ? lines->rule : directive;
    else if (!lines->other && !shuts(collected->survey, directive))
        lines->other = directive;
    return 0;
}

static int is_around(const ap_directive_t *outer, const ap_directive_t *inner)
{
    for (inner = inner->parent; inner; inner = inner->parent) {
        if (inner == outer)
            return 1;
    }
    return 0;
}

static int is_url_section(const ap_directive_t *section)
{
    return mtls_tree_is(section, "<Location") || mtls_tree_is(section, "<LocationMatch");
}

/* <Location "/"> is laid over everything but <If>, and over other URL sections that stand in front of it. */
static int covers_all(const lines_t *later, const lines_t *earlier, int is_behind)
{
    return later->path && !strcmp(later->path, "/") && is_url_section(later->section)
        && (is_behind || !is_url_section(earlier->section))
        && !mtls_tree_is(earlier->section, "<If") && !mtls_tree_is(earlier->section, "<ElseIf")
        && !mtls_tree_is(earlier->section, "<Else");
}

/* Where both hold for some request, URL sections are laid over each other in the order of the file,
 * directories the longer over the shorter; a virtual host's over those outside of it. */
static int is_laid_over(const lines_t *later, const lines_t *earlier, int is_behind)
{
    int behind = later->in_host != earlier->in_host ? later->in_host : is_behind;

    if (is_around(earlier->section, later->section))
        return 1;
    if (later->site != earlier->site && earlier->in_host)
        return 0;
    if (covers_all(later, earlier, behind))
        return 1;
    if (!earlier->path || is_url_section(earlier->section) != is_url_section(later->section))
        return 0;
    if (!is_url_section(earlier->section))
        return later->path && mtls_finding_covers(earlier->path, later->path)
            && (behind || strlen(later->path) > strlen(earlier->path));
    if (!behind)
        return 0;
    return later->path ? mtls_finding_covers(earlier->path, later->path) || mtls_finding_covers(later->path, earlier->path)
                       : !strcmp(earlier->path, "/");
}

static void check_lines(const collected_t *collected, int index)
{
    const lines_t *later = &APR_ARRAY_IDX(collected->all, index, lines_t);
    const mtls_survey_t *survey = collected->survey;
    int i;

    if (later->rule || !later->other || later->is_meant)
        return;
    for (i = 0; i < collected->all->nelts; i++) {
        const lines_t *earlier = &APR_ARRAY_IDX(collected->all, i, lines_t);

        if (i == index || !earlier->rule || !is_laid_over(later, earlier, i < index))
            continue;
        mtls_finding_warn(survey, later->other, apr_psprintf(survey->p,
                          "the Require lines of this section replace those of %s:%d, and 'Require %s' no longer counts "
                          "here; write AuthMerging And to keep it, or %s", earlier->rule->filename,
                          earlier->rule->line_num, earlier->rule->args, later->backstop
                          ? "MTLSBackstop off if it is meant so: MTLSBackstop is on and refuses every request here"
                          : "AuthMerging Off if it is meant so"));
        return;
    }
}

/* ---- sections that only report ---- */

#define NAMED_MAX 40

typedef struct first_t {
    const mtls_survey_t *survey;
    const ap_directive_t *found;
} first_t;

static int find_first_report(void *ctx, const ap_directive_t *directive)
{
    first_t *first = ctx;

    if (!first->found && mtls_tree_is(directive, "MTLSMode")
        && !strcasecmp(mtls_tree_word(first->survey->p, directive, 0), "report"))
        first->found = directive;
    return 0;
}

/* It has rules, or is where the word is written, and whoever reads this meant it. A virtual host itself has nothing to
 * report but what its backstop would refuse. */
static int only_reports(apr_pool_t *p, const mtls_zone_t *zone)
{
    const mtls_dir_t *dir = mtls_zone_settings(p, zone);

    if (dir->report != 1)
        return 0;
    return *zone->name ? zone->rules || (zone->own && zone->own->report == 1) : dir->backstop == 1;
}

static const char *name_zone(apr_pool_t *p, const mtls_zone_t *zone)
{
    return *zone->name ? apr_psprintf(p, "%s (%s:%d)", zone->name, zone->place.file, zone->place.line)
        : apr_psprintf(p, "all of %s", mtls_zone_host(p, zone->server));
}

/* "<Location /a> (file:1), <Location /b> (file:7)". */
static const char *name_reporting(apr_pool_t *p)
{
    const apr_array_header_t *zones = mtls_generation()->zones;
    apr_array_header_t *names = apr_array_make(p, 8, sizeof(const char *));
    int i, n = 0;

    for (i = 0; i < zones->nelts; i++) {
        const mtls_zone_t *zone = APR_ARRAY_IDX(zones, i, const mtls_zone_t *);

        if (!only_reports(p, zone) || ++n > NAMED_MAX)
            continue;
        APR_ARRAY_PUSH(names, const char *) = n > 1 ? ", " : "";
        APR_ARRAY_PUSH(names, const char *) = name_zone(p, zone);
    }
    if (n > NAMED_MAX)
        APR_ARRAY_PUSH(names, const char *) = apr_psprintf(p, " and %d more", n - NAMED_MAX);
    return n ? apr_array_pstrcat(p, names, 0) : "sections that have rules, of which there are none yet";
}

void mtls_find_report_only(const mtls_survey_t *survey)
{
    first_t first = { survey, NULL };

    mtls_tree_walk(ap_conftree, find_first_report, &first);
    if (first.found)
        mtls_finding_warn(survey, first.found, apr_psprintf(survey->p,
                          "MTLSMode report: whom Require mtls or MTLSBackstop would refuse is served in %s; a line 'would "
                          "deny' in the log says so; write enforce when nobody stands there who is meant to get in",
                          name_reporting(survey->p)));
}

void mtls_find_dropped_rules(const mtls_survey_t *survey)
{
    collected_t collected = { survey, apr_array_make(survey->p, 16, sizeof(lines_t)) };
    int i;

    mtls_tree_walk(ap_conftree, collect, &collected);
    for (i = 0; i < collected.all->nelts; i++)
        check_lines(&collected, i);
}
