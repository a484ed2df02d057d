/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_atomic.h>

#include "mtls_radar.h"
#include "mtls_shared.h"

#define DAY 86400

/** state is odd while somebody writes, and from then on if he has died. Minutes and days since 1970 fit into 32 bits, which
 * are written at once. */
typedef struct slot_t {
    volatile apr_uint32_t state;
    volatile apr_uint32_t last_minute;
    volatile apr_uint32_t renewed_minute;
    volatile apr_uint32_t due_day;       /* of the last warning */
    mtls_radar_t entry;
} slot_t;

typedef struct table_t {
    volatile apr_uint32_t lock;          /* 0, or the second it was taken in */
    char apart[MTLS_CACHE_LINE];
    _Atomic(apr_uint32_t) heads[MTLS_RADAR_MAX];     /* the first octets of the key; 0: free */
    slot_t slots[MTLS_RADAR_MAX];
} table_t;

/* Written before children are made. */
static table_t *table;

int mtls_radar_open(apr_pool_t *process)
{
    table = mtls_shared_keep(process, "radar", sizeof(*table));
    return table != NULL;
}

static apr_uint32_t head_of(const unsigned char *key)
{
    apr_uint32_t head;

    memcpy(&head, key, sizeof(head));
    return head ? head : 1;
}

static int is_whole(slot_t *slot)
{
    return !(apr_atomic_read32(&slot->state) & 1);
}

static apr_uint32_t head_at(int i)
{
    return atomic_load_explicit(&table->heads[i], memory_order_acquire);
}

static int is_at(int i, const unsigned char *key)
{
    unsigned char there[MTLS_RADAR_KEY];

    mtls_shared_read(there, table->slots[i].entry.key, sizeof(there));
    return !memcmp(there, key, sizeof(there));
}

static int find(const unsigned char *key)
{
    apr_uint32_t head = head_of(key);
    int i;

    for (i = 0; i < MTLS_RADAR_MAX; i++) {
        if (head_at(i) == head && is_whole(&table->slots[i]) && is_at(i, key))
            return i;
    }
    return -1;
}

int mtls_radar_see(const unsigned char *key, apr_int64_t now)
{
    int i = table ? find(key) : -1;

    if (i >= 0)
        apr_atomic_set32(&table->slots[i].last_minute, (apr_uint32_t)(now / 60));
    return i;
}

/* ---- adding ---- */

static int lock(apr_uint32_t now)
{
    apr_uint32_t taken = apr_atomic_read32(&table->lock);

    if (taken && mtls_shared_is_held(taken, now))
        return 0;
    return apr_atomic_cas32(&table->lock, now, taken) == taken;
}

static void unlock(apr_uint32_t now)
{
    apr_atomic_cas32(&table->lock, 0, now);
}

/* Whether a certificate that runs out at not_after and was last seen in that minute still counts. */
static int counts(slot_t *slot, apr_uint32_t last, apr_int64_t not_after, apr_int64_t now)
{
    apr_uint32_t renewed = apr_atomic_read32(&slot->renewed_minute);

    return (!renewed || last > renewed) && (apr_int64_t)last * 60 > now - MTLS_RADAR_LATELY
        && not_after > now - MTLS_RADAR_OVER;
}

/* Entries change only while the lock is held, as it is here. */
static int is_free(int i, apr_int64_t now)
{
    slot_t *slot = &table->slots[i];

    return !head_at(i) || !is_whole(slot)
        || !counts(slot, apr_atomic_read32(&slot->last_minute), slot->entry.not_after, now);
}

/* A free place, else one that no longer counts or that nobody has finished, else the one that runs out last, if that is
 * after not_after. */
static int find_room(apr_int64_t not_after, apr_int64_t now)
{
    int i, last = -1;

    for (i = 0; i < MTLS_RADAR_MAX; i++) {
        if (is_free(i, now))
            return i;
        if (table->slots[i].entry.not_after > not_after) {
            last = i;
            not_after = table->slots[i].entry.not_after;
        }
    }
    return last;
}

static void note_renewal(const mtls_radar_t *entry, apr_uint32_t minute)
{
    int i;

    for (i = 0; i < MTLS_RADAR_MAX; i++) {
        slot_t *slot = &table->slots[i];

        if (head_at(i) && slot->entry.not_after < entry->not_after
            && !memcmp(slot->entry.holder, entry->holder, MTLS_RADAR_DIGEST))
            apr_atomic_set32(&slot->renewed_minute, minute);
    }
}

static void write_slot(int i, const mtls_radar_t *entry, apr_uint32_t minute)
{
    slot_t *slot = &table->slots[i];

    apr_atomic_set32(&slot->state, slot->state | 1);      /* odd perhaps since a child died here */
    atomic_store_explicit(&table->heads[i], head_of(entry->key), memory_order_release);
    mtls_shared_write(&slot->entry, entry, sizeof(*entry));
    apr_atomic_set32(&slot->last_minute, minute);
    apr_atomic_set32(&slot->renewed_minute, 0);
    apr_atomic_set32(&slot->due_day, 0);
    apr_atomic_inc32(&slot->state);
}

int mtls_radar_add(const mtls_radar_t *entry)
{
    apr_uint32_t now = (apr_uint32_t)entry->first_seen, minute = now / 60;
    int i;

    if (!table || !lock(now))
        return -1;
    i = find(entry->key);              /* another may have been faster */
    if (i < 0 && (i = find_room(entry->not_after, entry->first_seen)) >= 0)
        write_slot(i, entry, minute);
    note_renewal(entry, minute);
    unlock(now);
    return i;
}

int mtls_radar_is_due(int place, apr_int64_t now)
{
    volatile apr_uint32_t *due = &table->slots[place].due_day;
    apr_uint32_t today = (apr_uint32_t)(now / DAY), before = apr_atomic_read32(due);

    return before != today && apr_atomic_cas32(due, today, before) == before;
}

/* ---- reading ---- */

static int compare_ends(const void *left, const void *right)
{
    apr_int64_t a = ((const mtls_radar_t *)left)->not_after, b = ((const mtls_radar_t *)right)->not_after;

    return a < b ? -1 : a > b;
}

static int read_slot(int i, mtls_radar_t *entry, apr_int64_t now)
{
    slot_t *slot = &table->slots[i];
    apr_uint32_t before = apr_atomic_read32(&slot->state), last = apr_atomic_read32(&slot->last_minute);

    if (!head_at(i) || before & 1)
        return 0;
    mtls_shared_read(entry, &slot->entry, sizeof(*entry));
    if (!counts(slot, last, entry->not_after, now))
        return 0;
    entry->last_seen = (apr_int64_t)last * 60;
    return apr_atomic_cas32(&slot->state, before, before) == before;
}

apr_array_header_t *mtls_radar_list(apr_pool_t *p, apr_int64_t now)
{
    apr_array_header_t *list = apr_array_make(p, 16, sizeof(mtls_radar_t));
    mtls_radar_t entry;
    int i;

    for (i = 0; table && i < MTLS_RADAR_MAX; i++) {
        if (read_slot(i, &entry, now))
            APR_ARRAY_PUSH(list, mtls_radar_t) = entry;
    }
    qsort(list->elts, (size_t)list->nelts, sizeof(mtls_radar_t), compare_ends);
    return list;
}

int mtls_radar_within(const apr_array_header_t *list, apr_int64_t now, apr_int64_t seconds)
{
    int i, n = 0;

    for (i = 0; i < list->nelts; i++) {
        apr_int64_t left = APR_ARRAY_IDX(list, i, mtls_radar_t).not_after - now;

        n += seconds ? left >= 0 && left <= seconds : left < 0;
    }
    return n;
}
