/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Reading lists: at the start, and again whenever their files have changed. */
#include <string.h>
#include <time.h>

#include <apr_strings.h>

#include "mtls_list_load.h"

/* What could not be read may be readable later without having changed: after so many times the usual wait. */
#define RETRY 12

/* How many times files are read at the start that are others each time. */
#define FIRST_TRIES 5

/* What takes longer, and longer than RETRY, is told. */
#define LONG (30 * APR_USEC_PER_SEC)

static mtls_str_t octets_of(const mtls_block_octets_t *block)
{
    return (mtls_str_t){ block->ptr, block->len };
}

/* ---- what is noted of it ---- */

static apr_int64_t monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * APR_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void note_good(mtls_list_t *list, mtls_list_note_t *note, const mtls_loading_t *loading, mtls_str_t block)
{
    mtls_list_status_t *status = &note->status;

    status->reloads += status->version != 0;
    status->version = mtls_versions_latest(list->versions);
    status->entries = mtls_index_len(block, -1);
    status->loaded = status->confirmed = loading->now;
    status->bad_since = 0;
    status->next_update = loading->next_update;
    status->blank = !loading->said;
    status->why[0] = '\0';
    note->issuers = loading->issuers;
}

/* True if nobody was told of this yet. */
static int note_bad(mtls_list_note_t *note, const char *why)
{
    mtls_list_status_t *status = &note->status;
    int is_news = !status->bad_since || strncmp(status->why, why, sizeof(status->why) - 1);

    status->failures++;
    if (!status->bad_since)
        status->bad_since = apr_time_sec(apr_time_now());
    apr_cpystrn(status->why, why, sizeof(status->why));
    return is_news;
}

/* ---- at the start ---- */

static void note_labels(mtls_list_t *list, apr_pool_t *p, mtls_str_t block)
{
    mtls_str_t name;
    int i;

    list->labels = apr_array_make(p, 4, sizeof(mtls_str_t));
    for (i = 0; (name = mtls_index_label_name(block, i)).len; i++)
        APR_ARRAY_PUSH(list->labels, mtls_str_t) = mtls_str_copy(p, name);
}

static const char *write_first(mtls_list_t *list, mtls_str_t block)
{
    const char *error;

    if (!mtls_versions_enter(list->versions))
        return "is held by another process";
    error = mtls_versions_write(list->versions, block.ptr, block.len);
    mtls_versions_leave(list->versions);
    return error;
}

/* Whoever is writing has settle to go on, and as long again; whoever writes all the time is not waited for. */
static const char *look_when_still(const mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle, mtls_files_t *files)
{
    apr_time_t until = apr_time_now() + 2 * settle, now;
    const char *error;

    for (;;) {
        error = mtls_files_look(p, list->path, list->kind == MTLS_LIST_CRL, files);
        now = apr_time_now();
        if (error || now >= until || files->written > now || now - files->written >= settle)
            return error;
        apr_sleep(settle / 20);
    }
}

/* Files that are others by the time they are read are read again. */
static const char *load_first(const mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle, mtls_loading_t *loading,
                              mtls_files_t *files, mtls_block_octets_t *block)
{
    const char *error = NULL;
    int tries;

    for (tries = 0; tries < FIRST_TRIES; tries++) {
        error = look_when_still(list, p, settle, files);
        if (error)
            return error;
        mtls_index_release(block);
        error = mtls_list_load(list, p, loading, files->paths, block);
        if (!mtls_list_has_moved(list, p, files->signature, error ? NULL : loading))
            break;
    }
    return error;
}

const char *mtls_list_open(mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle)
{
    const char *error = mtls_versions_make(p, sizeof(mtls_list_note_t), &list->versions);
    mtls_list_note_t *note;
    mtls_loading_t loading;
    mtls_files_t files;
    mtls_block_octets_t block = { NULL, 0, 0 };

    if (error)
        return apr_psprintf(p, "%s: %s", list->path, error);
    note = mtls_versions_note(list->versions);
    error = load_first(list, p, settle, &loading, &files, &block);
    if (error) {
        mtls_index_release(&block);
        return error;
    }
    if (apr_thread_mutex_create(&list->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS)
        error = "does not fit into memory";
    error = error ? error : write_first(list, octets_of(&block));
    if (!error) {
        note->judged = note->pending = files.signature;
        atomic_store(&note->looked, monotonic());
        note_good(list, note, &loading, octets_of(&block));
        note_labels(list, p, octets_of(&block));
        list->status = note->status;
    }
    mtls_index_release(&block);
    return error ? apr_psprintf(p, "%s: %s", list->path, error) : NULL;
}

int mtls_list_has_label(const mtls_list_t *list, mtls_str_t name)
{
    int i;

    for (i = 0; i < list->labels->nelts; i++) {
        if (mtls_str_eq(APR_ARRAY_IDX(list->labels, i, mtls_str_t), name))
            return 1;
    }
    return !list->status.entries;
}

const apr_array_header_t *mtls_list_labels(const mtls_list_t *list)
{
    return list->labels;
}

/* ---- while the server runs ---- */

/* What is noted of the files comes last: where this process ends before that, the next one reads them again. */
static mtls_list_event_t renew(mtls_list_t *list, apr_pool_t *p, mtls_list_note_t *note, const mtls_files_t *files,
                               const mtls_loading_t *loading, mtls_str_t block, const char **sentence)
{
    const char *error = mtls_versions_write(list->versions, block.ptr, block.len);

    if (error) {
        note->judged = 0;            /* try again */
        *sentence = apr_psprintf(p, "%s: %s", list->path, error);
        return note_bad(note, *sentence) ? MTLS_LIST_BAD : MTLS_LIST_QUIET;
    }
    note_good(list, note, loading, block);
    note->judged = files->signature;
    *sentence = apr_psprintf(p, "version %u is in force, with %u entries, from %s", note->status.version,
                             note->status.entries, list->path);
    return MTLS_LIST_RENEWED;
}

static mtls_list_event_t judge(mtls_list_t *list, apr_pool_t *p, mtls_list_note_t *note, const mtls_files_t *files,
                               const char *error, const char **sentence)
{
    mtls_list_event_t event = MTLS_LIST_QUIET;
    mtls_block_octets_t block = { NULL, 0, 0 };
    mtls_loading_t loading;

    error = error ? error : mtls_list_load(list, p, &loading, files->paths, &block);
    if (mtls_list_has_moved(list, p, files->signature, error ? NULL : &loading))
        note->pending = 0;
    else if (!error)
        event = renew(list, p, note, files, &loading, octets_of(&block), sentence);
    else {
        note->judged = files->signature;
        *sentence = error;
        event = note_bad(note, error) ? MTLS_LIST_BAD : MTLS_LIST_QUIET;
    }
    mtls_index_release(&block);
    return event;
}

/* What is written slowly, or in two steps, is let alone until it has been still for a while. */
static mtls_list_event_t look(mtls_list_t *list, apr_pool_t *p, mtls_list_note_t *note, apr_interval_time_t settle,
                              const char **sentence)
{
    apr_int64_t now = monotonic();
    mtls_files_t files;
    const char *error = mtls_files_look(p, list->path, list->kind == MTLS_LIST_CRL, &files);

    atomic_store(&note->looked, now);
    if (files.signature != note->pending) {
        note->pending = files.signature;
        note->pending_since = now;
        return MTLS_LIST_QUIET;
    }
    if (files.signature == note->judged && !note->status.bad_since) {
        note->status.confirmed = apr_time_sec(apr_time_now());
        return MTLS_LIST_QUIET;
    }
    if (now - note->pending_since < (files.signature == note->judged ? RETRY * settle : settle))
        return MTLS_LIST_QUIET;
    note->pending_since = now;
    return judge(list, p, note, &files, error, sentence);
}

static const char *print_time(apr_pool_t *p, apr_int64_t seconds)
{
    char *text = apr_palloc(p, APR_RFC822_DATE_LEN);

    apr_rfc822_date(text, apr_time_from_sec(seconds));
    return text;
}

static const char *why_stale(const mtls_list_t *list, apr_pool_t *p, const mtls_list_status_t *status)
{
    apr_int64_t now = apr_time_sec(apr_time_now());

    if (status->next_update && now > status->next_update)
        return apr_psprintf(p, "a revocation list has passed its nextUpdate (%s)", print_time(p, status->next_update));
    if (status->bad_since && now - status->confirmed > list->stale_after)
        return apr_psprintf(p, "no good file has been seen since %s", print_time(p, status->confirmed));
    return NULL;
}

/* True if it has become stale and nobody was told. */
static int note_stale(const mtls_list_t *list, apr_pool_t *p, mtls_list_status_t *status, const char **sentence)
{
    const char *why = why_stale(list, p, status);
    int is_news = why && !status->stale;

    status->stale = why != NULL;
    if (is_news)
        *sentence = apr_psprintf(p, "version %u is stale: %s", status->version, why);
    return is_news;
}

static void copy_status(mtls_list_t *list, const mtls_list_status_t *status)
{
    apr_thread_mutex_lock(list->mutex);
    list->status = *status;
    apr_thread_mutex_unlock(list->mutex);
    atomic_store(&list->stale, status->stale);
}

/* ---- what goes wrong with processes ---- */

/* A machine that is busy is let alone. */
static int is_long(apr_int64_t duration, apr_interval_time_t settle)
{
    return duration > LONG && duration / RETRY > settle;
}

/* Reading from a file system that does not answer takes for ever, and nobody else looks meanwhile. One process tells. */
static const char *why_stuck(mtls_list_t *list, apr_pool_t *p, mtls_list_note_t *note, apr_interval_time_t settle)
{
    apr_int64_t since = monotonic() - atomic_load(&note->looked);

    if (since / APR_USEC_PER_SEC > list->stale_after) {
        mtls_list_status_t status;

        mtls_list_status(list, &status);
        status.stale = 1;
        copy_status(list, &status);
    }
    if (!is_long(since, settle) || atomic_exchange(&note->told_stuck, 1))
        return NULL;
    return apr_psprintf(p, "%s: nobody has looked at it for %d s: process %ld is still reading, or stands still", list->path,
                        (int)(since / APR_USEC_PER_SEC), mtls_versions_within(list->versions));
}

/* What is in force is taken up with the next look, if there is memory. */
static const char *why_behind(mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle)
{
    apr_uint32_t own = mtls_list_version(list), latest = mtls_versions_latest(list->versions);
    apr_int64_t now = monotonic();

    if (own == latest || !list->behind_since) {
        list->behind_since = own == latest ? 0 : now;
        list->told_behind = 0;
        return NULL;
    }
    if (!is_long(now - list->behind_since, settle) || list->told_behind)
        return NULL;
    list->told_behind = 1;
    return apr_psprintf(p, "%s: version %u is in force, and this child cannot reach it, perhaps for want of memory: it has "
                        "%s", list->path, latest, own ? apr_psprintf(p, "version %u", own) : "none");
}

/* What the process does that has entered. */
static mtls_list_event_t tend(mtls_list_t *list, apr_pool_t *p, mtls_list_note_t *note, apr_interval_time_t settle,
                              const char **sentence)
{
    mtls_list_event_t event = MTLS_LIST_QUIET;

    atomic_store(&note->told_stuck, 0);
    if (monotonic() - atomic_load(&note->looked) >= settle / 4)
        event = look(list, p, note, settle, sentence);
    if (event == MTLS_LIST_QUIET && note_stale(list, p, &note->status, sentence))
        event = MTLS_LIST_STALE;
    copy_status(list, &note->status);
    return event;
}

/* Another process may just be reading, or have looked: then there is nothing to do but to follow. */
mtls_list_event_t mtls_list_keep(mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle, const char **sentence)
{
    mtls_list_note_t *note = mtls_versions_note(list->versions);
    mtls_list_event_t event = MTLS_LIST_QUIET;
    const char *trouble = NULL;

    *sentence = NULL;
    if (mtls_versions_enter(list->versions)) {
        event = tend(list, p, note, settle, sentence);
        mtls_versions_leave(list->versions);
    }
    else
        trouble = why_stuck(list, p, note, settle);
    mtls_versions_follow(list->versions);
    if (event != MTLS_LIST_QUIET)
        return event;
    *sentence = trouble ? trouble : why_behind(list, p, settle);
    return *sentence ? MTLS_LIST_STUCK : MTLS_LIST_QUIET;
}
