/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mtls_memo.h"

#define LINES_KEPT 1024
#define BLOCKS_KEPT 32

struct mtls_memo_t {
    int slots;
    int lines;
    _Atomic(char *) *values;             /* malloc's, or nothing_kept; NULL: not made yet */
    atomic_char *answers;                /* by a line's number: 0, or 1 + mtls_truth_t; only ever set to the same */
    _Atomic(mtls_kept_t *) blocks;
    _Atomic apr_uint32_t stamp;          /* see mtls_memo_is_due */
};

static char nothing_kept[] = "";

static void free_value(char *value)
{
    if (value != nothing_kept)
        free(value);
}

static apr_status_t free_memo(void *data)
{
    mtls_memo_t *memo = data;
    mtls_kept_t *block;
    int i;

    for (i = 0; i < memo->slots; i++)
        free_value(atomic_load(&memo->values[i]));
    while ((block = atomic_load(&memo->blocks)) != NULL) {
        atomic_store(&memo->blocks, block->next);
        free(block);
    }
    return APR_SUCCESS;
}

mtls_memo_t *mtls_memo_make(apr_pool_t *p, int slots, int lines)
{
    mtls_memo_t *memo = apr_pcalloc(p, sizeof(*memo));

    memo->slots = slots;
    memo->lines = lines < LINES_KEPT ? lines : LINES_KEPT;
    memo->values = apr_pcalloc(p, sizeof(*memo->values) * (apr_size_t)slots);
    memo->answers = apr_pcalloc(p, sizeof(*memo->answers) * (apr_size_t)memo->lines);
    apr_pool_cleanup_register(p, memo, free_memo, apr_pool_cleanup_null);
    return memo;
}

/* ---- header values ---- */

int mtls_memo_value(const mtls_memo_t *memo, int slot, const char **value)
{
    char *kept = memo && slot < memo->slots ? atomic_load_explicit(&memo->values[slot], memory_order_acquire) : NULL;

    *value = kept == nothing_kept ? NULL : kept;
    return kept != NULL;
}

void mtls_memo_keep_value(mtls_memo_t *memo, int slot, const char *value)
{
    char *copy, *none = NULL;

    if (!memo || slot >= memo->slots)
        return;
    copy = value ? strdup(value) : nothing_kept;
    if (copy && !atomic_compare_exchange_strong(&memo->values[slot], &none, copy))
        free_value(copy);
}

/* ---- answers ---- */

mtls_truth_t mtls_memo_answer(const mtls_memo_t *memo, int line)
{
    int kept = memo && line < memo->lines ? atomic_load_explicit(&memo->answers[line], memory_order_relaxed) : 0;

    return kept ? (mtls_truth_t)(kept - 1) : MTLS_UNKNOWN;
}

void mtls_memo_keep_answer(mtls_memo_t *memo, int line, mtls_truth_t truth)
{
    if (memo && line < memo->lines)
        atomic_store_explicit(&memo->answers[line], (char)(1 + truth), memory_order_relaxed);
}

/* ---- blocks ---- */

const mtls_kept_t *mtls_memo_blocks(const mtls_memo_t *memo)
{
    return memo ? atomic_load(&memo->blocks) : NULL;
}

const mtls_kept_t *mtls_memo_block(const mtls_memo_t *memo, const void *key)
{
    const mtls_kept_t *block = mtls_memo_blocks(memo);

    while (block && block->key != key)
        block = block->next;
    return block;
}

static int count_blocks(const mtls_kept_t *block)
{
    int n = 0;

    for (; block; block = block->next)
        n++;
    return n;
}

int mtls_memo_has_room(const mtls_memo_t *memo)
{
    return memo && count_blocks(atomic_load(&memo->blocks)) < BLOCKS_KEPT;
}

void mtls_memo_keep_block(mtls_memo_t *memo, mtls_kept_t *block)
{
    if (!mtls_memo_has_room(memo)) {
        free(block);
        return;
    }
    block->next = atomic_load(&memo->blocks);
    while (!atomic_compare_exchange_weak(&memo->blocks, &block->next, block))
        continue;
}

/* ---- once in a while ---- */

int mtls_memo_is_due(mtls_memo_t *memo, apr_uint32_t stamp)
{
    apr_uint32_t before = memo ? atomic_load(&memo->stamp) : stamp;

    return before != stamp && atomic_compare_exchange_strong(&memo->stamp, &before, stamp);
}
