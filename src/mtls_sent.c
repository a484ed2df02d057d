/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "httpd.h"
#include "http_config.h"

#include <stdlib.h>
#include <string.h>

#include "mtls_sent.h"

static const void *key_of(const mtls_dir_t *dir)
{
    return dir->lasts ? dir : NULL;
}

const mtls_sent_t *mtls_sent_by(const mtls_dir_t *dir, const mtls_request_t *request, int fastcgi)
{
    const mtls_kept_t *block = NULL;

    if (dir->lasts && request->view.standing == MTLS_GRANTED)
        block = mtls_memo_blocks(mtls_peer_memo(request->peer));
    while (block && (block->key != dir || ((const mtls_sent_t *)block)->is_fastcgi != fastcgi))
        block = block->next;
    return (const mtls_sent_t *)block;
}

const mtls_sent_t *mtls_sent_like(const mtls_request_t *request, const mtls_sent_t *made)
{
    const mtls_kept_t *block;

    for (block = mtls_memo_blocks(mtls_peer_memo(request->peer)); block; block = block->next) {
        const mtls_sent_t *sent = (const mtls_sent_t *)block;

        if (!block->key && sent->plans == made->plans && sent->is_fastcgi == made->is_fastcgi
            && !memcmp(sent->planned, made->planned, sizeof(*sent->planned) * (apr_size_t)sent->plans))
            return sent;
    }
    return NULL;
}

/* The values as the memo has them: a request's own end with it. False where one was not kept. */
static int find_kept(const mtls_memo_t *memo, const mtls_sent_t *made, mtls_sent_t *sent)
{
    int i, k = 0;

    for (i = 0; i < made->plans && k < made->n; i++) {
        const char *value;

        if (mtls_header_name(made->planned[i]) != made->names[k])
            continue;
        if (!mtls_memo_value(memo, mtls_header_slot(made->planned[i]), &value) || !value)
            return 0;
        sent->names[k] = made->names[k];
        sent->values[k++] = value;
    }
    return k == made->n;
}

static void add_each(apr_table_t *headers, const mtls_sent_t *sent)
{
    int i;

    for (i = 0; i < sent->n; i++)
        apr_table_addn(headers, sent->names[i], sent->values[i]);
}

/* APR makes them in pools only. The connection's is this thread's alone, unless the request is one of several streams. */
static const apr_table_t *make_table(const conn_rec *c, const mtls_memo_t *memo, const mtls_sent_t *sent)
{
    apr_table_t *table;

    if (c->master || !mtls_memo_has_room(memo))
        return NULL;
    table = apr_table_make(c->pool, sent->n);
    add_each(table, sent);
    return table;
}

void mtls_sent_keep(request_rec *r, const mtls_request_t *request, const mtls_dir_t *dir, const mtls_sent_t *made)
{
    apr_size_t plans = (apr_size_t)made->plans;
    mtls_memo_t *memo = mtls_peer_memo(request->peer);
    mtls_sent_t *sent = malloc(sizeof(*sent) + 3 * plans * sizeof(void *));

    if (!sent)
        return;
    *sent = *made;
    sent->kept = (mtls_kept_t){ .key = key_of(dir) };
    sent->planned = (const mtls_header_t **)(sent + 1);
    sent->names = (const char **)(sent->planned + plans);
    sent->values = sent->names + plans;
    memcpy(sent->planned, made->planned, plans * sizeof(*sent->planned));
    if (!find_kept(memo, made, sent)) {
        free(sent);
        return;
    }
    sent->table = make_table(r->connection, memo, sent);
    mtls_memo_keep_block(memo, &sent->kept);
}

void mtls_sent_add(apr_table_t *headers, const mtls_sent_t *sent)
{
    if (sent->table)
        apr_table_overlap(headers, sent->table, APR_OVERLAP_TABLES_ADD);
    else
        add_each(headers, sent);
}
