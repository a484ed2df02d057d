/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_request.h"
#include "apr_atomic.h"
#include "apr_lib.h"
#include "apr_poll.h"
#include "apr_shm.h"
#include "apr_strings.h"

#include <jansson.h>

#include "mtls_auditjson.h"
#include "mtls_auditlog.h"
#include "mtls_describe.h"

APLOG_USE_MODULE(mtls_authz);

/* How long a request waits for a program that does not read: once, then until it reads again nobody waits. */
#define PATIENCE apr_time_from_sec(1)

struct mtls_auditlog_t {
    const char *words;            /* "|program", or the whole path */
    apr_file_t *to;               /* opened by the parent, constant in children */
    int is_pipe;
    volatile apr_uint32_t *torn;  /* shared by all children: the file ends in the middle of a line */
    volatile apr_uint32_t lost;   /* lines, since one could be written; each child counts its own */
};

/* ---- what can be seen before anything is opened ---- */

static const char *refuse_program(apr_pool_t *p, const char *command)
{
    apr_finfo_t info;
    char **argv;

    if (apr_tokenize_to_argv(command, &argv, p) != APR_SUCCESS || !argv[0])
        return "names no program behind the |";
    /* Not what cannot be looked at by whoever tests the configuration. */
    if (ap_os_is_path_absolute(p, argv[0])
        && APR_STATUS_IS_ENOENT(apr_stat(&info, argv[0], APR_FINFO_TYPE, p)))
        return apr_psprintf(p, "names a program that does not exist: %s", argv[0]);
    return NULL;
}

static const char *refuse_path(apr_pool_t *p, const char *path)
{
    apr_finfo_t info;
    const char *end = strrchr(path, '/');

    if (apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS)
        return info.filetype == APR_DIR ? "is a directory: name a file in it" : NULL;
    if (end && end > path && APR_STATUS_IS_ENOENT(apr_stat(&info, apr_pstrmemdup(p, path, (apr_size_t)(end - path)),
                                                           APR_FINFO_TYPE, p)))
        return "is in a directory that does not exist";
    return NULL;
}

/* As for CustomLog: "|program", "||program" (its old form), "|$command" for a shell. */
static const char *refuse_words(apr_pool_t *p, const char *words)
{
    if (*words != '|')
        return refuse_path(p, words);
    words += words[1] == '|' ? 2 : 1;
    if (*words == '$')
        return words[1] ? NULL : "names no command behind the |$";
    return refuse_program(p, words);
}

const char *mtls_auditlog_find(cmd_parms *cmd, const char *words, mtls_auditlog_t **log)
{
    mtls_generation_t *generation = mtls_conf_use(cmd);
    const char *whole = *words == '|' ? words : ap_server_root_relative(cmd->pool, words), *error;
    int i;

    if (!whole)
        return "is no path";
    error = refuse_words(cmd->pool, whole);
    if (error)
        return error;
    mtls_auditjson_prepare(generation);
    if (!generation->auditlogs)
        generation->auditlogs = apr_array_make(cmd->pool, 2, sizeof(mtls_auditlog_t *));
    for (i = 0; i < generation->auditlogs->nelts; i++) {
        *log = APR_ARRAY_IDX(generation->auditlogs, i, mtls_auditlog_t *);
        if (!strcmp((*log)->words, whole))
            return NULL;
    }
    *log = apr_pcalloc(cmd->pool, sizeof(**log));
    (*log)->words = apr_pstrdup(cmd->pool, whole);
    (*log)->is_pipe = *whole == '|';
    APR_ARRAY_PUSH(generation->auditlogs, mtls_auditlog_t *) = *log;
    return NULL;
}

/* ---- opening ---- */

/* A full pipe must not hold up the server: lines are written whole or not at all. */
static apr_status_t open_pipe(apr_pool_t *p, mtls_auditlog_t *log)
{
    const char *command = log->words + (log->words[1] == '|' ? 2 : 1);
    piped_log *piped = *command == '$' ? ap_open_piped_log_ex(p, command + 1, APR_SHELLCMD_ENV)
                                       : ap_open_piped_log(p, command);

    if (!piped)
        return APR_EGENERAL;
    log->to = ap_piped_log_write_fd(piped);
    return apr_file_pipe_timeout_set(log->to, 0);
}

static apr_status_t open_file(apr_pool_t *p, mtls_auditlog_t *log)
{
    return apr_file_open(&log->to, log->words, APR_FOPEN_WRITE | APR_FOPEN_APPEND | APR_FOPEN_CREATE | APR_FOPEN_LARGEFILE,
                         APR_FPROT_OS_DEFAULT, p);
}

static apr_status_t open_log(apr_pool_t *p, mtls_auditlog_t *log)
{
    apr_shm_t *shared;
    apr_status_t rc = apr_shm_create(&shared, sizeof(*log->torn), NULL, p);      /* all zero */

    if (rc != APR_SUCCESS)
        return rc;
    log->torn = apr_shm_baseaddr_get(shared);
    return log->is_pipe ? open_pipe(p, log) : open_file(p, log);
}

static int open_logs(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *logs = mtls_generation()->auditlogs;
    apr_status_t rc;
    int i;

    (void)plog, (void)ptemp;
    for (i = 0; logs && i < logs->nelts; i++) {
        mtls_auditlog_t *log = APR_ARRAY_IDX(logs, i, mtls_auditlog_t *);

        rc = open_log(pconf, log);
        if (rc == APR_SUCCESS)
            continue;
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, rc, s,
                     "mtls_authz: MTLSAuditLog: '%s' cannot be opened", log->words);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    json_object_seed(0);     /* while there is one thread */
    return OK;
}

/* ---- writing ---- */

static apr_status_t wait_until_writable(const mtls_auditlog_t *log, apr_pool_t *p)
{
    apr_pollfd_t pipe = { .p = p, .desc_type = APR_POLL_FILE, .reqevents = APR_POLLOUT, .desc.f = log->to };
    apr_int32_t n;

    return apr_poll(&pipe, 1, &n, PATIENCE);
}

/* One write for a line: in a file that is open for appending, and in a pipe for what is not longer than PIPE_BUF,
 * that is what keeps the lines of threads and processes apart. */
static apr_status_t write_once(mtls_auditlog_t *log, apr_pool_t *p, const char *line, apr_size_t *len)
{
    apr_size_t written = *len;
    apr_status_t rc = apr_file_write(log->to, line, &written);

    if (APR_STATUS_IS_EAGAIN(rc) && !apr_atomic_read32(&log->lost)) {
        rc = wait_until_writable(log, p);
        written = *len;
        if (rc == APR_SUCCESS)
            rc = apr_file_write(log->to, line, &written);
    }
    *len = rc == APR_SUCCESS ? written : 0;
    return rc;
}

/* A full disk takes the beginning of a line. Whoever writes the next one, when there is room again, ends that one first.
 * In front of the line there is a line feed for it. */
static apr_status_t write_line(mtls_auditlog_t *log, apr_pool_t *p, const char *line, apr_size_t len)
{
    apr_size_t ending = apr_atomic_xchg32(log->torn, 0) ? 1 : 0, whole = len + ending, written = whole;
    apr_status_t rc = write_once(log, p, line - ending, &written);

    if (written == whole)
        return rc;
    if (ending ? written != 1 : written)
        apr_atomic_set32(log->torn, 1);
    return rc == APR_SUCCESS ? APR_ENOSPC : rc;
}

static void note_outcome(mtls_auditlog_t *log, request_rec *r, apr_status_t rc)
{
    apr_uint32_t lost;

    if (rc != APR_SUCCESS) {
        if (!apr_atomic_inc32(&log->lost))
            ap_log_rerror(APLOG_MARK, APLOG_ERR, rc, r, "MTLSAuditLog: '%s' cannot be written: lines are lost until it "
                          "can be", log->words);
        return;
    }
    if (!apr_atomic_read32(&log->lost))
        return;
    lost = apr_atomic_xchg32(&log->lost, 0);
    if (lost)
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "MTLSAuditLog: '%s' can be written again: this process has lost "
                      "%u lines", log->words, lost);
}

static void write_decision(mtls_auditlog_t *log, request_rec *r, const mtls_decision_t *decision)
{
    char octets[1 + MTLS_AUDITJSON_MAX], *line = octets + 1;
    apr_size_t len = mtls_auditjson_line(r, decision, line);

    octets[0] = '\n';
    note_outcome(log, r, len ? write_line(log, r->pool, line, len) : APR_ENOMEM);
}

/* ---- decisions ---- */

static void record_denial(request_rec *r, const mtls_decision_t *decision)
{
    mtls_auditlog_t *log = mtls_server_of(r->server)->auditlog;

    if (!log)
        return;
    mtls_request_of(r)->audited = 1;
    write_decision(log, r, decision);
}

/* Whoever comes here has passed all access checks. */
static int note_passage(request_rec *r)
{
    mtls_request_t *request = mtls_generation() && mtls_generation()->auditlogs ? mtls_request_known(r) : NULL;

    if (request && request->tried)
        request->passed = 1;
    return DECLINED;
}

/* The request that our rules let pass, unless one of those that became of it was denied. Whoever may see the page that says
 * that he was refused, by whomever, was not let in. */
static request_rec *find_granted(request_rec *r)
{
    request_rec *granted = NULL;

    for (; r; r = r->next) {
        const mtls_request_t *request = mtls_request_known(r);

        if (request && request->audited)
            return NULL;
        if (request && request->passed && !granted && !mtls_request_refused(r))
            granted = r;
    }
    return granted;
}

static int record_grant(request_rec *r)
{
    const mtls_server_t *server = mtls_server_of(r->server);
    mtls_decision_t decision = { .reason = MTLS_GRANTED };

    if (!mtls_generation() || !mtls_generation()->auditlogs || !server->auditlog || !server->audit_all)
        return DECLINED;
    r = find_granted(r);
    if (!r)
        return DECLINED;
    decision.request_id = mtls_describe_id(r);
    write_decision(server->auditlog, r, &decision);
    return OK;
}

void mtls_auditlog_register(void)
{
    if (!mtls_generation()->auditlogs)
        return;
    ap_hook_open_logs(open_logs, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(note_passage, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(record_grant, NULL, NULL, APR_HOOK_MIDDLE);
    mtls_audit_watch(record_denial);
}
