/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "apr_lib.h"
#include "apr_strings.h"
#include "ap_mpm.h"
#include "mpm_common.h"
#include "unixd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include "mtls_check_lists.h"
#include "mtls_environment.h"
#include "mtls_files.h"
#include "mtls_pem.h"
#include "mtls_tree.h"

APLOG_USE_MODULE(mtls_authz);

/* ---- who may sign revocation lists: the CA certificates that clients are verified with ---- */

typedef struct authorities_t {
    apr_pool_t *p;
    apr_array_header_t *found;       /* of X509 * */
} authorities_t;

/* What mod_ssl can use or has to refuse is its own business: here, files that hold no certificate hold none. */
static void add_file(authorities_t *authorities, const char *path)
{
    mtls_pem_read(authorities->p, path, authorities->found);
}

static void add_directory(authorities_t *authorities, const char *path)
{
    apr_finfo_t finfo;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, path, authorities->p) != APR_SUCCESS)
        return;
    while (apr_dir_read(&finfo, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (finfo.name[0] != '.')
            add_file(authorities, apr_pstrcat(authorities->p, path, "/", finfo.name, NULL));
    }
    apr_dir_close(dir);
}

static int visit_authority(void *ctx, const ap_directive_t *directive)
{
    authorities_t *authorities = ctx;
    const char *path;

    if (!mtls_tree_is(directive, "SSLCACertificateFile") && !mtls_tree_is(directive, "SSLCACertificatePath"))
        return OK;
    path = ap_server_root_relative(authorities->p, mtls_tree_word(authorities->p, directive, 0));
    if (path && mtls_tree_is(directive, "SSLCACertificateFile"))
        add_file(authorities, path);
    else if (path)
        add_directory(authorities, path);
    return OK;
}

static int is_among(const apr_array_header_t *certificates, X509 *certificate)
{
    int i;

    for (i = 0; i < certificates->nelts; i++) {
        if (!X509_cmp(APR_ARRAY_IDX(certificates, i, X509 *), certificate))
            return 1;
    }
    return 0;
}

/* Each once: virtual hosts share their CAs, and directories have two names for each file. */
static const apr_array_header_t *find_authorities(apr_pool_t *p)
{
    authorities_t authorities = { p, apr_array_make(p, 8, sizeof(X509 *)) };
    apr_array_header_t *different = apr_array_make(p, 8, sizeof(X509 *));
    int i;

    mtls_tree_walk(ap_conftree, visit_authority, &authorities);
    for (i = 0; i < authorities.found->nelts; i++) {
        X509 *authority = APR_ARRAY_IDX(authorities.found, i, X509 *);

        if (!is_among(different, authority))
            APR_ARRAY_PUSH(different, X509 *) = authority;
    }
    return different;
}

/* ---- names ---- */

static const char *list_names(apr_pool_t *p)
{
    const apr_array_header_t *lists = mtls_generation()->lists;
    const char *names = "";
    int i;

    for (i = 0; i < lists->nelts; i++) {
        const mtls_list_t *list = APR_ARRAY_IDX(lists, i, mtls_listed_t).list;

        if (mtls_list_field(list))
            names = apr_pstrcat(p, names, *names ? ", " : "", mtls_list_name(list), NULL);
    }
    return *names ? names : "none";
}

static mtls_list_t *find_list(const char *name)
{
    const apr_array_header_t *lists = mtls_generation()->lists;
    int i;

    for (i = 0; i < lists->nelts; i++) {
        mtls_list_t *list = APR_ARRAY_IDX(lists, i, mtls_listed_t).list;

        if (mtls_list_field(list) && !strcmp(mtls_list_name(list), name))
            return list;
    }
    return NULL;
}

/** A word that has been read with the configuration, and the first line that has it. */
typedef struct word_t {
    const char *text;
    const ap_directive_t *found;
} word_t;

/* Not within a longer name: label.partners.role is not in label.partners.role-2. */
static int has_word(const char *args, const char *text)
{
    apr_size_t len = strlen(text);

    for (; (args = ap_strcasestr(args, text)) != NULL; args += len) {
        if (text[len - 1] == '.' || (!apr_isalnum(args[len]) && args[len] != '-' && args[len] != '_'))
            return 1;
    }
    return 0;
}

static int visit_word(void *ctx, const ap_directive_t *directive)
{
    word_t *word = ctx;

    word->found = directive->args && has_word(directive->args, word->text) ? directive : NULL;
    return word->found != NULL;
}

/* " (file:line)", or nothing where no line has it by itself. */
static const char *place_of(apr_pool_t *p, const char *text)
{
    word_t word = { text, NULL };

    mtls_tree_walk(ap_conftree, visit_word, &word);
    return word.found ? apr_psprintf(p, " (%s:%d)", word.found->filename, word.found->line_num) : "";
}

static const char *place_of_list(apr_pool_t *p, const char *name, int list)
{
    const apr_array_header_t *lines = mtls_generation()->lines;
    int i;

    for (i = 0; i < lines->nelts; i++) {
        const mtls_line_t *line = APR_ARRAY_IDX(lines, i, const mtls_line_t *);

        if (mtls_rule_asks_list(line->rule, list))
            return apr_psprintf(p, " (%s:%d)", line->place.file, line->place.line);
    }
    return place_of(p, apr_pstrcat(p, "label.", name, ".", NULL));
}

static const char *resolve_names(apr_pool_t *p)
{
    mtls_generation_t *generation = mtls_generation();
    int n = mtls_fieldset_lists(generation->fields), i;

    generation->list_of = n ? apr_pcalloc(p, (apr_size_t)n * sizeof(*generation->list_of)) : NULL;
    for (i = 0; i < n; i++) {
        const char *name = mtls_fieldset_list_name(generation->fields, i);

        generation->list_of[i] = find_list(name);
        if (!generation->list_of[i])
            return apr_psprintf(p, "list '%s' is named%s and nowhere defined: MTLSList %s FIELD file:PATH is missing; "
                                "defined are %s", name, place_of_list(p, name, i), name, list_names(p));
    }
    return NULL;
}

static const char *describe_labels(apr_pool_t *p, const mtls_list_t *list)
{
    const apr_array_header_t *labels = mtls_list_labels(list);
    const char *names = "";
    int i;

    for (i = 0; i < labels->nelts; i++)
        names = apr_pstrcat(p, names, i ? ", " : "", APR_ARRAY_IDX(labels, i, mtls_str_t).ptr, NULL);
    return *names ? names : "no labels at all";
}

static const char *check_labels(apr_pool_t *p)
{
    const mtls_generation_t *generation = mtls_generation();
    int slot;

    for (slot = 0; slot < mtls_fieldset_len(generation->fields); slot++) {
        const mtls_field_t *field = mtls_fieldset_at(generation->fields, slot);
        const mtls_list_t *list;

        if (field->row->id != MTLS_F_LABEL)
            continue;
        list = generation->list_of[field->list];
        if (!mtls_list_has_label(list, field->label))
            return apr_psprintf(p, "field '%s'%s: no entry of list '%s' has a label '%s'; it has %s", field->name,
                                place_of(p, field->name), mtls_list_name(list), field->label.ptr,
                                describe_labels(p, list));
    }
    return NULL;
}

/* MTLSEnv: what there is at the start gets variables. */
static const char *add_variables(apr_pool_t *p, const mtls_list_t *list)
{
    const apr_array_header_t *labels = mtls_list_labels(list);
    const char *error = NULL;
    int i;

    for (i = 0; !error && mtls_list_field(list) && i < labels->nelts; i++)
        error = mtls_environment_add(mtls_generation(), apr_pstrcat(p, "label.", mtls_list_name(list), ".",
                                                                    APR_ARRAY_IDX(labels, i, mtls_str_t).ptr, NULL));
    return error;
}

/* ---- what children can read ---- */

static int become_child(void)
{
    return !initgroups(ap_unixd_config.user_name, ap_unixd_config.group_id) && !setegid(ap_unixd_config.group_id)
        && !seteuid(ap_unixd_config.user_id);
}

/* Exactly what they will be allowed: directories count, and all groups of that user, none of root's. Before any thread is
 * started. */
static int can_children_read(apr_pool_t *p, const char *path)
{
    int n = getgroups(0, NULL), can = 1;
    gid_t *groups = apr_palloc(p, (apr_size_t)(n > 0 ? n : 1) * sizeof(*groups));

    if (geteuid() != 0 || ap_unixd_config.user_id == 0 || n < 0 || getgroups(n, groups) != n)
        return 1;                    /* nothing can be said then */
    if (become_child())
        can = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
    if (seteuid(0) || setegid(getgid()) || setgroups((size_t)n, groups))
        exit(APEXIT_CHILDFATAL);     /* without its rights back the server must not go on */
    return can;
}

static void warn_unreadable(apr_pool_t *p, server_rec *s, const mtls_listed_t *listed)
{
    const char *path = NULL;
    mtls_files_t files;
    int i;

    mtls_files_look(p, mtls_list_path(listed->list), mtls_list_kind(listed->list) == MTLS_LIST_CRL, &files);
    for (i = 0; !path && i < files.paths->nelts; i++) {
        if (!can_children_read(p, APR_ARRAY_IDX(files.paths, i, const char *)))
            path = APR_ARRAY_IDX(files.paths, i, const char *);
    }
    if (path)
        ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, s, "mtls_authz: %s:%d: %s can be read now, as root, and "
                     "not later, as %s: changes will not be seen; give it to that user or his group", listed->place.file,
                     listed->place.line, path, ap_unixd_config.user_name);
}

/* ---- all of it ---- */

/* While the server runs an emptied file is a mistake; at the start nobody knows what was in it. */
static void warn_standing(server_rec *s, const mtls_listed_t *listed)
{
    mtls_list_status_t status;

    mtls_list_status(listed->list, &status);
    if (status.blank)
        ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, s, "mtls_authz: %s:%d: %s%s: %s is empty, so nobody "
                     "is on it; if that is meant, write a comment into it", listed->place.file, listed->place.line,
                     mtls_list_field(listed->list) ? "list " : "", mtls_list_name(listed->list),
                     mtls_list_path(listed->list));
    if (status.next_update && status.next_update < apr_time_sec(apr_time_now()))
        ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, s, "mtls_authz: %s:%d: list %s is stale: a "
                     "revocation list has passed its nextUpdate; fetch a newer one", listed->place.file, listed->place.line,
                     mtls_list_name(listed->list));
}

/* A start takes files as they are. A server that is restarted has served a whole version until now: what somebody is just
 * writing is let alone until it has been still for as long as otherwise. */
static apr_interval_time_t settle(void)
{
    int restarts = ap_state_query(AP_SQ_CONFIG_GEN) > 1;

    return restarts ? mtls_generation()->list_interval / MTLS_LIST_PARTS * MTLS_LIST_STILL : 0;
}

static const char *open_list(apr_pool_t *p, server_rec *main_server, const mtls_listed_t *listed)
{
    const char *error = mtls_list_open(listed->list, p, settle());

    if (error)
        return apr_psprintf(p, "%s%s (%s:%d): %s", mtls_list_field(listed->list) ? "list " : "",
                            mtls_list_name(listed->list), listed->place.file, listed->place.line, error);
    warn_unreadable(p, main_server, listed);
    warn_standing(main_server, listed);
    return add_variables(p, listed->list);
}

const char *mtls_check_lists(apr_pool_t *p, server_rec *main_server)
{
    const apr_array_header_t *lists = mtls_generation()->lists;
    const char *error = resolve_names(p);
    int i;

    if (error || !lists->nelts)
        return error;
    mtls_generation()->authorities = find_authorities(p);
    for (i = 0; !error && i < lists->nelts; i++) {
        const mtls_listed_t *listed = &APR_ARRAY_IDX(lists, i, mtls_listed_t);

        mtls_list_set_authorities(listed->list, mtls_generation()->authorities);
        error = open_list(p, main_server, listed);
    }
    return error ? error : check_labels(p);
}
