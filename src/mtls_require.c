/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_request.h"
#include "mod_auth.h"
#include "apr_strings.h"

#include "mtls_apart.h"
#include "mtls_audit.h"
#include "mtls_backstop.h"
#include "mtls_grant.h"
#include "mtls_identity.h"
#include "mtls_require.h"
#include "mtls_ruling.h"
#include "mtls_tree.h"
#include "mtls_trial.h"
#include "mtls_zone.h"

APLOG_USE_MODULE(mtls_authz);

#define ALIAS_SECTION "<AuthzProviderAlias"

/* ---- when the configuration is read ---- */

/* "not" before the provider's name, and each <RequireNone> around the line, turn the answer over. */
static int is_negated(apr_pool_t *p, const ap_directive_t *directive)
{
    const char *args = directive->args;
    int negated = !strcasecmp(directive->directive, "Require") && !strcasecmp(ap_getword_conf(p, &args), "not");

    for (directive = directive->parent; directive; directive = directive->parent)
        negated ^= !strcasecmp(directive->directive, "<RequireNone");
    return negated;
}

/* MTLSMode among these directives, of which the last holds; NULL: there is none. */
static const ap_directive_t *find_mode(const ap_directive_t *beside)
{
    const ap_directive_t *found = NULL;

    for (; beside; beside = beside->next)
        found = mtls_tree_is(beside, "MTLSMode") ? beside : found;
    return found;
}

/* MTLSMode enforce stands in the line's own section, or one around it: where another section that only reports is
 * merged with it, this line is held to what was said of it. */
static int is_enforced(apr_pool_t *p, const ap_directive_t *directive)
{
    const ap_directive_t *mode = NULL;

    for (directive = directive->parent; directive && !mode; directive = directive->parent) {
        if (mtls_tree_is(directive, "<VirtualHost"))
            return 0;
        mode = find_mode(directive->first_child);
    }
    return mode && !strcasecmp(mtls_tree_word(p, mode, 0), "enforce");
}

static void note_alias(const cmd_parms *cmd)
{
    mtls_generation_t *generation = mtls_generation();

    if (!generation->aliases)
        generation->aliases = apr_array_make(generation->pool, 4, sizeof(mtls_alias_t));
    APR_ARRAY_PUSH(generation->aliases, mtls_alias_t) = (mtls_alias_t){
        mtls_tree_alias(generation->pool, cmd->directive), { cmd->directive->filename, cmd->directive->line_num }
    };
}

/* Requests of the section are watched. httpd gives a section settings of ours with the first directive of ours, which
 * a Require line is not. */
static void note_section(cmd_parms *cmd)
{
    mtls_dir_t *dir = ap_get_module_config(cmd->context, &mtls_authz_module);

    if (!strcasecmp(cmd->directive->directive, ALIAS_SECTION)) {
        note_alias(cmd);
        return;
    }
    if (!dir) {
        dir = mtls_conf_create_dir(cmd->pool, NULL);
        ap_set_module_config(cmd->context, &mtls_authz_module, dir);
    }
    dir->rules = 1;
}

static const char *parse_line(cmd_parms *cmd, const char *words, const void **parsed)
{
    mtls_generation_t *generation;
    mtls_line_t *line;
    const char *error;

    if (cmd->pool == cmd->temp_pool)
        return "Require mtls is not allowed in .htaccess: write it in the server's configuration";
    note_section(cmd);
    generation = mtls_conf_touch(cmd);
    line = apr_pcalloc(cmd->pool, sizeof(*line));
    line->text = apr_pstrcat(cmd->pool, "mtls", *words ? " " : "", words, NULL);
    line->place = (mtls_place_t){ cmd->directive->filename, cmd->directive->line_num };
    line->negated = is_negated(cmd->temp_pool, cmd->directive);
    line->enforced = is_enforced(cmd->temp_pool, cmd->directive);
    line->zone = mtls_zone_of(generation, cmd->directive, cmd->server);
    error = mtls_rule_read(cmd->pool, generation->fields, &mtls_httpd_host, words, &line->rule);
    if (error)
        return apr_pstrcat(cmd->pool, "Require mtls: ", error,
                           strcasecmp(cmd->directive->directive, ALIAS_SECTION) ? NULL
                           : " (behind the alias' name everything belongs into one pair of quotes)", NULL);
    if (line->negated && mtls_rule_is_bare(line->rule))
        return "Require not mtls, without a field, would let in whoever has no valid certificate: name a field";
    line->ruling = line->zone && mtls_rule_lasts(line->rule) ? mtls_ruling_add(cmd) : NULL;
    line->number = generation->lines->nelts;
    APR_ARRAY_PUSH(generation->lines, mtls_line_t *) = line;
    *parsed = line;
    return NULL;
}

/* ---- in a request ---- */

static void note_answer(request_rec *r, mtls_request_t *request, const mtls_line_t *line, mtls_answer_t answer)
{
    mtls_tried_t *tried;
    int i;

    if (!request->tried)
        request->tried = apr_array_make(r->pool, 4, sizeof(mtls_tried_t));
    else if (request->tried == &request->lent)
        request->tried = apr_array_copy(r->pool, request->tried);
    for (i = 0; i < request->tried->nelts; i++) {
        tried = &APR_ARRAY_IDX(request->tried, i, mtls_tried_t);
        if (tried->line == line) {        /* asked again behind authentication */
            tried->answer = answer;
            return;
        }
    }
    tried = apr_array_push(request->tried);
    tried->line = line;
    tried->answer = answer;
}

/* Most rules are asked once for a certificate. Whether it is to be believed now is another question, which the view
 * has answered for this request. */
static mtls_answer_t ask(request_rec *r, const mtls_line_t *line)
{
    const mtls_view_t *view = mtls_request_view(r);
    mtls_memo_t *memo = mtls_peer_memo(mtls_request_of(r)->peer);
    mtls_answer_t answer;

    if (view->standing != MTLS_GRANTED || !mtls_rule_lasts(line->rule))
        return mtls_rule_ask(r->pool, line->rule, view);
    answer = (mtls_answer_t){ .truth = mtls_memo_answer(memo, line->number) };
    if (answer.truth == MTLS_UNKNOWN) {
        answer = mtls_rule_ask(r->pool, line->rule, view);
        if (answer.truth != MTLS_UNKNOWN)
            mtls_memo_keep_answer(memo, line->number, answer.truth);
        return answer;
    }
    answer.reason = answer.truth == MTLS_TRUE ? MTLS_GRANTED : MTLS_NO_MATCH;
    return answer;
}

static authz_status check_line(request_rec *r, const char *text, const void *parsed)
{
    const mtls_line_t *line = parsed;
    mtls_request_t *request = mtls_request_of(r);
    mtls_answer_t answer;

    (void)text;
    if (request->trial == MTLS_TRIAL_WITHOUT && !line->enforced)
        return AUTHZ_NEUTRAL;
    answer = ask(r, line);
    note_answer(r, request, line, answer);
    ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, r, "%s:%d Require %s: %s", line->place.file, line->place.line,
                  line->text, answer.truth == MTLS_TRUE ? "true" : mtls_reason_slug(answer.reason));
    /* What cannot be known must deny: the server is about to turn a negated answer over. */
    if (answer.truth == MTLS_UNKNOWN)
        return line->negated ? AUTHZ_GRANTED : AUTHZ_DENIED;
    if (answer.truth == MTLS_TRUE && !line->negated)
        request->satisfied = 1;
    return answer.truth == MTLS_TRUE ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

static const authz_provider provider = { check_line, parse_line };

/* ---- when the verdict is final ----
 *
 * A line sees only itself; whether the request is refused is known when the whole tree has been
 * asked, in any of three phases. So each phase is run from within its own first hook: the outcome is
 * seen at the one moment when nothing has been answered yet, in subrequests, too. */

static int is_refusal(int status)
{
    return status == HTTP_FORBIDDEN || status == HTTP_UNAUTHORIZED;
}

static int watch(request_rec *r, int (*phase)(request_rec *r))
{
    mtls_generation_t *generation = mtls_generation();
    mtls_request_t *request;
    int status;

    if (!generation || !generation->lines->nelts)
        return DECLINED;
    request = mtls_request_of(r);
    if (request->judging)
        return DECLINED;
    request->judging = 1;
    status = phase(r);
    request->judging = 0;
    if (status == OK && phase == ap_run_access_checker_ex)
        mtls_grant_keep(r, request);
    if (request->satisfied && generation->backstop)
        mtls_backstop_note(r);     /* here, not in the line: behind an alias it runs under another configuration */
    if (is_refusal(status))
        mtls_audit_refusal(r);
    return status;
}

/* No line of ours is asked otherwise. */
static int may_be_asked(const request_rec *r)
{
    return mtls_dir_of(r)->rules == 1 || mtls_generation()->aliases != NULL;
}

static int is_judging(const request_rec *r)
{
    const mtls_request_t *request = mtls_request_known(r);

    return request && request->judging;
}

static MTLS_APART int watch_tree(request_rec *r)
{
    const mtls_generation_t *generation = mtls_generation();

    if (generation->users && !is_judging(r))
        mtls_identity_set(r);      /* before anybody asks for a user */
    if (generation->granted && mtls_audit_reports(r))
        return watch(r, mtls_trial_run);
    if (!may_be_asked(r) || mtls_grant_find(r, mtls_request_of(r)))
        return DECLINED;           /* a grant comes in its turn, and needs no watching */
    return watch(r, ap_run_access_checker_ex);
}

static int watch_access(request_rec *r)
{
    const mtls_generation_t *generation = mtls_generation();

    return generation->users || generation->granted || generation->aliases || mtls_dir_of(r)->rules == 1
               ? watch_tree(r) : DECLINED;
}

static int watch_authentication(request_rec *r)
{
    return may_be_asked(r) ? watch(r, ap_run_check_user_id) : DECLINED;
}

static int watch_authorization(request_rec *r)
{
    return may_be_asked(r) ? watch(r, ap_run_auth_checker) : DECLINED;
}

void mtls_require_provide(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "mtls", AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}

void mtls_require_register(void)
{
    if (!mtls_generation()->lines->nelts && !mtls_generation()->users)
        return;
    ap_hook_check_access_ex(watch_access, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    mtls_grant_register();
    ap_hook_check_authn(watch_authentication, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(watch_authorization, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
}
