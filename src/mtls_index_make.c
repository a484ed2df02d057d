/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Making the block of a list: entries are appended, a table finds them again by key. */
#include <stdlib.h>
#include <string.h>
#include <apr_strings.h>

#include "mtls_index.h"
#include "mtls_index_block.h"
#include "mtls_pages.h"

#define FIRST_SLOTS 64
#define FIRST_OCTETS 4096

/* Offsets are 32 bits wide; the table comes behind the entries. */
#define OCTETS_MAX ((apr_size_t)1 << 31)

struct mtls_index_maker_t {
    mtls_block_head_t head;
    char *octets;                    /* room for the head, then the entries */
    apr_size_t len, room;
    mtls_block_slot_t *slots;        /* head.slots of them, never more than two thirds in use */
    char *names;                     /* names of labels: a length octet each, then the name */
    apr_size_t names_len;
};

void mtls_index_abandon(mtls_index_maker_t *maker)
{
    if (!maker)
        return;
    mtls_pages_give(maker->octets, maker->room);
    mtls_pages_give(maker->slots, maker->head.slots * sizeof(*maker->slots));
    free(maker->names);
    free(maker);
}

mtls_index_maker_t *mtls_index_begin(void)
{
    mtls_index_maker_t *maker = calloc(1, sizeof(*maker));

    if (!maker)
        return NULL;
    maker->room = FIRST_OCTETS;
    maker->len = sizeof(maker->head);
    maker->head.slots = FIRST_SLOTS;
    maker->octets = mtls_pages_take(maker->room);
    maker->slots = mtls_pages_take(FIRST_SLOTS * sizeof(*maker->slots));
    maker->names = calloc(MTLS_INDEX_LABELS_MAX, MTLS_BLOCK_NAME_MAX + 1);
    if (maker->octets && maker->slots && maker->names)
        return maker;
    mtls_index_abandon(maker);
    return NULL;
}

int mtls_index_label(mtls_index_maker_t *maker, mtls_str_t name)
{
    const char *at = maker->names;
    int i;

    for (i = 0; i < (int)maker->head.names; i++) {
        if ((apr_size_t)(unsigned char)*at == name.len && !memcmp(at + 1, name.ptr, name.len))
            return i;
        at += (unsigned char)*at + 1;
    }
    if (i == MTLS_INDEX_LABELS_MAX || name.len > MTLS_BLOCK_NAME_MAX)
        return -1;
    maker->names[maker->names_len] = (char)name.len;
    memcpy(maker->names + maker->names_len + 1, name.ptr, name.len);
    maker->names_len += name.len + 1;
    maker->head.names++;
    return i;
}

/* ---- the table ---- */

static void put_slot(mtls_block_slot_t *slots, apr_uint32_t n, mtls_block_slot_t slot)
{
    apr_uint32_t i = slot.hash & (n - 1);

    while (slots[i].offset)
        i = (i + 1) & (n - 1);
    slots[i] = slot;
}

static int grow_table(mtls_index_maker_t *maker)
{
    apr_uint32_t n = maker->head.slots * 2, i;
    mtls_block_slot_t *slots = mtls_pages_take(n * sizeof(*slots));

    if (!slots)
        return -1;
    for (i = 0; i < maker->head.slots; i++) {
        if (maker->slots[i].offset)
            put_slot(slots, n, maker->slots[i]);
    }
    mtls_pages_give(maker->slots, maker->head.slots * sizeof(*slots));
    maker->slots = slots;
    maker->head.slots = n;
    return 0;
}

/* The entry with this key, in what is made so far; 0: none. */
static apr_uint32_t find_key(const mtls_index_maker_t *maker, const mtls_entry_t *entry, apr_uint32_t hash)
{
    mtls_block_t block = { maker->octets, maker->len, maker->slots, &maker->head };

    return mtls_block_find(&block, entry->kind, entry->mode, entry->key, hash);
}

/* ---- entries ---- */

static int make_room(mtls_index_maker_t *maker, apr_size_t needed)
{
    apr_size_t room = maker->room;
    char *octets;

    while (room - maker->len < needed)
        room *= 2;
    if (room > OCTETS_MAX)
        return -1;
    if (room == maker->room)
        return 0;
    octets = mtls_pages_grow(maker->octets, maker->room, room);
    if (!octets)
        return -1;
    maker->octets = octets;
    maker->room = room;
    return 0;
}

static void append(mtls_index_maker_t *maker, const void *octets, apr_size_t len)
{
    memcpy(maker->octets + maker->len, octets, len);
    maker->len += len;
}

static apr_uint32_t append_entry(mtls_index_maker_t *maker, const mtls_entry_t *entry, apr_size_t needed)
{
    mtls_block_entry_t head = { entry->line, (apr_uint32_t)entry->key.len, (unsigned char)entry->kind,
                                (unsigned char)entry->mode, (unsigned char)entry->n, 0 };
    apr_uint32_t offset = (apr_uint32_t)maker->len;
    int i;

    append(maker, &head, sizeof(head));
    append(maker, entry->key.ptr, entry->key.len);
    for (i = 0; i < entry->n; i++) {
        mtls_block_label_t label = { (apr_uint16_t)entry->labels[i].name, (apr_uint16_t)entry->labels[i].value.len };

        append(maker, &label, sizeof(label));
        append(maker, entry->labels[i].value.ptr, entry->labels[i].value.len);
    }
    maker->len = offset + needed;          /* the next one begins on a multiple of four */
    return offset;
}

static apr_size_t measure(const mtls_entry_t *entry)
{
    apr_size_t len = sizeof(mtls_block_entry_t) + entry->key.len;
    int i;

    for (i = 0; i < entry->n; i++)
        len += sizeof(mtls_block_label_t) + entry->labels[i].value.len;
    return (len + 3) & ~(apr_size_t)3;
}

static int same_labels(const mtls_entry_t *a, const mtls_entry_t *b)
{
    int i, k;

    for (i = 0; i < a->n; i++) {
        for (k = 0; k < b->n && b->labels[k].name != a->labels[i].name; k++)
            continue;
        if (k == b->n || !mtls_str_eq(a->labels[i].value, b->labels[k].value))
            return 0;
    }
    return a->n == b->n;
}

/* The same thing said twice is harmless; two things said of one key are a mistake that nobody can settle. */
static const char *judge_second(const mtls_index_maker_t *maker, apr_pool_t *p, apr_uint32_t offset,
                                const mtls_entry_t *entry)
{
    mtls_block_t block = { maker->octets, maker->len, maker->slots, &maker->head };
    mtls_entry_t first;

    if (mtls_block_read(&block, offset, &first) && same_labels(&first, entry))
        return NULL;
    return apr_psprintf(p, "stands on line %u already, with other labels", first.line);
}

const char *mtls_index_add(mtls_index_maker_t *maker, apr_pool_t *p, const mtls_entry_t *entry)
{
    apr_uint32_t hash = mtls_block_hash(entry->kind, entry->mode, entry->key), before = find_key(maker, entry, hash), offset;
    apr_size_t needed = measure(entry);

    if (before)
        return judge_second(maker, p, before, entry);
    if (make_room(maker, needed) < 0 || (maker->head.entries * 3 >= maker->head.slots * 2 && grow_table(maker) < 0))
        return "does not fit into memory";
    offset = append_entry(maker, entry, needed);
    put_slot(maker->slots, maker->head.slots, (mtls_block_slot_t){ hash, offset });
    maker->head.entries++;
    maker->head.of_kind[entry->kind]++;
    if (entry->mode == MTLS_ENTRY_NETWORK)
        maker->head.prefixes[entry->key.len > 5][(unsigned char)entry->key.ptr[0]] = 1;
    return NULL;
}

/* ---- the end ---- */

/* Patterns are gone through one by one: their offsets stand together. */
static void append_globs(mtls_index_maker_t *maker)
{
    apr_uint32_t i;

    for (i = 0; i < maker->head.slots; i++) {
        apr_uint32_t offset = maker->slots[i].offset;
        mtls_block_entry_t head;

        if (!offset)
            continue;
        memcpy(&head, maker->octets + offset, sizeof(head));
        if (head.mode != MTLS_ENTRY_GLOB)
            continue;
        append(maker, &offset, sizeof(offset));
        maker->head.globs++;
    }
}

const char *mtls_index_finish(mtls_index_maker_t *maker, mtls_block_octets_t *block)
{
    apr_size_t table = maker->head.slots * sizeof(*maker->slots);

    if (make_room(maker, table + maker->names_len + maker->head.entries * sizeof(apr_uint32_t) + 8) < 0)
        return "does not fit into memory";
    maker->head.magic = MTLS_BLOCK_MAGIC;
    maker->head.globs_at = (apr_uint32_t)maker->len;
    append_globs(maker);
    maker->head.table_at = (apr_uint32_t)((maker->len + 7) & ~(apr_size_t)7);
    maker->len = maker->head.table_at;
    append(maker, maker->slots, table);
    maker->head.names_at = (apr_uint32_t)maker->len;
    append(maker, maker->names, maker->names_len);
    maker->head.total = (apr_uint32_t)maker->len;
    memcpy(maker->octets, &maker->head, sizeof(maker->head));
    *block = (mtls_block_octets_t){ maker->octets, maker->len, maker->room };
    maker->octets = NULL;
    mtls_index_abandon(maker);
    return NULL;
}

void mtls_index_release(mtls_block_octets_t *block)
{
    mtls_pages_give(block->ptr, block->room);
    *block = (mtls_block_octets_t){ NULL, 0, 0 };
}
