/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Reading lists: at the start, and again whenever their files have changed. */
#include <string.h>
#include <time.h>

#include <apr_strings.h>

#include "mtls_files.h"
#include "mtls_list_state.h"

/* What could not be read may be readable later without having changed: after so many times the usual wait. */
#define RETRY 12

/* How many times files are read at the start that are others each time. */
#define FIRST_TRIES 5

/* ---- from files to a block ---- */

static const char *read_file(const mtls_list_t *list, mtls_loading_t *loading, const char *path)
{
    mtls_str_t octets;
    const char *error = mtls_files_read(loading->pool, path, &octets, &loading->signature);

    if (error)
        return error;
    loading->file = path;
    error = list->kind == MTLS_LIST_CRL ? mtls_list_read_crl(loading, octets) : mtls_list_read_lines(loading, octets);
    mtls_files_release(&octets);
    return error;
}

static mtls_str_t octets_of(const mtls_block_octets_t *block)
{
    return (mtls_str_t){ block->ptr, block->len };
}

/* A writer that empties a file before it fills it must not let everybody out, or in. */
static const char *check_emptied(const mtls_list_t *list, const mtls_loading_t *loading, mtls_str_t block)
{
    const mtls_list_status_t *before = &((mtls_list_note_t *)mtls_versions_note(list->versions))->status;

    if (loading->said || !before->entries || mtls_index_len(block, -1))
        return NULL;
    return apr_psprintf(loading->pool, "%s: is empty, and had %u entries before; if nothing is meant to be in it, write a "
                        "comment into it", list->path, before->entries);
}

static const char *check_issuers(const mtls_list_t *list, const mtls_loading_t *loading)
{
    const mtls_list_note_t *note = mtls_versions_note(list->versions);

    if (list->kind != MTLS_LIST_CRL || loading->issuers >= note->issuers)
        return NULL;
    return apr_psprintf(loading->pool, "%s: holds %d revocation lists, and had %d before; a missing one would let revoked "
                        "certificates in (restart the server if it is meant to be gone)", list->path, loading->issuers,
                        note->issuers);
}

static const char *make_block(const mtls_list_t *list, mtls_loading_t *loading, const apr_array_header_t *paths,
                              mtls_block_octets_t *block)
{
    const char *error = NULL;
    int i;

    for (i = 0; !error && i < paths->nelts; i++)
        error = read_file(list, loading, APR_ARRAY_IDX(paths, i, const char *));
    if (error)
        return error;
    error = mtls_index_finish(loading->maker, block);
    if (error)
        return apr_psprintf(loading->pool, "%s: %s", list->path, error);
    loading->maker = NULL;
    error = check_emptied(list, loading, octets_of(block));
    return error ? error : check_issuers(list, loading);
}

/* Read the files into a block, which is to be released in any case. */
static const char *load(const mtls_list_t *list, apr_pool_t *p, mtls_loading_t *loading, const apr_array_header_t *paths,
                        mtls_block_octets_t *block)
{
    const char *error;

    *block = (mtls_block_octets_t){ NULL, 0, 0 };
    *loading = (mtls_loading_t){ .pool = p, .columns = list->columns, .n = list->kind == MTLS_LIST_KILL ? list->n : 1,
                                 .authorities = list->authorities, .now = apr_time_sec(apr_time_now()),
                                 .signature = MTLS_FILES_NONE };
    apr_pool_create(&loading->line_pool, p);
    loading->maker = mtls_index_begin();
    error = loading->maker ? make_block(list, loading, paths, block) : "does not fit into memory";
    if (error)                       /* it may be in the pool of lines */
        error = apr_pstrdup(p, error);
    mtls_index_abandon(loading->maker);
    apr_pool_destroy(loading->line_pool);
    return error;
}

/* Files that were written to, or exchanged, while they were read are not judged: they come again. What was read is known
 * where all of it was. */
static int has_moved(const mtls_list_t *list, apr_pool_t *p, apr_uint64_t looked_at, const mtls_loading_t *complete)
{
    mtls_files_t files;

    mtls_files_look(p, list->path, list->kind == MTLS_LIST_CRL, &files);
    return files.signature != looked_at || (complete && complete->signature != looked_at);
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
    const char *error;
    int tries;

    for (tries = 0; tries < FIRST_TRIES; tries++) {
        error = look_when_still(list, p, settle, files);
        if (error)
            return error;
        mtls_index_release(block);
        error = load(list, p, loading, files->paths, block);
        if (!has_moved(list, p, files->signature, error ? NULL : loading))
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

    error = error ? error : load(list, p, &loading, files->paths, &block);
    if (has_moved(list, p, files->signature, error ? NULL : &loading))
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

    note->looked = now;
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

/* Another process may just be reading, or have looked: then there is nothing to do but to follow. */
mtls_list_event_t mtls_list_keep(mtls_list_t *list, apr_pool_t *p, apr_interval_time_t settle, const char **sentence)
{
    mtls_list_note_t *note = mtls_versions_note(list->versions);
    mtls_list_event_t event = MTLS_LIST_QUIET;

    *sentence = NULL;
    if (mtls_versions_enter(list->versions)) {
        if (monotonic() - note->looked >= settle / 4)
            event = look(list, p, note, settle, sentence);
        if (event == MTLS_LIST_QUIET && note_stale(list, p, &note->status, sentence))
            event = MTLS_LIST_STALE;
        copy_status(list, &note->status);
        mtls_versions_leave(list->versions);
    }
    mtls_versions_follow(list->versions);
    return event;
}
