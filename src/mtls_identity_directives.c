/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* MTLSExport, MTLSHeader, MTLSMaxHeaders and MTLSUser. */
#include "httpd.h"
#include "http_config.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "mtls_conf.h"
#include "mtls_directive.h"
#include "mtls_identity_directives.h"

#define MATCH_PREFIX "match="

/* ---- MTLSExport ---- */

static const char *add_export(cmd_parms *cmd, apr_array_header_t *list, const char *word, int removed)
{
    mtls_export_t *export = apr_pcalloc(cmd->pool, sizeof(*export));
    const char *error;
    int i;

    export->word = word;
    export->place = mtls_directive_place(cmd);
    if (removed && mtls_profile_known(word, &export->name_len)) {
        if (word[export->name_len])
            return apr_psprintf(cmd->pool, "%s: '-%s' takes the whole profile out: write '-%.*s'", cmd->cmd->name,
                                mtls_directive_quote(cmd, word), (int)export->name_len, word);
    }
    else {
        export->headers = apr_array_make(cmd->pool, 4, sizeof(mtls_header_t *));
        error = mtls_profile_compile(mtls_generation()->headers, word, export->headers);
        if (error)
            return mtls_directive_refuse(cmd, error);
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

const char *mtls_directive_export(cmd_parms *cmd, void *dirv, int argc, char *const argv[])
{
    mtls_dir_t *dir = dirv;
    mtls_exports_t *exports = apr_pcalloc(cmd->pool, sizeof(*exports));
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);
    int i;

    if (error)
        return error;
    if (argc < 1)
        return mtls_directive_refuse(cmd, "needs a profile, or none");
    if (dir->exports)
        return mtls_directive_refuse(cmd, "stands twice in this section; write all profiles on one line");
    exports->list = apr_array_make(cmd->pool, argc, sizeof(mtls_export_t *));
    exports->relative = argv[0][0] == '+' || argv[0][0] == '-';
    for (i = 0; i < argc; i++) {
        int sign = argv[i][0] == '+' || argv[i][0] == '-';

        if (!strcasecmp(argv[i], "none")) {
            if (argc > 1)
                return mtls_directive_refuse(cmd, "'none' stands alone");
            break;
        }
        if (sign != exports->relative)
            return mtls_directive_refuse(cmd, "either all words begin with + or -, or none does");
        error = add_export(cmd, exports->list, argv[i] + sign, argv[i][0] == '-');
        if (error)
            return error;
    }
    dir->exports = exports;
    return NULL;
}

/* ---- MTLSHeader ---- */

const char *mtls_directive_header(cmd_parms *cmd, void *dirv, const char *name, const char *field, const char *format)
{
    mtls_dir_t *dir = dirv;
    mtls_single_t single = { apr_pstrdup(cmd->pool, name), NULL, mtls_directive_place(cmd) };
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);
    int i;

    if (error)
        return error;
    if (strcasecmp(field, "none")) {
        error = mtls_header_compile(mtls_generation()->headers, name, field, format, &single.header);
        if (error)
            return mtls_directive_refuse(cmd, error);
    }
    else if (format)
        return mtls_directive_refuse(cmd, "'none' takes no format");
    else if ((error = mtls_header_name_refused(cmd->pool, name)) != NULL)
        return apr_psprintf(cmd->pool, "%s: header '%s' cannot be exported: %s", cmd->cmd->name,
                            mtls_directive_quote(cmd, name), error);
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

const char *mtls_directive_max_headers(cmd_parms *cmd, void *dirv, const char *word)
{
    const char *error = mtls_directive_begin(cmd, mtls_conf_touch);
    mtls_dir_t *dir = dirv;
    char *end;

    if (error)
        return error;
    dir->max_headers = apr_strtoi64(word, &end, 10);
    if (!apr_isdigit(*word) || *end || dir->max_headers < 1 || dir->max_headers > APR_INT32_MAX)
        return apr_psprintf(cmd->pool, "%s: '%s' is not a number of bytes from 1 to %d", cmd->cmd->name,
                            mtls_directive_quote(cmd, word), APR_INT32_MAX);
    return NULL;
}

/* ---- MTLSUser ---- */

static const char *set_user_format(cmd_parms *cmd, mtls_user_t *user, const char *word)
{
    const mtls_format_t *format = mtls_format_find(word);
    unsigned long type = 1ul << (user->field->type - mtls_types);

    if (!format || format->flags & (MTLS_FORMAT_INTERNAL | MTLS_FORMAT_LIST))
        return apr_psprintf(cmd->pool, "%s: '%s' is neither match=REGEX nor a format for one value; '%s' takes %s",
                            cmd->cmd->name, mtls_directive_quote(cmd, word), user->field->name,
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
        return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, mtls_directive_quote(cmd, word), error);
    if (!has_group(cmd->temp_pool, word + sizeof(MATCH_PREFIX) - 1))
        return apr_psprintf(cmd->pool, "%s: '%s' has no group: the user name is what its first (...) catches",
                            cmd->cmd->name, mtls_directive_quote(cmd, word));
    return NULL;
}

const char *mtls_directive_user(cmd_parms *cmd, void *dirv, const char *name, const char *second, const char *third)
{
    mtls_user_t *user = apr_pcalloc(cmd->pool, sizeof(*user));
    const char *words[2] = { second, third }, *error = mtls_directive_begin(cmd, mtls_conf_touch);
    int i;

    if (error)
        return error;
    error = mtls_fieldset_add(mtls_generation()->fields, name, &user->field);
    if (error)
        return mtls_directive_refuse(cmd, error);
    if (user->field->row->flags & MTLS_FIELD_EXPORT)
        return apr_psprintf(cmd->pool, "%s: '%s' says nothing about who the client is", cmd->cmd->name, name);
    for (i = 0; i < 2; i++) {
        int is_match = words[i] && !strncasecmp(words[i], MATCH_PREFIX, sizeof(MATCH_PREFIX) - 1);

        if (!words[i])
            continue;
        if (i == 1 && !is_match)
            return apr_psprintf(cmd->pool, "%s: '%s' is one word too many: FIELD [FORMAT] [match=REGEX]",
                                cmd->cmd->name, mtls_directive_quote(cmd, words[i]));
        if (is_match && user->regex)
            return mtls_directive_refuse(cmd, "match= stands twice");
        error = is_match ? set_user_match(cmd, user, words[i]) : set_user_format(cmd, user, words[i]);
        if (error)
            return error;
    }
    if (!user->format)
        user->format = mtls_format_default((mtls_type_id_t)(user->field->type - mtls_types));
    user->place = mtls_directive_place(cmd);
    user->text = apr_pstrdup(cmd->pool, cmd->directive->args);
    ((mtls_dir_t *)dirv)->user = user;
    mtls_generation()->users = 1;
    return NULL;
}
