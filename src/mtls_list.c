/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Lists: what they are, and what a certificate finds in them. */
#include <string.h>
#include <apr_strings.h>

#include "mtls_dn.h"
#include "mtls_list_state.h"

#define FILE_PREFIX "file:"
#define CRL_PREFIX "crl:"

/* Until somebody says otherwise: a day without a good file is worth an alarm. */
#define STALE_AFTER 86400

/* ---- definition ---- */

/** What a kill list may name. */
static const struct {
    const char *field, *issuer;
} killed_by[MTLS_KILL_COLUMNS] = {
    { "sha256", NULL }, { "spki.sha256", NULL }, { "spiffe", NULL }, { "san.uri", NULL }, { "san.dns", NULL },
    { "subject", NULL }, { "ca.sha256", NULL }, { "ca.spki.sha256", NULL }, { "serial", "issuer" }
};

static const char *add_column(mtls_list_t *list, mtls_fieldset_t *set, const char *field, const char *issuer)
{
    mtls_key_column_t *column = &list->columns[list->n++];
    const char *error = mtls_fieldset_add(set, field, &column->field);

    column->issuer = NULL;
    if (!error && issuer)
        error = mtls_fieldset_add(set, issuer, &column->issuer);
    return error;
}

static const char *define_kill_list(mtls_list_t *list, mtls_fieldset_t *set)
{
    const char *error = NULL;
    int i;

    list->kind = MTLS_LIST_KILL;
    list->name = "kill list";
    for (i = 0; !error && i < MTLS_KILL_COLUMNS; i++)
        error = add_column(list, set, killed_by[i].field, killed_by[i].issuer);
    return error;
}

/* What changes from request to request has no place in a list, and what is for headers only is no key. */
static const char *check_field(apr_pool_t *p, const mtls_list_t *list, int revocations)
{
    const mtls_field_t *field = list->columns[0].field;

    if (field->row->flags & (MTLS_FIELD_LIVE | MTLS_FIELD_EXPORT))
        return apr_psprintf(p, "field '%s' cannot be looked up in a list: it is %s", field->name,
                            field->row->flags & MTLS_FIELD_EXPORT ? "for headers and variables only"
                                                                  : "another one with each request");
    if (revocations && field->row->id != MTLS_F_SERIAL)
        return apr_psprintf(p, "revocation lists name serial numbers: write 'serial' instead of '%s'", field->name);
    return NULL;
}

static const char *define_list(mtls_list_t *list, apr_pool_t *p, mtls_fieldset_t *set, const char *name, const char *field,
                               const char **source)
{
    int number, revocations = !strncasecmp(*source, CRL_PREFIX, sizeof(CRL_PREFIX) - 1);
    const char *error = mtls_fieldset_list(set, name, &number);

    if (error)
        return error;
    if (!revocations && strncasecmp(*source, FILE_PREFIX, sizeof(FILE_PREFIX) - 1))
        return apr_psprintf(p, "'%s' is no source of a list: file:PATH or crl:PATH is meant",
                            mtls_text_escape(p, mtls_str(*source)));
    list->kind = revocations ? MTLS_LIST_CRL : MTLS_LIST_FILE;
    list->name = mtls_fieldset_list_name(set, number);
    *source += revocations ? sizeof(CRL_PREFIX) - 1 : sizeof(FILE_PREFIX) - 1;
    error = add_column(list, set, field, revocations ? "issuer" : NULL);
    return error ? error : check_field(p, list, revocations);
}

const char *mtls_list_define(apr_pool_t *p, mtls_fieldset_t *set, const mtls_host_t *host, const char *name,
                             const char *field, const char *source, mtls_list_t **result)
{
    mtls_list_t *list = apr_pcalloc(p, sizeof(*list));
    const char *error = field ? define_list(list, p, set, name, field, &source) : define_kill_list(list, set);

    if (error)
        return error;
    list->path = *source ? host->path(p, source) : NULL;
    if (!list->path)
        return apr_psprintf(p, "'%s' is not a usable path", mtls_text_escape(p, mtls_str(source)));
    list->stale_after = STALE_AFTER;
    *result = list;
    return NULL;
}

void mtls_list_set_stale(mtls_list_t *list, apr_int64_t seconds)
{
    list->stale_after = seconds;
}

void mtls_list_set_authorities(mtls_list_t *list, const apr_array_header_t *authorities)
{
    list->authorities = authorities;
}

const char *mtls_list_name(const mtls_list_t *list)
{
    return list->name;
}

const char *mtls_list_path(const mtls_list_t *list)
{
    return list->path;
}

mtls_list_kind_t mtls_list_kind(const mtls_list_t *list)
{
    return list->kind;
}

const mtls_field_t *mtls_list_field(const mtls_list_t *list)
{
    return list->kind == MTLS_LIST_KILL ? NULL : list->columns[0].field;
}

mtls_str_t mtls_column_key(apr_pool_t *p, mtls_str_t key, const mtls_str_t *issuer)
{
    apr_uint32_t len = (apr_uint32_t)key.len;
    char *octets = apr_palloc(p, sizeof(len) + key.len + issuer->len);

    memcpy(octets, &len, sizeof(len));
    memcpy(octets + sizeof(len), key.ptr, key.len);
    memcpy(octets + sizeof(len) + key.len, issuer->ptr, issuer->len);
    return (mtls_str_t){ octets, sizeof(len) + key.len + issuer->len };
}

/* ---- what a certificate finds ---- */

/** One look into one version. */
typedef struct look_t {
    apr_pool_t *p;
    mtls_str_t block;
    mtls_membership_t *membership;
    apr_array_header_t *labels;      /* of mtls_label_t */
} look_t;

static mtls_label_t *find_label(const look_t *look, mtls_str_t name)
{
    int i;

    for (i = 0; i < look->labels->nelts; i++) {
        mtls_label_t *label = &APR_ARRAY_IDX(look->labels, i, mtls_label_t);

        if (mtls_str_eq(label->name, name))
            return label;
    }
    return NULL;
}

/* Copies: the version may be gone before the request is. */
static void note_label(const look_t *look, mtls_str_t name, mtls_str_t value)
{
    mtls_label_t *label = find_label(look, name);

    if (label) {
        label->differing |= !mtls_str_eq(label->value, value);
        return;
    }
    label = apr_array_push(look->labels);
    *label = (mtls_label_t){ mtls_str_copy(look->p, name), mtls_str_copy(look->p, value), 0 };
}

static void note_entry(void *ctx, const mtls_entry_t *entry)
{
    look_t *look = ctx;
    int i;

    if (look->membership->reason != MTLS_GRANTED)
        look->membership->line = entry->line;
    look->membership->reason = MTLS_GRANTED;
    for (i = 0; i < entry->n; i++)
        note_label(look, mtls_index_label_name(look->block, entry->labels[i].name), entry->labels[i].value);
}

/* What cannot be known could be in the list. */
static void note_unknown(mtls_membership_t *membership, mtls_known_t known)
{
    if (membership->reason == MTLS_NO_MATCH && mtls_known_reason(known) != MTLS_GRANTED)
        membership->reason = mtls_known_reason(known);
}

static void look_for_pair(look_t *look, int kind, const mtls_key_column_t *column, const mtls_facts_t *facts)
{
    mtls_values_t serial = mtls_facts_get(facts, column->field), issuer = mtls_facts_get(facts, column->issuer);
    mtls_value_t pair = { { "", 0 }, { "", 0 }, 0, NULL };
    mtls_str_t name;

    note_unknown(look->membership, serial.known);
    note_unknown(look->membership, issuer.known);
    if (serial.n != 1 || issuer.n != 1)
        return;
    name = mtls_dn_folded_key(look->p, issuer.v[0].dn);
    pair.key = mtls_column_key(look->p, serial.v[0].key, &name);
    mtls_index_find(look->block, kind, column->field->type, &pair, note_entry, look);
}

static void look_for_column(look_t *look, int kind, const mtls_key_column_t *column, const mtls_facts_t *facts)
{
    mtls_values_t values;
    int i;

    if (!mtls_index_len(look->block, kind))
        return;
    if (column->issuer) {
        look_for_pair(look, kind, column, facts);
        return;
    }
    values = mtls_facts_get(facts, column->field);
    note_unknown(look->membership, values.known);
    for (i = 0; i < values.n; i++)
        mtls_index_find(look->block, kind, column->field->type, &values.v[i], note_entry, look);
}

const mtls_membership_t *mtls_list_find(mtls_list_t *list, apr_pool_t *p, const mtls_facts_t *facts)
{
    mtls_membership_t *membership = apr_pcalloc(p, sizeof(*membership));
    look_t look = { p, { "", 0 }, membership, apr_array_make(p, 2, sizeof(mtls_label_t)) };
    mtls_reader_t reader;
    int kind;

    membership->reason = MTLS_LIST_UNAVAILABLE;
    if (!list->versions)
        return membership;
    reader = mtls_versions_read(list->versions);
    if (reader.number && mtls_index_valid(reader.octets)) {
        membership->reason = MTLS_NO_MATCH;
        membership->version = reader.number;
        look.block = reader.octets;
        for (kind = 0; facts && kind < list->n; kind++)
            look_for_column(&look, kind, &list->columns[kind], facts);
    }
    mtls_versions_done(list->versions, &reader);
    membership->n = look.labels->nelts;
    membership->labels = (const mtls_label_t *)look.labels->elts;
    return membership;
}

apr_uint32_t mtls_list_version(const mtls_list_t *list)
{
    mtls_reader_t reader;

    if (!list->versions)
        return 0;
    reader = mtls_versions_read(list->versions);
    mtls_versions_done(list->versions, &reader);
    return reader.number;
}

/* ---- how it stands ---- */

int mtls_list_stale(const mtls_list_t *list)
{
    return atomic_load_explicit(&list->stale, memory_order_relaxed);
}

void mtls_list_status(mtls_list_t *list, mtls_list_status_t *status)
{
    apr_thread_mutex_lock(list->mutex);
    *status = list->status;
    apr_thread_mutex_unlock(list->mutex);
}
