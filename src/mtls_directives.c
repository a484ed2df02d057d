/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Directives become settings, or a sentence that names the directive and the word. */
#include "httpd.h"
#include "http_config.h"
#include "apr_strings.h"

#include "mtls_auditlog.h"
#include "mtls_directive.h"
#include "mtls_environment.h"
#include "mtls_identity_directives.h"
#include "mtls_list_directives.h"
#include "mtls_ruling.h"

/* ---- MTLSEnv, MTLSBackstop, MTLSPathCheck, MTLSMode ---- */

static const char *set_env(cmd_parms *cmd, void *dirv, int on)
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);

    if (error)
        return error;
    ((mtls_dir_t *)dirv)->env = on;
    return on ? mtls_environment_prepare(mtls_generation()) : NULL;
}

static const char *set_backstop(cmd_parms *cmd, void *dirv, int on)
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);

    if (error)
        return error;
    ((mtls_dir_t *)dirv)->backstop = on;
    mtls_generation()->backstop |= on;
    return NULL;
}

static const char *set_path_check(cmd_parms *cmd, void *dirv, const char *word)
{
    static const mtls_choice_t modes[] = { { "strict", 1 }, { "off", 0 }, { NULL, 0 } };
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);

    if (error)
        return error;
    mtls_generation()->path_checks = 1;
    return mtls_directive_choose(cmd, modes, word, &((mtls_dir_t *)dirv)->path_check);
}

static const char *set_mode(cmd_parms *cmd, void *dirv, const char *word)
{
    static const mtls_choice_t modes[] = { { "enforce", 0 }, { "report", 1 }, { NULL, 0 } };
    mtls_dir_t *dir = dirv;
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);

    error = error ? error : mtls_directive_choose(cmd, modes, word, &dir->report);
    if (!error)
        mtls_generation()->report |= dir->report == 1;
    return error;
}

/* ---- MTLSStatusSubjects, MTLSExpiryWarning ---- */

static const char *set_subjects(cmd_parms *cmd, void *dirv, int on)
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);

    if (error)
        return error;
    ((mtls_dir_t *)dirv)->subjects = on;
    mtls_generation()->subjects |= on;
    return NULL;
}

static const char *set_expiry_warning(cmd_parms *cmd, void *dirv, const char *word)
{
    mtls_value_t value = { .number = 0 };
    const char *error = mtls_directive_begin(cmd, mtls_conf_use);

    (void)dirv;
    if (error)
        return error;
    if (strcasecmp(word, "off")) {
        error = mtls_types[MTLS_T_DURATION].parse(cmd->pool, word, &value);
        if (error)
            return apr_psprintf(cmd->pool, "%s: '%s' %s, or off", cmd->cmd->name, mtls_directive_quote(cmd, word), error);
    }
    mtls_server_of(cmd->server)->expiry_warning = value.number;
    return NULL;
}

/* ---- MTLSGuard, MTLSPass, MTLSOnSpoof ---- */

static const char *set_guard(cmd_parms *cmd, void *dirv, const char *word)
{
    static const mtls_choice_t modes[] = {
        { "all", MTLS_GUARD_ALL }, { "used", MTLS_GUARD_USED }, { "off", MTLS_GUARD_OFF }, { NULL, 0 }
    };
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);
    int mode = 0;

    (void)dirv;
    error = error ? error : mtls_directive_choose(cmd, modes, word, &mode);
    if (!error)
        mtls_server_of(cmd->server)->mode = (mtls_guard_mode_t)mode;
    return error;
}

static const char *set_on_spoof(cmd_parms *cmd, void *dirv, const char *word)
{
    static const mtls_choice_t actions[] = { { "strip", 0 }, { "reject", 1 }, { NULL, 0 } };
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);

    (void)dirv;
    return error ? error : mtls_directive_choose(cmd, actions, word, &mtls_server_of(cmd->server)->on_spoof_reject);
}

/* Compiled aside: what clients may send is not exported by that. */
static const char *check_profile(apr_pool_t *p, const char *word)
{
    mtls_headerset_t *aside = mtls_headerset_make(p, mtls_fieldset_make(p));

    return mtls_profile_compile(aside, word, apr_array_make(p, 4, sizeof(mtls_header_t *)));
}

static const char *add_pass(cmd_parms *cmd, void *dirv, const char *word)
{
    mtls_server_t *server = mtls_server_of(cmd->server);
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);
    apr_size_t len;

    (void)dirv;
    if (error)
        return error;
    if (mtls_profile_known(word, &len)) {
        error = check_profile(cmd->temp_pool, word);
        if (error)
            return mtls_directive_refuse(cmd, error);
    }
    else if ((error = mtls_header_name_refused(cmd->pool, word)) != NULL)
        return apr_psprintf(cmd->pool, "%s: '%s' is neither a profile nor a header to pass: %s", cmd->cmd->name,
                            mtls_directive_quote(cmd, word), error);
    if (!server->pass)
        server->pass = apr_array_make(cmd->pool, 4, sizeof(const char *));
    APR_ARRAY_PUSH(server->pass, const char *) = word;
    return NULL;
}

/* ---- MTLSWhatIf ---- */

static const char *set_what_if(cmd_parms *cmd, void *dirv, int on)
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_use);

    (void)dirv;
    if (error)
        return error;
    mtls_generation()->what_if |= on;
    mtls_server_of(cmd->server)->what_if = on;
    return NULL;
}

/* ---- MTLSAuditLog ---- */

static const char *set_audit_log(cmd_parms *cmd, void *dirv, const char *words, const char *which)
{
    static const mtls_choice_t choices[] = { { "all", 1 }, { NULL, 0 } };
    mtls_auditlog_t *log = NULL;
    mtls_server_t *server;
    const char *error = mtls_directive_begin(cmd, mtls_conf_use);

    (void)dirv;
    if (error)
        return error;
    error = mtls_auditlog_find(cmd, words, &log);
    if (error)
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, mtls_directive_quote(cmd, words), error);
    server = mtls_server_of(cmd->server);
    if (server->auditlog)
        return mtls_directive_refuse(cmd, "stands twice in this virtual host; one log has all decisions");
    server->auditlog = log;
    return which ? mtls_directive_choose(cmd, choices, which, &server->audit_all) : NULL;
}

#define SECTIONS (RSRC_CONF | ACCESS_CONF)

/* mod_authz_core's: what it does with them is its own affair, see mtls_ruling.h. */
#define LOOKED_AT(name) AP_INIT_RAW_ARGS(name, mtls_ruling_note, NULL, OR_AUTHCFG, "looked at, nothing else")

const command_rec mtls_directives[] = {
    AP_INIT_TAKE_ARGV("MTLSExport", mtls_directive_export, NULL, SECTIONS,
        "profiles of identity headers sent to the backend: PROFILE[:OPTIONS] ..., +PROFILE, -PROFILE, or none"),
    AP_INIT_TAKE23("MTLSHeader", mtls_directive_header, NULL, SECTIONS,
        "one identity header: NAME FIELD [FORMAT], NAME \"=literal\", or NAME none"),
    AP_INIT_TAKE1("MTLSMaxHeaders", mtls_directive_max_headers, NULL, SECTIONS,
        "most bytes of identity headers that are added to a request; over it the request is denied"),
    AP_INIT_TAKE123("MTLSUser", mtls_directive_user, NULL, SECTIONS,
        "the user name from the certificate: FIELD [FORMAT] [match=REGEX]"),
    AP_INIT_FLAG("MTLSEnv", set_env, NULL, SECTIONS,
        "fields as environment variables MTLS_FIELD: on or off"),
    AP_INIT_FLAG("MTLSBackstop", set_backstop, NULL, SECTIONS,
        "serve nothing unless a Require mtls line was true for it: on or off"),
    AP_INIT_TAKE1("MTLSPathCheck", set_path_check, NULL, SECTIONS,
        "refuse request targets that a backend may read differently: strict or off"),
    AP_INIT_TAKE1("MTLSMode", set_mode, NULL, SECTIONS,
        "refuse what the rules refuse, or serve it and say so: enforce or report"),
    AP_INIT_FLAG("MTLSStatusSubjects", set_subjects, NULL, SECTIONS,
        "the status page shows subjects of certificates: on or off"),
    AP_INIT_TAKE1("MTLSExpiryWarning", set_expiry_warning, NULL, RSRC_CONF,
        "a log line for each client certificate and day that runs out within this time: DURATION or off"),
    AP_INIT_TAKE1("MTLSGuard", set_guard, NULL, RSRC_CONF,
        "which header names are removed from what clients send: all, used or off"),
    AP_INIT_ITERATE("MTLSPass", add_pass, NULL, RSRC_CONF,
        "header names or profiles that clients of this virtual host may send"),
    AP_INIT_TAKE1("MTLSOnSpoof", set_on_spoof, NULL, RSRC_CONF,
        "what happens to a request with a guarded header: strip or reject"),
    AP_INIT_FLAG("MTLSWhatIf", set_what_if, NULL, RSRC_CONF,
        "the status page answers what if somebody came with this certificate: on or off"),
    AP_INIT_TAKE12("MTLSAuditLog", set_audit_log, NULL, RSRC_CONF,
        "denials as lines of JSON: PATH or \"|program\", and all for granted requests, too"),
    AP_INIT_TAKE_ARGV("MTLSList", mtls_directive_list, NULL, RSRC_CONF,
        "a list that is read again when its file changes: NAME FIELD file:PATH|crl:PATH [stale=DURATION]"),
    AP_INIT_TAKE1("MTLSKillList", mtls_directive_kill_list, NULL, RSRC_CONF,
        "a file with certificates that are denied everything, on open connections, too"),
    AP_INIT_TAKE1("MTLSListInterval", mtls_directive_list_interval, NULL, RSRC_CONF,
        "within which time a change of a list's file is in force"),
    LOOKED_AT("Require"),
    LOOKED_AT("AuthMerging"),
    LOOKED_AT("AuthzSendForbiddenOnFailure"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
