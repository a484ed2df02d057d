/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mtls_index.h
 * @brief The entries of a list as one block of octets, in which any process that has it mapped can look keys up.
 *
 * A block has no pointers in it and is never changed. It is made by this program and read by this program (nothing
 * else can write where it lies), yet every offset is checked against its length.
 */
#ifndef MTLS_INDEX_H
#define MTLS_INDEX_H

#include "mtls_type.h"

#define MTLS_INDEX_KINDS 16         /**< what keys can be of in one list: 0 to one less */
#define MTLS_INDEX_LABELS_MAX 32    /**< labels of one entry, and different names of labels in one list */

/** How an entry's key is compared. */
typedef enum mtls_entry_mode_t {
    MTLS_ENTRY_KEY,                 /**< octet by octet */
    MTLS_ENTRY_NETWORK,             /**< mtls_ip_network_key: every address of the network */
    MTLS_ENTRY_GLOB                 /**< a pattern */
} mtls_entry_mode_t;

/** A label of an entry: a number for its name, and its value. */
typedef struct mtls_entry_label_t {
    int name;
    mtls_str_t value;
} mtls_entry_label_t;

/** One entry. In a block that is looked up, its octets are the block's. */
typedef struct mtls_entry_t {
    int kind;
    mtls_entry_mode_t mode;
    mtls_str_t key;
    apr_uint32_t line;              /**< in its file; 0: not known */
    int n;
    mtls_entry_label_t labels[MTLS_INDEX_LABELS_MAX];
} mtls_entry_t;

/** A block that is being made. A long list leaves nothing behind: its memory is the system's own pages. One thread. */
typedef struct mtls_index_maker_t mtls_index_maker_t;

/** @return NULL: out of memory */
mtls_index_maker_t *mtls_index_begin(void);

/** The number of a label's name in this list; added if it is new. -1: there are too many, or no memory. */
int mtls_index_label(mtls_index_maker_t *maker, mtls_str_t name);

/** Add an entry, which is copied. @return NULL, or a sentence fragment in p ("stands on line 3 already ...") */
const char *mtls_index_add(mtls_index_maker_t *maker, apr_pool_t *p, const mtls_entry_t *entry);

/** A block that its maker has let go of. */
typedef struct mtls_block_octets_t {
    char *ptr;
    apr_size_t len, room;
} mtls_block_octets_t;

/** The block, which is the caller's to release. The maker is gone then. @return NULL, or a sentence fragment */
const char *mtls_index_finish(mtls_index_maker_t *maker, mtls_block_octets_t *block);

/** Give the memory back. An empty one is fine. */
void mtls_index_release(mtls_block_octets_t *block);

/** Throw the maker away; NULL is fine. */
void mtls_index_abandon(mtls_index_maker_t *maker);

/* ---- a finished block ---- */

/** True if these octets can be looked up. */
int mtls_index_valid(mtls_str_t block);
/** How many entries there are; of one kind; of all with kind -1. */
apr_uint32_t mtls_index_len(mtls_str_t block, int kind);
/** The name of a label by number; an empty one behind the last. */
mtls_str_t mtls_index_label_name(mtls_str_t block, int name);

/** Called for each entry that was found. */
typedef void mtls_index_found_fn(void *ctx, const mtls_entry_t *entry);

/**
 * Find the entries that one value of a certificate stands for: by its key, by each network that it is in, by each
 * pattern that it is like.
 *
 * @param type the value's type
 */
void mtls_index_find(mtls_str_t block, int kind, const mtls_type_t *type, const mtls_value_t *value,
                     mtls_index_found_fn *found, void *ctx);

#endif
