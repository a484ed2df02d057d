/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_index_block.h
 * @brief How the block of a list is laid out. Private to the two files of the index.
 *
 * Head; entries, each on a multiple of four; offsets of the patterns; the table, open addressing; names of labels.
 */
#ifndef MTLS_INDEX_BLOCK_H
#define MTLS_INDEX_BLOCK_H

#include "mtls_index.h"

#define MTLS_BLOCK_MAGIC 0x6d746c31u
#define MTLS_BLOCK_NAME_MAX 255

typedef struct mtls_block_head_t {
    apr_uint32_t magic;
    apr_uint32_t total;              /* octets of the block */
    apr_uint32_t entries;
    apr_uint32_t of_kind[MTLS_INDEX_KINDS];
    apr_uint32_t slots, table_at;    /* a power of two */
    apr_uint32_t globs, globs_at;
    apr_uint32_t names, names_at;
    unsigned char prefixes[2][132];  /* by family (IPv4, IPv6) and length: there is such a network */
} mtls_block_head_t;

typedef struct mtls_block_slot_t {
    apr_uint32_t hash;
    apr_uint32_t offset;             /* 0: free */
} mtls_block_slot_t;

typedef struct mtls_block_entry_t {
    apr_uint32_t line;
    apr_uint32_t key_len;            /* the key follows, then the labels */
    unsigned char kind, mode, labels, unused;
} mtls_block_entry_t;

typedef struct mtls_block_label_t {
    apr_uint16_t name, len;          /* the value follows */
} mtls_block_label_t;

/** A block as far as it is made. */
typedef struct mtls_block_t {
    const char *octets;
    apr_size_t len;
    const mtls_block_slot_t *slots;
    const mtls_block_head_t *head;
} mtls_block_t;

apr_uint32_t mtls_block_hash(int kind, mtls_entry_mode_t mode, mtls_str_t key);

/** The offset of the entry with this key, 0: none. */
apr_uint32_t mtls_block_find(const mtls_block_t *block, int kind, mtls_entry_mode_t mode, mtls_str_t key, apr_uint32_t hash);

/** The entry at an offset. False if it does not lie within the block. */
int mtls_block_read(const mtls_block_t *block, apr_uint32_t offset, mtls_entry_t *entry);

#endif
