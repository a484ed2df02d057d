/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_memo.h
 * @brief What need not be made twice for one certificate on one connection: header values, answers of rules, blocks.
 *
 * A memo lives with its pool. Everything here may be called from any thread, for the streams of an HTTP/2 connection
 * share their connection's memo: nothing in it is taken back or changed before its pool ends, so that no lock is
 * needed. A memo may be NULL: nothing is kept in it, and nothing is found.
 */
#ifndef MTLS_MEMO_H
#define MTLS_MEMO_H

#include <apr_pools.h>

#include "mtls_match.h"

/** What is kept for one certificate on one connection. */
typedef struct mtls_memo_t mtls_memo_t;

/** A memo for values in slots 0 to slots - 1 and answers of lines 0 to lines - 1 (of these the first 1024). Whoever
 *  owns the pool. */
mtls_memo_t *mtls_memo_make(apr_pool_t *p, int slots, int lines);

/** A header value that was kept: *value is a C string or NULL for "send nothing".
 *  @return true if one was kept */
int mtls_memo_value(const mtls_memo_t *memo, int slot, const char **value);

/** Keep a copy of a value (NULL: "send nothing"). The first wins. */
void mtls_memo_keep_value(mtls_memo_t *memo, int slot, const char *value);

/** What the line with this number has said: MTLS_TRUE or MTLS_FALSE; MTLS_UNKNOWN if that was not kept. */
mtls_truth_t mtls_memo_answer(const mtls_memo_t *memo, int line);

/** Keep it: only for lines of which all threads would say the same. */
void mtls_memo_keep_answer(mtls_memo_t *memo, int line, mtls_truth_t truth);

/** Begins a block of malloc's. */
typedef struct mtls_kept_t {
    struct mtls_kept_t *next;
    const void *key;             /**< what it is kept for: something that lasts as long as the configuration; NULL: whoever
                                      looks for it knows it by what is in it */
} mtls_kept_t;

/** The blocks that are kept, the newest first; constant, each of them. */
const mtls_kept_t *mtls_memo_blocks(const mtls_memo_t *memo);

/** The block with this key, NULL: there is none. */
const mtls_kept_t *mtls_memo_block(const mtls_memo_t *memo, const void *key);

/** A block more would be kept. */
int mtls_memo_has_room(const mtls_memo_t *memo);

/** Keep a block: the memo owns it from now on. A memo keeps a few: what is too much is freed at once. */
void mtls_memo_keep_block(mtls_memo_t *memo, mtls_kept_t *block);

/** True for one caller with this stamp (not 0), as long as nobody comes with another. */
int mtls_memo_is_due(mtls_memo_t *memo, apr_uint32_t stamp);

#endif
