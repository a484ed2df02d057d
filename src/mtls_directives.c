/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Directives become settings, or a sentence that names the directive and the word. */
#include "httpd.h"
#include "http_config.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "mtls_auditlog.h"
#include "mtls_conf.h"
#include "mtls_environment.h"
#include "mtls_list_directives.h"
#include "mtls_ruling.h"

#define MATCH_PREFIX "match="

static mtls_place_t place_of(const cmd_parms *cmd)
{
    return (mtls_place_t){ cmd->directive->filename, cmd->directive->line_num };
}

/* "MTLSExport: " before what another room says. */
static const char *refuse(cmd_parms *cmd, const char *sentence)
{
    return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, sentence);
}

static const char *quote(cmd_parms *cmd, const char *word)
{
    return mtls_text_escape(cmd->pool, mtls_str(word));
}

/* A directive of a section begins. Not in .htaccess, which AllowOverrideList would let have it: what is said here is for all
 * requests, and is not to be touched any more when there are some. Nor in <Limit>: what is meant for some methods would hold
 * for all. */
static const char *begin(cmd_parms *cmd)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_HTACCESS | NOT_IN_LIMIT);

    if (!error)
        mtls_conf_touch(cmd);
    return error;
}

/** A word an operator may write, and what it means. */
typedef struct choice_t {
    const char *word;
    int value;
} choice_t;

static const char *choose(cmd_parms *cmd, const choice_t *choices, const char *word, int *value)
{
    const char *known = "";
    const choice_t *choice;

    for (choice = choices; choice->word; choice++) {
        if (!strcasecmp(choice->word, word)) {
            *value = choice->value;
            return NULL;
        }
        known = apr_pstrcat(cmd->pool, known, *known ? ", " : "", choice->word, NULL);
    }
    return apr_psprintf(cmd->pool, "%s: unknown word '%s'; known are %s", cmd->cmd->name, quote(cmd, word), known);
}

/* ---- MTLSExport ---- */

static const char *add_export(cmd_parms *cmd, apr_array_header_t *list, const char *word, int removed)
{
    mtls_export_t *export = apr_pcalloc(cmd->pool, sizeof(*export));
    const char *error;
    int i;

    export->word = word;
    export->place = place_of(cmd);
    if (removed && mtls_profile_known(word, &export->name_len)) {
        if (word[export->name_len])
            return apr_psprintf(cmd->pool, "%s: '-%s' takes the whole profile out: write '-%.*s'", cmd->cmd->name,
                                quote(cmd, word), (int)export->name_len, word);
    }
    else {
        export->headers = apr_array_make(cmd->pool, 4, sizeof(mtls_header_t *));
        error = mtls_profile_compile(mtls_generation()->headers, word, export->headers);
        if (error)
            return refuse(cmd, error);
        mtls_profile_known(word, &export->name_len);
    }
    for (i = 0; i < list->nelts; i++) {
        const mtls_export_t *other = APR_ARRAY_IDX(list, i, const mtls_export_t *);

        if (other->name_len == export->name_len && !strncasecmp(other->word, word, other->name_len))
            return apr_psprintf(cmd->pool, "%s: profile '%.*s' is named twice", cmd->cmd->name,
                                (int)export->name_len, word);
    }
    APR_ARRAY_PUSH(list, const mtls_export_t *) = export;
    return NULL;
}

static const char *set_export(cmd_parms *cmd, void *dirv, int argc, char *const argv[])
{
    mtls_dir_t *dir = dirv;
    mtls_exports_t *exports = apr_pcalloc(cmd->pool, sizeof(*exports));
    const char *error = begin(cmd);
    int i;

    if (error)
        return error;
    if (argc < 1)
        return refuse(cmd, "needs a profile, or none");
    if (dir->exports)
        return refuse(cmd, "stands twice in this section; write all profiles on one line");
    exports->list = apr_array_make(cmd->pool, argc, sizeof(mtls_export_t *));
    exports->relative = argv[0][0] == '+' || argv[0][0] == '-';
    for (i = 0; i < argc; i++) {
        int sign = argv[i][0] == '+' || argv[i][0] == '-';

        if (!strcasecmp(argv[i], "none")) {
            if (argc > 1)
                return refuse(cmd, "'none' stands alone");
            break;
        }
        if (sign != exports->relative)
            return refuse(cmd, "either all words begin with + or -, or none does");
        error = add_export(cmd, exports->list, argv[i] + sign, argv[i][0] == '-');
        if (error)
            return error;
    }
    dir->exports = exports;
    return NULL;
}

/* ---- MTLSHeader ---- */

static const char *set_header(cmd_parms *cmd, void *dirv, const char *name, const char *field, const char *format)
{
    mtls_dir_t *dir = dirv;
    mtls_single_t single = { apr_pstrdup(cmd->pool, name), NULL, place_of(cmd) };
    const char *error = begin(cmd);
    int i;

    if (error)
        return error;
    if (strcasecmp(field, "none")) {
        error = mtls_header_compile(mtls_generation()->headers, name, field, format, &single.header);
        if (error)
            return refuse(cmd, error);
    }
    else if (format)
        return refuse(cmd, "'none' takes no format");
    else if ((error = mtls_header_name_refused(cmd->pool, name)) != NULL)
        return apr_psprintf(cmd->pool, "%s: header '%s' cannot be exported: %s", cmd->cmd->name, quote(cmd, name), error);
    if (!dir->singles)
        dir->singles = apr_array_make(cmd->pool, 4, sizeof(mtls_single_t));
    for (i = 0; i < dir->singles->nelts; i++) {
        const mtls_single_t *other = &APR_ARRAY_IDX(dir->singles, i, mtls_single_t);

        if (mtls_header_folds_equal(other->name, name))
            return apr_psprintf(cmd->pool, "%s: header '%s' was set on line %d of this section already, as '%s'",
                                cmd->cmd->name, name, other->place.line, other->name);
    }
    APR_ARRAY_PUSH(dir->singles, mtls_single_t) = single;
    return NULL;
}

static const char *set_max_headers(cmd_parms *cmd, void *dirv, const char *word)
{
    const char *error = begin(cmd);
    mtls_dir_t *dir = dirv;
    char *end;

    if (error)
        return error;
    dir->max_headers = apr_strtoi64(word, &end, 10);
    if (!apr_isdigit(*word) || *end || dir->max_headers < 1 || dir->max_headers > APR_INT32_MAX)
        return apr_psprintf(cmd->pool, "%s: '%s' is not a number of bytes from 1 to %d", cmd->cmd->name,
                            quote(cmd, word), APR_INT32_MAX);
    return NULL;
}

/* ---- MTLSUser ---- */

static const char *set_user_format(cmd_parms *cmd, mtls_user_t *user, const char *word)
{
    const mtls_format_t *format = mtls_format_find(word);
    unsigned long type = 1ul << (user->field->type - mtls_types);

    if (!format || format->flags & (MTLS_FORMAT_INTERNAL | MTLS_FORMAT_LIST))
        return apr_psprintf(cmd->pool, "%s: '%s' is neither match=REGEX nor a format for one value; '%s' takes %s",
                            cmd->cmd->name, quote(cmd, word), user->field->name,
                            mtls_format_list(cmd->pool, type, MTLS_FORMAT_LIST));
    if (!(format->types & type))
        return apr_psprintf(cmd->pool, "%s: field '%s' (%s) cannot be written as '%s'; it takes %s", cmd->cmd->name,
                            user->field->name, user->field->type->name, format->name,
                            mtls_format_list(cmd->pool, type, MTLS_FORMAT_LIST));
    user->format = format;
    return NULL;
}

/* Whether a good expression catches anything: "(?:...)" and "\(" do not. */
static int has_group(apr_pool_t *p, const char *pattern)
{
    ap_regex_t *regex = ap_pregcomp(p, apr_pstrcat(p, "(*UTF)", pattern, NULL), AP_REG_EXTENDED);

    return regex && regex->re_nsub > 0;
}

static const char *set_user_match(cmd_parms *cmd, mtls_user_t *user, const char *word)
{
    const char *error = mtls_regex_make(cmd->pool, &mtls_httpd_host, word + sizeof(MATCH_PREFIX) - 1, &user->regex);

    if (error)
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, quote(cmd, word), error);
    if (!has_group(cmd->temp_pool, word + sizeof(MATCH_PREFIX) - 1))
        return apr_psprintf(cmd->pool, "%s: '%s' has no group: the user name is what its first (...) catches",
                            cmd->cmd->name, quote(cmd, word));
    return NULL;
}

static const char *set_user(cmd_parms *cmd, void *dirv, const char *name, const char *second, const char *third)
{
    mtls_user_t *user = apr_pcalloc(cmd->pool, sizeof(*user));
    const char *words[2] = { second, third }, *error = begin(cmd);
    int i;

    if (error)
        return error;
    error = mtls_fieldset_add(mtls_generation()->fields, name, &user->field);
    if (error)
        return refuse(cmd, error);
    if (user->field->row->flags & MTLS_FIELD_EXPORT)
        return apr_psprintf(cmd->pool, "%s: '%s' says nothing about who the client is", cmd->cmd->name, name);
    for (i = 0; i < 2; i++) {
        int is_match = words[i] && !strncasecmp(words[i], MATCH_PREFIX, sizeof(MATCH_PREFIX) - 1);

        if (!words[i])
            continue;
        if (i == 1 && !is_match)
            return apr_psprintf(cmd->pool, "%s: '%s' is one word too many: FIELD [FORMAT] [match=REGEX]",
                                cmd->cmd->name, quote(cmd, words[i]));
        if (is_match && user->regex)
            return refuse(cmd, "match= stands twice");
        error = is_match ? set_user_match(cmd, user, words[i]) : set_user_format(cmd, user, words[i]);
        if (error)
            return error;
    }
    if (!user->format)
        user->format = mtls_format_default((mtls_type_id_t)(user->field->type - mtls_types));
    user->place = place_of(cmd);
    user->text = apr_pstrdup(cmd->pool, cmd->directive->args);
    ((mtls_dir_t *)dirv)->user = user;
    mtls_generation()->users = 1;
    return NULL;
}

/* ---- MTLSEnv, MTLSBackstop, MTLSPathCheck, MTLSMode ---- */

static const char *set_env(cmd_parms *cmd, void *dirv, int on)
{
    const char *error = begin(cmd);

    if (error)
        return error;
    ((mtls_dir_t *)dirv)->env = on;
    return on ? mtls_environment_prepare(mtls_generation()) : NULL;
}

static const char *set_backstop(cmd_parms *cmd, void *dirv, int on)
{
    const char *error = begin(cmd);

    if (error)
        return error;
    ((mtls_dir_t *)dirv)->backstop = on;
    mtls_generation()->backstop |= on;
    return NULL;
}

static const char *set_path_check(cmd_parms *cmd, void *dirv, const char *word)
{
    static const choice_t modes[] = { { "strict", 1 }, { "off", 0 }, { NULL, 0 } };
    const char *error = begin(cmd);

    if (error)
        return error;
    mtls_generation()->path_checks = 1;
    return choose(cmd, modes, word, &((mtls_dir_t *)dirv)->path_check);
}

static const char *set_mode(cmd_parms *cmd, void *dirv, const char *word)
{
    static const choice_t modes[] = { { "enforce", 0 }, { "report", 1 }, { NULL, 0 } };
    mtls_dir_t *dir = dirv;
    const char *error = begin(cmd);

    error = error ? error : choose(cmd, modes, word, &dir->report);
    if (!error)
        mtls_generation()->report |= dir->report == 1;
    return error;
}

/* ---- MTLSStatusSubjects, MTLSExpiryWarning ---- */

static const char *set_subjects(cmd_parms *cmd, void *dirv, int on)
{
    const char *error = begin(cmd);

    if (error)
        return error;
    ((mtls_dir_t *)dirv)->subjects = on;
    mtls_generation()->subjects |= on;
    return NULL;
}

static const char *set_expiry_warning(cmd_parms *cmd, void *dirv, const char *word)
{
    mtls_value_t value = { .number = 0 };
    const char *error;

    (void)dirv;
    mtls_conf_use(cmd);
    if (strcasecmp(word, "off")) {
        error = mtls_types[MTLS_T_DURATION].parse(cmd->pool, word, &value);
        if (error)
            return apr_psprintf(cmd->pool, "%s: '%s' %s, or off", cmd->cmd->name, quote(cmd, word), error);
    }
    mtls_server_of(cmd->server)->expiry_warning = value.number;
    return NULL;
}

/* ---- MTLSGuard, MTLSPass, MTLSOnSpoof ---- */

static const char *set_guard(cmd_parms *cmd, void *dirv, const char *word)
{
    static const choice_t modes[] = {
        { "all", MTLS_GUARD_ALL }, { "used", MTLS_GUARD_USED }, { "off", MTLS_GUARD_OFF }, { NULL, 0 }
    };
    int mode = 0;
    const char *error = choose(cmd, modes, word, &mode);

    (void)dirv;
    mtls_conf_touch(cmd);
    mtls_server_of(cmd->server)->mode = (mtls_guard_mode_t)mode;
    return error;
}

static const char *set_on_spoof(cmd_parms *cmd, void *dirv, const char *word)
{
    static const choice_t actions[] = { { "strip", 0 }, { "reject", 1 }, { NULL, 0 } };

    (void)dirv;
    mtls_conf_touch(cmd);
    return choose(cmd, actions, word, &mtls_server_of(cmd->server)->on_spoof_reject);
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
    const char *error;
    apr_size_t len;

    (void)dirv;
    mtls_conf_touch(cmd);
    if (mtls_profile_known(word, &len)) {
        error = check_profile(cmd->temp_pool, word);
        if (error)
            return refuse(cmd, error);
    }
    else if ((error = mtls_header_name_refused(cmd->pool, word)) != NULL)
        return apr_psprintf(cmd->pool, "%s: '%s' is neither a profile nor a header to pass: %s", cmd->cmd->name,
                            quote(cmd, word), error);
    if (!server->pass)
        server->pass = apr_array_make(cmd->pool, 4, sizeof(const char *));
    APR_ARRAY_PUSH(server->pass, const char *) = word;
    return NULL;
}

/* ---- MTLSWhatIf ---- */

static const char *set_what_if(cmd_parms *cmd, void *dirv, int on)
{
    (void)dirv;
    mtls_conf_use(cmd)->what_if |= on;
    mtls_server_of(cmd->server)->what_if = on;
    return NULL;
}

/* ---- MTLSAuditLog ---- */

static const char *set_audit_log(cmd_parms *cmd, void *dirv, const char *words, const char *which)
{
    static const choice_t choices[] = { { "all", 1 }, { NULL, 0 } };
    mtls_auditlog_t *log = NULL;
    mtls_server_t *server;
    const char *error;

    (void)dirv;
    error = mtls_auditlog_find(cmd, words, &log);
    if (error)
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, quote(cmd, words), error);
    server = mtls_server_of(cmd->server);
    if (server->auditlog)
        return refuse(cmd, "stands twice in this virtual host; one log has all decisions");
    server->auditlog = log;
    return which ? choose(cmd, choices, which, &server->audit_all) : NULL;
}

#define SECTIONS (RSRC_CONF | ACCESS_CONF)

/* mod_authz_core's: what it does with them is its own affair, see mtls_ruling.h. */
#define LOOKED_AT(name) AP_INIT_RAW_ARGS(name, mtls_ruling_note, NULL, OR_AUTHCFG, "looked at, nothing else")

const command_rec mtls_directives[] = {
    AP_INIT_TAKE_ARGV("MTLSExport", set_export, NULL, SECTIONS,
        "profiles of identity headers sent to the backend: PROFILE[:OPTIONS] ..., +PROFILE, -PROFILE, or none"),
    AP_INIT_TAKE23("MTLSHeader", set_header, NULL, SECTIONS,
        "one identity header: NAME FIELD [FORMAT], NAME \"=literal\", or NAME none"),
    AP_INIT_TAKE1("MTLSMaxHeaders", set_max_headers, NULL, SECTIONS,
        "most bytes of identity headers that are added to a request; over it the request is denied"),
    AP_INIT_TAKE123("MTLSUser", set_user, NULL, SECTIONS,
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
