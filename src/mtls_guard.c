/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Names compared as a gateway interface sees them: folded. Folding keeps the length. */
#include "mtls_header.h"

#include <string.h>
#include <apr_strings.h>

#include "mtls_apart.h"
#include "mtls_parts.h"

/* Longer names share the last bit of the filters. */
#define LENGTHS 64
/* How many characters tell most names of others from these. */
#define BEGINNING 4

struct mtls_guard_t {
    apr_pool_t *p;
    apr_array_header_t *names;       /* of const char *, as they were added */
    apr_array_header_t *folded;      /* of mtls_str_t, the same order */
    unsigned char first[256];        /* by character, unfolded: a name begins with it. Never NUL */
    apr_uint64_t begins[BEGINNING][256];   /* by place and character there, unfolded: bits for names that have it there */
    int has_short;                   /* a name is shorter than that: all are looked at */
    apr_uint64_t ends[256];          /* by last character, unfolded: a bit for each length of names that end so */
    int *slots;                      /* open addressing by hash: index + 1, 0 is free */
    unsigned mask;                   /* number of slots - 1 */
};

unsigned char mtls_header_fold(unsigned char c)
{
    unsigned char lower = (unsigned char)(c | 0x20);

    if (lower >= 'a' && lower <= 'z')
        return lower;
    return c >= '0' && c <= '9' ? c : '-';
}

int mtls_header_folds_equal(const char *a, const char *b)
{
    while (*a && *b && mtls_header_fold((unsigned char)*a) == mtls_header_fold((unsigned char)*b)) {
        a++;
        b++;
    }
    return !*a && !*b;
}

static apr_uint64_t length_bit(apr_size_t len)
{
    return (apr_uint64_t)1 << (len < LENGTHS ? len : LENGTHS - 1);
}

/* For all characters that fold as this one does. */
static void add_to_filter(apr_uint64_t *filter, char folded, apr_uint64_t bits)
{
    int c;

    for (c = 1; c < 256; c++) {
        if (mtls_header_fold((unsigned char)c) == (unsigned char)folded)
            filter[c] |= bits;
    }
}

/* Names share 64 bits, which makes no difference but to how many are looked at in vain. */
static void add_to_beginnings(mtls_guard_t *guard, mtls_str_t folded, int bit)
{
    apr_size_t i;

    for (i = 0; i < BEGINNING && i < folded.len; i++)
        add_to_filter(guard->begins[i], folded.ptr[i], (apr_uint64_t)1 << (bit & 63));
    for (i = 0; i < sizeof(guard->first); i++)
        guard->first[i] = guard->begins[0][i] != 0;
    guard->has_short |= folded.len < BEGINNING;
}

/* What most names are not: the first character tells. No name of the guard has a NUL, so nothing behind the string's
 * end is looked at. */
static inline int has_beginning(const mtls_guard_t *guard, const char *name)
{
    const unsigned char *c = (const unsigned char *)name;
    apr_uint64_t bits;

    return guard->first[c[0]] && (bits = guard->begins[0][c[0]] & guard->begins[1][c[1]])
        && (bits &= guard->begins[2][c[2]]) && (bits & guard->begins[3][c[3]]);
}

static int may_begin(const mtls_guard_t *guard, const char *name)
{
    return guard->has_short || has_beginning(guard, name);
}

/* Nor this; len is not 0. */
static int may_end(const mtls_guard_t *guard, const char *name, apr_size_t len)
{
    return (guard->ends[(unsigned char)name[len - 1]] & length_bit(len)) != 0;
}

/* FNV-1a over the folded name. */
static unsigned hash(const char *name, apr_size_t len)
{
    apr_uint32_t h = 2166136261u;
    apr_size_t i;

    for (i = 0; i < len; i++)
        h = (h ^ mtls_header_fold((unsigned char)name[i])) * 16777619u;
    return h ^ h >> 15;
}

static int folds_to(mtls_str_t folded, const char *name, apr_size_t len)
{
    apr_size_t i;

    if (folded.len != len)
        return 0;
    for (i = 0; i < len; i++) {
        if ((unsigned char)folded.ptr[i] != mtls_header_fold((unsigned char)name[i]))
            return 0;
    }
    return 1;
}

int mtls_guard_find(const mtls_guard_t *guard, const char *name, apr_size_t len)
{
    unsigned at;
    int index;

    if (!len || !may_end(guard, name, len))
        return -1;
    for (at = hash(name, len) & guard->mask; (index = guard->slots[at] - 1) >= 0; at = (at + 1) & guard->mask) {
        if (folds_to(APR_ARRAY_IDX(guard->folded, index, mtls_str_t), name, len))
            return index;
    }
    return -1;
}

/* Whatever could hide where a token begins or ends, a quoted string above all, is left to httpd's tokeniser. */
static int may_list(const mtls_guard_t *guard, const char *value)
{
    const char *token;

    while (*value) {
        if (*value == ',' || *value == ';' || *value == ' ') {
            value++;
            continue;
        }
        for (token = value; (unsigned char)*value > ',' && *value != ';'; value++)
            continue;
        if (*value && *value != ',' && *value != ';' && *value != ' ')
            return 1;
        if (may_begin(guard, token) && may_end(guard, token, (apr_size_t)(value - token)))
            return 1;
    }
    return 0;
}

static MTLS_APART unsigned look_at(const mtls_guard_t *guard, const apr_table_entry_t *entry)
{
    if (mtls_guard_find(guard, entry->key, strlen(entry->key)) >= 0)
        return MTLS_GUARD_TOUCHED;
    if (!strcasecmp(entry->key, "Connection"))
        return may_list(guard, entry->val) ? MTLS_GUARD_TOUCHED : 0;
    return strcasecmp(entry->key, "Transfer-Encoding") ? 0 : MTLS_GUARD_CHUNKED;
}

static MTLS_APART unsigned look_at_all(const mtls_guard_t *guard, const apr_table_entry_t *entry,
                                       const apr_table_entry_t *end)
{
    unsigned found = 0;

    for (; entry < end; entry++)
        found |= entry->key ? look_at(guard, entry) : 0;
    return found;
}

unsigned mtls_guard_look(const mtls_guard_t *guard, const apr_table_t *headers)
{
    const apr_array_header_t *array = apr_table_elts(headers);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)array->elts, *end = entry + array->nelts;
    unsigned found = 0;

    if (guard->has_short)
        return look_at_all(guard, entry, end);
    for (; entry < end; entry++) {
        if (entry->key && has_beginning(guard, entry->key))
            found |= look_at(guard, entry);
    }
    return found;
}

static const apr_table_entry_t *search_all(const mtls_guard_t *guard, const apr_table_entry_t *entry,
                                           const apr_table_entry_t *end)
{
    while (entry < end && !(entry->key && mtls_guard_find(guard, entry->key, strlen(entry->key)) >= 0))
        entry++;
    return entry;
}

static const apr_table_entry_t *search(const mtls_guard_t *guard, const apr_table_entry_t *entry,
                                       const apr_table_entry_t *end)
{
    for (; entry < end; entry++) {
        if (entry->key && has_beginning(guard, entry->key)
            && mtls_guard_find(guard, entry->key, strlen(entry->key)) >= 0)
            break;
    }
    return entry;
}

int mtls_guard_search(const mtls_guard_t *guard, const apr_table_t *table, int from)
{
    const apr_array_header_t *array = apr_table_elts(table);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)array->elts;
    const apr_table_entry_t *entry = entries + from, *end = entries + array->nelts;

    entry = guard->has_short ? search_all(guard, entry, end) : search(guard, entry, end);
    return entry < end ? (int)(entry - entries) : -1;
}

static void place(mtls_guard_t *guard, int index)
{
    mtls_str_t folded = APR_ARRAY_IDX(guard->folded, index, mtls_str_t);
    unsigned at = hash(folded.ptr, folded.len) & guard->mask;

    while (guard->slots[at])
        at = (at + 1) & guard->mask;
    guard->slots[at] = index + 1;
}

/* At least half of the slots stay free: a search ends soon, and always. */
static void grow(mtls_guard_t *guard, unsigned slots)
{
    int i;

    guard->mask = slots - 1;
    guard->slots = apr_pcalloc(guard->p, slots * sizeof(*guard->slots));
    for (i = 0; i < guard->folded->nelts; i++)
        place(guard, i);
}

mtls_guard_t *mtls_guard_make(apr_pool_t *p)
{
    mtls_guard_t *guard = apr_pcalloc(p, sizeof(*guard));

    guard->p = p;
    guard->names = apr_array_make(p, 16, sizeof(const char *));
    guard->folded = apr_array_make(p, 16, sizeof(mtls_str_t));
    grow(guard, 64);
    add_to_beginnings(guard, mtls_str("connection"), 0);          /* see look_at */
    add_to_beginnings(guard, mtls_str("transfer-encoding"), 0);
    return guard;
}

void mtls_guard_add(mtls_guard_t *guard, const char *name)
{
    mtls_str_t folded = mtls_str(name);
    char *copy;
    apr_size_t i;

    if (!folded.len || mtls_guard_find(guard, name, folded.len) >= 0)
        return;
    folded.ptr = copy = apr_pstrdup(guard->p, name);
    for (i = 0; i < folded.len; i++)
        copy[i] = (char)mtls_header_fold((unsigned char)copy[i]);
    APR_ARRAY_PUSH(guard->names, const char *) = apr_pstrdup(guard->p, name);
    APR_ARRAY_PUSH(guard->folded, mtls_str_t) = folded;
    add_to_beginnings(guard, folded, guard->names->nelts);
    add_to_filter(guard->ends, folded.ptr[folded.len - 1], length_bit(folded.len));
    if (2u * (unsigned)guard->names->nelts > guard->mask)
        grow(guard, 2 * (guard->mask + 1));
    else
        place(guard, guard->names->nelts - 1);
}

mtls_guard_t *mtls_guard_without(apr_pool_t *p, const mtls_guard_t *all, const mtls_guard_t *but)
{
    mtls_guard_t *guard = mtls_guard_make(p);
    int i;

    for (i = 0; i < mtls_guard_len(all); i++) {
        const char *name = mtls_guard_name(all, i);

        if (mtls_guard_find(but, name, strlen(name)) < 0)
            mtls_guard_add(guard, name);
    }
    return guard;
}

int mtls_guard_len(const mtls_guard_t *guard)
{
    return guard->names->nelts;
}

const char *mtls_guard_name(const mtls_guard_t *guard, int i)
{
    return APR_ARRAY_IDX(guard->names, i, const char *);
}
