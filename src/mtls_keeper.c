/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "apr_file_io.h"
#include "apr_signal.h"
#include "apr_strings.h"
#include "apr_thread_proc.h"

#include "mtls_conf.h"
#include "mtls_keeper.h"

APLOG_USE_MODULE(mtls_authz);

/* A child that ends waits this long for a list that is just being read. */
#define PATIENCE (2 * APR_USEC_PER_SEC)

/** Something that happens once: a pipe, since how long somebody waits for it must not depend on the wall clock, which may
 *  be set by a day meanwhile, as condition variables do. */
typedef struct bell_t {
    apr_file_t *from, *to;
} bell_t;

/** The thread and its child. */
typedef struct keeper_t {
    apr_pool_t *pool;                /* cleared after each round; with an allocator of its own */
    apr_array_header_t *lists;       /* of mtls_listed_t */
    apr_interval_time_t part;
    server_rec *server;
    bell_t begun;                    /* the thread has looked at all lists once */
    bell_t ending, ended;            /* the child ends; the thread has ended */
} keeper_t;

/* ---- what is said ---- */

static void say(const keeper_t *keeper, const mtls_list_t *list, mtls_list_event_t event, const char *sentence)
{
    const char *kind = mtls_list_field(list) ? "list " : "", *name = mtls_list_name(list);
    mtls_list_status_t status;

    switch (event) {
    case MTLS_LIST_RENEWED:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, keeper->server, "mtls_authz: %s%s: %s", kind, name, sentence);
        break;
    case MTLS_LIST_STALE:
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, keeper->server, "mtls_authz: %s%s: %s", kind, name, sentence);
        break;
    case MTLS_LIST_STUCK:
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, keeper->server, "mtls_authz: %s%s: %s", kind, name, sentence);
        break;
    case MTLS_LIST_BAD:
        mtls_list_status((mtls_list_t *)list, &status);
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, keeper->server,
                     "mtls_authz: %s%s: %s; version %u with %u entries stays in force", kind, name, sentence,
                     status.version, status.entries);
        break;
    default:
        break;
    }
}

/* One child tells all that a version is in force; each has it a little earlier or later. */
static void say_taken_up(const keeper_t *keeper, const mtls_list_t *list)
{
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, keeper->server, "mtls_authz: %s%s: this child looks into version %u",
                 mtls_list_field(list) ? "list " : "", mtls_list_name(list), mtls_list_version(list));
}

static void keep(const keeper_t *keeper, mtls_list_t *list)
{
    const char *sentence;
    apr_uint32_t before = mtls_list_version(list);
    mtls_list_event_t event = mtls_list_keep(list, keeper->pool, keeper->part * MTLS_LIST_STILL, &sentence);

    say(keeper, list, event, sentence);
    if (mtls_list_version(list) != before)
        say_taken_up(keeper, list);
}

static void keep_all(const keeper_t *keeper)
{
    int i;

    for (i = 0; i < keeper->lists->nelts; i++)
        keep(keeper, APR_ARRAY_IDX(keeper->lists, i, mtls_listed_t).list);
    apr_pool_clear(keeper->pool);
}

/* ---- bells ---- */

/* No program that the child starts inherits it. */
static apr_status_t make_bell(apr_pool_t *p, bell_t *bell, apr_interval_time_t patience)
{
    apr_status_t rc = apr_file_pipe_create_ex(&bell->from, &bell->to, APR_FULL_NONBLOCK, p);

    rc = rc ? rc : apr_file_inherit_unset(bell->from);
    rc = rc ? rc : apr_file_inherit_unset(bell->to);
    return rc ? rc : apr_file_pipe_timeout_set(bell->from, patience);
}

static void ring(bell_t *bell)
{
    apr_file_putc('.', bell->to);
}

/* False if it has not come within the patience. */
static int rings(bell_t *bell)
{
    char octet;
    apr_status_t rc = apr_file_getc(&octet, bell->from);

    return rc == APR_SUCCESS || APR_STATUS_IS_EOF(rc);
}

/* ---- the thread ---- */

static void * APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    keeper_t *keeper = data;

    (void)thread;
    apr_setup_signal_thread();       /* signals are for the child's own threads */
    keep_all(keeper);
    ring(&keeper->begun);
    while (!rings(&keeper->ending))
        keep_all(keeper);
    ring(&keeper->ended);
    return NULL;
}

/* What the thread looks at goes with the child, so it has to be told, and waited for; prefork comes here from within a
 * signal handler, so not for ever. */
static apr_status_t end_keeper(void *data)
{
    keeper_t *keeper = data;

    ring(&keeper->ending);
    rings(&keeper->ended);
    return APR_SUCCESS;
}

/* A pool that other threads know nothing of, so that it needs no lock, and that gives back what it took. */
static apr_pool_t *make_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return NULL;
    apr_allocator_max_free_set(allocator, 64 * 1024);
    if (apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

static apr_status_t start_thread(keeper_t *keeper, apr_pool_t *pchild)
{
    apr_thread_t *thread;
    apr_threadattr_t *detached = NULL;
    apr_status_t rc = make_bell(pchild, &keeper->ending, keeper->part);

    rc = rc ? rc : make_bell(pchild, &keeper->begun, -1);
    rc = rc ? rc : make_bell(pchild, &keeper->ended, PATIENCE);
    rc = rc ? rc : apr_threadattr_create(&detached, pchild);
    rc = rc ? rc : apr_threadattr_detach_set(detached, 1);
    rc = rc ? rc : apr_thread_create(&thread, detached, run, keeper, pchild);
    if (!rc)
        apr_pool_pre_cleanup_register(pchild, keeper, end_keeper);
    return rc;
}

/* Only the thread takes up versions: a child that has none would never hear of whoever is revoked later, and has no list. */
static void start(apr_pool_t *pchild, server_rec *s)
{
    const mtls_generation_t *generation = mtls_generation();
    keeper_t *keeper;
    apr_status_t rc;

    if (!generation || !generation->lists->nelts)
        return;
    keeper = apr_pcalloc(pchild, sizeof(*keeper));
    keeper->pool = make_pool();
    keeper->lists = generation->lists;
    keeper->server = s;
    keeper->part = generation->list_interval / MTLS_LIST_PARTS;
    rc = keeper->pool ? start_thread(keeper, pchild) : APR_ENOMEM;
    if (rc)
        ap_log_error(APLOG_MARK, APLOG_CRIT, rc, s, "mtls_authz: no thread that keeps lists could be started: this child "
                     "has none, and denies whatever needs one (list-unavailable) until it ends");
    else
        rings(&keeper->begun);       /* before the first request: this child may be younger than the last change */
}

void mtls_keeper_register(void)
{
    ap_hook_child_init(start, NULL, NULL, APR_HOOK_MIDDLE);
}
