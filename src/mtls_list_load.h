/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_list_load.h
 * @brief From the files of a list to its block. Private to the files of the list.
 */
#ifndef MTLS_LIST_LOAD_H
#define MTLS_LIST_LOAD_H

#include "mtls_files.h"
#include "mtls_list_state.h"

/** Read the files into a block, which is to be released in any case. Between enter and leave, or at the start.
 *  @return NULL, or a sentence in p */
const char *mtls_list_load(const mtls_list_t *list, apr_pool_t *p, mtls_loading_t *loading, const apr_array_header_t *paths,
                           mtls_block_octets_t *block);

/**
 * True if the files were written to, or exchanged, since they were looked at: then they are not judged, but come again.
 *
 * @param looked_at their signature then
 * @param complete what was read since, if all of it was; else NULL
 */
int mtls_list_has_moved(const mtls_list_t *list, apr_pool_t *p, apr_uint64_t looked_at, const mtls_loading_t *complete);

#endif
