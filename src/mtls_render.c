/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* A compiled header and a view become the octets that are sent, or nothing: never a part of a value. */
#include <string.h>
#include <apr_strings.h>

#include "mtls_encode.h"
#include "mtls_parts.h"

/* One value that a part prints. */
typedef struct item_t {
    const char *label;
    mtls_type_id_t type;
    mtls_value_t value;
} item_t;

static mtls_values_t look(apr_pool_t *p, const mtls_term_t *term, const mtls_view_t *view)
{
    mtls_value_t *scratch = NULL;

    if (term->field->row->flags & MTLS_FIELD_LIVE)
        scratch = apr_pcalloc(p, sizeof(*scratch));
    return mtls_view_get(p, view, term->field, scratch);
}

static mtls_reason_t add_items(const mtls_term_t *term, mtls_values_t values, apr_array_header_t *items)
{
    int i;

    if (mtls_known_reason(values.known) != MTLS_GRANTED)
        return mtls_known_reason(values.known);
    for (i = 0; i < values.n; i++) {
        item_t item = { term->label, term->field->row->type, values.v[i] };

        APR_ARRAY_PUSH(items, item_t) = item;
    }
    return MTLS_GRANTED;
}

static void remove_items(mtls_values_t values, apr_array_header_t *items)
{
    item_t *item = (item_t *)items->elts;
    int i, j, kept = 0;

    for (i = 0; i < items->nelts; i++) {
        for (j = 0; j < values.n && !mtls_str_eq(values.v[j].text, item[i].value.text); j++)
            continue;
        if (j == values.n)
            item[kept++] = item[i];
    }
    items->nelts = kept;
}

/* Keep the one value that the part is for; of more than can be numbered, none: half a chain is no chain. */
static void pick_item(const mtls_part_t *part, apr_array_header_t *items)
{
    int index = (int)(part->flags >> 8) - 1;
    item_t *item = (item_t *)items->elts;

    if (index < 0)
        return;
    if (index >= items->nelts || items->nelts > MTLS_PART_NTH_MAX) {
        items->nelts = 0;
        return;
    }
    item[0] = item[index];
    items->nelts = 1;
}

static mtls_reason_t gather(apr_pool_t *p, const mtls_part_t *part, const mtls_view_t *view, apr_array_header_t *items)
{
    int i;

    for (i = 0; i < part->n; i++) {
        const mtls_term_t *term = &part->terms[i];
        mtls_values_t values = look(p, term, view);
        mtls_reason_t reason = MTLS_GRANTED;

        if (term->minus)
            remove_items(values, items);
        else
            reason = add_items(term, values, items);
        if (reason != MTLS_GRANTED)
            return reason;
    }
    pick_item(part, items);
    return MTLS_GRANTED;
}

/* One text is what it is. */
static const char *join(apr_pool_t *p, const apr_array_header_t *texts, char separator)
{
    return texts->nelts == 1 ? APR_ARRAY_IDX(texts, 0, const char *) : apr_array_pstrcat(p, texts, separator);
}

/* All values through a format that joins them itself. */
static const char *encode_list(apr_pool_t *p, const mtls_part_t *part, const apr_array_header_t *items)
{
    mtls_value_t *values = apr_palloc(p, (apr_size_t)items->nelts * sizeof(*values));
    int i;

    for (i = 0; i < items->nelts; i++)
        values[i] = APR_ARRAY_IDX(items, i, item_t).value;
    return part->format->encode(p, APR_ARRAY_IDX(items, 0, item_t).type, values, items->nelts);
}

static mtls_reason_t encode_each(apr_pool_t *p, const mtls_part_t *part, const apr_array_header_t *items,
                                 apr_array_header_t *texts)
{
    int i;

    for (i = 0; i < items->nelts; i++) {
        const item_t *item = &APR_ARRAY_IDX(items, i, item_t);
        const char *text = part->format->encode(p, item->type, &item->value, 1);

        if (!text)
            return MTLS_MALFORMED;
        /* A comma inside would be read as the end of the value, except where labels mark the begin of each. */
        if (items->nelts > 1 && !item->label && !(part->flags & MTLS_PART_REPEAT) && strchr(text, ','))
            return MTLS_AMBIGUOUS;
        APR_ARRAY_PUSH(texts, const char *) = item->label ? apr_pstrcat(p, item->label, "=", text, NULL) : text;
    }
    return MTLS_GRANTED;
}

/* A user name is one by its nature, whatever the header's row says. */
static int is_single(const mtls_part_t *part)
{
    return part->flags & MTLS_PART_SINGLE || (part->n == 1 && !(part->terms[0].field->row->flags & MTLS_FIELD_MANY));
}

/* The texts of a part: none, one, or with MTLS_PART_REPEAT several. */
static mtls_reason_t encode_part(apr_pool_t *p, const mtls_part_t *part, const mtls_view_t *view,
                                 apr_array_header_t *texts)
{
    apr_array_header_t *items = apr_array_make(p, 4, sizeof(item_t));
    mtls_reason_t reason = gather(p, part, view, items);
    const char *joined;

    if (reason != MTLS_GRANTED || !items->nelts)
        return reason;
    if (items->nelts > 1 && is_single(part))
        return MTLS_AMBIGUOUS;
    if (part->format->flags & MTLS_FORMAT_LIST) {
        joined = encode_list(p, part, items);
    }
    else {
        reason = encode_each(p, part, items, texts);
        if (reason != MTLS_GRANTED || (part->flags & MTLS_PART_REPEAT))
            return reason;
        joined = join(p, texts, ',');
        apr_array_clear(texts);
    }
    if (!joined)
        return MTLS_MALFORMED;
    APR_ARRAY_PUSH(texts, const char *) = joined;
    return MTLS_GRANTED;
}

/* Inside quotes only \" is defined. A backslash before a quote, another or the end is read differently by
 * those who know more escapes: such a text is not sent. */
static const char *quote(apr_pool_t *p, const char *text)
{
    char *out = apr_palloc(p, 2 * strlen(text) + 3), *to = out;

    *to++ = '"';
    for (; *text; text++) {
        if (text[0] == '\\' && (text[1] == '\\' || text[1] == '"' || !text[1]))
            return NULL;
        if (*text == '"')
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

static mtls_reason_t add_pairs(apr_pool_t *p, const mtls_part_t *part, const apr_array_header_t *texts,
                               apr_array_header_t *pairs)
{
    int i;

    for (i = 0; i < texts->nelts; i++) {
        const char *text = APR_ARRAY_IDX(texts, i, const char *);

        if (part->label && ((part->flags & MTLS_PART_QUOTE) || strpbrk(text, ",;=\" ")))
            text = quote(p, text);
        if (!text)
            return MTLS_MALFORMED;
        APR_ARRAY_PUSH(pairs, const char *) = part->label ? apr_pstrcat(p, part->label, "=", text, NULL) : text;
    }
    return MTLS_GRANTED;
}

static int keep_query(unsigned char c)
{
    return mtls_keep_unreserved(c) || c == ' ';
}

/* As forms are: blanks as '+'. */
static const char *escape_query(apr_pool_t *p, const char *text)
{
    char *out = apr_pstrdup(p, mtls_percent(p, mtls_str(text), keep_query)), *c;

    for (c = out; *c; c++)
        *c = *c == ' ' ? '+' : *c;
    return out;
}

/* The choke point: what no header can carry is not sent, whatever made it. */
static const char *finish(apr_pool_t *p, const mtls_header_t *header, const apr_array_header_t *pairs)
{
    const char *text = join(p, pairs, ';');
    unsigned flags = 0;
    int i;

    for (i = 0; i < header->n; i++)
        flags |= header->parts[i].format ? header->parts[i].format->flags & MTLS_FORMAT_UTF8 : 0;
    if (header->parts[0].flags & MTLS_PART_QUERY)
        return mtls_sendable(escape_query(p, text), 0);
    return mtls_sendable(text, flags);
}

static mtls_reason_t render_part(apr_pool_t *p, const mtls_part_t *part, const mtls_view_t *view,
                                 apr_array_header_t *pairs)
{
    apr_array_header_t *texts = apr_array_make(p, 4, sizeof(const char *));
    mtls_reason_t reason = MTLS_GRANTED;

    if (part->literal)
        APR_ARRAY_PUSH(texts, const char *) = part->literal;
    else
        reason = encode_part(p, part, view, texts);
    return reason == MTLS_GRANTED ? add_pairs(p, part, texts, pairs) : reason;
}

static mtls_reason_t render(apr_pool_t *p, const mtls_header_t *header, const mtls_view_t *view, const char **value)
{
    apr_array_header_t *pairs = apr_array_make(p, 8, sizeof(const char *));
    int i;

    for (i = 0; i < header->n; i++) {
        mtls_reason_t reason = render_part(p, &header->parts[i], view, pairs);

        /* Unreadable, or not to be carried in this format: absent as a whole, which denies nobody. */
        if (reason == MTLS_MALFORMED)
            return MTLS_GRANTED;
        if (reason != MTLS_GRANTED)
            return reason;
    }
    *value = finish(p, header, pairs);
    return MTLS_GRANTED;
}

/* Whatever it is made of is given back at once: a request's memory stays with its connection. */
mtls_reason_t mtls_header_render(apr_pool_t *p, const mtls_header_t *header, const mtls_view_t *view,
                                 const char **value)
{
    mtls_reason_t reason;
    apr_pool_t *scratch;

    *value = NULL;
    if (view->standing != MTLS_GRANTED && !header->status)
        return MTLS_GRANTED;
    apr_pool_create(&scratch, p);
    reason = render(scratch, header, view, value);
    if (*value)
        *value = apr_pstrdup(p, *value);
    apr_pool_destroy(scratch);
    return reason;
}
