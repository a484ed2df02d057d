/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_request.h"

#include "mtls_audit.h"
#include "mtls_backstop.h"
#include "mtls_trial.h"

APLOG_USE_MODULE(mtls_authz);

/* ---- a section that grants ----
 *
 * Without our lines a tree may be left with nobody who speaks: neither for the request nor against it. httpd takes
 * that for a refusal. Laid over the request's sections, this one turns silence into a grant, and leaves a refusal
 * and the wish for a user as they are. */

static const char *read_section(cmd_parms *cmd, ap_conf_vector_t *section)
{
    ap_directive_t require = { .directive = "Require", .args = "all granted", .filename = "MTLSMode" };
    ap_directive_t merging = { .directive = "AuthMerging", .args = "And", .filename = "MTLSMode", .next = &require };

    return ap_walk_config(&merging, cmd, section);
}

int mtls_trial_prepare(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_server)
{
    mtls_generation_t *generation = mtls_generation();
    cmd_parms cmd = { .override = OR_ALL | ACCESS_CONF, .override_opts = OPT_ALL, .limited = -1, .pool = pconf,
                      .temp_pool = ptemp, .server = main_server };
    const char *error;

    if (!generation->report || !generation->lines->nelts)
        return OK;
    generation->granted = ap_create_per_dir_config(pconf);
    error = read_section(&cmd, generation->granted);
    if (!error)
        return OK;
    ap_log_error(APLOG_MARK, APLOG_EMERG | APLOG_STARTUP, 0, main_server, "mtls_authz: MTLSMode report: %s", error);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* ---- a request ---- */

/** Both rehearsals: a client is asked to say who he is once. */
typedef struct rehearsal_t {
    request_rec *r;
    mtls_request_t *request;
    int asked;               /* authentication has been gone through */
    int login;               /* with this outcome */
} rehearsal_t;

static int log_in(rehearsal_t *rehearsal)
{
    if (!rehearsal->asked) {
        rehearsal->asked = 1;
        rehearsal->login = ap_run_check_user_id(rehearsal->r);
        if (rehearsal->login == OK && !rehearsal->r->user)
            rehearsal->login = DECLINED;     /* an error, which httpd finds when it comes there itself */
    }
    return rehearsal->login;
}

/* As ap_process_request_internal does it. */
static int go_through(rehearsal_t *rehearsal, mtls_trial_t trial)
{
    int status;

    rehearsal->request->trial = trial;
    status = ap_run_access_checker_ex(rehearsal->r);
    if (status == DECLINED && (status = log_in(rehearsal)) == OK)
        status = ap_run_auth_checker(rehearsal->r);
    rehearsal->request->trial = MTLS_TRIAL_NONE;
    return status;
}

/* mod_authz_core says at level error that a client was denied, which he may not be. Who has set its level to debug
 * wants to see it. */
static void go_quietly(request_rec *r)
{
    const struct ap_logconf *now = r->log ? r->log : r->connection->log ? r->connection->log : &r->server->log;
    const module *core = ap_find_linked_module("mod_authz_core.c");
    struct ap_logconf *quiet;

    if (!core || ap_get_request_module_loglevel(r, core->module_index) >= APLOG_DEBUG)
        return;
    quiet = ap_new_log_config(r->pool, now);
    ap_set_module_loglevel(r->pool, quiet, core->module_index, APLOG_CRIT);
    r->log = quiet;
}

static int rehearse_as_written(rehearsal_t *rehearsal)
{
    request_rec *r = rehearsal->r;
    const struct ap_logconf *log = r->log;
    int status;

    go_quietly(r);
    status = go_through(rehearsal, MTLS_TRIAL_AS_WRITTEN);
    r->log = log;
    return status;
}

static int rehearse_without(rehearsal_t *rehearsal)
{
    request_rec *r = rehearsal->r;
    ap_conf_vector_t *config = r->per_dir_config;
    int status;

    r->per_dir_config = ap_merge_per_dir_configs(r->pool, config, mtls_generation()->granted);
    status = go_through(rehearsal, MTLS_TRIAL_WITHOUT);
    r->per_dir_config = config;
    return status;
}

/* The refusal stands: httpd's own line about it belongs into the log. */
static int say_again(rehearsal_t *rehearsal, int status)
{
    go_through(rehearsal, MTLS_TRIAL_AS_WRITTEN);
    return status;
}

static int is_refusal(int status)
{
    return status == HTTP_FORBIDDEN || status == HTTP_UNAUTHORIZED;
}

/* Traces of a refusal that is none: a challenge, and a name that nobody has proved. */
static void clear_traces(const rehearsal_t *rehearsal, char *user, char *type)
{
    request_rec *r = rehearsal->r;

    apr_table_unset(r->err_headers_out, "WWW-Authenticate");
    apr_table_unset(r->err_headers_out, "Proxy-Authenticate");
    if (rehearsal->asked && rehearsal->login != OK) {
        r->user = user;
        r->ap_auth_type = type;
    }
}

/* Whoever has to log in is asked to, as enforce would ask him: he may be somebody whom a password lets in. What
 * was denied before that was not denied by a line: the kill list did it. */
static int may_be_ours(const rehearsal_t *rehearsal)
{
    if (mtls_audit_against(rehearsal->request) == MTLS_GRANTED)
        return 0;
    return rehearsal->asked ? rehearsal->login != HTTP_UNAUTHORIZED : rehearsal->request->kept == MTLS_GRANTED;
}

int mtls_trial_run(request_rec *r)
{
    rehearsal_t rehearsal = { r, mtls_request_of(r), 0, DECLINED };
    mtls_request_t *request = rehearsal.request;
    char *user = r->user, *type = r->ap_auth_type;
    int status = rehearse_as_written(&rehearsal), without;
    mtls_reason_t reason = request->kept != MTLS_GRANTED ? request->kept : mtls_audit_against(request);
    const char *detail = request->kept_detail;

    if (!is_refusal(status))
        return status;
    without = may_be_ours(&rehearsal) ? rehearse_without(&rehearsal) : say_again(&rehearsal, status);
    if (without == OK) {
        clear_traces(&rehearsal, user, type);
        mtls_audit_would(r, reason, detail);
        if (mtls_generation()->backstop)
            mtls_backstop_note(r);
        return OK;
    }
    if (without != DECLINED && without != HTTP_FORBIDDEN)       /* a challenge, or an error */
        status = without;
    if (is_refusal(status) && reason != MTLS_GRANTED)
        mtls_audit_deny(r, reason, detail ? detail : "MTLSMode is report, and other rules refuse it, too");
    return status;
}
