/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_finding.h"
#include "mtls_tree.h"
#include "mtls_warn.h"

static int is_positive_rule(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    return mtls_tree_is(directive, "Require") && !strcasecmp(mtls_tree_word(survey->p, directive, 0), "mtls");
}

/* At the second bare line of a section: earlier siblings decide, so that one warning is given. */
static void find_alternatives(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const ap_directive_t *sibling;
    int before = 0;

    if (!is_positive_rule(survey, directive) || !directive->parent || mtls_finding_is_container(directive->parent))
        return;
    for (sibling = directive->parent->first_child; sibling && sibling != directive; sibling = sibling->next)
        before += is_positive_rule(survey, sibling);
    if (before == 1)
        mtls_finding_warn(survey, directive, "two Require mtls lines side by side: these are alternatives; "
                          "write <RequireAll> if all must hold, <RequireAny> if one is enough");
}

static int is_single(const ap_directive_t *directive)
{
    static const char *const names[] = { "MTLSUser", "MTLSMode", "MTLSBackstop", "MTLSPathCheck", "MTLSEnv", "MTLSGuard",
                                         "MTLSOnSpoof" };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mtls_tree_is(directive, names[i]))
            return 1;
    }
    return 0;
}

/* The last one holds. What says the same twice surprises nobody. */
static void find_twice(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const ap_directive_t *sibling, *before = NULL;

    if (!is_single(directive))
        return;
    for (sibling = mtls_finding_siblings(directive); sibling && sibling != directive; sibling = sibling->next)
        before = mtls_tree_is(sibling, directive->directive) ? sibling : before;
    if (before && strcasecmp(before->args, directive->args))
        mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "%s stands twice in this section: this line holds, and "
                          "not that of %s:%d; remove one of them", directive->directive, before->filename,
                          before->line_num));
}

/* Ours is set last and wins: who wrote this line should know. */
static void find_request_header(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const mtls_headerset_t *headers = mtls_generation()->headers;
    const char *name;
    int i;

    if (!mtls_tree_is(directive, "RequestHeader") || !strcasecmp(mtls_tree_word(survey->p, directive, 0), "unset"))
        return;
    name = mtls_tree_word(survey->p, directive, 1);
    for (i = 0; i < mtls_headerset_len(headers); i++) {
        const char *ours = mtls_header_name(mtls_headerset_at(headers, i));

        if (mtls_header_folds_equal(ours, name)) {
            mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "RequestHeader %s: where '%s' is exported by "
                              "MTLSExport or MTLSHeader, that value replaces this one", name, ours));
            return;
        }
    }
}

/* What no guard would remove needs no passing: a profile is meant, or another name. */
static void find_idle_pass(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const char *word;
    apr_size_t len;
    int i;

    if (!mtls_tree_is(directive, "MTLSPass"))
        return;
    for (i = 0; *(word = mtls_tree_word(survey->p, directive, i)); i++) {
        if (!mtls_profile_known(word, &len) && mtls_guard_find(mtls_generation()->guarded, word, strlen(word)) < 0)
            mtls_finding_warn(survey, directive, apr_psprintf(survey->p, "MTLSPass %s does nothing: MTLSGuard removes no "
                              "header of this name, and there is no such profile; correct or remove it",
                              mtls_text_escape(survey->p, mtls_str(word))));
    }
}

/* mod_rewrite knows the functions of expressions within "expr" only, and takes anything else as empty. */
static void find_bare_variable(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    int is_condition = mtls_tree_is(directive, "RewriteCond");

    if ((!is_condition && !mtls_tree_is(directive, "RewriteRule")) || !ap_strcasestr(directive->args, "%{MTLS:")
        || (is_condition && !strcasecmp(mtls_tree_word(survey->p, directive, 0), "expr")))
        return;
    mtls_finding_warn(survey, directive, is_condition
                      ? "%{MTLS:...} is always empty here; write RewriteCond expr \"mtls('FIELD') ...\""
                      : "%{MTLS:...} is always empty here; catch it with RewriteCond expr \"mtls('FIELD') =~ /(.+)/\" "
                        "and write %1");
}

/* "\1X-Client-Cert" is another name to the guard, and may be the same one to a backend that drops what no name has. */
static void find_unsafe_names(const mtls_survey_t *survey, const ap_directive_t *directive)
{
    const char *word;
    int i;

    if (!mtls_tree_is(directive, "HttpProtocolOptions") || !mtls_survey_uses(survey, mtls_survey_site(survey, directive)))
        return;
    for (i = 0; *(word = mtls_tree_word(survey->p, directive, i)); i++) {
        if (!strcasecmp(word, "Unsafe"))
            mtls_finding_warn(survey, directive, "HttpProtocolOptions Unsafe takes header names with control characters "
                              "in them, which a backend may read as a name that MTLSGuard removes; leave Unsafe out");
    }
}

/** One row per surprise that one directive gives away. */
static mtls_finding_fn *const findings[] = {
    find_alternatives,
    find_twice,
    find_request_header,
    find_idle_pass,
    find_bare_variable,
    find_unsafe_names,
    mtls_find_section_verify,
    mtls_find_optional_no_ca,
    mtls_find_opt_renegotiate,
    mtls_find_sni_policy,
    mtls_find_lone_serial,
    mtls_find_lone_serial_list,
    mtls_find_unused_list,
    mtls_find_impossible,
    mtls_find_odd_value,
    mtls_find_pem_text,
    mtls_find_satisfy_any,
    mtls_find_other_provider,
    mtls_find_limited_rule,
    mtls_find_exempt_prefix,
    mtls_find_open_status,
    mtls_find_only_revoked
};

static int visit(void *ctx, const ap_directive_t *directive)
{
    apr_size_t i;

    for (i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
        findings[i](ctx, directive);
    return 0;
}

void mtls_warn(apr_pool_t *p, server_rec *main_server)
{
    mtls_survey_t *survey;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, p);      /* p lives as long as the configuration */
    survey = mtls_survey_make(scratch, main_server);
    mtls_tree_walk(ap_conftree, visit, survey);
    mtls_find_no_certificates(survey);
    mtls_find_dropped_rules(survey);
    mtls_find_quick_cache(survey);
    mtls_find_report_only(survey);
    apr_pool_destroy(scratch);
}
