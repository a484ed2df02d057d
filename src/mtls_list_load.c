/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* From the files of a list to its block. */
#include <apr_strings.h>

#include "mtls_list_load.h"

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
    error = check_emptied(list, loading, (mtls_str_t){ block->ptr, block->len });
    return error ? error : check_issuers(list, loading);
}

const char *mtls_list_load(const mtls_list_t *list, apr_pool_t *p, mtls_loading_t *loading, const apr_array_header_t *paths,
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

int mtls_list_has_moved(const mtls_list_t *list, apr_pool_t *p, apr_uint64_t looked_at, const mtls_loading_t *complete)
{
    mtls_files_t files;

    mtls_files_look(p, list->path, list->kind == MTLS_LIST_CRL, &files);
    return files.signature != looked_at || (complete && complete->signature != looked_at);
}
