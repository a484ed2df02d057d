/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* DER of a certificate, through every field, to every header: what a strict reader of the header gets is what the fields
 * hold, or nothing was sent. The last octet says how much of a chain there is. */
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "decode.h"
#include "mtls_header.h"

static mtls_fieldset_t *fields;
static mtls_headerset_t *set;
static apr_array_header_t *singles;      /* of single_t */
static apr_array_header_t *sends;        /* of send_t */

/** A header of one field in one format. */
typedef struct single_t {
    const mtls_header_t *header;
    const mtls_field_t *field;
    const mtls_format_t *format;
} single_t;

/** A header of a profile, and the rows that it is made of. */
typedef struct send_t {
    const mtls_header_t *header;
    const mtls_profile_part_t *rows[16];
    int n;
} send_t;

/** A value as a row wants it. */
typedef struct item_t {
    const char *label;
    mtls_type_id_t type;
    mtls_value_t value;
} item_t;

/* ---- what there is to send ---- */

/* Families with a member of each kind. */
static const char *const members[] = {
    "subject.cn", "subject.ou", "subject.email", "subject.dc", "subject.2.5.4.15", "issuer.cn", "issuer.o",
    "san.other.1.3.6.1.5.5.7.8.9", "san.other.1.2.3.4", "ext.1.3.6.1.4.1.99999.7", "ext.2.25.7", "ext.2.5.29.14"
};

static void prepare_field(apr_pool_t *p, const char *name)
{
    const mtls_field_t *field;
    int i;

    FUZZ_CHECK(!mtls_fieldset_add(fields, name, &field), name);
    for (i = 0; i < mtls_formats_len; i++) {
        single_t single = { NULL, field, &mtls_formats[i] };

        if (mtls_formats[i].flags & MTLS_FORMAT_INTERNAL || !(mtls_formats[i].types & 1ul << (field->type - mtls_types)))
            continue;
        /* Formats that share an encoder would make one header. */
        if (!mtls_header_compile(set, apr_psprintf(p, "X-%s-%d", "F", mtls_headerset_len(set)), name, mtls_formats[i].name,
                                 &single.header))
            APR_ARRAY_PUSH(singles, single_t) = single;
    }
}

static int has_word(const char *list, const char *word)
{
    const char *at = strstr(list, word);

    return at && (at == list || at[-1] == ',') && (!at[strlen(word)] || at[strlen(word)] == ',');
}

/* The profile with everything that it can send. */
static const char *all_options(apr_pool_t *p, const char *profile)
{
    const char *options = "";
    int i;

    for (i = 0; i < mtls_profile_parts_len; i++) {
        const mtls_profile_part_t *row = &mtls_profile_parts[i];

        if (!strcmp(row->profile, profile) && row->option && !has_word(options, row->option))
            options = apr_pstrcat(p, options, *options ? "," : "", row->option, NULL);
    }
    return *options ? apr_pstrcat(p, profile, ":", options, NULL) : profile;
}

static void prepare_profile(apr_pool_t *p, const char *profile)
{
    apr_array_header_t *headers = apr_array_make(p, 8, sizeof(const mtls_header_t *));
    int i, j;

    FUZZ_CHECK(!mtls_profile_compile(set, all_options(p, profile), headers), profile);
    for (i = 0; i < headers->nelts; i++) {
        send_t send = { APR_ARRAY_IDX(headers, i, const mtls_header_t *), { NULL }, 0 };

        for (j = 0; j < mtls_profile_parts_len; j++) {
            const mtls_profile_part_t *row = &mtls_profile_parts[j];

            if (!strcmp(row->profile, profile) && !strcmp(row->header, mtls_header_name(send.header)) && row->fields)
                send.rows[send.n++] = row;
        }
        APR_ARRAY_PUSH(sends, send_t) = send;
    }
}

void fuzz_prepare(apr_pool_t *p)
{
    int i;

    fields = mtls_fieldset_make(p);
    set = mtls_headerset_make(p, fields);
    singles = apr_array_make(p, 256, sizeof(single_t));
    sends = apr_array_make(p, 64, sizeof(send_t));
    for (i = 0; i < MTLS_FIELD_COUNT; i++) {
        if (!(mtls_fields[i].flags & MTLS_FIELD_FAMILY))
            prepare_field(p, mtls_fields[i].name);
    }
    for (i = 0; i < (int)(sizeof(members) / sizeof(members[0])); i++)
        prepare_field(p, members[i]);
    for (i = 0; i < mtls_profiles_len; i++)
        prepare_profile(p, mtls_profiles[i].name);
}

/* ---- reading ---- */

/* One text of one format that carries these items, joined by commas where there are several and the format is for one. */
static int carries(apr_pool_t *p, const mtls_format_t *format, const item_t *items, int n, mtls_str_t text)
{
    mtls_value_t *values = apr_palloc(p, (apr_size_t)n * sizeof(*values));
    mtls_str_t part;
    int i;

    for (i = 0; i < n; i++)
        values[i] = items[i].value;
    if (format->flags & MTLS_FORMAT_LIST)
        return decode_is_list(p, format->name, items[0].type, values, n, text);
    for (i = 0; i < n; i++) {
        if (i + 1 == n)
            part = text, text.len = 0;
        else if (!fuzz_next(&text, ',', &part))
            return 0;
        if (!decode_is(p, format->name, items[i].type, &items[i].value, part))
            return 0;
    }
    return 1;
}

/* LABEL=value,LABEL=value where no value has a "=": the last comma before the next one ends a value. */
static int carries_labelled(apr_pool_t *p, const mtls_format_t *format, const item_t *items, int n, mtls_str_t text)
{
    int i;

    for (i = 0; i < n; i++) {
        apr_size_t label = strlen(items[i].label);
        const char *next, *end;

        if (text.len <= label || memcmp(text.ptr, items[i].label, label) || text.ptr[label] != '=')
            return 0;
        text = (mtls_str_t){ text.ptr + label + 1, text.len - label - 1 };
        end = text.ptr + text.len;
        next = memchr(text.ptr, '=', text.len);
        for (end = next ? next : end; next && end > text.ptr && *end != ','; end--)
            continue;
        if (!decode_is(p, format->name, items[i].type, &items[i].value, (mtls_str_t){ text.ptr, (apr_size_t)(end - text.ptr) }))
            return 0;
        text.len -= (apr_size_t)(end - text.ptr) + (next != NULL);
        text.ptr = end + (next != NULL);
    }
    return !text.len;
}

/* label=value in front, with or without quotes, in which a backslash stands before a quote only. */
static int take_pair(apr_pool_t *p, mtls_str_t *text, const char *label, int must_quote, mtls_str_t *value)
{
    apr_size_t len = strlen(label), i;
    char *out = apr_palloc(p, text->len + 1), *to = out;
    int quoted;

    if (text->len <= len + 1 || memcmp(text->ptr, label, len) || text->ptr[len] != '=')
        return 0;
    quoted = text->ptr[len + 1] == '"';
    if (must_quote && !quoted)
        return 0;
    for (i = len + 1 + (apr_size_t)quoted; i < text->len && text->ptr[i] != (quoted ? '"' : ';'); i++) {
        if (quoted && text->ptr[i] == '\\' && i + 1 < text->len && text->ptr[i + 1] == '"')
            i++;
        else if (!quoted && strchr(",=\" ", text->ptr[i]))
            return 0;
        *to++ = text->ptr[i];
    }
    *value = (mtls_str_t){ out, (apr_size_t)(to - out) };
    i += (apr_size_t)quoted;
    if (i > text->len || (i < text->len && text->ptr[i] != ';'))
        return 0;
    i += i < text->len;
    *text = (mtls_str_t){ text->ptr + i, text->len - i };
    return 1;
}

/* ---- what a row should say ---- */

static void take_away(mtls_values_t values, apr_array_header_t *items)
{
    int i, j, kept = 0;

    for (i = 0; i < items->nelts; i++) {
        item_t item = APR_ARRAY_IDX(items, i, item_t);

        for (j = 0; j < values.n && !mtls_str_eq(values.v[j].text, item.value.text); j++)
            continue;
        if (j == values.n)
            APR_ARRAY_IDX(items, kept++, item_t) = item;
    }
    items->nelts = kept;
}

static void add_word(apr_pool_t *p, const mtls_view_t *view, char *word, apr_array_header_t *items)
{
    char *equals = strchr(word, '=');
    const char *name = equals ? equals + 1 : *word == '-' ? word + 1 : word;
    const mtls_field_t *field;
    mtls_values_t values;
    int i;

    FUZZ_CHECK(!mtls_fieldset_add(fields, name, &field), name);
    values = mtls_view_get(p, view, field, apr_palloc(p, sizeof(mtls_value_t)));
    if (*word == '-') {
        take_away(values, items);
        return;
    }
    for (i = 0; i < values.n; i++) {
        item_t *item = apr_array_push(items);

        *item = (item_t){ equals ? apr_pstrmemdup(p, word, (apr_size_t)(equals - word)) : NULL, field->row->type, values.v[i] };
    }
}

static apr_array_header_t *items_of(apr_pool_t *p, const mtls_view_t *view, const mtls_profile_part_t *row)
{
    apr_array_header_t *items = apr_array_make(p, 8, sizeof(item_t));
    char *state = NULL, *word = apr_strtok(apr_pstrdup(p, row->fields), " ", &state);
    int nth = (int)(row->flags >> 8) - 1;

    for (; word; word = apr_strtok(NULL, " ", &state))
        add_word(p, view, word, items);
    if (nth >= 0 && nth < items->nelts && items->nelts <= MTLS_PART_NTH_MAX) {
        APR_ARRAY_IDX(items, 0, item_t) = APR_ARRAY_IDX(items, nth, item_t);
        items->nelts = 1;
    }
    else if (nth >= 0)
        items->nelts = 0;
    return items;
}

/* Words of "verify" are the module's own: only that they are sent for it. */
static int is_word(const mtls_profile_part_t *row)
{
    return *row->fields == '=' || !strcmp(row->fields, "verify");
}

static int row_is(apr_pool_t *p, const mtls_profile_part_t *row, const apr_array_header_t *items, mtls_str_t *text)
{
    const item_t *item = (const item_t *)items->elts;
    const mtls_format_t *format = mtls_format_find(row->format);
    int repeats = row->label && row->flags & MTLS_PART_REPEAT, i;
    mtls_str_t value = *text;

    for (i = 0; i < (repeats ? items->nelts : items->nelts > 0); i++) {
        if (!row->label)
            text->len = 0;
        else if (!take_pair(p, text, row->label, (row->flags & MTLS_PART_QUOTE) != 0, &value))
            return 0;
        if (item->label ? !carries_labelled(p, format, item, items->nelts, value)
                        : !carries(p, format, item + (repeats ? i : 0), repeats ? 1 : items->nelts, value))
            return 0;
    }
    return 1;
}

static void check_profile(apr_pool_t *p, const send_t *send, const mtls_view_t *view, const char *value)
{
    mtls_str_t text = mtls_str(value);
    int i;

    if (send->rows[0]->flags & MTLS_PART_QUERY)
        FUZZ_CHECK(decode_query(p, text, &text), value);
    for (i = 0; i < send->n; i++) {
        if (is_word(send->rows[i]))
            return;
        FUZZ_CHECK(row_is(p, send->rows[i], items_of(p, view, send->rows[i]), &text),
                   apr_pstrcat(p, mtls_header_name(send->header), ": ", value, NULL));
    }
    FUZZ_CHECK(!text.len, value);
}

/* ---- the target ---- */

static const char *render(apr_pool_t *p, const mtls_header_t *header, const mtls_view_t *view, int utf8)
{
    const char *value = "unset";
    mtls_reason_t reason = mtls_header_render(p, header, view, &value);
    apr_size_t len = value ? strlen(value) : 0;

    FUZZ_CHECK(reason == MTLS_GRANTED || !value, value);
    FUZZ_CHECK(!value || (len && *value != ' ' && value[len - 1] != ' '), value);
    FUZZ_CHECK(!value || fuzz_printable(value, !utf8), value);
    FUZZ_CHECK(!value || view->standing == MTLS_GRANTED || mtls_header_status(header), value);
    return value;
}

static void check_headers(apr_pool_t *p, const mtls_view_t *view)
{
    int i, j;

    for (i = 0; i < singles->nelts; i++) {
        const single_t *single = &APR_ARRAY_IDX(singles, i, single_t);
        mtls_values_t values = mtls_view_get(p, view, single->field, apr_palloc(p, sizeof(mtls_value_t)));
        item_t *items = apr_pcalloc(p, ((apr_size_t)values.n + 1) * sizeof(*items));
        const char *value = render(p, single->header, view, (single->format->flags & MTLS_FORMAT_UTF8) != 0);

        for (j = 0; j < values.n; j++)
            items[j] = (item_t){ NULL, single->field->row->type, values.v[j] };
        FUZZ_CHECK(!value || (values.n && carries(p, single->format, items, values.n, mtls_str(value))),
                   apr_pstrcat(p, single->field->name, " ", single->format->name, ": ", value, NULL));
    }
    for (i = 0; i < sends->nelts; i++) {
        const send_t *send = &APR_ARRAY_IDX(sends, i, send_t);
        const char *value = render(p, send->header, view, 1);

        if (value)
            check_profile(p, send, view, value);
    }
}

static void check_unbelieved(apr_pool_t *p, mtls_view_t view)
{
    int i;

    view.standing = MTLS_EXPIRED;
    for (i = 0; i < sends->nelts; i++)
        render(p, APR_ARRAY_IDX(sends, i, send_t).header, &view, 1);
}

void fuzz_one(apr_pool_t *p, mtls_str_t input)
{
    const unsigned char *at = (const unsigned char *)input.ptr;
    X509 *leaf = d2i_X509(NULL, &at, (long)input.len), *chain[3] = { leaf, leaf, leaf };
    mtls_value_t user = mtls_value_text(mtls_str("anne"));
    mtls_view_t view = { .standing = MTLS_GRANTED };
    mtls_source_t source = { .leaf = leaf, .chain = chain, .chain_len = -1, .tls_version = "TLSv1.3", .sni = "a.example",
                             .cipher = "TLS_AES_256_GCM_SHA384", .cipher_bits = 256, .session_id = { "\x01\xab", 2 } };

    ERR_clear_error();
    if (!leaf)
        return;
    source.chain_len = (unsigned char)input.ptr[input.len - 1] % 5 - 1;
    source.server = source.chain_len == 1 ? NULL : leaf;
    view.facts = mtls_facts_read(p, fields, &source);
    view.now = mtls_facts_not_after(view.facts);
    view.user = (mtls_values_t){ MTLS_PRESENT, 1, &user };
    if (mtls_facts_standing(view.facts, view.now) == MTLS_GRANTED)
        check_headers(p, &view);
    check_unbelieved(p, view);
    X509_free(leaf);
}
