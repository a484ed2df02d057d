/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "mtls_header.h"

#include <string.h>
#include <apr_strings.h>

#include "mtls_encode.h"
#include "mtls_parts.h"

mtls_headerset_t *mtls_headerset_make(apr_pool_t *p, mtls_fieldset_t *fields)
{
    mtls_headerset_t *set = apr_pcalloc(p, sizeof(*set));

    set->p = p;
    set->fields = fields;
    set->headers = apr_array_make(p, 16, sizeof(const mtls_header_t *));
    return set;
}

int mtls_headerset_len(const mtls_headerset_t *set)
{
    return set->headers->nelts;
}

const mtls_header_t *mtls_headerset_at(const mtls_headerset_t *set, int slot)
{
    return APR_ARRAY_IDX(set->headers, slot, const mtls_header_t *);
}

const char *mtls_header_name(const mtls_header_t *header)
{
    return header->name;
}

int mtls_header_slot(const mtls_header_t *header)
{
    return header->slot;
}

int mtls_header_like(const mtls_header_t *header)
{
    return header->like;
}

int mtls_header_live(const mtls_header_t *header)
{
    return header->live;
}

int mtls_header_status(const mtls_header_t *header)
{
    return header->status;
}

const char *mtls_header_profile(const mtls_header_t *header)
{
    return header->profile;
}

static int same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static int same_terms(const mtls_part_t *a, const mtls_part_t *b)
{
    int i;

    for (i = 0; i < a->n; i++) {
        if (a->terms[i].field != b->terms[i].field || a->terms[i].minus != b->terms[i].minus
            || !same_text(a->terms[i].label, b->terms[i].label))
            return 0;
    }
    return 1;
}

/* Formats that share an encoder print the same. */
static int same_part(const mtls_part_t *a, const mtls_part_t *b)
{
    return same_text(a->label, b->label) && same_text(a->literal, b->literal) && a->flags == b->flags && a->n == b->n
        && (a->format == b->format || (a->format && b->format && a->format->encode == b->format->encode))
        && same_terms(a, b);
}

static int same_parts(const mtls_part_t *a, const mtls_part_t *b, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        if (!same_part(&a[i], &b[i]))
            return 0;
    }
    return 1;
}

int mtls_header_same(const mtls_header_t *a, const mtls_header_t *b)
{
    return a->n == b->n && same_parts(a->parts, b->parts, a->n);
}

/* "verify" is live, but always the same for a certificate that is believed. */
static int is_live(const mtls_part_t *parts, int n)
{
    int i, j;

    for (i = 0; i < n; i++) {
        for (j = 0; j < parts[i].n; j++) {
            const mtls_field_row_t *row = parts[i].terms[j].field->row;

            if (row->flags & MTLS_FIELD_LIVE && row->id != MTLS_F_VERIFY)
                return 1;
        }
    }
    return 0;
}

/* Only headers made of nothing but the verdict say something about a certificate that is not believed. */
static int is_status(const mtls_part_t *parts, int n)
{
    int i, j;

    for (i = 0; i < n; i++) {
        if (parts[i].literal)
            return 0;
        for (j = 0; j < parts[i].n; j++) {
            mtls_field_id_t id = parts[i].terms[j].field->row->id;

            if (id != MTLS_F_VERIFY && id != MTLS_F_REASON)
                return 0;
        }
    }
    return 1;
}

static int first_like(const mtls_headerset_t *set, const char *name)
{
    int i = 0;

    while (i < set->headers->nelts && !mtls_header_folds_equal(mtls_headerset_at(set, i)->name, name))
        i++;
    return i;
}

const mtls_header_t *mtls_headerset_intern(mtls_headerset_t *set, const char *name, const char *profile,
                                           const mtls_part_t *parts, int n)
{
    mtls_header_t *header;
    int i;

    for (i = 0; i < set->headers->nelts; i++) {
        const mtls_header_t *known = mtls_headerset_at(set, i);

        if (!strcmp(known->name, name) && known->n == n && same_parts(known->parts, parts, n))
            return known;
    }
    header = apr_pcalloc(set->p, sizeof(*header));
    header->name = apr_pstrdup(set->p, name);
    header->profile = profile;
    header->slot = set->headers->nelts;
    header->like = first_like(set, name);
    header->live = is_live(parts, n);
    header->status = is_status(parts, n);
    header->n = n;
    header->parts = apr_pmemdup(set->p, parts, (apr_size_t)n * sizeof(*parts));
    APR_ARRAY_PUSH(set->headers, const mtls_header_t *) = header;
    return header;
}

static const char *quoted(apr_pool_t *p, const char *word)
{
    return apr_pstrcat(p, "'", mtls_text_escape(p, mtls_str(word)), "'", NULL);
}

static const char *unknown_format(apr_pool_t *p, const char *format)
{
    return apr_psprintf(p, "unknown format %s; known are %s", quoted(p, format), mtls_format_list(p, ~0ul, 0));
}

/* One word of a fields column: [LABEL=]FIELD or -FIELD. */
static const char *compile_term(mtls_headerset_t *set, const char *word, mtls_term_t *term)
{
    const char *equals = strchr(word, '=');

    if (equals) {
        term->label = apr_pstrmemdup(set->p, word, (apr_size_t)(equals - word));
        word = equals + 1;
    }
    else if (*word == '-') {
        term->minus = 1;
        word++;
    }
    return mtls_fieldset_add(set->fields, word, &term->field);
}

static const char *check_format(apr_pool_t *p, const mtls_part_t *part)
{
    int i;

    for (i = 0; i < part->n; i++) {
        const mtls_field_t *field = part->terms[i].field;
        unsigned long type = 1ul << field->row->type;

        if (!(part->format->types & type))
            return apr_psprintf(p, "field '%s' cannot be written as '%s'; it takes %s", field->name, part->format->name,
                                mtls_format_list(p, type, 0));
    }
    return NULL;
}

const char *mtls_part_compile(mtls_headerset_t *set, const char *fields, const char *format, mtls_part_t *part)
{
    apr_array_header_t *terms = apr_array_make(set->p, 2, sizeof(mtls_term_t));
    char *state = NULL, *word = apr_strtok(apr_pstrdup(set->p, fields), " ", &state);
    const char *error;

    for (; word; word = apr_strtok(NULL, " ", &state)) {
        mtls_term_t *term = apr_array_push(terms);

        memset(term, 0, sizeof(*term));
        if ((error = compile_term(set, word, term)))
            return error;
    }
    part->n = terms->nelts;
    part->terms = (const mtls_term_t *)terms->elts;
    part->format = format ? mtls_format_find(format) : mtls_format_default(part->terms[0].field->row->type);
    if (!part->format)
        return unknown_format(set->p, format);
    return check_format(set->p, part);
}

/* "=literal": sent as it stands, so it must be what a header can carry. */
static const char *compile_literal(mtls_headerset_t *set, const char *word, const char *format, mtls_part_t *part)
{
    const char *text = word + 1;

    if (format)
        return apr_psprintf(set->p, "%s is a literal and takes no format", quoted(set->p, word));
    if (!*text)
        return "the literal behind '=' is empty";
    if (!mtls_sendable(text, 0))
        return apr_psprintf(set->p, "literal %s must be printable ASCII without a blank at its begin or end",
                            quoted(set->p, word));
    part->literal = apr_pstrdup(set->p, text);
    return NULL;
}

/* A field as a user writes it: one, by its name. */
static const char *compile_field(mtls_headerset_t *set, const char *name, const char *format, mtls_part_t *part)
{
    const mtls_format_t *known = format ? mtls_format_find(format) : NULL;
    const mtls_field_t *field;
    const char *error = mtls_fieldset_add(set->fields, name, &field);

    if (error)
        return strchr(name, '.') ? error
            : apr_psprintf(set->p, "%s; if a text is meant, write \"=%s\"", error,
                           mtls_text_escape(set->p, mtls_str(name)));
    if (format && (!known || (known->flags & MTLS_FORMAT_INTERNAL)))
        return unknown_format(set->p, format);
    return mtls_part_compile(set, field->name, format, part);
}

const char *mtls_header_compile(mtls_headerset_t *set, const char *name, const char *field, const char *format,
                                const mtls_header_t **header)
{
    mtls_part_t part = { NULL, NULL, NULL, 0, 0, NULL };
    const char *error = mtls_header_name_refused(set->p, name);

    if (error)
        return apr_psprintf(set->p, "header %s cannot be exported: %s", quoted(set->p, name), error);
    error = *field == '=' ? compile_literal(set, field, format, &part) : compile_field(set, field, format, &part);
    if (error)
        return error;
    *header = mtls_headerset_intern(set, name, NULL, &part, 1);
    return NULL;
}
