/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Looking keys up in the block of a list. */
#include <string.h>
#include <apr_hash.h>

#include "mtls_index.h"
#include "mtls_index_block.h"
#include "mtls_match.h"

/* APR's function leaves similar keys close together, which a table with open addressing takes ill: mixed once more. */
apr_uint32_t mtls_block_hash(int kind, mtls_entry_mode_t mode, mtls_str_t key)
{
    apr_ssize_t len = (apr_ssize_t)key.len;
    apr_uint32_t hash = apr_hashfunc_default(key.ptr, &len) + (apr_uint32_t)kind * 31 + (apr_uint32_t)mode;

    hash = (hash ^ (hash >> 16)) * 0x7feb352du;
    hash = (hash ^ (hash >> 15)) * 0x846ca68bu;
    return hash ^ (hash >> 16);
}

/* In 64 bits everywhere: a damaged count times the size of a thing must not come out small. */
static int within(const mtls_block_t *block, apr_uint64_t offset, apr_uint64_t len)
{
    return offset <= block->len && len <= block->len - offset;
}

int mtls_block_read(const mtls_block_t *block, apr_uint32_t offset, mtls_entry_t *entry)
{
    mtls_block_entry_t head;
    apr_size_t at = offset;
    int i;

    if (!within(block, at, sizeof(head)))
        return 0;
    memcpy(&head, block->octets + at, sizeof(head));
    at += sizeof(head);
    if (!within(block, at, head.key_len) || head.labels > MTLS_INDEX_LABELS_MAX)
        return 0;
    entry->kind = head.kind;
    entry->mode = (mtls_entry_mode_t)head.mode;
    entry->line = head.line;
    entry->n = head.labels;
    entry->key = (mtls_str_t){ block->octets + at, head.key_len };
    at += head.key_len;
    for (i = 0; i < entry->n; i++) {
        mtls_block_label_t label;

        if (!within(block, at, sizeof(label)))
            return 0;
        memcpy(&label, block->octets + at, sizeof(label));
        at += sizeof(label);
        if (!within(block, at, label.len))
            return 0;
        entry->labels[i] = (mtls_entry_label_t){ label.name, { block->octets + at, label.len } };
        at += label.len;
    }
    return 1;
}

static int is_entry(const mtls_block_t *block, apr_uint32_t offset, int kind, mtls_entry_mode_t mode, mtls_str_t key)
{
    mtls_block_entry_t head;

    if (!within(block, offset, sizeof(head)))
        return 0;
    memcpy(&head, block->octets + offset, sizeof(head));
    return head.kind == kind && head.mode == mode && head.key_len == key.len
        && within(block, offset + sizeof(head), key.len)
        && !memcmp(block->octets + offset + sizeof(head), key.ptr, key.len);
}

apr_uint32_t mtls_block_find(const mtls_block_t *block, int kind, mtls_entry_mode_t mode, mtls_str_t key, apr_uint32_t hash)
{
    apr_uint32_t mask = block->head->slots - 1, i = hash & mask, tried;

    for (tried = 0; tried <= mask && block->slots[i].offset; tried++, i = (i + 1) & mask) {
        if (block->slots[i].hash == hash && is_entry(block, block->slots[i].offset, kind, mode, key))
            return block->slots[i].offset;
    }
    return 0;
}

/* ---- a finished block ---- */

static mtls_block_t open_block(mtls_str_t octets)
{
    const mtls_block_head_t *head = (const mtls_block_head_t *)(const void *)octets.ptr;

    return (mtls_block_t){ octets.ptr, octets.len,
                           (const mtls_block_slot_t *)(const void *)(octets.ptr + head->table_at), head };
}

int mtls_index_valid(mtls_str_t octets)
{
    mtls_block_head_t head;
    mtls_block_t block = { octets.ptr, octets.len, NULL, NULL };

    if (octets.len < sizeof(head))
        return 0;
    memcpy(&head, octets.ptr, sizeof(head));
    return head.magic == MTLS_BLOCK_MAGIC && head.total == octets.len && head.slots && !(head.slots & (head.slots - 1))
        && !(head.table_at & 7) && within(&block, head.table_at, (apr_uint64_t)head.slots * sizeof(mtls_block_slot_t))
        && !(head.globs_at & 3) && within(&block, head.globs_at, (apr_uint64_t)head.globs * sizeof(apr_uint32_t))
        && within(&block, head.names_at, 0);
}

apr_uint32_t mtls_index_len(mtls_str_t octets, int kind)
{
    mtls_block_t block = open_block(octets);

    return kind < 0 ? block.head->entries : block.head->of_kind[kind];
}

mtls_str_t mtls_index_label_name(mtls_str_t octets, int name)
{
    mtls_block_t block = open_block(octets);
    apr_size_t at = block.head->names_at;
    int i;

    for (i = 0; i < (int)block.head->names && within(&block, at, 1); i++) {
        apr_size_t len = (unsigned char)octets.ptr[at];

        if (!within(&block, at + 1, len))
            break;
        if (i == name)
            return (mtls_str_t){ octets.ptr + at + 1, len };
        at += len + 1;
    }
    return (mtls_str_t){ "", 0 };
}

static void report(const mtls_block_t *block, apr_uint32_t offset, mtls_index_found_fn *found, void *ctx)
{
    mtls_entry_t entry;

    if (offset && mtls_block_read(block, offset, &entry))
        found(ctx, &entry);
}

static void find_key(const mtls_block_t *block, int kind, mtls_entry_mode_t mode, mtls_str_t key, mtls_index_found_fn *found,
                     void *ctx)
{
    report(block, mtls_block_find(block, kind, mode, key, mtls_block_hash(kind, mode, key)), found, ctx);
}

static void find_networks(const mtls_block_t *block, int kind, mtls_str_t address, mtls_index_found_fn *found, void *ctx)
{
    const unsigned char *prefixes = block->head->prefixes[address.len > 4];
    int bits = (int)address.len * 8, prefix;
    char room[MTLS_NETWORK_KEY_MAX];

    for (prefix = 0; prefix <= bits; prefix++) {
        if (prefixes[prefix])
            find_key(block, kind, MTLS_ENTRY_NETWORK, mtls_ip_network_key(room, address, prefix), found, ctx);
    }
}

static void find_globs(const mtls_block_t *block, int kind, const mtls_type_t *type, mtls_str_t text,
                       mtls_index_found_fn *found, void *ctx)
{
    const apr_uint32_t *globs = (const apr_uint32_t *)(const void *)(block->octets + block->head->globs_at);
    mtls_entry_t entry;
    apr_uint32_t i;

    for (i = 0; i < block->head->globs; i++) {
        if (mtls_block_read(block, globs[i], &entry) && entry.kind == kind && mtls_glob_like(type, entry.key, text))
            found(ctx, &entry);
    }
}

void mtls_index_find(mtls_str_t octets, int kind, const mtls_type_t *type, const mtls_value_t *value,
                     mtls_index_found_fn *found, void *ctx)
{
    mtls_block_t block = open_block(octets);

    if (!block.head->of_kind[kind])
        return;
    if (type == &mtls_types[MTLS_T_IP]) {
        if (value->key.len == 4 || value->key.len == 16)
            find_networks(&block, kind, value->key, found, ctx);
        return;
    }
    find_key(&block, kind, MTLS_ENTRY_KEY, value->key, found, ctx);
    if (block.head->globs)
        find_globs(&block, kind, type, value->text, found, ctx);
}
