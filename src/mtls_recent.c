/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <apr_atomic.h>

#include "mtls_recent.h"
#include "mtls_shared.h"

/** state is 0 at first, odd while somebody writes, and another even number after that. */
typedef struct slot_t {
    volatile apr_uint32_t state;
    volatile apr_uint32_t taken;         /* the second in which somebody was last about to write */
    mtls_recent_t entry;
} slot_t;

typedef struct ring_t {
    volatile apr_uint32_t next;          /* counts up; modulo the size it is the slot to write to */
    slot_t slots[MTLS_RECENT_MAX];
} ring_t;

/* Written before children are made. */
static ring_t *ring;

int mtls_recent_open(apr_pool_t *process)
{
    ring = mtls_shared_keep(process, "recent", sizeof(*ring));
    return ring != NULL;
}

/* Somebody is at it: a denial a moment ago is as good as this one. One who has died there is at it no longer. */
static int take(slot_t *slot, apr_uint32_t now, apr_uint32_t *mine)
{
    apr_uint32_t state = apr_atomic_read32(&slot->state);

    if (state & 1 && mtls_shared_is_held(apr_atomic_read32(&slot->taken), now))
        return 0;
    *mine = (state + 1) | 1;
    apr_atomic_set32(&slot->taken, now);
    return apr_atomic_cas32(&slot->state, *mine, state) == state;
}

void mtls_recent_add(const mtls_recent_t *entry, apr_int64_t now)
{
    apr_uint32_t mine;
    slot_t *slot;

    if (!ring)
        return;
    slot = &ring->slots[apr_atomic_inc32(&ring->next) % MTLS_RECENT_MAX];
    if (!take(slot, (apr_uint32_t)now, &mine))
        return;
    mtls_shared_write(&slot->entry, entry, sizeof(*entry));
    apr_atomic_cas32(&slot->state, mine + 1, mine);
}

static int read_slot(slot_t *slot, mtls_recent_t *entry)
{
    apr_uint32_t before = apr_atomic_read32(&slot->state);

    if (before == 0 || before & 1)
        return 0;
    mtls_shared_read(entry, &slot->entry, sizeof(*entry));
    return apr_atomic_cas32(&slot->state, before, before) == before;
}

apr_array_header_t *mtls_recent_list(apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, MTLS_RECENT_MAX, sizeof(mtls_recent_t));
    apr_uint32_t next = ring ? apr_atomic_read32(&ring->next) : 0, i;
    mtls_recent_t entry;

    for (i = 1; ring && i <= MTLS_RECENT_MAX; i++) {
        if (read_slot(&ring->slots[(next - i) % MTLS_RECENT_MAX], &entry))
            APR_ARRAY_PUSH(list, mtls_recent_t) = entry;
    }
    return list;
}
