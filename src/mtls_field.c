/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <string.h>
#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include "mtls_dn.h"
#include "mtls_field.h"
#include "mtls_reading.h"

const mtls_field_row_t mtls_fields[MTLS_FIELD_COUNT] = {
#define MTLS_FIELD(id, name, type, flags, extract, doc, example) \
    { MTLS_F_##id, name, MTLS_T_##type, flags, extract, doc, example },
#include "tbl/fields.h"
};

struct mtls_fieldset_t {
    apr_pool_t *pool;
    apr_hash_t *by_name;             /* canonical name -> mtls_field_t */
    apr_array_header_t *by_slot;     /* of mtls_field_t * */
    apr_array_header_t *lists;       /* of const char * */
    unsigned flags;
};

mtls_fieldset_t *mtls_fieldset_make(apr_pool_t *p)
{
    mtls_fieldset_t *set = apr_pcalloc(p, sizeof(*set));

    set->pool = p;
    set->by_name = apr_hash_make(p);
    set->by_slot = apr_array_make(p, 16, sizeof(mtls_field_t *));
    set->lists = apr_array_make(p, 4, sizeof(const char *));
    return set;
}

int mtls_fieldset_len(const mtls_fieldset_t *set)
{
    return set->by_slot->nelts;
}

const mtls_field_t *mtls_fieldset_at(const mtls_fieldset_t *set, int slot)
{
    return APR_ARRAY_IDX(set->by_slot, slot, mtls_field_t *);
}

unsigned mtls_fieldset_flags(const mtls_fieldset_t *set)
{
    return set->flags;
}

/* Members of these families have names beside their OIDs. */
static int has_named_members(const mtls_field_row_t *row)
{
    return row->id == MTLS_F_SUBJECT_ATTR || row->id == MTLS_F_ISSUER_ATTR;
}

const char *mtls_field_members(const mtls_field_row_t *row)
{
    return row->id == MTLS_F_LABEL ? "LIST.NAME" : row->flags & MTLS_FIELD_FAMILY ? "OID" : "";
}

static const char *append(apr_pool_t *p, const char *list, const char *name, const char *member)
{
    return apr_pstrcat(p, list, *list ? ", " : "", name, member, NULL);
}

static const char *list_fields(apr_pool_t *p)
{
    const char *list = "";
    int i, member;

    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];

        for (member = 0; has_named_members(row) && member < mtls_attribute_names_len; member++)
            list = append(p, list, row->name, mtls_attribute_names[member].suffix);
        list = append(p, list, row->name, mtls_field_members(row));
    }
    return list;
}

/* The field whose name is near enough to be meant, or NULL. */
static const char *find_near(apr_pool_t *p, const char *name)
{
    const char *near = NULL;
    int best = strlen(name) < 5 ? 2 : 3, i, member;    /* two slips, but one in a short word */

    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];

        for (member = 0; member < (has_named_members(row) ? mtls_attribute_names_len : 1); member++) {
            const char *suffix = has_named_members(row) ? mtls_attribute_names[member].suffix : "";
            const char *candidate = apr_pstrcat(p, row->name, suffix, NULL);
            int distance = mtls_text_distance(name, candidate);

            if (distance >= best || (row->flags & MTLS_FIELD_FAMILY && !*suffix))
                continue;
            best = distance;
            near = candidate;
        }
    }
    return near;
}

/* "cn": the first field that has it as its last part, or NULL. */
static const char *find_part(apr_pool_t *p, const char *name)
{
    int i, member;

    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];
        const char *dot = strrchr(row->name, '.');

        if (dot && !strcmp(dot + 1, name))
            return row->name;
        for (member = 0; has_named_members(row) && member < mtls_attribute_names_len; member++) {
            if (!strcmp(mtls_attribute_names[member].suffix, name))
                return apr_pstrcat(p, row->name, name, NULL);
        }
    }
    return NULL;
}

static int is_list(const mtls_fieldset_t *set, const char *name)
{
    int i;

    for (i = 0; i < set->lists->nelts; i++) {
        if (!strcasecmp(APR_ARRAY_IDX(set->lists, i, const char *), name))
            return 1;
    }
    return 0;
}

/* The name as it was written. */
static const char *refuse_field(const mtls_fieldset_t *set, const char *name)
{
    apr_pool_t *p = set->pool;
    const char *folded = mtls_str_lower(p, mtls_str(name)).ptr, *printable = mtls_text_escape(p, mtls_str(name));
    const char *near = *folded ? find_part(p, folded) : NULL;

    if (is_list(set, name))
        return apr_psprintf(p, "'%s' is a list and no field: a rule says 'in %s', and what its entries say is "
                            "label.%s.NAME", printable, printable, printable);
    near = near ? near : find_near(p, folded);
    if (near)
        return apr_psprintf(p, "unknown field '%s', did you mean '%s'? Known are %s", printable, near, list_fields(p));
    return apr_psprintf(p, "unknown field '%s'; known are %s", printable, list_fields(p));
}

/* The row of a name; *member is what follows the name of a family. */
static const mtls_field_row_t *find_row(const char *name, const char **member)
{
    const mtls_field_row_t *family = NULL;
    int i;

    *member = NULL;
    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        const mtls_field_row_t *row = &mtls_fields[i];
        apr_size_t len = strlen(row->name);

        if (row->flags & MTLS_FIELD_FAMILY) {
            if (strncmp(row->name, name, len) == 0) {
                family = row;
                *member = name + len;
            }
        }
        else if (strcmp(row->name, name) == 0) {
            return row;
        }
    }
    return family;
}

/* The attribute that a member is, by its suffix or its OID. */
static const mtls_attribute_name_t *find_attribute(const char *member)
{
    int i;

    for (i = 0; i < mtls_attribute_names_len; i++) {
        const mtls_attribute_name_t *attribute = &mtls_attribute_names[i];

        if (strcmp(attribute->suffix, member) == 0 || strcmp(attribute->dotted, member) == 0)
            return attribute;
    }
    return NULL;
}

/* ---- lists ---- */

const char *mtls_field_name_refused(mtls_str_t name)
{
    apr_size_t i;

    if (!name.len || !apr_isalpha(name.ptr[0]))
        return "is no name: a letter, then letters, digits, '-' and '_'";
    for (i = 0; i < name.len; i++) {
        if (!apr_isalnum(name.ptr[i]) && name.ptr[i] != '-' && name.ptr[i] != '_')
            return "is no name: a letter, then letters, digits, '-' and '_'";
    }
    return NULL;
}

const char *mtls_fieldset_list(mtls_fieldset_t *set, const char *name, int *list)
{
    const char *folded = mtls_str_lower(set->pool, mtls_str(name)).ptr, *error = mtls_field_name_refused(mtls_str(folded));

    if (error)
        return apr_psprintf(set->pool, "list '%s' %s", mtls_text_escape(set->pool, mtls_str(name)), error);
    for (*list = 0; *list < set->lists->nelts; (*list)++) {
        if (!strcmp(APR_ARRAY_IDX(set->lists, *list, const char *), folded))
            return NULL;
    }
    APR_ARRAY_PUSH(set->lists, const char *) = folded;
    return NULL;
}

int mtls_fieldset_lists(const mtls_fieldset_t *set)
{
    return set->lists->nelts;
}

const char *mtls_fieldset_list_name(const mtls_fieldset_t *set, int list)
{
    return APR_ARRAY_IDX(set->lists, list, const char *);
}

/* LIST.NAME behind "label." */
static const char *resolve_label(mtls_fieldset_t *set, mtls_field_t *field, const char *member)
{
    const char *dot = strchr(member, '.'), *error;

    if (!dot)
        return apr_psprintf(set->pool, "'%s' needs a list and a label: label.LIST.NAME",
                            mtls_text_escape(set->pool, mtls_str(field->name)));
    field->label = mtls_str(dot + 1);
    error = mtls_field_name_refused(field->label);
    if (error)
        return apr_psprintf(set->pool, "label '%s' %s", mtls_text_escape(set->pool, field->label), error);
    return mtls_fieldset_list(set, apr_pstrmemdup(set->pool, member, (apr_size_t)(dot - member)), &field->list);
}

/* Which member of its family a field is. */
static const char *resolve_member(mtls_fieldset_t *set, mtls_field_t *field, const char *member)
{
    apr_pool_t *p = set->pool;
    const mtls_attribute_name_t *attribute = has_named_members(field->row) ? find_attribute(member) : NULL;
    const char *dotted = attribute ? attribute->dotted : member, *error;
    mtls_value_t oid;

    if (field->row->id == MTLS_F_LABEL)
        return resolve_label(set, field, member);
    if (!attribute && has_named_members(field->row) && (*member < '0' || *member > '9'))
        return refuse_field(set, field->name);
    error = mtls_oid_parse(p, dotted, &oid);
    if (error) {
        return apr_psprintf(p, "unknown field '%s': '%s' behind '%s' %s", mtls_text_escape(p, mtls_str(field->name)),
                            mtls_text_escape(p, mtls_str(member)), field->row->name, error);
    }
    field->oid = oid.key;
    if (attribute) {
        field->name = apr_pstrcat(p, field->row->name, attribute->suffix, NULL);
        field->type = &mtls_types[attribute->type];
    }
    return NULL;
}

static const mtls_field_t *keep_field(mtls_fieldset_t *set, const mtls_field_t *found)
{
    mtls_field_t *field = apr_hash_get(set->by_name, found->name, APR_HASH_KEY_STRING);

    if (field)
        return field;
    field = apr_pmemdup(set->pool, found, sizeof(*found));
    field->slot = set->by_slot->nelts;
    APR_ARRAY_PUSH(set->by_slot, mtls_field_t *) = field;
    apr_hash_set(set->by_name, field->name, APR_HASH_KEY_STRING, field);
    set->flags |= field->row->flags;
    return field;
}

const char *mtls_fieldset_add(mtls_fieldset_t *set, const char *name, const mtls_field_t **field)
{
    const char *folded = mtls_str_lower(set->pool, mtls_str(name)).ptr, *member, *error;
    mtls_field_t found = { .name = folded, .row = find_row(folded, &member) };

    if (!found.row)
        return refuse_field(set, name);
    found.type = &mtls_types[found.row->type];
    error = member && found.row->flags & MTLS_FIELD_FAMILY ? resolve_member(set, &found, member) : NULL;
    if (error)
        return error;
    *field = keep_field(set, &found);
    return NULL;
}
